"""Curves and maps: surrogate derivatives, learning curves, weights and gradients."""

from collections.abc import Sequence

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, PercentFormatter

from snnbook._validate import check_choice, check_positive
from snnbook.plotting.alt import counted, note, number
from snnbook.plotting.style import (
    COLORS,
    CYCLE,
    DIVERGING,
    LINES,
    MARKERS,
    SEQUENTIAL,
    new_axes,
    to_array,
)
from snnbook.surrogates import Surrogate
from snnbook.training import History


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
        One to seven records.
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
        If an entry is no surrogate, there are none or more than seven, or the limits descend.

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
    if not 1 <= len(records) <= len(CYCLE) + 1:
        raise ValueError(
            f"surrogates has {len(records)} entries; 1 to {len(CYCLE) + 1} are accepted"
        )
    if not limits[0] < limits[1]:
        raise ValueError(f"limits is {limits}; two ascending numbers are accepted")
    ax = new_axes(ax)
    mem = torch.linspace(*limits, 801, dtype=torch.float64)
    ax.axvspan(max(threshold, limits[0]), limits[1], color="#000000", alpha=0.07, linewidth=0)
    looks = iter(CYCLE)
    for record in records:
        dead = record.name.startswith("true")
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
    if limits[0] < threshold < limits[1]:
        ax.annotate(
            r"$\theta$",
            (threshold, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(4, -2),
            textcoords="offset points",
            va="top",
            color=COLORS["threshold"],
        )
    ax.legend(loc="upper left")
    words = ", ".join(
        f"{one.name} (height {number(one.height)}, width {number(one.width)})" for one in records
    )
    note(ax, f"Surrogate derivatives around the threshold {number(threshold)}: {words}.")
    return ax


def learning_curve(
    history: History | Sequence[History],
    *,
    quantity: str = "accuracy",
    chance: float | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the loss or the accuracy of each epoch, of one run or of several seeds.

    Several runs are drawn as their mean, with a band from the lowest to the highest.

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
    if quantity == "accuracy" and all(run.validation_accuracy for run in runs):
        rows["validation"] = np.array([run.validation_accuracy for run in runs])
    for which, values in rows.items():
        _learning_line(ax, values, which)
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
        ax.legend(loc="lower right" if quantity == "accuracy" else "upper right")
    note(ax, _learning_fact(rows, quantity, len(runs), chance))
    return ax


def _learning_line(ax: Axes, values: np.ndarray, which: str) -> None:
    epochs = np.arange(1, values.shape[1] + 1)
    label = {"train": "training samples", "validation": "validation samples"}[which]
    ax.plot(
        epochs,
        values.mean(axis=0),
        color=COLORS[which],
        linestyle=LINES[which],
        label=label,
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


def _learning_fact(rows: dict, quantity: str, runs: int, chance: float | None) -> str:
    epochs = next(iter(rows.values())).shape[1]
    seeds = f", mean of {runs} runs" if runs > 1 else ""
    words = [
        f"on {which} samples from {number(values.mean(axis=0)[0])} "
        f"to {number(values.mean(axis=0)[-1])}"
        for which, values in rows.items()
    ]
    fact = f"{quantity.capitalize()} over {counted(epochs, 'epoch')}{seeds}: {', '.join(words)}"
    return fact + (f"; chance is {number(chance)}." if chance is not None else ".")


def matrix_map(
    matrix, *, ax: Axes | None = None, label: str = "weight", limit: float | None = None
) -> Axes:
    """Draw a matrix as colored cells: rows (outputs) downward, columns (inputs) across.

    A matrix with negative entries is drawn from blue over white to orange, symmetric about zero;
    one without, from white to blue.
    Up to 64 entries are written out; of up to 900, negative ones are marked with a dash.

    Parameters
    ----------
    matrix : array or Tensor, shape (out, in)
        Weights or gradients.
    ax : Axes, optional
        Where to draw; by default a new figure.
    label : str
        What an entry is; stands beside the color bar.
    limit : float, optional
        Absolute value at the end of the color scale, by default the largest in the matrix.

    Returns
    -------
    Axes
        ``ax``.

    Raises
    ------
    TypeError, ValueError
        If ``matrix`` is not of rank 2, is empty or not finite.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> ax = matrix_map([[1.0, -2.0], [0.0, 0.5]])
    >>> [text.get_text() for text in ax.texts]
    ['1', '−2', '0', '0.5']
    >>> plt.close(ax.figure)
    """
    values = to_array("matrix", matrix, (2,), "(out, in)").astype(float)
    limit = float(np.abs(values).max() or 1.0) if limit is None else limit
    check_positive("limit", limit)
    rows, columns = values.shape
    ax = new_axes(ax, height=min(max(1.2 + 5.6 * rows / columns, 2.2), 5.0))
    signed = bool((values < 0).any())
    image = ax.imshow(
        values,
        cmap=DIVERGING if signed else SEQUENTIAL,
        vmin=-limit if signed else 0,
        vmax=limit,
        aspect="equal" if 0.2 < rows / columns < 5 else "auto",
    )
    if values.size <= 64:
        _write_entries(ax, values, limit, signed)
    elif values.size <= 900:
        where = np.argwhere(values < -0.05 * limit)
        ax.plot(where[:, 1], where[:, 0], "_", color="white", markersize=3, markeredgewidth=0.8)
    bar = ax.figure.colorbar(image, ax=ax, shrink=0.9, pad=0.02, aspect=25)
    bar.set_label(label)
    bar.outline.set_linewidth(0.5)
    ax.set(xlabel="from", ylabel="to")
    for axis, size in ((ax.xaxis, columns), (ax.yaxis, rows)):
        axis.set_major_locator(MaxNLocator(min(6, size), integer=True))
    ax.spines[:].set_visible(False)
    note(
        ax,
        f"Matrix of {label} with {counted(rows, 'row')} and {counted(columns, 'column')}, entries "
        f"between {number(values.min())} and {number(values.max())}, "
        f"{number(100 * (values < 0).mean())} % negative.",
    )
    return ax


def _write_entries(ax: Axes, values: np.ndarray, limit: float, signed: bool) -> None:
    for (row, column), value in np.ndenumerate(values):
        dark = abs(value) > (0.75 if value > 0 and signed else 0.5) * limit
        text = number(float(f"{value:.2g}")).replace("-", "−")
        ax.text(
            column,
            row,
            text,
            ha="center",
            va="center",
            fontsize=9,
            color="white" if dark else "black",
        )
