"""Learning rules as explicit updates, and how they are compared (paper section III, chapter 3).

Every rule of the book has one signature, ``rule(network, spikes, error) -> Gradients``, where
``Gradients`` is a dictionary with one tensor for each name in ``network.named_parameters()``.
"""

from snnbook.gradients.allocations import Allocations
from snnbook.gradients.blame import blame_table
from snnbook.gradients.bptt import backward, bptt, products, record
from snnbook.gradients.compare import Agreement, compare, compare_over_time
from snnbook.gradients.cost import (
    COUNTED,
    Cost,
    Measured,
    Traffic,
    cost,
    exponent,
    measure,
    traffic,
)
from snnbook.gradients.errors import StepError, step_cross_entropy, step_squared_error
from snnbook.gradients.estimates import score_function, smoothed_differences
from snnbook.gradients.laboratory import Row, agreement_behind_noise, laboratory
from snnbook.gradients.locality import (
    NEEDS,
    TERMS,
    Needs,
    Term,
    count_terms,
    needs,
    term_gradient,
)
from snnbook.gradients.loops import (
    WEIGHT_NAMES,
    Loop,
    SignErrors,
    closed_loop,
    sigmoid_network,
    sigmoid_network_gradient,
    sign_errors,
)
from snnbook.gradients.noise import ExpectedGradients, expected_gradients, spike_trains
from snnbook.gradients.online import (
    Gradients,
    LayerStep,
    NetworkState,
    OnlineRule,
    kept,
    network_step,
    no_gradients,
    online_steps,
    reset_strength,
    rest,
    run_online,
    slope,
)
from snnbook.gradients.reference import autograd
from snnbook.gradients.rnn import (
    LOGISTIC,
    TANH,
    Nonlinearity,
    RNNRecord,
    SmoothRNN,
    rnn_backward,
    rnn_bptt,
    rnn_rtrl,
    rnn_run,
    smooth_rnn,
)
from snnbook.gradients.rtrl import RTRL, Influence, RTRLCarry, rtrl
from snnbook.gradients.rules import RULES, SLOW_RULES, Rule, detached_reset
from snnbook.gradients.search import (
    Search,
    evolution_strategy,
    hill_climb,
    perturbation_gradient,
    vector_loss,
)
from snnbook.gradients.variants import with_layers

__all__ = [
    "vector_loss",
    "perturbation_gradient",
    "hill_climb",
    "evolution_strategy",
    "Search",
    "Agreement",
    "Allocations",
    "COUNTED",
    "Cost",
    "ExpectedGradients",
    "Influence",
    "LOGISTIC",
    "LayerStep",
    "Loop",
    "Measured",
    "NEEDS",
    "Needs",
    "NetworkState",
    "Nonlinearity",
    "OnlineRule",
    "RNNRecord",
    "RTRL",
    "RTRLCarry",
    "RULES",
    "Row",
    "Rule",
    "SLOW_RULES",
    "SignErrors",
    "SmoothRNN",
    "StepError",
    "TANH",
    "TERMS",
    "Term",
    "Traffic",
    "WEIGHT_NAMES",
    "agreement_behind_noise",
    "autograd",
    "backward",
    "blame_table",
    "bptt",
    "closed_loop",
    "compare",
    "compare_over_time",
    "cost",
    "count_terms",
    "detached_reset",
    "expected_gradients",
    "exponent",
    "kept",
    "laboratory",
    "measure",
    "needs",
    "network_step",
    "no_gradients",
    "online_steps",
    "products",
    "record",
    "reset_strength",
    "rest",
    "rnn_backward",
    "rnn_bptt",
    "rnn_rtrl",
    "rnn_run",
    "rtrl",
    "run_online",
    "score_function",
    "sigmoid_network",
    "sigmoid_network_gradient",
    "sign_errors",
    "slope",
    "smooth_rnn",
    "smoothed_differences",
    "spike_trains",
    "step_cross_entropy",
    "step_squared_error",
    "term_gradient",
    "traffic",
    "with_layers",
]
