"""What chapter 6a says, and the stored results it stands on."""

import numpy as np
import pytest

from snnbook import results
from snnbook.plotting import ROUTES, error_routes


def rows(task, arm, depth):
    runs = results.load(f"ch06a_{task}")["runs"]
    found = [run for run in runs if (run["arm"], run["depth"]) == (arm, depth)]
    assert len(found) == 5
    return found


def scores(task, arm, depth, key="accuracy"):
    return np.mean([run[key] for run in rows(task, arm, depth)])


def angles(task, arm, depth):
    """Return the mean angles before training, and at the epoch that was kept."""
    found = rows(task, arm, depth)
    kept = [run["angles"][run["epoch"]] for run in found]
    return np.mean([run["angles"][0] for run in found], 0), np.mean(kept, 0)


@pytest.mark.parametrize("task", ["digits", "yin_yang"])
def test_every_arm_was_searched_over_two_decades(task):
    stored = results.load(f"ch06a_{task}")
    for given in stored["budget"]:
        rates = [
            row["lr"]
            for row in stored["search"]
            if (row["arm"], row["depth"]) == (given["arm"], given["depth"])
        ]
        if given["arm"] not in ("frozen", "none"):
            assert max(rates) / min(rates) >= 99 and given["settings"] >= 4


def test_one_random_matrix_costs_little_and_beats_a_frozen_layer():
    for task in ("digits", "yin_yang"):
        assert scores(task, "bptt", 1) - scores(task, "fa", 1) < 0.03
        assert scores(task, "fa", 1, "solved") > scores(task, "frozen", 1) + 0.03


@pytest.mark.parametrize("task", ["digits", "yin_yang"])
def test_depth_costs_random_feedback_more_and_frozen_layers_most(task):
    exact, random, direct = (scores(task, arm, 5) for arm in ("bptt", "fa", "dfa"))
    assert exact > max(random, direct) and min(random, direct) > scores(task, "frozen", 5) + 0.3
    assert scores(task, "kolen_pollack", 5) > max(random, direct)


@pytest.mark.parametrize("task", ["digits", "yin_yang"])
def test_the_weights_turn_from_the_top_down_and_kolen_pollack_turns_everywhere(task):
    before, after = angles(task, "fa", 1)
    assert abs(before[0] - 90) < 10 and after[0] < before[0] - 8
    lowest, top = angles(task, "fa", 5)[1][[0, -1]]
    assert lowest > 83 and top < 75
    assert angles(task, "kolen_pollack", 5)[1].max() < 70


def test_erbp_leaves_time_out():
    timed = results.load("ch06a_time")
    order, digits = (np.mean(timed["cosine"][name], axis=1) for name in ("order", "digits"))
    assert order[-1] < -0.3 < 0.2 < order[0] and digits.min() > 0.4


def test_with_a_rate_code_erbp_beats_a_frozen_layer():
    runs = {run["arm"]: run for run in results.load("ch06a_erbp_mnist")["runs"]}
    assert runs["erbp"]["low"] > runs["frozen"]["high"]
    assert runs["bptt"]["low"] > runs["erbp"]["high"]


def test_a_window_without_resting_neurons_teaches_the_opposite():
    timed = results.load("ch06a_time")
    which = timed["delays"].index(10)
    accuracy = {arm: np.array(rows[which]) for arm, rows in timed["accuracy"].items()}
    assert accuracy["erbp"].mean() > 0.95 > 0.4 > accuracy["erbp, narrow"].mean()
    assert (accuracy["erbp, narrow"] < 0.1).sum() >= 3


@pytest.mark.parametrize("kind", ROUTES)
def test_each_route_is_drawn(kind):
    ax = error_routes(kind)
    dashed = [p for p in ax.patches if p.get_linestyle() not in ("-", "solid")]
    assert bool(dashed) == (kind != "backpropagation")
    assert ax.get_title("left") == kind


def test_an_unknown_route_is_named():
    with pytest.raises(ValueError, match="kind"):
        error_routes("magic")
