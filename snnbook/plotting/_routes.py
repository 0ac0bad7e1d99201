"""The ways of an error down a network (paper figure 5, chapter 6a)."""

from matplotlib.axes import Axes
from matplotlib.patches import Circle, FancyArrowPatch, Rectangle

from snnbook._validate import check_choice
from snnbook.plotting._style import COLORS, new_axes

#: The ways of an error to the hidden layers: down layer by layer through the transposed weights,
#: or through fixed random matrices; from the top to every layer; or from a readout of each layer.
ROUTES = ("backpropagation", "feedback alignment", "direct feedback", "local errors")
_ROWS = {"input": 0.0, "hidden 1": 1.0, "hidden 2": 2.0, "output": 3.0}
_FIXED = (0, (2, 1.6))  # dashes of a fixed random matrix


def error_routes(kind: str, ax: Axes | None = None) -> Axes:
    """Draw two hidden layers with the spikes going up and one way for the error to come down.

    Solid arrows are weights that learn; dashed arrows are matrices that stay as they were drawn.

    Parameters
    ----------
    kind : str
        One of :data:`ROUTES`.
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Axes
        ``ax``.

    Examples
    --------
    >>> error_routes("direct feedback").get_title("left")
    'direct feedback'

    Paper section V.A, figure 5; chapter 6a.
    """
    check_choice("kind", kind, ROUTES)
    ax = new_axes(ax)
    names = list(_ROWS)
    for name, height in _ROWS.items():
        for place in (-0.28, 0.0, 0.28):
            ax.add_patch(Circle((place, height), 0.1, facecolor="none", edgecolor="#777777"))
        ax.text(-0.62, height, name, ha="right", va="center", fontsize=8)
    for low, high in zip(names, names[1:]):
        _arrow(ax, (-0.14, _ROWS[low] + 0.16), (-0.14, _ROWS[high] - 0.16), "mem")
    if kind == "local errors":
        for name in names[1:3]:
            _arrow(ax, (0.42, _ROWS[name] + 0.06), (1.0, _ROWS[name] + 0.06), "mem", fixed=True)
            _error(ax, 1.18, _ROWS[name])
            _arrow(ax, (1.0, _ROWS[name] - 0.09), (0.42, _ROWS[name] - 0.09), "reset", fixed=True)
    else:
        _error(ax, 1.18, 3.0)
        _arrow(ax, (1.0, 3.0), (0.42, 3.0), "reset")
    if kind in ("backpropagation", "feedback alignment"):
        for high, low in (("output", "hidden 2"), ("hidden 2", "hidden 1")):
            fixed = kind == "feedback alignment"
            _arrow(ax, (0.14, _ROWS[high] - 0.16), (0.14, _ROWS[low] + 0.16), "reset", fixed=fixed)
    if kind == "direct feedback":
        for name in names[1:3]:
            ends = (1.18, 2.82), (0.42, _ROWS[name])
            _arrow(ax, *ends, "reset", fixed=True, bend=-0.3)
    ax.set(xlim=(-1.5, 1.5), ylim=(-0.35, 3.35), aspect="equal")
    ax.set_title(kind, loc="left")
    ax.axis("off")
    return ax


def _arrow(ax: Axes, start, end, color: str, fixed: bool = False, bend: float = 0.0) -> None:
    look = {"color": COLORS[color], "linewidth": 1.6, "mutation_scale": 9}
    style = f"arc3,rad={bend}"
    arrow = FancyArrowPatch(start, end, arrowstyle="-|>", connectionstyle=style, **look)
    arrow.set_linestyle(_FIXED if fixed else "-")
    ax.add_patch(arrow)


def _error(ax: Axes, x: float, y: float) -> None:
    ax.add_patch(
        Rectangle((x - 0.16, y - 0.16), 0.32, 0.32, facecolor="none", edgecolor=COLORS["reset"])
    )
    ax.text(x, y, "e", ha="center", va="center", fontsize=9, style="italic")
