"""Explorer of chapter 5: the loss of a small network in a plane of weights, and two descents."""

from dataclasses import replace
from functools import cache, lru_cache, partial
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from snnbook._validate import check_choice, check_positive
from snnbook.data import two_clicks
from snnbook.explore._explorer import Control, Explorer, Layer, Panel
from snnbook.neurons import LIFNeuron, fluctuation_driven_
from snnbook.surrogates import fast_sigmoid, true_derivative
from snnbook.training import side_by_side

PARAMS = LIFNeuron()
TRAINED = 0.2  # width of the surrogate that trained the network
ACROSS = torch.linspace(-0.25, 1.25, 61, dtype=torch.float64)
UP = torch.linspace(-0.75, 0.75, 41, dtype=torch.float64)
LINE = torch.linspace(-0.25, 1.25, 241, dtype=torch.float64)
STEPS, LENGTH, CEILING = 60, 0.03, 2.0  # of a descent; the highest loss drawn
STARTS = {"before training": (0.0, 0.0), "upper left": (0.1, 0.5), "lower left": (0.2, -0.5)}


class _Plane(NamedTuple):
    """The origin and two directions of hidden weights (2, 2), and the readout (2, 2)."""

    origin: Tensor
    along: Tensor
    beside: Tensor
    readout: Tensor


@cache
def task() -> tuple[Tensor, Tensor]:
    """Return 64 samples of *two clicks*, (40, 64, 2), and their labels."""
    return two_clicks(64, generator=torch.Generator().manual_seed(0))


def losses(hidden: Tensor, readout: Tensor, width: float = TRAINED) -> Tensor:
    """Return the loss (K,) of K networks 2-2-2 on *two clicks*.

    Parameters
    ----------
    hidden, readout : Tensor
        Weights (K, 2, 2) of the hidden neurons and of the leaky readout.
    width : float
        Width of the surrogate, a fast sigmoid; 0 for the true derivative. The loss itself does
        not depend on it.

    Examples
    --------
    >>> silent = torch.zeros(1, 2, 2, dtype=torch.float64)
    >>> print(f"{losses(silent, silent).item():.4f}")
    0.6931
    """
    spikes, labels = task()
    surrogate = fast_sigmoid(width=width) if width else true_derivative()
    neuron = replace(PARAMS, surrogate=surrogate)
    scores = side_by_side((hidden, readout), spikes, neuron)[0].mean(0)
    wanted = labels[:, None].expand(-1, len(hidden))
    each = torch.nn.functional.cross_entropy(scores.transpose(1, 2), wanted, reduction="none")
    return each.mean(0)


@cache
def plane() -> _Plane:
    """Train a network; return the plane through its first and last weights, and a third point.

    The horizontal axis goes from the hidden weights before training, at 0, to those after it, at
    1. The vertical one is at a right angle to it, as long, and otherwise random.
    """
    rng = torch.Generator().manual_seed(0)
    weights = torch.empty(2, 2, 2, dtype=torch.float64)
    for weight in weights:
        fluctuation_driven_(weight, PARAMS, rate=25.0, generator=torch.Generator().manual_seed(0))
    before = weights[0].clone()
    hidden, readout = (weight[None].clone().requires_grad_() for weight in weights)
    optimizer = torch.optim.Adam([hidden, readout], lr=0.01)
    for _ in range(199):
        optimizer.zero_grad()
        losses(hidden, readout).sum().backward()
        optimizer.step()
    along = hidden.detach()[0] - before
    beside = torch.randn(2, 2, dtype=torch.float64, generator=rng)
    beside -= (beside * along).sum() / along.square().sum() * along
    return _Plane(before, along, beside * along.norm() / beside.norm(), readout.detach()[0])


def weights_at(points: Tensor) -> Tensor:
    """Return the hidden weights (K, 2, 2) at points (K, 2) of the plane."""
    here = plane()
    axes = torch.stack([here.along, here.beside])
    return here.origin + torch.einsum("ka,aoi->koi", points, axes)


def slopes(points: Tensor, width: float) -> tuple[Tensor, Tensor]:
    """Return the loss (K,) at points (K, 2), and the gradient in the plane (K, 2)."""
    points = points.clone().requires_grad_()
    found = losses(weights_at(points), plane().readout.expand(len(points), 2, 2), width)
    (gradient,) = torch.autograd.grad(found.sum(), points)
    return found.detach(), gradient


def quotients(points: Tensor, reach: float) -> tuple[Tensor, Tensor]:
    """Return the loss (K,) at points (K, 2), and its central difference quotients (K, 2)."""
    moves = 0.5 * reach * torch.eye(2, dtype=points.dtype)
    around = torch.stack([points, *(points + sign * one for one in moves for sign in (1, -1))])
    found, _ = slopes(around.flatten(0, 1), TRAINED)
    here, right, left, above, below = found.view(5, -1)
    return here, torch.stack([right - left, above - below], dim=1) / reach


@lru_cache(maxsize=32)
def _descents(width: float, reach: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the paths (starts, 61, 2) and the losses along them (starts, 61).

    With ``reach`` above 0 the direction is that of the difference quotients, else that of the
    gradient. Every step has the same length, unless the gradient is zero.
    """
    points = torch.tensor(list(STARTS.values()), dtype=torch.float64)
    path, seen = [], []
    for _ in range(STEPS + 1):
        found, gradient = quotients(points, reach) if reach else slopes(points, width)
        path.append(points)
        seen.append(found)
        points = points - LENGTH * torch.nn.functional.normalize(gradient, dim=1)
    return torch.stack(path, dim=1).numpy(), torch.stack(seen, dim=1).numpy()


@cache
def _map() -> np.ndarray:
    """Return the loss over the plane (41, 61), cut at the ceiling."""
    grid = torch.stack(torch.meshgrid(ACROSS, UP, indexing="xy"), dim=2).flatten(0, 1)
    found = [slopes(part, TRAINED)[0] for part in grid.split(500)]
    return torch.cat(found).clamp(max=CEILING).view(len(UP), len(ACROSS)).numpy()


@lru_cache(maxsize=32)
def _along(width: float, height: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the loss along a horizontal line, and the surrogate's, scaled to fit it (241,)."""
    found, gradient = slopes(torch.stack([LINE, torch.full_like(LINE, height)], dim=1), width)
    climb = torch.cumulative_trapezoid(gradient[:, 0], LINE)
    climb = torch.cat([climb.new_zeros(1), climb])
    columns = torch.stack([climb, torch.ones_like(climb)], dim=1)
    fitted = columns @ torch.linalg.lstsq(columns, found[:, None]).solution
    return found.numpy(), fitted[:, 0].numpy()


def landscape_frame(
    width: float = 0.2, reach: float = 0.0, start: str = "before training", height: float = 0.0
) -> dict:
    r"""Return the true loss in a plane of hidden weights, and two descents on it.

    .. math:: \tilde L(s) = a + c \int_0^s \langle \tilde\nabla, v \rangle\,\mathrm{d}r

    Parameters
    ----------
    width : float
        Width of the surrogate, above 0.
    reach : float
        The true slope is measured as a difference quotient over this distance; 0 takes the true
        derivative.
    start : str
        Where both descents begin: ``"before training"``, ``"upper left"`` or ``"lower left"``.
    height : float
        The vertical coordinate of the line.

    Returns
    -------
    dict
        ``loss`` (41, 61) over the plane, cut at 2; the descents ``x_surrogate``,
        ``y_surrogate``, ``x_true`` and ``y_true`` (61,) and the loss along them,
        ``by_surrogate`` and ``by_true``, over ``step``; along the line of that ``height`` the
        ``staircase`` and the surrogate's loss ``smooth``, with a and c fitted, over ``line``;
        ``x_start``, ``y_start`` and ``text``. A step of a descent has the length 0.03; the axes
        are in units of the way that training went.

    Examples
    --------
    >>> landscape_frame()["text"].split("; ")[1]
    'by the true one from 1.60 to 1.60.'

    Paper figure 4; chapter 5.
    """
    check_positive("width", width)
    check_choice("start", start, STARTS)
    if reach < 0:
        raise ValueError(f"reach is {reach}; a number of at least 0 is accepted")
    which = list(STARTS).index(start)
    descents = _descents(width, 0.0), _descents(0.0, reach)
    (path, by_surrogate), (slow, by_true) = ((one[which], seen[which]) for one, seen in descents)
    staircase, smooth = _along(width, height)
    return {
        "loss": _map(),
        "x_surrogate": path[:, 0],
        "y_surrogate": path[:, 1],
        "x_true": slow[:, 0],
        "y_true": slow[:, 1],
        "x_start": path[:1, 0],
        "y_start": path[:1, 1],
        "step": np.arange(STEPS + 1),
        "by_surrogate": by_surrogate,
        "by_true": by_true,
        "line": LINE.numpy(),
        "height": [height],
        "staircase": staircase,
        "smooth": smooth,
        "text": f"In {STEPS} steps the loss goes from {by_surrogate[0]:.2f} to "
        f"{by_surrogate[-1]:.2f} by the surrogate gradient; by the true one from "
        f"{by_true[0]:.2f} to {by_true[-1]:.2f}.",
    }


def landscape(live: bool | None = None) -> Explorer:
    """Return the explorer of the loss: width, how the true slope is measured, start, line.

    >>> landscape()
    Explorer('landscape': width, reach, start, height, 180 settings)

    Chapter 5.
    """
    across = partial(Panel, xlim=(-0.25, 1.25))
    descents = (
        Layer("map", "loss"),
        Layer("level", "height", label="the line", color="threshold", dashed=True),
        Layer("line", "y_surrogate", "x_surrogate", "surrogate", "surrogate"),
        Layer("line", "y_true", "x_true", "true", "recurrent"),
        Layer("points", "y_start", "x_start", "start", "recurrent"),
    )
    along = (
        Layer("line", "staircase", "line", "true", "true"),
        Layer("line", "smooth", "line", "surrogate", "surrogate", True),
    )
    down = (
        Layer("line", "by_true", "step", "true", "recurrent", True),
        Layer("line", "by_surrogate", "step", "surrogate", "surrogate"),
    )
    return Explorer(
        name="landscape",
        function=landscape_frame,
        controls={
            "width": Control("width of the surrogate", (0.02, 0.05, 0.2, 0.5, 2.0), 0.2),
            "reach": Control("true slope measured over", (0.0, 0.02, 0.1, 0.4), 0.0),
            "start": Control("start", tuple(STARTS), "before training"),
            "height": Control("height of the line", (-0.4, 0.0, 0.4), 0.0),
        },
        panels=[
            across(
                descents,
                "Two descents on the true loss",
                ylim=(-0.75, 0.75),
                xlabel="weights: 0 before training, 1 after it",
                ylabel="across",
                height=260,
                wide=True,
                shape=(len(UP), len(ACROSS)),
            ),
            across(
                along, "Loss along the line", ylim=(0, 2.5), xlabel="along the line", height=150
            ),
            Panel(down, "Loss on the way down", (0, STEPS), (0, 2.5), xlabel="step", height=150),
        ],
        alt="The loss of a small network as a map over a plane of weights, with a descent along "
        "the surrogate gradient and one along the true slope, the loss along a line, and the "
        "loss over both descents.",
        caption="Two clicks, 2-2-2 neurons, the readout as trained; the bluer, the higher the "
        "loss. Every step has the same length, so only the direction counts. The surrogate's loss "
        "is its slope, integrated and scaled to fit.",
        live=live,
        title="Two descents",
        chapter="05-surrogate-gradients",
        heading="ch05-landscape",
        change="Change the width of the surrogate, the start, and how the true slope is measured.",
        question="How do you walk down a staircase?",
    )
