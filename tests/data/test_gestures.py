"""Gestures: deterministic, balanced, of plausible rates, and different in time alone."""

import pytest
import torch
from helpers import seeded

from snnbook.data import GESTURES, gestures


def test_they_are_deterministic_and_balanced():
    one, labels = gestures(44, generator=seeded())
    assert torch.equal(one, gestures(44, generator=seeded())[0])
    assert not torch.equal(one, gestures(44, generator=seeded(1))[0])
    assert labels.bincount(minlength=len(GESTURES)).tolist() == [4] * 11
    assert set(one.unique().tolist()) == {0.0, 1.0}


def test_the_rates_are_plausible():
    """Between 1 and 200 events a second and pixel in every class, at 1 ms steps."""
    spikes, labels = gestures(110, generator=seeded())
    for kind in range(11):
        rate = 1e3 * float(spikes[:, labels == kind].mean())
        assert 1 < rate < 200, GESTURES[kind]


def test_without_noise_an_unmoving_pixel_is_silent():
    quiet, labels = gestures(55, noise=0.0, generator=seeded())
    blinks = quiet[:, labels == 10].sum(0).reshape(-1, 2, 12, 12)
    assert float(blinks[:, :, 0, 0].sum()) == 0  # a corner that the disc does not reach
    assert float(gestures(55, noise=1.0, generator=seeded())[0].mean()) == 1.0


def test_left_and_right_are_one_another_in_the_opposite_order():
    """The mean column of the ON events moves right in one class, left in the other."""
    spikes, labels = gestures(220, noise=0.0, generator=seeded(3))
    on = spikes[:, :, :144].reshape(60, 220, 12, 12).sum(2)
    columns = torch.arange(12.0)
    drift = {}
    for kind in (0, 1):
        chosen = on[5:20, labels == kind].sum(1), on[40:55, labels == kind].sum(1)
        ends = [float((part * columns).sum() / part.sum()) for part in chosen]
        drift[kind] = ends[1] - ends[0]
    moved = {kind: _steps_right(on[:, labels == kind]) for kind in (0, 1)}
    assert moved[0] > 0 > moved[1], drift


def _steps_right(on):
    """Return the mean movement of the events' center from one step to the next, wraps left out."""
    columns = torch.arange(12.0)
    seen = on.sum(2) > 0
    center = (on * columns).sum(2) / on.sum(2).clamp(min=1)
    moved = center.diff(dim=0)[seen[1:] & seen[:-1]]
    return float(moved[moved.abs() < 3].mean())


@pytest.mark.parametrize(
    "wrong", [{"samples": 0}, {"size": 2}, {"steps": 1}, {"contrast": 0.0}, {"noise": 2.0}]
)
def test_a_wrong_argument_is_named(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        gestures(**{"samples": 4, "generator": seeded(), **wrong})
