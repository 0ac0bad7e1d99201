"""Train several independent networks in one pass: they lie side by side on the neuron axis.

``unroll`` treats every neuron on its own, so networks that share a surrogate share one call.
The loss is the sum of the networks' losses, and the gradient of one network does not see the
others. Each network starts from its own seed, as ``SpikingNetwork`` would build it.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from snnbook.neurons import LIFParameters, SpikingNetwork, integrate, unroll


class SideBySide(nn.Module):
    """``len(seeds)`` networks with the layer sizes ``sizes``, trained together."""

    def __init__(self, sizes: Sequence[int], seeds: Sequence[int], params=None, **options) -> None:
        super().__init__()
        self.params = params or LIFParameters()
        rates = {key: options.pop(key) for key in ("input_rate", "hidden_rate") if key in options}
        self.options = options
        nets = [SpikingNetwork(sizes, self.params, generator=rng(seed), **rates) for seed in seeds]
        layers = zip(*(net.parameters() for net in nets))
        self.weights = nn.ParameterList(
            torch.stack([w.detach() for w in layer]) for layer in layers
        )

    def forward(self, spikes: Tensor) -> Tensor:
        """Return the readouts (T, B, K, C). Inputs are shared (T, B, N) or own (T, B, K, N)."""
        readout = self.weights[-1]
        drive = _drive([spikes, *self.hidden(spikes)][-1], readout)
        return integrate(drive, self.params).mem.unflatten(2, (len(readout), -1))

    def hidden(self, spikes: Tensor) -> list[Tensor]:
        """Return the spikes of each hidden layer, (T, B, K, N)."""
        *weights, readout = self.weights
        found = []
        for weight in weights:
            drive = _drive(spikes, weight)
            out = unroll(drive, self.params, record=False, **self.options)
            spikes = out.spikes.unflatten(2, (len(readout), -1))
            found.append(spikes)
        return found


def _drive(spikes: Tensor, weight: Tensor) -> Tensor:
    """Return the weighted input of all networks, (T, B, K * out)."""
    if spikes.dim() == 3:
        return spikes @ weight.flatten(0, 1).T
    return torch.einsum("tbki,koi->tbko", spikes, weight).flatten(2)


def rng(seed: int) -> torch.Generator:
    """Return a generator with this seed."""
    return torch.Generator().manual_seed(seed)


def peak(readout: Tensor) -> Tensor:
    """Return the maximum over time of each readout unit as its score, (B, K, C)."""
    return readout.max(dim=0).values


def mean(readout: Tensor) -> Tensor:
    """Return four times the mean over time of each readout unit as its score, (B, K, C).

    Unlike the maximum, the mean passes a gradient to every step, also while the readout is
    negative throughout. The factor only sets the scale of the softmax.
    """
    return 4 * readout.mean(dim=0)


def train(
    model: SideBySide,
    batches: Callable[[int], tuple[Tensor, Tensor]],
    steps: int,
    lr: float,
    *,
    score: Callable[[Tensor], Tensor] = mean,
    optimizer=torch.optim.Adam,
) -> list[list[float]]:
    """Take ``steps`` steps on ``batches(step)`` and return the loss of each network per step.

    Labels are (B,), shared, or (B, K).
    """
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
def accuracies(
    model: SideBySide, spikes: Tensor, labels: Tensor, score: Callable[[Tensor], Tensor] = mean
) -> list[float]:
    """Return the share of right decisions of each network."""
    decided = score(model(spikes)).argmax(-1)
    labels = labels if labels.dim() == 2 else labels[:, None]
    return (decided == labels).float().mean(0).tolist()
