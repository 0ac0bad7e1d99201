"""What a user brings to training: a right answer, or an error that says what is accepted."""

import math
from functools import partial

import numpy as np
import pytest
import torch
from helpers import seeded
from torch import nn

from snnbook import data, training
from snnbook.kernels import Events
from snnbook.neurons import LIF, LeakyReadout, NetworkOutput, SpikingNetwork

STEPS, SAMPLES = 12, 7


def examples():
    labels = torch.arange(SAMPLES) % 3
    spikes = (torch.rand(STEPS, SAMPLES, 4, generator=seeded(0)) < 0.4).float()
    return spikes, labels


def network():
    return SpikingNetwork((4, 6, 3), input_rate=30.0, generator=seeded(1))


def fitted(**changed):
    given = {"inputs": spikes, "labels": labels, "epochs": 2, "batch_size": 3}
    given["model"] = changed.pop("model") if "model" in changed else network()
    given |= {"generator": seeded(2), "progress": False} | changed
    return training.fit(given.pop("model"), given.pop("inputs"), given.pop("labels"), **given)


class Returning(nn.Module):
    """A model with one weight that returns what it is told, made from a readout."""

    def __init__(self, make):
        super().__init__()
        self.make, self.weight = make, nn.Parameter(torch.ones(4, 3))

    def forward(self, spikes):
        return self.make(spikes @ self.weight)


class NoWeights(nn.Module):
    def forward(self, spikes):
        return spikes


def frozen():
    return network().requires_grad_(False)


spikes, labels = examples()
other = nn.Linear(1, 1)

#: What is changed, class of the error, and what its message names.
BAD = {
    # inputs
    "list": ({"inputs": spikes.tolist()}, TypeError, "inputs is a list; a torch.Tensor"),
    "numpy": ({"inputs": spikes.numpy()}, TypeError, "inputs is a ndarray.*torch.as_tensor"),
    "events": (
        {"inputs": Events.from_dense(spikes), "batch_first": True},
        ValueError,
        "batch_first is True, and inputs is Events",
    ),
    "no events": ({"inputs": Events.from_dense(spikes[:0])}, ValueError, "inputs is Events of sh"),
    "sparse": ({"inputs": spikes.to_sparse()}, TypeError, "inputs has layout.*to_dense"),
    "none": ({"inputs": None}, TypeError, "inputs is a NoneType"),
    "integers": ({"inputs": spikes.long()}, TypeError, "inputs has dtype torch.int64"),
    "bool": ({"inputs": spikes.bool()}, TypeError, "inputs has dtype torch.bool"),
    "two axes": ({"inputs": spikes[:, :, 0]}, ValueError, r"inputs has shape \(12, 7\); three"),
    "four axes": ({"inputs": spikes[None]}, ValueError, r"shape \(1, 12, 7, 4\); three axes"),
    "no step": ({"inputs": spikes[:0]}, ValueError, "time axis is empty"),
    "no sample": ({"inputs": spikes[:, :0]}, ValueError, "batch axis is empty"),
    "no neuron": ({"inputs": spikes[:, :, :0]}, ValueError, "neuron axis is empty"),
    "nan": ({"inputs": spikes * math.nan}, ValueError, "inputs holds nan or inf"),
    "infinity": ({"inputs": spikes / 0}, ValueError, "inputs holds nan or inf"),
    "neurons": ({"inputs": spikes[:, :, :2]}, ValueError, r"2 .*4 are accepted"),
    # labels
    "labels list": ({"labels": labels.tolist()}, TypeError, "labels is a list; a torch.Tensor"),
    "labels numpy": ({"labels": labels.numpy()}, TypeError, "labels is a ndarray"),
    "labels float": ({"labels": labels.float()}, TypeError, "float32; torch.int64 is accepted"),
    "labels int32": ({"labels": labels.int()}, TypeError, r"convert with .to\(torch.int64\)"),
    "labels bool": ({"labels": labels > 0}, TypeError, "labels has dtype torch.bool"),
    "labels one-hot": ({"labels": torch.eye(3).long()[labels]}, ValueError, r"\(7,\) is accepted"),
    "labels 0-d": ({"labels": torch.tensor(0)}, ValueError, r"shape \(\); \(7,\) is accepted"),
    "labels short": ({"labels": labels[:5]}, ValueError, r"shape \(5,\); \(7,\) is accepted"),
    "labels none": ({"labels": labels[:0]}, ValueError, r"shape \(0,\); \(7,\) is accepted"),
    "labels meta": ({"labels": labels.to("meta")}, ValueError, "labels is on meta, which holds"),
    "labels high": ({"labels": labels + 1}, ValueError, "labels holds 3; class numbers 0 to 2"),
    "labels low": ({"labels": labels - 1}, ValueError, "labels holds -1; class numbers"),
    # numbers
    "epochs 0": ({"epochs": 0}, ValueError, "epochs is 0; a whole number of at least 1"),
    "epochs float": ({"epochs": 2.0}, ValueError, "epochs is 2.0"),
    "batch 0": ({"batch_size": 0}, ValueError, "batch_size is 0"),
    "batch none": ({"batch_size": None}, ValueError, "batch_size is None"),
    "lr text": ({"lr": "1e-3"}, ValueError, "lr is '1e-3'; a finite number above 0"),
    "lr zero": ({"lr": 0}, ValueError, "lr is 0; a finite number above 0"),
    "lr pair": ({"lr": (1e-3, 1e-4)}, ValueError, r"lr is \(0.001, 0.0001\)"),
    "generator": ({"generator": 0}, TypeError, "generator is a int; a torch.Generator"),
    "progress": ({"progress": "no"}, TypeError, "progress is 'no'; True or False"),
    "batch_first": ({"batch_first": "yes"}, TypeError, "batch_first is 'yes'; True or False"),
    # functions
    "loss text": ({"loss": "mean"}, TypeError, "loss is 'mean'; something that can be called"),
    "loss none": ({"loss": None}, TypeError, "loss is None; something that can be called"),
    "loss class": ({"loss": nn.CrossEntropyLoss}, TypeError, "loss is the class CrossEntropyLoss"),
    "loss of torch": (
        {"loss": partial(nn.functional.cross_entropy, label_smoothing=0.1)},
        TypeError,
        "loss is cross_entropy of PyTorch, which has no axis of time.*mean_over_time",
    ),
    "loss object of torch": ({"loss": nn.MSELoss()}, TypeError, "loss is MSELoss of PyTorch"),
    "loss without slope": (
        {
            "loss": lambda r, y: (r.sum() - r.sum().detach()).abs().sqrt(),
            "decide": training.decide_by_sum,
            "batch_size": 100,
        },
        FloatingPointError,
        r"weight became nan or infinite in epoch 1, from a loss that was finite",
    ),
    "loss float": ({"loss": lambda r, y: 0.5}, TypeError, "loss returned a float; a scalar tensor"),
    "loss each": ({"loss": lambda r, y: r.sum(0)[:, 0]}, ValueError, r"loss returned shape \(3,\)"),
    "loss detached": ({"loss": lambda r, y: r.detach().mean()}, ValueError, "loss returned a numb"),
    "loss complex": ({"loss": lambda r, y: r.mean() * 1j}, TypeError, "dtype torch.complex64"),
    "regularizer": ({"regularizer": 0.1}, TypeError, "regularizer is 0.1; something that can be"),
    "regularizer each": (
        {"regularizer": lambda output: output.hidden[0].spikes.sum(0)},
        ValueError,
        r"regularizer returned shape \(3, 6\); a scalar is accepted",
    ),
    "regularizer none": ({"regularizer": lambda output: None}, TypeError, "returned a NoneType"),
    "decide": ({"decide": "sum"}, TypeError, "decide is 'sum'; something that can be called"),
    "gradient": ({"gradient": "bptt"}, TypeError, "gradient is 'bptt'"),
    "gradient none": ({"gradient": lambda *_: None}, TypeError, "gradient returned a NoneType"),
    "gradient list": (
        {"gradient": lambda model, *_: {k: [0.0] for k, _ in model.named_parameters()}},
        TypeError,
        r"gradient\['hidden.0.weight'\] is a list",
    ),
    "gradient nan": (
        {"gradient": lambda model, *_: {k: p / 0 * 0 for k, p in model.named_parameters()}},
        FloatingPointError,
        "gradient returned nan or infinity for 'hidden.0.weight'",
    ),
    "on_epoch": ({"on_epoch": True}, TypeError, "on_epoch is True; something that can be called"),
    "optimizer text": ({"optimizer": "adam"}, TypeError, "optimizer is 'adam'; a class"),
    "optimizer made": (
        {"optimizer": torch.optim.Adam(other.parameters())},
        TypeError,
        "optimizer is a Adam that was made already; a class or a function",
    ),
    "optimizer elsewhere": (
        {"optimizer": lambda parameters, lr: torch.optim.Adam(other.parameters())},
        ValueError,
        "optimizer returned an optimizer of other parameters",
    ),
    "optimizer closure": ({"optimizer": torch.optim.LBFGS}, TypeError, "optimizer is LBFGS"),
    "optimizer nothing": ({"optimizer": lambda parameters, lr: None}, TypeError, "a NoneType; an"),
    # models
    "function": ({"model": lambda spikes: spikes}, TypeError, "model is function; an instance"),
    "class": ({"model": SpikingNetwork}, TypeError, "model is the class SpikingNetwork"),
    "no weights": ({"model": NoWeights()}, ValueError, "model has no parameters"),
    "frozen": ({"model": frozen()}, ValueError, "model has no parameter that asks for a grad"),
    "tuple": ({"model": Returning(lambda r: (r, r))}, TypeError, "the model returned a tuple"),
    "nothing": ({"model": Returning(lambda r: None)}, TypeError, "the model returned a NoneType"),
    "record": (
        {"model": nn.Sequential(LeakyReadout(4, 3))},
        TypeError,
        "the model returned a LeakyRecord; a tensor",
    ),
    "no time": ({"model": Returning(lambda r: r.mean(0))}, ValueError, r"shape \(3, 3\); three"),
    "batch first": (
        {"model": Returning(lambda r: r.transpose(0, 1))},
        ValueError,
        r"the model's readout has shape \(3, 12, 3\); 3 entries on its batch axis",
    ),
    "hidden": (
        {"model": Returning(lambda r: NetworkOutput(r, ("spikes",)))},
        TypeError,
        "the model's hidden holds a str",
    ),
    # validation
    "triple": ({"validation": (spikes, labels, 1)}, TypeError, "validation is a tuple of 3; two"),
    "no pair": ({"validation": spikes}, TypeError, "validation is a Tensor; two tensors"),
    "swapped": ({"validation": (labels, spikes)}, TypeError, r"validation is \(labels, inputs\)"),
    "its inputs": ({"validation": (spikes.long(), labels)}, TypeError, r"validation\[0\] has dt"),
    "its labels": ({"validation": (spikes, labels.int())}, TypeError, r"validation\[1\] has dtype"),
    "its number": ({"validation": (spikes, labels[1:])}, ValueError, r"validation\[1\] has sha"),
    "its classes": ({"validation": (spikes, labels + 9)}, ValueError, "labels holds 11"),
    "its neurons": (
        {"validation": (spikes[..., :2], labels)},
        ValueError,
        r"validation\[0\].*4 en",
    ),
    # encode
    "encode": ({"encode": "latency"}, TypeError, "encode is 'latency'; something that can be"),
    "to list": ({"encode": lambda x: x.tolist()}, TypeError, r"encode\(inputs\) is a list"),
    "to numpy": ({"encode": lambda x: x.numpy()}, TypeError, r"encode\(inputs\) is a ndarray"),
    "to nothing": ({"encode": lambda x: None}, TypeError, r"encode\(inputs\) is a NoneType"),
    "to integers": ({"encode": lambda x: x.long()}, TypeError, r"encode\(inputs\) has dtype"),
    "to batch first": (
        {"encode": lambda x: x.expand(-1, 5, -1), "inputs": spikes[0][:, None]},
        ValueError,
        r"encode\(inputs\) has shape \(3, 5, 4\).*looks batch-first: say batch_first=True",
    ),
}


def encodable(changed):
    """With encode, the samples lie on the first axis."""
    if "encode" in changed and "inputs" not in changed:
        changed = {"inputs": spikes.transpose(0, 1), **changed}
    return changed


@pytest.mark.parametrize("changed, error, says", BAD.values(), ids=BAD)
def test_fit_says_what_it_accepts(changed, error, says):
    with pytest.raises(error, match=says):
        fitted(**encodable(changed))


READ_BY_ACCURACY = [
    name for name, (changed, *_) in BAD.items() if set(changed) <= {"inputs", "labels", "encode"}
]
READ_BY_ACCURACY += ["tuple", "nothing", "record", "no time"]


@pytest.mark.parametrize("name", READ_BY_ACCURACY)
def test_accuracy_says_what_it_accepts(name):
    changed, error, says = BAD[name]
    given = {"model": network(), "inputs": spikes, "labels": labels} | encodable(changed)
    model = given.pop("model")
    says = says.replace("shape \\(3, ", "shape \\(\\d, ")  # all samples are one batch here
    with pytest.raises(error, match=says):
        training.accuracy(model, **given)


@pytest.mark.parametrize(
    "changed, says",
    [
        ({"batch_size": 0}, "batch_size is 0"),
        ({"decide": "sum"}, "decide is 'sum'"),
        ({"model": "network"}, "model is 'network'"),
        ({"batch_first": 1}, "batch_first is 1"),
    ],
)
def test_predict_says_what_it_accepts(changed, says):
    given = {"model": network(), "inputs": spikes} | changed
    with pytest.raises((TypeError, ValueError), match=says):
        training.predict(**given)


# right values ----------------------------------------------------------------------------------

FINE = {
    "numpy lr": {"lr": np.float32(0.01)},
    "whole lr": {"lr": 1, "optimizer": torch.optim.SGD},
    "numpy sizes": {"batch_size": np.int64(3), "epochs": np.int32(2)},
    "one large batch": {"batch_size": 1000},
    "double": {"model": network().double(), "inputs": spikes.double()},
    "number as regularizer": {"regularizer": lambda output: 0.5},
    "list as validation": {"validation": [spikes, labels]},
    "own optimizer": {"optimizer": lambda parameters, lr: torch.optim.Adam(parameters, lr=lr)},
    "one sample": {"inputs": spikes[:, :1], "labels": labels[:1]},
    "one sample and step": {"inputs": spikes[:1, :1], "labels": labels[:1]},
    "bare tensor": {"model": Returning(lambda readout: readout)},
    "bare hidden": {"model": Returning(lambda readout: NetworkOutput(readout, (readout,)))},
    "one record": {"model": Returning(lambda r: NetworkOutput(r, NetworkOutput(r, ())))},
}


@pytest.mark.filterwarnings("ignore:this network cannot learn")
@pytest.mark.parametrize("changed", list(FINE.values())[:-1], ids=list(FINE)[:-1])
def test_fit_takes(changed):
    history = fitted(**changed)
    assert len(history.loss) == 2 and all(map(math.isfinite, history.loss))


def test_a_bare_tensor_is_the_readout():
    class Stack(nn.Module):
        def __init__(self):
            super().__init__()
            self.lif, self.out = LIF(4, 6, generator=seeded(1)), LeakyReadout(6, 3)

        def forward(self, spikes):
            return self.out(self.lif(spikes).spikes).mem

    model = Stack()
    history = fitted(model=model)
    assert history.spike_counts == ((), ())
    assert training.accuracy(model, spikes, labels).n == SAMPLES
    assert training.predict(nn.Sequential(model, nn.Identity()), spikes).shape == (SAMPLES,)


def test_events_come_through_encode():
    images = torch.rand(20, 4, generator=seeded(0))
    targets = torch.arange(20) % 3
    encode = partial(data.latency_code, steps=15, events=True)
    assert len(fitted(inputs=images, labels=targets, encode=encode).loss) == 2


def test_labels_on_another_device_are_named_by_the_losses():
    elsewhere = labels.to("meta")
    for loss in (training.max_over_time, training.mean_over_time, training.sum_over_time):
        with pytest.raises(ValueError, match="labels is on meta; cpu is accepted"):
            loss(torch.zeros(STEPS, SAMPLES, 3), elsewhere)


def test_another_default_device_changes_nothing():
    given = {"inputs": spikes, "labels": labels, "validation": (spikes, labels)}
    given |= {"optimizer": torch.optim.SGD, "generator": seeded(2)}
    model, same = Returning(lambda readout: readout), Returning(lambda readout: readout)
    decide = training.decide_by_loss(lambda r, y: training.mean_over_time(r, y))
    want = fitted(model=same, **given)
    given["generator"] = seeded(2)
    with torch.device("meta"):
        found = fitted(model=model, **given)
        classes = training.predict(model, spikes, decide=decide)
    assert found == want and torch.equal(classes, training.predict(same, spikes))


def test_sums_need_no_double_precision_on_the_device(monkeypatch):
    """Some devices have no float64; only numbers that were brought to the CPU are widened."""
    plain, here = torch.Tensor.double, set()
    bring = torch.Tensor.cpu

    def cpu(tensor):
        found = bring(tensor)
        here.add(id(found))
        return found

    def double(tensor):
        assert id(tensor) in here, "float64 on the device"
        return plain(tensor)

    monkeypatch.setattr(torch.Tensor, "cpu", cpu)
    monkeypatch.setattr(torch.Tensor, "double", double)
    assert len(fitted(validation=(spikes, labels)).loss) == 2


@pytest.mark.parametrize(
    "call, error, says",
    [
        (lambda: training.step_loss("error"), TypeError, "error is 'error'"),
        (lambda: training.rule_gradient("bptt", print), TypeError, "rule is 'bptt'"),
        (lambda: training.rule_gradient(print, "error"), TypeError, "error is 'error'"),
        (lambda: training.step_cross_entropy(labels[:0], 3), ValueError, "at least one sample"),
        (lambda: training.step_cross_entropy(labels - 1, 3), ValueError, "labels holds -1"),
        (
            lambda: training.step_cross_entropy(labels + 1, 3).loss(torch.zeros(3, SAMPLES, 3)),
            ValueError,
            "labels holds 3; class numbers 0 to 2",
        ),
        (
            lambda: training.step_cross_entropy(labels, 3)(torch.zeros(len(labels), 1), 2),
            ValueError,
            "labels holds 2; class numbers 0 to 0 are accepted",
        ),
        (lambda: training.diagnose([0.0]), TypeError, "activity is a list"),
        (lambda: training.diagnose(spikes * math.nan), ValueError, "activity holds nan"),
        (lambda: training.diagnose(network()), ValueError, "inputs is not given"),
        (lambda: training.diagnose(spikes, spikes), ValueError, "inputs is given without"),
        (lambda: training.diagnose(network(), spikes[0]), ValueError, "three axes"),
        (lambda: training.step_cross_entropy(labels, 3)([0.0], 0), TypeError, "readout is a list"),
        (
            lambda: training.step_cross_entropy(labels, 3)(torch.zeros(SAMPLES, 3), 0.5),
            ValueError,
            "n is 0.5; a step from 0 to 2",
        ),
        (
            lambda: training.step_errors(training.step_cross_entropy(labels, 3), [0.0]),
            TypeError,
            "readout is a list",
        ),
        (lambda: training.first_spike_time(spikes, late="a"), ValueError, "late is 'a'"),
        (lambda: training.spike_count_penalty(spikes, linear="a"), ValueError, "linear is 'a'"),
        (lambda: training.wilson_interval(1, 2, "a"), ValueError, "confidence is 'a'"),
        (lambda: training.seed_interval(None), TypeError, "values is None; one number"),
        (lambda: training.seed_interval(["a", "b"]), TypeError, r"values is \['a', 'b'\]"),
        (lambda: training.SideBySide((4, 3), 7), TypeError, "seeds is 7; one whole number"),
        (lambda: data.time_first([1.0]), TypeError, "batch is a list"),
        (lambda: data.time_first(torch.zeros(3)), ValueError, r"shape \(3,\); at least two axes"),
    ],
)
def test_other_entries_say_what_they_accept(call, error, says):
    with pytest.raises(error, match=says):
        call()


SIDE = {
    "labels": ((spikes, labels.float()), TypeError, "labels has dtype"),
    "labels list": ((spikes, labels.tolist()), TypeError, "labels is a list"),
    "labels high": ((spikes, labels + 2), ValueError, "labels holds 4"),
    "labels short": ((spikes, labels[1:]), ValueError, r"\(7,\) or \(7, 2\) is accepted"),
    "labels wide": ((spikes, labels[:, None]), ValueError, r"\(7,\) or \(7, 2\) is accepted"),
    "spikes": ((spikes[..., :2], labels), ValueError, "4 entries on the last axis"),
    "networks": ((torch.zeros(9, 7, 3, 4), labels), ValueError, "K = 2 entries on the third axis"),
    "list": ((spikes.tolist(), labels), TypeError, "spikes is a list"),
}


def test_a_score_and_batches_that_are_none_are_named():
    model = training.SideBySide((4, 6, 3), (0, 1))
    with pytest.raises(ValueError, match=r"score returned .*\(B, K, C\) = \(7, 2, 3\) is accepted"):
        training.accuracy_side_by_side(model, spikes, labels, score=lambda readout: readout)
    with pytest.raises(TypeError, match="batches returned a Tensor; two tensors"):
        training.fit_side_by_side(model, lambda step: spikes, steps=1, lr=1e-3)
    with pytest.raises(TypeError, match="batches is 3; something that can be called"):
        training.fit_side_by_side(model, 3, steps=1, lr=1e-3)


@pytest.mark.parametrize("batch, error, says", SIDE.values(), ids=SIDE)
def test_networks_side_by_side_say_what_they_accept(batch, error, says):
    model = training.SideBySide((4, 6, 3), (0, 1))
    with pytest.raises(error, match=says):
        training.fit_side_by_side(model, lambda step: batch, steps=1, lr=1e-3)
    with pytest.raises(error, match=says):
        training.accuracy_side_by_side(model, *batch)
