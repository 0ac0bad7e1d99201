"""Many networks in one pass: they lie side by side on the neuron axis.

The loop over time treats every neuron on its own, so networks that share a neuron share one call.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from snnbook._validate import check_float, check_integer, check_sequence
from snnbook.neurons import DEFAULT_NEURON, LIFNeuron, SpikingNetwork, WithConstants, run


def side_by_side(
    weights: Sequence[Tensor],
    spikes: Tensor,
    neuron: LIFNeuron = DEFAULT_NEURON,
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Run K feed-forward networks of equal sizes at once, each with weights of its own.

    Parameters
    ----------
    weights : sequence of Tensor
        One tensor (K, out, in) for each layer, the leaky readout last.
    spikes : Tensor
        Input spikes (T, B, N), seen by all networks, or (T, B, K, N), each with its own.
    neuron : LIFNeuron
        The neuron of all hidden layers; the readout has its time constants.

    Returns
    -------
    readout : Tensor
        Membranes of the readout (T, B, K, C).
    hidden : tuple of Tensor
        Spikes (T, B, K, N) of each hidden layer.

    Raises
    ------
    ValueError
        If a weight has other axes than (K, out, in), or the spikes have neither three nor four.

    Examples
    --------
    Two networks 3-4-2:

    >>> weights = torch.ones(2, 4, 3), torch.ones(2, 2, 4)
    >>> readout, hidden = side_by_side(weights, torch.ones(10, 5, 3))
    >>> readout.shape, hidden[0].shape
    (torch.Size([10, 5, 2, 2]), torch.Size([10, 5, 2, 4]))

    Chapter 5.
    """
    check_sequence("weights", weights, "one tensor (K, out, in) for each layer")
    if not len(weights):
        raise ValueError("weights is empty; one tensor (K, out, in) for each layer is accepted")
    for weight in weights:
        check_float("weights", weight)
        if weight.dim() != 3 or len(weight) != len(weights[0]):
            raise ValueError(
                f"weights holds a tensor of shape {tuple(weight.shape)}; (K, out, in) is accepted, "
                f"with K = {len(weights[0])} networks as in the first layer"
            )
    *inner, last = weights
    hidden = []
    for weight in inner:
        out = run(neuron, _drive(spikes, weight), record=False)
        spikes = out.spikes.unflatten(2, (len(weight), -1))
        hidden.append(spikes)
    readout = run(neuron.leaky, _drive(spikes, last)).mem.unflatten(2, (len(last), -1))
    return readout, tuple(hidden)


def _drive(spikes: Tensor, weight: Tensor) -> Tensor:
    """Return the weighted input of all networks, (T, B, K * out)."""
    check_float("spikes", spikes)
    if spikes.dim() in (3, 4) and spikes.shape[-1] != weight.shape[2]:
        raise ValueError(
            f"spikes has shape {tuple(spikes.shape)}; {weight.shape[2]} entries on the last axis "
            "are accepted"
        )
    if spikes.dim() == 4 and spikes.shape[2] != len(weight):
        raise ValueError(
            f"spikes has shape {tuple(spikes.shape)}; K = {len(weight)} entries on the third axis "
            "of (T, B, K, N) are accepted, one a network"
        )
    if spikes.dim() == 3:
        return spikes @ weight.flatten(0, 1).T
    if spikes.dim() == 4:
        return torch.einsum("tbki,koi->tbko", spikes, weight).flatten(2)
    raise ValueError(
        f"spikes has shape {tuple(spikes.shape)}; (T, B, N) or (T, B, K, N) is accepted"
    )


class SideBySide(WithConstants, nn.Module):
    """Several networks of one shape, each from a seed of its own, trained together.

    Parameters
    ----------
    sizes : sequence of int
        Inputs, hidden layers, outputs of each network.
    seeds : sequence of int
        One for each of the K networks. Its weights are those that
        :class:`snnbook.neurons.SpikingNetwork` draws from a generator with that seed.
    neuron : LIFNeuron
        As in :func:`side_by_side`.
    input_rate, hidden_rate, std : float
        As in :class:`snnbook.neurons.SpikingNetwork`.

    Attributes
    ----------
    weights : ParameterList
        One weight (K, out, in) for each layer.

    Raises
    ------
    TypeError, ValueError
        If there is no seed, or one is no whole number of at least 0.

    Examples
    --------
    >>> model = SideBySide((3, 4, 2), seeds=(0, 1))
    >>> model(torch.zeros(10, 5, 3)).shape
    torch.Size([10, 5, 2, 2])

    Chapter 5.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        seeds: Sequence[int],
        neuron: LIFNeuron = DEFAULT_NEURON,
        *,
        input_rate: float = 10.0,
        hidden_rate: float = 10.0,
        std: float | None = None,
    ) -> None:
        super().__init__()
        check_sequence("seeds", seeds, "one whole number for each network")
        if not len(seeds):
            raise ValueError("seeds is empty; one seed for each network is accepted")
        for seed in seeds:
            check_integer("seeds", seed, 0)
        draws = [torch.Generator().manual_seed(int(seed)) for seed in seeds]
        self.neuron = neuron
        rates = {"input_rate": input_rate, "hidden_rate": hidden_rate, "std": std}
        drawn = [SpikingNetwork(sizes, neuron, generator=draw, **rates) for draw in draws]
        layers = zip(*(network.parameters() for network in drawn))
        self.weights = nn.ParameterList(
            torch.stack([weight.detach() for weight in layer]) for layer in layers
        )

    def run(self, spikes: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Return readouts and hidden spikes, as :func:`side_by_side` does."""
        return side_by_side(tuple(self.weights), spikes, self.neuron)

    def forward(self, spikes: Tensor) -> Tensor:
        """Return the readouts (T, B, K, C) to spikes (T, B, N) or (T, B, K, N)."""
        return self.run(spikes)[0]
