r"""How far one gradient is from another: its direction and its length (chapter 3)."""

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from snnbook._validate import check_float
from snnbook.gradients._online import Gradients


class Agreement(NamedTuple):
    r"""``cosine``, -1 to 1, and ``norm_ratio``, from 0: of a gradient against the exact one.

    Numbers, or tensors (T,) over time.
    """

    cosine: float | Tensor
    norm_ratio: float | Tensor


def compare(exact: Gradients, other: Gradients) -> dict[str, Agreement]:
    r"""Compare a gradient with the exact one, parameter by parameter.

    .. math::

        \text{cosine} = \frac{\langle a, b \rangle}{\|a\|\,\|b\|}, \qquad
        \text{norm ratio} = \frac{\|b\|}{\|a\|}

    Parameters
    ----------
    exact, other : Gradients
        :math:`a` and :math:`b`, with the same names and shapes.

    Returns
    -------
    dict
        Name of the parameter -> :class:`Agreement`. Where one of the two is zero the cosine
        is not defined: it is NaN, and the ratio is 0, infinity, or NaN when both are zero.

    Raises
    ------
    ValueError
        If names or shapes differ.

    Examples
    --------
    >>> a = {"weight": torch.tensor([[1.0, 0.0]])}
    >>> b = {"weight": torch.tensor([[1.0, 1.0]])}
    >>> compare(a, b)["weight"]
    Agreement(cosine=0.7071..., norm_ratio=1.4142...)

    Chapter 6e; ``eq-06e-cosine``.
    """
    _check_alike(exact, other)
    return {name: _agreement(value, other[name]) for name, value in exact.items()}


def _agreement(a: Tensor, b: Tensor) -> Agreement:
    a, b = a.detach().double().flatten(), b.detach().double().flatten()
    norm_a, norm_b = a.norm(), b.norm()
    cosine = torch.dot(a / norm_a, b / norm_b).clamp(-1, 1)  # 0 / 0 is NaN, as documented
    return Agreement(cosine.item(), (norm_b / norm_a).item())


def _check_alike(exact: Gradients, other: Gradients) -> None:
    for name, values in (("exact", exact), ("other", other)):
        if not isinstance(values, Mapping):
            raise TypeError(f"{name} is a {type(values).__name__}; a dictionary is accepted")
        for key, value in values.items():
            check_float(f"{name}[{key!r}]", value)
    if exact.keys() != other.keys():
        raise ValueError(f"other has the names {sorted(other)}; {sorted(exact)} are accepted")
    for name, value in exact.items():
        if other[name].shape != value.shape:
            raise ValueError(
                f"other[{name!r}] has shape {tuple(other[name].shape)}; "
                f"{tuple(value.shape)} is accepted"
            )
