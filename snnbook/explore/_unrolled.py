"""Explorer of chapter 3: the unrolled neuron as a graph whose edges are partial derivatives."""

from dataclasses import replace
from functools import partial

import numpy as np
import torch

from snnbook.explore._explorer import THRESHOLD, Control, Explorer, Layer, Panel
from snnbook.neurons import LIFNeuron, LIFState, lif_step
from snnbook.plotting import unrolled_edges
from snnbook.surrogates import fast_sigmoid

STEPS = 6
INPUT = (1.0, 1.0, 0.0, 0.0, 0.0, 0.0)
ROWS = {"S_in": ("x", 0.0), "I": ("I", 1.0), "U": ("U", 2.0), "S": ("S", 3.0)}
PARAMETERS = LIFNeuron(tau_mem=5e-3, tau_syn=5e-3, dt=1e-3)
#: What an arrow tells; the terms in the order of the page.
WORDS = {
    "input": "use of w, dI[{n}]/dw",
    "current": "alpha, dI[{n}]/dI[{m}]",
    "charge": "charge, dU[{n}]/dI[{m}]",
    "membrane": "beta, dU[{n}]/dU[{m}]",
    "spike": "surrogate, dS[{n}]/dU[{m}]",
    "reset": "reset, dU[{n}]/dS[{m}]",
    "recurrent": "recurrent weight, dI[{n}]/dS[{m}]",
}
_BEND = {"reset": 0.16, "recurrent": -0.1}


def _arrows() -> list:
    """Return the arrows of one neuron up to its last membrane potential, from step to step."""
    order, last = list(WORDS), ("S", STEPS - 1)
    drawn = [one for one in unrolled_edges(STEPS) if one.term in WORDS and one.target != last]
    return sorted(drawn, key=lambda arrow: (arrow.source[1], order.index(arrow.term)))


def unrolled_frame(
    weight: float = 0.8,
    recurrent: float = 0.5,
    width: float = 0.5,
    through_reset: bool = True,
    through_recurrence: bool = True,
) -> dict:
    r"""Run one neuron for six steps and return every partial derivative on its graph.

    Two input spikes come through the weight w; the neuron also sends its spikes to itself.
    The gradient is :math:`\partial U[5] / \partial w`, by PyTorch from
    :func:`snnbook.neurons.lif_step`.

    Parameters
    ----------
    weight, recurrent : float
        Input weight w and recurrent weight V.
    width : float
        Width of the fast sigmoid, above 0.
    through_reset, through_recurrence : bool
        Whether the gradient flows through the reset, and through the recurrent synapse.
        The spikes are the same.

    Returns
    -------
    dict
        ``edges``: one value for each arrow that the page draws, NaN where left out; over
        ``time`` (6,) the membrane ``mem``; ``threshold``, ``gradient`` and ``text``.

    Examples
    --------
    >>> unrolled_frame(width=0.1)["text"].split(", ")[1]
    'the sum over all paths; 2 spikes on the way.'

    Paper section III; chapter 3.
    """
    surrogate = fast_sigmoid(width=width)
    neuron = replace(PARAMETERS, surrogate=surrogate, reset_gradient=through_reset)
    w = torch.tensor(weight, dtype=torch.float64, requires_grad=True)
    state = LIFState(w.new_zeros(1, 1), w.new_zeros(1, 1))
    mem, spikes = [], []
    for n in range(STEPS):
        mem.append(state.mem)
        own = surrogate(state.mem - 1)
        drive = w * INPUT[n] + recurrent * (own if through_recurrence else own.detach())
        spike, state = lif_step(state, drive, neuron)
        spikes.append(spike)
    mem[-1].backward()
    potential = torch.cat(mem).detach().flatten()
    value = {
        "current": PARAMETERS.alpha,
        "charge": 1.0,
        "membrane": PARAMETERS.beta,
        "reset": -1.0 if through_reset else np.nan,
        "recurrent": recurrent if through_recurrence else np.nan,
    }
    slope = surrogate.derivative(potential - 1).tolist()
    edges = []
    for (_, m), _, term in _arrows():
        own = {"input": INPUT[m], "spike": slope[m]}
        edges.append((value | own)[term])
    gradient = float(w.grad)
    count = int(torch.cat(spikes[:-1]).sum())
    return {
        "edges": np.array(edges),
        "time": np.arange(STEPS),
        "mem": potential.numpy(),
        "threshold": [1.0],
        "gradient": [gradient],
        "text": f"dU[5]/dw = {gradient:.4f}, the sum over all paths; "
        f"{count} spike{'' if count == 1 else 's'} on the way.",
    }


def unrolled(live: bool | None = None) -> Explorer:
    """Return the explorer of the unrolled graph, with its partial derivatives and two switches.

    >>> unrolled()
    Explorer('unrolled': weight, recurrent, width, through_reset, through_recurrence, 240 settings)

    Chapter 3.
    """
    nodes, edges = _graph()
    over_steps = partial(Panel, xlim=(-0.3, STEPS - 0.7), wide=True)
    membrane = (THRESHOLD, Layer("line", "mem", "time", "membrane U", "mem"))
    return Explorer(
        name="unrolled",
        function=unrolled_frame,
        controls={
            "weight": Control("input weight w", (0.2, 0.4, 0.6, 0.8, 1.0), 0.8),
            "recurrent": Control("recurrent weight V", (-0.5, 0.0, 0.5, 1.0), 0.5),
            "width": Control("width of the surrogate", (0.1, 0.5, 1.0), 0.5),
            "through_reset": Control("gradient through the reset", (False, True), True),
            "through_recurrence": Control("gradient through the recurrence", (False, True), True),
        },
        panels=[
            over_steps(
                (Layer("graph", "edges", color="mem"),),
                "Partial derivatives: touch or focus an arrow",
                ylim=(-0.35, 3.35),
                height=270,
                nodes=nodes,
                edges=edges,
            ),
            over_steps(membrane, "Membrane potential", ylim=(-0.7, 3.5), xlabel="step", height=110),
        ],
        alt="The graph of one neuron unrolled over six steps: input x, current I, membrane U, "
        "spike S, and an arrow for every partial derivative.",
        caption="Dotted arrows are left out of the gradient; the spikes stay the same.",
        live=live,
        title="The unrolled graph",
        chapter="03-training-rnns",
        heading="ch03-explore",
        change="Change the weights and the width, and switch parts of the gradient off.",
        question="Which arrows carry the blame, and what does it change to leave one out?",
    )


def _graph() -> tuple[tuple, tuple]:
    """Return the nodes (text, x, y), and the edges between them (source, target, words, bend)."""
    arrows = _arrows()
    ends = {node for arrow in arrows for node in arrow[:2]}
    nodes = [(name, n) for name in ROWS for n in range(STEPS) if (name, n) in ends]
    edges = (
        (
            nodes.index(arrow.source),
            nodes.index(arrow.target),
            WORDS[arrow.term].format(m=arrow.source[1], n=arrow.target[1]),
            _BEND.get(arrow.term, 0.0),
        )
        for arrow in arrows
    )
    texts = ((f"{ROWS[name][0]}{n}", float(n), ROWS[name][1]) for name, n in nodes)
    return tuple(texts), tuple(edges)
