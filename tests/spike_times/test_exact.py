"""The exact integrator against closed forms, an ODE solver, and the discrete model."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from snnbook.neurons import LIFNeuron, run
from snnbook.spike_times import simulate_exact

PARAMS = LIFNeuron()


def response(t, neuron, weight):
    """The closed-form membrane response to one input spike at time 0."""
    m, s = neuron.tau_mem, neuron.tau_syn
    if m == s:
        return weight * t / m * np.exp(-t / m)
    return weight * s / (m - s) * (np.exp(-t / m) - np.exp(-t / s))


@pytest.mark.parametrize("tau_syn", [2e-3, 10e-3, 30e-3])
def test_subthreshold_response(tau_syn):
    neuron = LIFNeuron(tau_mem=10e-3, tau_syn=tau_syn)
    t = np.linspace(0, 0.1, 300)
    out = simulate_exact([0.0, 0.02], [0.5, -0.3], neuron, duration=0.1, sample_times=t)
    later = np.where(t >= 0.02, response(np.maximum(t - 0.02, 0), neuron, -0.3), 0.0)
    assert np.allclose(out.mem, response(t, neuron, 0.5) + later, atol=1e-13)
    assert len(out.spike_times) == 0


@pytest.mark.parametrize("bias", [1.01, 1.5, 2.0, 10.0])
def test_f_i_curve(bias):
    """Constant current: the interval is tau ln(I/(I-1)), so the rate is its inverse."""
    out = simulate_exact([], 0.0, PARAMS, duration=0.5, bias=bias)
    interval = PARAMS.tau_mem * math.log(bias / (bias - 1))
    expected = interval * np.arange(1, int(0.5 / interval) + 1)
    assert np.allclose(out.spike_times, expected, rtol=1e-9)


def test_silent_at_and_below_rheobase():
    assert len(simulate_exact([], 0.0, PARAMS, duration=1.0, bias=0.999).spike_times) == 0


def test_first_spike_equal_time_constants_lambert():
    """tau_mem = tau_syn: U(t) = w (t/tau) exp(-t/tau), so t = -tau W(-theta/w) (Lambert W)."""
    from scipy.special import lambertw

    neuron = LIFNeuron(tau_mem=10e-3, tau_syn=10e-3)
    out = simulate_exact([0.0], 4.0, neuron, duration=0.05)
    assert out.spike_times[0] == pytest.approx(-10e-3 * lambertw(-1 / 4.0).real, rel=1e-12)


def test_first_spike_double_time_constant_quadratic():
    """tau_mem = 2 tau_syn: with x = exp(-t/tau_mem), U = w (x - x^2)."""
    out = simulate_exact([0.0], 5.0, PARAMS, duration=0.05)
    x = (1 + math.sqrt(1 - 4 / 5.0)) / 2
    assert out.spike_times[0] == pytest.approx(-PARAMS.tau_mem * math.log(x), rel=1e-12)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 10_000),
    tau_mem=st.floats(3e-3, 30e-3),
    tau_syn=st.floats(3e-3, 30e-3),
    bias=st.floats(-0.5, 2.0),
)
def test_against_an_ode_solver(seed, tau_mem, tau_syn, bias):
    """scipy's solver with event detection, restarted at each jump, finds the same spikes."""
    rng = np.random.default_rng(seed)
    neuron = LIFNeuron(tau_mem=tau_mem, tau_syn=tau_syn)
    times = np.sort(rng.uniform(0, 0.05, 5))
    weights = rng.normal(0.5, 2.0, 5)
    out = simulate_exact(times, weights, neuron, duration=0.06, bias=bias)

    def field(t, y):
        return [(-y[0] + y[1] + bias) / tau_mem, -y[1] / tau_syn]

    def hit(t, y):
        return y[0] - 1

    hit.terminal, hit.direction = True, 1
    spikes, y, now = [], [0.0, 0.0], 0.0
    for end, jump in [*zip(times, weights), (0.06, 0.0)]:
        while now < end:
            run = solve_ivp(field, (now, end), y, events=hit, rtol=1e-10, atol=1e-12, max_step=1e-3)
            now, y = run.t[-1], list(run.y[:, -1])
            if run.status == 1:
                spikes.append(now)
                y[0] = 0.0
        y[1] += jump
    assert np.allclose(out.spike_times, spikes, atol=1e-8)


def test_a_grazing_membrane_decides_at_the_maximum():
    peak = brentq(lambda t: math.exp(-t / 5e-3) / 5e-3 - math.exp(-t / 10e-3) / 10e-3, 1e-4, 0.05)
    weight = 1 / response(peak, PARAMS, 1.0)
    above = simulate_exact([0.0], weight * (1 + 1e-9), PARAMS, duration=0.05)
    below = simulate_exact([0.0], weight * (1 - 1e-9), PARAMS, duration=0.05)
    assert len(above.spike_times) == 1 and len(below.spike_times) == 0


def discrete_first_spike(dt, weight=6.0):
    neuron = LIFNeuron(dt=dt)
    drive = torch.zeros(round(0.03 / dt), 1, 1, dtype=torch.float64)
    drive[0] = (1 - neuron.beta) * weight
    return run(neuron, drive).spikes[:, 0, 0].nonzero()[0].item() * dt


def test_order_of_convergence_of_the_membrane():
    """The (1-beta) convention and the two-step latency both cost O(dt): order one."""
    t_end, errors, steps = 20e-3, [], [1e-3, 5e-4, 2.5e-4, 1.25e-4, 6.25e-5]
    for dt in steps:
        neuron = LIFNeuron(dt=dt)
        drive = torch.zeros(round(t_end / dt) + 1, 1, 1, dtype=torch.float64)
        drive[0] = (1 - neuron.beta) * 2.0
        mem = run(neuron, drive).mem[:, 0, 0].numpy()
        t = np.arange(len(mem)) * dt
        errors.append(np.abs(mem - response(t, neuron, 2.0)).max())
    order = np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert order == pytest.approx(1.0, abs=0.1)


def test_order_of_convergence_of_the_spike_time():
    exact = simulate_exact([0.0], 6.0, PARAMS, duration=0.03).spike_times[0]
    steps = 1e-3 / 2 ** np.arange(8)
    errors = [abs(discrete_first_spike(dt) - exact) for dt in steps]
    assert np.polyfit(np.log(steps), np.log(errors), 1)[0] == pytest.approx(1.0, abs=0.2)
    assert all(error <= 3 * dt for error, dt in zip(errors, steps))


def test_samples_restart_after_reset_and_jump():
    out = simulate_exact([], 0.0, PARAMS, duration=0.02, bias=2.0, sample_times=[0.0, 0.02])
    last = out.spike_times[-1]
    assert out.mem[0] == 0
    assert out.mem[1] == pytest.approx(
        2 * (1 - math.exp(-(0.02 - last) / PARAMS.tau_mem)), rel=1e-9
    )
    jump = simulate_exact([0.01], 0.5, PARAMS, duration=0.02, sample_times=[0.01])
    assert jump.syn[0] == 0.5


def test_clear_errors():
    cases = [
        (dict(input_times=[0.02, 0.01], weights=1.0), "input_times is not ascending"),
        (dict(input_times=[-0.01], weights=1.0), "input_times holds values outside"),
        (dict(input_times=[0.5], weights=1.0), "input_times holds values outside 0 .. 0.1 s"),
        (dict(input_times=[float("nan")], weights=1.0), "input_times holds values"),
        (dict(input_times=[0.01], weights=[1.0, 2.0]), r"weights has shape \(2,\); \(1,\)"),
        (dict(input_times=[0.01], weights=float("inf")), "weights or bias hold NaN"),
        (dict(input_times=[], weights=0.0, sample_times=[0.2]), "sample_times holds values"),
    ]
    for arguments, message in cases:
        with pytest.raises(ValueError, match=message):
            simulate_exact(neuron=PARAMS, duration=0.1, **arguments)
    with pytest.raises(ValueError, match="duration is 0"):
        simulate_exact([], 0.0, PARAMS, duration=0)
