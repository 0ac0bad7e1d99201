"""Events: the sparse twin of a dense tensor of spikes."""

from functools import partial

import pytest
import torch
from hypothesis import given, strategies as st

from snnbook.data import latency_code
from snnbook.kernels import Events
from snnbook.neurons import LIF, LeakyReadout, SpikingNetwork
from snnbook.training import accuracy, fit


@given(
    seed=st.integers(0, 2**31),
    shape=st.tuples(*[st.integers(0, 9)] * 3),
    density=st.sampled_from([0.0, 0.1, 0.5, 1.0]),
)
def test_to_events_and_back(seed, shape, density):
    generator = torch.Generator().manual_seed(seed)
    spikes = (torch.rand(shape, generator=generator) < density).double()
    events = Events.from_dense(spikes)
    assert events.shape == shape and len(events.indices) == int(spikes.sum())
    assert torch.equal(events.to_dense(torch.float64), spikes)
    lists = torch.stack(spikes.nonzero(as_tuple=True))
    order = torch.randperm(lists.shape[1], generator=generator)
    again = Events.from_lists(*lists[:, order], shape=shape)
    assert torch.equal(again.indices, events.indices)
    assert torch.equal(again.offsets, events.offsets)


def test_every_kernel_takes_events():
    spikes = (torch.rand(20, 3, 30, generator=torch.Generator().manual_seed(0)) < 0.1).float()
    events = Events.from_dense(spikes)
    for kernel in ("auto", "reference"):
        network = SpikingNetwork((30, 40, 5), kernel=kernel)
        torch.testing.assert_close(network(events).readout, network(spikes).readout)


def test_many_events_take_the_dense_product():
    events = Events.from_dense(torch.ones(5, 2, 30))
    layer = LIF(30, 8)
    torch.testing.assert_close(layer(events).mem, layer(torch.ones(5, 2, 30)).mem)
    layer(events).mem.sum().backward()
    assert layer.weight.grad.any()


def test_errors_name_the_argument():
    ok = {"indices": torch.tensor([0, 2]).int(), "offsets": torch.tensor([0, 1, 2])}
    Events(2, 1, 3, **ok)
    for change, message in (
        ({"indices": torch.tensor([0, 2])}, "indices has dtype torch.int64"),
        ({"offsets": torch.tensor([0, 2])}, "offsets has 2 entries; 3 are accepted"),
        ({"offsets": torch.tensor([0, 1, 1])}, "offsets must ascend from 0 to 2"),
        ({"indices": torch.tensor([0, 3]).int()}, "indices go from 0 to 3; 0 to 2"),
        (
            {"indices": torch.tensor([1, 1]).int(), "offsets": torch.tensor([0, 2, 2])},
            "indices must ascend within each row",
        ),
    ):
        with pytest.raises((TypeError, ValueError), match=message):
            Events(2, 1, 3, **{**ok, **change})
    with pytest.raises(ValueError, match="spikes holds values other than 0 and 1"):
        Events.from_dense(torch.full((2, 1, 3), 0.5))
    one = torch.tensor([0])
    with pytest.raises(ValueError, match="neurons leaves the range 0 to 2"):
        Events.from_lists(one, one, torch.tensor([3]), (2, 1, 3))
    with pytest.raises(ValueError, match="spikes has 3 input neurons; 4 are accepted"):
        LeakyReadout(4, 2)(Events(2, 1, 3, **ok))


def test_a_code_that_gives_events_trains_the_same_network():
    values = torch.rand(40, 12, generator=torch.Generator().manual_seed(0))
    labels = (values[:, 0] > 0.5).long()
    losses = []
    for events in (False, True):
        encode = partial(latency_code, steps=30, events=events)
        network = SpikingNetwork((12, 16, 2), generator=torch.Generator().manual_seed(1))
        history = fit(
            network,
            values,
            labels,
            encode=encode,
            epochs=2,
            batch_size=10,
            progress=False,
            generator=torch.Generator().manual_seed(2),
        )
        losses.append(torch.tensor(history.loss))
        assert 0 <= accuracy(network, values, labels, encode=encode).value <= 1
    torch.testing.assert_close(*losses)
