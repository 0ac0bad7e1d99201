"""The smooth network: four ways to one gradient."""

import pytest
import torch
from hypothesis import given, settings, strategies as st

from snnbook import gradients, training
from snnbook.gradients import TANH, Nonlinearity

LOGISTIC = Nonlinearity(torch.sigmoid, lambda a: torch.sigmoid(a) * torch.sigmoid(-a))


def task(seed, sizes=(3, 4, 2), steps=8, batch=2, sigma=TANH, radius=0.9):
    generator = torch.Generator().manual_seed(seed)
    rnn = gradients.smooth_rnn(sizes, radius=radius, sigma=sigma, generator=generator)
    inputs = torch.randn(steps, batch, sizes[0], dtype=torch.float64, generator=generator)
    target = torch.randn(steps, batch, sizes[-1], dtype=torch.float64, generator=generator)
    return rnn, inputs, training.step_squared_error(target)


def by_autograd(rnn, inputs, error):
    names, values = [], []
    for k, (w, v) in enumerate(zip(rnn.weights, rnn.recurrent), 1):
        names += [f"W{k}", f"V{k}"]
        values += [w.clone().requires_grad_(), v.clone().requires_grad_()]
    free = rnn._replace(weights=values[0::2], recurrent=values[1::2])
    loss = error.loss(gradients.rnn_run(free, inputs)[0])
    found = torch.autograd.grad(loss, values, materialize_grads=True)
    return dict(zip(names, found, strict=True))


def by_differences(rnn, inputs, error, step=1e-5):
    """Return central differences of fourth order, one weight at a time."""
    result = {}
    for k, (w, v) in enumerate(zip(rnn.weights, rnn.recurrent), 1):
        for name, matrix in ((f"W{k}", w), (f"V{k}", v)):
            grad, flat = torch.zeros_like(matrix), matrix.view(-1)
            for i in range(flat.numel()):
                before, losses = flat[i].item(), []
                for shift in (-2, -1, 1, 2):
                    flat[i] = before + shift * step
                    losses.append(error.loss(gradients.rnn_run(rnn, inputs)[0]).item())
                flat[i] = before
                a, b, c, d = losses
                grad.view(-1)[i] = (a - 8 * b + 8 * c - d) / (12 * step)
            result[name] = grad
    return result


def assert_equal(a, b, tolerance):
    assert list(a) == list(b)
    for name in a:
        torch.testing.assert_close(a[name], b[name], atol=tolerance, rtol=0)


@given(
    seed=st.integers(0, 10**6),
    depth=st.integers(1, 3),
    width=st.integers(1, 4),
    steps=st.integers(1, 8),
    batch=st.integers(1, 3),
    sigma=st.sampled_from([TANH, LOGISTIC]),
)
@settings(max_examples=40, deadline=None)
def test_backward_equals_forward_equals_autograd(seed, depth, width, steps, batch, sigma):
    run = task(seed, (2, *[width] * depth), steps, batch, sigma)
    exact = by_autograd(*run)
    assert_equal(gradients.rnn_bptt(*run), exact, 1e-10)
    assert_equal(gradients.rnn_rtrl(*run), exact, 1e-10)


@pytest.mark.parametrize("sigma", [TANH, LOGISTIC])
def test_finite_differences(sigma):
    run = task(0, (3, 4, 3, 2), sigma=sigma)
    assert_equal(gradients.rnn_bptt(*run), by_differences(*run), 1e-10)


def test_radius_is_that_of_every_recurrent_matrix():
    rnn = gradients.smooth_rnn((3, 10, 4), radius=1.3)
    for v in rnn.recurrent:
        assert torch.linalg.eigvals(v).abs().max().item() == pytest.approx(1.3)


def test_errors_name_the_argument():
    rnn, inputs, error = task(0)
    with pytest.raises(ValueError, match="inputs has shape"):
        gradients.rnn_bptt(rnn, inputs[:, :, :2], error)
    with pytest.raises(TypeError, match="inputs has dtype"):
        gradients.rnn_rtrl(rnn, inputs.float(), error)
    with pytest.raises(ValueError, match=r"weights\[1\] has shape"):
        gradients.rnn_run(rnn._replace(weights=(rnn.weights[0],) * 2), inputs)
