"""What chapter 4b says about its stored result."""

import numpy as np

from snnbook import results


def table(name):
    return {key: np.mean(cells, axis=1) for key, cells in results.load("ch04b_xor")[name].items()}


def test_claim_9_noise_is_the_obstacle_of_the_unbiased_estimators():
    found = table("by_noise")
    for rule in ("score", "baseline"):
        assert found[rule][0] > 0.98 and found[rule][-1] < 0.85
        assert (np.diff(found[rule]) <= 0).all()
    assert found["escape"].min() > 0.99 and found["expected"].min() > 0.98


def test_identity_is_no_better_than_frozen_hidden_weights():
    found = table("by_noise")
    assert (found["identity"] < found["readout"] + 0.02).all()


def test_more_runs_help_the_score_function():
    found = table("by_runs")
    assert (np.diff(found["score"]) > 0).all() and (np.diff(found["baseline"]) > -1e-3).all()
    assert (found["baseline"] > found["score"]).all()
    assert found["escape"].min() > 0.99
