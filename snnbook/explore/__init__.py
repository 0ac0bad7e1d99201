"""Interactive figures that need no kernel: they work on the built page and in a notebook."""

from snnbook.explore._explorer import Control, Explorer, Layer, Panel, is_live
from snnbook.explore._slider import Slider, slider
from snnbook.explore.neuron import lif, lif_frame

__all__ = [
    "Control",
    "Explorer",
    "Layer",
    "Panel",
    "Slider",
    "is_live",
    "lif",
    "lif_frame",
    "slider",
]
