"""The computational graph of a spiking layer, unrolled in time (paper figure 2, chapter 2)."""

from typing import NamedTuple

import matplotlib.pyplot as plt
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, FancyArrowPatch, Rectangle

from snnbook._validate import check_integer
from snnbook.plotting._style import COLORS, LINES


class Edge(NamedTuple):
    """One arrow of the graph: from a node to a node, each a pair (symbol, step n)."""

    source: tuple[str, int]
    target: tuple[str, int]
    kind: str
    label: str


class _Look(NamedTuple):
    color: str
    style: object
    width: float
    text: str


#: Row of each symbol, from the input below to the spikes of the next layer above.
ROWS = {"S_in": 0.0, "I": 1.0, "U": 2.0, "S": 3.0, "next": 3.75}

#: Color, line style, width and words of each kind of edge (color and style both tell them apart).
LOOKS = {
    "input": _Look(COLORS["input"], LINES["input"], 1.6, "input, through $W$"),
    "state": _Look("#777777", "-", 1.4, "state: decay and integration"),
    "spike": _Look(COLORS["spikes"], "-", 3.8, "spike: the step Θ, no useful derivative"),
    "reset": _Look(COLORS["reset"], LINES["reset"], 1.8, "reset"),
    "recurrent": _Look(COLORS["recurrent"], LINES["recurrent"], 2.4, "recurrent, through $V$"),
    "output": _Look("#777777", (0, (6, 1.5, 1, 1.5)), 1.2, "to the next layer"),
}
#: Where a label stands: the share of its arrow, and the shift that clears the crossings.
_LABELS = {
    "spike": (0.45, -0.16, 0.0),
    "input": (0.45, -0.1, 0.13),
    "reset": (0.42, 0.14, 0.3),
    "recurrent": (0.8, 0.17, 0.1),
    "state": (0.34, 0.0, 0.15),
    "rise": (0.4, -0.08, 0.14),
}
STRIDE = 1.5
_TEXT = {"S_in": r"S_{\mathrm{in}}", "I": "I", "U": "U", "S": "S"}


def unrolled_edges(steps: int = 3, *, recurrent: bool = True, reset: bool = True) -> list[Edge]:
    r"""Return the arrows of one layer unrolled over ``steps`` steps.

    They are the terms of the update,

    .. math::

        I[n+1] = \alpha I[n] + W S_\text{in}[n] + V S[n], \qquad
        U[n+1] = \beta U[n] + I[n] - \theta S[n], \qquad S[n] = \Theta(U[n] - \theta).

    Parameters
    ----------
    steps : int
        Number of steps, at least 1; the nodes carry n = 0 .. steps-1.
    recurrent, reset : bool
        Whether the layer has recurrent synapses, and whether it has a reset.

    Returns
    -------
    list of Edge
        ``kind`` is one of the keys of ``LOOKS``.

    Examples
    --------
    >>> for edge in unrolled_edges(2, recurrent=False, reset=False)[:3]:
    ...     print(edge.source, "->", edge.target, edge.kind)
    ('U', 0) -> ('S', 0) spike
    ('S', 0) -> ('next', 0) output
    ('S_in', 0) -> ('I', 1) input

    Paper section II and figure 2; chapter 2.
    """
    check_integer("steps", steps, 1)
    edges = []
    for n in range(steps):
        edges.append(Edge(("U", n), ("S", n), "spike", r"$\Theta$"))
        edges.append(Edge(("S", n), ("next", n), "output", ""))
        if n + 1 == steps:
            continue
        edges += [
            Edge(("S_in", n), ("I", n + 1), "input", "$W$"),
            Edge(("I", n), ("I", n + 1), "state", r"$\alpha$"),
            Edge(("I", n), ("U", n + 1), "state", "$1$"),
            Edge(("U", n), ("U", n + 1), "state", r"$\beta$"),
        ]
        if reset:
            edges.append(Edge(("S", n), ("U", n + 1), "reset", r"$-\theta$"))
        if recurrent:
            edges.append(Edge(("S", n), ("I", n + 1), "recurrent", "$V$"))
    return edges


def unrolled_graph(steps: int = 3, *, recurrent: bool = True, reset: bool = True, ax=None):
    """Draw one spiking layer unrolled in time, each path in its own color and line style.

    Circles are real-valued states, squares are binary spikes. The arrows are those of
    :func:`unrolled_edges`, so the drawing cannot differ from the update.

    Parameters
    ----------
    steps, recurrent, reset
        As in :func:`unrolled_edges`.
    ax : matplotlib Axes, optional
        Where to draw; a new figure when not given.

    Returns
    -------
    matplotlib Axes

    Examples
    --------
    >>> ax = unrolled_graph(2)
    >>> len(ax.patches) == len(unrolled_edges(2)) + 2 * 4  # arrows, and four nodes a step
    True
    >>> plt.close(ax.figure)

    Paper figure 2; chapter 2.
    """
    edges = unrolled_edges(steps, recurrent=recurrent, reset=reset)
    if ax is None:
        _, ax = plt.subplots(figsize=(2.3 * steps, 5.6), layout="constrained")
    nodes = {(symbol, n): _draw_node(symbol, n, ax) for n in range(steps) for symbol in _TEXT}
    for edge in edges:
        _draw_edge(edge, nodes, ax, with_label=edge.source[1] == 0)
    kinds = {edge.kind for edge in edges}
    handles = [
        Line2D(
            [], [], color=look.color, linestyle=look.style, linewidth=look.width, label=look.text
        )
        for kind, look in LOOKS.items()
        if kind in kinds
    ]
    ax.legend(
        handles=handles, loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=2, frameon=False
    )
    ax.set(xlim=(-0.4, (steps - 1) * STRIDE + 0.4), ylim=(-0.3, ROWS["next"] + 0.1))
    ax.set_aspect("equal")
    ax.set_axis_off()
    return ax


def _place(node: tuple[str, int]) -> tuple[float, float]:
    return node[1] * STRIDE, ROWS[node[0]]


def _draw_edge(edge: Edge, nodes: dict, ax, with_label: bool) -> None:
    look = LOOKS[edge.kind]
    start, end = _place(edge.source), _place(edge.target)
    bend = {"recurrent": -0.08, "reset": -0.16}.get(edge.kind, 0.0)
    ax.add_patch(
        FancyArrowPatch(
            start,
            end,
            connectionstyle=f"arc3,rad={bend}",
            arrowstyle="-|>",
            mutation_scale=14,
            patchA=nodes[edge.source],
            patchB=nodes.get(edge.target),
            shrinkA=0,
            shrinkB=1,
            color=look.color,
            linestyle=look.style,
            linewidth=look.width,
            zorder=1,
        )
    )
    if with_label and edge.label:
        kind = "rise" if (edge.source[0], edge.target[0]) == ("I", "U") else edge.kind
        share, dx, dy = _LABELS[kind]
        x, y = (a + share * (b - a) for a, b in zip(start, end, strict=True))
        ax.text(x + dx, y + dy, edge.label, color=look.color, ha="center", va="center", zorder=3)


def _draw_node(symbol: str, n: int, ax):
    """Draw one node, a square for a spike and a circle for a state, and return its patch."""
    x, y = _place((symbol, n))
    style = {"facecolor": "white", "edgecolor": "#222222", "linewidth": 1.2, "zorder": 2}
    if symbol in ("S", "S_in"):
        patch = Rectangle((x - 0.24, y - 0.24), 0.48, 0.48, **style)
    else:
        patch = Circle((x, y), 0.27, **style)
    ax.add_patch(patch)
    ax.text(x, y, f"${_TEXT[symbol]}[{n}]$", ha="center", va="center", fontsize=9, zorder=3)
    return patch
