"""What chapter 4a says and its experiments stand on."""

import numpy as np

from snnbook import results, smoothed

STORED = results.load("ch04a_xor")


def column(key, kind, width):
    wanted = {"kind": kind, "width": width}
    return np.array([row[key] for row in STORED["runs"] if row == row | wanted])


def solved(key, kind, width):
    return int((column(key, kind, width) >= STORED["solved"]).sum())


def test_each_arm_has_twenty_networks_and_a_learning_rate_of_its_own():
    for one in STORED["choices"]:
        arm = {key: one[key] for key in ("kind", "width")}
        assert len(column("test", **arm)) == 20
        tried = [row["lr"] for row in STORED["search"] if row == row | arm]
        assert max(tried) / min(tried) >= 99 and min(tried) < one["lr"] < max(tried)


def test_zones_of_a_tenth_and_more_are_solved_and_narrow_ones_not_always():
    for width in (0.1, 0.3, 1.0):
        assert solved("test", "gate", width) == 20
    assert solved("test", "narrows", 0.1) == solved("test", "surrogate", 0.3) == 20
    assert solved("test", "gate", 0.01) < 16 < solved("test", "gate", 0.03)


def test_a_narrow_zone_wants_a_smaller_learning_rate_and_more_batches():
    rates = [column("lr", "gate", width)[0] for width in STORED["widths"]]
    assert (np.diff(rates) >= 0).all() and rates[0] < rates[-1]
    batches = [np.median(column("batch", "gate", width)) for width in (0.01, 0.03, 0.1)]
    assert (np.diff(batches) < 0).all()
    narrow = {"kind": "gate", "width": 0.01, "lr": rates[-1]}
    assert all(row["validation"] < 0.9 for row in STORED["search"] if row == row | narrow)


def test_about_half_of_the_networks_that_solve_the_task_keep_it_with_hard_spikes():
    for width in (0.1, 0.3, 1.0):
        assert 7 <= solved("test, hard", "gate", width) <= 13
    assert 7 <= solved("test, hard", "narrows", 0.1) <= 13


def test_narrow_zones_have_large_gradients_and_few_grid_points():
    largest = [np.median(column("gradient, largest", "gate", w)) for w in STORED["widths"]]
    dense = [column("steps per spike", "gate", width).mean() for width in STORED["widths"]]
    assert largest[0] > 5 * largest[1] > 25 * largest[3]
    assert dense[0] < dense[1] < 1 < dense[2] < dense[-1]


def test_morris_lecar_neurons_learn_the_task_and_cost_more():
    cells = results.load("ch04a_biophysical")
    right = {
        arm: [row["test"] >= cells["solved"] for row in cells["runs"] if row["arm"] == arm]
        for arm in cells["cost"]
    }
    assert all(len(found) == 10 for found in right.values())
    assert sum(right["Morris-Lecar"]) >= 7 and sum(right["gated"]) >= 9
    each = {arm: one["evaluations per ms"] for arm, one in cells["cost"].items()}
    assert each["Morris-Lecar"] == 8 * each["gated"] == 8 * each["surrogate"]
    seconds = {arm: one["seconds per batch"] for arm, one in cells["cost"].items()}
    assert seconds["Morris-Lecar"] > seconds["gated"] > seconds["surrogate"]


def test_the_card_takes_the_numbers_of_the_chapter():
    lines = smoothed.card("soft", steps_per_spike="3").lines()
    assert lines[-1] == ("Measured: steps per spike", "3")
