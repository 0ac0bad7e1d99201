"""The Yin-Yang task on which chapter 5 changes the surrogate.

Every cell of a sweep trains one network per seed, all from the same initial weights and on the
same batches, so cells differ in nothing but the surrogate.
"""

from collections.abc import Callable
from functools import partial

import torch
from _sweep import seeded
from torch import Tensor

from snnbook import data
from snnbook.neurons import LIFNeuron
from snnbook.surrogates import Surrogate
from snnbook.training import SideBySide, accuracy_side_by_side, fit_side_by_side

WIDTHS = (0.001, 0.01, 0.1, 1.0, 10.0)
HIDDEN, BATCH, STEPS, SPAN = 40, 100, 40, 30
#: One spike per feature, in the step nearest to 30 x, and a reference spike in step 0: (40, n, 5).
encode = partial(data.time_code, steps=STEPS, span=SPAN, clock="first", rounding="nearest")


def load(train_size: int, test_size: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return the first samples of the published training and test sets, as spikes."""
    inputs, labels = data.yin_yang(train_size, seed=42)
    test_inputs, test_labels = data.yin_yang(test_size, seed=40)
    return encode(inputs), labels, encode(test_inputs), test_labels


class Task:
    """The Yin-Yang task with a fixed order of batches, for one network per seed."""

    def __init__(self, seeds: range, steps: int, train_size: int = 2000, test_size: int = 1000):
        self.seeds, self.steps = seeds, steps
        self.spikes, self.labels, self.test_spikes, self.test_labels = load(train_size, test_size)
        epochs = -(-steps * BATCH // train_size)
        self.order = torch.cat(
            [torch.randperm(train_size, generator=seeded(e)) for e in range(epochs)]
        )

    def batch(self, step: int) -> tuple[Tensor, Tensor]:
        index = self.order[step * BATCH : (step + 1) * BATCH]
        return self.spikes[:, index], self.labels[index]

    def fit(
        self,
        surrogate: Surrogate,
        layers: int = 2,
        lr: float = 5e-3,
        reset_gradient: bool = False,
        optimizer: Callable[..., torch.optim.Optimizer] = torch.optim.Adam,
    ) -> SideBySide:
        """Train one network per seed."""
        sizes = (5, *[HIDDEN] * layers, 3)
        neuron = LIFNeuron(surrogate=surrogate, reset_gradient=reset_gradient)
        model = SideBySide(sizes, self.seeds, neuron, input_rate=25.0, hidden_rate=10.0, std=1.0)
        fit_side_by_side(model, self.batch, steps=self.steps, lr=lr, optimizer=optimizer)
        return model

    def accuracies(self, surrogate: Surrogate, **options) -> list[float]:
        """Train one network per seed; return the test accuracies."""
        model = self.fit(surrogate, **options)
        return accuracy_side_by_side(model, self.test_spikes, self.test_labels)

    def settings(self) -> dict:
        """Return what is stored with every result."""
        return {
            "task": "Yin-Yang, 2000 training and 1000 test samples, one spike per feature",
            "sizes": [5, HIDDEN, HIDDEN, 3],
            "batch": BATCH,
            "training_steps": self.steps,
            "time_steps": STEPS,
        }
