"""Spikes and membranes over time (paper figure 1)."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from snnbook._validate import check_choice, check_positive
from snnbook.kernels import Events
from snnbook.plotting._style import COLORS, LINES, new_axes, time_axis, to_array

#: A raster with more spikes is drawn as pixels, which keeps the SVG small.
RASTERIZE_ABOVE = 1500

_WORDS = {
    "mem": ("membrane potential", "membrane", "$U$"),
    "syn": ("synaptic current", "current", "$I$"),
}


def raster(
    spikes: Any,
    dt: float = 1e-3,
    *,
    ax: Axes | None = None,
    color: str | None = None,
    label: str = "neuron",
) -> Axes:
    """Draw a tick for each spike: time across, neurons upward from 0.

    Parameters
    ----------
    spikes : array or Tensor, shape (T, N), or Events
        Spikes of one sample; anything but 0 is a spike. Of events with several samples,
        ``events[:, b]`` is one.
    dt : float
        Time step, in seconds.
    ax : Axes, optional
        Where to draw; by default a new figure.
    color : str, optional
        Color of the ticks, by default that of spikes; ``COLORS["input"]`` marks inputs.
    label : str
        What a row is, such as ``"input"``.

    Returns
    -------
    Axes
        ``ax``.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> ax = raster([[0, 1], [0, 0], [0, 1]])
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('time (ms)', 'neuron')
    >>> plt.close(ax.figure)
    """
    if isinstance(spikes, Events):
        if spikes.batch != 1:
            raise ValueError(
                f"spikes is Events of {spikes.batch} samples; one sample is accepted, such as "
                "spikes[:, 0]"
            )
        spikes = spikes[:, 0]
    array = to_array("spikes", spikes, (2,), "(T, N), one sample,")
    check_positive("dt", dt)
    ax = new_axes(ax)
    times, unit = time_axis(len(array), dt)
    steps, rows = np.nonzero(array)
    neurons = array.shape[1]
    # Ticks of about 3 points, shorter where they would fill more than a quarter of the area.
    half = max(0.4, min(0.008 * neurons, 60 * neurons / max(len(steps), 1)))
    _ticks(
        ax,
        times[steps],
        rows - half,
        rows + half,
        color=color or COLORS["spikes"],
        linewidth=1.1,
        rasterized=len(steps) > RASTERIZE_ABOVE,
    )
    ax.set(ylim=(-0.6, neurons - 0.4), ylabel=label)
    _time_limits(ax, times, dt, unit)
    ax.yaxis.set_major_locator(MaxNLocator(min(5, neurons), integer=True))
    return ax


def _time_limits(ax: Axes, times: np.ndarray, dt: float, unit: str) -> None:
    """Let the time axis end after the last step, and label the lowest one."""
    end = len(times) * dt * (1e3 if unit == "ms" else 1.0)
    ax.set_xlim(-0.005 * end, end)
    place = ax.get_subplotspec()
    shared = len(ax.get_shared_x_axes().get_siblings(ax)) > 1
    if not shared or place is None or place.is_last_row():
        ax.set_xlabel(f"time ({unit})")


def _ticks(ax: Axes, times, bottoms, tops, **look) -> None:
    """Draw upright ticks as one path with gaps, a third of the size of one path a tick."""
    gaps = np.full(len(times), np.nan)
    across = np.column_stack([times, times, gaps]).ravel()
    up = np.column_stack([bottoms, tops, gaps]).ravel()
    (line,) = ax.plot(across, up, linestyle="-", marker="", solid_capstyle="butt", **look)
    line.set_snap(True)


def traces(
    mem: Any,
    spikes: Any = None,
    *,
    threshold: float | None = 1.0,
    dt: float = 1e-3,
    quantity: str = "mem",
    ax: Axes | None = None,
) -> Axes:
    """Draw a membrane potential over time, its threshold, and a mark above it for each spike.

    Several neurons are stacked, each with its own threshold line and its own zero.

    Parameters
    ----------
    mem : array or Tensor, shape (T,) or (T, N)
        Membrane potential of one sample, in units of the threshold.
    spikes : array or Tensor of the same shape, optional
        Spikes; anything but 0 is a spike.
    threshold : float, optional
        Height of the dashed line; ``None`` draws none.
    dt : float
        Time step, in seconds.
    quantity : {"mem", "syn"}
        Which color, line and words to use; ``"syn"`` is a synaptic current and has no threshold.
    ax : Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    Axes
        ``ax``.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> ax = traces([0.0, 0.5, 1.5, 0.4], [0, 0, 1, 0])
    >>> ax.get_ylabel()
    'membrane potential $U$'
    >>> plt.close(ax.figure)
    """
    check_choice("quantity", quantity, tuple(_WORDS))
    check_positive("dt", dt)
    values = to_array("mem", mem, (1, 2), "(T,) or (T, N), one sample,")
    fired = np.zeros(values.shape, bool)
    if spikes is not None:
        fired = (
            to_array("spikes", spikes, (values.ndim,), f"{values.shape}, the shape of mem,") != 0
        )
        if fired.shape != values.shape:
            raise ValueError(
                f"spikes has shape {fired.shape}; {values.shape} is accepted, the shape of mem"
            )
    values, fired = values.reshape(len(values), -1), fired.reshape(len(values), -1)
    threshold = None if quantity == "syn" else threshold
    neurons = values.shape[1]
    ax = new_axes(ax, height=2.6 if neurons == 1 else 1.2 + 0.9 * neurons)
    times, unit = time_axis(len(values), dt)
    top = max(values.max(), threshold or 0.0)
    low = min(values.min(), 0.0)
    span = top - low or 1.0
    room = (0.34 if fired.any() else 0.08) * span
    pitch = span + room + 0.08 * span
    for neuron in range(neurons):
        base = neuron * pitch
        _trace(ax, times, values[:, neuron], fired[:, neuron], base, top, room, threshold, quantity)
    _time_limits(ax, times, dt, unit)
    ax.set_ylim(low - 0.08 * span, (neurons - 1) * pitch + top + room)
    long, short, symbol = _WORDS[quantity]
    inches = ax.get_position().height * ax.figure.get_figheight()
    ax.set_ylabel(f"{long if inches > 1.6 else short} {symbol}")
    if neurons > 1:
        ax.set_yticks([neuron * pitch for neuron in range(neurons)], range(neurons))
        ax.set_ylabel(f"{symbol} of neuron")
    _label_threshold(ax, threshold)
    return ax


def _trace(ax, times, values, fired, base, top, room, threshold, quantity) -> None:
    if threshold is not None:
        ax.axhline(
            base + threshold, color=COLORS["threshold"], linestyle=LINES["threshold"], linewidth=1
        )
    ax.plot(times, base + values, color=COLORS[quantity], linestyle="-", zorder=3)
    ax.vlines(
        times[fired],
        base + top + 0.35 * room,
        base + top + 0.95 * room,
        color=COLORS["spikes"],
        linewidth=1.5,
    )


def _label_threshold(ax: Axes, threshold: float | None) -> None:
    if threshold is not None:
        ax.annotate(
            r"$\theta$",
            (1.0, threshold),
            xycoords=("axes fraction", "data"),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            color=COLORS["threshold"],
        )
