"""Losses and decisions under PyTorch's transforms: the same numbers, checks where they can be."""

import warnings
from functools import partial

import pytest
import torch
from helpers import seeded
from torch.func import grad, jacrev, jvp, vmap
from torch.fx.experimental.proxy_tensor import make_fx

from snnbook import data
from snnbook._validate import check_labels, check_values, values_at_hand
from snnbook.neurons import SpikingNetwork
from snnbook.training import (
    decide_by_first_spike,
    decide_by_max,
    decide_by_sum,
    decision_error,
    first_spike_time,
    max_over_time,
    mean_counts,
    mean_over_time,
    spike_count_penalty,
    step_cross_entropy,
    step_loss,
    step_squared_error,
    sum_over_time,
    ttfs_cross_entropy,
    van_rossum,
)

#: What PyTorch says of its own parts.
pytestmark = [
    pytest.mark.filterwarnings("ignore:.*torch.jit"),
    pytest.mark.filterwarnings("ignore:There is a performance drop"),
]

LOSSES = [
    max_over_time,
    mean_over_time,
    partial(sum_over_time, scale=0.1),
    ttfs_cross_entropy,
    step_loss(step_cross_entropy),
    step_loss(partial(decision_error, window=2)),
    lambda readout, labels: van_rossum(readout, torch.ones_like(readout) * labels[0]),
    lambda readout, labels: step_squared_error(torch.zeros_like(readout)).loss(readout),
    lambda readout, labels: spike_count_penalty(readout, quadratic=1.0) + 0 * labels.sum(),
]


def batch():
    """Return values in [0, 1], and labels."""
    readout = torch.rand(8, 6, 4, generator=seeded(0), dtype=torch.float64)
    return readout, torch.arange(6) % 4


def alone(loss, readout, labels):
    """Return the loss of one sample (T, C)."""
    return loss(readout.unsqueeze(1), labels.reshape(1))


@pytest.mark.parametrize("loss", LOSSES)
def test_the_gradient_of_each_sample(loss):
    readout, labels = batch()
    found = vmap(grad(partial(alone, loss)), in_dims=(1, 0), out_dims=1)(readout, labels)
    for b in range(6):
        own = readout[:, b].clone().requires_grad_()
        (want,) = torch.autograd.grad(alone(loss, own, labels[b]), own)
        torch.testing.assert_close(found[:, b], want)
    per_sample = vmap(partial(alone, loss), in_dims=(1, 0))(readout, labels)
    want = torch.stack([alone(loss, readout[:, b], labels[b]) for b in range(6)])
    torch.testing.assert_close(per_sample, want)


@pytest.mark.parametrize("loss", LOSSES)
def test_other_transforms_give_the_same_derivative(loss):
    readout, labels = batch()
    free = readout.clone().requires_grad_()
    (want,) = torch.autograd.grad(loss(free, labels), free)
    torch.testing.assert_close(grad(lambda r: loss(r, labels))(readout), want)
    torch.testing.assert_close(jacrev(lambda r: loss(r, labels))(readout), want)
    direction = torch.ones_like(readout)
    _, slope = jvp(lambda r: loss(r, labels), (readout,), (direction,))
    torch.testing.assert_close(slope, want.sum())


@pytest.mark.parametrize("loss", LOSSES)
def test_tracers_follow_a_loss(loss):
    readout, labels = batch()
    want = loss(readout, labels)
    graph = make_fx(lambda r, y: loss(r, y))(readout, labels)
    other, turned = 1 - readout, labels.flip(0)
    torch.testing.assert_close(graph(readout, labels), want)
    torch.testing.assert_close(graph(other, turned), loss(other, turned))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        traced = torch.jit.trace(lambda r, y: loss(r, y), (readout, labels), check_trace=False)
    torch.testing.assert_close(traced(readout, labels), want)


@pytest.mark.parametrize("loss", [max_over_time, mean_over_time, ttfs_cross_entropy])
def test_the_compiler_takes_a_loss_whole(loss):
    readout, labels = batch()
    compiled = torch.compile(loss, backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(readout, labels), loss(readout, labels))


@pytest.mark.parametrize("decide", [decide_by_max, decide_by_sum, decide_by_first_spike])
def test_decisions_of_each_sample(decide):
    readout, _ = batch()
    readout = (readout > 0.7).double()
    found = vmap(lambda one: decide(one.unsqueeze(1))[0], in_dims=1)(readout)
    assert torch.equal(found, decide(readout))


def test_the_gradient_of_each_sample_through_a_network():
    network = SpikingNetwork((5, 6, 3), input_rate=300.0, generator=seeded(1), kernel="reference")
    spikes = (torch.rand(15, 4, 5, generator=seeded(2)) < 0.4).float()
    labels = torch.tensor([0, 1, 2, 0])
    weights = dict(network.named_parameters())

    def loss(weights, sample, label):
        out = torch.func.functional_call(network, weights, (sample.unsqueeze(1),))
        return mean_over_time(out.readout, label.reshape(1))

    each = vmap(grad(loss), in_dims=(None, 1, 0))(weights, spikes, labels)
    network.zero_grad()
    mean_over_time(network(spikes).readout, labels).backward()
    for name, parameter in network.named_parameters():
        torch.testing.assert_close(each[name].mean(0), parameter.grad, rtol=1e-4, atol=1e-6)


# checks of values stay where values are --------------------------------------------------------


def test_values_are_at_hand_or_not():
    seen = []

    def look(x):
        seen.append(values_at_hand(x))
        return x.sum()

    x = torch.ones(3, 2)
    look(x), grad(look)(x), jacrev(look)(x)
    assert seen == [True] * 3
    seen.clear()
    vmap(look)(x), vmap(grad(look))(x), grad(lambda x: vmap(look)(x).sum())(x), make_fx(look)(x)
    look(x.to("meta"))
    assert seen == [False] * 5


def test_checks_of_values_stay_outside_of_transforms():
    readout, labels = batch()
    with pytest.raises(ValueError, match="labels holds 8"):
        grad(lambda r: max_over_time(r, labels + 5))(readout)
    with pytest.raises(ValueError, match="outside"):
        jacrev(first_spike_time)(readout + 1)
    with pytest.raises(ValueError, match="labels holds -1"):
        check_labels(labels - 1, 6, 4)
    with pytest.raises(ValueError, match="values spans"):
        check_values("values", torch.full((2, 2), 2.0))


def test_codes_of_each_sample():
    values = torch.rand(5, 3, generator=seeded(3))
    code = partial(data.latency_code, steps=12)
    found = vmap(lambda one: code(one[None])[:, 0], out_dims=1)(values)
    assert torch.equal(found, code(values))


def test_counts_of_each_sample():
    readout, _ = batch()
    found = vmap(lambda one: mean_counts(one.unsqueeze(1)), in_dims=1)(readout)
    torch.testing.assert_close(found, readout.sum(0))
