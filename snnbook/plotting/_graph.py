"""The computational graph of a spiking layer, unrolled in time (paper figure 2, chapter 2)."""

from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.patches import Circle, FancyArrowPatch, Rectangle

from snnbook.laboratory import TERMS
from snnbook.plotting._arrows import Arrow, unrolled_edges
from snnbook.plotting._style import COLORS, LINES, legend_below, new_axes


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
#: The terms whose arrows have the look of another kind.
_KINDS = dict.fromkeys(("current", "charge", "membrane"), "state")
#: What stands beside an arrow of the first step.
_TEXTS = {name: f"${term.factor}$" for name, term in TERMS.items()}
_TEXTS |= {"input": "$W$", "spike": r"$\Theta$"}
#: Where it stands: the share of its arrow, and the shift that clears the crossings.
_LABELS = {
    "spike": (0.45, -0.16, 0.0),
    "input": (0.45, -0.1, 0.13),
    "reset": (0.42, 0.14, 0.3),
    "recurrent": (0.8, 0.17, 0.1),
    "current": (0.34, 0.0, 0.15),
    "membrane": (0.34, 0.0, 0.15),
    "charge": (0.4, -0.08, 0.14),
}
STRIDE = 1.5
_SYMBOLS = {"S_in": r"S_{\mathrm{in}}", "I": "I", "U": "U", "S": "S"}


def unrolled_graph(
    steps: int = 3, *, recurrent: bool = True, reset: bool = True, ax: Axes | None = None
) -> Axes:
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
    >>> import matplotlib.pyplot as plt
    >>> ax = unrolled_graph(2)
    >>> len(ax.patches) == len(unrolled_edges(2)) + 2 * 4  # arrows, and four nodes a step
    True
    >>> plt.close(ax.figure)

    Paper figure 2; chapter 2.
    """
    edges = unrolled_edges(steps, recurrent=recurrent, reset=reset)
    ax = new_axes(ax, width=2.3 * steps, height=5.6)
    nodes = {(symbol, n): _draw_node(symbol, n, ax) for n in range(steps) for symbol in _SYMBOLS}
    for edge in edges:
        _draw_edge(edge, nodes, ax)
    kinds = {_kind(edge) for edge in edges}
    legend_below(ax, [look for kind, look in LOOKS.items() if kind in kinds])
    ax.set(xlim=(-0.4, (steps - 1) * STRIDE + 0.4), ylim=(-0.3, ROWS["next"] + 0.1))
    ax.set_aspect("equal")
    ax.set_axis_off()
    return ax


def _place(node: tuple[str, int]) -> tuple[float, float]:
    return node[1] * STRIDE, ROWS[node[0]]


def _kind(edge: Arrow) -> str:
    """Return the key of ``LOOKS``."""
    return _KINDS.get(edge.term, edge.term)


def _draw_edge(edge: Arrow, nodes: dict, ax) -> None:
    look = LOOKS[_kind(edge)]
    start, end = _place(edge.source), _place(edge.target)
    bend = {"recurrent": -0.08, "reset": -0.16}.get(edge.term, 0.0)
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
    if edge.source[1] == 0 and edge.term in _LABELS:
        share, dx, dy = _LABELS[edge.term]
        x, y = (a + share * (b - a) for a, b in zip(start, end, strict=True))
        text = _TEXTS[edge.term]
        ax.text(x + dx, y + dy, text, color=look.color, ha="center", va="center", zorder=3)


def _draw_node(symbol: str, n: int, ax):
    """Draw one node, a square for a spike and a circle for a state, and return its patch."""
    x, y = _place((symbol, n))
    style = {"facecolor": "white", "edgecolor": "#222222", "linewidth": 1.2, "zorder": 2}
    if symbol in ("S", "S_in"):
        patch = Rectangle((x - 0.24, y - 0.24), 0.48, 0.48, **style)
    else:
        patch = Circle((x, y), 0.27, **style)
    ax.add_patch(patch)
    ax.text(x, y, f"${_SYMBOLS[symbol]}[{n}]$", ha="center", va="center", fontsize=9, zorder=3)
    return patch
