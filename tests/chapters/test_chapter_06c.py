"""What chapter 6c says, and the stored results it stands on."""

import numpy as np
import pytest

from snnbook import results


def mean(task, arm, depth):
    runs = results.load(f"ch06c_{task}")["runs"]
    found = [run["accuracy"] for run in runs if (run["arm"], run["depth"]) == (arm, depth)]
    assert len(found) >= 3
    return np.mean(found)


@pytest.mark.parametrize("task", ["gestures", "digits"])
def test_local_errors_stay_near_bptt_and_above_frozen_layers(task):
    for depth in (1, 2):
        assert mean(task, "bptt", depth) - mean(task, "local", depth) < 0.05
    for depth in (2, 3, 4):
        assert mean(task, "local", depth) > mean(task, "frozen", depth) + 0.05


@pytest.mark.parametrize("task", ["gestures", "digits"])
def test_the_gap_opens_with_depth(task):
    gap = [mean(task, "bptt", depth) - mean(task, "local", depth) for depth in (1, 4)]
    assert gap[1] > gap[0] + 0.01


def test_local_errors_take_no_fewer_epochs():
    for task in ("gestures", "digits"):
        runs = results.load(f"ch06c_{task}")["runs"]
        first = {
            arm: np.mean(
                [
                    next(n for n, x in enumerate(run["train_accuracy"]) if x >= 0.8)
                    for run in runs
                    if (run["arm"], run["depth"]) == (arm, 2)
                ]
            )
            for arm in ("bptt", "local")
        }
        assert first["local"] >= first["bptt"]
