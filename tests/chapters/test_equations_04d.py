"""The labelled equations of chapter 4d, each against an independent computation."""

import math

import numpy as np
import pytest
import sympy
import torch
from helpers import seeded
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from snnbook import data, spike_times

KERNELS = {
    "non-leaky": lambda s: 1 - np.exp(-s),
    "equal": lambda s: s * np.exp(-s),
    "double": lambda s: np.exp(-s / 2) - np.exp(-s),
}
EACH = pytest.mark.parametrize("name", sorted(KERNELS))


def row(values):
    return torch.tensor([values], dtype=torch.float64)


def course(name, t, times, weights):
    """Return the membrane, written out as a sum over the inputs so far."""
    pairs = zip(times, weights, strict=True)
    return sum(w * KERNELS[name](np.maximum(t - tj, 0.0)) for tj, w in pairs)


def search(name, times, weights, end=30.0):
    """Return the first crossing found by walking along the membrane, and bisection."""
    grid = np.linspace(0, end, 60_001)
    above = course(name, grid, times, weights) >= 1
    if not above.any():
        return math.inf
    k = int(np.argmax(above))
    return brentq(lambda t: course(name, t, times, weights) - 1, grid[k - 1], grid[k], xtol=1e-14)


@pytest.mark.equation("eq-04d-membrane")
@EACH
def test_membrane_solves_the_differential_equations(name):
    tau = {"non-leaky": math.inf, "equal": 1.0, "double": 2.0}[name]
    gain = 1.0 if math.isinf(tau) else 1 / tau  # how strongly the current drives the membrane
    times, weights = [0.0, 0.7, 1.9], [1.1, -0.4, 0.8]
    ends = [*times[1:], 4.0]
    state, t = np.zeros(2), 0.0
    for start, weight, end in zip(times, weights, ends, strict=True):
        state = state + np.array([0.0, weight])

        def field(_, y):
            leak = 0.0 if math.isinf(tau) else y[0] / tau
            return [gain * y[1] - leak, -y[1]]

        state = solve_ivp(field, (start, end), state, rtol=1e-11, atol=1e-13).y[:, -1]
        t = end
    found = spike_times.free_membrane(
        torch.tensor([t], dtype=torch.float64), row(times), row(weights), spike_times.CELLS[name]()
    )
    assert found.item() == pytest.approx(state[0], abs=1e-9)


@pytest.mark.equation("eq-04d-membrane")
@EACH
def test_first_crossing_by_search(name):
    cell = spike_times.CELLS[name]()
    for seed in range(6):
        times = (2 * torch.rand(5, generator=seeded(seed))).tolist()
        weights = torch.rand(5, generator=seeded(50 + seed)) * (0.2 + 0.1 * seed)
        weights = (cell.smallest_weight * weights).tolist()
        found = spike_times.first_spike(row(times), row(weights), cell).item()
        assert found == pytest.approx(search(name, times, weights), abs=1e-9)


@pytest.mark.equation("eq-04d-implicit")
@EACH
def test_gradient_by_differences(name):
    cell = spike_times.CELLS[name]()
    times, weights = [0.0, 0.4, 0.9], [0.5, 0.6, 0.7]
    weights = [cell.smallest_weight * w for w in weights]
    t, w = row(times).requires_grad_(), row(weights).requires_grad_()
    spike = spike_times.first_spike(t, w, cell)
    by_time, by_weight = torch.autograd.grad(spike.sum(), (t, w))
    step = 1e-5
    for k in range(3):
        for values, gradient, which in ((times, by_time, 0), (weights, by_weight, 1)):
            ends = []
            for sign in (1, -1):
                moved = list(values)
                moved[k] += sign * step
                ends.append(search(name, *((moved, weights) if which == 0 else (times, moved))))
            quotient = (ends[0] - ends[1]) / (2 * step)
            assert gradient[0, k].item() == pytest.approx(quotient, rel=1e-5, abs=1e-7)


@pytest.mark.equation("eq-04d-z")
def test_z_domain():
    z, z1, z2, w1, w2 = sympy.symbols("z z1 z2 w1 w2", positive=True)
    membrane = w1 * (1 - z1 / z) + w2 * (1 - z2 / z)
    (root,) = sympy.solve(membrane - 1, z)
    assert sympy.simplify(root - (w1 * z1 + w2 * z2) / (w1 + w2 - 1)) == 0
    values = {z1: 1.0, z2: math.exp(0.3), w1: 0.9, w2: 0.8}
    found = spike_times.first_spike(row([0.0, 0.3]), row([0.9, 0.8]), spike_times.NonLeaky())
    assert found.exp().item() == pytest.approx(float(root.subs(values)))


@pytest.mark.equation("eq-04d-lambert", "eq-04d-quadratic")
@pytest.mark.parametrize("name", ["equal", "double"])
def test_root_of_the_leaky_cells(name):
    cell = spike_times.CELLS[name](tau_syn=0.5)
    times, weights = [0.0, 0.2], [1.3 * cell.smallest_weight, 0.4 * cell.smallest_weight]
    found = spike_times.first_spike(row(times), row(weights), cell).item()
    assert found > 0.2
    wanted = search(name, [t / 0.5 for t in times], weights) * 0.5
    assert found == pytest.approx(wanted, abs=1e-10)
    # and the formulas themselves, with the sums written out
    x = [t / 0.5 for t in times]
    if name == "equal":
        a = sum(w * math.exp(t) for t, w in zip(x, weights, strict=True))
        b = sum(w * t * math.exp(t) for t, w in zip(x, weights, strict=True))
        value = sympy.LambertW(-math.exp(b / a) / a)
        assert found / 0.5 == pytest.approx(b / a - float(value), abs=1e-10)
    else:
        a = sum(w * math.exp(t / 2) for t, w in zip(x, weights, strict=True))
        b = sum(w * math.exp(t) for t, w in zip(x, weights, strict=True))
        root = math.sqrt(a * a - 4 * b)
        assert found == pytest.approx(2 * 0.5 * math.log(2 * b / (a + root)), abs=1e-10)


@pytest.mark.equation("eq-04d-spikeprop")
def test_spikeprop_by_differences():
    times, wanted = data.temporal_xor()
    network = spike_times.spikeprop_network(hidden=4, generator=seeded(3))
    loss, gradients = spike_times.spikeprop(network, times, wanted)

    def loss_now():
        with torch.no_grad():
            return 0.5 * float(((network(times).times - wanted) ** 2).sum())

    assert loss.item() == pytest.approx(loss_now())
    step = 1e-5
    for name, weight in network.named_parameters():
        for place in (0, 7, 20):
            ends = []
            for sign in (1, -1):
                with torch.no_grad():
                    weight.view(-1)[place] += sign * step
                ends.append(loss_now())
                with torch.no_grad():
                    weight.view(-1)[place] -= sign * step
            quotient = (ends[0] - ends[1]) / (2 * step)
            assert gradients[name].view(-1)[place].item() == pytest.approx(
                quotient, rel=1e-4, abs=1e-5
            )


@pytest.mark.equation("eq-04d-loss")
def test_loss_by_loops():
    times = torch.tensor([[1.0, 2.0, 1.5], [0.3, 0.2, math.inf]], dtype=torch.float64)
    labels, tau, early, late = [0, 2], 0.7, 0.05, 4.0
    total = 0.0
    for row_, label in zip(times.tolist(), labels, strict=True):
        clipped = [min(t, late) for t in row_]
        share = math.exp(-clipped[label] / tau) / sum(math.exp(-t / tau) for t in clipped)
        total += -math.log(share) + early * (math.exp(clipped[label]) - 1)
    found = spike_times.time_cross_entropy(
        times, torch.tensor(labels), tau=tau, late=late, early=early
    )
    assert found.item() == pytest.approx(total / 2)


@pytest.mark.equation("eq-04d-vanish")
def test_square_root_before_silence():
    tau, x = 3.0, torch.tensor([1e-6, 1e-8], dtype=torch.float64)
    weight = (4 * (1 + x))[:, None].requires_grad_()
    cell = spike_times.DoubleTau(tau_syn=tau)
    spike = spike_times.first_spike(torch.zeros(1, 1, dtype=torch.float64), weight, cell)[0]
    peak = 2 * tau * math.log(2)
    np.testing.assert_allclose((peak - spike.detach()) / (2 * tau * x.sqrt()), 1.0, rtol=1e-3)
    (slope,) = torch.autograd.grad(spike.sum(), weight)
    np.testing.assert_allclose(slope[:, 0] * 4 * x.sqrt() / tau, -1.0, rtol=2e-3)


@pytest.mark.equation("eq-04d-penalty")
def test_penalty_by_loops():
    network = spike_times.TimingNetwork(
        (3, 4, 2), spike_times.EqualTau(), gain=0.8, generator=seeded(0)
    )
    total = 0.0
    for layer in network.layers:
        rows = layer.weight.tolist()
        total += sum(max(0.0, 1.5 - sum(r) / math.e) for r in rows) / len(rows)
    assert spike_times.weight_sum_penalty(network, 1.5).item() == pytest.approx(total)
