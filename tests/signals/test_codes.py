"""Codes of signals: written-out loops, inverses with their bounds, and the measure of a loss."""

import math

import numpy as np
import pytest
import torch
from helpers import seeded
from hypothesis import given, settings, strategies as st
from sklearn.linear_model import Ridge

from snnbook import data
from snnbook.neurons import DirectLIFNeuron, LIFNeuron, Refractory
from snnbook.signals import crossing_code, crossing_decode, lif_code, reconstruction

many = settings(deadline=None, derandomize=True, max_examples=40)
LEVELS = [-0.6, -0.2, 0.2, 0.6]


def waves(steps=60, batch=3, channels=2, seed=0):
    """Return smooth signals (T, B, N) between -1 and 1."""
    phase = torch.rand(2, batch, channels, generator=seeded(seed), dtype=torch.float64)
    time = torch.arange(steps, dtype=torch.float64)[:, None, None] / steps
    return torch.sin(2 * math.pi * ((1 + 2 * phase[0]) * time + phase[1]))


def test_crossings_equal_a_loop():
    signal = waves()
    spikes = crossing_code(signal, LEVELS)
    steps, batch, channels = signal.shape
    wanted = torch.zeros(steps, batch, 2, channels, len(LEVELS), dtype=torch.float64)
    for n in range(1, steps):
        for b in range(batch):
            for i in range(channels):
                for k, level in enumerate(LEVELS):
                    before, now = signal[n - 1, b, i], signal[n, b, i]
                    wanted[n, b, 0, i, k] = before < level <= now
                    wanted[n, b, 1, i, k] = before >= level > now
    assert torch.equal(spikes, wanted.flatten(2)) and spikes.sum() > 20


@many
@given(st.integers(0, 10**6), st.integers(1, 5))
def test_a_crossing_code_knows_the_signal_to_half_a_step_of_its_levels(seed, channels):
    signal = waves(channels=channels, seed=seed)
    levels = torch.linspace(-1, 1, 11).tolist()
    read = crossing_decode(crossing_code(signal, levels), levels, start=signal[0])
    assert (read - signal).abs().max() <= 0.1 + 1e-6


def test_what_lies_outside_of_the_levels_is_the_last_level():
    signal = torch.tensor([-5.0, 5.0, -5.0]).reshape(3, 1, 1)
    read = crossing_decode(crossing_code(signal, LEVELS), LEVELS)
    assert read.flatten().tolist() == pytest.approx([-0.6, 0.6, -0.6])


@many
@given(st.integers(0, 10**6))
def test_a_slow_signal_is_within_a_threshold_of_its_delta_code(seed):
    signal = waves(steps=300, seed=seed)
    threshold = float(signal.diff(dim=0).abs().max()) * 1.01
    read = data.delta_decode(data.delta_code(signal, threshold), threshold, start=signal[0])
    assert (read - signal).abs().max() <= threshold * (1 + 1e-9)


@many
@given(st.integers(0, 10**6))
def test_counts_follow_any_signal_within_a_threshold(seed):
    signal = torch.randn(40, 2, 3, generator=seeded(seed), dtype=torch.float64)
    events = data.delta_code(signal, 0.3, binary=False)
    assert (data.delta_decode(events, 0.3, start=signal[0]) - signal).abs().max() < 0.3 + 1e-9


def test_latencies_are_read_back_to_half_a_step():
    tau, dt, threshold = 20e-3, 1e-3, 0.2
    values = torch.linspace(0.21, 1.0, 50, dtype=torch.float64)[None]
    read = data.latency_decode(data.latency_code(values, 100, dt, tau, threshold))
    time = tau * (values / (values - threshold)).log()
    low, high = (threshold / (1 - (-(time + late) / tau).exp()) for late in (dt / 2, -dt / 2))
    heard = time < 100 * dt
    assert ((read >= low.clamp(max=1) - 1e-12) & (read <= high.clamp(max=1) + 1e-12))[heard].all()
    assert (data.latency_decode(torch.zeros(4, 1, 2)) == 0).all()


def test_times_are_read_back_to_a_step():
    values = torch.rand(5, 7, generator=seeded(2))
    spikes = data.time_code(values, steps=40, span=30)
    read = data.time_decode(spikes[:, :, :7], span=30)
    assert (read <= values).all() and (values - read < 1 / 30 + 1e-6).all()
    assert data.time_decode(torch.zeros(4, 1, 2), span=3).isnan().all()


def test_rates_are_read_back_with_the_error_that_is_stated():
    values, steps = torch.full((1, 20000), 0.4), 100
    spikes = data.rate_code(values, steps, max_rate=500.0, generator=seeded(1))
    read = data.rate_decode(spikes, max_rate=500.0)
    spread = math.sqrt(0.2 * 0.8 / steps) / 0.5
    assert abs(read.mean().item() - 0.4) < 5 * spread / math.sqrt(20000)
    assert abs(read.std().item() / spread - 1) < 0.03
    regular = data.rate_decode(data.regular_code(values[:, :1], 33), dt=1e-3)
    assert abs(regular.item() - 0.4) <= 1 / (33 * 0.1)


def test_the_lif_code_is_the_membrane_of_its_formula():
    signal = waves(steps=200).abs()
    gain = torch.tensor([0.2, 0.5], dtype=torch.float64)
    spikes = lif_code(signal, gain=gain)
    beta, mem, syn = math.exp(-1 / 20), torch.zeros(3, 2), torch.zeros(3, 2)
    for n in range(200):
        fired = (mem > 1).double()
        assert torch.equal(spikes[n], fired)
        mem, syn = beta * mem + syn - fired, gain * signal[n]
    assert spikes.sum() > 100


def test_a_lif_code_is_silent_below_its_threshold():
    beta = math.exp(-1 / 20)
    signal = torch.tensor([0.99, 1.01]).double() * (1 - beta)
    counts = lif_code(signal.expand(400, 1, 2)).sum(0)
    assert counts[0, 0] == 0 and counts[0, 1] > 0


def test_a_reading_is_ridge_regression_judged_on_other_samples():
    signal = waves(steps=80, batch=6)
    spikes = crossing_code(signal, LEVELS)
    found = reconstruction(spikes, signal, tau=[10e-3], ridge=1e-2)
    decay, trace, traces = math.exp(-1 / 10), 0, []
    for row in spikes:
        trace = decay * trace + row
        traces.append(trace)
    x = torch.stack(traces)
    learn, target = x[:, :3].flatten(0, 1).numpy(), signal[:, :3].flatten(0, 1).numpy()
    scale = learn.std(0)
    scale[scale == 0] = 1
    reader = Ridge(alpha=1e-2 * len(learn)).fit((learn - learn.mean(0)) / scale, target)
    other = (x[:, 3:].flatten(0, 1).numpy() - learn.mean(0)) / scale
    read, true = reader.predict(other), signal[:, 3:].flatten(0, 1).numpy()
    explained = 1 - ((true - read) ** 2).sum(0) / ((true - true.mean(0)) ** 2).sum(0)
    assert np.abs(found.signal.flatten(0, 1).numpy() - read).max() < 1e-9
    assert np.abs(found.explained.numpy() - explained).max() < 1e-9
    spread = ((true - true.mean(0)) ** 2).sum()
    assert found.share == pytest.approx(1 - ((true - read) ** 2).sum() / spread, abs=1e-9)


def test_noise_explains_nothing_and_a_trace_explains_itself():
    spikes = (torch.rand(200, 20, 4, generator=seeded(5)) < 0.1).double()
    trace, rows = 0, []
    for row in spikes:
        trace = math.exp(-1 / 5) * trace + row
        rows.append(trace)
    own = reconstruction(spikes, torch.stack(rows), ridge=1e-9).explained
    noise = reconstruction(spikes, torch.rand(200, 20, 3, generator=seeded(6)).double()).explained
    assert (own > 1 - 1e-9).all() and noise.abs().max() < 0.05


def test_a_constant_channel_has_no_variance_to_explain():
    found = reconstruction(torch.ones(10, 2, 1), torch.ones(10, 2, 1))
    assert found.explained.isnan().all() and math.isnan(found.share)


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: crossing_code(waves(), []), "ascending order"),
        (lambda: crossing_code(waves(), [1.0, 0.0]), "ascending order"),
        (lambda: crossing_decode(torch.zeros(2, 1, 5), LEVELS), "a multiple of 8"),
        (lambda: crossing_decode(torch.zeros(2, 1, 8), LEVELS, start=torch.zeros(3)), "start has"),
        (lambda: lif_code(waves(), gain=torch.ones(3)), "gain has shape"),
        (lambda: lif_code(waves(), gain=-1.0), "gain is -1.0"),
        (lambda: lif_code(waves(), neuron=3), "neuron is"),
        (lambda: reconstruction(torch.ones(3, 1, 1), torch.ones(3, 1, 1)), "at least two"),
        (lambda: data.delta_decode(torch.zeros(2, 1, 3), 0.1), "an even number"),
    ],
)
def test_errors_name_what_is_accepted(call, words):
    with pytest.raises((TypeError, ValueError), match=words):
        call()


def test_a_neuron_of_ones_own_codes_too():
    steady = torch.full((50, 1, 1), 0.2)
    perfect = LIFNeuron(tau_mem=math.inf, tau_syn=1e-6)
    assert lif_code(steady, neuron=perfect).sum() > lif_code(steady).sum()


def test_a_neuron_without_a_synaptic_current_codes_one_step_earlier():
    signal = waves(steps=200).abs()
    direct = lif_code(signal, gain=0.3, neuron=DirectLIFNeuron(tau_mem=20e-3))
    assert torch.equal(direct[:-1], lif_code(signal, gain=0.3)[1:]) and direct.any()


def test_any_neuron_that_spikes_codes_and_one_that_does_not_is_refused():
    signal = waves().abs()
    resting = Refractory(LIFNeuron(tau_mem=20e-3, tau_syn=1e-6), 10e-3)
    assert 0 < lif_code(signal, neuron=resting).sum() < lif_code(signal).sum()
    with pytest.raises(TypeError, match="neuron is a LeakyNeuron; a neuron that spikes"):
        lif_code(signal, neuron=LIFNeuron().leaky)
