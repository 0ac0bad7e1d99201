"""Exercises of chapter 5b: locality (paper section IV.B.2).

What is local, what a closed loop tells, when noise helps.
"""

import itertools
import math

import torch

from snnbook import laboratory, neurons
from snnbook.exercises._records import Plus, Times, function, integer, number, sequence
from snnbook.exercises._tools import coin, decaying


@integer(
    "05b-1",
    right="100 · 100 through V and 10 · 100 through the readout weight; the input weights lie "
    "below the hidden layer, and nothing has to pass through them.",
    hints=(
        "Which matrices does a hidden spike meet on its way to a current?",
        "Count the entries of these two matrices; the input weights lead from input "
        "spikes, not from hidden ones.",
        "The recurrent matrix has `100 * 100` entries.",
    ),
)
def arrows_between_neurons():
    found = laboratory.count_terms((50, 100, 10), steps=2)
    n = found["recurrent"] + found["forward"]
    return n, {
        "The readout is missing: hidden spikes also reach its currents, through 10 · 100 "
        "weights.": Plus(-found["forward"]),
        "Here a neuron has a synapse on itself; the prompt counts all 100 · 100 of them.": Plus(
            -100
        ),
        "The input weights do not count: they lead from input spikes, not from hidden ones.": Plus(
            50 * 100
        ),
        "Each of the 100 spikes reaches each of the 110 currents.": 100 + 10,
        "That is the readout alone; the layer also talks to itself.": found["forward"],
    }


@number(
    "05b-2",
    generic=False,
    right="The parts 2x and 2y are a gradient and come back to zero; (y, −x) turns, and its walk "
    "gives −2 times the area. There is no such loss.",
    hints=(
        "Which component of the claimed gradient counts on a horizontal side, and which on "
        "a vertical one?",
        "Add four integrals: the first component along bottom and top, the second along "
        "right and left, with the direction of the walk.",
        "Along the bottom y = 0, so the first integral is that of 2x from 0 to 1.",
    ),
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
        "bottom, right, top, left.": Times(-1),
        "One of the two turning parts is missing: y on the top side and −x "
        "on the right side each give −1.": Times(1 / 2),
        "Top and left are walked backward, so their integrals count negatively.": 4.0,
    }


@sequence(
    "05b-3",
    generic=False,
    right="The steep bump sees the path through h₁ alone, which is closer to threshold; the flat "
    "one weighs both alike, and then the larger weight wins.",
    hints=(
        "Which of the two paths has the larger weight, and which the larger slope?",
        "A steep bump differs much between the two arguments, a flat one hardly: compare "
        "weight times bump for each k.",
        "For k = 20 the two bumps are 20 e^(−10) and 20 e^(−20).",
    ),
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
    hints=(
        "How large is the loss with a spike, and how large without one?",
        "The first number is a difference of two losses. The second is a mean of two "
        "slopes, weighted with their probabilities.",
        "E[L] = p L(1) + (1 − p) L(0), and dL/dS = 2 (2S − 1) · 2.",
    ),
)
def noisy_unit():
    _, exact, surrogate, _ = coin(0.25, lambda S: (2 * S - 1) ** 2)
    return (exact, surrogate), {
        "Look at the first number: the unit never is anywhere between 0 and 1 on the parabola.": (
            (surrogate, surrogate)
        ),
        "Look at the second number: both losses are equal, and yet the parabola has a slope at "
        "each of the two.": (exact, exact),
        "The inner derivative of (2S − 1)² is missing in the second number.": (
            exact,
            surrogate / 2,
        ),
        "A spike has the probability 0.25, no spike 0.75.": (exact, -surrogate),
        "The pair is swapped: the exact derivative comes first.": (surrogate, exact),
    }


@function(
    "05b-5",
    axes=("n",),
    right="Two numbers for each synapse, carried forward: the neuron needs nothing from the past "
    "and nothing from another neuron.",
    hints=(
        "Which value of the two traces belongs to step n: the one before they take in the "
        "spike of step n, or the one after?",
        "Read off e[n] first. Then move both traces on to n + 1, the membrane's with the "
        "old value of the current's.",
        "Start with `syn = mem = torch.zeros(())`; the first line in the loop over both "
        "inputs is `found.append(g * mem)`.",
    ),
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


@integer(
    "05b-6",
    right="Below that length backpropagation through time needs less memory than the traces that "
    "are to spare it; far above it, the traces win by as much as you like.",
    hints=(
        "How many synapses has one neuron of the layer, and how many have all of them?",
        "Each synapse carries two numbers, and each step adds one number for every input, every "
        "neuron and every readout to the buffer.",
        "Divide the first count by the second, and take the next whole number.",
    ),
)
def when_traces_are_cheaper():
    sizes = inputs, neurons_, readouts = 50, 200, 10

    def crossing(carried):
        """Return the first number of steps at which the buffer is larger."""
        each = laboratory.needs("bptt", *sizes, 1).kept
        return carried // each + 1

    both = 2 * neurons_ * (inputs + neurons_)
    return crossing(both), {
        "At this length the buffer is still the smaller one; one step more.": crossing(both) - 1,
        "Each synapse has two traces, one of the current and one of the membrane.": (
            crossing(both // 2)
        ),
        "The recurrent synapses have traces, too.": crossing(2 * neurons_ * inputs),
        "The synapses from the inputs have traces, too.": crossing(2 * neurons_**2),
    }


@sequence(
    "05b-7",
    generic=False,
    right="One draw is 4, another is 0; on average ν₁ν₂ vanishes, and what is left is the true "
    "influence, 2.",
    hints=(
        "Put ν = (1, 1) in: what are the two factors?",
        "The sum is 2 and the second factor 2. Then list all four draws and take their mean.",
    ),
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
