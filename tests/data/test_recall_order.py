"""Two cues in one order or the other, then a delay, then the signal to answer."""

import pytest
import torch

from snnbook.data import recall_order


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def test_the_label_is_the_cue_that_comes_first_and_the_delay_lies_after_both():
    """Silent noise and sure spikes: the windows can be read off the raster."""
    sure = {"rate": 499.999, "noise": 1e-3, "dt": 2e-3, "group": 20}
    trials = recall_order(30, 3, 40, cue=4, gap=2, go=5, generator=seeded(), **sure)
    steps = len(trials.spikes)
    assert steps == 2 * 4 + 2 + 40 + 5 and trials.go == 5
    groups = trials.spikes.unflatten(2, (3, 20)).mean(3) > 0.9
    for k in range(30):
        starts = [int(groups[:, k, g].nonzero()[0]) for g in range(3)]
        label = int(trials.labels[k])
        assert starts[label] + 4 + 2 == starts[1 - label]
        assert starts[2] == steps - 5 == starts[1 - label] + 4 + int(trials.delays[k])
        assert groups[:, k].sum(0).tolist() == [4, 4, 5]
    assert trials.labels.sum() == 15 and 3 <= trials.delays.min() <= trials.delays.max() <= 40
    assert len(trials.delays.unique()) > 10


def test_counts_say_nothing_and_seeds_say_all():
    trials = recall_order(400, 50, generator=seeded(1))
    first, second = (trials.spikes[:, trials.labels == k].sum((0, 1)) / 200 for k in (0, 1))
    assert (first - second).abs().max() < 1.0 and (trials.delays == 50).all()
    again = recall_order(400, 50, generator=seeded(1))
    assert torch.equal(trials.spikes, again.spikes) and torch.equal(trials.labels, again.labels)
    other = recall_order(400, 50, generator=seeded(2))
    assert not torch.equal(trials.spikes, other.spikes)


@pytest.mark.parametrize(
    "wrong, message",
    [
        ({"samples": 0}, "samples is 0"),
        ({"delay": -1}, "delay is -1"),
        ({"longest": 4}, "longest is 4; a whole number of at least 5 is accepted"),
        ({"rate": 500.0}, "rate = 505.0 Hz"),
        ({"generator": 0}, "generator is a int"),
    ],
)
def test_a_wrong_argument_is_named(wrong, message):
    given = {"samples": 2, "delay": 5, "generator": seeded()} | wrong
    with pytest.raises((ValueError, TypeError), match=message):
        recall_order(**given)
