"""Learning rules on the paper's map: how an error crosses space, and how it crosses time."""

from typing import NamedTuple

#: How the error reaches a hidden neuron, from the least local to the most local.
SPACE = (
    "through the weights,\ntransposed",
    "through matrices\nof its own",
    "not at all:\nlocal losses",
)
#: How blame reaches the past, from the least local to the most local.
TIME = (
    "all steps\nstored",
    "spikes\nstored",
    "traces\ncarried along",
    "not at all:\nonly the present",
)


class Method(NamedTuple):
    """A learning rule: name, year, its places in :data:`SPACE` and :data:`TIME`, its chapter."""

    name: str
    year: int
    space: int
    time: int
    chapter: str


#: Rules of the paper and after it. Where variants exist, the place is that of the one in the book.
#: RTRL has no place: no error goes back, every influence on every neuron is carried forward.
METHODS = (
    Method("surrogate BPTT", 2019, 0, 0, "5"),
    Method("Kolen-Pollack", 1994, 1, 0, "6a"),
    Method("feedback alignment", 2016, 1, 0, "6a"),
    Method("direct feedback", 2016, 1, 0, "6a"),
    Method("spike-time backprop", 2002, 0, 1, "4d"),
    Method("EventProp", 2021, 0, 1, "6d"),
    Method("OSTL", 2022, 0, 2, "6e"),
    Method("OTTT", 2022, 0, 2, "6e"),
    Method("eRBP", 2017, 1, 3, "6a"),
    Method("SuperSpike", 2018, 1, 2, "6b"),
    Method("e-prop", 2020, 1, 2, "6b"),
    Method("DECOLLE", 2020, 2, 2, "6c"),
)
