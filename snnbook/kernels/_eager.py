"""What stays outside of the graphs of ``torch.compile``: imported only while one is made.

The decorator imports the whole compiler, which takes longer than everything else here.
"""

import torch

from snnbook.kernels._choose import explain
from snnbook.kernels._first_derivative import checked
from snnbook.kernels._run import run_layer, run_plain

REASON = "the compiled loops of snnbook run beside the graph; kernel='reference' runs in it"


def _beside(function):
    try:
        return torch.compiler.disable(function, reason=REASON)
    except TypeError:  # before PyTorch 2.7
        return torch.compiler.disable(function)


@_beside
def run_eagerly(neuron, source, weight, state, options):
    """Do as :func:`snnbook.kernels.run_layer`."""
    return run_layer(neuron, source, weight, state, **options)


@_beside
def plain_eagerly(*arguments):
    """Do as ``run_plain``, for a loop with checkpoints."""
    return run_plain(*arguments)


@_beside
def explain_eagerly(source, weight, recurrent_weight, neuron, kernel):
    """Do as :func:`snnbook.kernels.explain`."""
    given = {"weight": weight, "recurrent_weight": recurrent_weight, "neuron": neuron}
    return explain(source, **given, kernel=kernel)


@_beside
def checked_eagerly(*arguments):
    """Do as ``checked`` of the first derivatives, for a compiled backward pass."""
    return checked(*arguments)
