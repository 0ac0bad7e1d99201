"""Maps of matrices: weights, gradients, similarities."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from snnbook._validate import check_positive
from snnbook.plotting._style import DIVERGING, SEQUENTIAL, new_axes, to_array

#: Entries up to which they are written out, and up to which negative ones are marked.
WRITTEN, MARKED = 64, 900


def matrix_map(
    matrix: Any, *, ax: Axes | None = None, label: str = "weight", limit: float | None = None
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
    ax = new_axes(ax, height=min(max(1.2 + 5.6 * rows / columns, 2.2), 3.8))
    signed = bool((values < 0).any())
    image = ax.imshow(
        values,
        cmap=DIVERGING if signed else SEQUENTIAL,
        vmin=-limit if signed else 0,
        vmax=limit,
        aspect="equal" if 0.2 < rows / columns < 5 else "auto",
    )
    if values.size <= WRITTEN:
        _write_entries(ax, values, image)
    elif values.size <= MARKED:
        where = np.argwhere(values < -0.05 * limit)
        ax.plot(where[:, 1], where[:, 0], "_", color="white", markersize=3, markeredgewidth=0.8)
    bar = ax.figure.colorbar(image, ax=ax, shrink=0.9, pad=0.02, aspect=25)
    bar.set_label(label)
    bar.outline.set_linewidth(0.5)
    ax.set(xlabel="from", ylabel="to")
    for axis, size in ((ax.xaxis, columns), (ax.yaxis, rows)):
        axis.set_major_locator(MaxNLocator(min(6, size), integer=True))
    ax.spines[:].set_visible(False)
    return ax


def _write_entries(ax: Axes, values: np.ndarray, image) -> None:
    """Write each entry into its cell, in white where the cell is dark."""
    for (row, column), value in np.ndenumerate(values):
        luminance = np.dot(image.to_rgba(value)[:3], (0.2126, 0.7152, 0.0722))
        ax.text(
            column,
            row,
            f"{float(f'{value:.2g}'):g}".replace("-", "−"),
            ha="center",
            va="center",
            fontsize=9,
            color="white" if luminance < 0.45 else "black",
        )
