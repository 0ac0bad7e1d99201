"""A network that cannot learn is named once, with its remedy; a healthy one never."""

import warnings
from functools import partial

import pytest
import torch
from helpers import seeded
from torch import nn

from snnbook import surrogates
from snnbook.data import time_first
from snnbook.gradients import bptt
from snnbook.neurons import LIFNeuron, SpikingNetwork
from snnbook.training import (
    accuracy,
    diagnose,
    fit,
    max_over_time,
    mean_over_time,
    predict,
    rule_gradient,
    spike_count_penalty,
    step_cross_entropy,
    step_loss,
    sum_over_time,
)

CLASSES, SAMPLES = 4, 48


def task(classes=CLASSES, samples=SAMPLES, steps=25):
    """Class c drives inputs 3c to 3c + 2 more than the others."""
    labels = torch.arange(samples) % classes
    rates = torch.full((samples, 3 * classes), 0.03)
    for k in range(3):
        rates[torch.arange(samples), 3 * labels + k] = 0.4
    spikes = torch.rand(steps, samples, 3 * classes, generator=seeded(5)) < rates
    return spikes.float(), labels


def drawn(model, *scales, seed=0):
    """Draw the weights of each layer anew, so that no choice of initial weights matters here."""
    generator = seeded(seed)
    with torch.no_grad():
        for weight, scale in zip(model.parameters(), scales, strict=True):
            weight.normal_(0.0, scale / weight.shape[1] ** 0.5, generator=generator)
    return model


def network(classes=CLASSES, hidden=20, surrogate=None, seed=0):
    neuron = LIFNeuron(surrogate=surrogate or surrogates.fast_sigmoid(width=0.4))
    sizes = (3 * classes, hidden, classes) if hidden else (3 * classes, classes)
    return drawn(SpikingNetwork(sizes, neuron), *((0.28, 0.85) if hidden else (0.28,)), seed=seed)


def said(model, data=None, **options):
    """Return the warnings of a training run, and its history."""
    settings = {"epochs": 3, "batch_size": 12, "lr": 5e-3, "generator": seeded(1)} | options
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        history = fit(model, *(data or task()), progress=False, **settings)
    return [str(one.message) for one in caught], history


# healthy networks ------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", [mean_over_time, sum_over_time, max_over_time])
@pytest.mark.parametrize("hidden", [0, 20])
@pytest.mark.parametrize("batch_size", [1, 12, 48])
def test_a_healthy_network_is_not_named(loss, hidden, batch_size):
    model = network(hidden=hidden, seed=8)
    messages, history = said(model, loss=loss, batch_size=batch_size, epochs=6)
    assert messages == [] and history.loss[-1] < history.loss[0]


def test_a_learned_task_is_not_named():
    """Once all is right by a wide margin, every gradient underflows to zero."""
    model = network()
    messages, history = said(model, loss=sum_over_time, epochs=30, lr=0.1)
    assert messages == [] and history.accuracy[-1] == 1
    output = model(task()[0])
    sum_over_time(output.readout, task()[1]).backward()
    quiet = (task()[0], task()[1])
    assert said(model, quiet, loss=sum_over_time, epochs=2, lr=1e-9)[0] == []


@pytest.mark.parametrize(
    "change",
    [
        lambda model: model.hidden.requires_grad_(False),
        lambda model: model.readout.requires_grad_(False),
        lambda model: nn.init.zeros_(model.readout.weight),  # the first batch reaches it alone
        lambda model: model.register_parameter("spare", nn.Parameter(torch.ones(2))),
    ],
)
def test_what_is_meant_is_not_named(change):
    model = network()
    change(model)
    assert said(model)[0] == []


def test_classes_without_samples_and_numbers_that_are_no_classes_are_not_named():
    inputs, labels = task()
    few = labels % 2
    assert said(network(), (inputs, few), loss=max_over_time, epochs=6)[0] == []
    own = partial(lambda readout, index: readout.square().mean() + 0 * index.sum())
    settings = {"loss": own, "decide": lambda readout: readout.sum(0).argmax(1)}
    assert said(network(), (inputs, torch.arange(SAMPLES)), **settings)[0] == []


def test_a_rule_may_leave_layers_out():
    def readout_only(model, spikes, labels):
        found = rule_gradient(bptt, step_cross_entropy)(model, spikes, labels)
        return {k: v if "readout" in k else torch.zeros_like(v) for k, v in found.items()}

    settings = {"loss": step_loss(step_cross_entropy), "gradient": readout_only}
    assert said(network(), **settings)[0] == []


def test_a_sparse_network_is_not_named():
    price = {"regularizer": lambda output: spike_count_penalty(output.hidden[0].spikes)}
    assert said(network(), **price, epochs=10)[0] == []


# networks that cannot learn --------------------------------------------------------------------


def negative(model):
    with torch.no_grad():
        model.readout.weight.copy_(-model.readout.weight.abs() - 0.1)
    return model


def silent(model, factor=1e-3):
    with torch.no_grad():
        model.hidden[0].weight *= factor
    return model


def saturated(model):
    with torch.no_grad():
        model.hidden[0].weight.fill_(40.0)
    return model


def test_negative_readouts_get_no_gradient_from_a_maximum():
    messages, history = said(negative(network()), loss=max_over_time, epochs=5)
    assert len(messages) == 1 and len(set(history.loss)) == 1
    assert "epoch 1" in messages[0] and "no gradient reaches any parameter" in messages[0]
    assert "loss=mean_over_time" in messages[0]
    messages, history = said(negative(network()), epochs=25, lr=0.02)
    assert messages == [] and history.accuracy[-1] > 0.9  # and from the mean they do


@pytest.mark.parametrize("weight", [-1.0, -3.0])
def test_dead_classes_are_named(weight):
    """A class whose readout is negative throughout cannot be found by its maximum."""

    def start():
        model = network(hidden=0)
        with torch.no_grad():
            model.readout.weight[1] = weight
        return model

    messages, history = said(start(), loss=max_over_time, epochs=30, lr=5e-2)
    assert len(messages) == 1 and history.accuracy[-1] == 0.75
    assert "no gradient reaches the readout of class 1 (of 4)" in messages[0]
    assert "loss=mean_over_time" in messages[0]
    messages, history = said(start(), epochs=30, lr=5e-2)
    assert messages == [] and history.accuracy[-1] == 1


@pytest.mark.parametrize("seed", range(12))
def test_whoever_loses_a_class_to_the_maximum_is_told(seed):
    """Of twelve networks from usual weights, those that end with a dead class, and no other."""
    model, (inputs, labels) = network(seed=seed), task()
    messages, history = said(model, loss=max_over_time, epochs=25)
    right = predict(model, inputs) == labels
    readout = model(inputs).readout.detach()[:, torch.arange(SAMPLES), labels]
    at_rest = (readout.argmax(0) == 0) & ~right
    dead = any(at_rest[labels == c].float().mean() > 0.5 for c in range(CLASSES))
    assert bool(messages) == dead == (history.accuracy[-1] < 0.9)


@pytest.mark.parametrize("factor", [1e-3, 0.0])
def test_silent_layers_are_named(factor):
    narrow = surrogates.piecewise_linear(width=0.1)
    messages, _ = said(silent(network(surrogate=narrow), factor), epochs=5)
    assert len(messages) == 1 and "no neuron of hidden layer 0 spikes" in messages[0]
    assert "scale the weights up" in messages[0]


def test_a_silent_layer_that_wakes_is_not_named():
    model = silent(network(surrogate=surrogates.fast_sigmoid(width=1.0)), 0.1)
    messages, history = said(model, epochs=20, lr=0.05)
    assert history.spike_counts[-1][0] > 0 and messages == []


def test_layers_behind_the_true_derivative_are_named():
    messages, _ = said(network(surrogate=surrogates.true_derivative()), epochs=4)
    assert len(messages) == 1 and "no gradient reaches hidden.0" in messages[0]
    assert "surrogate derivative" in messages[0]


def test_saturated_layers_are_named():
    inputs, labels = task()
    messages, _ = said(saturated(network()), (torch.ones_like(inputs), labels), lr=1e-4)
    assert len(messages) == 1 and "hidden layer 0 spikes in most steps" in messages[0]
    assert "scale the weights down" in messages[0]


def test_each_run_says_it_once():
    model = negative(network())
    for _ in range(2):
        assert len(said(model, loss=max_over_time, epochs=4)[0]) == 1


def words(samples, seed, classes=27):
    """Noisy courses of 20 channels over 40 steps, as spikes where a channel rises or falls."""
    labels = torch.arange(samples) % classes
    courses = 0.15 * torch.randn(classes, 41, 20, generator=seeded(99)).cumsum(1)
    heard = courses[labels] + 0.1 * torch.randn(samples, 41, 20, generator=seeded(seed))
    change = heard.diff(dim=1)
    return time_first(torch.cat([change > 0.2, change < -0.2], 2).float()), labels


def test_a_plausible_first_try_learns_27_classes_and_the_maximum_says_why_not():
    """Nothing is chosen but sizes, epochs, batch size and learning rate."""
    data, new = words(540, 1), words(270, 2)
    options = {"epochs": 10, "batch_size": 30, "lr": 3e-3}
    model = SpikingNetwork((40, 100, 27), generator=seeded(0))
    messages, _ = said(model, data, **options)
    assert messages == [] and accuracy(model, *new).value > 0.7
    other = drawn(SpikingNetwork((40, 100, 27)), 0.95, 0.95)
    messages, _ = said(other, data, loss=max_over_time, **options)
    assert accuracy(other, *new).value < 0.6
    assert len(messages) == 1 and "(of 27)" in messages[0] and "mean_over_time" in messages[0]


# the diagnosis ---------------------------------------------------------------------------------


def test_the_diagnosis_of_spikes_is_what_it_was():
    found = diagnose(torch.zeros(10, 2, 4))
    assert (found.silent, found.saturated, found.spikes_per_step, found.stuck) == (1, 0, 0, 0)
    assert str(found) == (
        "4 of 4 neurons are silent, 0 saturated. "
        "Scale the weights up, raise the input rate, or widen the surrogate."
    )
    assert diagnose(torch.ones(10, 2, 4)).saturated == 1


def test_the_diagnosis_of_a_network_names_layers_and_classes():
    inputs, _ = task()
    well = diagnose(network(), inputs)
    assert well.healthy and "hidden layer 0: " in str(well) and "The layer is active." in str(well)
    assert "readout: 4 of 4 classes rise above their first value." in str(well)
    model = negative(network())
    for found in (diagnose(model, inputs), diagnose(model(inputs))):
        assert not found.healthy and found.stuck == 1
        assert "4 of 4 classes never rise" in str(found) and "mean_over_time" in str(found)
    quiet = diagnose(silent(network()), inputs)
    assert not quiet.healthy and quiet.silent == 1 and "Scale the weights up" in str(quiet)
    loud = diagnose(saturated(network()), torch.ones_like(inputs))
    assert not loud.healthy and loud.saturated == 1 and "Scale the weights down" in str(loud)


def test_a_class_is_stuck_only_for_a_maximum():
    inputs, labels = task()
    model = negative(network())
    fit(model, inputs, labels, epochs=1, batch_size=12, lr=1e-6, generator=seeded(1))
    assert diagnose(model, inputs).healthy  # trained with the mean
    assert not diagnose(model(inputs)).healthy  # of an output alone nobody knows


def test_the_diagnosis_leaves_the_network_as_it_was():
    model = network().train()
    diagnose(model, task()[0])
    assert model.training and all(p.grad is None for p in model.parameters())
