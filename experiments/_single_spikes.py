"""Networks on Yin-Yang in the clock code, of single spikes and of LIF neurons (chapter 4d).

Times are in synaptic time constants.
"""

from collections.abc import Callable
from functools import partial

from _sweep import seeded
from torch import Tensor

from snnbook import data, spike_times, training
from snnbook.neurons import LIFNeuron, SpikingNetwork

HIDDEN, SPAN, STEPS = 120, 2.0, 100
SETTINGS = {  # of the non-leaky cell, and of the two leaky ones
    "non-leaky": {"gain": (2.0, 6.0), "spread": (1.5, 2.0), "bump": 0.1, "early": 0.0},
    "double": {"gain": (2.5, 6.0), "spread": (1.0, 2.0), "bump": 0.2, "early": 0.01},
    "equal": {"gain": (2.5, 6.0), "spread": (1.0, 2.0), "bump": 0.2, "early": 0.01},
}

NEURON = LIFNeuron(tau_mem=10e-3, tau_syn=5e-3, dt=0.2e-3)  # 25 steps for a synaptic constant
#: The spikes of the clock code in steps of 0.2 ms: (100, B, 5).
encode = partial(data.time_code, steps=STEPS, span=50, clock="first", rounding="nearest")


def load() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return the published training and test sets of Yin-Yang, as values."""
    return *data.yin_yang(5000, seed=42), *data.yin_yang(1000, seed=40)


def points(judged: bool) -> list[tuple[Tensor, Tensor]]:
    """Return the published training and validation sets, and the test set for a judged network."""
    sets = ((5000, 42), (1000, 41), (1000, 40))
    return [data.yin_yang(count, seed) for count, seed in sets[: 2 + judged]]


def single_spike(
    name: str,
    seed: int,
    epochs: int,
    decay: float = 0.88,
    lr: float = 0.2,
    on_epoch: Callable | None = None,
    **changes,
):
    """Train one network and return it with its history."""
    values, labels, *_ = load()
    settings = SETTINGS[name] | changes
    loss = partial(spike_times.time_cross_entropy, tau=0.05, early=settings.pop("early"))
    bump, margin = settings.pop("bump"), settings.pop("margin", None)
    generator = seeded(seed)
    network = spike_times.TimingNetwork(
        (5, HIDDEN, 3), spike_times.CELLS[name](), generator=generator, **settings
    )
    history = spike_times.fit_times(
        network, data.clock_code(values, span=SPAN), labels, epochs=epochs, batch_size=150,
        generator=generator, lr=lr, decay=decay, loss=loss, on_epoch=on_epoch,
        remedy=partial(spike_times.bump_silent, step=bump) if bump else None,
        penalty=partial(spike_times.weight_sum_penalty, margin=margin) if margin else None,
    )  # fmt: skip
    return network, history


def share_right(network: spike_times.TimingNetwork, values: Tensor, labels: Tensor) -> float:
    """Return the share of points whose output neuron spikes first."""
    return spike_times.share_right(network, data.clock_code(values, span=SPAN), labels)


def surrogate(
    seed: int, loss, price: float, epochs: tuple[int, int], lr: float = 2e-3
) -> SpikingNetwork:
    """Train a network of ordinary LIF neurons with a leaky readout on the same spikes."""
    values, labels, *_ = load()
    network = SpikingNetwork(
        (5, HIDDEN, 3), NEURON, input_rate=30.0, generator=seeded(seed), std=1.0
    )

    def regularizer(output):
        return training.spike_count_penalty(output.hidden[0].spikes, linear=price)

    for count, rate in zip(epochs, (lr, lr / 5), strict=True):
        training.fit(
            network, values, labels, epochs=count, batch_size=100, generator=seeded(seed),
            loss=loss, lr=rate, encode=encode, regularizer=regularizer if price else None,
            progress=False,
        )  # fmt: skip
    return network


def stored(runs: dict) -> dict:
    """Return the result with what all four have in common."""
    return {"runs": runs, "sizes": [5, HIDDEN, 3], "span": SPAN}
