"""Morris-Lecar: right-hand side, order of the solver, exact gradients, no jump at a spike."""

import math

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp

from snnbook.smoothed import Gate, MorrisLecar, first_crossing, solve

MODELS = (MorrisLecar(), MorrisLecar.hopf())


def by_hand(t, state, current, p):
    v, w = state
    m = (1 + math.tanh((v - p.V_1) / p.V_2)) / 2
    w_end = (1 + math.tanh((v - p.V_3) / p.V_4)) / 2
    ions = p.g_L * (v - p.V_L) + p.g_Ca * m * (v - p.V_Ca) + p.g_K * w * (v - p.V_K)
    return (current - ions) / p.C, p.phi * math.cosh((v - p.V_3) / 2 / p.V_4) * (w_end - w)


def rising_charge(mem, gate):
    """Return the charge that a rising membrane sends through a gate in each step."""
    charge = gate.charge(mem)
    return (charge[1:] - charge[:-1]).clamp(min=0)


def constant(value, steps):
    return torch.full((steps, 1, 1), value, dtype=torch.float64)


@pytest.mark.parametrize("neuron", MODELS)
def test_solver_agrees_with_scipy(neuron):
    current, steps, dt = 120.0, 800, 0.1
    found = solve(neuron, constant(current, steps), dt)
    start = neuron.rest().numpy()
    options = {"rtol": 1e-10, "atol": 1e-12, "t_eval": np.arange(steps) * dt}
    expected = solve_ivp(by_hand, (0, steps * dt), start, args=(current, neuron), **options).y
    assert np.allclose(found.mem[:, 0, 0], expected[0], atol=1e-3)
    assert np.allclose(found.recovery[:, 0, 0], expected[1], atol=1e-5)


@pytest.mark.parametrize(("method", "order"), [("rk4", 4), ("euler", 1)])
def test_order_of_the_solver(method, order):
    duration = 30.0

    def end(dt, how):
        return solve(MODELS[0], constant(60.0, round(duration / dt)), dt, method=how).state

    reference = end(0.02, "rk4")
    steps = np.array([1.0, 0.5, 0.25]) if order == 4 else np.array([0.2, 0.1, 0.05])
    errors = [(end(dt, method) - reference).abs().max().item() for dt in steps]
    fitted = np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert fitted == pytest.approx(order, abs=0.25)


@pytest.mark.parametrize("neuron", MODELS)
def test_rest_is_a_fixed_point(neuron):
    rest = neuron.rest()
    assert neuron.derivative(rest, torch.zeros(())).abs().max() < 1e-10
    assert -65 < rest[0] < -55


def test_spikes_start_at_zero_frequency_or_above():
    """Defaults: arbitrarily late first spikes above 39.96; hopf: repetitive firing starts fast."""
    current = torch.tensor([39.0, 40.1, 42.0, 60.0], dtype=torch.float64)
    mem = solve(MODELS[0], current[None, :, None].expand(500, -1, 1), 0.5).mem
    times = first_crossing(mem, 0.5).flatten()
    assert times[0] == math.inf and (times[1:].diff() < 0).all() and times[1] > 150


def test_gradient_of_spike_time_and_charge_is_exact():
    gate = Gate(20.0, threshold=10.0)

    def outcome(amplitude):
        drive = amplitude * torch.cat((torch.ones(60), torch.zeros(60))).to(torch.float64)
        mem = solve(MODELS[0], drive[:, None, None], 0.5).mem
        return first_crossing(mem, 0.5).sum() + rising_charge(mem, gate).sum()

    amplitude = torch.tensor(75.0, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(outcome(amplitude), amplitude)
    with torch.no_grad():
        quotient = (outcome(amplitude + 1e-5) - outcome(amplitude - 1e-5)) / 2e-5
    assert gradient.item() == pytest.approx(quotient.item(), rel=1e-6)


def test_a_spike_appears_without_a_jump():
    """Within a trial of finite length: zoom in, and what was sent takes all values in between."""
    gate, low, high = Gate(30.0, threshold=15.0), 200.0, 210.0

    def charge(amplitudes):
        drive = torch.zeros(100, len(amplitudes), 1, dtype=torch.float64)
        drive[:10] = amplitudes[:, None]
        return rising_charge(solve(MODELS[0], drive, 0.5).mem, gate).sum(0).flatten()

    for _ in range(30):
        grid = torch.linspace(low, high, 9, dtype=torch.float64)
        sent = charge(grid)
        step = int(sent.diff().abs().argmax())
        low, high = grid[step].item(), grid[step + 1].item()
        if sent.diff().abs().max() < 0.25:
            break
    assert sent.diff().abs().max() < 0.25 and sent[0] < 0.1 and sent[-1] > 0.9


def test_spikes_come_late_rather_than_half():
    """The latency grows by the same amount for each factor of ten toward the border."""
    low, high = 200.0, 210.0

    def respond(amplitudes):
        drive = torch.zeros(240, 1, len(amplitudes), dtype=torch.float64)
        drive[:10] = amplitudes
        return solve(MODELS[0], drive, 0.5).mem

    for _ in range(9):
        grid = torch.linspace(low, high, 17, dtype=torch.float64)
        index = int((respond(grid).amax((0, 1)) > 0).to(torch.uint8).argmax())
        low, high = grid[index - 1].item(), grid[index].item()
    mem = respond(high + 10.0 ** -torch.arange(1, 6, dtype=torch.float64))
    later = first_crossing(mem, 0.5)[0].diff()
    assert (mem.amax((0, 1)) > 20).all()
    assert torch.allclose(later, later.mean().expand(4), rtol=0.15)


def test_first_crossing_without_a_crossing():
    mem = torch.full((4, 1, 2), -1.0, requires_grad=True)
    times = first_crossing(mem, 0.1)
    assert (times == math.inf).all()
    (gradient,) = torch.autograd.grad(torch.where(times.isinf(), 0.0, times).sum(), mem)
    assert not gradient.any()


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="current has shape"):
        solve(MODELS[0], torch.zeros(3), 0.5)
    with pytest.raises(ValueError, match="dt is 0"):
        solve(MODELS[0], torch.zeros(3, 1, 1), 0.0)
    with pytest.raises(ValueError, match="method is 'heun'"):
        solve(MODELS[0], torch.zeros(3, 1, 1), 0.5, method="heun")
