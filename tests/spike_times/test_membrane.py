"""The free membrane: against the differential equation, by search, and compiled or not."""

import subprocess
import sys

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from snnbook.spike_times import _loops, _membrane

CONSTANTS = [(10e-3, 5e-3), (10e-3, 10e-3), (5e-3, 20e-3)]


@pytest.mark.parametrize(("tau_mem", "tau_syn"), CONSTANTS)
def test_course_solves_the_differential_equation(tau_mem, tau_syn):
    grid = np.linspace(0, 0.06, 40)
    found = _membrane.course(0.7, -1.3, grid, tau_mem, tau_syn)
    wanted = solve_ivp(
        lambda _, y: [(y[1] - y[0]) / tau_mem, -y[1] / tau_syn],
        (0, 0.06), [0.7, -1.3], t_eval=grid, rtol=1e-10, atol=1e-12,
    ).y[0]  # fmt: skip
    np.testing.assert_allclose(found, wanted, atol=1e-9)


@pytest.mark.parametrize(("tau_mem", "tau_syn"), CONSTANTS)
def test_turn_and_crossing_are_those_of_a_fine_grid(tau_mem, tau_syn):
    rng, grid = np.random.default_rng(0), np.linspace(0, 0.2, 20_001)
    turns = crossings = late = 0
    for _ in range(200):
        mem, syn = rng.normal(0, 1), rng.normal(0, 4)
        threshold = mem + abs(rng.normal(0, 0.8))  # above and below 0
        u = _membrane.course(mem, syn, grid, tau_mem, tau_syn)
        turn = _membrane.turn(mem, syn, tau_mem, tau_syn)
        places = np.flatnonzero(np.diff(np.sign(np.diff(u))))
        if turn < 0.1:
            assert len(places) == 1 and grid[places[0] + 1] == pytest.approx(turn, abs=1e-5)
            turns += 1
        found = _membrane.crossing(mem, syn, threshold, 0.1, tau_mem, tau_syn)
        above = np.flatnonzero((u[1:10_001] >= threshold) & (u[:10_000] < threshold))
        assert (found >= 0) == (len(above) > 0)
        if len(above):
            assert grid[above[0]] - 1e-12 <= found <= grid[above[0] + 1] + 1e-12
            reached = _membrane.course(mem, syn, found, tau_mem, tau_syn)
            assert reached == pytest.approx(threshold, abs=1e-12)
            crossings, late = crossings + 1, late + (turn < found)
    assert turns > 50 and crossings > 50 and late > 0


@pytest.mark.parametrize("tau_syn", [5e-3, 20e-3])
def test_plain_and_compiled_loops_are_equal(tau_syn):
    rng = np.random.default_rng(1)
    times = np.sort(rng.uniform(0, 30e-3, (3, 4)), axis=1)
    sources, weight = rng.integers(0, 4, (3, 4)), rng.normal(1.5, 2.0, (5, 4)) * 10e-3 / tau_syn
    constants = 1.0, 20e-3, tau_syn, 60e-3
    run, adjoint = _loops.loops()
    assert run is not _loops.run_layer
    plain = _loops.run_layer(times, sources, weight, *constants, 40)
    compiled = run(times, sources, weight, *constants, 40)
    assert plain[2].sum() > 5
    for a, b in zip(plain, compiled):
        np.testing.assert_allclose(a, b, rtol=1e-13)
    given = times, sources, weight, *constants, *compiled, np.cos(np.arange(120.0)).reshape(3, 40)
    for a, b in zip(_loops.adjoint_layer(*given), adjoint(*given)):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-14)


def test_numba_is_imported_on_first_use():
    code = "import sys, snnbook.spike_times; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_without_numba_the_layers_run_as_plain_python_and_say_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    _loops.loops.cache_clear()
    try:
        with pytest.warns(RuntimeWarning, match="run as plain Python"):
            assert _loops.loops() == (_loops.run_layer, _loops.adjoint_layer)
    finally:
        _loops.loops.cache_clear()
