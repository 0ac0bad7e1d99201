"""What chapter 8c says: seconds, sweeps and accuracies of its stored results."""

import numpy as np
import torch

from snnbook import conclusions, results
from snnbook.neurons import LIFNeuron, run
from snnbook.parallel import fixed_point_run, scan_run


def test_the_order_of_the_ways_is_as_told():
    found = results.load("ch08c_seconds")
    longest = [run["seconds"] for run in found["runs"] if run["steps"] == max(found["steps"])]
    least = {way: min(one[way] for one in longest) for way in longest[0]}
    assert least["plain loop"] > least["fixed point"] > least["scan by doubling, no reset"]
    assert least["scan by doubling, no reset"] > 1.5 * least["scan by halving, no reset"]
    assert least["scan by halving, no reset"] > 3 * least["compiled loop, no reset"]
    assert least["plain loop"] > 10 * least["scan by halving, no reset"]
    said = conclusions.measured("8c.1")
    assert said["depth"] == 14 and said["longest"] == 16000
    for name in ("loop_power", "scan_power", "fixed_power"):
        assert 0.9 < said[name] < 1.25, name


def test_two_laws_of_the_sweeps():
    said = conclusions.measured("8c.2")
    assert said["differ"] == 0 and 1.9 < said["regular_each"] < 2.05
    assert said["regular_long"] > 20 * said["regular_short"]  # as the 40 times as many steps
    assert said["sparse_long"] < 4 * said["sparse_short"]
    assert said["sparse_wrong"] > 1 and said["regular_wrong"] > 8


def test_the_sweeps_can_be_counted_again():
    """A short run of the stored drives, counted here, falls in the range of the stored ones."""
    found = results.load("ch08c_seconds")
    for kind, (mean, std) in found["drives"].items():
        generator = torch.Generator().manual_seed(99)
        drive = mean + std * torch.randn(250, 4, 16, generator=generator)
        ours = int(fixed_point_run(LIFNeuron(), drive).sweeps.max())
        rows = [r["sweeps"] for r in found["sweeps"] if (r["kind"], r["steps"]) == (kind, 250)]
        assert min(rows) / 1.6 < ours < 1.6 * max(rows), kind


def test_without_a_reset_a_neuron_spikes_more():
    drive = torch.randn(500, 4, 8, generator=torch.Generator().manual_seed(0)) * 0.06
    reset, none = run(LIFNeuron(), drive).spikes, scan_run(LIFNeuron(reset="none"), drive).spikes
    assert none.sum() > 3 * reset.sum()


def test_the_reset_can_go_and_cannot_wait():
    said = conclusions.measured("8c.3")
    for task in ("digits", "randman"):
        assert said[f"{task}_none_low"] < 0 < said[f"{task}_none_high"]
        assert said[f"{task}_more"] > 1.5
    assert said["randman_short_high"] < 0 and said["randman_late_high"] < 0
    assert said["randman_short"].mean < said["randman_late"].mean < said["randman_none"].mean
    assert said["digits_linear"].mean > 0.94 and said["randman_linear"].mean < 0.4
    runs = results.load("ch08c_accuracy")["runs"]
    train = np.mean([r["train"] for r in runs if r["reset"] == "none"])
    assert train > 0.97
