"""A network with other settings of its hidden layers, sharing the weights."""

import copy
from typing import Any

from torch import nn

from snnbook.neurons import SpikingNetwork


def with_layers(network: SpikingNetwork, **settings: Any) -> SpikingNetwork:
    """Return the network with other settings in each hidden layer; it shares the weights.

    Parameters
    ----------
    network : SpikingNetwork
        Is not changed.
    **settings
        ``surrogate``, ``reset``, ``reset_gradient``, ``spike_at_threshold`` or ``kernel``.

    Returns
    -------
    SpikingNetwork
        Its parameters are those of ``network``, the same objects.

    Raises
    ------
    ValueError
        If a setting is none of these.

    Examples
    --------
    >>> network = SpikingNetwork((3, 4, 2))
    >>> other = with_layers(network, reset_gradient=True)
    >>> other.hidden[0].reset_gradient, network.hidden[0].reset_gradient
    (True, False)
    >>> other.hidden[0].weight is network.hidden[0].weight
    True

    Chapter 5b.
    """
    names = ("surrogate", "reset", "reset_gradient", "spike_at_threshold", "kernel")
    for name in settings:
        if name not in names:
            raise ValueError(f"settings has {name!r}; {', '.join(names)} are accepted")

    def changed(layer: nn.Module) -> nn.Module:
        other = copy.copy(layer)
        other.__dict__ = {**layer.__dict__, **settings}
        return other

    other = copy.copy(network)
    other.__dict__ = {**network.__dict__, "_modules": dict(network._modules)}
    other.hidden = nn.ModuleList(changed(layer) for layer in network.hidden)
    return other
