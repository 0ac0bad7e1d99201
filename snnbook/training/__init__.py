r"""Training: losses on a readout, one short :func:`fit`, and accuracy with its interval.

A model maps spikes (T, B, N) to an output with ``readout`` (T, B, C) and ``hidden``, as
:class:`snnbook.neurons.SpikingNetwork` does.
Losses are means over the batch; penalties act on spikes per sample; neither depends on the batch
size.

>>> import torch
>>> readout = torch.zeros(10, 4, 3)
>>> float(max_over_time(readout, torch.tensor([0, 1, 2, 0])).exp())  # three equal chances
3.0
"""

from snnbook.training.decisions import (
    accuracy,
    decide_by_first_spike,
    decide_by_max,
    decide_by_sum,
    predict,
)
from snnbook.training.diagnosis import Diagnosis, diagnose
from snnbook.training.loop import History, fit
from snnbook.training.losses import (
    first_spike_time,
    max_over_time,
    sum_over_time,
    ttfs_cross_entropy,
    van_rossum,
)
from snnbook.training.penalties import activity_penalty, mean_counts, spike_count_penalty
from snnbook.training.statistics import Accuracy, SeedInterval, seed_interval, wilson_interval

__all__ = [
    "Accuracy",
    "Diagnosis",
    "History",
    "SeedInterval",
    "accuracy",
    "activity_penalty",
    "decide_by_first_spike",
    "decide_by_max",
    "decide_by_sum",
    "diagnose",
    "first_spike_time",
    "fit",
    "max_over_time",
    "mean_counts",
    "predict",
    "seed_interval",
    "spike_count_penalty",
    "sum_over_time",
    "ttfs_cross_entropy",
    "van_rossum",
    "wilson_interval",
]
