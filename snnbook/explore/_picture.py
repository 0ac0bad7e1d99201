"""The still picture of an explorer, and the one a kernel redraws: matplotlib, same panels."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from snnbook.plotting import COLORS, SEQUENTIAL, STYLE


def draw(panels: Sequence, frame: dict) -> Figure:
    """Return a figure with one axes below the other for each panel."""
    heights = [panel.height for panel in panels]
    with plt.rc_context({**STYLE, "svg.fonttype": "none"}):
        figure = Figure(figsize=(7.2, sum(heights) / 72), layout="constrained")
        rows = figure.subplots(len(panels), 1, height_ratios=heights, squeeze=False)[:, 0]
        for panel, ax in zip(panels, rows):
            for layer in panel.layers:
                _layer(ax, panel, layer, frame)
            ax.set(title=panel.title, xlabel=panel.xlabel, ylabel=panel.ylabel)
            ax.set(xlim=panel.xlim, ylim=panel.ylim)
            if panel.names:
                ax.set_xticks(range(len(panel.names)), panel.names)
            if not panel.yticks:
                ax.set_yticks([])
            if panel.nodes:
                ax.set_axis_off()
            if any(layer.label for layer in panel.layers):
                ax.legend(loc="upper right", ncols=2)
    return figure


def _layer(ax, panel, layer, frame: dict) -> None:
    """Draw one layer of a panel."""
    color = COLORS.get(layer.color, layer.color)
    y = np.asarray(frame[layer.y], dtype=float)
    x = np.asarray(frame[layer.x], dtype=float) if layer.x else np.arange(y.size)
    look = {"color": color, "label": layer.label or None}
    dash = (0, (5, 2)) if layer.dashed else "-"
    if layer.kind == "line":
        ax.plot(x, y, linestyle=dash, **look)
    elif layer.kind == "points":
        ax.plot(x, y, "o", **look)
    elif layer.kind == "ticks":
        ax.vlines(x, y - 0.4, y + 0.4, linewidth=1.4, **look)
    elif layer.kind == "level":
        ax.axhline(y.ravel()[0], linestyle=dash, linewidth=1.0, **look)
    elif layer.kind == "bars":
        ax.bar(range(y.size), y, **look)
        ax.axhline(0, color="#333333", linewidth=0.7)
    elif layer.kind == "map":
        ax.imshow(
            y.reshape(panel.shape),
            origin="lower",
            aspect="auto",
            extent=(*panel.xlim, *panel.ylim),
            cmap=SEQUENTIAL,
        )
    elif layer.kind == "graph":
        _graph(ax, panel, y)


def _graph(ax, panel, values: np.ndarray) -> None:
    """Draw nodes as circles and edges as arrows; an edge without a value is faint."""
    places = [(x, y) for _, x, y in panel.nodes]
    for (source, target, _, bend), value in zip(panel.edges, values):
        ax.annotate(
            "",
            places[target],
            places[source],
            arrowprops={
                "arrowstyle": "-|>",
                "color": "#333333" if np.isfinite(value) else "#CCCCCC",
                "linewidth": 1.4 if np.isfinite(value) else 0.7,
                "shrinkA": 14,
                "shrinkB": 14,
                "connectionstyle": f"arc3,rad={bend}",
            },
        )
    for (text, _, _), (x, y) in zip(panel.nodes, places):
        circle = {"boxstyle": "circle", "facecolor": "white", "edgecolor": "#333333"}
        ax.text(x, y, text, ha="center", va="center", fontsize=9, bbox=circle)
