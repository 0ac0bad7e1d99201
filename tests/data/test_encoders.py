"""Encoders: closed forms, properties over many inputs, and clear errors."""

import math

import numpy as np
import pytest
import torch
from helpers import seeded
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import arrays

from snnbook.data import (
    clock_code,
    delta_code,
    latency_code,
    rate_code,
    time_code,
    yin_yang,
)

STEPS = 100

# No deadline: the first call of an operation is slow on a loaded machine. Derandomized, so that
# a failure seen once is seen again.
many = settings(deadline=None, derandomize=True, max_examples=60)

values = arrays(
    np.float64, st.tuples(st.integers(1, 4), st.integers(1, 6)), elements=st.floats(0, 1)
).map(torch.from_numpy)


def first_spike(spikes):
    """Return the step of the first spike, and T for a silent unit."""
    silent = spikes.sum(0) == 0
    return torch.where(silent, spikes.shape[0], spikes.argmax(0))


class TestLatency:
    @pytest.mark.parametrize("value", [0.21, 0.25, 0.4, 0.7, 1.0])
    def test_matches_an_integrated_membrane(self, value):
        """A leaky membrane driven by the value crosses the threshold in the step of the spike."""
        tau, dt, threshold, fine = 20e-3, 1e-3, 0.2, 1000
        membrane, n = 0.0, 0
        while membrane < threshold:
            membrane += (dt / fine / tau) * (value - membrane)
            n += 1
        step = first_spike(latency_code(torch.tensor([[value]]), STEPS, dt, tau, threshold))
        assert abs(step.item() - n / fine) <= 1

    def test_spikes_in_the_step_that_contains_the_time(self):
        tau, dt = 20e-3, 1e-3
        grid = torch.linspace(0.21, 1.0, 80, dtype=torch.float64).unsqueeze(0)
        step = first_spike(latency_code(grid, STEPS, dt, tau, 0.2)).flatten()
        for value, n in zip(grid.flatten().tolist(), step.tolist()):
            exact = tau * math.log(value / (value - 0.2))
            assert n == min(math.floor(exact / dt), STEPS)

    @many
    @given(values)
    def test_at_most_one_spike_per_unit(self, x):
        spikes = latency_code(x, STEPS)
        assert spikes.shape == (STEPS, *x.shape)
        assert set(spikes.unique().tolist()) <= {0.0, 1.0}
        assert spikes.sum(0).max() <= 1

    @many
    @given(values)
    def test_larger_values_never_spike_later(self, x):
        step = first_spike(latency_code(x, STEPS)).flatten()
        order = x.flatten().argsort(descending=True)
        assert (step[order].diff() >= 0).all()

    @many
    @given(st.floats(0.25, 1.0), st.floats(0.25, 1.0))
    def test_fine_steps_keep_the_order(self, a, b):
        """With steps shorter than the distance in time, different values spike in order."""
        tau, threshold = 20e-3, 0.2
        apart = abs(math.log(a / (a - threshold)) - math.log(b / (b - threshold))) * tau
        if apart < 1e-4:
            return
        spikes = latency_code(torch.tensor([[a, b]], dtype=torch.float64), 800, 5e-5)
        early, late = first_spike(spikes)[0].tolist()
        assert (early < late) == (a > b)

    @many
    @given(values)
    def test_silent_exactly_below_threshold_or_beyond_the_end(self, x):
        heard = latency_code(x, STEPS, threshold=0.3).sum(0) == 1
        assert not heard[x <= 0.3].any()
        last = 0.3 / (1 - math.exp(-STEPS * 1e-3 / 20e-3))
        assert heard[x > last + 1e-9].all()
        assert not heard[x < last - 1e-9].any()

    def test_edges_of_the_range(self):
        """Just above threshold a unit spikes late; past the last step it does not."""
        just_above = torch.tensor([[0.2 * 1.008]], dtype=torch.float64)
        assert first_spike(latency_code(just_above, 200)).item() == 96
        assert latency_code(just_above, 97).sum() == 1
        assert latency_code(just_above, 96).sum() == 0
        assert latency_code(torch.tensor([[0.2]], dtype=torch.float64), 10**4).sum() == 0

    @pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
    def test_keeps_the_dtype(self, dtype):
        assert latency_code(torch.rand(2, 3, dtype=dtype), 10).dtype == dtype

    def test_empty_batch(self):
        assert latency_code(torch.zeros(0, 3), 10).shape == (10, 0, 3)

    @pytest.mark.parametrize("threshold", [0.0, -0.1, 1.0, 2.0, math.nan])
    def test_refuses_a_threshold_out_of_range(self, threshold):
        with pytest.raises(ValueError, match="threshold is .* accepted"):
            latency_code(torch.rand(1, 2), 10, threshold=threshold)


class TestRate:
    @many
    @given(st.floats(0, 1), st.floats(1, 1000), st.integers(0, 2**32))
    def test_mean_count_lies_within_five_standard_deviations(self, value, max_rate, seed):
        steps, units = 200, 200
        x = torch.full((1, units), value, dtype=torch.float64)
        spikes = rate_code(x, steps, max_rate=max_rate, generator=seeded(seed))
        p = value * max_rate * 1e-3
        spread = math.sqrt(p * (1 - p) * steps * units)
        assert abs(spikes.sum().item() - p * steps * units) <= 5 * spread + 1

    def test_steps_are_independent(self):
        x = torch.full((1, 1), 0.5)
        spikes = rate_code(x, 20000, max_rate=1000.0, generator=seeded()).flatten()
        both = (spikes[1:] * spikes[:-1]).mean()
        assert both.item() == pytest.approx(0.25, abs=0.02)

    def test_certain_and_impossible_spikes(self):
        x = torch.tensor([[0.0, 1.0]])
        spikes = rate_code(x, 50, max_rate=1000.0, generator=seeded())
        assert spikes.sum(0).tolist() == [[0.0, 50.0]]

    def test_same_seed_same_spikes(self):
        x = torch.rand(4, 5, generator=seeded(1))
        first = rate_code(x, 30, generator=seeded(2))
        assert torch.equal(first, rate_code(x, 30, generator=seeded(2)))
        assert not torch.equal(first, rate_code(x, 30, generator=seeded(3)))

    def test_the_generator_alone_decides(self):
        x, generator = torch.rand(4, 5), seeded(2)
        torch.manual_seed(0)
        first = rate_code(x, 30, generator=generator)
        torch.manual_seed(1)
        assert torch.equal(first, rate_code(x, 30, generator=seeded(2)))
        assert not torch.equal(first, rate_code(x, 30, generator=generator))

    def test_dtype_of_the_values_does_not_change_the_spikes(self):
        x = torch.rand(4, 5)
        single = rate_code(x, 30, generator=seeded())
        double = rate_code(x.double(), 30, generator=seeded())
        assert double.dtype == torch.float64
        assert torch.equal(single.double(), double)

    def test_refuses_more_than_one_spike_per_step(self):
        with pytest.raises(ValueError, match="max_rate = 2000.0 Hz .* 2 spikes per step"):
            rate_code(torch.rand(1, 2), 10, max_rate=2000.0, generator=seeded())

    def test_refuses_a_number_as_generator(self):
        with pytest.raises(TypeError, match="generator is a int"):
            rate_code(torch.rand(1, 2), 10, generator=0)


def cut(features, steps):
    """The code of chapters 1, 6a, 6b and 7, written out."""
    times = torch.cat([30 * features, torch.zeros(len(features), 1)], dim=1)
    return (torch.arange(steps)[:, None, None] == times.long()).float()


def rounded(features):
    """The code of chapter 5, written out."""
    step = (torch.cat([torch.zeros_like(features[:, :1]), features], 1) * 30).round().long()
    return torch.zeros(40, *step.shape).scatter_(0, step[None], 1.0)


class TestTime:
    @pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
    def test_is_the_codes_of_the_book_bit_for_bit(self, dtype):
        points = torch.cat([yin_yang(2000, seed)[0] for seed in (40, 42)]).to(dtype)
        on_the_edge = torch.arange(31, dtype=dtype)[:, None].expand(-1, 4) / 30
        halves = (torch.arange(30, dtype=dtype)[:, None].expand(-1, 4) + 0.5) / 30
        for features in (points, on_the_edge, halves):
            for steps in (36, 40):
                found = time_code(features, steps=steps, span=30)
                assert found.dtype == torch.float32 and torch.equal(found, cut(features, steps))
            found = time_code(features, steps=40, span=30, clock="first", rounding="nearest")
            assert found.dtype == torch.float32 and torch.equal(found, rounded(features))

    @many
    @given(values)
    def test_every_unit_spikes_once_and_the_clock_at_the_start(self, values):
        spikes = time_code(values, steps=12, span=11)
        assert torch.equal(spikes.sum(0), torch.ones(len(values), values.shape[1] + 1))
        assert not spikes.argmax(0)[:, -1].any()

    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            ({"span": 36}, "span is 36; at most steps - 1 = 35"),
            ({"steps": 0}, "steps is 0"),
            ({"clock": "none"}, "clock is 'none'"),
            ({"rounding": "up"}, "rounding is 'up'"),
            ({"values": torch.full((1, 1), 1.5)}, "values spans 1.5 to 1.5"),
        ],
    )
    def test_names_a_wrong_argument(self, wrong, words):
        with pytest.raises(ValueError, match=words):
            time_code(**{"values": torch.rand(2, 3), "steps": 36, "span": 30, **wrong})


def test_clock_code():
    values = torch.tensor([[0.25, 1.0]], dtype=torch.float64)
    assert clock_code(values, span=4.0).tolist() == [[0.0, 1.0, 4.0]]
    with pytest.raises(ValueError, match="values spans"):
        clock_code(values + 1)
    with pytest.raises(ValueError, match="values has shape"):
        clock_code(values[0])


signals = arrays(
    np.float64,
    st.tuples(st.integers(1, 20), st.integers(1, 2), st.integers(1, 3)),
    elements=st.floats(-1, 1),
).map(torch.from_numpy)


def rebuild(events, threshold, start=0.0):
    """Return the reference that the events describe."""
    up, down = events.chunk(2, dim=2)
    return start + threshold * (up - down).cumsum(0)


class TestDelta:
    @many
    @given(signals, st.floats(0.01, 1))
    def test_counts_rebuild_any_signal_within_one_threshold(self, signal, threshold):
        events = delta_code(signal, threshold, binary=False)
        rebuilt = rebuild(events, threshold, start=signal[0])
        assert (rebuilt - signal).abs().max() < threshold * (1 + 1e-9)

    @many
    @given(signals, st.floats(0.01, 1))
    def test_spikes_rebuild_a_slow_signal_within_one_threshold(self, steps, threshold):
        signal = (steps * threshold).cumsum(0)
        events = delta_code(signal, threshold)
        rebuilt = rebuild(events, threshold, start=signal[0])
        assert set(events.unique().tolist()) <= {0.0, 1.0}
        assert (rebuilt - signal).abs().max() < threshold * (1 + 1e-9)

    @many
    @given(signals, st.floats(0.01, 1))
    def test_never_on_and_off_at_once_and_never_at_the_start(self, signal, threshold):
        on, off = delta_code(signal, threshold, binary=False).chunk(2, dim=2)
        assert (on * off == 0).all()
        assert (on[0] == 0).all() and (off[0] == 0).all()

    @many
    @given(signals, st.floats(0.01, 1))
    def test_mirrored_signal_swaps_on_and_off(self, signal, threshold):
        on, off = delta_code(signal, threshold).chunk(2, dim=2)
        mirrored = delta_code(-signal, threshold)
        assert torch.equal(mirrored, torch.cat([off, on], dim=2))

    def test_constant_signal_is_silent(self):
        assert delta_code(torch.full((10, 2, 3), 0.7), 0.1).sum() == 0

    def test_less_than_one_threshold_sends_nothing(self):
        signal = torch.tensor([0.0, 0.9, -0.9, 0.6, 1.1, 0.2, 0.05]).reshape(-1, 1, 1)
        events = delta_code(signal, 1.0)
        assert events[:, 0, 0].tolist() == [0, 0, 0, 0, 1, 0, 0]
        assert events[:, 0, 1].tolist() == [0, 0, 0, 0, 0, 0, 0]

    def test_spikes_catch_up_after_a_jump(self):
        signal = torch.zeros(8, 1, 1)
        signal[2:] = 4.0
        events = delta_code(signal, 1.0)
        assert events[:, 0, 0].tolist() == [0, 0, 1, 1, 1, 1, 0, 0]
        counts = delta_code(signal, 1.0, binary=False)
        assert counts[:, 0, 0].tolist() == [0, 0, 4, 0, 0, 0, 0, 0]

    def test_no_drift_over_a_long_ramp(self):
        signal = torch.linspace(0, 100, 5001).reshape(-1, 1, 1)
        rebuilt = rebuild(delta_code(signal, 0.1).double(), 0.1)
        assert (rebuilt - signal).abs().max() < 0.1 + 1e-5

    def test_shape_dtype_and_empty_inputs(self):
        assert delta_code(torch.zeros(5, 2, 3, dtype=torch.float64), 0.1).dtype == torch.float64
        assert delta_code(torch.zeros(5, 2, 3), 0.1).shape == (5, 2, 6)
        assert delta_code(torch.zeros(0, 2, 3), 0.1).shape == (0, 2, 6)
        assert delta_code(torch.zeros(5, 0, 3), 0.1).shape == (5, 0, 6)

    @pytest.mark.parametrize("bad", [math.nan, math.inf])
    def test_refuses_a_signal_that_is_not_finite(self, bad):
        with pytest.raises(ValueError, match="signal holds NaN or infinity"):
            delta_code(torch.full((2, 1, 1), bad), 0.1)

    def test_refuses_a_signal_without_a_batch_axis(self):
        with pytest.raises(ValueError, match=r"signal has shape \(5, 3\); three axes"):
            delta_code(torch.zeros(5, 3), 0.1)

    @pytest.mark.parametrize("threshold", [0.0, -1.0, math.inf])
    def test_refuses_a_threshold_out_of_range(self, threshold):
        with pytest.raises(ValueError, match="threshold is .* accepted"):
            delta_code(torch.zeros(5, 1, 3), threshold)


def encode_latency(x, steps=10):
    return latency_code(x, steps)


def encode_rate(x, steps=10):
    return rate_code(x, steps, generator=seeded())


@pytest.mark.parametrize("encode", [encode_latency, encode_rate])
class TestValues:
    @pytest.mark.parametrize("bad", [[[0.5, 1.2]], [[-0.1, 0.5]]])
    def test_refuses_values_out_of_range(self, encode, bad):
        with pytest.raises(ValueError, match="values spans .* from 0 to 1"):
            encode(torch.tensor(bad))

    def test_refuses_nan(self, encode):
        with pytest.raises(ValueError, match="values contains NaN"):
            encode(torch.tensor([[math.nan, 0.5]]))

    @pytest.mark.parametrize("shape", [(3,), (2, 3, 4)])
    def test_refuses_other_ranks(self, encode, shape):
        with pytest.raises(ValueError, match=r"values has shape .* \(B, N\)"):
            encode(torch.rand(shape))

    def test_refuses_whole_numbers_and_lists(self, encode):
        with pytest.raises(TypeError, match="values has dtype torch.int64"):
            encode(torch.ones(1, 2, dtype=torch.int64))
        with pytest.raises(TypeError, match="values is a list"):
            encode([[0.5]])

    @pytest.mark.parametrize("steps", [0, -1, 2.5, True])
    def test_refuses_steps_that_are_no_count(self, encode, steps):
        with pytest.raises(ValueError, match="steps is"):
            encode(torch.rand(1, 2), steps)

    def test_output_carries_no_gradient(self, encode):
        assert not encode(torch.rand(1, 2, requires_grad=True)).requires_grad


def test_latency_code_gives_the_same_spikes_as_events():
    values = torch.rand(7, 30, generator=torch.Generator().manual_seed(0))
    for steps in (1, 20, 100):
        events = latency_code(values, steps, events=True)
        assert torch.equal(events.to_dense(), latency_code(values, steps))
    silent = latency_code(torch.zeros(2, 3), 5, events=True)
    assert silent.shape == (5, 2, 3) and len(silent.indices) == 0
