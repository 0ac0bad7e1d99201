"""A network as plain values: numbers, words and tensors, and no code."""

import inspect
from dataclasses import fields, is_dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from snnbook import neurons
from snnbook._validate import is_number
from snnbook.neurons import LIF, LeakyReadout, Neuron, RecurrentLIF, SpikingNetwork
from snnbook.surrogates import ALL, Surrogate, true_derivative

#: The layers that a file can hold.
LAYERS = {kind.__name__: kind for kind in (LIF, RecurrentLIF, LeakyReadout)}
#: What it can hold at the top.
KINDS = LAYERS | {"SpikingNetwork": SpikingNetwork}
#: The neurons that it can hold: all that stand at the door of their room.
NEURONS = {
    name: kind
    for name, kind in vars(neurons).items()
    if inspect.isclass(kind) and issubclass(kind, Neuron) and is_dataclass(kind)
}
#: The surrogates that it can hold, by name.
FAMILIES = {**ALL, "true derivative": true_derivative()}
#: Constants that learn are parameters with this before their name.
LEARNED = "log_"


def plain_neuron(neuron: Neuron) -> dict[str, Any]:
    """Return a neuron as plain values, or raise if there is one that is none.

    >>> plain_neuron(neurons.LeakyNeuron())
    {'kind': 'LeakyNeuron', 'tau_mem': 0.01, 'tau_syn': 0.005, 'dt': 0.001}
    """
    kind = type(neuron).__name__
    if NEURONS.get(kind) is not type(neuron):
        raise TypeError(
            f"the neuron is a {kind}; one of snnbook.neurons is accepted, which a file can name"
        )
    found: dict[str, Any] = {"kind": kind}
    for field in fields(neuron):
        value = getattr(neuron, field.name)
        if isinstance(value, Surrogate):
            value = plain_surrogate(value)
        elif isinstance(value, Tensor):
            value = value.detach().cpu().clone()
        elif is_number(value):
            value = float(value)
        elif not isinstance(value, (bool, str, type(None))):
            raise TypeError(
                f"{field.name} of the neuron is a {type(value).__name__}; a number, a word, a "
                "tensor or a surrogate is accepted, which a file can hold"
            )
        found[field.name] = value
    return found


def plain_surrogate(surrogate: Surrogate) -> dict[str, Any]:
    family = FAMILIES.get(surrogate.name)
    size = {"width": surrogate.width, "height": surrogate.height}
    known = family is not None and family.scaled(**size) == surrogate
    return {"name": surrogate.name, **size, "known": known}


def made_neuron(values: dict, surrogate: Surrogate | None) -> Neuron:
    """Return the neuron of plain values; a surrogate that is not given is found by its name."""
    given = dict(values)
    kind = NEURONS[given.pop("kind")]
    if isinstance(given.get("surrogate"), dict):
        given["surrogate"] = surrogate or made_surrogate(**given["surrogate"])
    return kind(**given)


def made_surrogate(name: str, width: float, height: float, known: bool = True) -> Surrogate:
    """Return the surrogate of a name, or raise unless it is one of the package.

    >>> made_surrogate("fast sigmoid", 0.5, 2.0)
    Surrogate('fast sigmoid', width=0.5, height=2)
    """
    if not known or name not in FAMILIES:
        raise ValueError(
            f"surrogate is not given, and the network has one of its own, {name!r}, which a file "
            "cannot hold; surrogate= with it, or with any other to only run the network, is "
            "accepted"
        )
    return FAMILIES[name].scaled(width=width, height=height)


def plain_layer(layer: nn.Module) -> dict[str, Any]:
    """Return what a layer is, without its weights."""
    outputs, inputs = layer.weight.shape
    neuron = plain_neuron(layer.neuron)
    names = [n.removeprefix(LEARNED) for n, _ in layer.named_parameters() if LEARNED in n]
    learned = {name: float(neuron[name].mean()) for name in names}
    neuron |= dict.fromkeys(names, "learned")
    sizes = {"inputs": inputs, "outputs": outputs, "dtype": str(layer.weight.dtype)}
    return {"kind": type(layer).__name__, **sizes, "learn": learned, "neuron": neuron}


def plain_network(network: nn.Module) -> dict[str, Any]:
    """Return what a network or a layer is, without its weights, or raise."""
    kind = type(network).__name__
    parts = [*network.hidden, network.readout] if kind == "SpikingNetwork" else [network]
    for name, part in [("network", network), *((f"layer {k}", x) for k, x in enumerate(parts))]:
        known = KINDS if name == "network" else LAYERS
        if known.get(type(part).__name__) is not type(part):
            raise TypeError(
                f"{name} is a {type(part).__name__}; a SpikingNetwork of LIF, RecurrentLIF and "
                "LeakyReadout is accepted, or one of these layers"
            )
    return {"kind": kind, "layers": [plain_layer(part) for part in parts]}


def made_layer(values: dict, surrogate: Surrogate | None = None) -> nn.Module:
    """Return a layer of plain values, with any weights."""
    neuron = made_neuron(values["neuron"] | values["learn"], surrogate)
    rate = 0.1 / neuron.dt  # any that a neuron can have: the weights are replaced
    options = {"input_rate": rate, "std": 1.0, "generator": torch.Generator()}
    kind = LAYERS[values["kind"]]
    if kind is not LeakyReadout:
        options["rate"] = rate
    sizes = values["inputs"], values["outputs"]
    layer = kind(*sizes, neuron, learn=tuple(values["learn"]), **options)
    layer.to(getattr(torch, values["dtype"].removeprefix("torch.")))
    for name, buffer in layer.named_buffers():
        buffer.copy_(values["neuron"][name])
    return layer


def made_network(values: dict, surrogate: Surrogate | None = None) -> nn.Module:
    """Return a network of plain values, with any weights."""
    layers = [made_layer(one, surrogate) for one in values["layers"]]
    return layers[0] if values["kind"] != "SpikingNetwork" else network_of(layers)


def network_of(layers: list[nn.Module]) -> SpikingNetwork:
    """Return the network of some hidden layers and a readout."""
    neuron = replace(neurons.DEFAULT_NEURON, dt=layers[-1].neuron.dt)
    rate = 0.1 / neuron.dt
    options = {"std": 1.0, "input_rate": rate, "hidden_rate": rate, "generator": torch.Generator()}
    network = SpikingNetwork((1, 1), neuron, **options)
    network.hidden = nn.ModuleList(layers[:-1])
    network.readout = layers[-1]
    return network
