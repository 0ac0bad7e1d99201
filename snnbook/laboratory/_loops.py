r"""Is a field the gradient of any loss? Walk around a closed loop and add up (chapter 5b).

The test network is that of Gygax and Zenke (2025): one input, one neuron, two neurons, one
output, all of them sigmoids whose slope in the backward pass may differ from the forward one.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from snnbook._validate import (
    check_callable,
    check_finite,
    check_float,
    check_integer,
    check_positive,
    check_shape,
    is_number,
)

Field = Callable[[Tensor], Tensor]

#: The weights of the test network, in the order of the last axis.
WEIGHT_NAMES = ("w", "v1", "v2", "u1", "u2")


class Loop(NamedTuple):
    """A walk around a loop: the angle, the work up to there, the total, and its share.

    ``share`` is the total over the length-weighted norm of the field, between -1 and 1.
    """

    angle: Tensor
    work: Tensor
    total: float
    share: float


def closed_loop(
    field: Field,
    center: Tensor,
    first: Tensor,
    second: Tensor,
    *,
    radius: float = 1.0,
    points: int = 4000,
) -> Loop:
    r"""Integrate a field around a circle in weight space.

    .. math:: \oint \langle \tilde\nabla(w),\, \mathrm{d}w \rangle, \qquad
        w(\varphi) = c + r (\cos\varphi\, e_1 + \sin\varphi\, e_2)

    The integral is zero for every circle if the field is the gradient of a loss.

    Parameters
    ----------
    field : callable
        Takes (K, P) points in weight space and returns the field there, (K, P).
    center, first, second : Tensor
        Center and two orthonormal directions, each (P,).
    radius : float
        Above 0.
    points : int
        Steps of the walk; the sum is the trapezoid rule on a period.

    Returns
    -------
    Loop
        ``angle`` and ``work`` have ``points + 1`` entries, from 0 to a full turn.

    Raises
    ------
    ValueError
        If the directions are not orthonormal, or ``radius`` or ``points`` is not positive.

    Examples
    --------
    The gradient of a loss comes back to zero, a rotating field does not:

    >>> plane = torch.zeros(2), torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])
    >>> round(abs(closed_loop(lambda w: 2 * w, *plane).total), 4)
    0.0
    >>> spin = lambda w: torch.stack([-w[:, 1], w[:, 0]], dim=1)
    >>> round(closed_loop(spin, *plane).total / math.pi, 4)
    2.0

    Gygax and Zenke 2025; chapter 5b; ``eq-05b-loop``.
    """
    check_positive("radius", radius)
    check_integer("points", points, 3)
    check_callable("field", field)
    check_float("center", center)
    if center.dim() != 1:
        raise ValueError(f"center has shape {tuple(center.shape)}; (P,) is accepted")
    check_finite("center", center)
    for name, axis in (("first", first), ("second", second)):
        check_shape(name, axis, tuple(center.shape), center)
    plane = torch.stack([first, second]).double()
    if not torch.allclose(plane @ plane.T, torch.eye(2, dtype=torch.float64), atol=1e-6):
        raise ValueError("first and second are not orthonormal; two orthonormal axes are accepted")
    angle = torch.linspace(0, 2 * math.pi, points + 1, dtype=torch.float64)
    circle = torch.stack([angle.cos(), angle.sin()], dim=1) @ plane
    tangent = torch.stack([-angle.sin(), angle.cos()], dim=1) @ plane
    values = field((center.double() + radius * circle).to(center.dtype))
    check_float("field", values)
    if values.shape != circle.shape:
        raise ValueError(
            f"field returns shape {tuple(values.shape)}; {tuple(circle.shape)} is accepted"
        )
    check_finite("field", values.detach())
    values = values.double()
    slope = (values * tangent).sum(1) * radius
    work = torch.cat(
        [torch.zeros(1, dtype=torch.float64), torch.cumulative_trapezoid(slope, angle)]
    )
    length = float(torch.trapezoid(values.norm(dim=1) * radius, angle))
    total = float(work[-1])
    return Loop(angle, work, total, total / length if length else 0.0)


def sigmoid_network(weights: Tensor, x: float = 1.0, slope: float = 20.0) -> Tensor:
    r"""Return the output of the 1-1-2-1 sigmoid network.

    .. math::

        g = \sigma_k(w x), \qquad h_i = \sigma_k(v_i g), \qquad
        y = \sigma_k(u_1 h_1 + u_2 h_2), \qquad \sigma_k(a) = 1 / (1 + e^{-k a})

    Parameters
    ----------
    weights : Tensor
        (K, 5), in the order of :data:`WEIGHT_NAMES`.
    x : float
        The input.
    slope : float
        k, above 0. A large slope makes the neurons steps.

    Returns
    -------
    Tensor
        y, (K,).

    Examples
    --------
    >>> sigmoid_network(torch.zeros(1, 5))
    tensor([0.5000])

    Gygax and Zenke 2025; chapter 5b; ``eq-05b-sigmoid``.
    """
    return _layers(weights, x, slope)[-1]


def sigmoid_network_gradient(
    weights: Tensor, x: float = 1.0, slope: float = 20.0, surrogate_slope: float | None = None
) -> Tensor:
    r"""Return dy/dweights of the test network, with a surrogate slope in the backward pass.

    Every :math:`\sigma_k'` of the chain rule becomes :math:`\sigma_{\tilde k}'`; the values of
    the forward pass stay. With equal slopes this is the exact gradient.

    Parameters
    ----------
    weights, x, slope
        As in :func:`sigmoid_network`.
    surrogate_slope : float, optional
        The slope of the backward pass, above 0; ``slope`` when not given.

    Returns
    -------
    Tensor
        (K, 5), in the order of :data:`WEIGHT_NAMES`.

    Examples
    --------
    >>> sigmoid_network_gradient(torch.zeros(1, 5), slope=4.0)[0, 3:]
    tensor([0.5000, 0.5000])

    Gygax and Zenke 2025; chapter 5b; ``eq-05b-two-paths``.
    """
    check_positive("slope", slope)
    back = slope if surrogate_slope is None else surrogate_slope
    check_positive("surrogate_slope", back)
    g, h1, h2, _ = _layers(weights, x, slope)
    w, v1, v2, u1, u2 = weights.unbind(1)
    at_y = _bump(u1 * h1 + u2 * h2, back)
    at_h1, at_h2 = (u * at_y * _bump(v * g, back) for u, v in ((u1, v1), (u2, v2)))
    at_g = (v1 * at_h1 + v2 * at_h2) * _bump(w * x, back)
    return torch.stack([at_g * x, at_h1 * g, at_h2 * g, at_y * h1, at_y * h2], dim=1)


class SignErrors(NamedTuple):
    """Share of entries with the wrong sign, by weight, and of directions that point uphill."""

    by_weight: dict[str, float]
    uphill: float


def sign_errors(weights: Tensor, slope: float, surrogate_slope: float) -> SignErrors:
    """Return how often the surrogate gradient of the test network has the wrong sign.

    Parameters
    ----------
    weights : Tensor
        (K, 5): the networks to look at.
    slope, surrogate_slope : float
        As in :func:`sigmoid_network_gradient`.

    Returns
    -------
    SignErrors
        ``by_weight``: the share of networks whose entry differs in sign from the exact one.
        ``uphill``: the share in which the two gradients have a negative inner product.

    Examples
    --------
    >>> sign_errors(torch.ones(3, 5), 2.0, 2.0).uphill
    0.0

    Gygax and Zenke 2025; chapter 5b.
    """
    check_float("weights", weights)
    exact = sigmoid_network_gradient(weights.double(), slope=slope)
    found = sigmoid_network_gradient(weights.double(), slope=slope, surrogate_slope=surrogate_slope)
    wrong = (exact.sign() != found.sign()).double().mean(0)
    uphill = ((exact * found).sum(1) < 0).double().mean()
    return SignErrors(dict(zip(WEIGHT_NAMES, wrong.tolist())), float(uphill))


def _layers(weights: Tensor, x: float, slope: float) -> tuple[Tensor, ...]:
    check_float("weights", weights)
    if weights.dim() != 2 or weights.shape[1] != len(WEIGHT_NAMES):
        raise ValueError(f"weights has shape {tuple(weights.shape)}; (K, 5) is accepted")
    check_finite("weights", weights.detach())
    check_positive("slope", slope)
    if not (is_number(x) and math.isfinite(x)):
        raise ValueError(f"x is {x!r}; a finite number is accepted")
    w, v1, v2, u1, u2 = weights.unbind(1)
    g = torch.sigmoid(slope * w * x)
    h1, h2 = torch.sigmoid(slope * v1 * g), torch.sigmoid(slope * v2 * g)
    return g, h1, h2, torch.sigmoid(slope * (u1 * h1 + u2 * h2))


def _bump(a: Tensor, slope: float) -> Tensor:
    """Return the derivative of a sigmoid of this slope."""
    return slope * torch.sigmoid(slope * a) * torch.sigmoid(-slope * a)
