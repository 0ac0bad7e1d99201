"""Alternative texts: what a figure shows, in words made from the data it shows."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

_ATTRIBUTE = "snnbook_fact"


def note(ax: Axes, fact: str) -> None:
    """Attach a sentence about the data to the axes that show them."""
    setattr(ax, _ATTRIBUTE, [*getattr(ax, _ATTRIBUTE, []), spoken(fact)])


def spoken(text: str) -> str:
    r"""Return a text without the dollar signs and commands of formulas.

    >>> spoken(r"potential $U$ at $\theta$")
    'potential U at theta'
    """
    return text.replace("$", "").replace("\\", "")


def number(value: float) -> str:
    """Return a number with at most three significant digits.

    >>> number(1234.5), number(0.12345), number(7)
    ('1230', '0.123', '7')
    """
    value = float(value)
    if value != 0 and not 1e-4 <= abs(value) < 1e6:
        return f"{value:.3g}"
    rounded = float(f"{value:.3g}")
    return f"{rounded:.0f}" if rounded == int(rounded) else f"{rounded:g}"


def counted(count: int, word: str) -> str:
    """Return a count with its word.

    >>> counted(1, "spike"), counted(20, "spike")
    ('1 spike', '20 spikes')
    """
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def alt_text(shown: Figure | Axes) -> str:
    """Return the alternative text of a figure, or of one of its axes, from the data it shows.

    Axes drawn by this module describe themselves; any other axes are described by their title,
    their labels, and the first, last, lowest and highest value of each line with a label.
    The text is a draft for the metadata of a figure cell: facts, to which an author adds what the
    reader should see in them.

    Parameters
    ----------
    shown : Figure or Axes
        What to describe.

    Returns
    -------
    str
        One or more sentences.

    Raises
    ------
    TypeError
        If ``shown`` is neither a figure nor axes.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> _ = ax.plot([0, 1, 2], [4, 1, 2], label="loss")
    >>> _ = ax.set(xlabel="epoch", ylabel="loss")
    >>> alt_text(figure)
    'loss against epoch. loss goes from 4 to 2, between 1 and 4.'
    >>> plt.close(figure)
    """
    if isinstance(shown, Axes):
        return _describe(shown)
    if isinstance(shown, Figure):
        texts = [_describe(ax) for ax in shown.axes if not _is_colorbar(ax)]
        texts = [text for text in texts if text]
        if len(texts) > 1:
            texts = [f"Panel {index}: {text}" for index, text in enumerate(texts, 1)]
        return " ".join(texts)
    raise TypeError(f"shown is a {type(shown).__name__}; a matplotlib Figure or Axes is accepted")


def _is_colorbar(ax: Axes) -> bool:
    return ax.get_label() == "<colorbar>"


def _describe(ax: Axes) -> str:
    title = spoken(_title(ax))
    opening = [f"{title}."] if title else []
    facts = getattr(ax, _ATTRIBUTE, None)
    if facts:
        return " ".join([*opening, *facts])
    across, up = spoken(ax.get_xlabel()), spoken(ax.get_ylabel())
    if across and up:
        opening.append(f"{up} against {across}.")
    lines = [_describe_line(line) for line in ax.get_lines() if line.get_label()[:1] != "_"]
    return " ".join([*opening, *(line for line in lines if line)])


def _title(ax: Axes) -> str:
    titles = (ax.get_title(loc=place).strip() for place in ("left", "center", "right"))
    return " ".join(title for title in titles if title).rstrip(".")


def _describe_line(line) -> str:
    values = np.asarray(line.get_ydata(), dtype=float)
    values = values[np.isfinite(values)]
    if values.size == 0:
        return ""
    first, last, low, high = (
        number(value) for value in (values[0], values[-1], values.min(), values.max())
    )
    label = spoken(line.get_label())
    if low == high:
        return f"{label} stays at {low}."
    return f"{label} goes from {first} to {last}, between {low} and {high}."
