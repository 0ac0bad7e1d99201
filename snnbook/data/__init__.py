"""Data sets that need no download, and codes that turn numbers into spikes.

Everything here is deterministic: the same generator or seed gives the same arrays, bit for bit.
Values have the axes ``(B, N)`` = (sample, feature), spikes ``(T, B, N)`` = (step, sample, unit).

>>> import torch
>>> split = digits()
>>> spikes = latency_code(split.train_inputs[:8], steps=50)
>>> tuple(spikes.shape)
(50, 8, 64)
"""

from snnbook.data._digits import (
    Split as Split,
    digits as digits,
)
from snnbook.data._encoders import (
    delta_code as delta_code,
    delta_decode as delta_decode,
    latency_code as latency_code,
    rate_code as rate_code,
)
from snnbook.data._gestures import (
    GESTURES as GESTURES,
    gestures as gestures,
)
from snnbook.data._rate_codes import (
    constant_code as constant_code,
    regular_code as regular_code,
)
from snnbook.data._synthetic import (
    randman as randman,
    random_patterns as random_patterns,
)
from snnbook.data._tasks import (
    SPIKE_DRAWING as SPIKE_DRAWING,
    Evidence as Evidence,
    evidence as evidence,
    picture_spikes as picture_spikes,
    sinusoids as sinusoids,
    spike_order as spike_order,
)
from snnbook.data._timing import (
    clock_code as clock_code,
    temporal_xor as temporal_xor,
)
from snnbook.data._yin_yang import (
    yin_yang as yin_yang,
)
