"""Digits in three codes: no hidden layer, a frozen and a trained one, and classifiers of counts.

    python experiments/ch05_three_codes.py        half an hour on one core (chapter 5, claim 13)

The network is n-100-10, and n is the number of input channels of the code. Without a hidden layer
or with a frozen one the readout is solved to its optimum. Beside them a logistic regression and a
support vector machine read the same spikes as counts: of a channel, or of a channel in each of ten
bins of five steps. Whatever is chosen is chosen on 280 of the 1400 training images, by a search
with one seed, which no result has.

The trained network keeps the readout that it learned, or that one solved after training, whichever
is better on the validation images; where spikes are random it keeps what it learned.

A code gives the probability of a spike; those of latency and delta are 0 and 1. A network that is
trained draws its training spikes anew in every batch; who needs them all at once gets DRAWS of each
image. The spikes that judge are drawn once for each seed, the same for all arms.
"""

import time
from functools import cache, partial

import torch
from _protocol import SEARCH_SEEDS, compare, solve_readout, until_flat
from _sweep import options, save, seeded
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC
from torch import Tensor
from torch.nn import functional

from snnbook import data, training
from snnbook.neurons import LIFNeuron, SpikingNetwork
from snnbook.surrogates import fast_sigmoid

STEPS, BIN, HIDDEN, WIDTH, DRAWS = 50, 5, 100, 0.2, 4
#: From weights that are held back to free ones; few images and many channels need the former.
STRENGTHS = (1e-2, 1e-1, 1.0, 1e1, 1e2, 1e3, 1e4)
#: Epochs without a better one after which the search stops, and the result.
PATIENCE = {2: 12, 3: 30}
LOSS = partial(training.sum_over_time, scale=4 / STEPS)


def scan(images: Tensor) -> Tensor:
    """Return what a line of eight sensors sees when the image passes by, (50, B, 8)."""
    columns = functional.pad(images.unflatten(1, (8, 8)), (1, 1))
    passing = functional.interpolate(columns, size=STEPS, mode="linear", align_corners=True)
    return passing.permute(2, 0, 1)


#: From images (B, 64) to the probability of a spike, (T, B, n).
CODES = {
    "latency": lambda images: data.latency_code(images, STEPS),
    "rate": lambda images: data.constant_code(images, STEPS, max_rate=100.0),
    "delta": lambda images: data.delta_code(scan(images), threshold=0.1),
}
NETWORKS = ("none", "frozen", "trained")
READERS = {"counts": STEPS, "bins": BIN}  # steps that are counted together


def drawn(chances: Tensor, generator: torch.Generator) -> Tensor:
    """Return spikes with these probabilities; what is 0 or 1 stays as it is."""
    return (torch.rand(chances.shape, generator=generator) < chances).float()


@cache
def parts(code: str, seed: int, draws: int = DRAWS) -> list[tuple[Tensor, Tensor]]:
    """Return spikes (T, B, n) and labels for training, validation and test."""
    split, source = data.digits(), seeded(5000 + seed)
    learn = split.validation(0.2)
    draws = draws if code == "rate" else 1
    found = []
    for images, labels, count in (
        (learn.train_inputs, learn.train_labels, draws),
        (learn.test_inputs, learn.test_labels, draws),
        (split.test_inputs, split.test_labels, 1),
    ):
        chances = CODES[code](images.repeat(count, 1))
        found.append((drawn(chances, source), labels.repeat(count)))
    return found


def train(epochs: int, code: str, arm: str, seed: int, judged: bool, **chosen) -> dict:
    """Train or solve one arm on one code; return its accuracies, of the test if judged."""
    start = time.perf_counter()
    split = parts(code, seed)[: 2 + judged]
    one = network if arm in NETWORKS else classifier
    found = one(split, epochs, code, arm, seed, **chosen)
    return found | {"seconds": round(time.perf_counter() - start, 1)}


def network(split, epochs: int, code: str, arm: str, seed: int, lr=None, std=1.0) -> dict:
    """Return the accuracies of a spiking network."""
    generator, spikes = seeded(seed), split[0][0]
    sizes = (spikes.shape[2], 10) if arm == "none" else (spikes.shape[2], HIDDEN, 10)
    neuron = LIFNeuron(surrogate=fast_sigmoid(width=WIDTH))
    rate = float(spikes.mean()) * 1e3
    model = SpikingNetwork(sizes, neuron, input_rate=rate, std=std, generator=generator)
    if arm != "trained":
        return solve_readout(model, split, STRENGTHS)
    images = data.digits().validation(0.2)
    chances = CODES[code](images.train_inputs).transpose(0, 1)
    unseen, classes = split[1]
    fresh = [(chances, images.train_labels), (unseen.transpose(0, 1), classes), *split[2:]]

    def encode(some: Tensor) -> Tensor:
        return drawn(some.transpose(0, 1), generator)

    settings = {"lr": lr, "epochs": epochs, "patience": PATIENCE[len(split)], "batch_size": 100}
    found = until_flat(model, fresh, generator=generator, loss=LOSS, encode=encode, **settings)
    if code == "rate" or len(split) < 3:
        return found
    solved = solve_readout(model, split, STRENGTHS)
    better = solved if solved["validation"] > found["validation"] else {}
    return found | {"before_solving": found["test"]} | better


def classifier(split, epochs: int, code: str, arm: str, seed: int, C: float, gamma=None) -> dict:
    """Return the accuracies of a classifier of spike counts."""
    kind, reader = arm.split(" on ")
    counted = [(read(spikes, READERS[reader]), labels.numpy()) for spikes, labels in split]
    scale = counted[0][0].std()
    if kind == "logistic":
        model = LogisticRegression(C=C, max_iter=2000)
    else:
        channels = counted[0][0].shape[1]
        model = SVC(C=C, gamma=gamma / channels)
    model.fit(counted[0][0] / scale, counted[0][1])
    scores = [model.score(inputs / scale, labels) for inputs, labels in counted]
    return dict(zip(("train", "validation", "test"), scores))


def read(spikes: Tensor, together: int):
    """Return the number of spikes of each channel in each bin, (B, bins * n)."""
    return spikes.unflatten(0, (-1, together)).sum(1).transpose(0, 1).flatten(1).numpy()


def grid(arm: dict) -> dict:
    """Return what is chosen on the validation set."""
    kind = arm["arm"].split(" on ")[0]
    return {
        "none": {},
        "frozen": {"std": (0.5, 1.0, 2.0)},
        "trained": {"lr": (1e-3, 3e-3, 1e-2, 3e-2, 1e-1)},
        "logistic": {"C": (0.01, 0.1, 1.0, 10.0, 100.0)},
        "svm": {"C": (1.0, 10.0, 100.0), "gamma": (0.2, 1.0, 5.0)},
    }[kind]


def main() -> None:
    given = options(__doc__, seeds=5, epochs=100)
    readers = [f"{kind} on {reader}" for reader in READERS for kind in ("logistic", "svm")]
    arms = [
        {"code": code, "arm": arm}
        for code in CODES
        for arm in (*NETWORKS, *readers)
        if code != "rate" or not arm.endswith("bins")  # its channels keep one rate all the time
    ]
    found = compare(given, arms, grid, partial(train, given.epochs), SEARCH_SEEDS[:1])
    inputs = {code: parts(code, 0)[2][0] for code in CODES}
    said = {
        "epochs": given.epochs,
        "draws": DRAWS,
        "input_spikes": {code: float(one.sum(0).sum(-1).mean()) for code, one in inputs.items()},
        "channels": {code: one.shape[2] for code, one in inputs.items()},
    }
    save(given, found | said)


if __name__ == "__main__":
    main()
