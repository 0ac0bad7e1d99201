"""Explorer of chapter 3: the unrolled neuron as a graph whose edges are partial derivatives."""

from typing import NamedTuple

import numpy as np
import torch

from snnbook.explore._explorer import Control, Explorer, Layer, Panel
from snnbook.neurons import LIFParameters, LIFState, lif_step
from snnbook.surrogates import fast_sigmoid

STEPS = 6
INPUT = (1.0, 1.0, 0.0, 0.0, 0.0, 0.0)
ROWS = {"x": 0.0, "I": 1.0, "U": 2.0, "S": 3.0}
PARAMETERS = LIFParameters(tau_mem=5e-3, tau_syn=5e-3, dt=1e-3)


class Edge(NamedTuple):
    """An arrow from a node (name, step) to a node, and the term of the gradient on it."""

    source: tuple[str, int]
    target: tuple[str, int]
    term: str


WORDS = {
    "use": "use of w, dI[{n}]/dw",
    "current": "alpha, dI[{n}]/dI[{m}]",
    "charge": "charge, dU[{n}]/dI[{m}]",
    "membrane": "beta, dU[{n}]/dU[{m}]",
    "spike": "surrogate, dS[{n}]/dU[{m}]",
    "reset": "reset, dU[{n}]/dS[{m}]",
    "recurrent": "recurrent weight, dI[{n}]/dS[{m}]",
}
_BEND = {"reset": 0.16, "recurrent": -0.1}


def unrolled_edges() -> list[Edge]:
    """Return the arrows of the neuron over six steps, up to the last membrane potential.

    >>> [edge.term for edge in unrolled_edges()][:4]
    ['use', 'current', 'charge', 'membrane']
    """
    edges = []
    for m in range(STEPS - 1):
        n = m + 1
        edges += [
            Edge(("x", m), ("I", n), "use"),
            Edge(("I", m), ("I", n), "current"),
            Edge(("I", m), ("U", n), "charge"),
            Edge(("U", m), ("U", n), "membrane"),
            Edge(("U", m), ("S", m), "spike"),
            Edge(("S", m), ("U", n), "reset"),
            Edge(("S", m), ("I", n), "recurrent"),
        ]
    return edges


def sum_over_paths(values: np.ndarray) -> float:
    """Return the sum over all paths from the uses of w to the last membrane, NaN edges left out.

    Every path contributes the product of its edges. Nodes are visited in the order of time, so
    one sweep does: this is forward mode, RTRL of one weight.
    """
    reached = {("x", n): 1.0 for n in range(STEPS)}
    order = {"I": 0, "U": 1, "S": 2}
    arrows = sorted(
        zip(unrolled_edges(), values), key=lambda one: (one[0].target[1], order[one[0].target[0]])
    )
    for edge, value in arrows:
        part = 0.0 if np.isnan(value) else value * reached.get(edge.source, 0.0)
        reached[edge.target] = reached.get(edge.target, 0.0) + part
    return reached["U", STEPS - 1]


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
        ``edges``: one value for each of :func:`unrolled_edges`, NaN where left out; ``mem``,
        ``spikes``, ``time``, and ``gradient``.

    Examples
    --------
    >>> found = unrolled_frame(through_reset=False)
    >>> bool(abs(found["gradient"][0] - sum_over_paths(found["edges"])) < 1e-12)
    True

    Paper section III; chapter 3.
    """
    surrogate = fast_sigmoid(width=width)
    w = torch.tensor(weight, dtype=torch.float64, requires_grad=True)
    state = LIFState(w.new_zeros(1, 1), w.new_zeros(1, 1))
    mem, spikes = [], []
    for n in range(STEPS):
        mem.append(state.mem)
        own = surrogate(state.mem - 1)
        drive = w * INPUT[n] + recurrent * (own if through_recurrence else own.detach())
        spike, state = lif_step(
            state, drive, PARAMETERS, surrogate=surrogate, reset_gradient=through_reset
        )
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
    for edge in unrolled_edges():
        own = {"use": INPUT[edge.source[1]], "spike": slope[edge.source[1]]}
        edges.append((value | own)[edge.term])
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
    nodes = [(f"{name}{n}", float(n), row) for name, row in ROWS.items() for n in range(STEPS)]
    nodes = [node for node in nodes if node[0] not in (f"S{STEPS - 1}", f"x{STEPS - 1}")]
    places = {node[0]: index for index, node in enumerate(nodes)}
    edges = tuple(
        (
            places[f"{a}{m}"],
            places[f"{b}{n}"],
            WORDS[term].format(m=m, n=n),
            _BEND.get(term, 0.0),
        )
        for (a, m), (b, n), term in unrolled_edges()
    )
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
            Panel(
                (Layer("graph", "edges", color="mem"),),
                "Partial derivatives: touch or focus an arrow",
                (-0.3, STEPS - 0.7),
                (-0.35, 3.35),
                height=270,
                wide=True,
                nodes=tuple(nodes),
                edges=edges,
            ),
            Panel(
                (
                    Layer("level", "threshold", label="threshold", color="threshold", dashed=True),
                    Layer("line", "mem", "time", "membrane U", "mem"),
                ),
                "Membrane potential",
                (-0.3, STEPS - 0.7),
                (-0.7, 3.5),
                xlabel="step",
                height=110,
                wide=True,
            ),
        ],
        alt="The graph of one neuron unrolled over six steps: input x, current I, membrane U, "
        "spike S, and an arrow for every partial derivative.",
        caption="Dotted arrows are left out of the gradient; the spikes stay the same.",
        live=live,
    )
