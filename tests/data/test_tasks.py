"""Temporal XOR, delayed XOR and two clicks: what is in them, and what is not."""

import pytest
import torch

from snnbook.data import delayed_xor, two_clicks, xor_spikes


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


def test_xor_spikes():
    spikes, labels = xor_spikes(20, 2, 9)
    for pattern, (a, b) in enumerate(((2, 2), (2, 9), (9, 2), (9, 9))):
        assert spikes[:, pattern, 0].nonzero().item() == a
        assert spikes[:, pattern, 1].nonzero().item() == b
        assert labels[pattern] == (a != b)


def test_xor_spikes_need_room():
    with pytest.raises(ValueError, match="steps is 5"):
        xor_spikes(5, 1, 9)


def test_delayed_xor_is_what_it_says():
    task = delayed_xor(300, pause=25, generator=rng(0))
    zero, one, go = task.inputs.unbind(2)
    assert torch.equal((zero + one).sum(0), torch.full((300,), 10.0))
    assert torch.equal(go.sum(0), torch.full((300,), 5.0))
    ones = (one.sum(0) / 5).long()
    assert torch.equal(task.labels, ones % 2)
    assert len(set(task.labels.tolist())) == 2 and (go.argmax(0) > 14).all()
    cue_end = go.cumsum(0).argmax(0)
    assert torch.equal(task.answer.argmax(0), cue_end + 1)
    pulses_end = len(go) - 1 - (zero + one).flip(0).argmax(0)
    assert (go.argmax(0) - pulses_end > 25).all()
    assert (task.answer.sum(0) >= 10).all()


def test_delayed_xor_names_a_wrong_argument():
    with pytest.raises(ValueError, match="pause is -1"):
        delayed_xor(2, pause=-1, generator=rng(0))
    with pytest.raises(TypeError, match="generator is a int"):
        delayed_xor(2, generator=0)


def test_two_clicks_differ_in_their_distance_alone():
    spikes, labels = two_clicks(400, generator=rng())
    assert torch.equal(spikes.sum(0), torch.ones(400, 2).double())
    times = spikes.argmax(0)
    gap, first = times.diff(dim=1).abs()[:, 0], times.amin(1)
    assert set(gap[labels == 0].tolist()) == {0, 1, 2}
    assert set(gap[labels == 1].tolist()) == set(range(8, 16))
    assert set(first.tolist()) == set(range(8)) and labels.sum() == 200
    with pytest.raises(ValueError, match="steps is 22"):
        two_clicks(4, steps=22, generator=rng())
