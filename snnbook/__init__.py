"""snnbook: surrogate gradient learning in spiking neural networks, by hand and by code.

Each room of the package belongs to a section of Neftci, Mostafa and Zenke (2019).
"""

from snnbook import neurons, surrogates

__version__ = "0.1.0"
__all__ = ["neurons", "surrogates"]
