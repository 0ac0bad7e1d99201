"""The modules: parameters, shapes, seeds, no hidden state."""

import copy
import io

import pytest
import torch
from helpers import seeded

from snnbook.neurons import (
    LIF,
    LeakyNeuron,
    LeakyReadout,
    LIFNeuron,
    RecurrentLIF,
    SpikingNetwork,
    run,
)
from snnbook.surrogates import gaussian


def spikes(steps=20, batch=3, units=5, seed=1):
    return torch.rand(steps, batch, units, generator=seeded(seed)).lt(0.2).float()


def test_layers_are_the_functions():
    x = spikes()
    layer = LIF(5, 4, LIFNeuron(reset="zero", surrogate=gaussian(0.3)), generator=seeded())
    want = run(LIFNeuron(reset="zero", surrogate=gaussian(0.3)), x @ layer.weight.T)
    assert torch.equal(layer(x).spikes, want.spikes)
    recurrent = RecurrentLIF(5, 4, generator=seeded())
    want = run(LIFNeuron(), x @ recurrent.weight.T, recurrent_weight=recurrent.recurrent_weight)
    assert torch.equal(recurrent(x).spikes, want.spikes)
    readout = LeakyReadout(5, 4, generator=seeded())
    assert torch.equal(readout(x).mem, run(LeakyNeuron(), x @ readout.weight.T).mem)


def test_network_is_its_layers_in_a_row():
    x = spikes()
    network = SpikingNetwork((5, 6, 4, 2), recurrent=True, generator=seeded())
    out = network(x)
    first = network.hidden[0](x).spikes
    second = network.hidden[1](first).spikes
    assert torch.equal(out.hidden[0].spikes, first) and torch.equal(out.hidden[1].spikes, second)
    assert torch.equal(out.readout, network.readout(second).mem)
    assert network(x, record=False).hidden[0].mem is None


def test_without_a_hidden_layer():
    network = SpikingNetwork((5, 2), generator=seeded())
    assert len(network.hidden) == 0 and network(spikes()).readout.shape == (20, 3, 2)
    with pytest.raises(ValueError, match="sizes is"):
        SpikingNetwork((5,))


@pytest.mark.parametrize("recurrent", [False, True])
def test_same_seed_same_result_bit_for_bit(recurrent):
    outs = []
    for _ in range(2):
        network = SpikingNetwork((5, 6, 2), recurrent=recurrent, generator=seeded(3))
        readout = network(spikes()).readout
        readout.square().mean().backward()
        outs.append([readout, *(p.grad for p in network.parameters())])
    assert all(torch.equal(a, b) for a, b in zip(*outs))


def test_no_hidden_state():
    layer, x = RecurrentLIF(5, 4, generator=seeded()), spikes()
    assert torch.equal(layer(x).spikes, layer(x).spikes)
    layer(x[:, :2])  # another batch size is no problem


def test_copies_and_files():
    network, x = SpikingNetwork((5, 6, 2), recurrent=True, generator=seeded()), spikes()
    assert torch.equal(copy.deepcopy(network)(x).readout, network(x).readout)
    file = io.BytesIO()
    torch.save(network.state_dict(), file)
    file.seek(0)
    other = SpikingNetwork((5, 6, 2), recurrent=True, generator=seeded(9))
    other.load_state_dict(torch.load(file))
    assert torch.equal(other(x).readout, network(x).readout)
    file = io.BytesIO()
    torch.save(network, file)
    file.seek(0)
    assert torch.equal(torch.load(file, weights_only=False)(x).readout, network(x).readout)


def test_double_precision_and_empty_batch():
    network = SpikingNetwork((5, 6, 2), generator=seeded()).double()
    assert network(spikes().double()).readout.dtype == torch.float64
    assert network(torch.zeros(20, 0, 5).double()).readout.shape == (20, 0, 2)
    assert network(torch.zeros(0, 3, 5).double()).readout.shape == (0, 3, 2)


def test_clear_errors():
    layer = LIF(5, 4, generator=seeded())
    with pytest.raises(ValueError, match="its neuron axis .* has 7 entries, 5 are accepted"):
        layer(torch.zeros(20, 3, 7))
    with pytest.raises(TypeError, match="spikes has dtype torch.float64; torch.float32"):
        layer(torch.zeros(20, 3, 5).double())
    with pytest.raises(TypeError, match="spikes has dtype torch.bool"):
        layer(torch.zeros(20, 3, 5).bool())
    with pytest.raises(ValueError, match="reset is 'hard'"):
        LIF(5, 4, LIFNeuron(reset="hard"))
    with pytest.raises(ValueError, match="in_features is -1"):
        LIF(-1, 4)
    with pytest.raises(ValueError, match="in_features is 2.5"):
        LIF(2.5, 4)
    with pytest.raises(TypeError, match="'tau'"):
        SpikingNetwork((5, 4, 2), tau=3.0)


def test_initial_weights_know_the_time_constants():
    fast = LIF(200, 100, LIFNeuron(tau_mem=5e-3), generator=seeded()).weight.std()
    slow = LIF(200, 100, LIFNeuron(tau_mem=50e-3), generator=seeded()).weight.std()
    assert slow < fast / 2


def test_repr_names_sizes_and_parameters():
    assert repr(LIF(5, 4, generator=seeded())).startswith("LIF(5, 4, LIFNeuron(tau_mem=0.01")
