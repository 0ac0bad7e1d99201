"""One network and one rule learn handwritten digits in three codes (chapter 5).

Usage: python experiments/three_codes.py [--seeds 4] [--epochs 12]
The network is n-100-10; n is the number of input channels of the code. Nothing else differs.
"""

import argparse
import sys

import torch
from side_by_side import SideBySide, accuracies, rng, train
from torch import Tensor
from torch.nn import functional

from snnbook import data, results
from snnbook.surrogates import fast_sigmoid

STEPS, BATCH, WIDTH = 50, 100, 0.2
NOISE = rng(7)


def scan(images: Tensor) -> Tensor:
    """Return what a line of eight sensors sees when the image passes by, (50, B, 8)."""
    columns = functional.pad(images.unflatten(1, (8, 8)), (1, 1))
    passing = functional.interpolate(columns, size=STEPS, mode="linear", align_corners=True)
    return passing.permute(2, 0, 1)


CODES = {
    "latency": lambda images: data.latency_code(images, STEPS),
    "rate": lambda images: data.rate_code(images, STEPS, max_rate=100.0, generator=NOISE),
    "delta": lambda images: data.delta_code(scan(images), threshold=0.1),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--epochs", type=int, default=12)
    args = parser.parse_args()
    torch.set_num_threads(1)
    split = data.digits()
    order = torch.cat(
        [torch.randperm(len(split.train_labels), generator=rng(e)) for e in range(args.epochs)]
    )
    found = {"accuracy": {}, "input_spikes": {}, "channels": {}, "epochs": args.epochs}
    for name, encode in CODES.items():

        def batch(step: int, encode=encode) -> tuple[Tensor, Tensor]:
            index = order[step * BATCH : (step + 1) * BATCH]
            return encode(split.train_inputs[index]), split.train_labels[index]

        test = encode(split.test_inputs)
        rate = float(test.mean()) * 1e3
        sizes = (test.shape[2], 100, 10)
        surrogate = fast_sigmoid(width=WIDTH)
        model = SideBySide(sizes, range(args.seeds), input_rate=rate, surrogate=surrogate)
        train(model, batch, len(order) // BATCH, 5e-3)
        found["accuracy"][name] = accuracies(model, test, split.test_labels)
        found["input_spikes"][name] = float(test.sum(0).sum(-1).mean())
        found["channels"][name] = test.shape[2]
        print(name, found["accuracy"][name], found["input_spikes"][name], flush=True)
    results.save(
        "ch05_three_codes", found, command="python " + " ".join(sys.argv), seeds=range(args.seeds)
    )


if __name__ == "__main__":
    main()
