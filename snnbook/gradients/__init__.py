"""Learning rules as explicit updates, and how they are compared (paper section III, chapter 3).

Every rule of the book has one signature, ``rule(network, spikes, error) -> Gradients``, where
``Gradients`` is a dictionary with one tensor for each name in ``network.named_parameters()``.
"""

from snnbook.gradients._adjoint import (
    DROPS as DROPS,
    Adjoint as Adjoint,
    Back as Back,
    Lambdas as Lambdas,
    through_matrices as through_matrices,
    through_surrogate as through_surrogate,
    through_weights as through_weights,
)
from snnbook.gradients._allocations import Allocations as Allocations
from snnbook.gradients._autograd import autograd as autograd
from snnbook.gradients._blame import blame_table as blame_table
from snnbook.gradients._bptt import (
    backward as backward,
    bptt as bptt,
    products as products,
    record as record,
    run_back as run_back,
    whole_run as whole_run,
)
from snnbook.gradients._checks import (
    check_finite_run as check_finite_run,
    check_network as check_network,
    check_run as check_run,
    check_sizes as check_sizes,
    error_at as error_at,
)
from snnbook.gradients._compare import Agreement as Agreement, compare as compare
from snnbook.gradients._cost import COUNTED as COUNTED, Cost as Cost, cost as cost
from snnbook.gradients._measure import (
    Measured as Measured,
    Traffic as Traffic,
    exponent as exponent,
    measure as measure,
    traffic as traffic,
)
from snnbook.gradients._online import (
    Gradients as Gradients,
    LayerStep as LayerStep,
    NetworkHistory as NetworkHistory,
    NetworkState as NetworkState,
    is_recurrent as is_recurrent,
    kept as kept,
    layer_of as layer_of,
    network_step as network_step,
    presynaptic as presynaptic,
    reset_strength as reset_strength,
    rest as rest,
    slope as slope,
)
from snnbook.gradients._rnn import (
    rnn_backward as rnn_backward,
    rnn_bptt as rnn_bptt,
    rnn_rtrl as rnn_rtrl,
)
from snnbook.gradients._rtrl import (
    RTRL as RTRL,
    Influence as Influence,
    RTRLCarry as RTRLCarry,
    read_influence as read_influence,
    rtrl as rtrl,
)
from snnbook.gradients._run_online import (
    OnlineRule as OnlineRule,
    detached as detached,
    no_gradients as no_gradients,
    online_steps as online_steps,
    run_online as run_online,
    summed as summed,
)
from snnbook.gradients._search import (
    Search as Search,
    evolution_strategy as evolution_strategy,
    hill_climb as hill_climb,
    perturbation_gradient as perturbation_gradient,
    vector_loss as vector_loss,
)
from snnbook.gradients._smooth import (
    TANH as TANH,
    Nonlinearity as Nonlinearity,
    RNNRecord as RNNRecord,
    SmoothRNN as SmoothRNN,
    rnn_run as rnn_run,
    smooth_rnn as smooth_rnn,
)
from snnbook.gradients._uoro import UORO as UORO, UOROCarry as UOROCarry, uoro as uoro
