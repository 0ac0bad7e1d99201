"""The gated LIF neuron: charge, limits, exact gradients, and where they end."""

import math

import numpy as np
import pytest
import torch
from helpers import seeded
from scipy.integrate import quad

from snnbook.data import delayed_xor
from snnbook.neurons import LIFNeuron, run
from snnbook.smoothed import Gate, GatedNetwork, answer_scores, gated, steps_per_spike
from snnbook.spike_times import simulate_exact

PARAMS = LIFNeuron(tau_mem=10e-3, tau_syn=5e-3, dt=1e-3)
SHAPES = ("parabola", "boxcar")


def constant(value, steps, neuron=PARAMS):
    return torch.full((steps, 1, 1), value, dtype=torch.float64)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("width", [0.01, 0.3, 2.0])
def test_gate_has_unit_integral_and_is_the_slope_of_its_charge(shape, width):
    gate = Gate(width, threshold=0.7, shape=shape)

    def density(u):
        return gate.density(torch.tensor(u, dtype=torch.float64)).item()

    assert quad(density, 0.7 - width, 0.7)[0] == pytest.approx(1, abs=1e-9)
    u = torch.linspace(0.7 - 1.3 * width, 0.7 + 0.417 * width, 52, dtype=torch.float64)
    u.requires_grad_()
    (slope,) = torch.autograd.grad(gate.charge(u).sum(), u)
    assert torch.allclose(slope, gate.density(u.detach()), atol=1e-9 / width)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("current", [1.05, 1.7, 4.0, 30.0])
def test_each_spike_carries_one_unit_of_charge_at_any_step(shape, current):
    for dt in (0.2e-3, 1e-3, 7e-3):
        neuron = LIFNeuron(tau_mem=10e-3, dt=dt)
        gate = Gate(0.4, shape=shape)
        record = run(gated(neuron, gate), constant(current, 97))
        left = gate.charge(record.state.mem)  # the part of a spike that is still under way
        total = record.release.sum(0)
        assert torch.allclose(total, record.resets.sum(0) + left, atol=1e-10)


@pytest.mark.parametrize("current", [1.3, 2.0, 9.0, 25.0])
def test_resets_lie_where_the_exact_neuron_spikes(current):
    steps = 60
    record = run(gated(PARAMS, Gate(0.1)), constant(current, steps))
    times = simulate_exact([], 0.0, PARAMS, duration=steps * 1e-3 + 1e-12, bias=current).spike_times
    counted = np.histogram(times, bins=np.arange(steps + 1) * 1e-3)[0]
    assert np.array_equal(record.resets.flatten().numpy(), counted)
    last = times[-1] if len(times) else 0.0
    expected = current * (1 - math.exp(-(steps * 1e-3 - last) / 10e-3))
    assert record.state.mem.item() == pytest.approx(expected, abs=1e-9)


def test_trace_approaches_the_exact_neuron_in_the_width_at_first_order():
    """The charge of a zone leaves Delta / (2 dU/dt) before the spike, on average."""
    neuron = LIFNeuron(tau_mem=10e-3, tau_syn=5e-3, dt=1e-5)
    current, steps = 1.8, 1200
    spike = simulate_exact([], 0.0, neuron, duration=steps * 1e-5, bias=current).spike_times
    assert len(spike) == 1
    exact = math.exp(-(steps * 1e-5 - spike[0]) / 5e-3)
    widths, errors = np.array([0.4, 0.2, 0.1, 0.05]), []
    for width in widths:
        gate = Gate(float(width))
        record = run(gated(neuron, gate), constant(current, steps))
        assert gate.charge(record.state.mem).item() == 0  # no second spike is under way
        errors.append(exact - record.state.syn.item())
    order = np.polyfit(np.log(widths[1:]), np.log(errors[1:]), 1)[0]
    assert order == pytest.approx(1, abs=0.1)
    predicted = exact * widths[3] / (2 * (current - 1) / 10e-3) / 5e-3
    assert errors[3] == pytest.approx(predicted, rel=0.1)


def test_recurrent_network_approaches_hard_spikes_at_first_order():
    """With excitation alone, where no spike is aborted."""
    weight = 0.1 * torch.rand(6, 6, generator=seeded(1), dtype=torch.float64)
    drive = 1.2 + 0.6 * torch.rand(1, 1, 6, generator=seeded(2), dtype=torch.float64)
    neuron = LIFNeuron(tau_mem=10e-3, tau_syn=5e-3, dt=2e-5)

    def traces(width):
        options = {"recurrent_weight": weight}
        return run(gated(neuron, Gate(width)), drive.expand(600, 1, 6), **options).syn

    limit = traces(1e-6)
    errors = [(traces(width) - limit).abs().mean().item() for width in (0.08, 0.04, 0.02)]
    assert errors[0] / errors[1] == pytest.approx(2, rel=0.2)
    assert errors[1] / errors[2] == pytest.approx(2, rel=0.2)


def loss_of(weights, recurrent, inputs, backflow):
    neuron = gated(PARAMS, Gate(0.5), backflow=backflow)
    record = run(neuron, inputs @ weights.T, recurrent_weight=recurrent)
    ramp = torch.linspace(0, 1, len(inputs), dtype=inputs.dtype)[:, None, None]
    return (ramp * record.syn).sum() + record.state.mem.square().sum(), record


@pytest.mark.parametrize("backflow", [False, True])
def test_gradient_of_a_recurrent_network_is_exact(backflow):
    inputs = torch.rand(25, 2, 3, generator=seeded(3), dtype=torch.float64)
    weights = (1.6 * torch.rand(4, 3, generator=seeded(4), dtype=torch.float64)).requires_grad_()
    recurrent = 0.3 * torch.randn(4, 4, generator=seeded(5), dtype=torch.float64)
    recurrent.requires_grad_()
    loss, record = loss_of(weights, recurrent, inputs, backflow=backflow)
    assert record.resets.sum() > 10
    gradients = torch.autograd.grad(loss, (weights, recurrent))
    for parameter, gradient in zip((weights, recurrent), gradients):
        for index in np.ndindex(*parameter.shape):
            losses = []
            for sign in (1, -1):
                moved = parameter.detach().clone()
                moved[index] += sign * 1e-6
                pair = (moved, recurrent) if parameter is weights else (weights, moved)
                losses.append(loss_of(*pair, inputs, backflow=backflow)[0].item())
            quotient = (losses[0] - losses[1]) / 2e-6
            assert gradient[index].item() == pytest.approx(quotient, rel=1e-4, abs=1e-6)


def test_gradient_reaches_through_the_time_of_the_reset():
    """The membrane after a spike has the slope of the closed form, -U' times the time shift."""
    current = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    record = run(gated(PARAMS, Gate(0.2)), current.expand(10, 1, 1))
    (found,) = torch.autograd.grad(record.state.mem.sum(), current)

    def mem(i):
        return i * (1 - math.exp(-(10e-3 - 10e-3 * math.log(i / (i - 1))) / 10e-3))

    assert record.resets.sum() == 1
    assert found.item() == pytest.approx((mem(2 + 1e-6) - mem(2 - 1e-6)) / 2e-6, rel=1e-8)


def test_loss_is_continuous_where_a_reset_moves_to_another_step():
    currents = torch.linspace(1.9, 2.1, 4001, dtype=torch.float64)[None, :, None]
    record = run(gated(PARAMS, Gate(0.3)), currents.expand(30, -1, 1))
    first = record.resets[..., 0].argmax(0)
    assert first.unique().numel() > 1
    jumps = record.state.syn.diff(dim=0).abs().max()
    assert jumps < 20 * (currents[0, 1] - currents[0, 0])


def test_loss_jumps_where_the_membrane_just_touches_the_threshold():
    """The gate smooths what is sent, not the reset: this is the seam that is left."""
    peak = -math.expm1(-1.0)  # a pulse of 10 ms reaches this times the current
    drive = torch.zeros(20, 2, 1, dtype=torch.float64)
    drive[:10, 0], drive[:10, 1] = (1 - 1e-9) / peak, (1 + 1e-9) / peak
    record = run(gated(PARAMS, Gate(0.3)), drive)
    assert record.resets.sum(0).flatten().tolist() == [0, 1]
    sent = record.release.sum(0).flatten()
    assert sent[0] == pytest.approx(1, abs=1e-6) and sent[1] == pytest.approx(1, abs=1e-6)
    assert record.mem[10, 0, 0] > 0.99 and record.mem[10, 1, 0] < 0.01


def test_backflow_takes_the_charge_of_an_aborted_spike_back():
    drive = torch.zeros(60, 1, 1, dtype=torch.float64)
    drive[:10] = 0.9 / -math.expm1(-1.0)
    gate = Gate(0.5)
    kept = run(gated(PARAMS, gate), drive).release.sum().item()
    returned = run(gated(PARAMS, gate, backflow=True), drive).release.sum().item()
    assert kept == pytest.approx(gate.charge(torch.tensor(0.9, dtype=torch.float64)).item())
    assert returned == pytest.approx(0, abs=1e-12)


def test_narrow_zone_has_few_and_large_derivatives():
    currents = torch.linspace(1.5, 2.5, 2000, dtype=torch.float64)[None, :, None]
    slopes = {}
    for width in (0.3, 0.03, 0.003):
        x = currents.clone().requires_grad_()
        record = run(gated(PARAMS, Gate(width)), x.expand(12, -1, 1))
        # Only the charge counts here: the trace after the first spike.
        trace = record.syn[-1][record.syn[-1] > 0.2].sum()
        (gradient,) = torch.autograd.grad(trace, x)
        slopes[width] = gradient.flatten()
    dead = [float((slope == 0).double().mean()) for slope in slopes.values()]
    assert dead[0] < 0.05 and dead[2] > 0.9
    largest = [slope.abs().max().item() for slope in slopes.values()]
    assert largest[2] / largest[1] == pytest.approx(10, rel=0.3)


def test_steps_per_spike_counts_grid_points_in_the_zone():
    gate = Gate(0.5)
    record = run(gated(LIFNeuron(dt=0.1e-3), gate), constant(2.0, 70))
    # U = 2 (1 - exp(-t / tau)) is above 0.5 for tau ln(1.5) in each period tau ln(2).
    per_spike = 100 * math.log(2 / 1) - 100 * math.log(2 / 1.5)
    assert steps_per_spike(record, gate) == pytest.approx(per_spike, abs=1.1)


def test_quiet_neurons_stay_finite():
    drive = torch.zeros(5, 1, 4, dtype=torch.float64)
    drive[..., 1], drive[..., 2], drive[..., 3] = 1.0, -3.0, 1.0 + 1e-12
    drive.requires_grad_()
    record = run(gated(PARAMS, Gate(0.3)), drive)
    (gradient,) = torch.autograd.grad(record.syn.sum() + record.state.mem.sum(), drive)
    assert torch.isfinite(gradient).all() and not record.release.any()


def test_split_run_equals_whole_run():
    drive = 2 * torch.rand(30, 2, 3, generator=seeded(7), dtype=torch.float64)
    whole = run(gated(PARAMS, Gate(0.3)), drive)
    first = run(gated(PARAMS, Gate(0.3)), drive[:11])
    second = run(gated(PARAMS, Gate(0.3)), drive[11:], state=first.state)
    assert torch.equal(whole.mem, torch.cat((first.mem, second.mem)))
    assert torch.equal(whole.state.syn, second.state.syn)
    assert run(gated(PARAMS, Gate(0.3)), drive[:0]).release.shape == (0, 2, 3)


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="width is 0"):
        Gate(0.0)
    with pytest.raises(ValueError, match="shape is 'round'"):
        Gate(1.0, shape="round")
    with pytest.raises(ValueError, match="gate has threshold 2.0"):
        gated(PARAMS, Gate(0.1, threshold=2.0))
    with pytest.raises(ValueError, match="drive has shape"):
        run(gated(PARAMS, Gate(0.1)), torch.zeros(3, 1))
    with pytest.raises(ValueError, match="recurrent_weight has shape"):
        run(gated(PARAMS, Gate(0.1)), torch.zeros(3, 1, 2), recurrent_weight=torch.zeros(2, 3))


def test_network_learns_a_short_delayed_xor():
    network = GatedNetwork(
        (3, 20, 2), gated(LIFNeuron(tau_syn=20e-3, dt=2e-3), Gate(0.4)), generator=seeded(0)
    )
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)
    task = delayed_xor(48, pause=0, generator=seeded(1))
    for _ in range(40):
        scores = answer_scores(network(task.inputs).readout, task.answer)
        loss = torch.nn.functional.cross_entropy(scores, task.labels)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
    assert (scores.argmax(1) == task.labels).double().mean() > 0.9
