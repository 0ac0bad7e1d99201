"""Networks in which every neuron spikes at most once (paper section IV.A.4, chapter 4d)."""

from snnbook.smoothed.timing.bohte import (
    SPIKEPROP_DELAYS,
    spikeprop,
    spikeprop_network,
    train_spikeprop,
)
from snnbook.smoothed.timing.cells import DoubleTau, EqualTau, NonLeaky, lambert_w
from snnbook.smoothed.timing.closed_form import first_spike, free_membrane
from snnbook.smoothed.timing.learning import TimingHistory, fit_times
from snnbook.smoothed.timing.network import TimingLayer, TimingNetwork, TimingOutput
from snnbook.smoothed.timing.remedies import (
    bump_silent,
    first_to_spike,
    time_cross_entropy,
    weight_sum_penalty,
)
from snnbook.smoothed.timing.tasks import clock_code, temporal_xor

__all__ = [
    "CELLS",
    "SPIKEPROP_DELAYS",
    "DoubleTau",
    "EqualTau",
    "NonLeaky",
    "TimingHistory",
    "TimingLayer",
    "TimingNetwork",
    "TimingOutput",
    "bump_silent",
    "clock_code",
    "first_spike",
    "first_to_spike",
    "fit_times",
    "free_membrane",
    "lambert_w",
    "spikeprop",
    "spikeprop_network",
    "temporal_xor",
    "time_cross_entropy",
    "train_spikeprop",
    "weight_sum_penalty",
]

#: The three cells of single-spike networks, by name.
CELLS = {"non-leaky": NonLeaky, "equal": EqualTau, "double": DoubleTau}
