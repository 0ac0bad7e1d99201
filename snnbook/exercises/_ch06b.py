"""Exercises of chapter 6b: three-factor rules (paper section V.B).

Three factors, what a rule carries, a memory in the threshold.
"""

import torch

from snnbook import gradients, local, neurons, training
from snnbook.exercises._records import Plus, Times, choice, function, integer, number
from snnbook.exercises._tools import Draw, decaying, network


@integer(
    "06b-1",
    right="2 · 100 shared numbers and 2 · 100 · 50 of the synapses; the 2000 steps do not appear.",
    hints=(
        "Which trace can all neurons share, and which one needs to know both ends of a synapse?",
        "Two numbers for each input, and two for each synapse; a trace is overwritten at "
        "every step.",
        "The shared part is `2 * 100`.",
    ),
)
def cost_of_the_traces():
    layer = network(100, 50, 1)
    rule = local.SuperSpike(local.random_feedback(layer, "uniform", direct=True))
    traces = rule.start(layer, batch=1).synapses["hidden.0.weight"]
    before, eligibility = (sum(one.numel() for one in trace) for trace in traces)
    n = before + eligibility
    return n, {
        "A trace is overwritten at every step: the number of steps does not count.": Times(2000),
        "The presynaptic trace is the same for all neurons, because the reset is left out.": Plus(
            49 * before
        ),
        "The presynaptic trace is missing: two numbers an input.": Plus(-before),
        "Each trace has two filters, so two numbers.": Times(1 / 2),
        "That is a history of the layer, as BPTT buffers it; traces are asked for.": (
            2000 * (100 + 2 * 50)
        ),
    }


@number(
    "06b-2",
    generic=False,
    right="The eligibility is 1 at steps 4 and 5. The sum is negative, so the weight, which moves "
    "against it, grows: a spike was missing.",
    hints=(
        "At which steps are the error and the eligibility both different from zero?",
        "Write a table of q and λ over the steps: q takes up g p at step 2, and λ takes up "
        "q one step later.",
        "q[3] = g[2] p[2] = 1, and λ[4] = q[3].",
    ),
)
def three_factors():
    def filtered(signal):
        """Pass a signal through both filters, as a membrane does."""
        return neurons.run(decaying(0.5, 0.5).leaky, signal[:, None, None]).mem[:, 0, 0]

    spike, bump, error = torch.zeros(3, 6, dtype=torch.float64)
    spike[0], bump[2] = 1.0, 1.0
    error[4:] = torch.tensor([-0.5, -0.25])
    before = filtered(spike)
    truth = error @ filtered(bump * before)
    return truth, {
        "That is the change of the weight; the sum itself is negative.": Times(-1),
        "The bump at step 2 is over when the error comes, and this is what the filter is for: "
        "λ is still 1 at steps 4 and 5.": error @ (bump * before),
        "λ[5] has two parts: half of λ[4], and q[4] = 0.5.": -0.5 - 0.25 / 2,
        "λ is the filtered product at step 2, not the presynaptic trace with a delay.": (
            error[4:] @ before[3:5]
        ),
    }


@number(
    "06b-3",
    generic=False,
    right="More than a third of the trace is left, and its sign is negative: an earlier spike "
    "raised the threshold, and makes a spike now less likely.",
    hints=(
        "Which of the two traces is still there after the silent steps?",
        "ε^U is 0 by then; ε^a has been multiplied by ρ in each of the hundred steps.",
        "What is left of ε^a is `2 * 0.99**100`.",
    ),
)
def memory_in_the_threshold():
    start, rho, phi, g = 2.0, 0.99, 0.5, 0.4
    trace = start
    for _ in range(100):
        trace = rho * trace
    truth = g * (0.0 - phi * trace)
    return truth, {
        "ε^U is 0, but ε^a is not: it decays with ρ, not with β.": 0.0,
        "The sign: a higher threshold means fewer spikes.": Times(-1),
        "The trace decays: multiply by 0.99 a hundred times.": Times(start / trace),
        "The factor φ = 0.5 is missing.": Times(1 / phi),
        "The surrogate of step 100, 0.4, is a factor of e.": Times(1 / g),
    }


def _three_results(function, *arguments):
    """Return the entries of the stack that the function makes, where it is one."""
    found = function(*arguments)
    stacked = isinstance(found, torch.Tensor) and found.dim() == 3 and len(found) == 3
    return tuple(found) if stacked else found


@function(
    "06b-4",
    observe=_three_results,
    outputs=("increment", "next_q", "next_trace"),
    axes=("i", "j"),
    right="That is the whole rule: two outer products and two decays, from what is at hand now.",
    hints=(
        "Which of the three results have the shape of the synapses, `(N, N_in)`, and how "
        "do two vectors get this shape?",
        "A number of the neuron times a number of the input is an outer product; all three "
        "results use the old `q` and the old `trace`.",
        "`increment = signal[:, None] * trace`.",
    ),
)
def step_of_superspike(draw):
    # Signal (N,), surrogate (N,), presynaptic trace (N_in,), q, lambda, alpha, beta
    cases = []
    for count, inputs in ((2, 3), (4, 2), (3, 3)):
        q, trace = draw.uniform(2, count, inputs)
        layer = (draw.normal(count), draw.normal(count).abs(), draw.uniform(inputs), q, trace)
        cases.append((*layer, *draw.numbers(2, 0.5, 0.9)))

    def step(signal, bump, before, q, trace, alpha, beta):
        raised = torch.outer(bump, before)
        increment = torch.outer(signal, torch.ones_like(before)) * trace
        return torch.stack([increment, alpha * q + raised, beta * trace + q])

    def early(signal, bump, before, q, trace, alpha, beta):
        q = alpha * q + torch.outer(bump, before)
        trace = beta * trace + q
        return torch.stack([signal[:, None] * trace, q, trace])

    def unfiltered(signal, bump, before, *rest):
        _, q, trace = step(signal, bump, before, *rest)
        return torch.stack([torch.outer(signal * bump, before), q, trace])

    return (step, cases), {
        "One step too early: take the increment before you move on, and let λ take q[n].": early,
        "The error must meet the filtered trace λ, not the product of this step.": unfiltered,
        "The sign: the increment is the error times the trace; the weight moves against their "
        "sum later.": lambda signal, *rest: step(-signal, *rest),
        "The second factor is missing: multiply the presynaptic "
        "trace by `bump`.": lambda signal, bump, *rest: step(signal, torch.ones_like(bump), *rest),
        "The decays are swapped: α belongs to q, β to λ.": (
            lambda signal, bump, before, q, trace, alpha, beta: step(
                signal, bump, before, q, trace, beta, alpha
            )
        ),
    }


@choice(
    "06b-5",
    options=("time", "space", "width"),
    right="Time is handled by the traces. The error skips the layer between, and with it that "
    "layer's surrogate, which says whose spikes matter now.",
    hints=(
        "What changed between the two networks, and what did not?",
        "The steps and the first layer are the same; what is new lies on the path from the "
        "first layer to the readout.",
    ),
)
def why_depth_hurts():
    def cosine(*sizes, steps=20):
        """Return the cosine of SuperSpike and the exact gradient in the first layer."""
        net, draw = network(*sizes), Draw(seed=0)
        spikes = draw.spikes(steps, 5, sizes[0], share=0.2).float()
        error = training.step_cross_entropy(torch.tensor([0, 1, 2, 0, 1]), steps=steps)
        feedback = local.random_feedback(net, "symmetric", direct=True)
        found = local.superspike(net, spikes, error, feedback=feedback)
        exact = gradients.bptt(net, spikes, error)
        pair = (one["hidden.0.weight"].flatten() for one in (found, exact))
        return float(torch.cosine_similarity(*pair, dim=0))

    changed = {
        "time": cosine(10, 20, 3, steps=60),
        "space": cosine(10, 20, 20, 3),
        "width": cosine(10, 40, 3),
    }
    return min(changed, key=changed.get), {
        "The number of steps made no difference: the eligibility trace carries time.": "time",
        "The width of the first layer has not changed.": "width",
    }
