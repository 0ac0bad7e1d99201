"""Events: the sparse twin of a dense tensor of spikes."""

import copy
import pickle
from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st
from torch.utils.data import DataLoader

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


# a value: indexed, joined, moved, compared, saved --------------------------------------------


def some(steps=7, batch=4, features=5, seed=0, density=0.3):
    generator = torch.Generator().manual_seed(seed)
    return (torch.rand(steps, batch, features, generator=generator) < density).float()


@pytest.mark.parametrize(
    "index",
    [
        3,
        -1,
        slice(2, 5),
        slice(None, None, 2),
        slice(None, None, -1),
        slice(5, 5),
        [0, 0, 6],
        torch.tensor([4, 1]),
        np.arange(7) > 2,
        (slice(1, 4), slice(0, 2)),
        (slice(None), 2),
        (slice(None), torch.tensor([3, 0, 3])),
        (slice(None), [True, False, False, True]),
        (2, slice(1, 3)),
        (np.int64(2), np.int64(0)),
    ],
    ids=str,
)
def test_an_index_gives_what_the_dense_twin_gives(index):
    spikes = some()
    found = Events.from_dense(spikes)[index]
    as_numpy = index.numpy() if isinstance(index, torch.Tensor) else index
    expected = torch.from_numpy(spikes.numpy()[as_numpy].copy())
    whole = isinstance(found, Events)
    assert whole == (expected.dim() == 3)
    assert torch.equal(found.to_dense() if whole else found, expected)


def test_steps_are_counted_and_looped_over():
    spikes = some()
    events = Events.from_dense(spikes)
    assert len(events) == 7
    assert torch.equal(torch.stack(list(events)), spikes)


def test_a_wrong_index_says_what_is_accepted():
    events = Events.from_dense(some())
    for index, error, says in (
        (7, IndexError, "index of time is 7; -7 to 6 is accepted"),
        ([9], ValueError, "index of time.*0 to 6 are accepted"),
        ("one", (TypeError, ValueError), "index of time.*accepted"),
        (0.5, (TypeError, ValueError), "index of time.*accepted"),
        ((slice(None), [4]), ValueError, "index of samples.*0 to 3 are accepted"),
        ((0, 0, 0), ValueError, "3 entries; .*to_dense"),
    ):
        with pytest.raises(error, match=says):
            events[index]


def test_parts_are_joined_over_samples():
    spikes = some(batch=6)
    parts = [Events.from_dense(spikes[:, k]) for k in (slice(0, 1), slice(1, 4), slice(4, 6))]
    assert Events.cat(parts) == Events.from_dense(spikes)
    short = Events.from_dense(spikes[:4, :2])
    padded = Events.cat([short, parts[1]], steps=9)
    expected = torch.zeros(9, 5, 5)
    expected[:4, :2], expected[:7, 2:] = spikes[:4, :2], spikes[:, 1:4]
    assert torch.equal(padded.to_dense(), expected)
    for wrong, steps, says in (
        ([], None, "parts is empty; at least one"),
        ([short, spikes], None, r"parts\[1\] is a Tensor; Events are accepted"),
        ([short, parts[0]], None, r"parts\[1\] has 7 steps and parts\[0\] 4.*steps=7"),
        ([parts[0]], 3, "steps is 3; at least 7"),
        ([parts[0], Events.from_dense(torch.zeros(7, 1, 2))], None, r"2 neurons; 5 are accepted"),
    ):
        with pytest.raises((TypeError, ValueError), match=says):
            Events.cat(wrong, steps)


def test_they_compare_copy_and_save_as_a_value(tmp_path):
    events = Events.from_dense(some())
    assert events == Events.from_dense(some()) and events != Events.from_dense(some(seed=1))
    assert events != Events.from_dense(some())[:6] and events != "events"
    assert pickle.loads(pickle.dumps(events)) == events == copy.deepcopy(events)
    torch.save(events, tmp_path / "events.pt")
    assert torch.load(tmp_path / "events.pt", weights_only=False) == events
    assert events.to("cpu") is events and events.to(torch.device("cpu")).device.type == "cpu"
    with pytest.raises(ValueError, match="device is 'nowhere'; a device .* is accepted"):
        events.to("nowhere")
    assert repr(events) == f"Events(shape=(7, 4, 5), {int(some().sum())} spikes)"


def test_workers_of_a_loader_send_them():
    samples = [(Events.from_dense(some(batch=1, seed=k)), k) for k in range(3)]
    loader = DataLoader(samples, batch_size=None, num_workers=1)
    for (found, number), (sent, k) in zip(loader, samples, strict=True):
        assert found == sent and number == k


# from what recordings hold ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [
        lambda x: x.numpy(),
        lambda x: x.bool(),
        lambda x: x.byte(),
        lambda x: x.numpy().astype(bool),
        lambda x: x.to_sparse(),
        lambda x: x.bool().to_sparse(),
        lambda x: torch.stack([x, x]).to_sparse()[1],
    ],
)
def test_arrays_of_every_kind_are_taken(make):
    assert Events.from_dense(make(some())) == Events.from_dense(some())


def test_sparse_counts_are_no_spikes():
    twice = torch.tensor([[[2.0]]]).to_sparse()
    with pytest.raises(ValueError, match="other than 0 and 1"):
        Events.from_dense(twice)
    with pytest.raises(ValueError, match=r"shape \(5, 5\); three axes"):
        Events.from_dense(torch.eye(5).to_sparse())


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**31), dt=st.sampled_from([1e-3, 5e-4, 0.1, 1 / 3]))
def test_times_in_steps_and_in_seconds_give_the_same_events(seed, dt):
    spikes = some(steps=200, batch=3, seed=seed, density=0.05)
    steps = [[row.nonzero()[:, 0].tolist() for row in sample.T] for sample in spikes.unbind(1)]
    seconds = [[[n * dt for n in row] for row in sample] for sample in steps]
    expected = Events.from_dense(spikes)
    assert Events.from_times(steps, steps=200) == expected
    assert Events.from_times(seconds, dt=dt, steps=200) == expected  # n * dt / dt is not always n
    flat = [sample.nonzero() for sample in spikes.unbind(1)]
    times, units = [x[:, 0].numpy() * dt for x in flat], [x[:, 1] for x in flat]
    assert Events.from_times(times, units, features=5, dt=dt, steps=200) == expected


def test_samples_of_unequal_durations_end_in_silence():
    events = Events.from_times([[[0, 9]], [[1]], [[]]])
    assert events.shape == (10, 3, 1)
    assert events.to_dense()[:, 1, 0].nonzero().flatten().tolist() == [1]
    assert Events.from_times([[3], []], [[2], []]).shape == (4, 2, 3)


@pytest.mark.parametrize(
    ("given_", "says"),
    [
        ({"times": 3}, "times is 3; one list for each sample"),
        ({"times": [3]}, r"times\[0\] is 3; one list of times for each unit, or units="),
        ({"times": [[3]]}, r"times\[0\]\[0\] is 3; a list of the times of one unit"),
        ({"times": [[[0.01]]]}, r"holds 0.01, which is no whole number.*dt"),
        ({"times": [[[-1]]]}, r"times\[0\] holds -1; finite times of at least 0"),
        ({"times": [[[float("nan")]]], "dt": 1e-3}, r"times\[0\] holds nan; finite"),
        ({"times": [[["a"]]]}, r"times\[0\].*accepted"),
        ({"times": [[[1e30]]], "dt": 1e-3}, r"times\[0\] reaches step 1e\+33; at most"),
        ({"times": [[[1]]], "dt": -1e-3}, "dt is -0.001"),
        ({"times": [[[1]], [[120]]], "steps": 100}, r"steps is 100, and times\[1\].*least 121"),
        ({"times": [[[1]]], "steps": 0}, "steps is 0; a whole number of at least 1"),
        ({"times": [[[1], [2]]], "features": 1}, "features is 1, and times has 2 units"),
        ({"times": [[1, 2]], "units": [[0]]}, r"units\[0\] has 1 entries and times\[0\] 2"),
        ({"times": [[1]], "units": [[0], [0]]}, "units has 2 samples and times 1"),
        ({"times": [[1]], "units": [[0.5]]}, r"units\[0\].*whole numbers"),
        ({"times": [[1]], "units": [[5]], "features": 2}, "neurons leaves the range 0 to 1"),
    ],
)
def test_bad_times_are_named(given_, says):
    with pytest.raises((TypeError, ValueError), match=says):
        Events.from_times(**given_)
