"""What chapter 6a says, and the stored results it stands on."""

import numpy as np
import pytest

from snnbook import results
from snnbook.plotting import ROUTES, error_routes


def scores(task, arm, depth):
    runs = results.load(f"ch06a_{task}")["runs"]
    found = [run["accuracy"] for run in runs if (run["arm"], run["depth"]) == (arm, depth)]
    assert len(found) >= 3
    return np.mean(found)


def angle(task, arm, depth, layer):
    runs = results.load(f"ch06a_{task}")["runs"]
    found = [run["angles"] for run in runs if (run["arm"], run["depth"]) == (arm, depth)]
    return np.mean([one[0][layer] for one in found]), np.mean([one[-1][layer] for one in found])


def test_one_random_matrix_costs_little_on_digits_and_beats_a_frozen_layer():
    assert scores("digits", "bptt", 1) - scores("digits", "fa", 1) < 0.03
    assert scores("digits", "fa", 1) > scores("digits", "frozen", 1) + 0.04
    assert scores("yin_yang", "fa", 1) > scores("yin_yang", "frozen", 1)


def test_feedback_alignment_falls_with_depth_and_backpropagation_does_not():
    assert scores("digits", "bptt", 5) > 0.9 > 0.6 > scores("digits", "fa", 5)
    assert scores("digits", "dfa", 5) > scores("digits", "fa", 5)
    assert scores("digits", "sign_symmetric", 5) > scores("digits", "fa", 5)


@pytest.mark.parametrize("task", ["digits", "yin_yang"])
def test_the_readout_aligns_and_the_lowest_of_five_hardly(task):
    before, after = angle(task, "fa", 1, 0)
    assert abs(before - 90) < 10 and after < before - 8
    assert angle(task, "fa", 5, 0)[1] > 80


def test_erbp_leaves_time_out():
    timed = results.load("ch06a_time")
    order, digits = (np.mean(timed["cosine"][name], axis=1) for name in ("order", "digits"))
    assert order[-1] < -0.3 < 0.2 < order[0] and digits.min() > 0.4
    assert scores("yin_yang", "erbp", 1) < scores("yin_yang", "frozen", 1) - 0.1


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
