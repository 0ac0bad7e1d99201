"""Counts against plain loops over every step, sample, input and neuron."""

import math

import pytest
import torch
from helpers import seeded
from torch import nn

from snnbook.counting import connection_sparsity, count_operations, footprint
from snnbook.export import quantize
from snnbook.layers import Cells, Dense, Network
from snnbook.neurons import LIF, LeakyNeuron, LIFNeuron, SpikingNetwork

STEPS, BATCH, INPUTS = 12, 3, 5


def spikes(steps=STEPS, size=INPUTS, share=0.3):
    return (torch.rand(steps, BATCH, size, generator=seeded(3)) < share).float()


def network(recurrent=False):
    made = SpikingNetwork(
        (INPUTS, 4, 3, 2), recurrent=recurrent, std=3.0, input_rate=300.0, generator=seeded()
    )
    with torch.no_grad():
        made.hidden[0].weight[1, 2] = made.hidden[1].weight[0, 3] = 0.0
    return made


def by_hand(weight, inputs):
    """Return all products of a weight, and those without a 0, one by one."""
    dense = effective = 0
    for step in inputs.tolist():
        for sample in step:
            for row in weight.tolist():
                for w, x in zip(row, sample, strict=True):
                    dense += 1
                    effective += w != 0 and x != 0
    return dense / BATCH, effective / BATCH


@pytest.mark.parametrize("recurrent", [False, True])
def test_spikes_are_counted_as_a_loop_counts_them(recurrent):
    model, x = network(recurrent), spikes()
    found = count_operations(model, x)
    sent = [record.spikes for record in model(x).hidden]
    assert all(one.any() for one in sent)
    arrive = [(model.hidden[0].weight, x), (model.hidden[1].weight, sent[0])]
    if recurrent:
        arrive += [(layer.recurrent_weight, own) for layer, own in zip(model.hidden, sent)]
    arrive.append((model.readout.weight, sent[1]))
    dense, effective = (sum(n) for n in zip(*(by_hand(*pair) for pair in arrive), strict=True))
    assert (found.dense, found.acs, found.macs) == (
        pytest.approx(dense),
        pytest.approx(effective),
        0,
    )
    assert found.updates == STEPS * (4 + 3 + 2) and found.steps == STEPS
    assert found.states == 2 * (4 + 3 + 2)  # a current and a membrane of each neuron
    assert found.events == pytest.approx(sum(float(one.detach().sum()) for one in sent) / BATCH)
    assert found.outputs == STEPS * (4 + 3)
    assert found.activation_sparsity == pytest.approx(1 - found.events / found.outputs)
    assert found.arrivals == pytest.approx(float(x.sum()) / BATCH)


def test_a_network_of_layers_counts_as_the_same_network():
    lif = LIFNeuron()
    layers = [Dense(INPUTS, 4, lif, recurrent=True), Dense(4, 2, lif.leaky)]
    model, x = Network(layers), spikes(share=0.9)
    with torch.no_grad():
        layers[0].weight.mul_(4)
    found, (sent,) = count_operations(model, x), model(x).hidden
    pairs = [
        (layers[0].weight, x),
        (layers[0].recurrent_weight, sent.spikes),
        (layers[1].weight, sent.spikes),
    ]
    assert sent.spikes.any()
    assert found.acs == pytest.approx(sum(by_hand(*pair)[1] for pair in pairs))
    assert found.events == pytest.approx(float(sent.spikes.detach().sum()) / BATCH)
    assert found.updates == STEPS * 6 and found.outputs == STEPS * 4


def test_a_network_without_time_multiplies():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(INPUTS, 6), nn.ReLU(), nn.Linear(6, 2))
    x = torch.rand(BATCH, INPUTS, generator=seeded())
    x[0, 1] = x[2, 4] = 0.0
    hidden = model[1](model[0](x)).detach()
    found = count_operations(model, x)
    pairs = [(model[0].weight, x[None]), (model[2].weight, hidden[None])]
    assert found.macs == pytest.approx(sum(by_hand(*pair)[1] for pair in pairs))
    assert found.dense == 5 * 6 + 6 * 2 and found.acs == found.updates == found.states == 0
    assert found.activation_sparsity == pytest.approx(float((hidden == 0).float().mean()))
    assert 0 < found.activation_sparsity < 1


def test_gray_levels_into_spiking_neurons_multiply_and_the_spikes_do_not():
    x = torch.rand(STEPS, BATCH, INPUTS, generator=seeded())
    first, *rest = count_operations(network(), x).synapses
    assert not first.spikes and all(one.spikes for one in rest)
    assert [one.fan_in for one in (first, *rest)] == [5, 4, 3]


@pytest.mark.parametrize("padding", [0, 1])
def test_a_convolution_by_loops_over_its_places(padding):
    torch.manual_seed(1)
    layer = nn.Conv2d(2, 3, 3, stride=2, padding=padding)
    with torch.no_grad():
        layer.weight[0, 1, 2, 2] = layer.weight[2, 0, 0, 1] = 0.0
    weight = layer.weight.detach()
    x = (torch.rand(BATCH, 2, 6, 6, generator=seeded()) < 0.4).float()
    dense = effective = 0
    size = (6 + 2 * padding - 3) // 2 + 1
    for b in range(BATCH):
        for o in range(3):
            for r in range(size):
                for c in range(size):
                    for i in range(2):
                        for u in range(3):
                            for v in range(3):
                                row, column = 2 * r + u - padding, 2 * c + v - padding
                                if 0 <= row < 6 and 0 <= column < 6:
                                    dense += 1
                                    pair = x[b, i, row, column], weight[o, i, u, v]
                                    effective += all(float(one) != 0 for one in pair)
    found = count_operations(layer, x)
    assert (found.dense, found.acs) == (
        pytest.approx(dense / BATCH),
        pytest.approx(effective / BATCH),
    )


def test_a_convolution_over_time_is_counted_once_whatever_its_pieces():
    model = Network([nn.Conv2d(1, 2, 3), Cells(LIFNeuron()), nn.Flatten()])
    x = (torch.rand(200, 1, 1, 5, 5, generator=seeded()) < 0.3).float()
    found = count_operations(model, x)
    (one,) = found.synapses
    assert one.dense == 200 * 9 * 2 * 9 and one.fan_in == 9
    assert found.updates == 200 * 18 and found.states == 36


def test_memory_counts_every_parameter_and_buffer():
    model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Linear(3, 2, bias=False))
    numbers = 4 * 3 + 3 + (3 + 3 + 3 + 3) + 3 * 2
    assert footprint(model) == 4 * numbers + 8  # and one whole number of 8 bytes
    assert footprint(nn.Linear(4, 3).double()) == 8 * 15
    net = network()
    small = quantize(net, bits=4)
    weights, rows = 5 * 4 + 4 * 3 + 3 * 2, 4 + 3 + 2
    assert footprint(small) == weights // 2 + 4 * rows
    assert connection_sparsity(net) == pytest.approx(2 / weights)


def test_the_network_is_left_as_it_was():
    model = nn.Sequential(nn.Linear(4, 3), nn.Dropout(0.5), nn.ReLU(), nn.Linear(3, 1))
    before = [one.clone() for one in model.parameters()]
    first = count_operations(model, torch.ones(6, 4))
    assert model.training and first == count_operations(model, torch.ones(6, 4))
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))
    assert not any(module._forward_hooks for module in model.modules())


@pytest.mark.parametrize(
    "make, says",
    [
        (lambda: (nn.LSTM(3, 2), torch.ones(2, 3)), "model is a LSTM with weight_ih_l0, whose op"),
        (lambda: (nn.Sequential(nn.Bilinear(2, 2, 2)), torch.ones(2, 2)), "0 is a Bilinear with"),
        (
            lambda: (network(), torch.ones(2, INPUTS)),
            r"has shape \(2, 5\); \(T, B, ...\) is",
        ),
        (lambda: (nn.Linear(2, 2), torch.ones(0, 2)), r"inputs has shape \(0, 2\); \(B, ...\) is"),
        (lambda: (nn.Linear(2, 2), torch.full((1, 2), math.nan)), "inputs holds nan or inf"),
        (lambda: (nn.Linear(3, 2), torch.ones(1, 2)), "which model does not run .*shapes cannot"),
        (lambda: (LIF(3, 2), [1.0]), "inputs is a list"),
        (lambda: ("network", torch.ones(1, 2)), "model is a str"),
    ],
)
def test_what_cannot_be_counted_is_named(make, says):
    with pytest.raises((TypeError, ValueError), match=says):
        count_operations(*make())


def test_a_model_without_weights_has_no_sparsity():
    with pytest.raises(ValueError, match="model has no weights"):
        connection_sparsity(nn.ReLU())
    alone = Network([Cells(LeakyNeuron())])
    assert math.isnan(count_operations(alone, spikes()).activation_sparsity)
