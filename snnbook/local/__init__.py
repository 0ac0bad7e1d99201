"""Local learning rules: what is left of the gradient on brains and chips (paper section V).

Each rule has the signature of :mod:`snnbook.gradients`, ``rule(network, spikes, error,
**settings) -> Gradients``, and none uses autograd. Those that run with time also come as a
value with ``start`` and ``step``, see :class:`snnbook.gradients.OnlineRule`.
"""

from snnbook.local._adaptive_eprop import (
    adaptive_eprop as adaptive_eprop,
    adaptive_eprop_step as adaptive_eprop_step,
    adaptive_start as adaptive_start,
)
from snnbook.local._erbp import ERBP as ERBP, erbp as erbp, erbp_gathered as erbp_gathered
from snnbook.local._feedback import (
    direct_feedback_alignment as direct_feedback_alignment,
    feedback_alignment as feedback_alignment,
)
from snnbook.local._feedback_gradient import (
    ARMS as ARMS,
    FeedbackGradient as FeedbackGradient,
    feedback_gradient as feedback_gradient,
    readout_alone as readout_alone,
    shrinking as shrinking,
)
from snnbook.local._feedback_training import (
    feedback_angles as feedback_angles,
    train_by_feedback as train_by_feedback,
)
from snnbook.local._gathered import (
    adaptive_gradient as adaptive_gradient,
    feedback_gathered as feedback_gathered,
    local_gathered as local_gathered,
    superspike_gathered as superspike_gathered,
)
from snnbook.local._gathered_ostl import ostl_gathered as ostl_gathered
from snnbook.local._local_errors import LocalErrors as LocalErrors, local_errors as local_errors
from snnbook.local._local_gradient import local_gradient as local_gradient
from snnbook.local._matrices import (
    Feedback as Feedback,
    random_feedback as random_feedback,
    random_readouts as random_readouts,
)
from snnbook.local._raster import (
    WIDE as WIDE,
    raster_start as raster_start,
    raster_step as raster_step,
)
from snnbook.local._raster_trials import learn_raster as learn_raster, match_spikes as match_spikes
from snnbook.local._space_and_time import (
    OSTL as OSTL,
    OTTT as OTTT,
    ostl as ostl,
    ottt as ottt,
)
from snnbook.local._three_factor import (
    EProp as EProp,
    SuperSpike as SuperSpike,
    e_prop as e_prop,
    superspike as superspike,
)
