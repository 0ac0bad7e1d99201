"""What chapter 6c says, and the stored results it stands on."""

import numpy as np
import pytest

from snnbook import results


def rows(arm, depth):
    name = "ch06c_digits" if arm == "local" else "ch06a_digits"
    runs = results.load(name)["runs"]
    found = [run for run in runs if (run["arm"], run["depth"]) == (arm, depth)]
    assert [run["seed"] for run in found] == [0, 1, 2, 3, 4]
    return found


def scores(arm, depth, key="accuracy"):
    return np.array([run[key] for run in rows(arm, depth)])


def epochs(arm, depth):
    """Return the mean first epoch within one point of the best."""
    return np.mean(
        [
            next(n for n, x in enumerate(run["curve"], 1) if x >= run["validation"] - 0.01)
            for run in rows(arm, depth)
        ]
    )


def test_every_depth_was_searched_over_two_decades_with_a_seed_of_its_own():
    stored = results.load("ch06c_digits")
    for depth in (1, 5):
        rates = [row["lr"] for row in stored["search"] if row["depth"] == depth]
        assert max(rates) / min(rates) >= 99
        (chosen,) = [row["lr"] for row in stored["choices"] if row["depth"] == depth]
        assert min(rates) < chosen < max(rates)
    assert not set(stored["search_seeds"]) & {0, 1, 2, 3, 4}


def test_the_networks_are_those_of_chapter_6a():
    one, other = results.load("ch06a_digits"), results.load("ch06c_digits")
    assert (one["width"], one["epochs"]) == (other["width"], other["epochs"])


def test_local_errors_cost_little_with_one_layer_and_more_with_five():
    cost = [(scores("bptt", depth) - scores("local", depth)).mean() for depth in (1, 5)]
    assert 0 < cost[0] < 0.02 < cost[1] < 0.05


def test_five_layers_with_errors_of_their_own_beat_feedback_alignment_and_frozen_layers():
    assert scores("local", 5).mean() > scores("fa", 5).mean() + 0.02
    assert scores("local", 5).min() > scores("frozen", 5).max() + 0.4


def test_what_they_lack_with_five_layers_is_not_generalization():
    assert scores("bptt", 5, "train").mean() > scores("local", 5, "train").mean() + 0.03


@pytest.mark.parametrize("depth", [1, 5])
def test_local_errors_take_no_fewer_epochs(depth):
    assert epochs("local", depth) >= epochs("bptt", depth)


def test_the_first_layer_goes_its_own_way():
    cosines = np.mean([run["cosines"] for run in rows("local", 5)], axis=0)
    assert np.abs(cosines[:, 0]).max() < 0.15


def test_convolutional_layers_lose_more_by_local_errors_and_begin_as_soon():
    stored = results.load("ch06c_convolution")
    course = {
        arm: np.array([run["by_step"] for run in stored["runs"] if run["arm"] == arm])
        for arm in ("bptt", "local")
    }
    assert all(len(seeds) == 3 for seeds in course.values())
    assert 0.05 < (course["bptt"] - course["local"])[:, -1].mean() < 0.2
    quarter = course["bptt"].shape[1] // 4
    assert (course["local"] - course["bptt"])[:, quarter - 1].mean() > -0.02


def test_a_narrow_layer_that_minds_its_own_loss_loses_what_the_layer_above_needs():
    stored = results.load("ch06c_neck")
    told = {
        arm: np.array([run["accuracy"] for run in stored["runs"] if run["arm"] == arm])
        for arm in ("exact", "local", "frozen")
    }
    assert all(len(seeds) == 5 for seeds in told.values())
    assert told["exact"].min() > told["local"].max() + 0.05
    assert told["local"].min() > told["frozen"].max() + 0.1
    for arm in told:
        rates = [row["lr"] for row in stored["search"] if row["arm"] == arm]
        assert max(rates) / min(rates) >= 99
