"""One network and one rule learn handwritten digits in three codes (chapter 5).

    python experiments/ch05_three_codes.py [--seeds 4] [--epochs 12]

The network is n-100-10; n is the number of input channels of the code. Nothing else differs.
"""

from functools import partial

import torch
from _sweep import options, run_cases, save, seeded
from torch import Tensor
from torch.nn import functional

from snnbook import data
from snnbook.neurons import LIFNeuron
from snnbook.surrogates import fast_sigmoid
from snnbook.training import SideBySide, accuracy_side_by_side, fit_side_by_side

STEPS, BATCH, WIDTH = 50, 100, 0.2
NOISE = seeded(7)


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


def run(split: data.Split, seeds: range, epochs: int, code: str) -> dict:
    """Train one network for each seed on one code; return accuracies and the input's spikes."""
    encode, count = CODES[code], len(split.train_labels)
    order = torch.cat([torch.randperm(count, generator=seeded(e)) for e in range(epochs)])

    def batch(step: int) -> tuple[Tensor, Tensor]:
        index = order[step * BATCH : (step + 1) * BATCH]
        return encode(split.train_inputs[index]), split.train_labels[index]

    test = encode(split.test_inputs)
    model = SideBySide(
        (test.shape[2], 100, 10),
        seeds,
        LIFNeuron(surrogate=fast_sigmoid(width=WIDTH)),
        input_rate=float(test.mean()) * 1e3,
        std=1.0,
    )
    fit_side_by_side(model, batch, steps=len(order) // BATCH, lr=5e-3)
    return {
        "accuracy": accuracy_side_by_side(model, test, split.test_labels),
        "input_spikes": float(test.sum(0).sum(-1).mean()),
        "channels": test.shape[2],
    }


def main() -> None:
    given = options(__doc__, seeds=4, epochs=12)
    once = partial(run, data.digits(), given.seeds, given.epochs)
    rows = {row["code"]: row for row in run_cases(given, [{"code": code} for code in CODES], once)}
    names = ("accuracy", "input_spikes", "channels")
    found = {name: {code: row[name] for code, row in rows.items()} for name in names}
    save(given, found | {"epochs": given.epochs})


if __name__ == "__main__":
    main()
