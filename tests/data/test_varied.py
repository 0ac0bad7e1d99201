"""Samples that are moved at random: where each spike lands, and what a reading may change."""

import pytest
import torch
from torch.utils.data import DataLoader

from snnbook import training
from snnbook.data import Varied, collate, moved
from snnbook.kernels import Events
from snnbook.neurons import SpikingNetwork


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def random_spikes(steps=30, neurons=12, seed=0):
    return torch.rand(steps, neurons, generator=seeded(seed)).lt(0.2).float()


@pytest.mark.parametrize("shift", [-12, -3, 0, 1, 12])
@pytest.mark.parametrize("factor", [0.5, 0.83, 1.0, 1.7])
def test_each_spike_lands_where_the_formula_says(shift, factor):
    spikes = random_spikes()
    expected = torch.zeros(round(factor * 30), 12)
    for n in range(30):
        for i in range(12):
            if spikes[n, i] and 0 <= i + shift < 12:
                expected[min(round(factor * n), len(expected) - 1), i + shift] = 1
    assert torch.equal(moved(spikes, shift=shift, factor=factor), expected)


def test_nothing_moves_by_nothing_and_there_and_back_is_where_it_was():
    spikes = random_spikes()
    assert torch.equal(moved(spikes), spikes)
    there = moved(spikes, shift=2, factor=2.0)
    back = moved(there, shift=-2, factor=0.5)
    assert torch.equal(back[:, :10], spikes[:, :10]) and not back[:, 10:].any()
    assert moved(spikes, factor=1e-3).shape == (1, 12)


def test_readings_cover_the_range_evenly_and_repeat_with_the_seed():
    one = torch.zeros(100, 11)
    one[99, 5] = 1
    varied = Varied([(one, 7)], shift=2, stretch=0.2, generator=seeded())
    read = [varied[0] for _ in range(2000)]
    assert {label for _, label in read} == {7}
    bands = torch.stack([x.sum(0) for x, _ in read]).sum(0)
    assert torch.equal(bands.nonzero().flatten(), torch.arange(3, 8))
    assert (bands[3:8] - 400).abs().max() < 4 * (2000 * 0.2 * 0.8) ** 0.5  # four deviations
    lengths = torch.tensor([float(len(x)) for x, _ in read])
    assert lengths.min() == 80 and lengths.max() == 120 and abs(lengths.mean() - 100) < 1.1
    again = Varied([(one, 7)], shift=2, stretch=0.2, generator=seeded())
    assert all(torch.equal(again[0][0], x) for x, _ in read[:20])


def test_without_a_range_samples_are_as_they_are():
    spikes = random_spikes()
    forms = (spikes, spikes.numpy(), spikes.bool(), Events.from_dense(spikes[:, None]))
    varied = Varied([(form, k) for k, form in enumerate(forms)], generator=seeded())
    assert len(varied) == 4
    assert all(torch.equal(varied[k][0], spikes) and varied[k][1] == k for k in range(4))


def test_a_loader_and_fit_take_it():
    samples = [(random_spikes(20 + k, 4, seed=k), k % 2) for k in range(6)]
    varied = Varied(samples, shift=1, stretch=0.3, generator=seeded())
    (batch,) = DataLoader(varied, batch_size=6, collate_fn=collate)
    assert batch.spikes.shape[1:] == (6, 4) and batch.labels.tolist() == [0, 1] * 3
    network = SpikingNetwork((4, 5, 2), generator=seeded())
    history = training.fit(network, varied, epochs=2, batch_size=3, generator=seeded())
    assert len(history.loss) == 2


def test_what_is_no_pair_is_named():
    varied = Varied([random_spikes()], generator=seeded())
    with pytest.raises(TypeError, match=r"samples\[0\] is a Tensor; a pair"):
        varied[0]
    varied = Varied([(random_spikes()[0], 1)], generator=seeded())
    with pytest.raises(ValueError, match=r"samples\[0\] has shape \(12,\)"):
        varied[0]
    with pytest.raises(ValueError, match="stretch is 1.0; a share"):
        Varied([], stretch=1.0, generator=seeded())
    with pytest.raises(ValueError, match="shift"):
        moved(random_spikes(), shift=-13)
    with pytest.raises(ValueError, match="factor is 101; a number above 0, at most 100"):
        moved(random_spikes(), factor=101)
