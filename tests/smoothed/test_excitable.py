"""FitzHugh-Nagumo, Hodgkin-Huxley and coupled neurons: rest, solver, gradients, kinds of spikes."""

import numpy as np
import pytest
import torch
from helpers import seeded
from scipy.integrate import solve_ivp

from snnbook.smoothed import (
    CoupledNeurons,
    FitzHughNagumo,
    Gate,
    HodgkinHuxley,
    MorrisLecar,
    first_crossing,
    solve,
)

#: neuron, constant current that makes a spike, step, duration, error that is allowed
SPIKING = (
    (FitzHughNagumo(), 0.6, 0.1, 40.0, 1e-4),
    (HodgkinHuxley(), 12.0, 0.02, 15.0, 2e-2),
)


def constant(value, steps):
    return torch.full((steps, 1, 1), value, dtype=torch.float64)


@pytest.mark.parametrize(("neuron", "current", "dt", "duration", "error"), SPIKING)
def test_solver_agrees_with_scipy(neuron, current, dt, duration, error):
    steps = round(duration / dt)
    found = solve(neuron, constant(current, steps), dt)
    drive = torch.tensor(current, dtype=torch.float64)

    def slope(t, y):
        return neuron.derivative(torch.from_numpy(y), drive).numpy()

    options = {"rtol": 1e-9, "atol": 1e-11, "t_eval": np.arange(steps) * dt}
    expected = solve_ivp(slope, (0, duration), neuron.rest().numpy(), **options).y
    assert found.states[:, 0, 0].numpy() == pytest.approx(expected.T, abs=error)
    assert found.mem.amax() > 1  # a spike


@pytest.mark.parametrize("neuron", [FitzHughNagumo(), HodgkinHuxley(), FitzHughNagumo(a=0.5)])
def test_rest_is_a_stable_fixed_point(neuron):
    rest = neuron.rest()
    assert neuron.derivative(rest, torch.zeros(())).abs().max() < 1e-10
    slopes = torch.func.jacrev(lambda y: neuron.derivative(y, torch.zeros(())))(rest)
    assert torch.linalg.eigvals(slopes).real.max() < 0


@pytest.mark.parametrize(("neuron", "current", "dt", "duration", "_"), SPIKING)
def test_gradient_of_the_spike_time_is_exact(neuron, current, dt, duration, _):
    def time_of(value):
        mem = solve(neuron, value.expand(round(duration / dt), 1, 1), dt).mem
        return first_crossing(mem, dt).sum()

    value = torch.tensor(current, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(time_of(value), value)
    with torch.no_grad():
        quotient = (time_of(value + 1e-6) - time_of(value - 1e-6)).item() / 2e-6
    assert slope.item() == pytest.approx(quotient, rel=1e-5) and slope < 0


def test_rates_have_values_and_slopes_where_the_formula_is_zero_over_zero():
    mem = torch.tensor([-40.0, -55.0], dtype=torch.float64, requires_grad=True)
    opening, _ = HodgkinHuxley.rates(mem)
    assert [opening[0, 0].item(), opening[1, 2].item()] == pytest.approx([1.0, 0.1])
    (slope,) = torch.autograd.grad(opening[0, 0] + opening[1, 2], mem)
    assert slope.tolist() == pytest.approx([0.05, 0.005])


def test_a_spike_of_fitzhugh_may_be_small_and_one_of_morris_and_lecar_is_whole():
    """Pulses of 5 units or ms: zoom in on the largest step of the peak over the strength."""

    def largest_step(neuron, dt, low, high, zooms):
        for _ in range(zooms):
            strengths = torch.linspace(low, high, 17, dtype=torch.float64)
            drive = torch.zeros(round(60 / dt), 1, 17, dtype=torch.float64)
            drive[: round(5 / dt)] = strengths
            steps = solve(neuron, drive, dt).mem[round(5 / dt) :].amax((0, 1)).diff()
            place = int(steps.argmax())
            low, high = strengths[place].item(), strengths[place + 1].item()
        return steps.max().item()

    assert largest_step(FitzHughNagumo(), 0.25, 0.0, 1.0, zooms=1) > 1
    assert largest_step(FitzHughNagumo(), 0.25, 0.0, 1.0, zooms=5) < 0.2
    assert largest_step(MorrisLecar(), 0.5, 195.0, 212.0, zooms=5) > 25


def test_gradient_through_coupled_neurons_is_exact():
    gate, target = Gate(30.0, threshold=10.0), torch.tensor([0.3, 0.6, 0.2], dtype=torch.float64)
    drive = torch.tensor([[80.0, 50.0, 30.0]], dtype=torch.float64).expand(80, 1, 3)
    weight = 40 * torch.randn(3, 3, generator=seeded(0), dtype=torch.float64)

    def loss(matrix):
        layer = CoupledNeurons(MorrisLecar(), gate, 20.0, matrix)
        return (solve(layer, drive, 1.0).states[..., -1].mean((0, 1)) - target).square().sum()

    leaf = weight.clone().requires_grad_()
    (exact,) = torch.autograd.grad(loss(leaf), leaf)
    for index in np.ndindex(3, 3):
        nudge = torch.zeros_like(weight)
        nudge[index] = 1e-4
        quotient = (loss(weight + nudge) - loss(weight - nudge)).item() / 2e-4
        assert exact[index].item() == pytest.approx(quotient, rel=1e-4, abs=1e-9)


def test_a_whole_spike_sends_one_unit():
    layer = CoupledNeurons(MorrisLecar(), Gate(30.0, threshold=10.0), 1e9, torch.zeros(1, 1))
    drive = torch.zeros(400, 1, 1)
    drive[:30] = 200.0
    assert solve(layer, drive, 0.25).state[..., -1].item() == pytest.approx(1.0, abs=0.01)


def test_bad_arguments_are_named():
    weight, gate = torch.zeros(2, 2), Gate(30.0, threshold=10.0)
    with pytest.raises(ValueError, match="b is 1.2"):
        FitzHughNagumo(b=1.2)
    with pytest.raises(ValueError, match="C is 0"):
        HodgkinHuxley(C=0)
    with pytest.raises(ValueError, match=r"recurrent_weight has shape \(2, 3\)"):
        CoupledNeurons(MorrisLecar(), gate, 20.0, torch.zeros(2, 3))
    with pytest.raises(TypeError, match="neuron is a str"):
        CoupledNeurons("neuron", gate, 20.0, weight)
    with pytest.raises(ValueError, match="state has shape"):
        solve(HodgkinHuxley(), torch.zeros(3, 1, 2), 0.1, state=torch.zeros(1, 2, 2))
