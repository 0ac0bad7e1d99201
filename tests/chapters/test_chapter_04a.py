"""What chapter 4a says and its experiment stand on."""

import numpy as np

from snnbook import results, smoothed

STORED = results.load("ch04a_xor")


def table(key):
    return np.array([[row[key] for row in STORED["rows"][str(w)]] for w in STORED["widths"]])


def test_narrow_zones_do_not_train_and_a_wider_one_does():
    scores = table("accuracy").mean(axis=1)
    assert scores[0] < 0.6 and scores.max() > 0.9
    assert 0.03 < STORED["widths"][int(scores.argmax())]


def test_narrow_zones_have_large_gradients_and_few_grid_points():
    largest, dense = table("largest gradient"), table("steps per spike").mean(axis=1)
    assert np.median(largest[0]) > 100 * np.median(largest[-1])
    assert dense[0] < dense[1] < 1 < dense[-1]


def test_weights_of_a_soft_network_are_not_those_of_a_hard_one():
    best = int(table("accuracy").mean(axis=1).argmax())
    assert table("accuracy")[best].mean() - table("accuracy, hard")[best].mean() > 0.1


def test_the_card_takes_the_numbers_of_the_chapter():
    lines = smoothed.card("soft", steps_per_spike="3").lines()
    assert lines[-1] == ("Measured: steps per spike", "3")
