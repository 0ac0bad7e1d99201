"""What chapter 4b says about its stored result."""

import numpy as np

from snnbook import results

STORED = results.load("ch04b_xor")


def table(name):
    return {key: np.mean(cells, axis=1) for key, cells in STORED[name].items()}


def tried(rule, lr):
    """Return what the search found at noise 0.5 with 8 runs."""
    wanted = {"rule": rule, "lr": lr, "noise": 0.5, "samples": 8}
    (row,) = [row for row in STORED["search"] if row == row | wanted]
    return row["validation"]


def test_claim_9_the_unbiased_estimators_pay_for_the_noise_in_runs():
    noise, runs = table("by_noise"), table("by_runs")
    for rule in ("score", "baseline"):
        assert noise[rule][0] > 0.99 > noise[rule][-1] + 0.01
        assert (np.diff(noise[rule]) <= 1e-3).all() and (np.diff(runs[rule]) > 0).all()
        assert runs[rule][0] < 0.92 and runs[rule][-1] > 0.98
    assert (runs["baseline"] > runs["score"]).all()
    assert noise["escape"].min() > 0.99 and noise["expected"].min() > 0.98
    assert runs["escape"].min() > 0.99


def test_one_learning_rate_for_all_could_have_told_either_story():
    assert tried("escape", 0.03) > tried("score", 0.03) + 0.1
    assert tried("score", 0.1) > tried("escape", 0.1) + 0.1


def test_each_point_has_a_learning_rate_of_its_own_from_two_decades():
    chosen = {(one["rule"], one["noise"], one["samples"]): one["lr"] for one in STORED["choices"]}
    assert len(chosen) == len(STORED["choices"]) == len(STORED["runs"])
    for (rule, noise, samples), lr in chosen.items():
        point = {"rule": rule, "noise": noise, "samples": samples}
        rows = [row for row in STORED["search"] if row == row | point]
        rates = [row["lr"] for row in rows]
        assert max(rates) / min(rates) >= 99
        assert lr == max(rows, key=lambda row: row["validation"])["lr"]


def test_identity_is_no_better_than_frozen_hidden_weights():
    found = table("by_noise")
    assert (found["identity"] < found["readout"] + 0.02).all()
