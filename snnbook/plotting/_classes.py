"""Which classes are taken for which."""

import numpy as np
from matplotlib.axes import Axes

from snnbook._validate import check_kind
from snnbook.plotting._style import SEQUENTIAL, new_axes
from snnbook.training import Confusion

#: Classes up to which counts are written into the cells and every class is named.
WRITTEN, NAMED = 30, 50


def confusion_map(confusion: Confusion, *, ax: Axes | None = None) -> Axes:
    """Draw a confusion matrix: classes downward, decisions across, right ones on the diagonal.

    The color is the share of a class's samples; the number is their count, and a count of 0 is
    left out. Beyond 30 classes only colors are drawn.

    Parameters
    ----------
    confusion : Confusion
        What :func:`snnbook.training.confusion` returned, with names for the classes.
    ax : Axes, optional
        Where to draw; by default a new figure, as large as the number of classes needs.

    Returns
    -------
    Axes
        ``ax``.

    Raises
    ------
    TypeError
        If ``confusion`` is none.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> ax = confusion_map(Confusion(((3, 1), (0, 4)), ("cat", "dog")))
    >>> [text.get_text() for text in ax.texts], ax.get_xlabel()
    (['3', '1', '4'], 'decided for')
    >>> plt.close(ax.figure)
    """
    check_kind("confusion", confusion, Confusion)
    counts, names = np.array(confusion.counts), confusion.names
    size = float(np.clip(0.38 * len(names), 2.2, 6.0))
    long = max(map(len, names)) > max(3, 60 // len(names))  # the names do not fit side by side
    ax = new_axes(ax, height=size + 0.6 + (0.08 * max(map(len, names)) if long else 0))
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    image = ax.imshow(shares, cmap=SEQUENTIAL, vmin=0, vmax=1, aspect="auto")
    if len(names) <= WRITTEN:
        _write_counts(ax, counts, shares, image)
    bar = ax.figure.colorbar(image, ax=ax, shrink=0.9, pad=0.02, aspect=25)
    bar.set_label("share of the class")
    bar.outline.set_linewidth(0.5)
    ax.set(xlabel="decided for", ylabel="class")
    every = max(1, -(-len(names) // NAMED))
    places = range(0, len(names), every)
    ax.set_xticks(places, names[::every], rotation=90 if long else 0)
    ax.set_yticks(places, names[::every])
    ax.spines[:].set_visible(False)
    return ax


def _write_counts(ax: Axes, counts: np.ndarray, shares: np.ndarray, image) -> None:
    """Write each count above 0 into its cell, in white where the cell is dark."""
    for (row, column), count in np.ndenumerate(counts):
        if count:
            luminance = np.dot(image.to_rgba(shares[row, column])[:3], (0.2126, 0.7152, 0.0722))
            ax.text(
                column,
                row,
                str(count),
                ha="center",
                va="center",
                fontsize=9 if len(counts) <= 12 else 6,
                color="white" if luminance < 0.45 else "black",
            )
