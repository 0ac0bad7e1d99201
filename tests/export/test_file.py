"""One file with a network whole: what was saved comes back, and what does not fit is named."""

import io
import warnings
from functools import partial

import pytest
import torch
from helpers import seeded
from torch import nn

from snnbook import surrogates, training
from snnbook.export import load_network, save_network
from snnbook.neurons import (
    LIF,
    AdaptiveNeuron,
    LeakyNeuron,
    LeakyReadout,
    LIFNeuron,
    RecurrentLIF,
    SpikingNetwork,
    draw_constants,
)
from snnbook.smoothed import NoisyNeuron

SLOW = LIFNeuron(tau_mem=20e-3, surrogate=surrogates.gaussian(width=0.7, height=2.0))


def network(neuron=SLOW, sizes=(4, 6, 5, 3), **options):
    return SpikingNetwork(sizes, neuron, generator=seeded(), **options)


def several():
    """Neurons that differ, learn, and stand in layers of different kinds."""
    each = (
        LIFNeuron(draw_constants(20e-3, 6, generator=seeded(1)), threshold=0.9, reset="zero"),
        LIFNeuron(tau_syn=2e-3, spike_at_threshold=True, reset_gradient=True),
    )
    options = {"recurrent": (False, True), "learn": ("tau_syn",), "spread": 0.4}
    return network(each, **options)


NETWORKS = {
    "plain": network,
    "several": several,
    "doubles": lambda: several().double(),
    "no hidden layer": lambda: network(sizes=(4, 3)),
    "natural units": lambda: network(LIFNeuron(2.0, 1.0, 1.0), input_rate=0.1, hidden_rate=0.1),
    "a layer": lambda: LIF(4, 5, SLOW, generator=seeded()),
    "a recurrent layer": lambda: RecurrentLIF(4, 5, generator=seeded()),
    "adaptive": lambda: RecurrentLIF(4, 5, AdaptiveNeuron(tau_adapt=0.3), generator=seeded()),
    "a readout": lambda: LeakyReadout(4, 3, LeakyNeuron(30e-3), generator=seeded()),
}


def spikes(dtype):
    return (torch.rand(30, 3, 4, generator=seeded(2)) < 0.3).to(dtype)


def numbers(out):
    """Return all tensors of an output, in order."""
    if isinstance(out, torch.Tensor):
        return [out]
    return [x for part in (out or ()) for x in numbers(part)]


@pytest.mark.parametrize("name", NETWORKS)
def test_what_was_saved_comes_back(name, tmp_path):
    saved, path = NETWORKS[name](), tmp_path / "network.pt"
    before = torch.get_rng_state()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        save_network(saved, path)
        again = load_network(path)
    assert torch.equal(before, torch.get_rng_state())
    x = spikes(next(saved.parameters()).dtype)
    pairs = list(zip(numbers(saved(x)), numbers(again(x)), strict=True))
    assert pairs and all(torch.equal(a, b) for a, b in pairs)
    for a, b in zip(saved.parameters(), again.parameters(), strict=True):
        assert torch.equal(a, b) and a.dtype == b.dtype
    assert [n for n, _ in saved.named_parameters()] == [n for n, _ in again.named_parameters()]
    layers = zip(saved.modules(), again.modules(), strict=True)
    neurons = [(a.neuron, b.neuron) for a, b in layers if hasattr(a, "neuron")]
    assert neurons and all(a == b for a, b in neurons)
    assert [path.name for path in tmp_path.iterdir()] == ["network.pt"]


def test_the_gradient_comes_back_too(tmp_path):
    saved = several()
    save_network(saved, tmp_path / "network.pt")
    again = load_network(tmp_path / "network.pt")
    for model in (saved, again):
        model(spikes(torch.float32)).readout.square().sum().backward()
    for a, b in zip(saved.parameters(), again.parameters(), strict=True):
        assert torch.equal(a.grad, b.grad) and a.grad.any()


def test_a_file_is_data_alone_and_loads_into_a_network_that_is_there(tmp_path):
    saved, path = several(), tmp_path / "network.pt"
    save_network(saved, path)
    state = torch.load(path, weights_only=True)
    assert state["layers"][0]["neuron"]["reset"] == "zero"
    other = several()
    with torch.no_grad():
        for parameter in other.parameters():
            parameter.mul_(0.5)
    assert load_network(path, into=other) is other
    for a, b in zip(saved.parameters(), other.parameters(), strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize(
    "decide", [training.decide_by_max, partial(training.decide_by_sum, last=5), None]
)
def test_the_decision_travels(decide, tmp_path):
    saved, path = network(), tmp_path / "network.pt"
    if decide is not None:
        training.note_decision(saved, decide)
    save_network(saved, path)
    x = spikes(torch.float32)
    assert torch.equal(training.predict(load_network(path), x), training.predict(saved, x))
    assert hasattr(load_network(path), "fitted_decision") == (decide is not None)


def test_a_decision_of_ones_own_is_asked_for(tmp_path):
    saved, path = network(), tmp_path / "network.pt"
    training.note_decision(saved, lambda readout: readout[-1].argmax(1))
    save_network(saved, path)
    with pytest.raises(ValueError, match="decide is not given, and the file"):
        training.predict(load_network(path), spikes(torch.float32))


def test_a_surrogate_of_ones_own_is_asked_for(tmp_path):
    own = surrogates.custom("mine", lambda z: 1 / (1 + 4 * z**2), 1 / (1 + 4 * surrogates.Z**2))
    path = tmp_path / "network.pt"
    save_network(network(LIFNeuron(surrogate=own)), path)
    with pytest.raises(ValueError, match="surrogate is not given, and the network has one of its"):
        load_network(path)
    assert load_network(path, surrogate=own).hidden[0].neuron.surrogate is own


class Mine(SpikingNetwork):
    """A network of the user's own."""


@pytest.mark.parametrize(
    "make, says",
    [
        (lambda: nn.Linear(2, 2), "network is a Linear; a SpikingNetwork of LIF"),
        (lambda: Mine((3, 4, 2)), "network is a Mine; a SpikingNetwork of"),
        (lambda: network(NoisyNeuron()), "the neuron is a NoisyNeuron; one of snnbook.neurons"),
        (lambda: "network", "network is a str"),
    ],
)
def test_what_a_file_cannot_name_is_refused(make, says, tmp_path):
    path = tmp_path / "network.pt"
    path.write_text("what was there")
    with pytest.raises(TypeError, match=says):
        save_network(make(), path)
    assert path.read_text() == "what was there" and len([*tmp_path.iterdir()]) == 1


def written(path, **changes):
    save_network(network(), path)
    torch.save(torch.load(path, weights_only=True) | changes, path)
    return path


def cut(path):
    path = written(path)
    path.write_bytes(path.read_bytes()[:1000])
    return path


def dictionary(path):
    torch.save(network().state_dict(), path)
    return path


def other_neuron(path, **changes):
    written(path)
    state = torch.load(path, weights_only=True)
    state["layers"][0]["neuron"] |= changes
    torch.save(state, path)
    return path


@pytest.mark.parametrize(
    "make, says",
    [
        (lambda path: written(path, version=2), "a network in version 2 of the format; version 1"),
        (cut, "which cannot be read"),
        (lambda path: path, "which cannot be read .*No such file"),
        (dictionary, "which holds a state dict; a file that save_network"),
        (lambda path: written(path, state={}), "weights do not fit the network .*Missing key"),
        (lambda path: other_neuron(path, kind="Later"), "cannot be built here .'Later'.;"),
        (lambda path: other_neuron(path, tau_ahp=0.1), "cannot be built here .*tau_ahp"),
    ],
)
def test_a_file_that_does_not_fit_is_named(make, says, tmp_path):
    with pytest.raises(ValueError, match=says) as caught:
        load_network(make(tmp_path / "network.pt"))
    assert "accepted" in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "into, says",
    [
        (
            lambda: network(sizes=(4, 6, 3)),
            r"is a list of 3 in the file and a list of 2 in into",
        ),
        (
            lambda: network(sizes=(4, 6, 7, 3)),
            r"layers\[1\].outputs is 5 in the file and 7 in into",
        ),
        (lambda: network(LIFNeuron()), r"neuron.tau_mem is 0.02 in the file and 0.01 in into"),
        (lambda: network(recurrent=True), "kind is 'LIF' in the file and 'RecurrentLIF' in into"),
        (lambda: LIF(4, 5), "kind is 'SpikingNetwork' in the file and 'LIF' in into"),
    ],
)
def test_another_network_is_named(into, says, tmp_path):
    path, other = written(tmp_path / "network.pt"), into()
    before = [p.clone() for p in other.parameters()]
    with pytest.raises(ValueError, match=says) as caught:
        load_network(path, into=other)
    assert "\n" not in str(caught.value)
    assert all(torch.equal(a, b) for a, b in zip(before, other.parameters(), strict=True))


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(ValueError, match="path is .*a file in a folder that exists is accepted"):
        save_network(network(), tmp_path / "nowhere" / "network.pt")
    with pytest.raises(TypeError, match="path is 3"):
        save_network(network(), 3)
    with pytest.raises(TypeError, match="path is <_io.BytesIO"):
        load_network(io.BytesIO())
