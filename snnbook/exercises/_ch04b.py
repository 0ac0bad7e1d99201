"""Exercises of chapter 4b: probabilistic spikes (paper section IV.A.2)."""

import math

import torch

from snnbook import smoothed
from snnbook.exercises._records import Times, function, number, sequence
from snnbook.exercises._tools import coin


@sequence(
    "04b-1",
    right="σ(−1) and 1 − exp(−e⁻¹): one noise below threshold, both fire in more than a quarter "
    "of the steps.",
    hints=(
        "Is U above or below the threshold, and by how many Δ?",
        "x = (U − θ)/Δ. The sigmoid is 1/(1 + e^(−x)); exponential noise expects h = h₀ "
        "e^x spikes, and the neuron fires unless there are none.",
        "`x = (0.8 - 1.0) / 0.2`; the second probability is one minus that of no spike, "
        "`math.exp(-h)`.",
    ),
)
def two_kinds_of_noise():
    def at(x, noise=0.2):
        """Return the probability of a spike at x for both kinds of noise."""
        kinds = (smoothed.SigmoidEscape(noise), smoothed.ExponentialEscape(noise, hazard=1.0))
        return tuple(float(kind.probability(torch.tensor(x).double())) for kind in kinds)

    x = 0.8 - 1.0
    sigmoid, exponential = at(x)
    return (sigmoid, exponential), {
        "The second one is h, the expected number of spikes; the probability of at least one "
        "is 1 − e^(−h).": (sigmoid, math.exp(-1)),
        "The second one is e^(−h), the probability of silence.": (sigmoid, 1 - exponential),
        "The sign of x is turned: U lies below the threshold.": at(-x),
        "You took U itself; the distance to threshold x = U − θ counts.": at(0.8),
        "You multiplied by the noise; the distance is divided by it.": at(x * 0.2, noise=1.0),
        "The noise is missing: what counts is x/Δ.": at(x, noise=1.0),
        "That is the neuron without noise, which is silent here.": (0.0, 0.0),
    }


@number(
    "04b-2",
    right="(−0.2 · 1 − 0.5 · 2 + 0.3 · 1)/Δ: silence that was unlikely teaches as much as a spike.",
    hints=(
        "What does a silent step contribute, and what does the step with the target's spike?",
        "Each step adds (S* − p) ε/Δ; the two silent steps count as well.",
        "The first step gives `(0 - 0.2) * 1 / 0.5`.",
    ),
)
def weight_and_three_steps():
    noise = 0.5
    probability, target, trace = torch.tensor(
        [[0.2, 0.5, 0.7], [0.0, 0.0, 1.0], [1.0, 2.0, 1.0]], dtype=torch.float64
    )
    escape = smoothed.SigmoidEscape(noise)
    score = escape.score(target, noise * torch.logit(probability))
    truth, alone = score @ trace, (target * score) @ trace
    squared_error = (probability * (1 - probability) * score) @ trace
    return truth, {
        "The factor 1/Δ is missing.": Times(noise),
        "You multiplied by Δ; the score is divided by it.": Times(noise**2),
        "You counted the spike alone; the two silent steps add −p ε/Δ each.": alone,
        "The factor p(1 − p) cancels in the likelihood; it belongs to "
        "the squared error.": squared_error,
        "The trace is missing: a step counts as much as the synapse was active.": score.sum(),
        "Multiply in each step before you sum: the sum of products is not the "
        "product of sums.": score.sum() * trace.sum(),
    }


@sequence(
    "04b-3",
    right="L(1) − L(0) = −0.4 and 2(p − y) = +0.2. The expected loss wants a spike always; the "
    "escape derivative wants the mean at 0.7.",
    hints=(
        "How many values can the loss take, and with which probabilities?",
        "First: ⟨L⟩ = p L(1) + (1 − p) L(0) is a straight line in p. Second: average the "
        "slope 2(S − 0.7) over both values of S.",
        "L(1) = (1 − 0.7)² and L(0) = (0 − 0.7)².",
    ),
)
def wrong_sign():
    mean, exact, escape, slope = coin(0.8, lambda S: (S - 0.7) ** 2)
    at_one, loss = (exact, slope), (mean, escape)
    return (exact, escape), {
        "The first is not 2(p − y): the loss of a coin is never (p − y)², because S is 0 or 1. "
        "Its variance adds p(1 − p).": (escape, escape),
        "The second differs from the first: the slope of a parabola at S is not the "
        "difference of its values at 1 and at 0.": (exact, exact),
        "The first is L(1) − L(0), not L(0) − L(1).": (-exact, escape),
        "The second is the slope at S = 1; the neuron is silent in a fifth of the runs.": at_one,
        "The first is the expected loss itself; its derivative is asked for.": loss,
        "The two are swapped.": (escape, exact),
    }


@function(
    "04b-4",
    axes=("i", "j"),
    right="Each step adds (S* − p)/Δ of the neuron times the trace of the synapse: two numbers "
    "that are there when they are needed.",
    hints=(
        "Which number belongs to the neuron in each step, and which to the synapse?",
        "Multiply them step by step and sum over time: (target − probability)/noise of the "
        "neuron, and the trace of the synapse.",
        "A matrix product sums over the steps, and `(target - probability).T` is its left factor.",
    ),
)
def local_likelihood(draw):
    # Targets (T, N), probabilities (T, N), traces (T, N_in) and the noise
    cases = [
        (
            draw.spikes(steps, count),
            draw.uniform(steps, count, low=0.1, high=0.9),
            draw.uniform(steps, inputs),
            draw.number(0.1, 1.1),
        )
        for steps, count, inputs in ((6, 1, 2), (9, 3, 4), (12, 2, 5))
    ]

    def likelihood(target, probability, trace, noise):
        x = noise * torch.logit(probability)
        return smoothed.SigmoidEscape(noise).score(target, x).T @ trace

    def sums_first(target, probability, trace, noise):
        return torch.outer((target - probability).sum(0), trace.sum(0)) / noise

    def squared_error(target, p, trace, noise):
        return ((target - p) * p * (1 - p)).T @ trace / noise

    return (likelihood, cases), {
        "The factor 1/Δ is missing: the probability depends on "
        "x/Δ.": lambda target, probability, trace, noise: (target - probability).T @ trace,
        "Yours is transposed: weights are `(out, in)`, so the neuron's "
        "axis comes first.": lambda *case: likelihood(*case).T,
        "The sign is turned: a neuron that should have fired (S* = 1) must "
        "be pushed up.": lambda *case: -likelihood(*case),
        "The log-likelihood is a sum over steps, not a mean.": lambda target, *case: (
            likelihood(target, *case) / len(target)
        ),
        "The factor p(1 − p) belongs to the squared error; in the "
        "likelihood it cancels.": squared_error,
        "Only the spikes of the target count in yours; a silent step teaches as "
        "well, by −p.": lambda target, probability, trace, noise: target.T @ trace / noise,
        "You summed over time before you multiplied: what counts is which trace was high "
        "*when* the neuron was surprised.": sums_first,
    }


@function(
    "04b-5",
    axes=("k", "b"),
    right="A run that did better than its peers gets a negative number, and its own luck is in "
    "no one's way: the baseline does not depend on the run's own spikes.",
    hints=(
        "Which entries belong to the same input, and which of them is the run's own?",
        "The mean of the others is the sum over the runs without the own loss, divided by K − 1.",
        "`others = (losses.sum(0) - losses) / (len(losses) - 1)`.",
    ),
)
def baseline_of_the_others(draw):
    cases = [(draw.uniform(*shape), draw.number(0.1, 1.1)) for shape in ((2, 3), (4, 2), (8, 5))]

    def others(losses):
        runs = torch.arange(len(losses))
        return torch.stack([losses[runs != run].mean(0) for run in runs])

    def credit(losses, noise):
        return (losses - others(losses)) / noise

    return (credit, cases), {
        "Your mean contains the run itself, which makes the estimate too small by the factor "
        "(K − 1)/K: take the others only.": lambda losses, noise: (losses - losses.mean(0)) / noise,
        "You compare runs of different inputs, and a hard input is nobody's fault: average "
        "over the runs, the first axis.": lambda losses, noise: (losses - losses.mean()) / noise,
        "That is the mean of the other *inputs*; the runs are on "
        "the first axis.": lambda losses, noise: credit(losses.T, noise).T,
        "The sign is turned: the result is loss minus baseline.": lambda *case: -credit(*case),
        "There are K − 1 other runs, not K.": lambda losses, noise: (
            (losses - (losses.sum(0) - losses) / len(losses)) / noise
        ),
        "The factor 1/Δ is missing.": lambda losses, noise: credit(losses, 1.0),
        "That is the baseline itself; take it off the losses.": lambda losses, noise: (
            others(losses) / noise
        ),
    }


@number(
    "04b-6",
    right="b = (1 − p) L(1) + p L(0) = 2.5: each loss is weighted with the probability of the "
    "other. Both outcomes then give the same estimate, and the variance is zero.",
    hints=(
        "How many values can the estimate take, and can a single b make them equal?",
        "With a spike it is (3 − b)(1 − p)/Δ, without one (1 − b)(0 − p)/Δ: two equal "
        "values have no variance.",
        "Solve (3 − b) · 0.75 = (1 − b) · (−0.25).",
    ),
)
def perfect_baseline():
    """Take the baseline of least variance, the mean of L s² over that of s²."""
    p, loss = torch.tensor([0.25, 0.75], dtype=torch.float64), torch.tensor([3.0, 1.0]).double()
    spikes, at = torch.tensor([1.0, 0.0]).double(), torch.logit(p[0]).expand(2)
    weight = p * smoothed.SigmoidEscape(1.0).score(spikes, at) ** 2
    return weight @ loss / weight.sum(), {
        "That is the mean loss, the usual baseline. A good one, and not the best: rare "
        "outcomes have large scores.": p @ loss,
        "That is the mean of the two losses, which ignores p.": loss.mean(),
        "Without a baseline the two outcomes give 2.25/Δ and −0.25/Δ.": 0.0,
        "With b = 1 a silent run teaches nothing; the spike's run does it.": 1.0,
        "With b = 3 a run with a spike teaches nothing.": 3.0,
    }
