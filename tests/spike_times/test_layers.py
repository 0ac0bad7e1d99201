"""Layers of spike trains against the plain event-by-event solver, its adjoint, and differences."""

import numpy as np
import pytest
import torch
from helpers import seeded

from snnbook.spike_times import (
    EventNetwork,
    SpikeLayer,
    SpikeTimeNetwork,
    Trains,
    eventprop,
    membranes,
    simulate_events,
)

SIZES, DURATION = (4, 6, 5, 3), 60e-3


def network(seed, tau_syn=5e-3):
    gain = (20e-3 / tau_syn) ** 0.6
    return SpikeTimeNetwork(
        SIZES,
        mean=(1.6 * gain, 1.1 * gain, 0.8 * gain),
        spread=(0.8 * gain, 0.8 * gain, 0.6 * gain),
        tau_syn=tau_syn,
        duration=DURATION,
        generator=seeded(seed),
    )


def plain(net, tau_syn):
    """Return the same network as one recurrent weight with blocks."""
    count = sum(SIZES[1:])
    into, within = np.zeros((count, SIZES[0])), np.zeros((count, count))
    weights = [layer.weight.detach().numpy() for layer in net.layers]
    into[: SIZES[1]] = weights[0]
    within[6:11, :6], within[11:, 6:11] = weights[1], weights[2]
    return EventNetwork(into, within, np.ones(count), 20e-3, tau_syn)


@pytest.mark.parametrize("tau_syn", [5e-3, 10e-3, 20e-3, 30e-3])
@pytest.mark.parametrize("seed", range(3))
def test_spikes_and_gradients_are_those_of_the_plain_solver(seed, tau_syn):
    net = network(seed, tau_syn)
    times = 30e-3 * torch.rand(3, SIZES[0], generator=seeded(9 + seed), dtype=torch.float64)
    times.requires_grad_()
    output = net(times)
    marks = torch.cos(torch.arange(output.layers[-1].times.shape[1], dtype=torch.float64))
    spoken = torch.isfinite(output.layers[-1].times)
    loss = torch.where(spoken, marks * output.layers[-1].times, 0.0).sum()
    loss.backward()
    reference, wanted, by_input = plain(net, tau_syn), None, []
    for b, row in enumerate(times.detach().numpy()):
        order = np.argsort(row)
        run = simulate_events(reference, row[order], order, duration=DURATION)
        own = [(n, t) for n, t in run.spikes]
        last = [(n - 11, t) for n, t in own if n >= 11]
        found = output.layers[-1]
        kept = int(found.counts[b])
        assert found.sources[b, :kept].tolist() == [n for n, _ in last] and kept >= 1
        np.testing.assert_allclose(found.times[b, :kept].detach(), [t for _, t in last], atol=1e-13)
        by_time = np.zeros(len(own))
        places = [i for i, (n, _) in enumerate(own) if n >= 11]
        by_time[places] = marks[:kept].numpy()
        grad = eventprop(reference, run, by_spike_time=by_time)
        by_input.append(grad.input_times[np.argsort(order)])
        parts = (grad.input_weight[:6], grad.recurrent_weight[6:11, :6],
                 grad.recurrent_weight[11:, 6:11])  # fmt: skip
        wanted = parts if wanted is None else [a + b for a, b in zip(wanted, parts)]
    for layer, value in zip(net.layers, wanted):
        scale = np.abs(value).max()
        np.testing.assert_allclose(layer.weight.grad, value, rtol=1e-8, atol=1e-10 * scale)
    by_input = np.array(by_input)
    np.testing.assert_allclose(times.grad, by_input, rtol=1e-8, atol=1e-10 * np.abs(by_input).max())


def test_the_gradient_of_first_spikes_is_that_of_differences():
    net = network(1)
    times = 30e-3 * torch.rand(4, SIZES[0], generator=seeded(3), dtype=torch.float64)

    def loss():
        found = net(times).times
        return torch.where(torch.isfinite(found), found, 0.0).sum()

    loss().backward()
    weight = net.layers[1].weight
    for place in [(0, 0), (2, 3), (4, 5)]:
        sides = []
        for step in (1e-6, -1e-6):
            with torch.no_grad():
                weight[place] += step
                sides.append(float(loss()))
                weight[place] -= step
        slope = (sides[0] - sides[1]) / 2e-6
        assert float(weight.grad[place]) == pytest.approx(slope, rel=1e-5, abs=1e-9)


def test_a_silent_layer_has_no_spikes_and_no_gradient():
    layer = SpikeLayer(torch.full((2, 1), 0.5, dtype=torch.float64), 20e-3, 5e-3, 60e-3)
    out = layer(Trains(torch.zeros(1, 1, dtype=torch.float64), torch.zeros(1, 1).long()))
    assert out.counts.tolist() == [0] and torch.isinf(out.first(2)).all()
    torch.where(torch.isfinite(out.times), out.times, 0.0).sum().backward()
    assert not layer.weight.grad.any()


@pytest.mark.parametrize("tau_syn", [5e-3, 20e-3])
def test_the_membrane_is_at_threshold_where_it_spikes_and_below_elsewhere(tau_syn):
    net = network(0, tau_syn)
    times = 30e-3 * torch.rand(1, SIZES[0], generator=seeded(1), dtype=torch.float64)
    order = times.argsort(1)
    arrived = Trains(times.gather(1, order), order)
    layer = net.layers[0]
    own = layer(arrived)
    kept = own.times[0][torch.isfinite(own.times[0])].detach()
    at_spikes = membranes(layer, arrived, own, kept)[0]
    reached = at_spikes[own.sources[0, : len(kept)], torch.arange(len(kept))]
    np.testing.assert_allclose(reached, 1.0, atol=1e-9)
    grid = torch.linspace(0, DURATION, 500, dtype=torch.float64)
    assert float(membranes(layer, arrived, own, grid).max()) <= 1.0


def test_many_spikes_find_room():
    layer = SpikeLayer(torch.full((1, 1), 200.0, dtype=torch.float64), 20e-3, 5e-3, 60e-3)
    out = layer(Trains(torch.zeros(1, 1, dtype=torch.float64), torch.zeros(1, 1).long()))
    assert int(out.counts[0]) > 30 and bool((out.times.diff() > 0).all())


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (lambda: SpikeLayer(torch.ones(2, 2), 1.0, 1.0, 1.0), "float64"),
        (lambda: SpikeLayer(torch.ones(2, 2).double(), 0.0, 1.0, 1.0), "tau_mem"),
        (lambda: SpikeTimeNetwork((2, 2), mean=(1, 2), spread=(1,), generator=seeded(0)), "mean"),
    ],
)
def test_wrong_arguments_are_named(build, says):
    with pytest.raises((TypeError, ValueError), match=says):
        build()


def test_descending_times_are_refused():
    layer = SpikeLayer(torch.ones(1, 2).double(), 1.0, 1.0, 1.0)
    with pytest.raises(ValueError, match="ascending"):
        layer(Trains(torch.tensor([[0.5, 0.1]]).double(), torch.tensor([[0, 1]])))
