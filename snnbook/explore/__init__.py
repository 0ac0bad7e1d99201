"""Interactive figures that need no kernel: they work on the built page and in a notebook."""

from snnbook.explore._explorer import Control, Explorer, Layer, Panel, is_live
from snnbook.explore._slider import Slider, slider
from snnbook.explore.agreement import agreement, agreement_frame
from snnbook.explore.feedback import feedback, feedback_frame
from snnbook.explore.neuron import lif, lif_frame
from snnbook.explore.playground import surrogate, surrogate_frame
from snnbook.explore.rates import rate_frame, rates
from snnbook.explore.unrolled import sum_over_paths, unrolled, unrolled_frame
from snnbook.explore.xor import xor, xor_frame

#: Every explorer of the book, by its name on the page.
EXPLORERS = {
    "lif": lif,
    "unrolled": unrolled,
    "rates": rates,
    "surrogate": surrogate,
    "agreement": agreement,
    "feedback": feedback,
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
    "feedback",
    "feedback_frame",
    "is_live",
    "lif",
    "lif_frame",
    "rate_frame",
    "rates",
    "slider",
    "sum_over_paths",
    "surrogate",
    "surrogate_frame",
    "unrolled",
    "unrolled_frame",
    "xor",
    "xor_frame",
]
