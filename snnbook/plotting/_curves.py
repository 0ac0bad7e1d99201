"""Curves: surrogate derivatives and learning curves."""

from collections.abc import Sequence
from itertools import count

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, PercentFormatter

from snnbook._validate import check_choice
from snnbook.plotting._style import COLORS, LINES, MARKERS, look, new_axes
from snnbook.surrogates import Surrogate
from snnbook.training import History

_SAMPLES = {"train": "training samples", "validation": "validation samples"}


def surrogate_curves(
    surrogates: Sequence[Surrogate],
    *,
    ax: Axes | None = None,
    limits: tuple[float, float] = (0.0, 2.0),
    threshold: float = 1.0,
) -> Axes:
    """Draw surrogate derivatives against the membrane potential, as in the paper's figure 3.

    The area above the threshold is gray.  The true derivative of the step, zero almost everywhere,
    is black; every other curve has its own color and line.

    Parameters
    ----------
    surrogates : sequence of Surrogate
        One record or more, beside the true derivative.
    ax : Axes, optional
        Where to draw; by default a new figure.
    limits : tuple of float
        Lowest and highest membrane potential, in units of the threshold.
    threshold : float
        Where the curves are centered.

    Returns
    -------
    Axes
        ``ax``.

    Raises
    ------
    TypeError, ValueError
        If an entry is no surrogate, there are none, or the limits descend.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from snnbook.surrogates import fast_sigmoid, piecewise_linear
    >>> ax = surrogate_curves([fast_sigmoid(), piecewise_linear()])
    >>> ax.get_ylabel()
    'derivative of the spike'
    >>> plt.close(ax.figure)
    """
    records = list(surrogates)
    for record in records:
        if not isinstance(record, Surrogate):
            raise TypeError(f"surrogates holds a {type(record).__name__}; Surrogate is accepted")
    if not records:
        raise ValueError("surrogates has 0 curves; at least 1 is accepted")
    if not limits[0] < limits[1]:
        raise ValueError(f"limits is {limits}; two ascending numbers are accepted")
    ax = new_axes(ax)
    mem = torch.linspace(*limits, 801, dtype=torch.float64)
    ax.axvspan(max(threshold, limits[0]), limits[1], color="#000000", alpha=0.07, linewidth=0)
    looks = map(look, count())
    for record in records:
        dead = _is_dead(record)
        color, line, _ = (COLORS["true"], "-", "") if dead else next(looks)
        ax.plot(
            mem,
            record.derivative(mem - threshold),
            color=color,
            linestyle=line,
            label=record.name,
            clip_on=not dead,
            zorder=4 if dead else 3,
        )
    ax.set(xlim=limits, xlabel="membrane potential $U$", ylabel="derivative of the spike")
    ax.set_ylim(bottom=0)
    if limits[0] <= threshold <= limits[1]:
        ax.annotate(
            r"$\theta$",
            (threshold, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(0, 2),
            textcoords="offset points",
            ha="center",
            color=COLORS["threshold"],
        )
    ax.legend(loc="upper left")
    return ax


def _is_dead(record: Surrogate) -> bool:
    """Return whether this is the true derivative of the step: no area under the curve."""
    return record.area == 0


def learning_curve(
    history: History | Sequence[History],
    *,
    quantity: str = "accuracy",
    chance: float | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the loss or the accuracy of each epoch, of one run or of several seeds.

    Several runs are drawn as their mean, with a band from the lowest to the highest. The epoch
    whose weights one run was left with, where ``keep_best`` asked for the best, has a ring.

    Parameters
    ----------
    history : History or sequence of History
        What :func:`snnbook.training.fit` returned; several must have the same number of epochs.
    quantity : {"accuracy", "loss"}
        What to draw.
    chance : float, optional
        Height of a dotted line, such as ``1 / classes``.
    ax : Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    Axes
        ``ax``.

    Raises
    ------
    TypeError, ValueError
        If a history is empty, or several differ in the number of epochs.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> history = History(loss=(2.0, 1.0), accuracy=(0.5, 0.9))
    >>> ax = learning_curve(history, chance=0.5)
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('epoch', 'accuracy')
    >>> plt.close(ax.figure)
    """
    check_choice("quantity", quantity, ("accuracy", "loss"))
    runs = [history] if isinstance(history, History) else list(history)
    for run in runs:
        if not isinstance(run, History):
            raise TypeError(f"history holds a {type(run).__name__}; History is accepted")
    if not runs or {len(run.loss) for run in runs} & {0} or len({len(r.loss) for r in runs}) > 1:
        lengths = [len(run.loss) for run in runs]
        raise ValueError(f"history has {lengths} epochs; runs of equal length above 0 are accepted")
    ax = new_axes(ax)
    rows = {"train": np.array([getattr(run, quantity) for run in runs])}
    if all(getattr(run, f"validation_{quantity}") for run in runs):
        rows["validation"] = np.array([getattr(run, f"validation_{quantity}") for run in runs])
    for which, values in rows.items():
        _learning_line(ax, values, which)
    if len(runs) == 1 and runs[0].kept_epoch is not None and "validation" in rows:
        _kept(ax, runs[0].kept_epoch, rows["validation"][0])
    if chance is not None:
        ax.axhline(chance, color=COLORS["chance"], linestyle=LINES["chance"], label="chance")
    ax.set(xlabel="epoch", ylabel=quantity, xlim=(0.5, len(runs[0].loss) + 0.5))
    ax.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    if quantity == "accuracy":
        ax.yaxis.set_major_formatter(PercentFormatter(1.0))
        ax.set_ylim(top=1.01)
    else:
        ax.set_ylim(bottom=0)
    if len(ax.get_legend_handles_labels()[1]) > 1:
        ax.legend(loc="best")
    return ax


def _kept(ax: Axes, epoch: int, values: np.ndarray) -> None:
    ax.plot(
        epoch,
        values[epoch - 1],
        "o",
        markersize=11,
        markerfacecolor="none",
        markeredgewidth=1.5,
        color=COLORS["validation"],
        label=f"weights kept, epoch {epoch}",
    )


def _learning_line(ax: Axes, values: np.ndarray, which: str) -> None:
    epochs = np.arange(1, values.shape[1] + 1)
    ax.plot(
        epochs,
        values.mean(axis=0),
        color=COLORS[which],
        linestyle=LINES[which],
        label=_SAMPLES[which],
        marker=MARKERS[which],
        markevery=max(1, len(epochs) // 12),
    )
    if len(values) > 1:
        ax.fill_between(
            epochs,
            values.min(axis=0),
            values.max(axis=0),
            color=COLORS[which],
            alpha=0.18,
            linewidth=0,
        )
