"""Training on spike times: it learns, it counts, and it wakes the silent."""

from functools import partial

import pytest
import torch
from helpers import seeded

from snnbook.spike_times import SpikeTimeNetwork, fit_times, share_right, wake_silent


def order_task(mean=(4.0,), **options):
    """Two inputs, and the output of the earlier one must be first."""
    network = SpikeTimeNetwork(
        (2, 2),
        mean=mean,
        spread=(1.0,),
        tau_mem=2.0,
        tau_syn=1.0,
        duration=10.0,
        generator=seeded(0),
    )
    labels = torch.arange(20) % 2
    times = 1.0 - torch.eye(2, dtype=torch.float64)[labels]
    options = {"epochs": 40, "batch_size": 5, "lr": 0.05, "decay": 1.0, **options}
    history = fit_times(network, times, labels, generator=seeded(1), **options)
    return network, times, labels, history


def test_two_outputs_learn_the_order_and_the_history_counts():
    network, times, labels, history = order_task(mean=(6.0,))
    assert share_right(network, times, labels) == 1.0 == history.accuracy[-1]
    assert history.loss[-1] < history.loss[0] and len(history.seconds) == 40
    counted = network(times).layers[0].counts.double().mean()
    assert history.spikes[-1][0] == pytest.approx(float(counted), abs=1.0)


def test_without_help_silence_stays_and_with_help_it_ends():
    assert order_task(mean=(0.3,))[3].missed[-1] == 1.0
    assert order_task(mean=(0.3,), remedy=partial(wake_silent, wake=0.5))[3].missed[-1] < 0.2


def test_hidden_neurons_are_roused():
    network = SpikeTimeNetwork((2, 3, 2), mean=(0.1, 1.0), spread=(0.01, 0.01), generator=seeded(0))
    before = network.layers[0].weight.detach().clone()
    times, labels = torch.zeros(4, 2, dtype=torch.float64), torch.zeros(4).long()
    remedy = partial(wake_silent, rouse=0.25)
    options = {"epochs": 1, "batch_size": 4, "lr": 5e-3, "generator": seeded(0)}
    assert fit_times(network, times, labels, remedy=remedy, **options).raised == (3,)
    torch.testing.assert_close(network.layers[0].weight.detach(), before + 0.25)


def test_a_watcher_sees_every_epoch_and_may_end_the_training():
    seen = []

    def watch(epoch, network, history):
        seen.append((epoch, len(history.loss), network.layers[0].weight.detach().clone()))
        return epoch == 3

    network, *_, history = order_task(on_epoch=watch)
    assert [one[:2] for one in seen] == [(1, 1), (2, 2), (3, 3)] and len(history.loss) == 3
    assert torch.equal(seen[-1][2], network.layers[0].weight)
    assert not torch.equal(seen[0][2], seen[1][2])


@pytest.mark.parametrize("wrong", [{"lr": -1.0}, {"epochs": 0}, {"decay": 0.0}])
def test_wrong_settings_are_named(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        order_task(**wrong)
