"""The exercises of chapter 5 in which the reader writes a function: a surrogate, the detach."""

import torch
from torch import Tensor

from snnbook.exercises._records import Exercise, Mistake
from snnbook.surrogates import piecewise_linear


def _bumps(generator: torch.Generator) -> list[tuple]:
    """Return distances to threshold with random heights and widths."""
    cases = []
    for _ in range(4):
        width, height = (0.2 + 1.3 * torch.rand(2, generator=generator)).tolist()
        x = torch.linspace(-2.5 * width, 2.5 * width, 21, dtype=torch.float64)
        cases.append((x, height, width))
    return cases


def _triangle(x, height, width):
    return piecewise_linear(width=width, height=height).derivative(x)


def _clamped(z: Tensor) -> Tensor:
    return torch.clamp(z, min=0)


OWN = Exercise(
    id="05-4",
    title="A surrogate of your own",
    level="by code",
    kind="function",
    signature="triangle(x, height, width)",
    prompt=r"""
Write the triangular surrogate `triangle(x, height, width)` for a tensor $x = U - \theta$.
`height` is the value at threshold, and `width` is the *full width at half maximum*.
""",
    truth=_triangle,
    cases=_bumps,
    tolerance=1e-6,
    right="h · max(0, 1 − |x|/width): a triangle is as wide at half its height as half its base.",
    hint="At |x| = width/2 the value must be height/2, and nothing may be negative.",
    solution="""
def triangle(x, height, width):
    return height * torch.clamp(1 - x.abs() / width, min=0)


check("05-4", triangle)
""",
    mistakes=(
        Mistake(
            lambda x, height, width: height * _clamped(1 - 2 * x.abs() / width),
            "Your `width` is the base of the triangle; at half its height it is half as wide.",
        ),
        Mistake(
            lambda x, height, width: height * _clamped(1 - x.abs() / (2 * width)),
            "Twice too wide: the value must have fallen to one half at |x| = width/2.",
        ),
        Mistake(
            lambda x, height, width: height * (1 - x.abs() / width),
            "Far from threshold yours is negative, which turns the gradient around: clip it at 0.",
        ),
        Mistake(
            lambda x, height, width: _clamped(1 - x.abs() / width),
            "The factor `height` is missing: yours is 1 at threshold.",
        ),
        Mistake(
            lambda x, height, width: _clamped(height - x.abs() / width),
            "Height and width mix: the sides get longer with the height. Multiply by `height` at "
            "the end.",
        ),
        Mistake(
            lambda x, height, width: height / width * _clamped(1 - x.abs() / width),
            "That has the area `height`; the value at threshold is to be `height`.",
        ),
        Mistake(
            lambda x, height, width: height * _clamped(1 - x / width),
            "The absolute value is missing: below threshold yours goes on rising.",
        ),
        Mistake(
            lambda x, height, width: height * (x.abs() < width / 2).to(x.dtype),
            "That is the boxcar of this width; the triangle falls off linearly.",
        ),
        Mistake(
            lambda x, height, width: height * (1 - _clamped(1 - x.abs() / width)),
            "Upside down: the surrogate is largest at threshold.",
        ),
    ),
)


def _smooth_steps(generator: torch.Generator) -> list[tuple]:
    """Return distances to threshold with smooth steps of random steepness."""
    cases = []
    for make in (_logistic, _fast, _logistic, _fast):
        slope = 2.0 + 6.0 * torch.rand(1, generator=generator).item()
        x = torch.tensor([-0.7, -0.2, 0.1, 0.4, 1.3], dtype=torch.float64)
        cases.append((x, make(slope)))
    return cases


def _logistic(slope: float):
    def smooth(x: Tensor) -> Tensor:
        return torch.sigmoid(slope * x)

    return smooth


def _fast(slope: float):
    def smooth(x: Tensor) -> Tensor:
        return x / (1 + slope * x.abs())

    return smooth


def _value_and_gradient(function, x: Tensor, smooth) -> tuple | None:
    """Return the spikes, and the gradient of their sum; zero if none flows."""
    leaf = x.clone().requires_grad_()
    spikes = function(leaf, smooth)
    if spikes is None or spikes is ...:
        return spikes
    if not isinstance(spikes, Tensor):
        raise TypeError(f"a tensor is expected in return, not a {type(spikes).__name__}")
    if not spikes.requires_grad:
        return spikes, torch.zeros_like(x)
    (gradient,) = torch.autograd.grad(spikes.sum(), leaf, allow_unused=True)
    return spikes, torch.zeros_like(x) if gradient is None else gradient


def _step(x: Tensor) -> Tensor:
    return (x > 0).to(x.dtype)


DETACH = Exercise(
    id="05-5",
    title="A step with the gradient of something else",
    level="by code",
    kind="function",
    signature="spike(x, smooth)",
    prompt=r"""
Write `spike(x, smooth)` without a custom autograd function.
Its value is $\Theta(x)$, exactly 0 or 1, and its gradient is that of the function `smooth(x)`.
`detach()` is all you need.
""",
    truth=lambda x, smooth: _step(x) + smooth(x) - smooth(x).detach(),
    cases=_smooth_steps,
    observe=_value_and_gradient,
    tolerance=1e-6,
    right="step + smooth − smooth.detach(): in the forward pass the last two cancel, and in the "
    "backward pass one of them is gone.",
    hint="Add something that is 0 in the forward pass and has the gradient of `smooth`.",
    solution="""
def spike(x, smooth):
    soft = smooth(x)
    return (x > 0).to(x.dtype) + soft - soft.detach()


check("05-5", spike)
""",
    mistakes=(
        Mistake(
            lambda x, smooth: _step(x) + smooth(x) - smooth(x),
            "The value is right and the gradient is zero: add `smooth(x)` and subtract it again, "
            "with a `detach()` in one of the two places.",
        ),
        Mistake(
            lambda x, smooth: smooth(x),
            "The gradient is right and the value is not 0 or 1: the forward pass must be the step.",
        ),
        Mistake(
            lambda x, smooth: _step(x) - smooth(x) + smooth(x).detach(),
            "The sign of the gradient: you detached the wrong one of the two smooth terms.",
        ),
        Mistake(
            lambda x, smooth: _step(x) + smooth(x),
            "The smooth part changes the value: subtract `smooth(x).detach()`.",
        ),
        Mistake(
            lambda x, smooth: _step(x) * smooth(x) / smooth(x).detach(),
            "Where the step is 0 a product passes no gradient: silent neurons would never learn. "
            "Add instead of multiplying.",
        ),
    ),
)
