"""Diagnoses: every truth against another computation, every mistake told from all others."""

import math

import numpy as np
import pytest
import torch

from snnbook import exercises, neurons
from snnbook.exercises import CHAPTERS, _grade, exercises_of
from snnbook.exercises._mystery import hidden_digit, hidden_parameters, mystery_neuron

EXERCISES = {id: record for chapter in CHAPTERS for id, record in exercises_of(chapter).items()}


@pytest.mark.parametrize("id", EXERCISES)
def test_each_mistake_has_its_own_diagnosis(id):
    for message, answer in EXERCISES[id].mistakes.items():
        outcome = _grade.grade(EXERCISES[id], answer)
        assert not outcome.correct and outcome.answered
        assert outcome.message == message


@pytest.mark.parametrize("id", EXERCISES)
def test_messages_read_well(id):
    record = EXERCISES[id]
    for text in (*record.mistakes, record.right, *record.hints):
        assert text.endswith((".", "?")) and text.count("`") % 2 == 0 and "$" not in text
        assert len(text) < 200


def test_smallest_current_by_simulation():
    record = EXERCISES["02-4"]
    neuron = neurons.LIFNeuron(tau_mem=5e-3)
    for factor, fires in ((0.999, False), (1.001, True)):
        current, alpha = factor * record.truth, neuron.alpha
        drive = torch.full((500, 1, 1), current * (1 - alpha), dtype=torch.float64)
        syn = torch.full((1, 1), current, dtype=torch.float64)
        out = neurons.run(neuron, drive, state=neurons.LIFState(syn, torch.zeros_like(syn)))
        assert bool(out.spikes.any()) == fires


def test_peak_lies_one_step_after_the_continuous_one():
    kernel = [m * 0 + math.exp(-m / 20) - math.exp(-m / 5) for m in range(50)]
    assert EXERCISES["02-3"].truth == kernel.index(max(kernel)) + 1


def test_two_step_gradient_by_hand():
    slope = 0.9 * 1 + 0.43 * (0.5 + 0.8)
    assert EXERCISES["05-6"].truth == pytest.approx(slope, abs=1e-9)
    signs = [np.sign(1.3 - height * 0.9) for height in (0.5, 1, 2, 4)]
    assert EXERCISES["05-7"].truth == signs


def test_surrogate_width_and_area_numerically():
    x = np.geomspace(1e-7, 1e4, 200_001)
    g = 1 / (1 + 25 * x) ** 2
    width, area = EXERCISES["05-2"].truth
    assert 2 * x[g >= 0.5].max() == pytest.approx(width, rel=1e-3)
    assert 2 * np.trapezoid(g, x) == pytest.approx(area, rel=1e-4)


def test_wilson_count():
    assert EXERCISES["01-5"].truth == 386


def test_mystery_neurons_differ_and_hide():
    hidden = [hidden_parameters(seed) for seed in range(20)]
    assert len(set(hidden)) == 20
    assert {p.tau_mem > p.tau_syn for p in hidden} == {True, False}
    assert all(max(p.tau_mem, p.tau_syn) > 1.3 * min(p.tau_mem, p.tau_syn) for p in hidden)
    with pytest.raises(ValueError, match="one axis"):
        mystery_neuron()(torch.zeros(5, 1))


def test_below_threshold_the_two_constants_cannot_be_told_apart():
    drive = torch.zeros(40, 1, 1, dtype=torch.float64)
    drive[0] = 0.1
    there = neurons.LIFNeuron(tau_mem=10e-3, tau_syn=4e-3)
    back = neurons.LIFNeuron(tau_mem=4e-3, tau_syn=10e-3)
    weak = [neurons.run(neuron, drive).mem for neuron in (there, back)]
    strong = [neurons.run(neuron, drive * 12).mem for neuron in (there, back)]
    torch.testing.assert_close(*weak)
    assert (strong[0] - strong[1]).abs().max() > 0.05


def test_mystery_digit_is_a_latency_code():
    spikes = exercises.mystery_digit(seed=5)
    assert spikes.shape == (100, 64) and spikes.sum(0).max() == 1
    assert hidden_digit(5) in range(10)
