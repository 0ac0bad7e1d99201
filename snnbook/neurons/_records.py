"""The state of a LIF layer and the records of its runs (paper section II, chapter 2)."""

from typing import NamedTuple

from torch import Tensor


class LIFState(NamedTuple):
    """What a layer carries from one step to the next: ``syn`` (I) and ``mem`` (U), each (B, N).

    The spike S[n] is no part of it, because U[n] determines S[n].
    """

    syn: Tensor
    mem: Tensor


class LIFRecord(NamedTuple):
    """What happened in a layer: ``spikes``, ``mem`` and ``syn`` (T, B, N), and the state after.

    The three records share the index n = 0 .. T-1. ``state`` holds I[T] and U[T]: give it to
    the next call to go on. ``mem`` and ``syn`` are ``None`` when they were not recorded.
    """

    spikes: Tensor
    mem: Tensor | None
    syn: Tensor | None
    state: LIFState


class LeakyRecord(NamedTuple):
    """What happened in a leaky readout: ``mem`` and ``syn`` (T, B, N), and the state after.

    ``syn`` is ``None`` when it was not recorded.
    """

    mem: Tensor
    syn: Tensor | None
    state: LIFState
