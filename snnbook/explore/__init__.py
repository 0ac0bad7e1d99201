"""Interactive figures that need no kernel: they work on the built page and in a notebook."""

from snnbook.explore._afford import afford as afford, afford_frame as afford_frame
from snnbook.explore._agreement import agreement as agreement, agreement_frame as agreement_frame
from snnbook.explore._best_of import best_of as best_of, best_of_frame as best_of_frame
from snnbook.explore._discretize import (
    discretize as discretize,
    discretize_frame as discretize_frame,
)
from snnbook.explore._escape import escape as escape, escape_frame as escape_frame
from snnbook.explore._explorer import (
    Control as Control,
    Explorer as Explorer,
    Layer as Layer,
    Panel as Panel,
)
from snnbook.explore._feedback import feedback as feedback, feedback_frame as feedback_frame
from snnbook.explore._gate import gate as gate, gate_frame as gate_frame
from snnbook.explore._landscape import landscape as landscape, landscape_frame as landscape_frame
from snnbook.explore._lif import lif as lif, lif_frame as lif_frame
from snnbook.explore._one_delay import one_delay as one_delay, one_delay_frame as one_delay_frame
from snnbook.explore._rates import rates as rates, rates_frame as rates_frame
from snnbook.explore._route import route as route
from snnbook.explore._settle import settle as settle, settle_frame as settle_frame
from snnbook.explore._slider import slider as slider
from snnbook.explore._spike_time import (
    spike_time as spike_time,
    spike_time_frame as spike_time_frame,
)
from snnbook.explore._surrogate import surrogate as surrogate, surrogate_frame as surrogate_frame
from snnbook.explore._three_factors import (
    three_factors as three_factors,
    three_factors_frame as three_factors_frame,
)
from snnbook.explore._unrolled import unrolled as unrolled, unrolled_frame as unrolled_frame
from snnbook.explore._xor import (
    answer as answer,
    trained as trained,
    xor as xor,
    xor_frame as xor_frame,
)

#: Every explorer of the book, by its name on the page, in the order of the route.
EXPLORERS = {
    make.__name__.replace("_", "-"): make
    for make in (
        lif,
        unrolled,
        gate,
        escape,
        rates,
        spike_time,
        landscape,
        surrogate,
        feedback,
        three_factors,
        xor,
        agreement,
        one_delay,
        discretize,
        settle,
        best_of,
        afford,
    )
}
