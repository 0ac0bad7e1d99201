"""The arrows of neurons unrolled in time, one for each term: one definition, three drawings."""

from types import MappingProxyType
from typing import NamedTuple

from snnbook._validate import check_integer
from snnbook.laboratory import TERMS

Node = tuple[str, int]


class Arrow(NamedTuple):
    """One arrow, from a node (symbol, step n) to a node, and the term that stands on it."""

    source: Node
    target: Node
    term: str


#: Where the arrow of each term begins and ends in one neuron; the rest is in ``TERMS``.
ENDS = MappingProxyType(
    {
        "spike": ("U", "S"),
        "output": ("S", "next"),
        "input": ("S_in", "I"),
        "current": ("I", "I"),
        "charge": ("I", "U"),
        "membrane": ("U", "U"),
        "reset": ("S", "U"),
        "recurrent": ("S", "I"),
    }
)
#: Whether an arrow reaches the next step; those of the drawing alone are no terms.
_NEXT = {name: term.joins_steps for name, term in TERMS.items()} | {"input": True, "output": False}


def unrolled_edges(steps: int = 3, *, recurrent: bool = True, reset: bool = True) -> list[Arrow]:
    r"""Return the arrows of one layer unrolled over ``steps`` steps.

    They are the terms of the update,

    .. math::

        I[n+1] = \alpha I[n] + W S_\text{in}[n] + V S[n], \qquad
        U[n+1] = \beta U[n] + I[n] - \theta S[n], \qquad S[n] = \Theta(U[n] - \theta).

    Parameters
    ----------
    steps : int
        Number of steps, at least 1; the nodes carry n = 0 .. steps-1.
    recurrent, reset : bool
        Whether the layer has recurrent synapses, and whether it has a reset.

    Returns
    -------
    list of Arrow
        With ``source``, ``target`` and ``term``: a key of ``snnbook.laboratory.TERMS``,
        ``"input"``, or ``"output"`` for a spike on its way to the next layer.

    Examples
    --------
    >>> for arrow in unrolled_edges(2, recurrent=False, reset=False)[:3]:
    ...     print(arrow.source, "->", arrow.target, arrow.term)
    ('U', 0) -> ('S', 0) spike
    ('S', 0) -> ('next', 0) output
    ('S_in', 0) -> ('I', 1) input

    Paper section II and figure 2; chapter 2.
    """
    present = {"recurrent": recurrent, "reset": reset}
    return _unroll(steps, [(term, *ENDS[term]) for term in ENDS if present.get(term, True)])


def two_neuron_arrows(steps: int = 3) -> list[Arrow]:
    """Return the arrows between two neurons A and B and a readout Y, over some steps.

    Parameters
    ----------
    steps : int
        Number of steps, at least 1.

    Returns
    -------
    list of Arrow
        The terms are the keys of ``snnbook.laboratory.TERMS``.

    Examples
    --------
    >>> [arrow.term for arrow in two_neuron_arrows(1)]
    ['spike', 'spike']

    Paper box 3; chapter 5b.
    """
    ends = []
    for own, other in ("AB", "BA"):
        for term, (source, target) in ENDS.items():
            if term in TERMS:
                to = other if TERMS[term].joins_neurons else own
                ends.append((term, f"{source}_{own}", f"{target}_{to}"))
        ends.append(("forward", f"S_{own}", "Y"))
    return _unroll(steps, [*ends, ("readout", "Y", "Y")])


def _unroll(steps: int, ends: list[tuple[str, str, str]]) -> list[Arrow]:
    """Return one arrow for each step and each (term, symbol, symbol), where both nodes exist."""
    check_integer("steps", steps, 1)
    return [
        Arrow((source, n), (target, n + _NEXT[term]), term)
        for n in range(steps)
        for term, source, target in ends
        if n + _NEXT[term] < steps
    ]
