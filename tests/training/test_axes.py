"""Axes that happen to fit: where the package can know the order, it says so."""

from functools import partial

import pytest
import torch
from helpers import seeded
from hypothesis import given, settings, strategies as st

from snnbook import data
from snnbook.neurons import NetworkOutput, SpikingNetwork
from snnbook.training import accuracy, fit, predict
from snnbook.training._batches import Batches

SAMPLES = 40


def task(steps):
    """Two classes, told apart by which half of eight inputs is more active, time first."""
    labels = torch.arange(SAMPLES) % 2
    rates = torch.where((torch.arange(8) < 4) == (labels[:, None] == 0), 0.3, 0.05)
    return (torch.rand(steps, SAMPLES, 8, generator=seeded(7)) < rates).float(), labels


def learn(inputs, labels, **options):
    model = SpikingNetwork((8, 12, 2), generator=seeded(0))
    settings = {"epochs": 4, "batch_size": 10, "lr": 0.01, "generator": seeded(1)} | options
    return model, fit(model, inputs, labels, progress=False, **settings)


def echo(spikes):
    return NetworkOutput(spikes, ())


# without encode --------------------------------------------------------------------------------


def test_equal_lengths_ask_for_the_order():
    inputs, labels = task(SAMPLES)
    says = r"shape \(40, 40, 8\); its time and batch axes.*say batch_first=False.*batch_first=True"
    for call in (learn, partial(accuracy, echo)):
        with pytest.raises(ValueError, match=says):
            call(inputs, labels)
    _, stated = learn(inputs, labels, batch_first=False)
    _, turned = learn(inputs.transpose(0, 1), labels, batch_first=True)
    assert stated == turned and stated.accuracy[-1] > 0.9


@settings(max_examples=30, deadline=None)
@given(steps=st.integers(1, 9), samples=st.integers(2, 9))
def test_batch_first_data_is_turned_round_or_named(steps, samples):
    readout = torch.randn(steps, samples, 3, generator=seeded(steps))
    labels = readout.sum(0).argmax(1)
    turned = data.time_first(readout)  # its own inverse
    assert accuracy(echo, turned, labels, batch_first=True).value == 1
    assert accuracy(echo, readout, labels, batch_first=False).value == 1
    assert torch.equal(predict(echo, turned, batch_first=True), labels)
    if steps == samples:
        with pytest.raises(ValueError, match="cannot be checked"):
            accuracy(echo, readout, labels)
    else:
        assert accuracy(echo, readout, labels).value == 1
        with pytest.raises(ValueError, match="looks batch-first: say batch_first=True"):
            accuracy(echo, turned, labels)


def test_one_step_of_one_sample_needs_no_word():
    assert accuracy(echo, torch.ones(1, 1, 1), torch.tensor([0])).value == 1


def test_validation_samples_follow_the_training_samples():
    inputs, labels = task(10)
    few = inputs[:, :10], labels[:10]  # as many as steps, and time first as the others
    want = learn(inputs, labels, validation=few)[1]
    turned = inputs.transpose(0, 1), labels
    few_turned = few[0].transpose(0, 1), few[1]
    assert learn(*turned, batch_first=True, validation=few_turned)[1] == want
    with pytest.raises(ValueError, match=r"validation\[0\].*looks batch-first"):
        learn(inputs, labels, validation=turned)


# with encode -----------------------------------------------------------------------------------


def batch_first_code(images, steps):
    """A code as other libraries have it: (B, T, N)."""
    return data.constant_code(images, steps=steps).transpose(0, 1)


@pytest.mark.parametrize("steps", [9, 10, 11])
def test_an_encoder_that_puts_the_batch_first_is_named_or_turned(steps):
    images, labels = torch.rand(SAMPLES, 8, generator=seeded(3)), torch.arange(SAMPLES) % 2
    encode = partial(batch_first_code, steps=steps)
    with pytest.raises(ValueError, match=r"encode\(inputs\) has shape"):
        learn(images, labels, encode=encode)
    with pytest.raises(ValueError, match=r"encode\(inputs\) has shape"):
        predict(SpikingNetwork((8, 2)), images, encode, batch_size=10)
    turned = learn(images, labels, encode=encode, batch_first=True)[1]
    assert turned == learn(images, labels, encode=partial(data.constant_code, steps=steps))[1]


def test_an_own_encoder_is_asked_once_where_shapes_cannot_tell():
    sizes = []

    def encode(images, steps=10):
        sizes.append(len(images))
        return data.constant_code(images, steps=steps)

    images, labels = torch.rand(SAMPLES, 8, generator=seeded(3)), torch.arange(SAMPLES) % 2
    learn(images, labels, encode=encode, epochs=2, validation=(images[:10], labels[:10]))
    assert sizes == [10, 5, *[10] * 3, 10, *[10] * 4, 10]
    sizes.clear()
    learn(images, labels, encode=encode, epochs=1, batch_first=False)
    assert sizes == [10] * 4
    sizes.clear()
    learn(images, labels, encode=partial(encode, steps=20), epochs=1)
    assert sizes == [10] * 4


def test_an_encoder_of_the_package_is_not_asked():
    """Its random numbers stay those of one call a batch."""
    draws, again = seeded(5), seeded(5)
    encode = partial(data.rate_code, steps=10, generator=draws)
    images = torch.rand(10, 8, generator=seeded(3))
    spikes = Batches(images, encode)[torch.arange(10)]
    assert torch.equal(spikes, data.rate_code(images, steps=10, generator=again))


def test_events_name_their_axes():
    images = torch.rand(10, 8, generator=seeded(3))
    encode = partial(data.latency_code, steps=10, events=True)
    assert Batches(images, encode)[torch.arange(10)].shape == (10, 10, 8)
    with pytest.raises(ValueError, match="batch_first is True.*Events, which name their axes"):
        Batches(images, encode, True)[torch.arange(10)]
