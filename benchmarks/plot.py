"""The picture of the benchmark page: a dot for each library on a line for each layer."""

from pathlib import Path

import matplotlib

matplotlib.use("svg")

import matplotlib.pyplot as plt  # noqa: E402

from snnbook import plotting  # noqa: E402
from snnbook.plotting import CYCLE

NAMES = {
    "snnbook": "ours",
    "snnbook, input as events": "ours, events",
    "snnbook, plain loop": "ours, plain loop",
    "snnTorch": "snnTorch",
    "norse": "norse",
    "sinabs": "sinabs",
    "SpyTorch's loop": "SpyTorch's loop",
    "SpikingJelly LIFNode": "SpikingJelly (one state)",
}


def draw(rows, label, path: Path) -> None:
    """Write the picture as SVG, the same file for the same numbers."""
    plotting.use_style()
    matplotlib.rcParams["svg.hashsalt"] = "benchmarks"
    shown = [row for row in rows if not row["input_gradient"]]
    _, ax = plt.subplots(figsize=(7.0, 0.55 * len(shown) + 1.6), layout="constrained")
    for (name, text), (color, _, marker) in zip(NAMES.items(), CYCLE):
        points = [
            (row["milliseconds"][name], -place)
            for place, row in enumerate(shown)
            if name in row["milliseconds"]
        ]
        ours = "snnbook" in name and "plain" not in name
        style = {"s": 75 if ours else 40, "zorder": 3 if ours else 2, "linewidths": 1.2}
        face = color if ours else "none"
        ax.scatter(*zip(*points), marker=marker, label=text, edgecolors=color, c=face, **style)
    floors = [row["floor"] for row in shown]
    places = [-place for place in range(len(shown))]
    ax.scatter(floors, places, marker="|", s=260, c="#666666", label="floor (dense)", zorder=1)
    ax.hlines(places, 1e-2, 1e5, color="#666666", linewidth=0.4, zorder=0)
    times = [t for row in shown for t in (*row["milliseconds"].values(), row["floor"])]
    ax.set(xscale="log", xlim=(0.6 * min(times), 1.7 * max(times)), xlabel="time (ms)")
    ax.set_yticks(places, [label(row, rows) for row in shown])
    ax.set_ylabel("layer")
    ax.legend(ncols=3, loc="upper center", bbox_to_anchor=(0.45, -0.22), frameon=False)
    path.parent.mkdir(exist_ok=True)
    plt.savefig(path, metadata={"Date": None}, transparent=True)
    plt.close()
