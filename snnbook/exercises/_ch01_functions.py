"""The exercise of chapter 1 in which the reader writes a function: firing rates."""

import torch
from torch import Tensor

from snnbook.exercises._records import Exercise, Mistake
from snnbook.training import mean_counts


def _rasters(generator: torch.Generator) -> list[tuple]:
    cases = []
    for steps, batch, units, dt in ((40, 3, 5, 1e-3), (25, 4, 2, 2e-3), (30, 2, 6, 0.5e-3)):
        spikes = torch.rand(steps, batch, units, generator=generator, dtype=torch.float64) < 0.2
        cases.append((spikes.double(), dt))
    return cases


def _mean_rate(spikes: Tensor, dt: float) -> Tensor:
    return mean_counts(spikes) / (spikes.shape[0] * dt)


RATES = Exercise(
    id="01-4",
    title="Firing rates from a raster",
    level="by code",
    kind="function",
    signature="rates(spikes, dt)",
    prompt=r"""
Write `rates(spikes, dt)` for spikes of shape `(T, B, N)` and a time step in seconds.
It returns the firing rate of each of the $N$ neurons in Hz, averaged over the $B$ samples.
""",
    truth=_mean_rate,
    cases=_rasters,
    tolerance=1e-5,
    right="The mean over time and batch is a probability per step; divided by dt it is a rate.",
    hint="Count the spikes, divide by the number of samples and by the duration T · dt.",
    solution="""
def rates(spikes, dt):
    return spikes.mean(dim=(0, 1)) / dt


check("01-4", rates)
""",
    mistakes=(
        Mistake(
            lambda spikes, dt: spikes.mean(dim=(0, 1)),
            "That is the number of spikes per step; divide by dt for spikes per second.",
        ),
        Mistake(
            lambda spikes, dt: spikes.mean(dim=1).sum(0),
            "That is the number of spikes per sample; divide by the duration T · dt.",
        ),
        Mistake(
            lambda spikes, dt: spikes.mean(dim=(0, 1)) * dt,
            "Divide by dt instead of multiplying: a shorter step with equal counts is a higher "
            "rate.",
        ),
        Mistake(
            lambda spikes, dt: spikes.mean(dim=(0, 1)) / dt / 1000,
            "That is in kHz: dt is in seconds already, no factor of 1000 is needed.",
        ),
        Mistake(
            lambda spikes, dt: spikes.mean(0).sum(0) / dt,
            "That sums over the samples; take their mean.",
        ),
        Mistake(
            lambda spikes, dt: spikes.mean(dim=1).sum(0) / dt,
            "The duration is T · dt: divide by the number of steps as well.",
        ),
        Mistake(
            lambda spikes, dt: spikes.mean(0) / dt,
            "That has a row for each sample; average over the batch axis as well.",
        ),
        Mistake(
            lambda spikes, dt: spikes.mean(dim=(0, 2)) / dt,
            "That is a rate per sample; time comes first, then the batch: average over 0 and 1.",
        ),
        Mistake(
            lambda spikes, dt: spikes.mean(dim=(1, 2)) / dt,
            "That is a rate per time step; average over time and batch, and keep the neurons.",
        ),
        Mistake(
            lambda spikes, dt: spikes.mean() / dt,
            "That is one rate for the whole layer; keep the axis of the neurons.",
        ),
    ),
)
