"""Out: how a trained network leaves, whole, to other tools, and with smaller weights.

A file of one's own (:func:`save_network`), a graph for other simulators and for chips
(:func:`to_nir`), a program of PyTorch alone (:func:`to_program`), and weights in whole numbers
(:func:`quantize`).

>>> from snnbook.neurons import SpikingNetwork
>>> print(quantize(SpikingNetwork((100, 50, 10))))
8 bits a weight: 5740 bytes in place of 22000
"""

from snnbook.export._file import load_network as load_network, save_network as save_network
from snnbook.export._from_nir import from_nir as from_nir
from snnbook.export._nir import to_nir as to_nir
from snnbook.export._program import to_program as to_program
from snnbook.export._quantize import Quantized as Quantized, quantize as quantize
