"""Spikes and membranes: rasters, traces and rates (paper figure 1)."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from snnbook._validate import check_choice, check_positive
from snnbook.plotting.alt import counted, note, number
from snnbook.plotting.style import COLORS, LINES, new_axes, time_axis, to_array

#: A raster with more spikes is drawn as pixels, which keeps the SVG small.
RASTERIZE_ABOVE = 1500

_WORDS = {"mem": ("membrane potential", "$U$"), "syn": ("synaptic current", "$I$")}


def raster(
    spikes, dt: float = 1e-3, *, ax: Axes | None = None, color: str | None = None, label="neuron"
) -> Axes:
    """Draw a tick for each spike: time across, neurons upward from 0.

    Parameters
    ----------
    spikes : array or Tensor, shape (T, N)
        Spikes of one sample; anything but 0 is a spike.
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

    Raises
    ------
    TypeError, ValueError
        If ``spikes`` is not (T, N), is empty or not finite, or ``dt`` is not positive.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> ax = raster([[0, 1], [0, 0], [0, 1]])
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('time (ms)', 'neuron')
    >>> plt.close(ax.figure)
    """
    array = to_array("spikes", spikes, (2,), "(T, N), one sample,")
    check_positive("dt", dt)
    ax = new_axes(ax)
    times, unit = time_axis(len(array), dt)
    steps, rows = np.nonzero(array)
    neurons = array.shape[1]
    half = 0.4 if neurons <= 50 else 0.5
    ax.vlines(
        times[steps],
        rows - half,
        rows + half,
        color=color or COLORS["spikes"],
        linewidth=1.1 if neurons <= 50 else 0.9,
        rasterized=len(steps) > RASTERIZE_ABOVE,
    )
    end = times[-1] + (times[1] if len(times) > 1 else 1.0)
    ax.set(xlim=(-0.005 * end, end), ylim=(-0.6, neurons - 0.4))
    ax.set(xlabel=f"time ({unit})", ylabel=label)
    ax.yaxis.set_major_locator(MaxNLocator(min(5, neurons), integer=True))
    note(ax, _raster_fact(array, dt, label, f"{number(end)} {unit}"))
    return ax


def _raster_fact(array: np.ndarray, dt: float, label: str, duration: str) -> str:
    counts = (array != 0).sum(axis=0)
    rate = counts.mean() / (len(array) * dt)
    fact = f"Spike raster of {counted(array.shape[1], label)} over {duration}: "
    fact += f"{counted(int(counts.sum()), 'spike')}, {number(rate)} Hz on average"
    silent = int((counts == 0).sum())
    return fact + (f", {silent} silent." if silent else ", none silent.")


def traces(
    mem,
    spikes=None,
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

    Raises
    ------
    TypeError, ValueError
        If a shape does not fit, or a value is not finite.

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
    room = 0.34 * (top - low or 1.0) if fired.any() else 0.08 * (top - low or 1.0)
    pitch = 0.0 if neurons == 1 else top - low + room + 0.08 * (top - low or 1.0)
    for neuron in range(neurons):
        base = neuron * pitch
        _trace(ax, times, values[:, neuron], fired[:, neuron], base, top, room, threshold, quantity)
    ax.set(xlim=(times[0], times[-1] or 1.0), xlabel=f"time ({unit})")
    ax.set_ylim(low - 0.08 * (top - low or 1.0), (neurons - 1) * pitch + top + room)
    ax.set_ylabel(" ".join(_WORDS[quantity]))
    if neurons > 1:
        ax.set_yticks([neuron * pitch for neuron in range(neurons)], range(neurons))
        ax.set_ylabel(f"{_WORDS[quantity][1]} of neuron")
    _label_threshold(ax, threshold)
    note(
        ax,
        _trace_fact(
            values,
            fired,
            quantity,
            f"{number(len(values) * times[1])} {unit}"
            if len(times) > 1
            else f"one step of {number(dt * 1e3)} ms",
        ),
    )
    return ax


def _trace(ax, times, values, fired, base, top, room, threshold, quantity) -> None:
    if threshold is not None:
        ax.axhline(
            base + threshold, color=COLORS["threshold"], linestyle=LINES["threshold"], linewidth=1
        )
    ax.plot(times, base + values, color=COLORS[quantity], linestyle=LINES[quantity], zorder=3)
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


def _trace_fact(values: np.ndarray, fired: np.ndarray, quantity: str, duration: str) -> str:
    whose = "" if values.shape[1] == 1 else f" of {values.shape[1]} neurons"
    fact = f"{_WORDS[quantity][0].capitalize()}{whose} over {duration}, "
    fact += f"between {number(values.min())} and {number(values.max())}"
    if quantity == "syn":
        return fact + "."
    return fact + f", with {counted(int(fired.sum()), 'spike')}."


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
    check_positive("bins", bins)
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
