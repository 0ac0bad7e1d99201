"""The gradient laboratory: every rule of the book beside the exact gradient (chapter 5b, Box 3).

This room stands above :mod:`snnbook.gradients` and :mod:`snnbook.local`, whose rules it compares.
"""

from snnbook.laboratory._agreement import (
    Row as Row,
    agreement_behind_noise as agreement_behind_noise,
    compare_rules as compare_rules,
)
from snnbook.laboratory._estimates import (
    score_function as score_function,
    smoothed_differences as smoothed_differences,
)
from snnbook.laboratory._loops import (
    WEIGHT_NAMES as WEIGHT_NAMES,
    Loop as Loop,
    SignErrors as SignErrors,
    closed_loop as closed_loop,
    sigmoid_network as sigmoid_network,
    sigmoid_network_gradient as sigmoid_network_gradient,
    sign_errors as sign_errors,
)
from snnbook.laboratory._noise import (
    ExpectedGradients as ExpectedGradients,
    expected_gradients as expected_gradients,
    spike_trains as spike_trains,
)
from snnbook.laboratory._rules import RULES as RULES, Rule as Rule, detached_reset as detached_reset
from snnbook.laboratory._terms import (
    NEEDS as NEEDS,
    TERMS as TERMS,
    Needs as Needs,
    Term as Term,
    count_terms as count_terms,
    needs as needs,
    term_gradient as term_gradient,
)
