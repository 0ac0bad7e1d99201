"""snnbook: surrogate gradient learning in spiking neural networks, by hand and by code.

Most rooms of the package belong to a section of Neftci, Mostafa and Zenke (2019), the others to
work of one's own. A room is imported when it is first used:

>>> import snnbook
>>> snnbook.neurons.LIFNeuron().tau_mem
0.01
"""

from __future__ import annotations  # so that an old Python comes as far as `doctor`

from importlib import import_module

__version__ = "0.1.0"

__all__ = [
    "conclusions",
    "counting",
    "data",
    "exercises",
    "explore",
    "export",
    "gradients",
    "kernels",
    "laboratory",
    "layers",
    "local",
    "neurons",
    "notebook",
    "parallel",
    "plotting",
    "readers",
    "results",
    "signals",
    "smoothed",
    "spike_times",
    "surrogates",
    "training",
]


def __getattr__(name: str):
    if name in __all__:
        return import_module(f"snnbook.{name}")
    raise AttributeError(f"module 'snnbook' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
