"""Interactive figures that need no kernel: they work on the built page and in a notebook."""

from snnbook.explore._explorer import Control, Explorer, Layer, Panel, is_live
from snnbook.explore._slider import Slider, slider
from snnbook.explore.agreement import agreement, agreement_frame
from snnbook.explore.escape import escape, escape_frame
from snnbook.explore.feedback import feedback, feedback_frame
from snnbook.explore.gate import gate, gate_frame
from snnbook.explore.landscape import landscape, landscape_frame
from snnbook.explore.neuron import lif, lif_frame
from snnbook.explore.playground import surrogate, surrogate_frame
from snnbook.explore.rates import rate_frame, rates
from snnbook.explore.spike_time import spike_time, spike_time_frame
from snnbook.explore.three_factors import three_factors, three_factors_frame
from snnbook.explore.unrolled import sum_over_paths, unrolled, unrolled_frame
from snnbook.explore.xor import xor, xor_frame

#: Every explorer of the book, by its name on the page.
EXPLORERS = {
    "lif": lif,
    "unrolled": unrolled,
    "gate": gate,
    "escape": escape,
    "rates": rates,
    "spike-time": spike_time,
    "landscape": landscape,
    "surrogate": surrogate,
    "agreement": agreement,
    "feedback": feedback,
    "three-factors": three_factors,
    "xor": xor,
}

__all__ = [
    "EXPLORERS",
    "Control",
    "Explorer",
    "Layer",
    "Panel",
    "Slider",
    "agreement",
    "agreement_frame",
    "escape",
    "escape_frame",
    "feedback",
    "feedback_frame",
    "gate",
    "gate_frame",
    "is_live",
    "landscape",
    "landscape_frame",
    "lif",
    "lif_frame",
    "rate_frame",
    "rates",
    "slider",
    "spike_time",
    "spike_time_frame",
    "sum_over_paths",
    "surrogate",
    "surrogate_frame",
    "three_factors",
    "three_factors_frame",
    "unrolled",
    "unrolled_frame",
    "xor",
    "xor_frame",
]
