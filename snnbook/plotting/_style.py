"""One style for every figure: a color, a line and a marker for each quantity of the book."""

from collections.abc import Iterable
from types import MappingProxyType

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.lines import Line2D

from snnbook.notebook import in_notebook

#: The colors of Okabe and Ito (2008), which people with any color vision can tell apart.
#: Orange and sky blue are darker than theirs, for a contrast of 3 to 1 on white; no yellow.
OKABE_ITO = MappingProxyType(
    {
        "black": "#000000",
        "orange": "#C27C00",
        "sky": "#2F8FCB",
        "green": "#009E73",
        "blue": "#0072B2",
        "vermilion": "#D55E00",
        "purple": "#CC79A7",
    }
)

#: Color of each quantity, the same in the whole book.
COLORS = MappingProxyType(
    {
        "input": OKABE_ITO["green"],
        "syn": OKABE_ITO["orange"],
        "mem": OKABE_ITO["blue"],
        "spikes": OKABE_ITO["black"],
        "threshold": "#666666",
        "reset": OKABE_ITO["vermilion"],
        "recurrent": OKABE_ITO["purple"],
        "true": OKABE_ITO["black"],
        "surrogate": OKABE_ITO["vermilion"],
        "train": OKABE_ITO["blue"],
        "validation": OKABE_ITO["vermilion"],
        "chance": "#666666",
    }
)

#: Line style of the quantities that share a plot, so that color is never the only difference.
LINES = MappingProxyType(
    {
        "input": "-",
        "syn": (0, (5, 1.5)),
        "mem": "-",
        "threshold": (0, (2, 2)),
        "reset": (0, (5, 2)),
        "recurrent": (0, (1.2, 1.6)),
        "true": "-",
        "surrogate": (0, (6, 1.5)),
        "train": "-",
        "validation": (0, (5, 1.5)),
        "chance": (0, (1, 2)),
    }
)

#: Marker of the quantities that are measured at points.
MARKERS = MappingProxyType({"train": "o", "validation": "s", "true": "o", "surrogate": "D"})

#: Colors, line styles and markers of curves that have no fixed meaning, in order.
CYCLE = (
    (OKABE_ITO["blue"], "-", "o"),
    (OKABE_ITO["vermilion"], (0, (5, 1.5)), "s"),
    (OKABE_ITO["green"], (0, (6, 1.5, 1, 1.5)), "^"),
    (OKABE_ITO["purple"], (0, (1.2, 1.4)), "D"),
    (OKABE_ITO["orange"], (0, (9, 2)), "v"),
    (OKABE_ITO["sky"], (0, (3, 1)), "P"),
    ("#666666", (0, (7, 1.5, 1, 1.5, 1, 1.5)), "X"),
    ("#7A5C00", (0, (1, 2.5)), "*"),
)


def look(number: int) -> tuple:
    """Return color, line style and marker of a curve: from ``CYCLE``, then with dots in the lines.

    Parameters
    ----------
    number : int
        From 0.

    Examples
    --------
    The ninth has the color of the first, and a line of its own:

    >>> look(8)[0] == CYCLE[0][0], look(8)[1]
    (True, (0, (16, 2, 1, 1)))
    """
    again, place = divmod(number, len(CYCLE))
    color, line, marker = CYCLE[place]
    if again:
        dashes = (16, 2) if line == "-" else line[1]
        line = (0, (*dashes, *(1, 1) * again))
    return color, line, marker


#: White to blue, for values from zero up.
SEQUENTIAL = LinearSegmentedColormap.from_list(
    "snnbook-up", ["#FFFFFF", "#7FB8DA", "#0072B2", "#00304D"]
)

#: Dark blue, white, orange: for values of both signs.
DIVERGING = LinearSegmentedColormap.from_list(
    "snnbook-signed", ["#00406B", "#3F93C4", "#FFFFFF", "#F0A35E", "#B84A00"]
)

#: Settings of matplotlib: black text on a transparent ground, 700 pixels wide, few lines.
STYLE = MappingProxyType(
    {
        "figure.figsize": (7.2, 3.2),
        "figure.dpi": 144,
        "figure.facecolor": "none",
        "figure.constrained_layout.use": True,
        "figure.titlesize": 11,
        "savefig.facecolor": "none",
        "savefig.edgecolor": "none",
        "svg.fonttype": "path",
        "svg.hashsalt": "snnbook",
        "font.size": 10.5,
        "font.family": "DejaVu Sans",
        "mathtext.fontset": "dejavusans",
        "axes.facecolor": "none",
        "axes.edgecolor": "#333333",
        "axes.linewidth": 0.7,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.titlesize": 10.5,
        "axes.titlelocation": "left",
        "axes.labelsize": 10.5,
        "axes.axisbelow": True,
        "xtick.labelsize": 9.5,
        "ytick.labelsize": 9.5,
        "xtick.major.width": 0.7,
        "ytick.major.width": 0.7,
        "xtick.major.size": 3,
        "ytick.major.size": 3,
        "legend.frameon": False,
        "legend.fontsize": 9.5,
        "legend.handlelength": 2.6,
        "lines.linewidth": 1.6,
        "lines.markersize": 4.5,
        "grid.linewidth": 0.5,
        "grid.color": "#CCCCCC",
        "image.interpolation": "nearest",
    }
)


def use_style() -> None:
    """Switch to the style of the book, and to SVG where figures appear in a notebook.

    The ground of a figure is transparent and its text black; the site inverts figures in dark mode.
    The same code gives the same SVG, byte for byte.

    Examples
    --------
    >>> use_style()
    >>> plt.rcParams["figure.facecolor"], plt.rcParams["svg.hashsalt"]
    ('none', 'snnbook')
    """
    plt.rcParams.update(STYLE)
    plt.rcParams["axes.prop_cycle"] = plt.cycler(
        color=[color for color, _, _ in CYCLE], linestyle=[line for _, line, _ in CYCLE]
    )
    if in_notebook():
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        set_matplotlib_formats("svg", bbox_inches=None, metadata={"Date": None, "Creator": None})


def new_axes(ax: Axes | None, height: float = 2.8, width: float = 7.2) -> Axes:
    """Return ``ax``, or the axes of a new figure, by default as wide as the text of a page."""
    if ax is None:
        _, ax = plt.subplots(figsize=(width, height), layout="constrained")
    if not isinstance(ax, Axes):
        raise TypeError(f"ax is a {type(ax).__name__}; matplotlib Axes are accepted")
    return ax


def legend_below(ax: Axes, looks: Iterable[tuple], **options) -> None:
    """Name lines below a drawing, from (color, line style, width, text)."""
    handles = [
        Line2D([], [], color=color, linestyle=style, linewidth=width, label=text)
        for color, style, width, text in looks
    ]
    place = {"loc": "upper center", "bbox_to_anchor": (0.5, 0.0), "ncols": 2, "frameon": False}
    ax.legend(handles=handles, **place, **options)


def to_array(name: str, values, ranks: tuple[int, ...], axes: str) -> np.ndarray:
    """Return a finite array of one of these ranks, from a tensor, an array or a list."""
    if hasattr(values, "detach"):
        values = values.detach().cpu().numpy()
    array = np.asarray(values)
    if array.dtype == object or array.dtype.kind not in "biuf":
        raise TypeError(f"{name} is a {type(values).__name__}; an array of numbers is accepted")
    if array.ndim not in ranks:
        raise ValueError(f"{name} has shape {array.shape}; {axes} is accepted")
    if array.size == 0:
        raise ValueError(f"{name} has shape {array.shape}; at least one entry is accepted")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} holds nan or inf; finite values are accepted")
    return array


def time_axis(steps: int, dt: float) -> tuple[np.ndarray, str]:
    """Return the times ``n * dt`` of all steps, in ms up to one second and in s beyond.

    >>> time_axis(3, 1e-3)
    (array([0., 1., 2.]), 'ms')
    """
    unit, factor = ("ms", 1e3) if steps * dt <= 1 else ("s", 1.0)
    return np.arange(steps) * (dt * factor), unit
