"""The verdicts on all claims, and the map of learning rules (paper section VI, chapter 7)."""

from collections.abc import Sequence

from matplotlib.axes import Axes

from snnbook.conclusions import METHODS, SPACE, TIME, VERDICTS, Claim
from snnbook.plotting._style import CYCLE, new_axes


def verdict_grid(claims: Sequence[Claim], ax: Axes | None = None) -> Axes:
    """Draw one mark for each claim, by its number, one row for each verdict.

    Parameters
    ----------
    claims : sequence of Claim
        In the order of their numbers, such as :data:`snnbook.conclusions.CLAIMS`.
    ax : Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    Axes
        ``ax``.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from snnbook.conclusions import CLAIMS
    >>> ax = verdict_grid(CLAIMS)
    >>> [label.get_text() for label in ax.get_yticklabels()] == list(VERDICTS)
    True
    >>> plt.close(ax.figure)

    Paper section VI; chapter 7.
    """
    ax = new_axes(ax, height=1.9)
    rows = {verdict: 2 - row for row, verdict in enumerate(VERDICTS)}
    for verdict, (color, _, marker) in zip(VERDICTS, CYCLE):
        chosen = [claim.number for claim in claims if claim.verdict == verdict]
        ax.plot(chosen, [rows[verdict]] * len(chosen), marker, color=color, markersize=9)
    last = claims[-1].number
    ax.set(ylim=(-0.6, 2.6), xlabel="claim", xlim=(0.2, last + 0.8))
    ax.set_yticks(list(rows.values()), list(rows))
    ax.set_xticks(range(1, last + 1, 5))
    return ax


def method_map(ax: Axes | None = None) -> Axes:
    """Write every rule of ``METHODS`` into its field, with the chapter that runs it.

    Parameters
    ----------
    ax : Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    Axes
        ``ax``.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> ax = method_map()
    >>> len(ax.texts) == len(METHODS)
    True
    >>> plt.close(ax.figure)

    Paper section VI; chapter 7.
    """
    ax = new_axes(ax, height=3.9)
    columns, lines = len(SPACE), len(TIME)
    rows = {(space, time): 0 for space in range(columns) for time in range(lines)}
    for method in sorted(METHODS, key=lambda one: one.year):
        place = method.space, method.time
        height = method.time + 0.84 - 0.25 * rows[place]
        rows[place] += 1
        label = f"{method.name}, {method.year} ({method.chapter})"
        ax.text(method.space + 0.5, height, label, ha="center", va="center", fontsize=7.5)
    for edge in range(1, columns):
        ax.axvline(edge, linewidth=0.8, color="gray")
    for edge in range(1, lines):
        ax.axhline(edge, linewidth=0.8, color="gray")
    ax.set(xlim=(0, columns), ylim=(0, lines))
    ax.set_xticks([space + 0.5 for space in range(columns)], SPACE)
    ax.set_yticks([time + 0.5 for time in range(lines)], TIME)
    ax.set_xlabel("how the error crosses space")
    ax.set_ylabel("how it crosses time")
    ax.tick_params(length=0)
    return ax
