"""Local learning rules: what is left of the gradient on brains and chips (paper section V).

Each rule has the signature of :mod:`snnbook.gradients`, ``rule(network, spikes, error,
**settings) -> Gradients``, and none uses autograd. Those that run with time also come as a
value with ``start`` and ``step``, see :class:`snnbook.gradients.OnlineRule`.
"""

import snnbook.gradients  # noqa: F401  (the laboratory there imports from here: it goes first)
from snnbook.local.adaptive import (
    AdaptiveNetwork,
    AdaptiveParameters,
    AdaptiveState,
    adaptive_eprop,
    adaptive_eprop_step,
    adaptive_start,
    adaptive_step,
    decision_error,
)
from snnbook.local.erbp import ERBP, erbp
from snnbook.local.eventprop import (
    Event,
    EventGradient,
    EventNetwork,
    EventRun,
    eventprop,
    integrated_mem,
    simulate_events,
    spike_jump,
)
from snnbook.local.feedback import direct_feedback_alignment, feedback_alignment
from snnbook.local.gathered import (
    adaptive_gradient,
    feedback_gathered,
    local_gathered,
    superspike_gathered,
)
from snnbook.local.local_errors import LocalErrors, local_errors
from snnbook.local.matrices import Feedback, random_feedback, random_readouts
from snnbook.local.spike_layers import SpikeLayer, SpikeTimeNetwork, Trains, membranes
from snnbook.local.spike_training import fit_spike_times
from snnbook.local.superspike_raster import learn_raster, match_spikes, raster_start, raster_step
from snnbook.local.three_factor import EProp, SuperSpike, e_prop, superspike

__all__ = [
    "ERBP",
    "AdaptiveNetwork",
    "AdaptiveParameters",
    "AdaptiveState",
    "EProp",
    "Event",
    "EventGradient",
    "EventNetwork",
    "EventRun",
    "Feedback",
    "LocalErrors",
    "SpikeLayer",
    "SpikeTimeNetwork",
    "SuperSpike",
    "Trains",
    "adaptive_eprop",
    "adaptive_eprop_step",
    "adaptive_gradient",
    "adaptive_start",
    "adaptive_step",
    "decision_error",
    "direct_feedback_alignment",
    "e_prop",
    "erbp",
    "eventprop",
    "feedback_alignment",
    "feedback_gathered",
    "fit_spike_times",
    "integrated_mem",
    "learn_raster",
    "local_errors",
    "local_gathered",
    "match_spikes",
    "membranes",
    "random_feedback",
    "random_readouts",
    "raster_start",
    "raster_step",
    "simulate_events",
    "spike_jump",
    "superspike",
    "superspike_gathered",
]
