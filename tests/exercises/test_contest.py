"""The contest: its score, its hidden points, and what it refuses."""

from __future__ import annotations

import re
from typing import NamedTuple

import pytest
import torch
from check_site import ROOT
from helpers import seeded
from torch import nn

from snnbook import neurons, training
from snnbook.exercises import ScoreCard, contest, contest_baseline, contest_points

QUICK = {"epochs": 1, "batch_size": 500}
SHEET = (ROOT / "workshop" / "contest.md").read_text()


class Output(NamedTuple):
    readout: torch.Tensor
    hidden: tuple = ()


class Around(nn.Module):
    """The baseline, with a change of its output."""

    def __init__(self, change, generator):
        super().__init__()
        self.inner, self.change = contest_baseline(generator), change

    def forward(self, spikes):
        return self.change(self.inner(spikes))


def around(change):
    return lambda generator: Around(change, generator)


def sizes(*layers):
    return lambda generator: neurons.SpikingNetwork(layers, generator=generator)


def test_the_score_is_what_the_sheet_says():
    """Train once by hand, as rule 2 says, and count."""
    card = contest(contest_baseline, room=3, **QUICK)
    points, labels = contest_points()
    hidden, wanted = contest_points(room=3)
    order = seeded(1)
    network = contest_baseline(order)
    training.fit(network, points, labels, generator=order, lr=1e-2, progress=False, **QUICK)
    with torch.no_grad():
        seen = network(hidden)
    right = (seen.readout.mean(0).argmax(1) == wanted).double().mean()
    spikes = seen.hidden[0].spikes.sum() / len(wanted)
    assert card.seeds[1] == pytest.approx(float(100 * right - 0.2 * spikes), abs=1e-3)
    assert card.score == pytest.approx(100 * card.accuracy - 0.2 * card.spikes)
    assert card.room == 3 and "room 3" in str(card)


def test_hidden_points_are_other_points_in_each_room():
    drawn = [contest_points()[0], *(contest_points(room)[0] for room in (0, 1, 9999))]
    for number, one in enumerate(drawn):
        assert one.shape[1:] == ((2000, 5), (1000, 5))[number > 0]
        assert one.sum(0).eq(1).all(), "each unit spikes once"
        for other in drawn[:number]:
            assert not torch.equal(one[:, :50], other[:, :50])


def test_the_same_entry_has_the_same_score():
    cards = [contest(contest_baseline, **QUICK) for _ in range(2)]
    assert cards[0][:5] == cards[1][:5]


def test_baseline_of_the_sheet_and_an_entry_that_beats_it():
    """The numbers of the sheet are computed here, and a price makes more of the same network."""
    score, right, spikes = map(
        int,
        re.search(r"about (\d+) points: it reads (\d+) %.* sends (\d+) spikes", SHEET).groups(),
    )
    card = contest(contest_baseline)
    assert card.score == pytest.approx(score, abs=2)
    assert 100 * card.accuracy == pytest.approx(right, abs=2)
    assert card.spikes == pytest.approx(spikes, abs=6)

    def price(output):
        return 0.1 * training.spike_count_penalty(output.hidden[0].spikes)

    assert contest(contest_baseline, regularizer=price).score > card.score + 10


def test_a_network_without_hidden_neurons_is_counted_too():
    card = contest(sizes(5, 3), **QUICK)
    assert card.spikes == 0 and card.score == pytest.approx(100 * card.accuracy)


def test_blocks_of_the_sheet_run():
    blocks = re.findall(r"```python\n(.*?)```", SHEET, re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        quick = block.replace("epochs=10, batch_size=50", "epochs=1, batch_size=500")
        quick = quick.replace("(contest_baseline)", "(contest_baseline, epochs=1, batch_size=500)")
        space = {}
        exec(compile(quick, "contest.md", "exec"), space)
    assert isinstance(space["card"], ScoreCard)


def noisy(output):
    return output._replace(readout=output.readout + torch.rand(output.readout.shape))


def over_the_batch(output):
    return output._replace(readout=output.readout - output.readout.mean(1, keepdim=True))


def half_spikes(output):
    record = output.hidden[0]
    return output._replace(hidden=(record._replace(spikes=record.spikes / 2),))


@pytest.mark.parametrize(
    ("build", "options", "says"),
    [
        (contest_baseline, {"epochs": 11}, "at most 10"),
        (contest_baseline, {"epochs": 0}, "epochs"),
        (contest_baseline, {"room": 10_000}, "0 to 9999"),
        (contest_baseline, {"room": -1}, "room"),
        (contest_baseline, {"generator": seeded(0)}, "fixes generator"),
        (contest_baseline, {"validation": contest_points()}, "fixes validation"),
        (contest_baseline, {"on_epoch": print}, "fixes on_epoch"),
        (contest_baseline(seeded(0)), {"epochs": "many"}, "epochs"),
        ("baseline", {}, "build"),
        (lambda generator: 5, {}, "torch.nn.Module"),
        (sizes(5, 61, 3), {}, "at most 60"),
        (sizes(5, 31, 30, 3), {}, "at most 60"),
        (sizes(5, 10, 4), {}, "readout"),
        (around(lambda output: output.readout), {}, "hidden"),
        (around(noisy), {}, "alone"),
        (around(over_the_batch), {}, "alone"),
        (around(half_spikes), {}, "0 and 1"),
    ],
)
def test_what_breaks_a_rule_is_refused(build, options, says):
    with pytest.raises((TypeError, ValueError), match=says):
        contest(build, **options)
