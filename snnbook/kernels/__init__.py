"""The time loops behind :func:`snnbook.neurons.run`: one contract, three loops.

``reference`` is the plain loop and the definition; the compiled loops are tested against it:
Numba on the CPU, Triton on a GPU.
:func:`explain` says which of them runs on an input, and why. :class:`Events` holds spikes
as a list, which a layer takes in place of a dense tensor.
"""

from snnbook.kernels._choose import KERNELS as KERNELS, Choice as Choice, explain as explain
from snnbook.kernels._events import Events as Events
from snnbook.kernels._plain import plain_loop as plain_loop
from snnbook.kernels._run import run_layer as run_layer
