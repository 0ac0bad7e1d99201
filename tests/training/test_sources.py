"""Data of one's own: tensors, events, data sets and loaders train the same network."""

from functools import partial

import numpy as np
import pytest
import torch
from helpers import seeded
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

from snnbook import data
from snnbook.kernels import Events
from snnbook.neurons import NetworkOutput, SpikingNetwork
from snnbook.training import (
    accuracy,
    class_weights,
    decide_by_loss,
    decide_by_max,
    decide_by_sum,
    fit,
    max_over_time,
    mean_over_time,
    predict,
    rule_gradient,
    step_cross_entropy,
    step_loss,
    sum_over_time,
)

STEPS, SAMPLES, INPUTS = 20, 12, 6


def task():
    """Three classes, each with two active inputs."""
    labels = torch.arange(SAMPLES) % 3
    rates = torch.where(torch.arange(INPUTS) // 2 == labels[:, None], 0.4, 0.05)
    return (torch.rand(STEPS, SAMPLES, INPUTS, generator=seeded(7)) < rates).float(), labels


def learned(inputs, labels=None, **changed):
    model = SpikingNetwork((INPUTS, 10, 3), input_rate=150.0, generator=seeded(0))
    options = {"epochs": 2, "batch_size": 5, "generator": seeded(1), "lr": 0.01} | changed
    history = fit(model, inputs, labels, progress=False, **options)
    return [history, *(p.tolist() for p in model.parameters())]


class Recordings(Dataset):
    """Samples (T, N) and labels; each as long as its length."""

    def __init__(self, lengths=None, make=lambda x: x):
        spikes, labels = task()
        lengths = torch.full((SAMPLES,), STEPS) if lengths is None else lengths
        self.samples = [(make(x[:n]), int(y)) for x, n, y in zip(spikes.unbind(1), lengths, labels)]

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, k):
        return self.samples[k]


def one(spikes):
    return Events.from_dense(spikes[:, None])


# one training, whatever holds the samples ------------------------------------------------------

HOLDERS = {
    "a data set": Recordings,
    "a list of pairs": lambda: list(Recordings()),
    "arrays": partial(Recordings, make=lambda x: x.numpy()),
    "truth values": partial(Recordings, make=lambda x: x.bool()),
    "bytes": partial(Recordings, make=lambda x: x.byte().numpy()),
    "sparse": partial(Recordings, make=lambda x: x.to_sparse()),
}


@pytest.mark.parametrize("make", HOLDERS.values(), ids=HOLDERS)
def test_a_data_set_trains_as_the_tensor_does(make):
    assert learned(make()) == learned(*task())


def test_events_train_as_the_tensor_does_in_any_holder():
    spikes, labels = task()
    events = Events.from_dense(spikes)
    from_events = learned(events, labels, validation=(events, labels))
    assert from_events == learned(Recordings(make=one), validation=Recordings(make=one))
    dense = learned(spikes, labels)
    np.testing.assert_allclose(from_events[1], dense[1], atol=1e-6)  # sums in another order
    whole = [events[:, k : k + 1] for k in range(SAMPLES)]
    assert learned(whole, labels, validation=(events, labels)) == from_events


def test_a_loader_trains_as_the_tensor_does():
    spikes, labels = task()
    order = [torch.randperm(SAMPLES, generator=g).tolist() for g in [seeded(1)] for _ in range(2)]

    class InOrder:  # a sampler with the order that fit would draw
        def __init__(self):
            self.epochs = iter(order)

        def __iter__(self):
            return iter(next(self.epochs))

        def __len__(self):
            return SAMPLES

    def loader(samples, **options):
        return DataLoader(samples, batch_size=5, sampler=InOrder(), **options)

    alone = {"batch_size": None, "generator": None}
    wanted = learned(spikes, labels, validation=(spikes, labels))
    turned = TensorDataset(spikes.transpose(0, 1), labels)
    check = DataLoader(turned, batch_size=SAMPLES)  # a mean of other batches rounds otherwise
    own = learned(loader(turned), batch_first=True, validation=check, **alone)
    assert own == wanted
    together = loader(Recordings(), collate_fn=data.collate)
    assert learned(together, validation=Recordings(), **alone) == wanted
    in_turn = loader(Recordings(), collate_fn=lambda samples: tuple(data.collate(samples))[:2])
    assert learned(in_turn, validation=(spikes, labels), **alone) == wanted
    assert (
        learned(
            loader(TensorDataset(torch.arange(SAMPLES), labels)),
            encode=lambda k: spikes[:, k],
            validation=(torch.arange(SAMPLES), labels),
            **alone,
        )
        == wanted
    )


def test_accuracy_and_classes_do_not_depend_on_the_holder():
    model = SpikingNetwork((INPUTS, 10, 3), input_rate=150.0, generator=seeded(0))
    spikes, labels = task()
    wanted = predict(model, spikes)
    loader = DataLoader(Recordings(), batch_size=5, num_workers=1, collate_fn=data.collate)
    unlabeled = [sample for sample, _ in Recordings()]
    turned = DataLoader(TensorDataset(spikes.transpose(0, 1)), batch_size=5)
    for held in (Events.from_dense(spikes), Recordings(), loader, unlabeled):
        assert torch.equal(predict(model, held, batch_size=4), wanted)
    assert torch.equal(predict(model, turned, batch_first=True), wanted)
    value = accuracy(model, spikes, labels)
    assert value == accuracy(model, Recordings()) == accuracy(model, loader)
    assert value == accuracy(model, unlabeled, labels)


def test_a_square_batch_asks_for_the_order_once():
    square = TensorDataset(torch.zeros(SAMPLES, 4, INPUTS), task()[1])
    model = SpikingNetwork((INPUTS, 3))
    with pytest.raises(ValueError, match="batch 0 of inputs .*say batch_first=False"):
        accuracy(model, DataLoader(square, batch_size=4))
    assert accuracy(model, DataLoader(square, batch_size=4), batch_first=True).n == SAMPLES
    with pytest.raises(ValueError, match="looks batch-first: say batch_first=True"):
        accuracy(model, DataLoader(square, batch_size=3))


# unequal durations -----------------------------------------------------------------------------

LENGTHS = torch.tensor([20, 7, 15, 20, 9, 20, 11, 20, 5, 20, 3, 20])
LOSSES = {
    "mean": mean_over_time,
    "sum": partial(sum_over_time, scale=0.1),
    "max": max_over_time,
}


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_a_loss_with_lengths_is_the_mean_of_the_losses_of_each_sample_alone(loss):
    readout = torch.randn(STEPS, SAMPLES, 3, generator=seeded(3), dtype=torch.float64)
    labels = task()[1]
    readout.requires_grad_()
    value = loss(readout, labels, lengths=LENGTHS)
    alone = [loss(readout[:n, [b]], labels[[b]]) for b, n in enumerate(LENGTHS.tolist())]
    torch.testing.assert_close(value, torch.stack(alone).mean())
    (gradient,) = torch.autograd.grad(value, readout)
    assert all(not gradient[n:, b].any() for b, n in enumerate(LENGTHS.tolist()))


@pytest.mark.parametrize(
    "decide",
    [decide_by_max, decide_by_sum, partial(decide_by_sum, last=4), decide_by_loss(max_over_time)],
    ids=("max", "sum", "last", "loss"),
)
def test_a_decision_with_lengths_is_that_of_each_sample_alone(decide):
    readout = torch.randn(STEPS, SAMPLES, 3, generator=seeded(4)) - 1
    alone = [decide(readout[:n, [b]]) for b, n in enumerate(LENGTHS.tolist())]
    assert torch.equal(decide(readout, lengths=LENGTHS), torch.cat(alone))
    assert not torch.equal(decide(readout), torch.cat(alone))


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_what_follows_a_sample_does_not_count(loss):
    """A tensor with lengths and noise after each end trains as the recordings do."""
    spikes, labels = task()
    noisy = spikes.clone()
    for b, n in enumerate(LENGTHS.tolist()):
        noisy[n:, b] = 1.0
    recordings = Recordings(LENGTHS)
    padded = data.collate(list(recordings))
    assert torch.equal(padded.lengths, LENGTHS) and torch.equal(padded.labels, labels)
    options = {"loss": loss, "batch_size": SAMPLES, "lr": 0.001}
    whole = learned(recordings, validation=recordings, **options)
    told = {"labels": labels, "lengths": LENGTHS, "validation": (noisy, labels, LENGTHS)}
    assert learned(padded.spikes, **told, **options) == whole
    history, *weights = learned(noisy, **told, **options)  # sums in another order
    assert history.loss == pytest.approx(whole[0].loss, abs=1e-5)
    assert history.spike_counts == whole[0].spike_counts
    assert history.validation_accuracy == whole[0].validation_accuracy
    for weight, wanted in zip(weights, whole[1:], strict=True):
        np.testing.assert_allclose(weight, wanted, atol=1e-5)
    model = SpikingNetwork((INPUTS, 10, 3), input_rate=150.0, generator=seeded(0))
    at_once = predict(model, noisy, lengths=LENGTHS)
    assert torch.equal(at_once, predict(model, recordings, batch_size=3))
    assert accuracy(model, noisy, labels, lengths=LENGTHS) == accuracy(model, recordings)


def test_a_loss_without_lengths_is_named_only_if_durations_differ():
    def loss(readout, labels):
        return mean_over_time(readout, labels)

    learned(Recordings(), loss=loss)
    with pytest.raises(TypeError, match="loss is .*has no argument lengths.*mean_over_time"):
        learned(Recordings(LENGTHS), loss=loss)
    with pytest.raises(TypeError, match="decide is .*has no argument lengths.*decide_by_sum"):
        learned(Recordings(LENGTHS), decide=lambda readout: readout.sum(0).argmax(1))
    by_rule = rule_gradient(lambda *given: {}, step_cross_entropy)
    for loss in (mean_over_time, step_loss(step_cross_entropy)):
        with pytest.raises(ValueError, match="gradient is given, and the samples last differently"):
            learned(Recordings(LENGTHS), gradient=by_rule, loss=loss)


# classes of unequal size ------------------------------------------------------------------------


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_class_weights_count_a_class_as_its_samples_repeated(loss):
    readout = torch.randn(STEPS, 4, 2, generator=seeded(5), dtype=torch.float64)
    labels = torch.tensor([0, 0, 0, 1])
    repeated = [0, 1, 2, 3, 3, 3]
    weights = class_weights(labels)
    torch.testing.assert_close(weights, torch.tensor([4 / 6, 4 / 2]))
    value = loss(readout, labels, class_weights=weights)
    torch.testing.assert_close(value, loss(readout[:, repeated], labels[repeated]))
    lengths = torch.tensor([STEPS, 3, 9, 5])
    value = loss(readout, labels, class_weights=weights, lengths=lengths)
    wanted = loss(readout[:, repeated], labels[repeated], lengths=lengths[repeated])
    torch.testing.assert_close(value, wanted)


def test_class_weights_of_a_class_without_samples_and_wrong_ones():
    assert class_weights(torch.tensor([1, 1]), 3).tolist() == pytest.approx([0, 1 / 3, 0])
    readout, labels = torch.zeros(4, 2, 3), torch.tensor([0, 1])
    for wrong, says in (
        (torch.ones(2), r"class_weights has shape \(2,\).*\(3,\) is accepted"),
        (torch.tensor([1.0, -1.0, 1.0]), "class_weights holds a number that is negative"),
        ([1.0, 1.0, 1.0], "class_weights is a list"),
    ):
        with pytest.raises((TypeError, ValueError), match=says):
            mean_over_time(readout, labels, class_weights=wrong)
    with pytest.raises(ValueError, match="labels is empty"):
        class_weights(torch.zeros(0, dtype=torch.int64))
    with pytest.raises(ValueError, match="classes is 1; a whole number of at least 2"):
        class_weights(torch.tensor([1]), 1)


# what is refused --------------------------------------------------------------------------------


class Stream(IterableDataset):
    def __iter__(self):
        return iter(Recordings())


def changed(k, sample):
    samples = list(Recordings())
    samples[k] = sample
    return samples


X = torch.zeros(STEPS, INPUTS)
REFUSED = {
    "stream": (Stream(), {}, "inputs is a Stream; a DataLoader of it is accepted"),
    "iterator": (
        (batch for batch in [1]),
        {"batch_size": None},
        "inputs is a generator, which can be looped over only once",
    ),
    "empty": (DataLoader([]), {"batch_size": None}, "inputs gave no batch"),
    "size": (DataLoader(Recordings()), {}, "batch_size is given with a loader"),
    "no size": (Recordings(), {"batch_size": None}, "batch_size is None; a whole number"),
    "no order": (Recordings(), {"generator": None}, "generator is a NoneType|generator is None"),
    "no labels": ([X, X], {}, "inputs has samples without labels; pairs"),
    "some labels": (changed(3, X), {}, r"inputs\[3\] is a Tensor without a label"),
    "float label": (changed(3, (X, 0.5)), {}, r"inputs\[3\] has the label 0.5; a class number"),
    "high label": (changed(3, (X, 7)), {}, "labels holds 7; class numbers 0 to 2"),
    "axes": (changed(3, (X[0], 0)), {}, r"inputs\[3\] has shape \(6,\).*\(T, N\)"),
    "width": (changed(3, (X[:, :2], 0)), {}, r"samples\[.\] has . neurons; . are accepted"),
    "lists": (changed(3, (X.tolist(), 0)), {}, r"inputs\[3\] is a list; spikes in an array"),
    "batch": (
        changed(3, (Events.from_dense(torch.zeros(STEPS, 2, INPUTS)), 0)),
        {},
        r"inputs\[3\] is Events of shape \(20, 2, 6\); \(T, 1, N\)",
    ),
    "lengths": (Recordings(), {"lengths": LENGTHS}, "lengths is given with a Recordings"),
    "parts": ([[(X, 0, 1, 2)]], {"batch_size": None}, "accepted"),
}


@pytest.mark.parametrize("inputs, options, says", REFUSED.values(), ids=REFUSED)
def test_what_holds_no_samples_is_named(inputs, options, says):
    with pytest.raises((TypeError, ValueError), match=says):
        learned(inputs, **options)


@pytest.mark.parametrize(
    "lengths, says",
    [
        (LENGTHS.float(), "lengths has dtype torch.float32; torch.int64 is accepted"),
        (LENGTHS[1:], r"lengths has shape \(11,\); \(12,\) is accepted"),
        (LENGTHS + 1, "lengths holds 21; numbers of steps from 1 to 20"),
        (LENGTHS - 3, "lengths holds 0; numbers of steps from 1"),
        (LENGTHS.tolist(), "lengths is a list"),
    ],
)
def test_wrong_lengths_are_named(lengths, says):
    with pytest.raises((TypeError, ValueError), match=says):
        learned(*task(), lengths=lengths)


def test_batches_of_a_loader_are_checked():
    spikes, labels = task()

    def run(batch, **options):
        class Once:
            def __iter__(self):
                yield batch

        return accuracy(lambda x: NetworkOutput(x, ()), Once(), **options)

    for batch, options, says in (
        ((spikes, labels, LENGTHS, 1), {}, "batch 0 of inputs has 4 parts"),
        ((spikes, labels[1:]), {}, "batch 0 of inputs has 11 labels for 12 samples"),
        ((spikes, labels.tolist()), {}, "labels of batch 0 of inputs is a list"),
        ((spikes, labels, LENGTHS + 9), {}, "lengths of batch 0 of inputs holds 29"),
        (("spikes", labels), {}, "batch 0 of inputs is a str"),
        (data.Batch(spikes, labels), {"batch_first": True}, "Batch of data.collate"),
        ((spikes,), {}, "inputs has samples without labels"),
    ):
        with pytest.raises((TypeError, ValueError), match=says):
            run(batch, **options)
