"""Exercises of chapter 5b: what is local, what a closed loop tells, when noise helps."""

import itertools
import math

import torch

from snnbook import laboratory, neurons
from snnbook.exercises._records import choice, function, integer, number, sequence
from snnbook.exercises._tools import Draw, coin, decaying


@integer(
    "05b-1",
    right="100 · 100 through V and 10 · 100 through the readout weight; the input weights lie "
    "below the hidden layer, and nothing has to pass through them.",
    hint="Count the entries of the two matrices that hidden spikes meet.",
)
def arrows_between_neurons():
    found = laboratory.count_terms((50, 100, 10), steps=2)
    n = found["recurrent"] + found["forward"]
    return n, {
        "The readout is missing: hidden spikes also reach its currents, through 10 · 100 "
        "weights.": found["recurrent"],
        "Here a neuron has a synapse on itself; the prompt counts all 100 · 100 of them.": n - 100,
        "The input weights do not count: they lead from input spikes, not from hidden ones.": (
            n + 50 * 100
        ),
        "Each of the 100 spikes reaches each of the 110 currents.": 100 + 10,
        "That is the readout alone; the layer also talks to itself.": found["forward"],
    }


@number(
    "05b-2",
    generic=False,
    right="The parts 2x and 2y are a gradient and come back to zero; (y, −x) turns, and its walk "
    "gives −2 times the area. There is no such loss.",
    hint="Add the four sides: along the bottom only the first component counts, with y = 0.",
)
def walk_around_a_square():
    """Walk around a circle of the same area: the field turns alike everywhere."""

    def field(w):
        x, y = w.T
        return torch.stack([2 * x + y, 2 * y - x], dim=1)

    right, up = torch.eye(2, dtype=torch.float64)
    loop = laboratory.closed_loop(field, (right + up) / 2, right, up, radius=math.pi**-0.5)
    return loop.total, {
        "Zero would make it a gradient; compare ∂/∂y of the first component "
        "with ∂/∂x of the second: 1 and −1.": 0.0,
        "The size is right, the direction is not: counterclockwise means "
        "bottom, right, top, left.": -loop.total,
        "One of the two turning parts is missing: y on the top side and −x "
        "on the right side each give −1.": loop.total / 2,
        "Top and left are walked backward, so their integrals count negatively.": 4.0,
    }


@sequence(
    "05b-3",
    generic=False,
    right="The steep bump sees the path through h₁ alone, which is closer to threshold; the flat "
    "one weighs both alike, and then the larger weight wins.",
    hint="Compare 0.5 · e^(−10) with 1 · e^(−20), and 0.5 with 1.",
)
def sign_of_two_paths():
    weights = torch.tensor([[1.0, 0.5, 1.0, 1.0, -1.0]], dtype=torch.float64)  # w, v, u; g is 1
    truth = [
        laboratory.sigmoid_network_gradient(weights, slope=20.0, surrogate_slope=k)[0, 0].sign()
        for k in (20.0, 0.2)
    ]
    return truth, {
        "The pair is swapped: the exact one comes first.": truth[::-1],
        "At k = 0.2 both bumps are about k/4, so compare the weights: 0.5 · 1 with 1 · 1.": (
            [1.0, 1.0]
        ),
        "At k = 20 the path through h₂ is e^10 times weaker than that through h₁.": [-1.0, -1.0],
    }


@sequence(
    "05b-4",
    generic=False,
    right="With and without a spike the loss is 1, so the exact slope is 0; the surrogate sees a "
    "slope of the parabola, −4 three times out of four and +4 once.",
    hint="E[L] = p L(1) + (1 − p) L(0); dL/dS = 2 (2S − 1) · 2.",
)
def noisy_unit():
    _, exact, surrogate, _ = coin(0.25, lambda S: (2 * S - 1) ** 2)
    return (exact, surrogate), {
        "The exact slope is L(1) − L(0), a difference, not a derivative of the parabola.": (
            (surrogate, surrogate)
        ),
        "The second is a mean of slopes: 4 (2S − 1) is +4 with probability 0.25 and −4 with "
        "0.75.": (exact, exact),
        "The inner derivative is missing: d(2S − 1)/dS = 2.": (exact, surrogate / 2),
        "A spike has the probability 0.25, no spike 0.75.": (exact, -surrogate),
        "The pair is swapped: the exact derivative comes first.": (surrogate, exact),
    }


@function(
    "05b-5",
    right="Two numbers for each synapse, carried forward: the neuron needs nothing from the past "
    "and nothing from another neuron.",
    hint="Read off e[n] before you move the two traces on to n + 1, and move both at once.",
)
def eligibility_trace(draw):
    cases = []
    for _ in range(4):
        arrived = draw.spikes(12)
        arrived[0] = 1.0
        cases.append((arrived, draw.uniform(12, low=0.2, high=1.2), *draw.numbers(2, 0.5, 0.9)))

    def response(arrived, alpha, beta):
        """Return what the input makes of a membrane that never spikes."""
        return neurons.run(decaying(alpha, beta).leaky, arrived[:, None, None]).mem[:, 0, 0]

    def eligibility(arrived, bump, alpha, beta):
        return bump * response(arrived, alpha, beta)

    def early(arrived, bump, alpha, beta):
        sooner = response(torch.cat([arrived, arrived[:1] * 0]), alpha, beta)[1:]
        return bump * sooner

    def one_filter(arrived, bump, alpha, beta):
        mem = [torch.zeros_like(arrived[0])]
        for spike in arrived[:-1]:
            mem.append(beta * mem[-1] + spike)
        return bump * torch.stack(mem)

    return (eligibility, cases), {
        "One step too early: read e[n] off before you move the traces on, and let ε^U[n+1] "
        "take the current of step n.": early,
        "The synaptic current is missing: the spike passes two filters, α and then β.": one_filter,
        "That is ε^U without the surrogate: "
        "multiply by `bump`.": lambda arrived, bump, alpha, beta: response(arrived, alpha, beta),
        "That is the sum of e up to n; the trace itself is asked for.": lambda *case: eligibility(
            *case
        ).cumsum(0),
    }


@choice(
    "05b-6",
    options=("aligned", "chance", "opposed"),
    right="One standard deviation is 0.125: draw the feedback again and the sign may change.",
    hint="Compute 1/√64 and compare.",
)
def alignment_or_chance():
    draw = Draw(seed=0)
    by_luck = torch.cosine_similarity(draw.normal(2000, 64), draw.normal(2000, 64))
    share = float((by_luck > 0.11).double().mean())  # as large, or larger, without any alignment
    return "chance" if 0.025 < share < 0.975 else "aligned" if share < 0.5 else "opposed", {
        "One draw says little: 0.11 lies within one standard deviation, 0.125, of zero. "
        "Average over many feedback matrices.": "aligned",
        "The cosine is positive, so it is not opposed; is it large?": "opposed",
    }


@sequence(
    "05b-7",
    generic=False,
    right="One draw is 4, another is 0; on average ν₁ν₂ vanishes, and what is left is the true "
    "influence, 2.",
    hint="At ν = (1, 1) the sum is 2 and the second factor 2. Then list all four draws.",
)
def one_draw_and_the_mean():
    draws = itertools.product((1.0, -1.0), repeat=2)
    estimates = [sum(signs) * 2.0 * signs[0] for signs in draws]
    one, mean = estimates[0], sum(estimates) / len(estimates)
    return (one, mean), {
        "The mean is taken over all four draws; at ν = (1, −1) the estimate is 0.": (one, one),
        "ν₁ν₁ = 1 in every draw, so the mean is not 0; only ν₁ν₂ vanishes.": (one, 0.0),
        "A single draw contains the other neuron's coin, too: s̃₁ + s̃₂ is 2.": (mean, mean),
        "The pair is swapped: the single draw comes first.": (mean, one),
        "That is the estimate for w₂; the first weight is asked for.": (6.0, 3.0),
    }
