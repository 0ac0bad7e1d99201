"""Forty steps of Adam against the exact gradient, a surrogate and a shaped loss (chapter 6d).

    python experiments/ch06d_descent.py        two minutes on one core

The networks are those of ``ch06d_agreement.py`` with one hidden layer, the loss is their mixture of
the readouts at the end. Only the first layer learns. Four gradients are followed: the exact one of
the loss; surrogates of two widths, in steps of 0.2 ms; and the exact one of another loss, the
same mixture of readouts, integrated with a weight that falls with time. Whichever is followed,
what is recorded is the loss at the end in continuous time. No rate is chosen: all are shown.
"""

import time

import torch
from _sweep import few, options, run_cases, save
from ch06d_agreement import DURATION, draw, surrogate
from torch import Tensor

from snnbook.spike_times import SpikeLayer, Trains

ARMS = ("exact", "surrogate 0.1", "surrogate 1", "shaped")
RATES = (1e-3, 5e-3, 2e-2, 1e-1)
STEPS, TAU_MEM, TAU_SYN = 40, 20e-3, 5e-3
DT = 0.2e-3
FADE = DURATION  # the time constant of the weight in the shaped loss


def at_end(since: Tensor) -> Tensor:
    """Return the readout at the end from one spike of weight 1 that came ``since`` before."""
    ratio = TAU_SYN / (TAU_SYN - TAU_MEM)
    return ratio * (torch.exp(-since / TAU_SYN) - torch.exp(-since / TAU_MEM))


def shaped(since: Tensor) -> Tensor:
    r"""Return :math:`\frac{1}{\tau_f} \int_s^T e^{-t/\tau_f}\, \kappa(t - s)\, dt`."""
    ratio, sums = TAU_SYN / (TAU_SYN - TAU_MEM), []
    for tau in (TAU_SYN, TAU_MEM):
        rate = 1 / tau + 1 / FADE
        sums.append((1 - torch.exp(-rate * since)) / rate)
    return torch.exp((since - DURATION) / FADE) * ratio * (sums[0] - sums[1]) / FADE


def mixture(layer: SpikeLayer, times: Tensor, sends: Tensor, seen) -> tuple[Tensor, float]:
    """Return the mixture of the readouts, and hidden spikes in a sample.

    ``sends`` (hidden,) is what a spike adds to the mixture; ``seen`` says what becomes of it.
    """
    order = times.argsort(1)
    trains = layer(Trains(times.gather(1, order), order))
    here = torch.isfinite(trains.times)
    since = DURATION - torch.where(here, trains.times, DURATION)
    value = (here * sends[trains.sources] * seen(since)).sum()
    return value, float(here.sum()) / len(times)


def run(arm: str, lr: float, seed: int) -> dict:
    """Follow one gradient; return the loss before each step and after the last, and spikes."""
    begun = time.perf_counter()
    (first, second), inputs, mix = draw(1, seed)
    layer = SpikeLayer(torch.from_numpy(first), TAU_MEM, TAU_SYN, DURATION)
    times, sends = torch.from_numpy(inputs), torch.from_numpy(mix @ second)
    adam = torch.optim.Adam(layer.parameters(), lr=lr)
    losses, spikes = [], []
    for step in range(STEPS + 1):
        loss, count = mixture(layer, times, sends, at_end)
        losses.append(float(loss.detach()))
        spikes.append(count)
        if step == STEPS:
            break
        adam.zero_grad()
        if arm.startswith("surrogate"):
            weights, width = [layer.weight.detach().numpy(), second], float(arm.split()[1])
            _, found, _ = surrogate(weights, inputs, mix, "end", width, through_reset=True, dt=DT)
            layer.weight.grad = torch.from_numpy(found)
        else:
            if arm == "shaped":
                loss, _ = mixture(layer, times, sends, shaped)
            loss.backward()
        adam.step()
    return {
        "losses": [round(x, 5) for x in losses],
        "spikes": [round(x, 2) for x in spikes],
        "change": losses[-1] - losses[0],
        "seconds": round(time.perf_counter() - begun, 2),
    }


def main() -> None:
    given = options(__doc__, seeds=20)
    cases = [
        {"arm": arm, "lr": lr, "seed": seed}
        for arm in ARMS
        for lr in few(given, RATES)
        for seed in given.seeds
    ]
    rows = run_cases(given, cases, run)
    save(given, {"runs": rows, "arms": ARMS, "rates": RATES, "steps": STEPS, "fade": FADE})


if __name__ == "__main__":
    main()
