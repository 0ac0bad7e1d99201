"""The labelled equations of chapter 4a, each against an independent computation."""

import math

import numpy as np
import pytest
import sympy
import torch
from scipy.integrate import quad, solve_ivp

from snnbook import surrogates
from snnbook.neurons import LIFNeuron, LIFState, run
from snnbook.smoothed import (
    CoupledNeurons,
    FitzHughNagumo,
    Gate,
    HodgkinHuxley,
    MorrisLecar,
    gated,
    gated_step,
    rk4_step,
    solve,
)
from snnbook.spike_times import simulate_exact

FINE = LIFNeuron(tau_mem=10e-3, tau_syn=5e-3, dt=1e-5)


def constant(current, steps):
    return torch.full((steps, 1, 1), current, dtype=torch.float64)


@pytest.mark.equation("eq-04a-threshold")
def test_trace_of_the_lif_neuron():
    """A jump of one at each spike time, and exponential decay: the limit of a narrow gate."""
    steps, current = 2000, 2.2
    times = simulate_exact([], 0.0, FINE, duration=steps * FINE.dt, bias=current).spike_times
    expected = sum(math.exp(-(steps * FINE.dt - t) / FINE.tau_syn) for t in times)
    found = run(gated(FINE, Gate(1e-7)), constant(current, steps)).state.syn.item()
    assert len(times) == 3 and found == pytest.approx(expected, rel=3e-3)


@pytest.mark.equation("eq-04a-gate")
def test_gated_trace_solves_its_equation():
    """Against an ODE solver, for a membrane that enters the zone and turns back."""
    gate, tau, tau_syn = Gate(0.5), FINE.tau_mem, FINE.tau_syn
    assert quad(lambda u: gate.density(torch.tensor(u)).item(), 0.5, 1)[0] == pytest.approx(1)

    def mem(t):
        peak = 1.4 * -math.expm1(-10e-3 / tau)
        return 1.4 * -math.expm1(-t / tau) if t < 10e-3 else peak * math.exp(-(t - 10e-3) / tau)

    def slope(t, s):
        rise = max(0.0, ((1.4 if t < 10e-3 else 0.0) - mem(t)) / tau)
        z = min(max((mem(t) - 0.5) / 0.5, 0), 1)
        return -s / tau_syn + 6 * z * (1 - z) / 0.5 * rise

    expected = solve_ivp(slope, (0, 15e-3), [0.0], rtol=1e-9, atol=1e-11, max_step=1e-5).y[0, -1]
    drive = constant(1.4, 1500)
    drive[1000:] = 0
    found = run(gated(FINE, gate), drive)
    assert found.resets.sum() == 0
    assert found.state.syn.item() == pytest.approx(expected, rel=2e-3)


@pytest.mark.equation("eq-04a-charge")
def test_charge_does_not_depend_on_the_path():
    gate = Gate(0.6)
    u, theta, width = sympy.symbols("u theta Delta", positive=True)
    z = (u - theta + width) / width
    integral = sympy.integrate(6 * z * (1 - z) / width, (u, theta - width, u))
    form = sympy.lambdify((u, theta, width), sympy.simplify(integral))
    points = torch.linspace(0.4, 1.0, 13, dtype=torch.float64)
    assert np.allclose(gate.charge(points), form(points.numpy(), 1.0, 0.6), atol=1e-12)
    for path in (lambda t: 0.3 + 0.6 * t, lambda t: 0.3 + 0.6 * t**5):
        times = torch.linspace(0, 1, 20001, dtype=torch.float64)
        mem = path(times)
        middle = (mem[1:] + mem[:-1]) / 2
        sent = (gate.density(middle) * mem.diff()).sum()
        assert sent.item() == pytest.approx((gate.charge(mem[-1]) - gate.charge(mem[0])).item())


@pytest.mark.equation("eq-04a-early")
def test_charge_leaves_early():
    """The mean time of the charge, for a membrane that rises along a straight line."""
    width, speed, tau = 0.2, 80.0, 5e-3
    lead = quad(lambda t: t * 6 * (t * speed / width) * (1 - t * speed / width) / width * speed,
                0, width / speed)[0]  # fmt: skip
    assert lead == pytest.approx(width / (2 * speed))
    spike = simulate_exact([], 0.0, FINE, duration=12e-3, bias=1.8).spike_times[0]
    exact = math.exp(-(12e-3 - spike) / tau)
    for width in (0.05, 0.025):
        found = run(gated(FINE, Gate(width)), constant(1.8, 1200)).state.syn.item()
        assert 1 - found / exact == pytest.approx(width / (2 * 80) / tau, rel=0.08)


@pytest.mark.equation("eq-04a-reset")
def test_reset_inside_of_a_step():
    params = LIFNeuron(tau_mem=10e-3, dt=3e-3)
    for mem, current in ((0.9, 2.0), (0.2, 5.0), (0.999, 1.2)):
        state = LIFState(*torch.tensor([[[0.0]], [[mem]]], dtype=torch.float64))
        drive = torch.full((1, 1), current, dtype=torch.float64)
        _, resets, after = gated_step(state, drive, gated(params, Gate(0.3)))
        sigma = 10e-3 * math.log((current - mem) / (current - 1))
        expected = current * (1 - math.exp(-(3e-3 - sigma) / 10e-3))
        assert resets.item() == 1 and after.mem.item() == pytest.approx(expected, rel=1e-12)
        times = simulate_exact(
            [0.0], 0.0, params, duration=0.1, bias=current, sample_times=[3e-3 - sigma]
        )
        assert times.mem[0] == pytest.approx(expected, rel=1e-9)


@pytest.mark.equation("eq-04a-morris-lecar")
def test_morris_lecar_right_hand_side():
    names = "V w I C g_L g_Ca g_K V_L V_Ca V_K V_1 V_2 V_3 V_4 phi"
    V, w, current, C, g_L, g_Ca, g_K, V_L, V_Ca, V_K, V_1, V_2, V_3, V_4, phi = symbols = (
        sympy.symbols(names)
    )
    m_end = (1 + sympy.tanh((V - V_1) / V_2)) / 2
    w_end = (1 + sympy.tanh((V - V_3) / V_4)) / 2
    dv = (current - g_L * (V - V_L) - g_Ca * m_end * (V - V_Ca) - g_K * w * (V - V_K)) / C
    dw = phi * sympy.cosh((V - V_3) / (2 * V_4)) * (w_end - w)
    form = sympy.lambdify(symbols, (dv, dw), "math")
    for neuron in (MorrisLecar(), MorrisLecar.hopf()):
        constants = [getattr(neuron, name) for name in names.split()[3:]]
        for state, drive in (((-60.0, 0.01), 0.0), ((10.0, 0.4), 90.0), ((-20.0, 0.2), -30.0)):
            found = neuron.derivative(
                torch.tensor(state, dtype=torch.float64), torch.tensor(drive, dtype=torch.float64)
            )
            assert found.tolist() == pytest.approx(form(*state, drive, *constants), rel=1e-12)


@pytest.mark.equation("eq-04a-fitzhugh")
def test_fitzhugh_nagumo_against_his_own_variables():
    """FitzHugh's x, y and z are -V, w and -I, and his time runs c times as slowly."""
    a, b, c = 0.7, 0.8, 3.0
    for (v, w), current in (((-1.2, -0.6), 0.0), ((1.5, 0.3), 0.5), ((0.4, 1.1), -0.7)):
        x, y, z = -v, w, -current
        dx, dy = c * (y + x - x**3 / 3 + z), -(x - a + b * y) / c
        found = FitzHughNagumo().derivative(
            torch.tensor((v, w), dtype=torch.float64), torch.tensor(current, dtype=torch.float64)
        )
        assert found.tolist() == pytest.approx([-dx / c, dy / c], rel=1e-12)


@pytest.mark.equation("eq-04a-hodgkin-huxley")
def test_hodgkin_huxley_against_the_paper_of_1952():
    """Their V is the displacement from rest with the sign turned round, in mV."""
    for v, m, h, n, current in ((-62.0, 0.1, 0.5, 0.4, 3.0), (20.0, 0.9, 0.2, 0.6, 0.0)):
        u = -(v + 65)
        opening = (
            0.1 * (u + 25) / math.expm1((u + 25) / 10),
            0.07 * math.exp(u / 20),
            0.01 * (u + 10) / math.expm1((u + 10) / 10),
        )
        closing = (
            4 * math.exp(u / 18),
            1 / (math.exp((u + 30) / 10) + 1),
            0.125 * math.exp(u / 80),
        )
        ions = 120 * m**3 * h * (u + 115) + 36 * n**4 * (u - 12) + 0.3 * (u + 10.613)
        expected = [current + ions]
        expected += [a * (1 - x) - b * x for a, b, x in zip(opening, closing, (m, h, n))]
        state = torch.tensor((v, m, h, n), dtype=torch.float64)
        drive = torch.tensor(current, dtype=torch.float64)
        found = HodgkinHuxley().derivative(state, drive).tolist()
        assert found == pytest.approx(expected, rel=1e-9)


@pytest.mark.equation("eq-04a-coupled")
def test_coupled_neurons_solve_their_equation():
    """Two neurons, the first drives the second: against an ODE solver."""
    gate, tau, dt, steps = Gate(30.0, threshold=10.0), 20.0, 0.1, 600
    weight = torch.tensor([[0.0, 0.0], [120.0, 0.0]], dtype=torch.float64)
    neuron = MorrisLecar()
    drive = torch.tensor([[70.0, 30.0]], dtype=torch.float64)

    def slope(t, flat):
        y = torch.from_numpy(flat).view(2, 3)
        trace = y[:, 2].numpy()
        current = drive[0] + torch.from_numpy(weight.numpy() @ trace)
        change = neuron.derivative(y[:, :2], current).numpy()
        z = np.clip((y[:, 0].numpy() - 10) / 30 + 1, 0, 1)
        sent = 6 * z * (1 - z) / 30 * np.maximum(change[:, 0], 0)
        return np.column_stack((change, sent - trace / tau)).ravel()

    layer = CoupledNeurons(neuron, gate, tau, weight)
    start = layer.rest().expand(2, 3).numpy().ravel()
    expected = solve_ivp(slope, (0, dt * steps), start, rtol=1e-8, atol=1e-9, max_step=0.5).y[:, -1]
    found = solve(layer, drive.expand(steps, 1, 2), dt)
    assert (found.mem.amax(0) > 0).all()  # both have spiked
    assert found.state[0].numpy() == pytest.approx(expected.reshape(2, 3), abs=1e-2)


@pytest.mark.equation("eq-04a-rk4")
def test_runge_kutta_is_exact_to_order_four():
    """For x' = x one step is the Taylor polynomial of degree four."""
    x, dt = torch.tensor([1.5], dtype=torch.float64), 0.3
    expected = 1.5 * sum(dt**k / math.factorial(k) for k in range(5))
    assert rk4_step(lambda y: y, x, dt).item() == pytest.approx(expected, rel=1e-14)
    neuron, drive = MorrisLecar(), torch.full((1, 1, 1), 70.0, dtype=torch.float64)
    start = neuron.rest()
    k1 = neuron.derivative(start, drive[0, 0, 0])
    k2 = neuron.derivative(start + 0.25 * k1, drive[0, 0, 0])
    k3 = neuron.derivative(start + 0.25 * k2, drive[0, 0, 0])
    k4 = neuron.derivative(start + 0.5 * k3, drive[0, 0, 0])
    by_hand = start + 0.5 / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    assert torch.allclose(solve(neuron, drive, 0.5).state[0, 0], by_hand, rtol=1e-13)


@pytest.mark.equation("eq-04a-backward")
def test_same_bump_in_both_backward_passes():
    gate, params = Gate(0.4), LIFNeuron()
    parabola = surrogates.custom(
        "parabola",
        lambda z: torch.clamp(1 - 4 * z * z * 0.5, min=0),
        sympy.Max(0, 1 - 2 * surrogates.Z**2),
    )
    # Width at half maximum of 6z(1 - z)/Delta is Delta/sqrt(2), its height 1.5/Delta, its
    # center Delta/2 below the threshold.
    record = parabola.scaled(width=0.4 / math.sqrt(2), height=1.5 / 0.4)
    mem = torch.linspace(0.5, 0.98, 25, dtype=torch.float64)[None].requires_grad_()
    zeros = torch.zeros_like(mem)
    # A current that carries U from below the zone to `mem` within one step.
    current = mem / -math.expm1(-params.dt / params.tau_mem)
    release, resets, _ = gated_step(LIFState(zeros, zeros), current, gated(params, gate))
    (sent,) = torch.autograd.grad(release.sum(), mem)
    spikes = record(mem - (1 - 0.2))
    (surrogate,) = torch.autograd.grad(spikes.sum(), mem)
    assert not resets.any()
    assert torch.allclose(sent, gate.density(mem.detach()), atol=1e-9)
    assert torch.allclose(sent, surrogate, atol=1e-6)
    assert set(spikes.unique().tolist()) == {0.0, 1.0} and release.unique().numel() > 10
