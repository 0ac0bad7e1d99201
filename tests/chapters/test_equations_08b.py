"""Each labelled equation of chapter 8b against an independent computation."""

import cmath
import math

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp

from snnbook.neurons import (
    AdLIFNeuron,
    AdLIFState,
    ResonateNeuron,
    coupling_bound,
    divergence_bound,
    run,
    spectral_radius,
)

TAUS = (20e-3, 0.1)
STEP_KINDS = ("forward", "symplectic")


def neuron(coupling, kind="symplectic", dt=1e-3, taus=TAUS, **options):
    return AdLIFNeuron(*taus, coupling, step_kind=kind, dt=dt, threshold=1e9, **options)


def numbers(count, seed=0):
    return np.random.default_rng(seed).normal(size=count)


def kicked(one, steps):
    rest = AdLIFState(torch.ones(1, 1).double(), torch.zeros(1, 1).double())
    return (
        run(one, torch.zeros(steps, 1, 1).double(), rest, kernel="reference").mem.flatten().numpy()
    )


@pytest.mark.equation("eq-08b-current")
@pytest.mark.parametrize("kind", STEP_KINDS)
def test_fine_steps_solve_the_equation(kind):
    """Steps of 10 us against an adaptive solver of SciPy, with a constant input current."""
    (tau_mem, tau_w), a, current = TAUS, 8.0, 0.7

    def slope(_, state):
        u, w = state
        return (-u - w + current) / tau_mem, (-w + a * u) / tau_w

    solved = solve_ivp(slope, (0, 0.05), (0.0, 0.0), rtol=1e-9, atol=1e-11).y[:, -1]
    one = neuron(a, kind, dt=1e-5)
    drive = torch.full((5000, 1, 1), (1 - one.beta) * current, dtype=torch.float64)
    state = run(one, drive, kernel="reference").state
    assert (state.mem.item(), state.adapt.item()) == pytest.approx(tuple(solved), abs=2e-3)


@pytest.mark.equation("eq-08b-modes")
@pytest.mark.parametrize("a", [-0.5, 0.0, 0.3, 5.0, 60.0])
def test_two_modes_and_a_critical_coupling(a):
    """The formula of the page against the logarithms of the eigenvalues of a tiny step."""
    tau_mem, tau_w = TAUS
    mean = (1 / tau_mem + 1 / tau_w) / 2
    root = cmath.sqrt((1 / tau_mem - 1 / tau_w) ** 2 - 4 * a / (tau_mem * tau_w)) / 2
    told = sorted((-mean - root, -mean + root), key=lambda z: (z.real, z.imag))
    values = np.linalg.eigvals(neuron(a, dt=1e-6).step_matrix().numpy()).astype(complex)
    found = sorted(np.log(values) / 1e-6, key=lambda z: (z.real, z.imag))
    np.testing.assert_allclose(found, told, rtol=1e-3, atol=1e-2)
    critical = (tau_w - tau_mem) ** 2 / (4 * tau_mem * tau_w)
    assert (abs(told[0].imag) > 0) == (a > critical)
    if a > critical:
        assert told[0].real == told[1].real == -mean and 1 / mean < 2 * tau_mem


@pytest.mark.equation("eq-08b-step")
@pytest.mark.parametrize("kind", STEP_KINDS)
def test_one_index_is_the_difference(kind):
    """The two recurrences eliminated to one of second order in u alone."""
    beta, rho = math.exp(-1 / 20), math.exp(-1 / 100)
    added = (1 - beta) * (1 - rho) * 40.0
    course = kicked(neuron(40.0, kind), 60)
    for n in range(1, 59):
        old = course[n] if kind == "symplectic" else course[n - 1]
        told = (beta + rho) * course[n] - beta * rho * course[n - 1] - added * old
        assert course[n + 1] == pytest.approx(told, rel=1e-9, abs=1e-12)


@pytest.mark.equation("eq-08b-matrix")
@pytest.mark.parametrize("a", [-0.5, 3.0, 150.0, 9000.0])
def test_the_matrix_is_made_of_two_shears(a):
    """Symplectic: first w, then u. Its radius and that of the forward matrix by NumPy."""
    beta, rho = math.exp(-1 / 20), math.exp(-1 / 100)
    first = np.array([[1, 0], [(1 - rho) * a, rho]])
    then = np.array([[beta, -(1 - beta)], [0, 1]])
    written = {
        "symplectic": then @ first,
        "forward": np.array([[beta, -(1 - beta)], [(1 - rho) * a, rho]]),
    }
    for kind, matrix in written.items():
        one = neuron(a, kind)
        np.testing.assert_allclose(one.step_matrix().numpy(), matrix, rtol=1e-12)
        radius = np.abs(np.linalg.eigvals(matrix)).max()
        assert spectral_radius(one).item() == pytest.approx(radius, rel=1e-9)


@pytest.mark.equation("eq-08b-area")
@pytest.mark.parametrize("kind", STEP_KINDS)
@pytest.mark.parametrize("dt", [0.1e-3, 1e-3, 10e-3])
def test_the_area_of_a_polygon_of_states(kind, dt):
    """Seven states stepped by the loop, and the shoelace formula before and after."""
    angles = 2 * np.pi * np.arange(7) / 7
    radii = 1 + 0.2 * numbers(7)

    def area(u, w):
        return 0.5 * abs(np.dot(u, np.roll(w, 1)) - np.dot(w, np.roll(u, 1)))

    u, w = radii * np.cos(angles), radii * np.sin(angles)
    for a in (-0.5, 10.0, 400.0):
        state = AdLIFState(*(torch.from_numpy(x)[None] for x in (u, w)))
        after = neuron(a, kind, dt).step(state, torch.zeros(1, 7).double())[1]
        decay = math.exp(-dt / TAUS[0] - dt / TAUS[1])
        grows = (1 - math.exp(-dt / TAUS[0])) * (1 - math.exp(-dt / TAUS[1])) * a
        told = decay + (grows if kind == "forward" else 0.0)
        found = area(after.mem[0].numpy(), after.adapt[0].numpy()) / area(u, w)
        assert found == pytest.approx(told, rel=1e-9)


@pytest.mark.equation("eq-08b-bound")
@pytest.mark.parametrize("kind", STEP_KINDS)
def test_the_bound_by_bisection(kind):
    """Where simulations turn from decay to growth, found by halving an interval."""
    for taus, dt in ((TAUS, 1e-3), ((5e-3, 40e-3), 2e-3)):
        low, high = 0.0, 1e6
        for _ in range(45):
            middle = (low + high) / 2
            matrix, growth = neuron(middle, kind, dt, taus).step_matrix().numpy(), 0.0
            for _ in range(30):  # 2^30 steps, the size of their matrix taken out on the way
                size = np.abs(matrix).max()
                growth = 2 * (growth + math.log(size))
                matrix = (matrix / size) @ (matrix / size)
            grown = growth > 0
            low, high = (low, middle) if grown else (middle, high)
        assert coupling_bound(neuron(0.0, kind, dt, taus)).item() == pytest.approx(low, rel=1e-6)


@pytest.mark.equation("eq-08b-oscillator")
def test_a_tangent_ends_outside_the_circle():
    """The length of the state after one Euler step, by Pythagoras, and the exact one."""
    for frequency, tau, dt in ((10.0, 0.5, 1e-3), (40.0, 0.1, 1e-3), (3.0, math.inf, 4e-3)):
        omega = 2 * math.pi * frequency
        euler = ResonateNeuron(frequency, tau, step_kind="forward", dt=dt)
        told = math.hypot(1 - dt / tau, omega * dt)
        assert spectral_radius(euler).item() == pytest.approx(told, rel=1e-12)
        exact = ResonateNeuron(frequency, tau, dt=dt)
        assert spectral_radius(exact).item() == pytest.approx(math.exp(-dt / tau), rel=1e-12)
        assert told > math.exp(-dt / tau)


@pytest.mark.equation("eq-08b-balance")
def test_the_damping_that_keeps_the_amplitude():
    """Euler's oscillator with that damping, stepped 5000 times, keeps its length."""
    for frequency, dt in ((10.0, 1e-3), (2.0, 10e-3), (100.0, 0.5e-3)):
        bound = divergence_bound(frequency, dt).item()
        turn, z = 2 * math.pi * frequency * dt, 0.6 + 0.8j
        for _ in range(5000):
            z = z + dt * bound * z + 1j * turn * z
        assert abs(z) == pytest.approx(1.0, rel=1e-9)
        assert bound < 0
