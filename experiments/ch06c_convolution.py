"""Local errors against BPTT in a convolutional network, on gestures (chapter 6c, claim 23).

    python experiments/ch06c_convolution.py        ten minutes on one core

Three layers of filters as in the paper's figure 6, small: gestures of 12 by 12 pixels, one depth,
three learning rates with one seed of the search, three seeds. Local errors are the gradient of
each layer's own loss with the spikes that arrive taken as given; both arms use autograd here.
"""

import math
import time
from functools import partial
from types import SimpleNamespace

import torch
from _feedback_depth import parts
from _local_errors import GAIN, STEP, by_step
from _protocol import SEARCH_SEEDS, compare, until_flat
from _sweep import options, save, seeded
from torch import nn
from torch.nn.functional import conv2d

from snnbook import data, training
from snnbook.neurons import LeakyNeuron, LIFNeuron, fluctuation_driven_, run
from snnbook.surrogates import fast_sigmoid

CHANNELS, EDGE, STRIDE, RATES = (2, 8, 16, 16), 12, 2, (1e-3, 5e-3, 2e-2)
BATCH, PATIENCE, EPOCHS = 50, 8, 40


class Convolutional(nn.Module):
    """Layers of LIF neurons that share filters of 3 by 3, and a leaky readout of the last."""

    def __init__(self, rate: float, generator: torch.Generator):
        super().__init__()
        self.neuron = LIFNeuron(surrogate=fast_sigmoid(width=0.3))
        self.filters, edge = nn.ParameterList(), EDGE
        for before, after in zip(CHANNELS, CHANNELS[1:]):
            flat, edge = torch.empty(after, 9 * before), math.ceil(edge / STRIDE)
            fluctuation_driven_(flat, self.neuron, rate=rate, generator=generator)
            self.filters.append(nn.Parameter(flat.reshape(after, before, 3, 3)))
            rate = 20.0
        last = torch.empty(len(data.GESTURES), CHANNELS[-1] * edge**2)
        fluctuation_driven_(last, LeakyNeuron(), rate=rate, generator=generator)
        self.readout = nn.Parameter(last)

    def forward(self, spikes: torch.Tensor, apart: bool = False) -> SimpleNamespace:
        """Run over events (T, B, 2 * pixels); ``apart`` takes what arrives at a layer as given."""
        records, (steps, batch, _) = [], spikes.shape
        maps = spikes.reshape(steps * batch, CHANNELS[0], EDGE, EDGE)
        for weight in self.filters:
            drive = conv2d(maps, weight, stride=STRIDE, padding=1)
            found = run(self.neuron, drive.reshape(steps, batch, -1))
            records.append(found)
            fired = found.spikes.detach() if apart else found.spikes
            maps = fired.reshape(drive.shape)
        read = run(LeakyNeuron(), maps.reshape(steps, batch, -1) @ self.readout.T).mem
        return SimpleNamespace(readout=read, hidden=tuple(records))


def gradient(arm: str, readouts, network: Convolutional, spikes, labels) -> dict:
    """Return the gradient of the network's loss, or with it of the loss of each layer."""
    error = training.step_cross_entropy(labels, len(spikes))
    output = network(spikes, apart=arm == "local")
    loss = error.loss(output.readout)
    if arm == "local":
        read = zip(output.hidden, readouts)
        loss = loss + sum(error.loss(layer.spikes @ matrix.T) for layer, matrix in read)
    names, values = zip(*network.named_parameters())
    return dict(zip(names, torch.autograd.grad(loss, values)))


def train(split, epochs: int, arm: str, seed: int, judged: bool, lr: float) -> dict:
    """Train one network; return accuracies, those of an earlier decision, and rates."""
    start, split, rng = time.perf_counter(), split[: 2 + judged], seeded(100 + seed)
    network = Convolutional(1e3 * float(split[0][0].mean()), seeded(seed))
    with torch.no_grad():
        sizes = [layer.spikes.shape[2] for layer in network(split[0][0][:, :1]).hidden]
    readouts = [
        GAIN / size**0.5 * torch.randn(len(data.GESTURES), size, generator=rng) for size in sizes
    ]
    found = until_flat(
        network,
        split,
        lr=lr,
        generator=rng,
        epochs=epochs,
        patience=PATIENCE,
        batch_size=BATCH,
        loss=training.step_loss(training.step_cross_entropy),
        decide=training.decide_by_sum,
        gradient=partial(gradient, arm, readouts),
    )
    if judged:
        found |= {"accuracy": found["test"], **by_step(network, *split[2])}
    return found | {"seconds": round(time.perf_counter() - start, 1)}


def main() -> None:
    given = options(__doc__, seeds=3, epochs=EPOCHS)
    drawn = (data.gestures(550, generator=seeded(seed)) for seed in (0, 1))
    split = parts(data.Split(*next(drawn), *next(drawn)))
    arms = [{"arm": "bptt"}, {"arm": "local"}]
    train_one = partial(train, split, given.epochs)
    found = compare(given, arms, {"lr": RATES}, train_one, SEARCH_SEEDS[:1])
    save(given, found | {"channels": CHANNELS, "epochs": given.epochs, "step": STEP})


if __name__ == "__main__":
    main()
