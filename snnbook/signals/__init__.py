"""From a recording to spikes: filter banks, codes for signals, and what a code loses.

A recording is a row of samples. A filter bank turns it into a few slow signals, how loud each band
of frequencies is over time, or, with :func:`hair_cells`, into what the ear tells its nerve; a code
turns those into spikes. :func:`reconstruction` measures how much of a signal is left in its spikes.

>>> import math, torch
>>> sound = torch.sin(2 * math.pi * 440 * torch.arange(2000) / 8000)  # a quarter second of an A
>>> bands = mel_bank(sound, rate=8000, channels=16)
>>> spikes = lif_code(bands, gain=0.3)
>>> tuple(spikes.shape)
(50, 1, 16)
"""

from snnbook.signals._crossings import (
    crossing_code as crossing_code,
    crossing_decode as crossing_decode,
)
from snnbook.signals._gammatone import erb_centers as erb_centers, gammatone_bank as gammatone_bank
from snnbook.signals._hair_cell import hair_cells as hair_cells
from snnbook.signals._lif_code import lif_code as lif_code
from snnbook.signals._mel import mel_bank as mel_bank, mel_filters as mel_filters
from snnbook.signals._reconstruction import (
    Reconstruction as Reconstruction,
    reconstruction as reconstruction,
)
