"""Learning rules on the paper's map: how an error crosses space, and how it crosses time."""

from typing import NamedTuple

from matplotlib.axes import Axes

#: How the error reaches a hidden neuron, from the least local to the most local.
SPACE = ("through the weights,\ntransposed", "through fixed\nmatrices", "not at all:\nlocal losses")
#: How blame reaches the past, from the least local to the most local.
TIME = ("all steps\nstored", "spikes\nstored", "traces\ncarried along")


class Method(NamedTuple):
    """A learning rule: name, year, its places in :data:`SPACE` and :data:`TIME`, its chapter.

    ``chapter`` is empty where this book does not train with it.
    """

    name: str
    year: int
    space: int
    time: int
    chapter: str = ""


#: Rules of the paper and after it. Where variants exist, the place is that of the one in the book.
METHODS = (
    Method("surrogate BPTT", 2019, 0, 0, "5"),
    Method("feedback alignment", 2016, 1, 0, "6a"),
    Method("direct feedback", 2016, 1, 0, "6a"),
    Method("spike-time backprop", 2002, 0, 1, "4d"),
    Method("EventProp", 2021, 0, 1, "6d"),
    Method("RTRL", 1989, 0, 2, "3"),
    Method("OSTL", 2022, 0, 2),
    Method("OTTT", 2022, 0, 2),
    Method("eRBP", 2017, 1, 2, "6a"),
    Method("SuperSpike", 2018, 1, 2, "6b"),
    Method("e-prop", 2020, 1, 2, "6b"),
    Method("DECOLLE", 2020, 2, 2, "6c"),
)


def method_map(ax: Axes) -> Axes:
    """Write every rule of :data:`METHODS` into its field; rules of this book with their chapter.

    Parameters
    ----------
    ax : Axes
        Where to draw.

    Returns
    -------
    Axes
        The same axes.

    Paper section VI; chapter 7.
    """
    rows = {(space, time): 0 for space in range(3) for time in range(3)}
    for method in sorted(METHODS, key=lambda one: one.year):
        place = method.space, method.time
        height = method.time + 0.86 - 0.2 * rows[place]
        rows[place] += 1
        inside = bool(method.chapter)
        label = f"{method.name}, {method.year}" + (f" ({method.chapter})" if inside else "")
        ax.text(
            method.space + 0.5,
            height,
            label,
            ha="center",
            va="center",
            fontsize=7.5,
            fontweight="bold" if inside else "normal",
        )
    for edge in (1, 2):
        ax.axhline(edge, linewidth=0.8, color="gray")
        ax.axvline(edge, linewidth=0.8, color="gray")
    ax.set(xlim=(0, 3), ylim=(0, 3))
    ax.set_xticks([0.5, 1.5, 2.5], SPACE)
    ax.set_yticks([0.5, 1.5, 2.5], TIME)
    ax.set_xlabel("how the error crosses space")
    ax.set_ylabel("how it crosses time")
    ax.tick_params(length=0)
    return ax


def verdict_grid(claims, ax: Axes) -> Axes:
    """Draw one mark for each claim, by its number, one row for each verdict.

    Parameters
    ----------
    claims : sequence of Claim
        In the order of their numbers, such as :data:`snnbook.conclusions.CLAIMS`.
    ax : Axes
        Where to draw.

    Returns
    -------
    Axes
        The same axes.
    """
    from snnbook.conclusions._claims import VERDICTS
    from snnbook.plotting import CYCLE

    rows = {verdict: 2 - row for row, verdict in enumerate(VERDICTS)}
    for verdict, (color, _, marker) in zip(VERDICTS, CYCLE):
        chosen = [claim.number for claim in claims if claim.verdict == verdict]
        ax.plot(chosen, [rows[verdict]] * len(chosen), marker, color=color, markersize=9)
    last = claims[-1].number
    ax.set(ylim=(-0.6, 2.6), xlabel="claim", xlim=(0.2, last + 0.8))
    ax.set_yticks(list(rows.values()), list(rows))
    ax.set_xticks(range(1, last + 1, 5))
    return ax
