"""EventProp against finite differences of the event-exact solver, and its jumps alone."""

import numpy as np
import pytest

from snnbook.neurons import LIFNeuron
from snnbook.spike_times import (
    EventNetwork,
    eventprop,
    integrated_mem,
    simulate_events,
    simulate_exact,
    spike_jump,
)

DURATION = 60e-3


def _network(seed, tau_syn):
    rng = np.random.default_rng(seed)
    threshold = np.array([1.0, 1.0, 1.0, 1.0, np.inf])
    recurrent = rng.normal(0.0, 0.6, (5, 5))
    recurrent[:, 4] = 0.0
    weight = rng.normal(1.2, 1.0, (5, 3)) * (20e-3 / tau_syn) ** 0.8
    times = np.sort(rng.uniform(0, 40e-3, 9))
    net = EventNetwork(weight, recurrent, threshold, 20e-3, tau_syn)
    return net, times, rng.integers(0, 3, 9), rng.normal(size=5)


def _loss(net, times, sources, mix):
    run = simulate_events(net, times, sources, duration=DURATION)
    marks = np.cos(np.arange(len(run.spikes)))
    loss = sum(m * t for m, (_, t) in zip(marks, run.spikes, strict=True)) / 10e-3
    return loss + mix @ integrated_mem(net, run) / 10e-3 + run.mem @ mix[::-1], run


def _gradient(net, run, mix):
    marks = np.cos(np.arange(len(run.spikes)))
    return eventprop(
        net,
        run,
        by_spike_time=marks / 10e-3,
        by_integral=mix / 10e-3,
        by_final_mem=mix[::-1],
    )


@pytest.mark.parametrize("tau_syn", [5e-3, 20e-3, 40e-3])
@pytest.mark.parametrize("seed", range(4))
def test_gradient_is_that_of_finite_differences(seed, tau_syn):
    net, times, sources, mix = _network(seed, tau_syn)
    _, run = _loss(net, times, sources, mix)
    assert len(run.spikes) >= 4
    grad = _gradient(net, run, mix)
    scale = max(np.abs(g).max() for g in grad[:2])
    avoided = checked = 0
    for name in ("input_weight", "recurrent_weight"):
        for place in np.ndindex(getattr(net, name).shape):
            sides = []
            for step in (1e-6, -1e-6, 2e-6, -2e-6):
                moved = getattr(net, name).copy()
                moved[place] += step
                sides.append(_loss(net._replace(**{name: moved}), times, sources, mix))
            if any(side[1].order != run.order for side in sides):
                avoided += 1
                continue
            (a, _), (b, _), (c, _), (d, _) = sides
            slope = (8 * (a - b) - (c - d)) / 12e-6
            assert slope == pytest.approx(getattr(grad, name)[place], abs=1e-6 * scale)
            checked += 1
    assert checked >= 38
    assert avoided + checked == 40


def test_a_change_of_the_number_of_spikes_is_seen():
    net = EventNetwork(np.array([[4.0]]), np.zeros((1, 1)), np.ones(1), 10e-3, 10e-3)
    orders = []
    for weight in (np.e - 1e-6, np.e + 1e-6):  # the response peaks at w / e
        run = simulate_events(
            net._replace(input_weight=np.array([[weight]])), [0.0], [0], duration=50e-3
        )
        orders.append(run.order)
    assert [len(o) for o in orders] == [1, 2]


def test_gradient_by_input_time():
    net, times, sources, mix = _network(1, 5e-3)
    _, run = _loss(net, times, sources, mix)
    grad = _gradient(net, run, mix)
    for k in range(len(times)):
        up, down = times.copy(), times.copy()
        up[k], down[k] = up[k] + 1e-8, down[k] - 1e-8
        (a, x), (b, y) = (_loss(net, t, sources, mix) for t in (up, down))
        if x.order == run.order == y.order:
            assert (a - b) / 2e-8 == pytest.approx(grad.input_times[k], rel=1e-5, abs=1e-3)


def test_forward_is_the_exact_integrator():
    net = EventNetwork(np.array([[3.0]]), np.zeros((1, 1)), np.ones(1), 20e-3, 5e-3)
    times = [0.0, 2e-3, 3e-3, 9e-3, 11e-3]
    run = simulate_events(net, times, [0] * 5, duration=DURATION)
    neuron = LIFNeuron(tau_mem=20e-3, tau_syn=5e-3)
    exact = simulate_exact(times, 3.0, neuron, duration=DURATION)
    assert len(run.spikes) > 1
    np.testing.assert_allclose([t for _, t in run.spikes], exact.spike_times, atol=1e-12)


def test_jump_of_a_lone_neuron():
    """Without a successor, dL/dU before the spike is -dL/dt divided by the slope."""
    net = EventNetwork(np.array([[4.0]]), np.zeros((1, 1)), np.ones(1), 10e-3, 10e-3)
    event = next(
        e for e in simulate_events(net, [0.0], [0], duration=0.05).events if not e.is_input
    )
    slope = (event.syn[0] - 1.0) / 10e-3
    zero = np.zeros(1)
    assert spike_jump(net, event, zero, zero, 1.0) == pytest.approx(-1 / slope, rel=1e-12)
    assert spike_jump(net, event, np.ones(1), zero, 0.0) == pytest.approx(
        event.syn[0] / (event.syn[0] - 1), rel=1e-9
    )


def test_bad_input_is_named():
    net = EventNetwork(np.array([[4.0]]), np.zeros((1, 1)), np.ones(1))
    with pytest.raises(ValueError, match="times"):
        simulate_events(net, [2e-3, 1e-3], [0, 0], duration=0.05)
    run = simulate_events(net, [0.0], [0], duration=0.05)
    with pytest.raises(ValueError, match="by_spike_time"):
        eventprop(net, run, by_spike_time=[1.0] * 99)
