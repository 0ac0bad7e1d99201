"""Every labelled equation of chapter 2 against a computation that does not use it."""

import math
from dataclasses import replace

import numpy as np
import pytest
import sympy as sp
import torch

from snnbook.neurons import LIFNeuron, LIFState, fluctuation_driven_, lif_step, psp_kernel, run
from snnbook.spike_times import simulate_exact

PARAMS = LIFNeuron(tau_mem=10e-3, tau_syn=5e-3, dt=1e-3)
SILENT = replace(PARAMS, threshold=1e6)


def euler(jumps, neuron, duration, rest=0.0, theta=1.0, h=2e-6):
    """Return U (every step of h) and spike times of a fine Euler loop; jumps: {time: jump of I}."""
    at = {round(time / h): jump for time, jump in jumps.items()}
    current, mem, trace, spikes = 0.0, rest, [], []
    for n in range(round(duration / h)):
        current += at.get(n, 0.0)
        trace.append(mem)
        mem += h * (-(mem - rest) + current) / neuron.tau_mem
        current -= h * current / neuron.tau_syn
        if mem >= theta:
            spikes.append((n + 1) * h)
            mem += rest - theta
    return np.array(trace), np.array(spikes)


@pytest.mark.equation("eq-02-membrane")
def test_membrane_is_sympys_solution():
    t = sp.Symbol("t", positive=True)
    u = sp.Function("u")
    tau, current = sp.Rational(1, 100), sp.Rational(7, 10)
    ode = sp.Eq(tau * u(t).diff(t), -u(t) + current)
    solution = sp.lambdify(t, sp.dsolve(ode, u(t), ics={u(0): 0}).rhs)
    times = np.linspace(0, 0.05, 11)
    exact = simulate_exact([], 0.0, PARAMS, duration=0.05, bias=0.7, sample_times=times)
    assert exact.mem == pytest.approx([float(solution(x)) for x in times], abs=1e-12)


@pytest.mark.equation("eq-02-train")
def test_a_spike_train_is_counted_by_its_integral():
    # The integral of a sum of deltas over a window is the number of spikes in it.
    out = simulate_exact([], 0.0, PARAMS, duration=0.1, bias=2.0)
    period = PARAMS.tau_mem * math.log(2)
    assert len(out.spike_times) == math.floor(0.1 / period)
    # The current is the train through an exponential filter: its decayed sum over spikes.
    times, samples = np.array([2e-3, 3e-3, 9e-3]), np.linspace(0, 0.02, 41)
    filtered = [np.exp(-(s - times[times <= s]) / PARAMS.tau_syn).sum() for s in samples]
    syn = simulate_exact(times, 1.0, SILENT, duration=0.02, sample_times=samples).syn
    assert syn == pytest.approx(filtered, abs=1e-12)


@pytest.mark.equation("eq-02-synapse")
def test_synapse_is_sympys_solution():
    t = sp.Symbol("t", positive=True)
    i = sp.Function("i")
    rate = sp.Rational(200)  # 1 / tau_syn
    solution = sp.dsolve(sp.Eq(i(t).diff(t), -rate * i(t)), i(t), ics={i(0): sp.Rational(3, 10)})
    value = sp.lambdify(t, solution.rhs)
    times = np.linspace(0, 0.03, 13)
    exact = simulate_exact([0.0], 0.3, SILENT, duration=0.03, sample_times=times)
    assert exact.syn == pytest.approx([float(value(x)) for x in times], abs=1e-12)


@pytest.mark.equation("eq-02-reset")
def test_reset_against_a_fine_euler_loop():
    jumps = {1e-3: 9.0, 6e-3: 7.0, 14e-3: 8.0}
    trace, spikes = euler(jumps, PARAMS, 0.03)
    samples = np.arange(0, len(trace), 500) * 2e-6
    exact = simulate_exact(
        list(jumps), list(jumps.values()), PARAMS, duration=0.03, sample_times=samples
    )
    assert len(exact.spike_times) >= 3
    assert spikes == pytest.approx(exact.spike_times, abs=1e-5)
    assert np.median(np.abs(trace[::500] - exact.mem)) < 2e-3


@pytest.mark.equation("eq-02-natural")
def test_natural_units_against_millivolts():
    rest, theta, jump = -65.0, -52.0, 150.0
    trace, spikes = euler({0.0: jump}, PARAMS, 0.03, rest=rest, theta=theta)
    unit = theta - rest
    samples = np.arange(0, len(trace), 500) * 2e-6
    exact = simulate_exact([0.0], jump / unit, PARAMS, duration=0.03, sample_times=samples)
    assert len(spikes) == len(exact.spike_times) > 0
    assert spikes == pytest.approx(exact.spike_times, abs=1e-5)
    assert np.median(np.abs((trace[::500] - rest) / unit - exact.mem)) < 2e-3


@pytest.mark.equation("eq-02-decay")
@pytest.mark.parametrize(("tau_mem", "tau_syn", "dt"), [(10e-3, 5e-3, 1e-3), (20e-3, 3e-3, 2e-3)])
def test_decay_factors_by_many_small_steps(tau_mem, tau_syn, dt):
    neuron = LIFNeuron(tau_mem=tau_mem, tau_syn=tau_syn, dt=dt)
    pieces = 10**6
    assert neuron.alpha == pytest.approx((1 - dt / tau_syn / pieces) ** pieces, rel=1e-5)
    assert neuron.beta == pytest.approx((1 - dt / tau_mem / pieces) ** pieces, rel=1e-5)


def numpy_layer(inputs, W, V, alpha, beta, theta):
    """Run a layer neuron by neuron and synapse by synapse, with plain floats."""
    neurons = len(W)
    I, U = [0.0] * neurons, [0.0] * neurons  # noqa: E741
    record = []
    for row in inputs:
        S = [1.0 if U[i] > theta else 0.0 for i in range(neurons)]
        record.append((I[:], U[:], S))
        new_I, new_U = [], []
        for i in range(neurons):
            total = alpha * I[i]
            for j in range(len(row)):
                total += W[i][j] * row[j]
            for j in range(neurons):
                total += V[i][j] * S[j]
            new_I.append(total)
            new_U.append(beta * U[i] + I[i] - theta * S[i])
        I, U = new_I, new_U  # noqa: E741
    return np.array(record)


@pytest.fixture(scope="module")
def layer():
    rng = np.random.default_rng(0)
    inputs = (rng.random((120, 6)) < 0.1).astype(float)
    return inputs, 0.5 * rng.random((4, 6)), 0.2 * rng.standard_normal((4, 4))


def run_package(layer, neuron):
    inputs, W, V = (torch.tensor(x) for x in layer)
    return run(neuron, (inputs @ W.T)[:, None], recurrent_weight=V)


@pytest.mark.equation("eq-02-current")
@pytest.mark.parametrize("theta", [1.0, 0.7])
def test_current_against_the_loop_over_synapses(layer, theta):
    neuron = replace(PARAMS, threshold=theta)
    want = numpy_layer(*layer, neuron.alpha, neuron.beta, theta)
    got = run_package(layer, neuron)
    assert got.syn[:, 0].numpy() == pytest.approx(want[:, 0], abs=1e-12)


@pytest.mark.equation("eq-02-update")
@pytest.mark.parametrize("theta", [1.0, 0.7])
def test_membrane_against_the_loop_over_synapses(layer, theta):
    neuron = replace(PARAMS, threshold=theta)
    want = numpy_layer(*layer, neuron.alpha, neuron.beta, theta)
    assert run_package(layer, neuron).mem[:, 0].numpy() == pytest.approx(want[:, 1], abs=1e-12)


@pytest.mark.equation("eq-02-spike")
def test_spikes_against_the_loop_and_at_threshold(layer):
    want = numpy_layer(*layer, PARAMS.alpha, PARAMS.beta, 1.0)
    got = run_package(layer, PARAMS).spikes[:, 0].numpy()
    assert np.array_equal(got, want[:, 2]) and got.sum() > 20
    mem = torch.tensor([[0.999, 1.0, 1.001]])
    spikes, _ = lif_step(LIFState(torch.zeros(1, 3), mem), torch.zeros(1, 3))
    assert spikes.tolist() == [[0.0, 0.0, 1.0]]


@pytest.mark.equation("eq-02-kernel")
@pytest.mark.parametrize("tau_mem", [20e-3, 5e-3, 2e-3])
def test_kernel_is_a_convolution_of_two_geometric_series(tau_mem):
    neuron = replace(PARAMS, tau_mem=tau_mem)
    a, b = neuron.alpha, neuron.beta
    want = [0.0] + [sum(a**k * b ** (n - 2 - k) for k in range(n - 1)) for n in range(1, 60)]
    assert psp_kernel(neuron, 60).numpy() == pytest.approx(want, abs=1e-10)
    impulse = torch.zeros(60, 1, 1, dtype=torch.float64)
    impulse[0] = 1.0
    assert run(neuron.leaky, impulse).mem[:, 0, 0].numpy() == pytest.approx(want, abs=1e-12)


@pytest.mark.equation("eq-02-gain")
def test_gain_makes_the_discrete_neuron_exact():
    p = replace(SILENT, dt=2e-3)
    g = (p.beta - p.alpha) * p.tau_syn / (p.tau_mem - p.tau_syn)
    exact = simulate_exact([0.0], 1.0, p, duration=0.1, sample_times=np.arange(40) * p.dt)
    assert g * psp_kernel(p, 41).numpy()[1:] == pytest.approx(exact.mem, abs=1e-14)


@pytest.mark.equation("eq-02-gain")
def test_series_of_the_gain():
    h, mem, syn = sp.symbols("h m s", positive=True)
    a, b = sp.exp(-h / syn), sp.exp(-h / mem)
    ratio = (1 - b) * (mem - syn) / ((b - a) * syn)
    assert sp.simplify(sp.limit(ratio, h, 0)) == 1
    assert sp.simplify(sp.limit((ratio - 1) / h, h, 0) - 1 / (2 * syn)) == 0


def block_form(W, V, neuron):
    """Return the matrices of Box 1 for the units (I, U, S), with numpy.block."""
    one, zero = np.eye(len(W)), np.zeros((len(W), len(W)))
    row = [one, neuron.beta * one, -neuron.threshold * one]
    recurrent = np.block([[neuron.alpha * one, zero, V], row, row])
    feedforward = np.vstack([W, np.zeros_like(W), np.zeros_like(W)])
    bias = np.concatenate([np.zeros(2 * len(W)), np.full(len(W), -neuron.threshold)])
    return recurrent, feedforward, bias


def run_box_1(layer, neuron):
    inputs, W, V = layer
    recurrent, feedforward, bias = block_form(W, V, neuron)
    y, rows = np.zeros(3 * len(W)), []
    for x in inputs:
        rows.append(y)
        y = recurrent @ y + feedforward @ x + bias
        y[2 * len(W) :] = y[2 * len(W) :] > 0
    return np.split(np.array(rows), 3, axis=1)


@pytest.mark.equation("eq-02-rnn")
def test_box_1_gives_the_spikes_of_the_package(layer):
    assert np.array_equal(run_box_1(layer, PARAMS)[2], run_package(layer, PARAMS).spikes[:, 0])


@pytest.mark.equation("eq-02-block")
@pytest.mark.parametrize("theta", [1.0, 0.6])
def test_block_matrices_give_the_states_of_the_package(layer, theta):
    neuron = replace(PARAMS, threshold=theta)
    syn, mem, spikes = run_box_1(layer, neuron)
    got = run_package(layer, neuron)
    assert syn == pytest.approx(got.syn[:, 0].numpy(), abs=1e-13)
    assert mem == pytest.approx(got.mem[:, 0].numpy(), abs=1e-13)
    assert np.array_equal(spikes, got.spikes[:, 0])


def longest_delay(tau_mem, margin, pulse=0.5):
    """Return the longest delay in steps at which a pulse decides about the probe's spike."""
    p = replace(PARAMS, tau_mem=tau_mem)
    window = round(10 * (p.tau_mem + p.tau_syn) / p.dt)
    peak = psp_kernel(p, window).max().item()
    for delay in range(window, 0, -1):
        drive = torch.zeros(delay + 60, 1, 1, dtype=torch.float64)
        drive[0] += pulse / peak
        drive[delay] += (1 - margin) / peak
        if run(p, drive, record=False).spikes.any():
            return delay
    return 0


@pytest.mark.equation("eq-02-memory")
@pytest.mark.parametrize("margin", [0.2, 0.05])
def test_memory_grows_with_tau_as_the_logarithm_of_the_margin(margin):
    short, long = longest_delay(30e-3, margin), longest_delay(60e-3, margin)
    # One step of rounding in each delay, over 30 steps of difference in tau.
    assert (long - short) / 30 == pytest.approx(math.log(0.5 / margin), abs=0.08)


@pytest.mark.equation("eq-02-rate")
@pytest.mark.parametrize("bias", [1.05, 1.5, 2.0, 8.0])
def test_rate_against_exact_spikes(bias):
    spikes = simulate_exact([], 0.0, PARAMS, duration=0.2, bias=bias).spike_times
    rate = 1 / (PARAMS.tau_mem * math.log(bias / (bias - 1)))
    assert 1 / np.diff(spikes) == pytest.approx(rate, rel=1e-9)


@pytest.mark.equation("eq-02-merge")
@pytest.mark.parametrize(("rate", "dt"), [(50.0, 1e-3), (50.0, 16e-3), (200.0, 5e-3)])
def test_merged_spikes_of_a_poisson_train(rate, dt):
    spikes = np.random.default_rng(1).uniform(0, 2000, 2000 * int(rate))
    merged = 1 - len(np.unique((spikes / dt).astype(int))) / len(spikes)
    assert merged == pytest.approx(1 - (1 - math.exp(-rate * dt)) / (rate * dt), abs=5e-3)


@pytest.mark.equation("eq-02-init")
@pytest.mark.parametrize("tau_mem", [5.5e-3, 10e-3, 40e-3])
def test_energy_of_the_kernel_by_a_direct_sum(tau_mem):
    p = replace(PARAMS, tau_mem=tau_mem)
    a, b = p.alpha, p.beta
    want = (psp_kernel(p, 3000) ** 2).sum().item()
    assert (1 + a * b) / ((1 - a * b) * (1 - a * a) * (1 - b * b)) == pytest.approx(want, rel=1e-9)


@pytest.mark.equation("eq-02-init")
@pytest.mark.parametrize("std", [0.5, 2.0])
def test_membrane_fluctuates_as_asked(std):
    g = torch.Generator().manual_seed(0)
    weight = fluctuation_driven_(torch.empty(100, 100), PARAMS, rate=20.0, std=std, generator=g)
    spikes = (torch.rand(400, 32, 100, generator=g) < 0.02).float()
    mem = run(PARAMS.leaky, spikes @ weight.T).mem[150:]
    assert mem.var(dim=(0, 1)).mean().sqrt().item() == pytest.approx(std, rel=0.04)
