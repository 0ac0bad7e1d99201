"""What a network takes in memory, and how many of its weights are 0 (chapter 8e)."""

from torch import nn

from snnbook._validate import check_kind
from snnbook.export import Quantized


def footprint(model: nn.Module | Quantized) -> int:
    """Return the bytes of a network: of its parameters and of its buffers, zeros included.

    That is the footprint of NeuroBench (Yik et al., 2025). The states of a run come on top: see
    ``Operations.states``.

    Parameters
    ----------
    model : Module or Quantized
        A network, or what :func:`snnbook.export.quantize` has made of one: then its weights take
        as many bits as it says, and a scale for each neuron.

    Returns
    -------
    int
        Bytes.

    Examples
    --------
    >>> from snnbook.export import quantize
    >>> from snnbook.neurons import SpikingNetwork
    >>> network = SpikingNetwork((100, 50, 10))
    >>> footprint(network), footprint(quantize(network))
    (22000, 5740)

    Chapter 8e.
    """
    if isinstance(model, Quantized):
        return footprint(model.network) - model.bytes_before + model.bytes
    check_kind("model", model, nn.Module)
    held = [*model.parameters(), *model.buffers()]
    return sum(one.numel() * one.element_size() for one in held)


def connection_sparsity(model: nn.Module) -> float:
    """Return the share of weights that are 0, over all parameters with two axes or more.

    Raises
    ------
    ValueError
        If the model has no weights.

    Examples
    --------
    >>> import torch
    >>> layer = nn.Linear(4, 1)
    >>> layer.weight.data = torch.tensor([[0.0, 0.5, 0.0, 0.0]])
    >>> connection_sparsity(layer)
    0.75

    Chapter 8e.
    """
    check_kind("model", model, nn.Module)
    weights = [one for one in model.parameters() if one.dim() > 1]
    count = sum(one.numel() for one in weights)
    if not count:
        raise ValueError("model has no weights; parameters with two axes or more are accepted")
    return 1 - sum(int(one.count_nonzero()) for one in weights) / count
