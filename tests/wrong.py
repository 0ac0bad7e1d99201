"""Bad versions of a good argument, and what an error has to say about each."""

import warnings

import numpy as np
import pytest
import torch
from torch import Tensor

TYPES = ("list", "numpy", "None", "integers", "complex", "sparse", "nested")


def nested(good: Tensor) -> Tensor:
    """Return a nested tensor of two rows of different lengths."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.nested.nested_tensor([torch.ones(2), torch.ones(3)])


def hole(good: Tensor, value: float) -> Tensor:
    """Return a copy with ``value`` as the last entry."""
    bad = good.detach().clone()
    bad.view(-1)[-1] = value
    return bad


#: What is done to a good tensor.
BAD = {
    "list": lambda good: good.tolist(),
    "numpy": lambda good: good.detach().numpy(),
    "None": lambda good: None,
    "integers": lambda good: torch.zeros_like(good, dtype=torch.int64),
    "complex": lambda good: good.detach().to(torch.complex64),
    "sparse": lambda good: good.detach().to_sparse(),
    "nested": nested,
    "rank": lambda good: good.detach()[None],
    "wide": lambda good: torch.cat([good, good], dim=-1).detach(),
    "NaN": lambda good: hole(good, torch.nan),
    "infinity": lambda good: hole(good, torch.inf),
    "minus infinity": lambda good: hole(good, -torch.inf),
    "empty": lambda good: good.detach().flatten()[:0].reshape(0, *good.shape[1:]),
}


def bad_tensors(good: Tensor, *fine: str):
    """Yield (name, value, class of the error) of all bad versions but those that are fine."""
    for name, make in BAD.items():
        if name not in fine:
            yield name, make(good), TypeError if name in TYPES else ValueError


#: Bad numbers: for an argument above 0.
NUMBERS = {
    "text": "a",
    "None": None,
    "True": True,
    "NaN": float("nan"),
    "infinity": float("inf"),
    "minus one": -1.0,
    "a list": [0.1, 0.2, 0.3, 0.4, 0.5],
    "complex": 1j,
}


def refused(call, name: str, error=(TypeError, ValueError)) -> str:
    """Assert that the call names the argument and what is accepted; return the message."""
    with pytest.raises(error) as caught:
        call()
    message = str(caught.value)
    assert name in message and "accepted" in message, message
    return message


def numpy_numbers(value: float):
    """Return the numbers of NumPy that mean ``value``."""
    return np.float32(value), np.float64(value)
