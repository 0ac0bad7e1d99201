"""Data sets that need no download, and codes that turn numbers into spikes.

Everything here is deterministic: the same generator or seed gives the same arrays, bit for bit.
Values have the axes ``(B, N)`` = (sample, feature), spikes ``(T, B, N)`` = (step, sample, unit).

>>> import torch
>>> split = digits()
>>> spikes = latency_code(split.train_inputs[:8], steps=50)
>>> tuple(spikes.shape)
(50, 8, 64)
"""

from snnbook.data._axes import time_first as time_first
from snnbook.data._change_codes import delta_code as delta_code, delta_decode as delta_decode
from snnbook.data._collate import Batch as Batch, collate as collate
from snnbook.data._digits import Split as Split, digits as digits
from snnbook.data._gestures import GESTURES as GESTURES, gestures as gestures
from snnbook.data._memory_tasks import (
    DelayedXor as DelayedXor,
    Evidence as Evidence,
    delayed_xor as delayed_xor,
    evidence as evidence,
)
from snnbook.data._one_lag import one_lag as one_lag
from snnbook.data._rate_codes import (
    constant_code as constant_code,
    rate_code as rate_code,
    rate_decode as rate_decode,
    regular_code as regular_code,
)
from snnbook.data._recall_order import RecallOrder as RecallOrder, recall_order as recall_order
from snnbook.data._synthetic import randman as randman, random_patterns as random_patterns
from snnbook.data._targets import (
    SPIKE_DRAWING as SPIKE_DRAWING,
    picture_spikes as picture_spikes,
    sinusoids as sinusoids,
)
from snnbook.data._time_codes import (
    clock_code as clock_code,
    latency_code as latency_code,
    time_code as time_code,
)
from snnbook.data._time_decodes import (
    latency_decode as latency_decode,
    time_decode as time_decode,
)
from snnbook.data._timing_tasks import (
    spike_order as spike_order,
    temporal_xor as temporal_xor,
    two_clicks as two_clicks,
    xor_spikes as xor_spikes,
)
from snnbook.data._tone_words import (
    TONE_WORDS as TONE_WORDS,
    ToneWords as ToneWords,
    tone_words as tone_words,
)
from snnbook.data._varied import Varied as Varied, moved as moved
from snnbook.data._yin_yang import yin_yang as yin_yang
