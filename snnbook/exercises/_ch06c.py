"""Exercises of chapter 6c: local errors (paper section V.C).

What is carried, a local error, an event camera.
"""

import numpy as np
import torch

from snnbook import data, gradients, local, results
from snnbook.exercises._records import Plus, Times, choice, function, integer
from snnbook.exercises._tools import network


def _traces() -> int:
    """Return the numbers of traces of a layer 100-50 that learns by local errors, counted."""
    layer = network(100, 50, 1)
    rule = local.LocalErrors((torch.ones(1, 50),))
    return sum(one.numel() for one in rule.start(layer, batch=1).before["hidden.0.weight"])


@integer(
    "06c-1",
    right="Two for each input. The three-factor rule of chapter 6b carries 10 200.",
    hints=(
        "Which traces need to know the neuron, and which only the input?",
        "Without memory there is no eligibility at the synapses; what is left has two "
        "filters for each input.",
    ),
)
def left_to_keep():
    truth = _traces()
    return truth, {
        "There is no eligibility at the synapses here.": Plus(2 * 100 * 50),
        "A trace is overwritten at every step.": Times(2000),
        "The trace has two filters, so two numbers for each input.": Times(1 / 2),
    }


@integer(
    "06c-2",
    right="1500 times; with half the steps, half of that.",
    hints=(
        "How many numbers does one step store, and for how many steps?",
        "Count inputs and membranes of one step, multiply by the steps, and divide by the "
        "number of the traces.",
        "One step stores `100 + 50` numbers.",
    ),
)
def against_bptt():
    ((layer, _),) = gradients.record(network(100, 50, 1), torch.zeros(1, 1, 100))
    stored = 2000 * (layer.source.numel() + layer.mem.numel())
    return stored // _traces(), {
        "Not the steps alone: 150 numbers in each of them, against 200.": 2000,
        "That is how many it stores; the factor is asked for.": Times(_traces()),
        "The inputs are stored, too.": 2000 * layer.mem.numel() // _traces(),
    }


@function(
    "06c-3",
    right="Read with G, compare, and go back with the same G: the error never leaves the layer.",
    hints=(
        "What does the layer's readout say, and how far is that from the target?",
        "The error is readout minus target; the chain rule carries it back through the "
        "transpose of the same matrix.",
        "`error = G @ S - target`.",
    ),
)
def error_of_a_neuron(draw):
    cases = [
        (draw.spikes(count, share=0.6), draw.normal(classes, count), draw.normal(classes))
        for count, classes in ((6, 3), (8, 4), (5, 2))
    ]

    def signal(S, G, target):
        leaf = S.clone().requires_grad_()
        return torch.autograd.grad(((G @ leaf - target) ** 2).sum() / 2, leaf)[0]

    return (signal, cases), {
        "The derivative of the loss is readout minus target.": lambda *case: -signal(*case),
        "The error is the readout minus the target; what the layer "
        "said is missing.": lambda S, G, target: -G.T @ target,
    }


@function(
    "06c-4",
    axes=("n",),
    right="An unmoving scene sends nothing, at no cost, and a slow change is not lost.",
    hints=(
        "What does the pixel have to remember from step to step, and when does that change?",
        "A loop over `light[1:]` with a variable for the remembered value, which an event "
        "moves by `contrast`, and not to the present value.",
        "`known, events = light[0], []`.",
    ),
)
def event_camera(draw):
    cases = [(draw.normal(steps).cumsum(0), draw.number(0.5, 1.5)) for steps in (12, 20, 30)]

    def camera(light, contrast):
        on, off = data.delta_code(light[:, None, None], contrast)[1:, 0].T
        return on - off

    def forgetful(light, contrast):
        change = light.diff()
        return (change >= contrast).double() - (change <= -contrast).double()

    def jumping(light, contrast):
        known, events = light[0], []
        for now in light[1:]:
            events.append(float(now - known >= contrast) - float(known - now >= contrast))
            known = now if events[-1] else known
        return torch.tensor(events)

    return (camera, cases), {
        "That compares neighboring steps; a slow change would never make an event.": forgetful,
        "The memory moves by the contrast, not to the present value.": jumping,
    }


@choice(
    "06c-5",
    options=("frozen", "local", "bptt"),
    right="Layers that do not learn only scramble; layers with errors of their own do not.",
    hints=(
        "Which curve falls furthest from its left end to its right end?",
        "Ask which of the three leaves the layers between input and readout as they were "
        "drawn, and what each such layer does to a picture.",
    ),
)
def second_layer():
    stored = results.load("ch06a_digits"), results.load("ch06c_digits")
    runs = [run for one in stored for run in one["runs"]]

    def mean(arm, depth):
        return np.mean([r["accuracy"] for r in runs if (r["arm"], r["depth"]) == (arm, depth)])

    depths = sorted({run["depth"] for run in stored[1]["runs"]})
    lost = {
        arm: mean(arm, depths[0]) - mean(arm, depths[-1]) for arm in ("frozen", "local", "bptt")
    }
    return max(lost, key=lost.get), {
        "It loses some; another row falls further.": "local",
        "It loses the least.": "bptt",
    }
