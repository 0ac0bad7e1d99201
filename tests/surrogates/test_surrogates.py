"""Surrogate records: the tensor, the formula, height, width and area all say the same."""

import math
import pickle

import numpy as np
import pytest
import sympy
import torch
from scipy.integrate import quad

from snnbook import surrogates
from snnbook.surrogates import ALL, Z, custom, fast_sigmoid, true_derivative
from snnbook.surrogates._record import X

RECORDS = [pytest.param(record, id=name) for name, record in ALL.items()]


def formula(record):
    return sympy.lambdify(X, record.symbolic, "numpy")


@pytest.mark.parametrize("record", RECORDS)
@pytest.mark.parametrize("scale", [{}, {"width": 0.7, "height": 0.3}, {"width": 3.0}])
def test_tensor_equals_formula(record, scale):
    record = record.scaled(**scale)
    x = np.linspace(-2.0123, 2.0234, 404)  # meets no edge of the boxcar
    expected = np.broadcast_to(formula(record)(x), x.shape)
    assert np.allclose(record.derivative(torch.tensor(x)).numpy(), expected, atol=1e-12)


@pytest.mark.parametrize("record", RECORDS)
def test_height_and_width_mean_what_they_say(record):
    record = record.scaled(width=0.4, height=2.0)
    x = torch.tensor([0.0, 0.19999, 0.20001, -0.19999, -0.20001], dtype=torch.float64)
    top, *sides = record.derivative(x).tolist()
    assert top == pytest.approx(2.0, rel=1e-12)
    assert sides[0] >= 1.0 - 1e-9 and sides[2] >= 1.0 - 1e-9
    assert sides[1] <= 1.0 + 1e-9 and sides[3] <= 1.0 + 1e-9


@pytest.mark.parametrize("record", RECORDS)
def test_area_is_the_integral(record):
    record = record.scaled(width=0.4, height=2.0)
    g = formula(record)
    pieces = [-np.inf, -4.0, -0.4, -0.2, 0.0, 0.2, 0.4, 4.0, np.inf]
    total = sum(quad(g, a, b, limit=200)[0] for a, b in zip(pieces, pieces[1:], strict=False))
    assert record.area == pytest.approx(total, rel=1e-7)


@pytest.mark.parametrize("record", RECORDS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_finite_and_correct_far_from_threshold(record, dtype):
    x = torch.tensor([0.0, 0.1, 3.55, 10.0, 100.0, 1e4], dtype=dtype)
    x = torch.cat([-x, x])
    got = record.derivative(x)
    assert got.isfinite().all()
    exact = [float(record.symbolic.subs(X, sympy.Float(float(v), 40)).evalf(30)) for v in x]
    assert np.allclose(got.double().numpy(), exact, rtol=3e-6 if dtype is torch.float32 else 1e-12)


@pytest.mark.parametrize("record", RECORDS)
def test_backward_is_the_derivative_and_forward_the_step(record):
    x = torch.linspace(-1, 1, 41, dtype=torch.float64, requires_grad=True)
    spikes = record(x)
    assert torch.equal(spikes, (x > 0).double())
    weight = torch.rand(41, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    (grad,) = torch.autograd.grad((weight * spikes).sum(), x)
    assert torch.equal(grad, weight * record.derivative(x.detach()))


@pytest.mark.parametrize(("at_threshold", "value"), [(False, 0.0), (True, 1.0)])
def test_value_at_threshold(at_threshold, value):
    assert fast_sigmoid()(torch.zeros(1), spike_at_threshold=at_threshold).item() == value


@pytest.mark.parametrize(
    ("record", "curve"),
    [
        (surrogates.piecewise_linear(0.5), lambda d: max(0.0, 1 - 2 * d)),
        (fast_sigmoid(2 * (math.sqrt(2) - 1) / 5), lambda d: (1 + 5 * d) ** -2),
        (surrogates.exponential(2 * math.log(2) / 5), lambda d: math.exp(-5 * d)),
    ],
    ids=["piecewise linear", "SuperSpike", "SLAYER"],
)
def test_curves_of_figure_3(record, curve):
    for u in np.linspace(0, 1.3, 27):
        got = record.derivative(torch.tensor(u - 1.0, dtype=torch.float64)).item()
        assert got == pytest.approx(curve(abs(u - 1.0)), abs=1e-12)


def test_multi_gaussian_is_the_published_mixture_rescaled():
    sigma, h, s = 0.5, 0.15, 6.0

    def normal(x, mean, std):
        return np.exp(-((x - mean) ** 2) / (2 * std**2)) / (std * math.sqrt(2 * math.pi))

    def published(x):
        flanks = normal(x, sigma, s * sigma) + normal(x, -sigma, s * sigma)
        return (1 + h) * normal(x, 0.0, sigma) - h * flanks

    x = np.linspace(-6, 6, 100_001)
    y = published(x) / published(0.0)
    width = 2 * x[np.flatnonzero(y >= 0.5)[-1]]
    record = surrogates.multi_gaussian(width=width, height=1.0)
    assert np.allclose(record.derivative(torch.tensor(x)).numpy(), y, atol=1e-3)
    assert y.min() < 0


def test_true_derivative_lets_nothing_through():
    x = torch.linspace(-1, 1, 11, requires_grad=True)
    true_derivative()(x).sum().backward()
    assert torch.equal(x.grad, torch.zeros(11))
    assert true_derivative().area == 0


def test_custom_is_normalised_and_checked():
    record = custom("bump", lambda z: 3 / (1 + z**4), 3 / (1 + Z**4), width=0.2)
    assert record.derivative(torch.tensor([0.0, 0.1], dtype=torch.float64)).tolist() == [
        pytest.approx(1.0),
        pytest.approx(0.5),
    ]
    with pytest.raises(ValueError, match="shape and form disagree"):
        custom("bad", lambda z: 1 / (1 + z.abs()), 1 / (1 + Z**2))
    with pytest.raises(ValueError, match=r"above 0 is accepted"):
        custom("bad", lambda z: -torch.exp(-z * z), -sympy.exp(-(Z**2)))
    with pytest.raises(ValueError, match="does not fall to half"):
        custom("flat", torch.ones_like, sympy.Integer(1))
    for other in (sympy.Symbol("x", real=True), sympy.Symbol("z")):  # the second looks like Z
        with pytest.raises(ValueError, match="form has the symbols .* alone is accepted"):
            custom("other", lambda z: 1 / (1 + z**2), 1 / (1 + other**2))
    with pytest.raises(TypeError, match="what shape returns is a list; a torch.Tensor"):
        custom("list", lambda z: z.tolist(), 1 / (1 + Z**2))


@pytest.mark.parametrize("bad", [0.0, -1.0, float("nan"), float("inf"), "wide"])
def test_bad_width_and_height(bad):
    with pytest.raises(ValueError, match="width is .*; a finite number above 0 is accepted"):
        fast_sigmoid(width=bad)
    with pytest.raises(ValueError, match="height is "):
        fast_sigmoid().scaled(height=bad)


def test_bad_input():
    with pytest.raises(TypeError, match="x has dtype torch.int64"):
        fast_sigmoid()(torch.zeros(2, dtype=torch.int64))
    with pytest.raises(TypeError, match="x is a float"):
        fast_sigmoid()(0.5)


@pytest.mark.parametrize("record", RECORDS)
def test_records_can_be_pickled_and_never_change(record):
    again = pickle.loads(pickle.dumps(record))
    x = torch.linspace(-1, 1, 7)
    assert torch.equal(again.derivative(x), record.derivative(x))
    with pytest.raises(AttributeError):
        record.width = 2.0
    with pytest.raises(TypeError):
        ALL["mine"] = record


def test_vmap_and_grad_transforms():
    x = torch.linspace(-1, 1, 6).reshape(3, 2)
    record = fast_sigmoid(width=0.5)
    grads = torch.func.vmap(torch.func.grad(lambda row: record(row).sum()))(x)
    assert torch.allclose(grads, record.derivative(x))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of torch, inside of torch.func
@pytest.mark.parametrize("surrogate", RECORDS)
def test_forward_mode_and_second_derivatives_are_those_of_the_surrogate(surrogate):
    x = torch.tensor([-0.31, -0.02, 0.013, 0.27], dtype=torch.float64)
    slope = surrogate.derivative(x)
    assert torch.equal(torch.func.jvp(surrogate, (x,), (torch.ones_like(x),))[1], slope)
    torch.testing.assert_close(torch.func.jacfwd(surrogate)(x).diagonal(), slope)
    assert torch.equal(torch.func.vmap(torch.func.grad(surrogate))(x), slope)
    found = torch.func.hessian(lambda x: surrogate(x).sum())(x).diagonal()
    wanted = torch.autograd.functional.jacobian(surrogate.derivative, x).diagonal()
    torch.testing.assert_close(found, wanted)
