"""Firing rates of a population."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from snnbook._validate import check_integer, check_positive
from snnbook.plotting._alt import counted, note, number
from snnbook.plotting._style import COLORS, LINES, new_axes, to_array


def rate_histogram(spikes, dt: float = 1e-3, *, bins: int = 20, ax: Axes | None = None) -> Axes:
    """Draw how many neurons fire at which rate, averaged over time and samples.

    Neurons that never spike get a bar of their own, hatched, at 0.

    Parameters
    ----------
    spikes : array or Tensor, shape (T, N) or (T, B, N)
        Spikes, 0 or 1.
    dt : float
        Time step, in seconds.
    bins : int
        Number of bars, at least 1.
    ax : Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    Axes
        ``ax``.

    Raises
    ------
    TypeError, ValueError
        If ``spikes`` has another rank, is empty or not finite.

    Examples
    --------
    Two neurons in 10 ms: one silent, one with one spike, which is 100 Hz.

    >>> import matplotlib.pyplot as plt
    >>> import numpy as np
    >>> spikes = np.zeros((10, 2))
    >>> spikes[3, 1] = 1
    >>> ax = rate_histogram(spikes)
    >>> sorted(float(bar.get_height()) for bar in ax.patches)[-2:]
    [1.0, 1.0]
    >>> plt.close(ax.figure)
    """
    array = to_array("spikes", spikes, (2, 3), "(T, N) or (T, B, N)")
    check_positive("dt", dt)
    check_integer("bins", bins, 1)
    ax = new_axes(ax)
    rates = array.reshape(len(array), -1, array.shape[-1]).mean(axis=(0, 1)) / dt
    silent = int((rates == 0).sum())
    high = rates.max() or 1.0
    width = high / bins
    if silent < len(rates):
        heights, edges = np.histogram(rates[rates > 0], bins=bins, range=(0, high))
        ax.bar(edges[:-1], heights, 0.92 * width, align="edge", color=COLORS["mem"])
        median = float(np.median(rates))
        ax.axvline(median, color=COLORS["threshold"], linestyle=LINES["threshold"], linewidth=1.2)
        ax.annotate(
            f"median {number(median)} Hz",
            (median, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(5, -4),
            textcoords="offset points",
            va="top",
            color="#333333",
        )
    if silent:
        ax.bar(
            -1.2 * width,
            float(silent),
            0.92 * width,
            align="edge",
            hatch="////",
            facecolor="none",
            edgecolor=COLORS["reset"],
            linewidth=1.0,
        )
        ax.annotate(
            "silent",
            (-0.74 * width, silent),
            xytext=(0, 3),
            textcoords="offset points",
            ha="center",
            color=COLORS["reset"],
        )
    ax.set(xlabel="firing rate (Hz)", ylabel="neurons")
    ax.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    ax.margins(x=0.02, y=0.12)
    note(
        ax,
        f"Histogram of the firing rates of {counted(len(rates), 'neuron')}: median "
        f"{number(np.median(rates))} Hz, highest {number(rates.max())} Hz, {silent} silent.",
    )
    return ax
