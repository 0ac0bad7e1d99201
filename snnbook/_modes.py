"""A module for evaluation for a while: without gradients, and each part as it was afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


@contextmanager
def evaluating(model: object) -> Iterator[None]:
    """Switch gradients off and a module to evaluation, then each of its parts back to its mode.

    >>> model = nn.Sequential(nn.Dropout(), nn.Dropout().eval())
    >>> with evaluating(model):
    ...     modes = [part.training for part in model.modules()]
    >>> modes, [part.training for part in model.modules()]
    ([False, False, False], [True, True, False])
    """
    parts = list(model.modules()) if isinstance(model, nn.Module) else []
    modes = [part.training for part in parts]
    if parts:
        parts[0].eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for part, mode in zip(parts, modes, strict=True):
            part.training = mode
