"""The labelled equations of chapter 6d, each against an independent computation."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from snnbook.spike_times import EventNetwork, eventprop, simulate_events, spike_jump

TAU_MEM, TAU_SYN, DURATION = 20e-3, 5e-3, 50e-3


def pair(weights=(6.0, 5.0), between=3.0):
    """Return two neurons with one input each; the first sends its spikes to the second."""
    return EventNetwork(
        np.diag(weights), np.array([[0.0, 0.0], [between, 0.0]]), np.ones(2), TAU_MEM, TAU_SYN
    )


def run_of(net, times=(0.0, 2e-3, 9e-3, 11e-3)):
    return simulate_events(net, times, [0, 1, 0, 1], duration=DURATION)


@pytest.mark.equation("eq-06d-neuron")
def test_the_neuron_against_a_fine_grid():
    """Euler's method, with a step a thousand times shorter than the time constants."""
    net, dt = pair(), 1e-6
    mem, syn, spikes = np.zeros(2), np.zeros(2), []
    arriving = {0: 0, 2000: 1, 9000: 0, 11000: 1}
    for step in range(round(DURATION / dt)):
        if step in arriving:
            syn = syn + net.input_weight[:, arriving[step]]
        mem, syn = mem + dt * (syn - mem) / TAU_MEM, syn - dt * syn / TAU_SYN
        for n in np.flatnonzero(mem >= 1):
            spikes.append((int(n), step * dt))
            mem[n] = 0.0
            syn = syn + net.recurrent_weight[:, n]
    exact = run_of(net).spikes
    assert [n for n, _ in exact] == [n for n, _ in spikes] and len(exact) >= 3
    np.testing.assert_allclose([t for _, t in exact], [t for _, t in spikes], atol=2e-5)


@pytest.mark.equation("eq-06d-between")
def test_the_adjoints_between_spikes():
    """Integrate them backward from the membrane at the end, and push the state where they stop."""
    gap = 7e-3

    def backward(_, adjoint):
        p_mem, p_syn = adjoint
        return -p_mem / TAU_MEM, -p_syn / TAU_SYN + p_mem / TAU_MEM

    solved = solve_ivp(backward, (0, gap), (1.0, 0.0), rtol=1e-10, atol=1e-12).y[:, -1]
    for place, found in enumerate(solved):
        sides = []
        for push in (1e-6, -1e-6):
            state = [0.3, 0.8]
            state[place] += push
            sides.append(_free(*state, gap)[0])
        assert found == pytest.approx((sides[0] - sides[1]) / 2e-6, rel=1e-7)
    # the package's adjoint of an input's current: the gradient of the weight it came by
    alone = EventNetwork(np.ones((1, 1)), np.zeros((1, 1)), np.array([np.inf]), TAU_MEM, TAU_SYN)
    run = simulate_events(alone, [0.0], [0], duration=gap)
    found = eventprop(alone, run, by_final_mem=np.ones(1)).input_weight[0, 0]
    assert found == pytest.approx(solved[1], rel=1e-8)


@pytest.mark.equation("eq-06d-jump")
def test_the_jump_against_two_runs():
    """Push the membrane just before the first spike: the change of the loss is the adjoint."""
    net = pair()
    run = run_of(net)
    first = next(i for i, e in enumerate(run.events) if not e.is_input)
    event, n = run.events[first], run.events[first].source

    # the adjoints after the spike, by pushing the state after it
    after = _after(net, run, first)
    by_time = 1.0
    found = spike_jump(net, event, after[0], after[1], by_time)
    step = 1e-7
    gap = 1e-5  # push a little before the spike
    quotient = (_total(net, run, first, gap, step, n) - _total(net, run, first, gap, -step, n)) / (
        2 * step
    )
    assert found == pytest.approx(quotient, rel=2e-3)  # the push decays over the gap


def _free(mem, syn, gap):
    """Return U and I of all neurons after a time without events."""
    slow, fast = np.exp(-gap / TAU_MEM), np.exp(-gap / TAU_SYN)
    return mem * slow + syn * TAU_SYN / (TAU_SYN - TAU_MEM) * (fast - slow), syn * fast


def _next_crossing(mem, syn, end):
    """Return when the next neuron reaches the threshold 1, and which; ``end`` and -1 if none."""
    found, grid = [(end, -1)], np.linspace(0, end, 1000)
    for n in range(len(mem)):
        high = [_free(mem[n], syn[n], t)[0] >= 1 for t in grid]
        if any(high):
            k = high.index(True)
            time = brentq(
                lambda t, n=n: _free(mem[n], syn[n], t)[0] - 1, *grid[k - 1 : k + 1], xtol=1e-17
            )
            found.append((time, n))
    return min(found)


def _continue(net, mem, syn, now, times, sources):
    """Run on from a state by an input of its own kind: return the times of all spikes."""
    spikes = []
    for time, source in [*zip(times, sources), (DURATION, -1)]:
        while True:
            gap, who = _next_crossing(mem, syn, time - now)
            mem, syn = _free(mem, syn, gap)
            if who < 0:
                break
            now += gap
            spikes.append(now)
            mem = mem.copy()
            mem[who] = 0.0
            syn = syn + net.recurrent_weight[:, who]
        now = time
        if source >= 0:
            syn = syn + net.input_weight[:, source]
    return spikes


def _rest(run, time):
    later = [e for e in run.events if e.is_input and e.time > time]
    return [e.time for e in later], [e.source for e in later]


def _after(net, run, first):
    """Return the adjoints of membrane and current just after a spike, by difference quotients."""
    event = run.events[first]
    mem, syn = event.mem.copy(), event.syn + net.recurrent_weight[:, event.source]
    mem[event.source] = 0.0
    rest = _rest(run, event.time)
    found = []
    for which in (0, 1):
        row = []
        for j in range(2):
            sides = []
            for step in (1e-7, -1e-7):
                state = [mem.copy(), syn.copy()]
                state[which][j] += step
                sides.append(sum(_continue(net, *state, event.time, *rest)))
            row.append((sides[0] - sides[1]) / 2e-7)
        found.append(np.array(row))
    return found[0], found[1]


def _total(net, run, first, gap, push, n):
    """Return the sum of all spike times from the spike on, with U pushed ``gap`` before it."""
    event = run.events[first]
    before = run.events[first - 1]
    mem, syn = before.mem.copy(), before.syn.copy()
    if before.is_input:
        syn = syn + net.input_weight[:, before.source]
    mem, syn = _free(mem, syn, event.time - gap - before.time)
    mem = mem.copy()
    mem[n] += push
    return sum(_continue(net, mem, syn, event.time - gap, *_rest(run, event.time)))


@pytest.mark.equation("eq-06d-gradient")
def test_the_gradient_of_a_weight():
    net = pair()
    run = run_of(net)
    grad = eventprop(net, run, by_spike_time=np.ones(len(run.spikes)))
    for name in ("input_weight", "recurrent_weight"):
        for place in ((0, 0), (1, 1)) if name == "input_weight" else ((1, 0),):
            sides = []
            for step in (1e-6, -1e-6):
                weight = getattr(net, name).copy()
                weight[place] += step
                moved = run_of(net._replace(**{name: weight}))
                assert moved.order == run.order
                sides.append(sum(t for _, t in moved.spikes))
            quotient = (sides[0] - sides[1]) / 2e-6
            assert getattr(grad, name)[place] == pytest.approx(quotient, rel=1e-6)
