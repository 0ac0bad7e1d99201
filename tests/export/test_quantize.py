"""Weights as whole numbers: each within half a step, and a network that runs on them."""

import pytest
import torch
from helpers import seeded
from torch import nn

from snnbook.export import quantize
from snnbook.neurons import SpikingNetwork
from snnbook.training import accuracy


def network(**options):
    options = {"recurrent": True, "generator": seeded(), "input_rate": 200.0} | options
    return SpikingNetwork((6, 9, 3), **options)


def task():
    labels = torch.arange(40) % 3
    rates = torch.where(torch.arange(6) // 2 == labels[:, None], 0.4, 0.05)
    return (torch.rand(30, 40, 6, generator=seeded(7)) < rates).float(), labels


@pytest.mark.parametrize("bits", [2, 4, 8])
def test_each_weight_is_a_whole_number_of_steps_within_half_a_step(bits):
    model = network()
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    found = quantize(model, bits=bits)
    assert set(found.integers) == {
        "hidden.0.weight",
        "hidden.0.recurrent_weight",
        "readout.weight",
    }
    most = 2 ** (bits - 1) - 1
    for name, parameter in found.network.named_parameters():
        whole, scale = found.integers[name], found.scales[name]
        assert whole.dtype == torch.int8 and whole.abs().amax(1).eq(most).all()
        assert torch.equal(parameter, whole * scale[:, None])
        assert ((parameter - before[name]).abs() <= 0.5001 * scale[:, None]).all()
    for name, parameter in model.named_parameters():
        assert torch.equal(parameter, before[name])
    sizes = [p.numel() for p in before.values()]
    packed = sum(-(-n * bits // 8) for n in sizes)
    assert (found.bytes, found.bytes_before) == (packed + 4 * (9 + 9 + 3), 4 * sum(sizes))


def test_what_it_costs_is_measured_on_the_samples():
    model, (x, y) = network(), task()
    for bits in (8, 2):
        found = quantize(model, x, y, bits=bits)
        assert found.before == accuracy(model, x, y)
        assert found.after == accuracy(found.network, x, y)
        assert f"accuracy {found.before.value:.1%}, rounded {found.after.value:.1%}" in str(found)
    whole = model(x).readout.detach()
    rounded = [quantize(model, bits=bits).network(x).readout.detach() for bits in (8, 5, 2)]
    errors = [float((readout - whole).abs().mean()) for readout in rounded]
    assert 0 < errors[0] < errors[1] < errors[2]


def test_rounding_twice_changes_nothing():
    once = quantize(network())
    twice = quantize(once.network)
    for name, whole in once.integers.items():
        assert torch.equal(whole, twice.integers[name])


def test_other_weights_and_other_constants_stay():
    model = network(learn=("tau_mem",))
    found = quantize(model)
    assert torch.equal(found.network.hidden[0].log_tau_mem, model.hidden[0].log_tau_mem)
    conv = nn.Conv2d(2, 3, 5).double()
    rounded = quantize(conv)
    assert rounded.scales["weight"].shape == (3,) and torch.equal(rounded.network.bias, conv.bias)
    error, scale = (rounded.network.weight - conv.weight).abs(), rounded.scales["weight"]
    assert error.max() <= 0.51 * scale.max()


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="bits is 9; from 2 to 8"):
        quantize(network(), bits=9)
    with pytest.raises(ValueError, match="network has no weights"):
        quantize(nn.ReLU())
    with pytest.raises(ValueError, match="inputs is not given"):
        quantize(network(), batch_size=3)
    broken = network()
    broken.readout.weight.data[0, 0] = torch.nan
    with pytest.raises(ValueError, match="readout.weight of network holds nan"):
        quantize(broken)
