"""What chapter 8a says: influences, landscapes, and the accuracies of its stored results."""

import numpy as np
import torch
from helpers import seeded

from snnbook import conclusions, data, results
from snnbook.neurons import LIFNeuron, psp_kernel, run


def test_a_lag_has_its_peak_at_zero_for_all_weights_and_constants():
    lags = torch.arange(-30, 31)
    for tau in (4e-3, 20e-3):
        neuron = LIFNeuron(tau_mem=tau, tau_syn=tau / 2, reset="none", threshold=1e9)
        for second in (0.5, 1.0, 2.0):
            spikes = torch.zeros(200, len(lags), 1)
            spikes[40] = 1.0
            spikes[40 + lags, torch.arange(len(lags)), 0] += second
            height = run(neuron, spikes).mem.amax((0, 2))
            assert abs(int(lags[height.argmax()])) <= 4 and height[42] < height.max()


def test_a_time_constant_hears_lags_of_its_own_length():
    places = {}
    for tau in (5e-3, 40e-3):
        response = [psp_kernel(LIFNeuron(tau_mem=x, tau_syn=2e-3), 400) for x in (tau, 1.001 * tau)]
        heard = (response[1] - response[0]).numpy()
        assert heard[1] == 0 and (heard >= -1e-6).all()
        places[tau] = int(heard.argmax())
        if tau == 5e-3:
            assert heard[50] < 0.01 * heard.max()
    assert 5 <= places[5e-3] <= 12 and 35 <= places[40e-3] <= 55


def test_one_lag_is_the_class_and_says_nothing_in_counts():
    spikes, labels = data.one_lag(400, 12, generator=seeded(0))
    assert (spikes.sum(0) == 1).all()
    first, second = spikes.argmax(0).T
    gap = second - first
    assert (gap[labels == 1] == 12).all() and ((gap[labels == 0] - 12).abs() > 3).all()
    others = gap[labels == 0]
    assert others.min() < -15 and (others > 16).any() and ((others > 0) & (others < 9)).any()
    for label in (0, 1):  # the time of the first spike alone says little
        assert first[labels == label].unique().numel() > 8


def test_counts_say_nothing_on_the_manifolds():
    spikes, labels = data.randman(4, 5, 10, steps=50, generator=seeded(0))
    assert (spikes.sum(0) == 1).all() and labels.bincount().tolist() == [10] * 4


def test_what_was_measured_is_as_told():
    said = conclusions.measured("8a.1")
    assert said["learned_low"] > 0 and said["different_low"] < 0 < said["different_high"]
    assert said["low_tau"] < said["learned_tau"] < said["high_tau"]
    said = conclusions.measured("8a.2")
    assert said["recurrent_low"] > 0 and said["delays_low"] > 0
    assert said["fixed_low"] < 0 < said["fixed_high"]
    assert said["learning_low"] < 0 < said["learning_high"]
    assert said["slow_low"] > 0 and said["slowly_low"] > 0
    assert said["learned_delays_ends"] > 75 > 3 * said["slow_delays_ends"]
    assert said["recurrent_16"].low > said["delays_4"].mean > said["weights_4"].mean
    assert 2 * said["learned_delays_parameters"] < said["recurrent_parameters"]
    said = conclusions.measured("8a.3")
    assert said["equal"].low > 0.05 < said["learned_delays"].low and said["chance"] == 5
    assert all(20 < said[name] < 30 for name in said if name.endswith("_kept"))


def test_every_arm_had_the_same_grid_and_no_result_its_search_seed():
    found = results.load("ch08a_timing")
    settings = {
        choice["arm"]: {
            (row["lr"], row["tau"]) for row in found["search"] if row["arm"] == choice["arm"]
        }
        for choice in found["choices"]
    }
    shared = set.intersection(*settings.values())
    assert len(shared) == 12 and all(len(each) <= 15 for each in settings.values())
    assert not set(found["search_seeds"]) & {row["seed"] for row in found["runs"]}
    learned = np.concatenate([r["delays"] for r in found["runs"] if r["arm"] == "learned delays"])
    assert learned.min() >= 0 and learned.max() <= found["longest"]
