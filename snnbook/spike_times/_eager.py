"""What ``torch.compile`` calls and does not trace; imported only where it compiles.

``torch.compiler.disable`` imports the compiler, which takes seconds.
"""

from collections.abc import Callable

import torch


@torch.compiler.disable
def eagerly(function: Callable, *arguments):
    """Return ``function(*arguments)``, run as if nothing compiled."""
    return function(*arguments)
