"""Two neurons unrolled in time, one arrow for each term of their gradient (box 3, chapter 5b)."""

from collections.abc import Collection

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from snnbook.plotting._arrows import Arrow, Node, two_neuron_arrows
from snnbook.plotting._style import COLORS, LINES, OKABE_ITO, legend_below, new_axes

#: Height of each node's row: A below, the readout in the middle, B above, upside down.
ROWS = {"I_A": 0.0, "U_A": 1.0, "S_A": 2.0, "Y": 3.0, "S_B": 4.0, "U_B": 5.0, "I_B": 6.0}

#: Color, line style and width of the arrows of each term; the keys are those of ``TERMS``.
LOOKS = {
    "current": (COLORS["syn"], "-", 1.8),
    "charge": ("#777777", "-", 1.2),
    "membrane": (COLORS["mem"], LINES["mem"], 1.8),
    "spike": (COLORS["spikes"], "-", 3.2),
    "reset": (COLORS["reset"], LINES["reset"], 1.6),
    "recurrent": (COLORS["recurrent"], LINES["recurrent"], 2.2),
    "forward": (OKABE_ITO["green"], (0, (6, 1.5, 1, 1.5)), 1.6),
    "readout": (OKABE_ITO["sky"], (0, (3, 1)), 1.6),
}
_WORDS = {
    "current": r"$\alpha$: current",
    "charge": "1: charge",
    "membrane": r"$\beta$: membrane",
    "spike": "$g$: surrogate",
    "reset": r"$-\theta$: reset",
    "recurrent": "$V$: between A and B",
    "forward": "$W$ of the readout",
    "readout": "memory of the readout",
}
_STRIDE = 1.6
_RADIUS = 0.3
_BEND = {"recurrent": 0.05, "reset": 0.28}


def two_neurons(
    steps: int = 3,
    *,
    drop: Collection[str] = (),
    replaced: Collection[str] = (),
    legend: bool = True,
    ax: Axes | None = None,
) -> Axes:
    """Draw two neurons and a readout unrolled in time, with some terms of the gradient left out.

    Parameters
    ----------
    steps : int
        Number of steps, at least 1.
    drop : collection of str
        Terms whose arrows are faint and crossed out.
    replaced : collection of str
        Terms whose arrows are drawn with question marks: something else stands there.
    legend : bool
        Whether to name the terms below the drawing.
    ax : matplotlib Axes, optional
        Where to draw; a new figure when not given.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If ``drop`` or ``replaced`` names no term.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> ax = two_neurons(2, drop={"reset"})
    >>> sum(text.get_text() == "×" for text in ax.texts)
    2
    >>> plt.close(ax.figure)

    Paper box 3; chapter 5b.
    """
    if unknown := (set(drop) | set(replaced)) - set(LOOKS):
        raise ValueError(f"drop names {sorted(unknown)}; of {', '.join(LOOKS)} are accepted")
    ax = new_axes(ax, width=1.6 * steps, height=6.0)
    arrows = two_neuron_arrows(steps)
    for term in LOOKS:
        if same := [arrow for arrow in arrows if arrow.term == term]:
            mark = "×" if term in drop else "?" if term in replaced else ""
            _draw_term(term, same, ax, mark)
    _draw_nodes(steps, ax)
    if legend:
        legend_below(ax, [(*look, _WORDS[term]) for term, look in LOOKS.items()], fontsize=8)
    ax.text(-0.62, 1, "A", fontsize=13, ha="center", va="center")
    ax.text(-0.62, 5, "B", fontsize=13, ha="center", va="center")
    ax.set(xlim=(-0.8, (steps - 1) * _STRIDE + 0.45), ylim=(-0.45, 6.45))
    ax.set_aspect("equal")
    ax.set_axis_off()
    return ax


def _place(node: Node) -> tuple[float, float]:
    return node[1] * _STRIDE, ROWS[node[0]]


def _draw_term(term: str, arrows: list[Arrow], ax, mark: str) -> None:
    """Draw all arrows of one term: one path of lines and one of heads keep the file small."""
    color, style, width = LOOKS[term]
    if mark == "×":
        color, width = "#BBBBBB", 0.9
    ends = [_ends(arrow) for arrow in arrows]
    lines = [Path([a, b, c], [Path.MOVETO, Path.CURVE3, Path.CURVE3]) for a, b, c in ends]
    heads = [Path(_head(b, c), closed=True) for _, b, c in ends]
    look = {"linewidth": width, "edgecolor": color, "zorder": 1, "clip_on": False}
    ax.add_patch(
        PathPatch(Path.make_compound_path(*lines), facecolor="none", linestyle=style, **look)
    )
    look |= {"facecolor": color, "linewidth": 0.5}
    ax.add_patch(PathPatch(Path.make_compound_path(*heads), **look))
    for a, b, c in ends if mark else ():
        x, y = 0.25 * a + 0.5 * b + 0.25 * c
        size = {"fontsize": 13, "fontweight": "bold", "ha": "center", "va": "center"}
        ax.text(x, y, mark, color="#AA3300" if mark == "×" else color, zorder=4, **size)


def _ends(arrow: Arrow) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return start, control point and end of an arrow, from rim to rim."""
    start, end = np.array(_place(arrow.source)), np.array(_place(arrow.target))
    bend = _BEND.get(arrow.term, 0.0) * (-1 if arrow.source[0].endswith("B") else 1)
    dx, dy = end - start
    control = (start + end) / 2 + bend * np.array([dy, -dx])
    near, far = control - start, control - end
    return (
        start + _RADIUS * near / np.linalg.norm(near),
        control,
        end + (_RADIUS + 0.03) * far / np.linalg.norm(far),
    )


def _head(control: np.ndarray, tip: np.ndarray) -> list[np.ndarray]:
    """Return the corners of an arrow head."""
    back = (control - tip) / np.linalg.norm(control - tip)
    side = np.array([-back[1], back[0]])
    return [tip, tip + 0.2 * back + 0.08 * side, tip + 0.2 * back - 0.08 * side, tip]


def _draw_nodes(steps: int, ax) -> None:
    """Draw all nodes as one path, squares for spikes and circles for states, with their names."""
    square = Path([(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)], closed=True)
    shapes = []
    for name in ROWS:
        for n in range(steps):
            x, y = _place((name, n))
            size, shape = (0.27, square) if name.startswith("S") else (_RADIUS, Path.unit_circle())
            shapes.append(Path(shape.vertices * size + (x, y), shape.codes))
            ax.text(x, y, f"${name}$", ha="center", va="center", fontsize=9, zorder=3)
    look = {"facecolor": "white", "edgecolor": "#222222", "linewidth": 1.1, "clip_on": False}
    ax.add_patch(PathPatch(Path.make_compound_path(*shapes), zorder=2, **look))
