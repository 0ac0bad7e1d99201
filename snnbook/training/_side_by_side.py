"""Many networks trained in one pass: they lie side by side on the neuron axis.

The loop over time treats every neuron on its own, so networks that share a neuron share one call.
The loss is the sum of the networks' losses, and the gradient of one does not see the others.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from snnbook._validate import check_integer, check_positive
from snnbook.neurons import DEFAULT_NEURON, LIFNeuron, SpikingNetwork, WithConstants, run

Score = Callable[[Tensor], Tensor]


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
    for weight in weights:
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
    ValueError
        If there is no seed.

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
        if not len(seeds):
            raise ValueError("seeds is empty; one seed for each network is accepted")
        self.neuron = neuron
        rates = {"input_rate": input_rate, "hidden_rate": hidden_rate, "std": std}
        drawn = [
            SpikingNetwork(sizes, neuron, generator=torch.Generator().manual_seed(seed), **rates)
            for seed in seeds
        ]
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


def peak_score(readout: Tensor) -> Tensor:
    """Return the maximum over time of each readout: (T, B, K, C) to (B, K, C).

    >>> peak_score(torch.tensor([[[[0.0, 1.0]]], [[[3.0, 0.0]]]]))
    tensor([[[3., 1.]]])
    """
    return readout.max(dim=0).values


def mean_score(readout: Tensor) -> Tensor:
    """Return four times the mean over time of each readout: (T, B, K, C) to (B, K, C).

    Unlike the maximum, the mean passes a gradient to every step, also while the readout is
    negative throughout. The factor only sets the scale of the softmax.

    >>> mean_score(torch.tensor([[[[0.0, 1.0]]], [[[3.0, 0.0]]]]))
    tensor([[[6., 2.]]])
    """
    return 4 * readout.mean(dim=0)


def fit_side_by_side(
    model: SideBySide,
    batches: Callable[[int], tuple[Tensor, Tensor]],
    *,
    steps: int,
    lr: float,
    score: Score = mean_score,
    optimizer: Callable[..., torch.optim.Optimizer] = torch.optim.Adam,
) -> list[list[float]]:
    """Train the networks on the same batches, in place, by the cross entropy of their scores.

    Parameters
    ----------
    model : SideBySide
        K networks.
    batches : callable
        Maps the number of the step to spikes, as the model takes them, and labels: (B,), the
        same for all networks, or (B, K).
    steps : int
        Number of optimizer steps, at least 1.
    lr : float
        Learning rate.
    score : callable
        Maps readouts (T, B, K, C) to (B, K, C), such as :func:`peak_score`.
    optimizer : callable
        Called as ``optimizer(model.parameters(), lr=lr)``.

    Returns
    -------
    list of list of float
        The loss of each network, for each step.

    Examples
    --------
    >>> model = SideBySide((3, 4, 2), seeds=(0, 1))
    >>> batch = torch.ones(10, 2, 3), torch.tensor([0, 1])
    >>> len(fit_side_by_side(model, lambda step: batch, steps=3, lr=1e-3))
    3

    Chapter 5.
    """
    check_integer("steps", steps, 1)
    check_positive("lr", lr)
    optimizer = optimizer(model.parameters(), lr=lr)
    history = []
    for step in range(steps):
        spikes, labels = batches(step)
        scores = score(model(spikes))
        labels = labels if labels.dim() == 2 else labels[:, None].expand(scores.shape[:2])
        losses = functional.cross_entropy(scores.transpose(1, 2), labels, reduction="none").mean(0)
        optimizer.zero_grad()
        losses.sum().backward()
        optimizer.step()
        history.append(losses.detach().tolist())
    return history


@torch.no_grad()
def accuracy_side_by_side(
    model: SideBySide, spikes: Tensor, labels: Tensor, *, score: Score = mean_score
) -> list[float]:
    """Return the share of right decisions of each network.

    Parameters
    ----------
    model, score
        As in :func:`fit_side_by_side`.
    spikes, labels : Tensor
        As its batches.

    Examples
    --------
    >>> model = SideBySide((3, 4, 2), seeds=(0, 1))
    >>> accuracy_side_by_side(model, torch.zeros(10, 2, 3), torch.tensor([0, 1]))
    [0.5, 0.5]

    Chapter 5.
    """
    decided = score(model(spikes)).argmax(-1)
    labels = labels if labels.dim() == 2 else labels[:, None]
    return (decided == labels).float().mean(0).tolist()
