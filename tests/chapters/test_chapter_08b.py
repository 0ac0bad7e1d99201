"""What chapter 8b says: the steps, and the stored memory of nine kinds of networks."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from snnbook import conclusions, results
from snnbook.neurons import (
    AdaptiveNeuron,
    AdLIFNeuron,
    BalancedNeuron,
    LIFNeuron,
    ResonateNeuron,
    run,
    spectral_radius,
)


def rates(a, tau_mem=20e-3, tau_w=0.4):
    return np.linalg.eigvals([[-1 / tau_mem, -1 / tau_mem], [a / tau_w, -1 / tau_w]])


def test_a_rhythm_costs_the_memory():
    held = {a: -1 / rates(a).real.max() for a in (-0.5, 0.0, 4.5, 4.6, 10.0, 1000.0)}
    assert held[-0.5] > 2 * held[0.0] and held[0.0] == pytest.approx(0.4)
    assert held[4.6] == pytest.approx(held[1000.0]) and held[1000.0] < 2 * 20e-3
    assert not rates(4.5).imag.any() and rates(4.6).imag.any()


def orders(kind):
    """Return the slopes over the step of the errors of state, decay and frequency."""
    matrix = torch.tensor([[-50.0, -50.0], [100.0, -10.0]], dtype=torch.float64)
    truth = torch.matrix_exp(0.04 * matrix)[:, 0]
    mode = torch.linalg.eigvals(matrix)[0]
    gaps, sizes = [], 0.04 / np.array([40, 80, 160, 320])
    for dt in sizes:
        step = AdLIFNeuron(20e-3, 0.1, 10.0, step_kind=kind, dt=dt).step_matrix()
        ended = torch.linalg.matrix_power(step, round(0.04 / dt))[:, 0]
        rate = torch.log(torch.linalg.eigvals(step)[0]) / dt
        turn = abs(abs(rate.imag) - abs(mode.imag))
        gaps.append([float((ended - truth).norm()), float(abs(rate.real - mode.real)), turn])
    gaps = np.array(gaps, dtype=float)
    return [np.polyfit(np.log(sizes), np.log(column), 1)[0] for column in gaps.T], gaps


def test_both_steps_are_of_first_order_and_one_has_the_right_decay():
    forward, _ = orders("forward")
    symplectic, gaps = orders("symplectic")
    assert forward[0] == pytest.approx(1, abs=0.1) and symplectic[0] == pytest.approx(1, abs=0.05)
    assert forward[1] == pytest.approx(1, abs=0.1) and gaps[:, 1].max() < 1e-9
    assert forward[2] == pytest.approx(1, abs=0.15)
    assert symplectic[2] == pytest.approx(2, abs=0.05)


def test_the_claim_of_the_steps_at_half_the_bound():
    said = conclusions.measured("8b.1")
    assert said["symplectic"] > 50 * said["forward"] and said["symplectic_hertz"] < 500
    assert said["symplectic_ring"] == pytest.approx(said["true_ring"])
    assert said["forward_ring"] > 1.9 * said["true_ring"]


def test_a_reset_hides_an_unstable_step_until_it_cannot():
    drive = 0.3 * torch.randn(500, 1, 8, generator=torch.Generator().manual_seed(0)).double()
    spikes, highest = {}, {}
    for kind in ("forward", "symplectic"):
        for a in (150.0, 1000.0):
            neuron = AdLIFNeuron(20e-3, 0.1, a, step_kind=kind)
            assert (spectral_radius(neuron) > 1) == (kind == "forward")
            record = run(neuron, drive, kernel="reference")
            spikes[kind, a] = float(record.spikes.sum())
            highest[kind, a] = float(record.mem.abs().max())
    assert highest["forward", 150.0] < 2 * highest["symplectic", 150.0] < 10
    assert spikes["forward", 150.0] > 1.3 * spikes["symplectic", 150.0]
    assert highest["forward", 1000.0] > 1e6 and highest["symplectic", 1000.0] < 10


def test_euler_eats_damping_and_balance_pays_for_it():
    one = ResonateNeuron(10.0, 0.5)
    euler = replace(one, step_kind="forward")
    left = -1e-3 / np.log(spectral_radius(euler).item())
    assert left > 40 and spectral_radius(replace(euler, frequency=12.0)) > 1
    balanced = -1e-3 / np.log(spectral_radius(BalancedNeuron(12.0, 2.0)).item())
    assert balanced == pytest.approx(0.5, rel=0.01)


def test_a_threshold_is_there_when_the_membrane_is_not():
    burst = torch.full((150, 1, 1), 0.02).double()
    for neuron, tires in ((LIFNeuron(20e-3), False), (AdaptiveNeuron(20e-3), True)):
        first = run(neuron, burst, kernel="reference")
        pause = run(neuron, 0 * burst, first.state, kernel="reference")
        second = run(neuron, burst, pause.state, kernel="reference")
        assert (second.spikes.sum() < first.spikes.sum()) == tires


def test_what_remembers_the_order_of_two_cues():
    said, data = conclusions.measured("8b.2"), results.load("ch08b_memory")
    assert said["seeds"] >= 5 and data["search_seeds"] == [1000, 1001]
    for name in ("threshold", "spikes"):
        assert said[name].low > 0.97 and said[f"{name}_solved"] == said["seeds"]
        assert said[f"{name}_far"].mean > 0.97
    for name in ("plain", "slow", "short", "ring"):
        assert said[name].mean < 0.75 and said[f"{name}_far"].mean < 0.6, name
        assert said[f"{name}_solved"] == 0
    assert 0.9 < said["layers"].mean < said["threshold"].mean - 0.02
    assert 0 < said["recurrent_solved"] < said["seeds"]
    assert said["over_plain_low"] > 20 and said["over_ring_low"] > 20
    for one in data["budget"]:  # every arm has a search over two decades at least
        tried = {row["lr"] for row in data["search"] if row["neuron"] == one["neuron"]}
        assert len(tried) >= 4 and max(tried) >= 99 * min(tried)
