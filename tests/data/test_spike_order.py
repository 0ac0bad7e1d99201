"""The order of two volleys: what is in it, and what is not."""

import pytest
import torch
from helpers import seeded

from snnbook.data import spike_order


def test_the_label_is_the_group_that_spikes_first():
    spikes, labels = spike_order(30, 12, generator=seeded())
    times = spikes.argmax(0).reshape(30, 2, 10)
    first = times.float().mean(2).argmin(1)
    assert torch.equal(first, labels) and labels.bincount().tolist() == [15, 15]
    gap = (times[:, 0].float().mean(1) - times[:, 1].float().mean(1)).abs()
    assert 8 <= float(gap.min()) and float(gap.max()) <= 16  # two jitters of two steps at most


def test_counts_say_nothing_and_the_draw_is_repeatable():
    spikes, _ = spike_order(8, 5, group=3, generator=seeded(1))
    assert torch.equal(spikes.sum(0), torch.ones(8, 6))
    assert torch.equal(spikes, spike_order(8, 5, group=3, generator=seeded(1))[0])
    assert not torch.equal(spikes, spike_order(8, 5, group=3, generator=seeded(2))[0])


@pytest.mark.parametrize(
    "wrong", [{"delay": 0}, {"group": 0}, {"jitter": 6}, {"after": 2}, {"samples": 0}]
)
def test_a_wrong_argument_is_named(wrong):
    given = {"samples": 4, "delay": 5, "generator": seeded(), **wrong}
    name = "before" if "jitter" in wrong else next(iter(wrong))
    with pytest.raises(ValueError, match=name):
        spike_order(**given)
