"""Figures in one style: every function takes ``ax=`` and returns it.

A quantity has the same color in the whole book, and a line style or a marker as a second sign.

>>> COLORS["mem"], COLORS["syn"]
('#0072B2', '#C27C00')
"""

from snnbook.plotting.activity import raster, traces
from snnbook.plotting.alt import alt_text
from snnbook.plotting.curves import learning_curve, surrogate_curves
from snnbook.plotting.graph import unrolled_edges, unrolled_graph
from snnbook.plotting.maps import matrix_map
from snnbook.plotting.pair import two_neuron_arrows, two_neurons
from snnbook.plotting.rates import rate_histogram
from snnbook.plotting.routes import ROUTES, error_routes
from snnbook.plotting.style import COLORS, CYCLE, LINES, MARKERS, STYLE, use_style

__all__ = [
    "COLORS",
    "CYCLE",
    "LINES",
    "MARKERS",
    "ROUTES",
    "STYLE",
    "alt_text",
    "error_routes",
    "learning_curve",
    "matrix_map",
    "raster",
    "rate_histogram",
    "surrogate_curves",
    "traces",
    "two_neuron_arrows",
    "two_neurons",
    "unrolled_edges",
    "unrolled_graph",
    "use_style",
]
