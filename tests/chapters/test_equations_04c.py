"""The labelled equations of chapter 4c, each against an independent computation."""

import math

import numpy as np
import pytest
import sympy
import torch
from scipy.linalg import solve_banded

from snnbook import data, smoothed
from snnbook.neurons import LIFNeuron, run

PARAMS = LIFNeuron()
ODD = LIFNeuron(tau_mem=17e-3, tau_syn=3e-3, dt=0.7e-3, threshold=0.6)


def double(*values):
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.equation("eq-04c-gain")
@pytest.mark.parametrize("neuron", [PARAMS, ODD])
def test_membrane_settles_at_the_mean(neuron):
    x = 0.037
    mem = run(neuron.leaky, torch.full((2000, 1, 1), x, dtype=torch.float64)).mem
    assert math.isclose(float(mem[-1]), smoothed.drive_gain(neuron) * x, rel_tol=1e-12)


@pytest.mark.equation("eq-04c-fi")
def test_curve_is_the_inverse_of_the_charging_time():
    t, tau, mu, theta = sympy.symbols("t tau mu theta", positive=True)
    charge = mu * (1 - sympy.exp(-t / tau))
    assert sympy.simplify(tau * charge.diff(t) - (mu - charge)) == 0
    interval = tau * sympy.log(mu / (mu - theta))
    assert sympy.simplify(charge.subs(t, interval) - theta) == 0
    for value in (0.61, 1.0, 5.0):
        wanted = 1 / interval.subs({tau: ODD.tau_mem, mu: value, theta: ODD.threshold})
        found = float(smoothed.lif_rate(double(value), ODD))
        assert math.isclose(found, float(wanted), rel_tol=1e-9)
    assert not smoothed.lif_rate(double(-1.0, 0.0, 0.6), ODD).any()


@pytest.mark.equation("eq-04c-step")
@pytest.mark.parametrize("neuron", [PARAMS, ODD])
def test_three_halves_of_a_step(neuron):
    """Measure the extra interval over many potentials, in steps and per theta / mu."""
    mean = neuron.threshold * (
        1.1 + 3 * torch.rand(300, generator=torch.Generator().manual_seed(0))
    )
    mean = mean.double()
    found = []
    for divide in (8, 16):
        fine = LIFNeuron(neuron.tau_mem, neuron.tau_syn, neuron.dt / divide, neuron.threshold)
        interval = neuron.tau_mem * torch.log(mean / (mean - neuron.threshold))
        counted = 1 / smoothed.discrete_rate(mean, fine)
        share = (counted - interval) / fine.dt * mean / neuron.threshold
        found.append(float(share.mean()))
        code = 1 / smoothed.lif_rate(mean, fine, discrete=True)
        assert torch.allclose(code, interval + 1.5 * fine.dt * neuron.threshold / mean)
    assert abs(found[1] - 1.5) < 0.05


@pytest.mark.equation("eq-04c-stairs")
@pytest.mark.parametrize("neuron", [LIFNeuron(tau_mem=2e-3), ODD])
def test_stairs_against_a_loop(neuron):
    """Bisect the potential at which a plain loop changes its count, and compare both ends."""

    def spikes(mean, steps=840):
        mem, count = 0.0, 0
        for n in range(steps + 400):
            spike = mem > neuron.threshold
            mem = neuron.beta * mem + (1 - neuron.beta) * mean - neuron.threshold * spike
            count += spike and n >= 400
        return count

    for p, q in ((1, 2), (1, 4), (2, 3), (3, 7)):
        share = np.array([p / q - 1e-13, p / q])
        low, high = smoothed.staircase_mean(share, neuron)
        jump = neuron.threshold * (1 - neuron.beta) * neuron.beta ** (q - 2)
        assert math.isclose(high - low, jump / (1 - neuron.beta**q), rel_tol=1e-6)
        margin = 1e-3 * (high - low)
        assert spikes(low + margin) == spikes(high - margin) == 840 * p // q
        assert spikes(low - 30 * margin) < 840 * p // q < spikes(high + 30 * margin)


@pytest.mark.equation("eq-04c-siegert")
@pytest.mark.parametrize(("mean", "std"), [(0.7, 0.3), (1.0, 0.2), (1.8, 0.5)])
def test_siegert_solves_the_first_passage_equation(mean, std):
    """The mean first-passage time m obeys std^2 m'' + (mean - u) m' = -tau, m(theta) = 0."""
    count = 40_001
    u, h = np.linspace(mean - 9 * std, PARAMS.threshold, count, retstep=True)
    u0 = int(round((0.0 - u[0]) / h)) if u[0] < 0 else None
    assert u0 is not None, "the grid must reach the reset"
    bands = np.zeros((3, count))
    bands[0, 2:] = (std**2 / h**2 + (mean - u) / (2 * h))[1:-1]
    bands[1, 1:-1] = -2 * std**2 / h**2
    bands[2, :-2] = (std**2 / h**2 - (mean - u) / (2 * h))[1:-1]
    right = np.full(count, -PARAMS.tau_mem)
    bands[1, 0], bands[0, 1], right[0] = -1.0, 1.0, 0.0  # a wall far below
    bands[1, -1], right[-1] = 1.0, 0.0  # absorbed at the threshold
    time = np.interp(0.0, u, solve_banded((1, 1), bands, right))
    assert math.isclose(float(smoothed.siegert_rate(double(mean), std)), 1 / time, rel_tol=1e-3)


@pytest.mark.equation("eq-04c-soft")
def test_soft_curve_by_sympy():
    mu, tau, theta, gamma = sympy.symbols("mu tau theta gamma", positive=True)
    s = gamma * sympy.log(1 + sympy.exp((mu - theta) / gamma))
    curve = 1 / (tau * sympy.log(1 + theta / s))
    numbers = {tau: ODD.tau_mem, theta: ODD.threshold, gamma: 0.07}
    slope = curve.diff(mu)
    for value in (0.1, 0.6, 0.9, 2.0):
        mean = double(value).requires_grad_()
        found = smoothed.lif_rate(mean, ODD, softness=0.07)
        (gradient,) = torch.autograd.grad(found.sum(), mean)
        at = numbers | {mu: sympy.Float(value, 40)}
        assert math.isclose(float(found.detach()), float(curve.subs(at).evalf(30)), rel_tol=1e-9)
        assert math.isclose(gradient.item(), float(slope.subs(at).evalf(30)), rel_tol=1e-8)
    exact = 1 / (tau * sympy.log(mu / (mu - theta)))
    assert sympy.simplify(1 / (tau * sympy.log(1 + theta / (mu - theta))) - exact) == 0


@pytest.mark.equation("eq-04c-network")
def test_layers_of_rates_by_a_loop():
    network = smoothed.RateNetwork((4, 5, 3, 2), ODD, generator=torch.Generator().manual_seed(1))
    network = network.double()
    p = [0.02, 0.3, 0.0, 0.11]
    output = network(double(*p).reshape(1, 1, 4))
    gain = 1 / ((1 - math.exp(-ODD.dt / ODD.tau_syn)) * (1 - math.exp(-ODD.dt / ODD.tau_mem)))
    for layer, record in zip(network.hidden, output.hidden):
        mu = [gain * sum(w * q for w, q in zip(row, p)) for row in layer.weight.tolist()]
        assert np.allclose(record.mem.flatten().tolist(), mu)
        rates = smoothed.lif_rate(double(*mu), ODD, softness=0.05, discrete=True)
        p = (ODD.dt * rates).tolist()
        assert np.allclose(record.spikes.flatten().tolist(), p)
    readout = [gain * sum(w * q for w, q in zip(row, p)) for row in network.readout.weight.tolist()]
    assert np.allclose(output.readout.flatten().tolist(), readout)


@pytest.mark.equation("eq-04c-count")
def test_counts_of_regular_and_random_spikes():
    values = torch.rand(20, 10, generator=torch.Generator().manual_seed(2))
    for steps in (10, 37, 200):
        share = data.regular_code(values, steps).mean(0)
        assert (share - 0.1 * values).abs().max() <= 1 / steps + 1e-6
    source = torch.Generator().manual_seed(3)
    steps, p = 50, 0.1 * 0.7
    one = torch.full((1, 40_000), 0.7)
    share = data.rate_code(one, steps, generator=source).mean(0).double()
    wanted = math.sqrt(p * (1 - p) / steps)
    error = wanted / math.sqrt(2 * 40_000)  # of a standard deviation
    assert abs(float(share.std()) - wanted) < 5 * error


@pytest.mark.equation("eq-04c-scale")
def test_scaled_weights_keep_the_mean_potential():
    network = smoothed.RateNetwork((4, 5, 3, 2), generator=torch.Generator().manual_seed(1))
    spiking = smoothed.to_spiking(network, ODD)
    p = 0.04  # of every input and of every hidden neuron, at the old parameters
    inputs = p * ODD.dt / PARAMS.dt
    hidden = inputs * PARAMS.tau_mem / ODD.tau_mem
    layers = zip(network.hidden, spiking.hidden, (inputs, hidden))
    for old, new, share in layers:
        was = smoothed.drive_gain(PARAMS) * old.weight * p / PARAMS.threshold
        drive = (new.weight * share).sum(1).double()
        mem = run(ODD.leaky, drive.expand(2000, 1, -1).contiguous()).mem[-1, 0]
        assert torch.allclose(mem / ODD.threshold, was.sum(1).double(), rtol=1e-4)
    was = smoothed.drive_gain(PARAMS) * network.readout.weight * p
    now = smoothed.drive_gain(ODD) * spiking.readout.weight * hidden
    assert torch.allclose(was, now, rtol=1e-4)
