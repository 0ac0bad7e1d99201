"""Data sets that need no download, and codes that turn numbers into spikes.

Everything here is deterministic: the same generator or seed gives the same arrays, bit for bit.
Values have the axes ``(B, N)`` = (sample, feature), spikes ``(T, B, N)`` = (step, sample, unit).

>>> import torch
>>> split = digits()
>>> spikes = latency_code(split.train_inputs[:8], steps=50)
>>> tuple(spikes.shape)
(50, 8, 64)
"""

from snnbook.data.encoders import delta_code, delta_decode, latency_code, rate_code
from snnbook.data.gestures import GESTURES, gestures
from snnbook.data.handwritten import Split, digits
from snnbook.data.synthetic import randman, random_patterns
from snnbook.data.tasks import (
    SPIKE_DRAWING,
    Evidence,
    evidence,
    picture_spikes,
    sinusoids,
    spike_order,
)
from snnbook.data.yinyang import yin_yang

__all__ = [
    "GESTURES",
    "SPIKE_DRAWING",
    "Evidence",
    "Split",
    "delta_code",
    "delta_decode",
    "digits",
    "evidence",
    "gestures",
    "latency_code",
    "picture_spikes",
    "randman",
    "random_patterns",
    "rate_code",
    "sinusoids",
    "spike_order",
    "yin_yang",
]
