"""The equations of chapter 1 against independent computations."""

import math

import numpy as np
import pytest
import torch
from scipy.optimize import brentq

from snnbook import data, training
from snnbook.neurons import LIFNeuron, NetworkOutput, psp_kernel, run

PARAMS = LIFNeuron(tau_mem=20e-3, tau_syn=10e-3)


def random_run(steps=80, seed=0, size=0.1):
    generator = torch.Generator().manual_seed(seed)
    drive = size * (torch.rand(steps, 1, 1, generator=generator, dtype=torch.float64) < 0.25)
    return drive.double(), run(PARAMS, drive.double())


@pytest.mark.equation("eq-01-latency")
@pytest.mark.parametrize("value", [0.21, 0.3, 0.5625, 0.8125, 1.0])
def test_latency_is_a_threshold_crossing(value):
    """Find the crossing of the charging membrane x (1 - exp(-t/tau)) numerically."""
    tau, threshold = 30e-3, 0.2
    crossing = brentq(lambda t: value * (1 - math.exp(-t / tau)) - threshold, 0.0, 1.0, xtol=1e-15)
    assert crossing == pytest.approx(tau * math.log(value / (value - threshold)), rel=1e-9)
    dt = 0.1e-3
    values = torch.tensor([[value, 0.2]], dtype=torch.float64)
    spikes = data.latency_code(values, steps=2000, dt=dt, tau=tau, threshold=threshold)
    assert spikes[:, 0, 0].nonzero().flatten().tolist() == [int(crossing / dt)]
    assert not spikes[:, 0, 1].any()


@pytest.mark.equation("eq-01-current")
def test_current_is_a_sum_of_exponentials():
    drive, out = random_run()
    steps = np.arange(len(drive))
    lag = steps[:, None] - steps[None, :] - 1
    decay = math.exp(-PARAMS.dt / PARAMS.tau_syn)
    response = np.where(lag >= 0, decay ** np.maximum(lag, 0), 0.0)
    np.testing.assert_allclose(out.syn[:, 0, 0], response @ drive[:, 0, 0].numpy(), atol=1e-12)


@pytest.mark.equation("eq-01-membrane")
def test_membrane_is_kernel_minus_resets():
    """The equation is linear: responses to the inputs, minus what each spike takes off."""
    drive, out = random_run()
    assert 2 <= out.spikes.sum() <= 40
    steps = len(drive)
    kernel = psp_kernel(PARAMS, steps).numpy()
    expected = np.convolve(drive[:, 0, 0], kernel)[:steps]
    beta = math.exp(-PARAMS.dt / PARAMS.tau_mem)
    off = np.concatenate([[0.0], PARAMS.threshold * beta ** np.arange(steps - 1)])
    expected -= np.convolve(out.spikes[:, 0, 0], off)[:steps]
    np.testing.assert_allclose(out.mem[:, 0, 0], expected, atol=1e-10)


@pytest.mark.equation("eq-01-spike")
def test_spike_is_a_question():
    _, out = random_run()
    answers = [1.0 if potential > 1.0 else 0.0 for potential in out.mem[:, 0, 0].tolist()]
    assert out.spikes[:, 0, 0].tolist() == answers
    assert set(answers) == {0.0, 1.0}


@pytest.mark.equation("eq-01-decision")
def test_decision_is_the_largest_average():
    readout = torch.randn(40, 25, 10, generator=torch.Generator().manual_seed(1))
    expected = [int(np.argmax([row.mean() for row in sample.T])) for sample in by_sample(readout)]
    assert training.decide_by_sum(readout).tolist() == expected
    chosen = training.predict(
        lambda spikes: NetworkOutput(spikes, ()), readout, decide=training.decide_by_sum
    )
    assert chosen.tolist() == expected


@pytest.mark.equation("eq-01-loss")
def test_loss_is_minus_log_probability():
    generator = torch.Generator().manual_seed(2)
    readout = torch.randn(40, 25, 10, generator=generator, dtype=torch.float64)
    labels = torch.randint(10, (25,), generator=generator)
    losses = []
    for sample, label in zip(by_sample(readout), labels.tolist()):
        odds = [math.exp(score) for score in sample.mean(axis=0)]
        losses.append(-math.log(odds[label] / sum(odds)))
    value = training.sum_over_time(readout, labels, scale=1 / 40)
    assert value.item() == pytest.approx(sum(losses) / 25, rel=1e-12)
    silent = training.sum_over_time(torch.zeros(40, 25, 10), labels)
    assert silent.item() == pytest.approx(math.log(10), rel=1e-6)


def by_sample(readout):
    """Give one array (T, C) for each sample."""
    return readout.transpose(0, 1).numpy()
