"""What digits cost with spikes and without, at which accuracy (chapter 8e, claims 8e.1 and 8e.2).

    python experiments/ch08e_accuracy.py        about 20 minutes on one core

Spiking networks on digits in the latency code, with 10 or 50 steps in which time constants and code
have the same shares, with 0 to 50 hidden neurons, some with a price on spikes; and networks without
time on the gray levels: linear layers and rectifiers, with 0 to 50 hidden units. Every arm has a
search of its own, four learning rates over two decades, with a seed that no result has, and trains
until its validation curve is flat. Of each result the operations are counted on the test set
(``snnbook.counting``), before and after its weights are rounded to 8 bits; activations without time
are then rounded to 8 bits, too, in units of 1/255 of the largest on the training set. States of
neurons are not rounded.
"""

import time
from functools import cache, partial

import torch
from _protocol import SEARCH_SEEDS, compare, until_flat
from _sweep import few, options, save, seeded
from torch import Tensor, nn

from snnbook import data, training
from snnbook.counting import count_operations, footprint
from snnbook.export import quantize
from snnbook.layers import Network
from snnbook.neurons import LIFNeuron, SpikingNetwork
from snnbook.surrogates import fast_sigmoid

BATCH, PATIENCE, EPOCHS = 64, 8, 40
RATES = (1e-3, 5e-3, 2e-2, 1e-1)
STEPS, HIDDEN, PRICES = (10, 50), (0, 10, 20, 50), (0.1, 1.0)
#: Membrane, synapse and code, as shares of the run.
SHARES = {"tau_mem": 0.4, "tau_syn": 0.2, "code": 0.6}
SPIKING, TIMELESS = "spiking", "without time"


@cache
def parts(steps: int) -> tuple[tuple[Tensor, Tensor], ...]:
    """Return inputs (T, n, N) and labels for training, validation and test; T is 1 without time."""
    code = partial(data.latency_code, steps=steps, tau=SHARES["code"] * steps * 1e-3)
    split = data.digits().encoded(code if steps > 1 else lambda x: x[None])
    inner = split.validation(300 / 1400)
    return inner[:2], inner[2:], split[2:]


class Levels(nn.Module):
    """Rounds to whole multiples of 1/255 of a largest value, as 8 bits without a sign hold."""

    def __init__(self, largest: float):
        super().__init__()
        self.unit = largest / 255

    def forward(self, values: Tensor) -> Tensor:
        return (values / self.unit).round().clamp(0, 255) * self.unit


def build(kind: str, steps: int, hidden: int, generator: torch.Generator) -> nn.Module:
    """Return a network with its initial weights."""
    sizes = (64, hidden, 10) if hidden else (64, 10)
    if kind == TIMELESS:
        torch.manual_seed(generator.initial_seed())
        layers = [nn.Linear(*pair) for pair in zip(sizes, sizes[1:])]
        return Network([layers[0], nn.ReLU(), layers[1]] if hidden else layers)
    shares = {name: SHARES[name] * steps * 1e-3 for name in ("tau_mem", "tau_syn")}
    neuron = LIFNeuron(**shares, surrogate=fast_sigmoid(width=0.2))
    rate = 1e3 * float(parts(steps)[0][0].mean())
    return SpikingNetwork(sizes, neuron, input_rate=rate, std=1.0, generator=generator)


def counted(network: nn.Module, inputs: Tensor) -> dict:
    """Return the operations of an inference as numbers."""
    if isinstance(network, Network):
        found = count_operations(nn.Sequential(*network.layers), inputs[0])
    else:
        found = count_operations(network, inputs)
    names = ("dense", "macs", "acs", "updates", "events", "outputs", "arrivals", "states", "steps")
    return {name: round(float(getattr(found, name)), 2) for name in names}


def rounded(network: nn.Module, train: Tensor, test: tuple[Tensor, Tensor]) -> dict:
    """Return accuracy, bytes and operations with 8 bits."""
    whole = quantize(network)
    small = whole.network
    if isinstance(small, Network) and len(small) > 1:
        with torch.no_grad():
            largest = float(Network(list(small.layers)[:2])(train).outputs.max())
        small = Network([*list(small.layers)[:2], Levels(largest), small[2]])
    accuracy = training.accuracy(small, *test).value
    return {"test": accuracy, "bytes": footprint(whole), **counted(small, test[0])}


def train(
    kind: str, steps: int, hidden: int, price: float, seed: int, judged: bool, lr: float
) -> dict:
    """Train one network; return its accuracies and, if judged, what an inference takes."""
    split, generator = parts(steps)[: 2 + judged], seeded(seed)
    network, start = build(kind, steps, hidden, generator), time.process_time()
    options = {}
    if price:
        options["regularizer"] = lambda output: training.spike_count_penalty(
            output.hidden[0].spikes, linear=price
        )
    settings = {"lr": lr, "epochs": EPOCHS, "patience": PATIENCE, "batch_size": BATCH}
    found = until_flat(network, split, generator=generator, **settings, **options)
    if judged:
        found |= {"float": {"bytes": footprint(network), **counted(network, split[2][0])}}
        found |= {"int8": rounded(network, split[0][0], split[2])}
    return found | {"seconds": round(time.process_time() - start, 1)}


def main() -> None:
    given = options(__doc__, seeds=5)
    arms = [
        {"kind": SPIKING, "steps": steps, "hidden": hidden, "price": price}
        for steps in STEPS
        for hidden in HIDDEN
        for price in ((0.0, *PRICES) if hidden == HIDDEN[-1] else (0.0,))
    ]
    arms += [{"kind": TIMELESS, "steps": 1, "hidden": hidden, "price": 0.0} for hidden in HIDDEN]
    found = compare(given, few(given, arms), {"lr": RATES}, train, SEARCH_SEEDS[:1])
    told = {"batch": BATCH, "patience": PATIENCE, "epochs": EPOCHS, "shares": SHARES}
    save(given, found | told)


if __name__ == "__main__":
    main()
