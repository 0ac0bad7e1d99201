"""Rate coding: f-I curves against simulation, limits at their order, and the conversion."""

import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from helpers import seeded
from scipy.integrate import quad
from scipy.special import erfcx

from snnbook import data, smoothed
from snnbook.neurons import LIFNeuron
from snnbook.spike_times import simulate_exact

PARAMS = LIFNeuron()
HALF = LIFNeuron(tau_mem=1 / math.log(2), tau_syn=1 / math.log(2), dt=1.0)


def grid(low, high, count):
    return torch.linspace(low, high, count, dtype=torch.float64)


# The curve in continuous time ------------------------------------------------------------------


@pytest.mark.parametrize("mean", [1.05, 1.5, 3.0, 20.0])
@pytest.mark.parametrize("neuron", [PARAMS, LIFNeuron(tau_mem=23e-3, threshold=0.7)])
def test_rate_is_that_of_the_exact_integrator(mean, neuron):
    rate = float(smoothed.lif_rate(torch.tensor(mean, dtype=torch.float64), neuron))
    record = simulate_exact([], 0.0, neuron, duration=10.5 / rate, bias=mean)
    assert np.allclose(np.diff(record.spike_times), 1 / rate, rtol=1e-9)


def test_silent_at_and_below_threshold():
    rate = smoothed.lif_rate(torch.tensor([-3.0, 0.0, 1.0]), PARAMS)
    assert torch.equal(rate, torch.zeros(3))


@pytest.mark.parametrize("discrete", [False, True])
@pytest.mark.parametrize("softness", [0.0, 0.02, 0.3])
def test_gradient_against_finite_differences(softness, discrete):
    mean = (grid(-2.0, 9.0, 24) + 0.013).requires_grad_()
    torch.autograd.gradcheck(
        lambda mean: smoothed.lif_rate(mean, PARAMS, softness=softness, discrete=discrete),
        mean,
        eps=1e-7,
        rtol=1e-4,
    )


def test_float32_has_no_nan_anywhere():
    mean = torch.tensor([-1e6, -50.0, 0.0, 1.0, 1.0 + 1e-7, 2.0, 1e6]).requires_grad_()
    for softness in (0.0, 0.01, 1.0):
        rate = smoothed.lif_rate(mean, PARAMS, softness=softness, discrete=True)
        (gradient,) = torch.autograd.grad(rate.sum(), mean)
        assert rate.isfinite().all() and gradient.isfinite().all()
        assert (rate.diff() >= 0).all() and rate[-1] <= 1 / PARAMS.dt + 1e-3


def test_soft_curve_approaches_the_exact_one():
    above = grid(1.3, 3.0, 5)
    exact = smoothed.lif_rate(above, PARAMS)
    errors = [
        (smoothed.lif_rate(above, PARAMS, softness=s) - exact).max() for s in (0.1, 0.05, 0.025)
    ]
    # the excess is softness * exp(-distance / softness): squared where the softness halves
    assert errors[1] < 0.1 * errors[0] and errors[2] < 0.01 * errors[1]
    for softness in (0.1, 0.01, 0.001):  # and at threshold, a logarithm
        found = smoothed.lif_rate(torch.tensor(1.0, dtype=torch.float64), softness=softness)
        expected = 1 / (PARAMS.tau_mem * math.log1p(1 / (softness * math.log(2))))
        assert math.isclose(float(found), expected, rel_tol=1e-9)


def test_tail_of_the_soft_curve_is_long():
    far = torch.tensor([-1.0, -3.0], dtype=torch.float64)
    rate = smoothed.lif_rate(far, PARAMS, softness=0.01)
    expected = 0.01 / (PARAMS.tau_mem * (1 - far))
    assert torch.allclose(rate, expected, rtol=0.05)


# The time step ---------------------------------------------------------------------------------


def orbit_rate(mean: Fraction, beta: Fraction, steps: int) -> Fraction:
    """Count spikes in exact arithmetic."""
    mem, spikes = Fraction(0), 0
    for _ in range(steps):
        spike = mem > 1
        spikes += spike
        mem = beta * mem + (1 - beta) * mean - spike
        mem = Fraction(round(mem * 2**80), 2**80)
    return Fraction(spikes, steps)


@pytest.mark.parametrize("mean", ["1.01", "1.3", "2.0", "2.3", "2.34", "2.7", "2.99"])
def test_staircase_against_exact_arithmetic(mean):
    found = smoothed.discrete_rate(torch.tensor(float(mean), dtype=torch.float64), HALF)
    counted = orbit_rate(Fraction(mean), Fraction(1, 2), 2000)
    assert abs(float(found) - float(counted)) <= 1 / 2000 + 1e-12


def test_steps_are_where_the_closed_form_says():
    for p, q in ((1, 2), (1, 3), (2, 5), (3, 4)):
        top = smoothed.staircase_mean(np.array([p / q + 1e-12, p / q - 1e-12]), HALF)
        for mean, side in ((top[1] + 1e-9, 0), (top[0] - 1e-9, 0), (top[0] + 1e-6, 1)):
            rate = float(smoothed.discrete_rate(torch.tensor(mean), HALF))
            assert math.isclose(rate, p / q, abs_tol=1e-9) if side == 0 else rate > p / q
        width = top[0] - top[1]
        assert math.isclose(width, 0.5 * 0.5 ** (q - 2) / (1 - 0.5**q), rel_tol=1e-6)


@pytest.mark.parametrize("neuron", [PARAMS, LIFNeuron(tau_mem=5e-3, dt=5e-4, threshold=0.8)])
def test_staircase_against_the_simulation(neuron):
    mean = grid(0.5, 12.0, 40)
    exact = smoothed.discrete_rate(mean, neuron)
    counted = smoothed.count_rate(mean, neuron, steps=5000, skip=500)
    assert (exact - counted).abs().max() <= 1 / (5000 * neuron.dt) + 1e-6
    assert exact[-1] <= 1 / neuron.dt


def test_the_time_step_costs_one_order():
    mean = 1.05 + 3 * torch.rand(400, dtype=torch.float64, generator=seeded())
    signed, raw, worst = [], [], []
    for dt in (1e-3, 5e-4, 2.5e-4):
        neuron = LIFNeuron(dt=dt)
        exact = smoothed.discrete_rate(mean, neuron)
        raw.append(float((exact - smoothed.lif_rate(mean, neuron)).abs().mean()))
        error = exact - smoothed.lif_rate(mean, neuron, discrete=True)
        signed.append(float(error.mean().abs()))
        worst.append(float(error.abs().max()))
    orders = np.log2(np.array(raw[:-1]) / np.array(raw[1:]))
    assert np.allclose(orders, 1.0, atol=0.1)
    # the term with dt takes nearly all of it away; what is left are the steps of the stairs
    assert max(np.array(signed) / np.array(raw)) < 0.06
    assert max(np.array(worst) / np.array(raw)) < 1.0


# Noise -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("std", [0.05, 0.3, 1.0])
def test_siegert_against_adaptive_quadrature(std):
    mean = grid(0.4, 3.0, 7)
    found = smoothed.siegert_rate(mean, std, PARAMS)
    for value, rate in zip(mean.tolist(), found.tolist()):
        low, high = -value / (math.sqrt(2) * std), (1 - value) / (math.sqrt(2) * std)
        integral = quad(lambda x: erfcx(-x), low, high, limit=500, epsrel=1e-11)[0]
        expected = 1 / (PARAMS.tau_mem * math.sqrt(math.pi) * integral)
        assert math.isclose(rate, expected, rel_tol=1e-8)


def test_noise_vanishes_at_second_order():
    mean = grid(1.5, 3.0, 4)
    exact = smoothed.lif_rate(mean, PARAMS)
    errors = [
        (smoothed.siegert_rate(mean, std, PARAMS) - exact).abs().max() for std in (0.08, 0.04, 0.02)
    ]
    orders = np.log2([float(errors[0] / errors[1]), float(errors[1] / errors[2])])
    assert np.allclose(orders, 2.0, atol=0.1)
    assert float(smoothed.siegert_rate(torch.tensor(0.5), 0.01, PARAMS)) == 0.0


def test_siegert_against_a_simulation():
    neuron = LIFNeuron(dt=5e-5)
    mean, std, copies = torch.tensor([0.8, 1.2, 2.0], dtype=torch.float64), 0.3, 100
    counts = smoothed.count_rate(
        mean.repeat(copies), neuron, steps=10_000, skip=1000, std=std, generator=seeded()
    ).reshape(copies, 3)
    # Spikes are looked for once a step: to first order that raises the threshold
    # (Broadie, Glasserman and Kou 1997) by 0.5826 standard deviations of a step.
    raised = 1 + 0.5826 * std * math.sqrt(2 * neuron.dt / neuron.tau_mem)
    expected = smoothed.siegert_rate(mean, std, LIFNeuron(dt=neuron.dt, threshold=raised))
    shifted = mean * 0 + raised - 1  # the reset takes off 1, not the raised threshold
    error = counts.std(0) / math.sqrt(copies)
    bias = expected * shifted  # at most this share of the rate
    assert ((counts.mean(0) - expected).abs() <= 4 * error + bias).all()


def test_siegert_gradient():
    mean = grid(0.6, 2.0, 5).requires_grad_()
    torch.autograd.gradcheck(lambda mean: smoothed.siegert_rate(mean, 0.2, PARAMS), mean, eps=1e-6)


# Codes -----------------------------------------------------------------------------------------


def test_regular_spikes_stay_within_one_of_the_mean():
    values = torch.rand(5, 7, generator=seeded())
    current = data.constant_code(values, 200)
    for phase in (0.0, 0.5, 0.9):
        spikes = data.regular_code(values, 200, phase=phase)
        assert set(spikes.unique().tolist()) <= {0.0, 1.0}
        assert (spikes.cumsum(0) - current.double().cumsum(0)).abs().max() <= 1.0 + 1e-4


# The network -----------------------------------------------------------------------------------


@pytest.mark.parametrize("curve", ["lif", "relu"])
def test_network_gradient_against_finite_differences(curve):
    network = smoothed.RateNetwork((3, 4, 2), curve=curve, generator=seeded(3)).double()
    inputs = 0.1 * torch.rand(1, 5, 3, dtype=torch.float64, generator=seeded(1)) + 0.02

    def loss(*weights):
        names = [name for name, _ in network.named_parameters()]
        out = torch.func.functional_call(network, dict(zip(names, weights)), (inputs,))
        return out.readout.square().mean()

    weights = tuple(w.detach().clone().requires_grad_() for w in network.parameters())
    torch.autograd.gradcheck(loss, weights, eps=1e-7, atol=1e-6, rtol=1e-4)


def mismatch(network, spiking, inputs, steps, skip=0):
    """Return the mean difference of counted and predicted shares in the first hidden layer."""
    long = inputs.expand(skip + steps, *inputs.shape[1:])
    counted = spiking(long).hidden[0].spikes[skip:].mean(0)
    return float((counted - network(inputs).hidden[0].spikes[0]).abs().mean())


@pytest.mark.parametrize("curve", ["lif", "relu"])
def test_spikes_approach_the_predicted_rates(curve):
    network = smoothed.RateNetwork((20, 50, 5), curve=curve, softness=1e-4, generator=seeded(2))
    inputs = data.constant_code(torch.rand(10, 20, generator=seeded(4)), 1)
    spiking = smoothed.to_spiking(network)
    with torch.no_grad():
        errors = [mismatch(network, spiking, inputs, steps, skip=100) for steps in (50, 200, 800)]
        readout = spiking(inputs.expand(2000, -1, -1)).readout[200:].mean(0)
        wanted = network(inputs).readout[0]
    assert errors[1] < 0.5 * errors[0] and errors[2] < errors[1]
    assert errors[2] < 1.5e-3  # 1.5 Hz, what is left of the time step
    assert float((readout - wanted).abs().mean() / wanted.abs().mean()) < 0.05


def test_conversion_copies_the_weights():
    network = smoothed.RateNetwork((6, 5, 4, 3), generator=seeded())
    spiking = smoothed.to_spiking(network)
    assert list(spiking.state_dict()) == list(network.state_dict())
    for one, other in zip(spiking.parameters(), network.parameters()):
        assert torch.equal(one, other)


@pytest.mark.parametrize("threshold", [0.25, 2.0])
def test_threshold_and_weights_scale_together(threshold):
    network = smoothed.RateNetwork((6, 5, 4, 3), generator=seeded()).double()
    inputs = data.constant_code(torch.rand(3, 6, dtype=torch.float64, generator=seeded(1)), 100)
    plain = smoothed.to_spiking(network)(inputs)
    scaled = smoothed.to_spiking(network, LIFNeuron(threshold=threshold))(inputs)
    for one, other in zip(plain.hidden, scaled.hidden):
        assert torch.equal(one.spikes, other.spikes) and one.spikes.any()
    assert torch.allclose(plain.readout, scaled.readout)


def test_conversion_to_other_time_constants():
    network = smoothed.RateNetwork((20, 40, 30, 5), softness=1e-4, generator=seeded(2))
    values = torch.rand(10, 20, generator=seeded(4))
    fast = LIFNeuron(tau_mem=5e-3, tau_syn=2e-3, dt=2.5e-4)
    with torch.no_grad():
        predicted = network(data.constant_code(values, 1))
        out = smoothed.to_spiking(network, fast)(data.constant_code(values, 4000, fast.dt))
    for layer, tolerance in ((0, 0.02), (1, 0.06)):
        rate = out.hidden[layer].spikes[1000:].mean(0) / fast.dt * fast.tau_mem
        wanted = predicted.hidden[layer].spikes[0] / PARAMS.dt * PARAMS.tau_mem
        seen = wanted < 3.0  # below 300 Hz, where a step of 1 ms costs little
        error = (rate - wanted)[seen].abs().mean() / wanted[seen].mean()
        assert float(error) < 3 * tolerance
    readout = out.readout[1000:].mean(0)
    assert torch.corrcoef(torch.stack([readout.ravel(), predicted.readout.ravel()]))[0, 1] > 0.98


def test_relu_network_is_scaled_to_a_rate():
    network = smoothed.RateNetwork((8, 20, 15, 4), curve="relu", generator=seeded(5))
    inputs = data.constant_code(torch.rand(30, 8, generator=seeded(6)), 1)
    with torch.no_grad():
        for layer in network.hidden:
            layer.weight.mul_(0.1)
    scaled = smoothed.scale_to_rate(network, inputs, max_rate=150.0, quantile=1.0)
    assert torch.allclose(scaled(inputs).readout, network(inputs).readout, rtol=1e-4, atol=1e-7)
    for record in scaled(inputs).hidden:
        assert math.isclose(float(record.spikes.detach().max()), 0.15, rel_tol=1e-5)


# Wrong arguments -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: smoothed.lif_rate(torch.ones(2, dtype=torch.int64)), "mean has dtype"),
        (lambda: smoothed.lif_rate(torch.ones(2), softness=-1.0), "softness is -1.0"),
        (lambda: smoothed.siegert_rate(torch.ones(2), 0.0), "std is 0.0"),
        (lambda: smoothed.staircase_mean(np.array([1.0])), "share holds"),
        (lambda: smoothed.count_rate(torch.ones(2, 2), steps=5), "mean has shape"),
        (lambda: smoothed.count_rate(torch.ones(2), steps=0), "steps is 0"),
        (lambda: data.constant_code(torch.ones(2), 3), "values has shape"),
        (lambda: data.regular_code(torch.full((1, 1), 2.0), 3), "values spans"),
        (lambda: data.regular_code(torch.ones(1, 1), 3, max_rate=2e3), "max_rate = 2000.0"),
        (lambda: data.regular_code(torch.ones(1, 1), 3, phase=1.0), "phase is 1.0"),
        (lambda: smoothed.RateNetwork((3, 2)), "sizes is"),
        (lambda: smoothed.RateNetwork((3, 2, 2), curve="tanh"), "curve is 'tanh'"),
        (lambda: smoothed.RateNetwork((3, 2, 2))(torch.ones(1, 2, 4)), "spikes has shape"),
        (lambda: smoothed.to_spiking(torch.nn.Linear(2, 2)), "network is a Linear"),
        (
            lambda: smoothed.scale_to_rate(
                smoothed.RateNetwork((3, 2, 2)), torch.ones(1, 1, 3), max_rate=10.0
            ),
            "curve 'relu'",
        ),
        (
            lambda: smoothed.scale_to_rate(
                smoothed.RateNetwork((3, 2, 2), curve="relu"), torch.zeros(1, 1, 3), max_rate=10.0
            ),
            "silent",
        ),
    ],
)
def test_wrong_arguments_are_named(call, words):
    with pytest.raises((TypeError, ValueError), match=words):
        call()
