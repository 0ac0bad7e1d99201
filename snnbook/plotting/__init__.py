"""Figures in one style: every function takes ``ax=`` and returns it.

A quantity has the same color in the whole book, and a line style or a marker as a second sign.

>>> COLORS["mem"], COLORS["syn"]
('#0072B2', '#C27C00')
"""

from snnbook.plotting._activity import raster as raster, traces as traces
from snnbook.plotting._arrows import (
    two_neuron_arrows as two_neuron_arrows,
    unrolled_edges as unrolled_edges,
)
from snnbook.plotting._classes import confusion_map as confusion_map
from snnbook.plotting._curves import (
    learning_curve as learning_curve,
    surrogate_curves as surrogate_curves,
)
from snnbook.plotting._graph import unrolled_graph as unrolled_graph
from snnbook.plotting._maps import matrix_map as matrix_map
from snnbook.plotting._pair import two_neurons as two_neurons
from snnbook.plotting._routes import ROUTES as ROUTES, error_routes as error_routes
from snnbook.plotting._style import (
    COLORS as COLORS,
    CYCLE as CYCLE,
    LINES as LINES,
    MARKERS as MARKERS,
    SEQUENTIAL as SEQUENTIAL,
    STYLE as STYLE,
    look as look,
    use_style as use_style,
)
from snnbook.plotting._verdicts import method_map as method_map, verdict_grid as verdict_grid
