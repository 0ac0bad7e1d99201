"""How do layers compose into a network of one's own? (Paper section II, chapter 2.)

Each layer takes inputs (T, B, ...) and a state, and gives outputs and the state after them, so that
a network is a plain list of layers, and runs as well in pieces as at once.
"""

from snnbook.layers._cells import Cells as Cells
from snnbook.layers._delays import (
    Delays as Delays,
    DelayState as DelayState,
    narrow_delays as narrow_delays,
)
from snnbook.layers._dense import Dense as Dense
from snnbook.layers._drive import (
    Dropout as Dropout,
    DropoutState as DropoutState,
    threshold_norm as threshold_norm,
)
from snnbook.layers._encoder import Encoder as Encoder
from snnbook.layers._network import Network as Network
from snnbook.layers._over_time import over_time as over_time
from snnbook.layers._pieces import (
    detach_states as detach_states,
    in_pieces as in_pieces,
    truncated_gradient as truncated_gradient,
)
from snnbook.layers._start import rate_driven_ as rate_driven_
from snnbook.layers._stateful import LayerOutput as LayerOutput, Stateful as Stateful
