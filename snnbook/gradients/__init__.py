"""Learning rules as explicit updates, and how they are compared (paper section III, chapter 3).

Every rule of the book has one signature, ``rule(network, spikes, error) -> Gradients``, where
``Gradients`` is a dictionary with one tensor for each name in ``network.named_parameters()``.
"""

from snnbook.gradients.blame import blame_table
from snnbook.gradients.bptt import backward, bptt, products, record
from snnbook.gradients.compare import Agreement, compare, compare_over_time
from snnbook.gradients.cost import COUNTED, Cost, Measured, Traffic, cost, measure, traffic
from snnbook.gradients.errors import StepError, step_cross_entropy, step_squared_error
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

__all__ = [
    "COUNTED",
    "LOGISTIC",
    "RTRL",
    "TANH",
    "Agreement",
    "Cost",
    "Influence",
    "LayerStep",
    "Measured",
    "NetworkState",
    "Nonlinearity",
    "OnlineRule",
    "RNNRecord",
    "RTRLCarry",
    "SmoothRNN",
    "StepError",
    "Traffic",
    "autograd",
    "backward",
    "blame_table",
    "bptt",
    "compare",
    "compare_over_time",
    "cost",
    "kept",
    "measure",
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
    "slope",
    "smooth_rnn",
    "step_cross_entropy",
    "step_squared_error",
    "traffic",
]
