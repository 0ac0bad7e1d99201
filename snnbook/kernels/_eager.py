"""What stays outside of the graphs of ``torch.compile``: imported only while one is made.

The decorator imports the whole compiler, which takes longer than everything else here.
"""

import torch

from snnbook.kernels._choose import decide
from snnbook.kernels._run import run_compiled, run_plain

REASON = "the compiled loops of snnbook run beside the graph; kernel='reference' can be in it"


@torch.compiler.disable
def decide_eagerly(*arguments):
    """Do as :func:`decide`, which looks at values."""
    return decide(*arguments)


@torch.compiler.disable
def compiled_eagerly(*arguments):
    """Do as :func:`run_compiled`."""
    return run_compiled(*arguments)


@torch.compiler.disable
def plain_eagerly(*arguments):
    """Do as :func:`run_plain`, for a loop with checkpoints."""
    return run_plain(*arguments)
