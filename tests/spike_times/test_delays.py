"""Delays in spike time: what they move, what they cannot see, and bad input."""

import numpy as np
import pytest
import torch
from helpers import seeded

from snnbook.spike_times import (
    DoubleTau,
    EqualTau,
    EventNetwork,
    NonLeaky,
    delay_gradient,
    delayed_events,
    delayed_first_spike,
    eventprop,
    first_spike,
    simulate_events,
)

CELLS = [NonLeaky(), EqualTau(), DoubleTau()]


def given(batch=4, inputs=5, outputs=3):
    draw = {"generator": seeded(0), "dtype": torch.float64}
    times, delay = torch.rand(batch, inputs, **draw), torch.rand(outputs, inputs, **draw)
    return times, 0.2 + 2 * torch.rand(outputs, inputs, **draw), delay


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: type(cell).__name__)
def test_gradients_are_those_of_finite_differences(cell):
    inputs = [x.requires_grad_() for x in given()]
    assert torch.isfinite(delayed_first_spike(*inputs, cell)).all()
    assert torch.autograd.gradcheck(lambda *x: delayed_first_spike(*x, cell), inputs)


def test_equal_delays_delay_the_spike_and_none_changes_nothing():
    times, weight, _ = given()
    plain = first_spike(times, weight, NonLeaky())
    for late in (0.0, 0.7):
        delay = torch.full_like(weight, late)
        torch.testing.assert_close(
            delayed_first_spike(times, weight, delay, NonLeaky()), plain + late
        )


def test_an_input_after_the_spike_has_no_gradient_and_silence_none():
    times = torch.zeros(1, 2)
    weight, delay = torch.tensor([[2.0, 1.0], [0.3, 0.2]]), torch.tensor([[0.0, 5.0], [0.0, 0.0]])
    delay.requires_grad_()
    spike = delayed_first_spike(times, weight, delay, NonLeaky())
    assert torch.isinf(spike[0, 1])
    spike[0, 0].backward()
    assert delay.grad.tolist() == [[1.0, 0.0], [0.0, 0.0]]


def test_events_arrive_when_and_where_they_shall():
    net = EventNetwork(np.array([[1.0, 2.0], [3.0, 4.0]]), np.zeros((2, 2)), np.ones(2))
    made = delayed_events(net, np.array([[0.0, 3.0], [1.0, 0.5]]), [0.0, 1.0], [0, 1])
    assert made.times.tolist() == [0.0, 1.0, 1.5, 4.0]
    assert made.sources.tolist() == [0, 2, 3, 1]
    want = [[1.0, 2.0, 0.0, 0.0], [0.0, 0.0, 3.0, 4.0]]
    assert made.network.input_weight.tolist() == want


def test_equal_delays_of_all_synapses_move_all_spikes():
    rng = np.random.default_rng(0)
    net = EventNetwork(rng.uniform(4, 9, (2, 3)), np.zeros((2, 2)), np.ones(2))
    when, which = [1e-3, 2e-3, 6e-3], [0, 1, 2]
    plain = simulate_events(net, when, which, duration=50e-3)
    made = delayed_events(net, np.full((2, 3), 5e-3), when, which)
    late = simulate_events(*made, duration=50e-3)
    assert len(plain.spikes) > 2
    for (n, t), (m, s) in zip(plain.spikes, late.spikes, strict=True):
        assert n == m and s == pytest.approx(t + 5e-3, abs=1e-12)
    found = eventprop(made.network, late, by_spike_time=[1.0] * len(late.spikes))
    assert delay_gradient(made, found).sum() == pytest.approx(len(late.spikes), rel=1e-9)


def test_bad_input_is_named():
    times, weight, delay = given()
    with pytest.raises(ValueError, match="delay holds -1; times of at least 0"):
        delayed_first_spike(times, weight, 0 * delay - 1, NonLeaky())
    with pytest.raises(ValueError, match=r"delay has shape \(2, 5\); \(3, 5\) is accepted"):
        delayed_first_spike(times, weight, delay[:2], NonLeaky())
    net = EventNetwork(np.ones((1, 1)), np.zeros((1, 1)), np.ones(1))
    with pytest.raises(ValueError, match="sources is"):
        delayed_events(net, np.zeros((1, 1)), [0.0], [1])
    with pytest.raises(ValueError, match="seconds of at least 0"):
        delayed_events(net, np.full((1, 1), -1.0), [0.0], [0])
