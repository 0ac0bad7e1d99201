"""The labelled equations of chapter 5, each against an independent computation."""

import math
from dataclasses import replace

import pytest
import sympy
import torch
from helpers import seeded

from snnbook import surrogates, training
from snnbook.neurons import LIFNeuron, LIFState, SpikingNetwork, run
from snnbook.surrogates import Z
from snnbook.training import sum_over_time

FAMILIES = list(surrogates.ALL.values())


@pytest.mark.equation("eq-05-step")
def test_step_has_no_slope():
    record = surrogates.true_derivative()
    x = torch.linspace(-2, 2, 400, dtype=torch.float64).requires_grad_()  # never exactly 0
    spikes = record(x)
    assert torch.equal(spikes, torch.heaviside(x.detach(), torch.zeros(1, dtype=x.dtype)))
    (gradient,) = torch.autograd.grad(spikes.sum(), x)
    assert not gradient.any()
    step = 1e-3  # and the difference quotient agrees, away from the jump
    away = x.detach()[x.detach().abs() > step]
    assert torch.equal(record(away + step), record(away - step))


@pytest.mark.equation("eq-05-surrogate")
@pytest.mark.parametrize("family", FAMILIES, ids=lambda record: record.name)
def test_backward_is_the_surrogate(family):
    width, height = 0.37, 2.3
    record = family.scaled(width=width, height=height)
    x = torch.linspace(-1.01, 1.02, 113, dtype=torch.float64).requires_grad_()
    spikes = record(x)
    assert set(spikes.unique().tolist()) == {0.0, 1.0}
    (gradient,) = torch.autograd.grad((3 * spikes).sum(), x)
    shape = sympy.lambdify(Z, family.form, "math")
    expected = [3 * height * float(shape(float(value) / width)) for value in x.detach()]
    assert torch.allclose(gradient, torch.tensor(expected, dtype=x.dtype), rtol=1e-6, atol=1e-9)


@pytest.mark.equation("eq-05-three")
def test_curves_of_figure_3():
    u = torch.linspace(0, 1.3, 131, dtype=torch.float64) - 1
    root = 2 * (math.sqrt(2) - 1)
    for record, values in (
        (surrogates.piecewise_linear(width=0.5), [max(0.0, 1 - 2 * abs(x)) for x in u.tolist()]),
        (surrogates.fast_sigmoid(width=root / 5), [(1 + 5 * abs(x)) ** -2 for x in u.tolist()]),
        (
            surrogates.exponential(width=2 * math.log(2) / 5),
            [math.exp(-5 * abs(x)) for x in u.tolist()],
        ),
    ):
        assert torch.allclose(record.derivative(u), torch.tensor(values, dtype=u.dtype))


@pytest.mark.equation("eq-05-soft-step")
@pytest.mark.parametrize("family", FAMILIES, ids=lambda record: record.name)
def test_soft_step_rises_by_the_area(family):
    record = family.scaled(width=0.4, height=1.7)
    # Substitute x = tan(t): the tails of the slowest family fall off as 1/x^2.
    t = torch.linspace(-math.pi / 2, math.pi / 2, 2_000_001, dtype=torch.float64)[1:-1]
    x = torch.tan(t)
    total = torch.trapezoid(record.derivative(x) * (1 + x**2), t)
    assert float(total) == pytest.approx(record.area, rel=2e-4)


def test_soft_step_of_the_fast_sigmoid_is_its_namesake():
    x, k = sympy.symbols("x k", positive=True)
    assert sympy.simplify(sympy.diff(x / (1 + k * x), x) - 1 / (1 + k * x) ** 2) == 0


def neuron_loss(weight, surrogate):
    """Return the loss of one neuron with two inputs, weights (K, 2)."""
    inputs = torch.zeros(20, 2, dtype=torch.float64)
    inputs[1, 0] = inputs[4, 1] = 1
    drive = (inputs @ weight.T)[:, None, :]
    spikes = run(LIFNeuron(surrogate=surrogate), drive).spikes
    return (spikes.sum(0)[0] - 2) ** 2


@pytest.mark.equation("eq-05-line", "eq-05-surrogate-loss")
def test_line_and_its_surrogate_loss():
    surrogate = surrogates.gaussian(width=0.5)
    before = torch.tensor([0.05, 0.02], dtype=torch.float64)
    after = torch.tensor([0.55, 0.6], dtype=torch.float64)
    s = torch.linspace(0, 1, 801, dtype=torch.float64)
    line = torch.lerp(before.expand(801, 2), after.expand(801, 2), s[:, None]).requires_grad_()
    assert torch.allclose(line[200], 0.75 * before + 0.25 * after)
    true = neuron_loss(line, surrogate)
    (gradient,) = torch.autograd.grad(true.sum(), line)
    slope = (gradient * (after - before)).sum(1)
    climb = torch.cat([torch.zeros(1), torch.cumulative_trapezoid(slope, s)])
    factor = (true[-1] - true[0]) / climb[-1]
    smooth = (true[0] + factor * climb).detach()
    # The ends agree, the slope in between is the rescaled gradient, and the true loss is a stair.
    assert float(smooth[0]) == pytest.approx(true[0].item())
    assert float(smooth[-1]) == pytest.approx(true[-1].item())
    middle = (smooth[2:] - smooth[:-2]) / (s[2:] - s[:-2])
    expected = factor * (slope[2:] + 2 * slope[1:-1] + slope[:-2]) / 4
    assert torch.allclose(middle, expected.detach(), rtol=1e-9, atol=1e-9)
    assert len(true.unique()) < 6


@pytest.mark.equation("eq-05-height")
@pytest.mark.parametrize("layers", [1, 2, 3])
def test_height_is_a_power_of_depth(layers):
    spikes = (torch.rand(30, 4, 6, generator=seeded(0)) < 0.2).double()
    labels = torch.arange(4) % 2
    factor = 1.5

    def gradients(height):
        surrogate = surrogates.fast_sigmoid(width=0.5, height=height)
        sizes = (6, *[8] * layers, 2)
        rates = {"input_rate": 200.0, "hidden_rate": 50.0}
        network = SpikingNetwork(
            sizes, LIFNeuron(surrogate=surrogate), generator=seeded(1), **rates, std=1.0
        ).double()
        loss = sum_over_time(network(spikes).readout, labels, scale=0.1)
        return torch.autograd.grad(loss, [layer.weight for layer in network.hidden])

    for layer, (low, high) in enumerate(zip(gradients(1.0), gradients(factor)), 1):
        assert low.abs().max() > 0
        assert torch.allclose(high, factor ** (layers - layer + 1) * low, rtol=1e-9, atol=1e-12)


@pytest.mark.equation("eq-05-reset")
@pytest.mark.parametrize("through", [False, True])
def test_two_ways_past_the_reset(through):
    neuron = LIFNeuron(threshold=1.0)
    record = surrogates.exponential(width=0.3, height=2.0)
    drive = torch.zeros(1, 1, 1, dtype=torch.float64)
    mem = torch.tensor([[1.07]], dtype=torch.float64, requires_grad=True)
    state = LIFState(torch.zeros_like(mem), mem)
    out = run(replace(neuron, surrogate=record, reset_gradient=through), drive, state=state)
    (found,) = torch.autograd.grad(out.state.mem.sum(), mem)
    k = 2 * math.log(2) / 0.3
    expected = math.exp(-1e-3 / 10e-3) - (2.0 * math.exp(-k * 0.07) if through else 0.0)
    assert found.item() == pytest.approx(expected, rel=1e-9)


@pytest.mark.equation("eq-05-bounds")
def test_price_and_bounds():
    """Neuron by neuron and spike by spike, and the slope of the penalty by a spike."""
    spikes = (torch.rand(9, 4, 5, generator=seeded(0)) < 0.3).double().requires_grad_()
    p, s, lower, upper = 0.7, 3.0, 2.5, 3.0
    total, slopes = 0.0, []
    for i in range(5):
        z = sum(spikes[n, b, i].item() for n in range(9) for b in range(4)) / 4
        total += p * z + s * max(lower - z, 0) ** 2 + s * max(z - upper, 0) ** 2
        slopes.append((p - 2 * s * max(lower - z, 0) + 2 * s * max(z - upper, 0)) / 4 / 5)
    bounds = training.spike_bounds_penalty(spikes, lower=lower, upper=upper)
    found = training.spike_count_penalty(spikes, linear=p) + s * bounds
    assert found.item() == pytest.approx(total / 5)
    (gradient,) = torch.autograd.grad(found, spikes)
    torch.testing.assert_close(gradient, torch.tensor(slopes).double().expand(9, 4, 5))
