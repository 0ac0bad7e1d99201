"""What users give by mistake, for each kind of argument, and what must come of it."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from snnbook.neurons import Neuron

#: What must come of a value: an error; an error or NaN; the same result; an error or any result.
REFUSED, POISON, SAME, FREE = "refused", "error or NaN", "same result", "error or result"


class Bad(NamedTuple):
    """A value in place of a good one: in words, itself, and what must come of it."""

    words: str
    value: Any
    due: str


def bad_values(good: Any) -> Iterator[Bad]:
    """Give what may be put by mistake where ``good`` is right."""
    if isinstance(good, tuple) and hasattr(good, "_fields"):
        yield from _records(good)
        return
    for kind, values in KINDS:
        if isinstance(good, kind):
            yield from values(good)
            return


def _tensors(good: Tensor) -> Iterator[Bad]:
    yield Bad("a list", good.tolist(), REFUSED)
    yield Bad("an array", good.detach().numpy(), REFUSED)
    yield Bad("a text", "spikes", REFUSED)
    if good.dim():
        yield Bad("sparse", good.detach().to_sparse(), REFUSED)
        yield Bad("nested", _nested(good), REFUSED)
        yield Bad("an axis too few", good[0], FREE)
    yield Bad("an axis too many", good.unsqueeze(0), FREE)
    for axis in range(good.dim()):
        first = good.narrow(axis, 0, 1)
        yield Bad(f"axis {axis} longer", torch.cat([good, first], axis), FREE)
        yield Bad(f"axis {axis} empty", good.narrow(axis, 0, 0), FREE)
    if good.is_floating_point():
        yield Bad("integers", good.long(), REFUSED)
        yield Bad("complex", good.detach().to(torch.complex64), REFUSED)
        yield Bad("NaN", _with(good, math.nan), POISON)
        yield Bad("infinity", _with(good, math.inf), POISON)
    elif good.dtype != torch.bool:
        yield Bad("floats", good.float(), REFUSED)
        yield Bad("a negative entry", _with(good, -1), REFUSED)
        yield Bad("a huge entry", _with(good, torch.iinfo(good.dtype).max), REFUSED)


def _nested(good: Tensor) -> Tensor:
    rows = list(good.detach().double().unbind(0)) if good.dim() > 1 else [good.detach().double()]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch calls them a prototype
        return torch.nested.nested_tensor(rows)


def _with(good: Tensor, entry: float) -> Tensor:
    """Return a copy whose last entry is another."""
    other = good.detach().clone()
    other.view(-1)[-1] = entry
    return other


def _floats(good: float) -> Iterator[Bad]:
    yield from (Bad(repr(bad), bad, REFUSED) for bad in ("0.5", math.nan, math.inf, [0.5], 1j))
    yield from (Bad(repr(bad), bad, FREE) for bad in (-good, 0.0, 1e-12, 1e12))
    yield Bad("np.float64", np.float64(good), SAME)


def _integers(good: int) -> Iterator[Bad]:
    yield from (Bad(repr(bad), bad, REFUSED) for bad in ("5", 1.5, math.nan, [5], -3))
    yield from (Bad(repr(bad), bad, FREE) for bad in (0, 1))
    yield Bad("np.int64", np.int64(good), SAME)


def _flags(good: bool) -> Iterator[Bad]:
    yield from (Bad(repr(bad), bad, REFUSED) for bad in ("no", 2, None, [True, False]))


def _texts(good: str) -> Iterator[Bad]:
    yield from (Bad(repr(bad), bad, REFUSED) for bad in ("nonsense", 3, None))


def _generators(good: torch.Generator) -> Iterator[Bad]:
    yield from (Bad(repr(bad), bad, REFUSED) for bad in (0, "seed"))


def _sequences(good: tuple | list) -> Iterator[Bad]:
    yield from (Bad(repr(bad), bad, REFUSED) for bad in ("sizes", 3.5, None))
    yield Bad("nothing in it", type(good)(), FREE)
    for bad in ("text", None, math.nan, -2) if good and isinstance(good[0], (int, float)) else ():
        yield Bad(f"{bad!r} in it", type(good)([*good[:-1], bad]), REFUSED if bad != -2 else FREE)
    if good and isinstance(good[0], Tensor) and good[-1].is_floating_point():
        yield Bad("NaN in it", [*good[:-1], _with(good[-1], math.nan)], POISON)
        yield Bad("a list in it", [*good[:-1], good[-1].tolist()], REFUSED)
        yield Bad("one too few", list(good[:-1]), FREE)


def _records(good: tuple) -> Iterator[Bad]:
    """Give bad values for a named tuple, such as a state."""
    yield from (Bad(repr(bad), bad, REFUSED) for bad in ("state", 3.5, tuple(good)[:-1]))
    for name in (name for name in good._fields if isinstance(getattr(good, name), Tensor)):
        entry = getattr(good, name)
        yield Bad(f"a list as {name}", good._replace(**{name: entry.tolist()}), REFUSED)
        yield Bad(f"an axis too many in {name}", good._replace(**{name: entry[None]}), FREE)
        if entry.is_floating_point():
            yield Bad(f"NaN in {name}", good._replace(**{name: _with(entry, math.nan)}), POISON)


def _modules(good: nn.Module) -> Iterator[Bad]:
    yield from (Bad(repr(bad), bad, REFUSED) for bad in (nn.Linear(2, 2), "network", None))


def _neurons(good: Neuron) -> Iterator[Bad]:
    yield from (Bad(repr(bad), bad, REFUSED) for bad in ("LIF", None, 0.9, type(good)))


def _arrays(good: np.ndarray) -> Iterator[Bad]:
    yield from (Bad(repr(bad), bad, REFUSED) for bad in ("text", None))
    nan = good.astype(float).copy()
    nan.reshape(-1)[-1] = math.nan
    yield Bad("NaN", nan, POISON)
    yield Bad("an axis too many", good[None], FREE)


def _others(good: Any) -> Iterator[Bad]:
    yield from (Bad(repr(bad), bad, REFUSED) for bad in ("something", 3, None))


KINDS = (
    (Tensor, _tensors),
    (bool, _flags),
    (float, _floats),
    (int, _integers),
    (str, _texts),
    (torch.Generator, _generators),
    ((tuple, list), _sequences),
    (nn.Module, _modules),
    (Neuron, _neurons),
    (np.ndarray, _arrays),
    (object, _others),
)
