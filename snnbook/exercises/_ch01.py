"""Exercises of chapter 1: introduction: a spiking network reads digits (paper section I)."""

import math

import torch

from snnbook import data, training
from snnbook.exercises._mystery import hidden_digit
from snnbook.exercises._records import Plus, Times, choice, function, integer, number
from snnbook.exercises._tools import count_weights


@integer(
    "01-1",
    right="64 · 100 + 100 · 100 + 100 · 10, the same weights in every time step.",
    hints=(
        "Which layers send spikes to which? Draw the network as three boxes with its arrows.",
        "Each arrow is a full matrix, with one weight for every pair of a sender and a "
        "receiver, and the hidden layer also sends to itself.",
        "Begin with `64 * 100`, the matrix into the hidden layer.",
    ),
)
def weights():
    plain, full = (count_weights(64, 100, 10, recurrent=option) for option in (False, True))
    return full, {
        "That is the feed-forward network; each hidden neuron also sends spikes to all 100.": Plus(
            plain - full
        ),
        "That includes 110 biases; this network has none.": Plus(110),
        "You left out the 100 connections from a neuron to itself; V is a full matrix.": Plus(-100),
        "The readout is missing: 100 · 10 more.": Plus(-1000),
        "The input weights are missing: 64 · 100 more.": Plus(-6400),
        "That is the number of units; a weight joins two of them.": 64 + 100 + 10,
        "The matrices are added, not multiplied: each weight is one number.": 64 * 100 * 100 * 10,
    }


@number(
    "01-2",
    right="ln 10: equal readouts give each class the probability 1/10.",
    hints=(
        "Which probability does the softmax give to the right class when all ten readouts "
        "are equal?",
        "The loss is −ln of that probability, with the natural logarithm.",
    ),
)
def loss_at_chance():
    silent = torch.zeros(5, 1, 10, dtype=torch.float64)
    return training.max_over_time(silent, torch.tensor([3])), {
        "Cross entropy uses the natural logarithm, not log₁₀.": math.log10(10),
        "That is the loss in bits; cross entropy uses the natural log.": math.log2(10),
        "That is the accuracy at chance, 1/10; the loss is −ln of it.": 0.1,
        "The readouts are 0, but their softmax is 1/10 for each class.": 0.0,
        "That is −ln(9/10); the right class has 1/10.": -math.log(0.9),
        "That sums over classes; only the right one counts.": Times(10.0),
    }


@integer(
    "01-3",
    right="20 ms · ln(0.625/0.425) = 7.7 ms, which lies in step 7; more ink speaks earlier.",
    hints=(
        "Which number between 0 and 1 is x here, and in which unit does the time come out?",
        "Put x = 10/16 into the formula, with the natural logarithm; then find the step "
        "that contains this time.",
        "`t = 20 * math.log(x / (x - 0.2))` is the time in ms.",
    ),
)
def latency_of_a_pixel():
    def step(gray):
        return int(data.latency_code(torch.tensor([[gray]]), steps=100)[:, 0, 0].argmax())

    x, threshold = 10 / 16, 0.2
    time = 20 * math.log(x / (x - threshold))
    upside_down, to_itself = 20 * math.log(x / threshold), 20 * math.log(1 / (1 - x))
    return step(x), {
        "You rounded to the nearest step; step n covers the time from n to n + 1 ms.": round(time),
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
    hints=(
        "What is a rate: what do you count, and by which duration do you divide?",
        "The mean of zeros and ones over time and samples is the number of spikes per "
        "step, and a step lasts dt.",
        "Begin with `spikes.mean(dim=(0, 1))`.",
    ),
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
    hints=(
        "How does the lower end of the interval move when one more image is right?",
        "Try one count after another, and stop at the first whose lower end is above 0.95.",
        "`training.wilson_interval(correct, 397)[0]` is the lower end; let `correct` count "
        "up from 377.",
    ),
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
    hints=(
        "What does an early spike say about a pixel, and what does silence say?",
        "Turn spike times into brightness: `T - argmax` over time where a unit spiked, 0 "
        "elsewhere, in 8 rows of 8.",
        "`early = len(spikes) - spikes.argmax(0)` is large where a pixel spoke early; "
        "multiply it by `spikes.amax(0)`.",
    ),
)
def digit_from_spikes():
    return str(hidden_digit(5)), {}
