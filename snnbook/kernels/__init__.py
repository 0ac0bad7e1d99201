"""The time loops behind :func:`snnbook.neurons.unroll`: one contract, three loops.

``reference`` is the plain loop and the definition; the compiled loops are tested against it:
Numba on the CPU, Triton on a GPU.
:func:`explain` says which of them runs on an input, and why. :class:`Events` holds spikes
as a list, which a layer takes in place of a dense tensor.
"""

from snnbook.kernels.choose import Choice, explain
from snnbook.kernels.events import Events

__all__ = ["Choice", "Events", "explain"]
