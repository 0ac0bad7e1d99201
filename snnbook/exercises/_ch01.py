"""Exercises of chapter 1: a spiking network reads digits (paper section I)."""

import math

import torch

from snnbook import data, training
from snnbook.exercises._mystery import hidden_digit
from snnbook.exercises._records import choice, function, integer, number
from snnbook.exercises._tools import count_weights


@integer(
    "01-1",
    right="64 · 100 + 100 · 100 + 100 · 10, the same weights in every time step.",
    hint="One matrix into the hidden layer, one inside it, one out of it.",
)
def weights():
    plain, full = (count_weights(64, 100, 10, recurrent=option) for option in (False, True))
    return full, {
        "That is the feed-forward network; each hidden neuron also sends spikes to all 100.": plain,
        "That includes 110 biases; this network has none.": full + 110,
        "You left out the 100 connections from a neuron to itself; V is a full matrix.": full - 100,
        "The readout is missing: 100 · 10 more.": full - 1000,
        "The input weights are missing: 64 · 100 more.": full - 6400,
        "That is the number of units; a weight joins two of them.": 64 + 100 + 10,
        "The matrices are added, not multiplied: each weight is one number.": 64 * 100 * 100 * 10,
    }


@number(
    "01-2",
    right="ln 10: equal readouts give each class the probability 1/10.",
    hint="The softmax of ten equal numbers is 1/10 each; the loss is −ln of the right one.",
)
def loss_at_chance():
    silent = torch.zeros(5, 1, 10, dtype=torch.float64)
    return training.max_over_time(silent, torch.tensor([3])), {
        "Cross entropy uses the natural logarithm, not log₁₀.": math.log10(10),
        "That is the loss in bits; cross entropy uses the natural log.": math.log2(10),
        "That is the accuracy at chance, 1/10; the loss is −ln of it.": 0.1,
        "The readouts are 0, but their softmax is 1/10 for each class.": 0.0,
        "That is −ln(9/10); the right class has 1/10.": -math.log(0.9),
        "That sums over classes; only the right one counts.": 10 * math.log(10),
    }


@integer(
    "01-3",
    right="20 ms · ln(0.625/0.425) = 7.7 ms, which lies in step 7; more ink speaks earlier.",
    hint="x = 10/16; with a calculator or `math.log`, and then the step that contains the time.",
)
def latency_of_a_pixel():
    def step(gray):
        return int(data.latency_code(torch.tensor([[gray]]), steps=100)[:, 0, 0].argmax())

    x, threshold = 10 / 16, 0.2
    time = 20 * math.log(x / (x - threshold))
    upside_down, to_itself = 20 * math.log(x / threshold), 20 * math.log(1 / (1 - x))
    return step(x), {
        "7.7 ms rounds to 8 and lies in step 7, which covers the time from 7 to 8 ms.": round(time),
        "The fraction is x/(x − ϑ), not x/ϑ: with yours a pixel with more ink would be later.": int(
            upside_down
        ),
        "Check the units: x is 10/16, not 10, and the logarithm is in units of τ = 20 steps.": 0,
        "ln is the natural logarithm, not log₁₀.": int(20 * math.log10(x / (x - threshold))),
        "That is a pixel full of ink, x = 1; here x = 10/16.": step(1.0),
        "That is the time to reach x itself; the spike comes when the threshold is reached.": int(
            to_itself
        ),
    }


@function(
    "01-4",
    right="The mean over time and batch is a probability per step; divided by dt it is a rate.",
    hint="Count the spikes, divide by the number of samples and by the duration T · dt.",
)
def firing_rates(draw):
    shapes = ((40, 3, 5, 1e-3), (25, 4, 2, 2e-3), (30, 2, 6, 0.5e-3))
    cases = [(draw.spikes(*shape, share=0.2), dt) for *shape, dt in shapes]

    def rates(spikes, dt):
        return training.mean_counts(spikes) / (len(spikes) * dt)

    def mean(*axes):
        return lambda S, dt: S.mean(axes) / dt

    return (rates, cases), {
        "That is the number of spikes per step; divide by dt for "
        "spikes per second.": lambda S, dt: S.mean((0, 1)),
        "That is the number of spikes per sample; divide by the duration T · dt.": lambda S, dt: (
            S.mean(1).sum(0)
        ),
        "Divide by dt instead of multiplying: a shorter step with equal counts is "
        "a higher rate.": lambda S, dt: S.mean((0, 1)) * dt,
        "That is in kHz: dt is in seconds already, no factor of 1000 is needed.": lambda *case: (
            rates(*case) / 1000
        ),
        "That sums over the samples; take their mean.": lambda spikes, dt: (
            spikes.mean(0).sum(0) / dt
        ),
        "The duration is T · dt: divide by the number of steps as well.": lambda spikes, dt: (
            spikes.mean(1).sum(0) / dt
        ),
        "That has a row for each sample; average over the batch axis as well.": mean(0),
        "That is a rate per sample; time comes first, then the batch: average over 0 and 1.": mean(
            0, 2
        ),
        "That is a rate per time step; average over time and batch, and keep the neurons.": mean(
            1, 2
        ),
        "That is one rate for the whole layer; keep the axis of the neurons.": mean(0, 1, 2),
    }


@integer(
    "01-5",
    generic=False,
    right="386 is 97.2 %: more than two points above the claim, just to be sure of it.",
    hint="The lower end is (p + z²/2n − z √(p(1−p)/n + z²/4n²)) / (1 + z²/n), with z = 1.96.",
)
def sure_of_an_accuracy():
    size = 397

    def smallest(lower):
        """Return the smallest count whose lower end is above 0.95."""
        return next(correct for correct in range(300, size + 1) if lower(correct) > 0.95)

    def wald(z):
        def lower(correct):
            p = correct / size
            return p - z * math.sqrt(p * (1 - p) / size)

        return smallest(lower)

    truth = smallest(lambda correct: training.wilson_interval(correct, size)[0])
    return truth, {
        "That makes the accuracy itself larger than 0.95; its lower bound is "
        "well below that.": smallest(lambda correct: correct / size),
        "That is p − 1.96 √(p(1−p)/n), which is too sure of itself near 1; use Wilson's.": wald(
            1.96
        ),
        "That is one standard error, which covers 68 %; for 95 % take 1.96 of them.": wald(1.0),
        "That is enough, and one fewer is enough as well.": truth + 1,
        "All of them are more than enough: find the smallest number.": size,
    }


@choice(
    "01-6",
    options=tuple("0123456789"),
    right="The order of the spikes carries the picture; no rate was needed.",
    hint="Turn spike times into a picture: `T - argmax` where a unit spiked, 0 elsewhere, in "
    "8 rows of 8.",
)
def digit_from_spikes():
    return str(hidden_digit(5)), {}
