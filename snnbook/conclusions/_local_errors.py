"""Claim 23: what local errors carry, and how they learn beside BPTT."""

import numpy as np
import torch
from torch.utils._pytree import tree_leaves

from snnbook import local, training
from snnbook.conclusions._claims import share, stored
from snnbook.neurons import SpikingNetwork

#: The result that each arm is stored in.
_STORED = {"bptt": "ch06a_digits", "frozen": "ch06a_digits", "local": "ch06c_digits"}


def local_errors() -> dict:
    """Return what is carried, accuracies such as ``five_local``, and epochs to within a point."""
    found = {"short": _carried(100), "long": _carried(1000)}
    for depth, word in ((1, "one"), (5, "five")):
        for arm, name in _STORED.items():
            found[f"{word}_{arm}"] = share(stored(name, arm=arm, depth=depth))
        for arm in ("bptt", "local"):
            found[f"{word}_{arm}_epochs"] = _epochs(_STORED[arm], arm, depth)
    for arm in ("bptt", "local"):
        found[f"filters_{arm}"] = share(stored("ch06c_convolution", arm=arm))
    for arm in ("exact", "local"):
        found[f"neck_{arm}"] = share(stored("ch06c_neck", arm=arm))
    return found | {"seeds": found["one_bptt"].n, "few": found["filters_bptt"].n}


def _carried(steps: int) -> int:
    """Return how many numbers the rule holds after so many steps."""
    generator = torch.Generator().manual_seed(0)
    network = SpikingNetwork((100, 50, 50, 10), input_rate=50.0, generator=generator, std=1.0)
    rule = local.LocalErrors(local.random_readouts(network, generator=generator))
    carry, silence = rule.start(network, 1), torch.zeros(1, 100)
    error = training.step_cross_entropy(torch.tensor([3]), steps=steps)
    for n in range(steps):
        carry, _ = rule.step(network, carry, silence, error, n)
    return sum(leaf.numel() for leaf in tree_leaves(carry))


def _epochs(name: str, arm: str, depth: int) -> float:
    """Return the mean first epoch within one point of the best, on validation data."""
    curves, tops = (stored(name, key, arm=arm, depth=depth) for key in ("curve", "validation"))
    first = [
        next(n for n, x in enumerate(curve, 1) if x >= top - 0.01)
        for curve, top in zip(curves, tops)
    ]
    return float(np.mean(first))
