"""Each layer against a loop written out, step by step."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import pytest
import torch
from helpers import seeded
from torch import Tensor, nn
from torch.nn import functional

from snnbook.kernels import Events
from snnbook.layers import Cells, Dense, over_time, rate_driven_, threshold_norm
from snnbook.neurons import (
    LIF,
    AdaptiveNeuron,
    LeakyNeuron,
    LIFNeuron,
    Neuron,
    RecurrentLIF,
    run,
)
from snnbook.surrogates import gaussian


class Level(NamedTuple):
    level: Tensor


@dataclass(frozen=True)
class Leak(Neuron):
    """A neuron of a reader: one state, spikes above 1, and no synapse."""

    dt: float = 1e-3
    State = Level

    def step(self, state, drive, recurrent_weight=None):
        spikes = (state.level > 1).to(drive)
        if recurrent_weight is not None:
            drive = drive + spikes @ recurrent_weight.T
        return spikes, Level(0.9 * state.level * (1 - spikes) + drive)


NEURONS = {
    "lif": LIFNeuron(tau_mem=20e-3, surrogate=gaussian(0.5), reset_gradient=True),
    "adaptive": AdaptiveNeuron(tau_adapt=50e-3),
    "leaky": LeakyNeuron(),
    "own": Leak(),
}


def spikes(*shape, rate=0.2, seed=1):
    return torch.rand(*shape, generator=seeded(seed)).lt(rate).float()


def looped(neuron: Neuron, drive: Tensor, own: Tensor | None = None) -> tuple[Tensor, tuple]:
    """Return what a neuron sends for a drive (T, B, N), and its last state, by its step alone."""
    state, sent = neuron.initial_state(drive[0]), []
    for x in drive:
        out, state = neuron.step(state, x, own)
        sent.append(out)
    return torch.stack(sent), state


@pytest.mark.parametrize("recurrent", [False, True])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("name", NEURONS)
def test_dense_is_a_loop(name, bias, recurrent):
    neuron, x = NEURONS[name], spikes(30, 3, 5)
    layer = Dense(5, 4, neuron, recurrent=recurrent, bias=bias, rate=40.0, generator=seeded())
    assert (layer.bias is not None, layer.recurrent_weight is not None) == (bias, recurrent)
    if bias:
        layer.bias.data.copy_(torch.tensor([0.1, -0.1, 0.3, 0.0]))
    drive = torch.stack([step @ layer.weight.T + (layer.bias if bias else 0) for step in x])
    want, last = looped(neuron, drive, layer.recurrent_weight)
    outputs, state = layer(x)
    assert want.any() and outputs.allclose(want, atol=1e-5)
    assert type(state) is type(last)
    assert all(a.allclose(b, atol=1e-5) for a, b in zip(state, last))
    assert layer(Events.from_dense(x)).outputs.allclose(want, atol=1e-5)
    if name != "own":  # its spikes have no derivative
        mine, theirs = (
            torch.autograd.grad(y.square().sum(), [*layer.parameters()]) for y in (outputs, want)
        )
        assert all(a.allclose(b, rtol=1e-4, atol=1e-4) for a, b in zip(mine, theirs))


def test_dense_starts_like_the_layers_of_the_book():
    """Same generator, same weights; the spikes are the same bit for bit."""
    x = spikes(30, 3, 5)
    for kind, recurrent in ((LIF, False), (RecurrentLIF, True)):
        ours = Dense(5, 4, LIFNeuron(), recurrent=recurrent, rate=30.0, generator=seeded())
        book = kind(5, 4, LIFNeuron(), rate=30.0, generator=seeded())
        assert torch.equal(ours.weight, book.weight)
        assert torch.equal(ours(x).outputs, book(x).spikes)
        assert torch.equal(ours(x, record=True).hidden[0].mem, book(x).mem)


@pytest.mark.parametrize("neuron", [Leak(), LIFNeuron(), AdaptiveNeuron()], ids=repr)
def test_neurons_start_near_their_rate(neuron):
    layer = Dense(100, 200, neuron, rate=25.0, input_rate=20.0, generator=seeded())
    found = layer(spikes(500, 4, 100, rate=0.02)).outputs.mean() / 1e-3
    assert 12 < found < 50


@pytest.mark.parametrize("learn", [(), ("tau_mem", "threshold")])
def test_constants_learn_in_dense_and_cells(learn):
    x = spikes(30, 3, 5, rate=0.4)
    dense = Dense(5, 4, LIFNeuron(), learn=learn, spread=0.3 if learn else 0.0, generator=seeded())
    cells = Cells(LIFNeuron(), 4, learn=learn)
    assert len([*cells.parameters()]) == len(learn)
    with torch.no_grad():
        for name in learn:
            getattr(cells, "log_" + name).copy_(getattr(dense, "log_" + name))
    assert torch.equal(cells(x @ dense.weight.T).outputs, dense(x).outputs)
    dense(x).outputs.sum().backward()
    assert all(p.grad is not None and p.grad.any() for p in dense.parameters())


@pytest.mark.parametrize("name", NEURONS)
@pytest.mark.parametrize("shape", [(4,), (4, 6), (4, 3, 2)], ids=str)
def test_cells_have_a_state_at_each_place(name, shape):
    neuron, x = NEURONS[name], 0.5 * torch.rand(25, 2, *shape, generator=seeded())
    outputs, state = Cells(neuron)(x)
    assert outputs.shape == x.shape and all(part.shape == x.shape[1:] for part in state)
    for place in ((0,) * len(shape), tuple(n - 1 for n in shape)):
        at = (slice(None), slice(None), *place)
        want, last = looped(neuron, x[at][..., None])
        assert want.any() and outputs[at].allclose(want[..., 0], atol=1e-5)
        ends = zip(state, last)
        assert all(a[at[1:]].allclose(b[..., 0], atol=1e-5) for a, b in ends)


def test_constants_of_channels_hold_at_all_places():
    taus = torch.tensor([5e-3, 50e-3])
    x = 0.3 * torch.rand(40, 3, 2, 3, 3, generator=seeded())
    outputs, _ = Cells(LIFNeuron(tau_mem=taus), 2)(x)
    for channel, tau in enumerate(taus.tolist()):
        want = run(LIFNeuron(tau_mem=tau), x[:, :, channel].flatten(2)).spikes
        assert torch.equal(outputs[:, :, channel].flatten(2), want)
    each = Cells(LIFNeuron(tau_mem=taus.repeat_interleave(9)), 18)
    assert torch.equal(each(x).outputs, outputs)
    adaptive = Cells(AdaptiveNeuron(tau_adapt=50e-3, strength=torch.tensor([0.0, 1.0])), 2)
    alone = run(AdaptiveNeuron(tau_adapt=50e-3, strength=1.0), x[:, :, 1].flatten(2)).spikes
    assert torch.equal(adaptive(x).outputs[:, :, 1].flatten(2), alone)
    with pytest.raises(ValueError, match="tau_mem of the neuron 2 numbers; 3, one a channel, or"):
        Cells(LIFNeuron(tau_mem=taus), 2)(torch.zeros(4, 1, 3, 2, 2))


def convolved(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Return a convolution of pictures (T, B, C, H, W) without padding, sum by sum."""
    size = weight.shape[-1]
    rows, columns = x.shape[3] - size + 1, x.shape[4] - size + 1
    out = torch.zeros(*x.shape[:2], len(weight), rows, columns)
    for i in range(rows):
        for j in range(columns):
            seen = x[:, :, None, :, i : i + size, j : j + size]
            out[..., i, j] = (seen * weight).sum((3, 4, 5)) + bias
    return out


def test_convolution_over_space_is_a_loop():
    x, conv = spikes(12, 2, 3, 6, 5), nn.Conv2d(3, 4, 3)
    rate_driven_(conv, LIFNeuron(), input_rate=200.0, rate=100.0, generator=seeded())
    with torch.no_grad():
        conv.bias += 0.1
    drive = over_time(conv, x)
    assert drive.allclose(convolved(x, conv.weight, conv.bias), atol=1e-5)
    outputs, _ = Cells(LIFNeuron())(drive)
    want, _ = looped(LIFNeuron(), drive.flatten(2))
    assert want.any() and torch.equal(outputs.flatten(2), want)


def test_many_rows_go_in_pieces_and_give_the_same():
    x, conv = spikes(40, 9, 2, 5, 5), nn.Conv2d(2, 3, 3)
    got, want = over_time(conv, x), conv(x.flatten(0, 1)).unflatten(0, (40, 9))
    assert got.allclose(want, atol=1e-6)
    ours, whole = (torch.autograd.grad(y.square().sum(), conv.weight)[0] for y in (got, want))
    assert ours.allclose(whole, rtol=1e-4)


def test_convolution_over_one_axis_is_that_over_two():
    x, conv = spikes(12, 2, 3, 9), nn.Conv1d(3, 4, 3, padding=1)
    flat = functional.conv2d(
        x.flatten(0, 1).unsqueeze(2), conv.weight.unsqueeze(2), conv.bias, padding=(0, 1)
    )
    assert over_time(conv, x).flatten(0, 1).allclose(flat.squeeze(2), atol=1e-6)


@pytest.mark.parametrize(
    "module, pooled",
    [
        (nn.AvgPool2d(2), lambda square: square.mean((-1, -2))),
        (nn.AvgPool2d(2, divisor_override=1), lambda square: square.sum((-1, -2))),
        (nn.MaxPool2d(2), lambda square: square.amax((-1, -2))),
    ],
    ids=["average", "sum", "max"],
)
def test_pooling_is_a_loop(module, pooled):
    x = spikes(7, 2, 3, 4, 6)
    got = over_time(module, x)
    for i in range(2):
        for j in range(3):
            square = x[..., 2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
            assert torch.equal(got[..., i, j], pooled(square))


def test_flatten_and_normalization_over_time_and_batch():
    x = torch.randn(20, 5, 3, 2, generator=seeded()) * 3 + 2
    assert torch.equal(over_time(nn.Flatten(), x), x.flatten(2))
    got = over_time(nn.BatchNorm1d(3), x)
    mean, variance = x.mean((0, 1, 3)), x.var((0, 1, 3), unbiased=False)
    want = (x - mean[:, None]) / (variance[:, None] + 1e-5).sqrt()
    assert got.allclose(want, atol=1e-5)


def test_threshold_norm_has_the_scale_of_the_threshold():
    neuron = LIFNeuron(threshold=2.0, tau_mem=15e-3)
    norm = threshold_norm(3, neuron, alpha=0.7, places=2)
    assert isinstance(norm, nn.BatchNorm2d) and not norm.bias.any()
    alpha, beta = neuron.alpha, neuron.beta
    energy = (1 + alpha * beta) / ((1 - alpha * beta) * (1 - alpha**2) * (1 - beta**2))
    assert math.isclose(norm.weight[0].item(), 1.4 / math.sqrt(energy), rel_tol=1e-4)
    x = 5 * torch.randn(400, 4, 3, 2, 2, generator=seeded()) + 1
    mem = run(replace(neuron, reset="none"), over_time(norm, x).flatten(2)).mem[100:]
    assert math.isclose(mem.std().item(), 1.4, rel_tol=0.1)
