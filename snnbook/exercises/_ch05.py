"""Exercises of chapter 5: surrogate gradients (paper section IV.B.1)."""

import math
from dataclasses import replace

import torch
from torch import Tensor

from snnbook import neurons, surrogates, training
from snnbook.exercises._forbidden import custom_gradient
from snnbook.exercises._records import Plus, Times, function, number, sequence
from snnbook.exercises._tools import decaying, network


def _by_slope(k: float) -> surrogates.Surrogate:
    """Return the fast sigmoid 1/(1 + k|x|)² as a record."""
    return surrogates.fast_sigmoid(width=2 * (math.sqrt(2) - 1) / k)


@number(
    "05-1",
    right="f′(x) = 1/(1 + k|x|)², and k|x| = 1 here: a quarter of the height at threshold.",
    hints=(
        "Is x positive or negative here, and how large is it?",
        "For x > 0 it is x/(1 + kx): apply the quotient rule at the distance to threshold.",
        "x = 1.2 − 1.0, and the quotient rule leaves a square below the line.",
    ),
)
def derivative_of_the_fast_sigmoid():
    k, U, x = 5, 1.2, 1.2 - 1.0
    at_mem = 1 / (1 + k * U) ** 2
    return _by_slope(k).derivative(torch.tensor(x, dtype=torch.float64)), {
        "The square is missing: the quotient rule leaves 1/(1 + k|x|)².": 1 / (1 + k * x),
        "That is the value at x = 1.2; the argument is the distance to threshold, U − θ.": at_mem,
        "The slope k is missing inside the bracket.": 1 / (1 + x) ** 2,
        "There is no factor k in front: f′(0) = 1.": Times(k),
        "That is the fast sigmoid itself, f(x).": x / (1 + k * x),
        "That is the derivative of the step; the surrogate is not zero here.": 0.0,
    }


@sequence(
    "05-2",
    right="The width is 2(√2 − 1)/k and the area 2/k: a steeper surrogate is narrower and "
    "passes on less.",
    hints=(
        "At which x has the curve half of its height, and how many such points are there?",
        "Width: solve (1 + kx)² = 2 for x > 0, and double it. Area: double that of one side.",
        "1 + kx = √2 at half of the height, to the right of the threshold.",
    ),
)
def width_and_area():
    k = 25
    width, area = _by_slope(k).width, _by_slope(k).area
    normalized, rectangle = (width, 1.0), (width, width)
    return (width, area), {
        "The width is halved: the curve has two sides, x < 0 and x > 0.": (width / 2, area),
        "The area is halved: the integral from 0 covers one of the two sides.": (width, area / 2),
        "Both are halved: each of them covers two sides.": (width / 2, area / 2),
        "The square got lost in the width: solve (1 + kx)² = 2, not 1 + kx = 2.": (2 / k, area),
        "The area 1 belongs to a normalized surrogate; this one has height 1 "
        "and area 2/k.": normalized,
        "The two are swapped: the width comes first.": (area, width),
        "Width times height is the area of a rectangle; the tails of this curve "
        "add to it.": rectangle,
    }


@number(
    "05-3",
    right="The 200 hidden weights act through spikes, whose derivative is 0; the 20 readout "
    "weights do not, and they learn.",
    hints=(
        "Which weights act on the loss through a spike, and which do not?",
        "The true derivative is zero at every spike: count the entries of the matrix "
        "behind one, and divide by all entries.",
        "There are `20 * 10 + 10 * 2` entries in all.",
    ),
)
def zeros_of_the_true_gradient():
    dead = neurons.LIFNeuron(surrogate=surrogates.true_derivative())
    net = network(20, 10, 2, neuron=dead)
    weights = list(net.parameters())
    with torch.no_grad():
        for weight in weights:
            weight.abs_().add_(0.1)  # every neuron fires
    net(torch.ones(20, 3, 20)).readout.square().sum().backward()
    entries = torch.cat([weight.grad.flatten() for weight in weights])
    share = float((entries == 0).double().mean())
    return share, {
        "The readout does not spike: the loss is smooth in its weights, and their gradient "
        "is intact.": 1.0,
        "That is the share of the entries that are *not* zero.": 1 - share,
        "The chain rule multiplies by the derivative of the step, which is 0 away from "
        "threshold.": 0.0,
        "Count weights, not neurons: 20 · 10 and 10 · 2.": 10 / 12,
        "One of the two matrices, but they differ in size: count entries.": 0.5,
        "That is their number; the share is asked for.": 20 * 10,
    }


@function(
    "05-4",
    right="h · max(0, 1 − |x|/width): a triangle is as wide at half its height as half its base.",
    hints=(
        "Where has the triangle fallen to half of its height, and where does it reach zero?",
        "At |x| = width/2 the value must be height/2, and nowhere may it be negative.",
        "`1 - x.abs() / width` falls off as it should for height 1. What keeps it from "
        "falling below zero?",
    ),
)
def own_surrogate(draw):
    x = torch.linspace(-2.5, 2.5, 21, dtype=torch.float64)
    pairs = [draw.numbers(2, 0.2, 1.5) for _ in range(4)]
    cases = [(x * width, height, width) for height, width in pairs]

    def triangle(x, height, width):
        return surrogates.piecewise_linear(width=width, height=height).derivative(x)

    return (triangle, cases), {
        "Your `width` is the base of the triangle; at half its height it is "
        "half as wide.": lambda x, height, width: triangle(x, height, width / 2),
        "Twice too wide: the value must have fallen to one half at "
        "|x| = width/2.": lambda x, height, width: triangle(x, height, 2 * width),
        "Far from threshold yours is negative, which turns the gradient around: clip "
        "it at 0.": lambda x, height, width: height * (1 - x.abs() / width),
        "The factor `height` is missing: yours is 1 at threshold.": lambda x, height, width: (
            triangle(x, 1, width)
        ),
        "Height and width mix: the sides get longer with the height. Multiply by `height` at "
        "the end.": lambda x, height, width: (height - x.abs() / width).clamp(min=0),
        "That has the area `height`; the value at threshold is "
        "to be `height`.": lambda x, height, width: triangle(x, height / width, width),
        "The absolute value is missing: below threshold yours "
        "goes on rising.": lambda x, height, width: height * (1 - x / width).clamp(min=0),
        "That is the boxcar of this width; the triangle "
        "falls off linearly.": lambda x, height, width: height * (x.abs() < width / 2),
        "Upside down: the surrogate is largest at threshold.": lambda x, height, width: (
            height * (1 - triangle(x, 1, width))
        ),
    }


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


@function(
    "05-5",
    outputs=("value", "gradient"),
    observe=_value_and_gradient,
    forbid=custom_gradient,
    right="step + smooth − smooth.detach(): in the forward pass the last two cancel, and in the "
    "backward pass one of them is gone.",
    hints=(
        "What can you add to a number that does not change its value, and yet has a gradient?",
        "Add `smooth(x)` and take it off again; a `detach()` in one of the two places "
        "leaves a gradient.",
        "The step is `(x > 0).to(x.dtype)`, and `soft = smooth(x)` is needed twice.",
    ),
)
def detached_step(draw):
    def steep(slope, logistic):
        def smooth(x):
            return torch.sigmoid(slope * x) if logistic else x / (1 + slope * x.abs())

        return smooth

    x = torch.tensor([-0.7, -0.2, 0.1, 0.4, 1.3], dtype=torch.float64)
    cases = [(x, steep(draw.number(2.0, 8.0), n < 2)) for n in range(4)]

    def step(x):
        return (x > 0).to(x.dtype)

    def spike(x, smooth):
        return step(x) + smooth(x) - smooth(x).detach()

    return (spike, cases), {
        "The value is right and the gradient is zero: add `smooth(x)` and subtract it again, with "
        "a `detach()` in one of the two places.": lambda x, smooth: step(x) + smooth(x) - smooth(x),
        "The gradient is right and the value is not 0 or 1: the forward pass must "
        "be the step.": lambda x, smooth: smooth(x),
        "The sign of the gradient: you detached the wrong one of the "
        "two smooth terms.": lambda x, smooth: step(x) - smooth(x) + smooth(x).detach(),
        "The smooth part changes the value: subtract `smooth(x).detach()`.": lambda x, smooth: (
            step(x) + smooth(x)
        ),
        "Where the step is 0 a product passes no gradient: silent neurons would never learn. "
        "Add instead of multiplying.": (lambda x, smooth: step(x) * smooth(x) / smooth(x).detach()),
    }


_ALPHA, _BETA, _WEIGHT = 0.5, 0.8, 1.1


def _gradient(steps: tuple[int, ...], height: float = 1.0, **reset) -> float:
    """Return d(sum of S at these steps)/dw of exercises 05-6 and 05-7, for a spike at step 0."""
    weight = torch.tensor(_WEIGHT, dtype=torch.float64, requires_grad=True)
    impulse = torch.eye(4, 1, dtype=torch.float64)[..., None]
    surrogate = surrogates.piecewise_linear(width=1.0, height=height)
    neuron = replace(decaying(_ALPHA, _BETA), surrogate=surrogate, **reset)
    spikes = neurons.run(neuron, weight * impulse).spikes
    return float(torch.autograd.grad(spikes[list(steps)].sum(), weight)[0])


@number(
    "05-6",
    right="g(0.1) · 1 + g(−0.57) · (α + β): two paths lead to U[3], through I and through U.",
    hints=(
        "Through which variables does w reach U[2], and through which U[3]?",
        "I[1] = w, U[2] = w, U[3] = βU[2] + I[2] − S[2]: sum over the paths of each spike, "
        "times its g(U − θ), without the path through S[2].",
        "U[2] = 1.1, so the first term is g(0.1) · 1.",
    ),
)
def two_steps():
    truth, first = _gradient((2, 3)), _gradient((2,))
    second = _gradient((3,)) / (_ALPHA + _BETA)  # the surrogate at U[3]
    return truth, {
        "That includes the path through the reset, −g(U[2] − θ): a detached reset passes "
        "nothing back.": Plus(_gradient((2, 3), reset_gradient=True) - truth),
        "The reset is missing in the forward pass: U[3] = βU[2] + I[2] − 1. Detached means "
        "that the gradient ignores it, not the neuron.": _gradient((2, 3), reset="none"),
        "One path is missing: w also reaches U[3] through I[2] = αI[1].": Plus(-second * _ALPHA),
        "One path is missing: w also reaches U[3] through βU[2].": Plus(-second * _BETA),
        "The factors of the path to U[3] are missing: α + β.": first + second,
        "That is S[3] alone; S[2] depends on w as well.": _gradient((3,)),
        "That is S[2] alone; go on to S[3].": first,
        "The surrogate is missing: each spike multiplies its path by g(U − θ).": 1 + _ALPHA + _BETA,
        "That is the true gradient; put g(U − θ) for the step's derivative.": 0.0,
        "Once too often multiplied by w: I[1] = w · S_in[0], so dI[1]/dw is 1.": Times(_WEIGHT),
    }


@sequence(
    "05-7",
    generic=False,
    right="The sign is that of α + β − h·g(0.1): a high surrogate claims that more weight means "
    "fewer spikes, because the reset looks larger than it is.",
    hints=(
        "Which two contributions compete in this derivative, and which of them grows with h?",
        "Through I and U it is α + β; through the reset −g(U[2] − θ), in proportion to h.",
        "U[2] = 1.1: compare α + β with h · (1 − 0.1).",
    ),
)
def sign_of_the_reset():
    def signs(**reset):
        gradients = [_gradient((3,), height, **reset) for height in (0.5, 1.0, 2.0, 4.0)]
        return torch.tensor(gradients).sign().tolist()

    truth = signs(reset_gradient=True)
    turned, zero, without_current = [-sign for sign in truth], [0.0] * 4, [1.0, -1.0, -1.0, -1.0]
    return truth, {
        "The reset is detached here; the path through −S[2] counts, too.": signs(),
        "All signs are turned: α + β stands with a plus, the reset with a minus.": turned,
        "The reset's path is negative, and α + β wins over it if h is small.": [-1.0] * 4,
        "That is the true gradient; with the surrogate a spike's slope is g(U − θ).": zero,
        "At h = 1 compare 0.9 with α + β: the current counts too.": without_current,
    }


@number(
    "05-8",
    generic=False,
    right="The means are 0, 2 and 5: the first neuron is 1 below, the last 2 above, and the "
    "squares are averaged over the three neurons.",
    hints=(
        "Over which axes do you take the mean before you compare with a bound?",
        "First the mean count of each neuron over the samples, then its distance to the bounds.",
    ),
)
def between_two_bounds():
    counts = torch.tensor([[0, 1, 4], [0, 3, 6]])  # sample, neuron

    def penalty(counts, **bounds):
        spikes = (torch.arange(10)[:, None, None] < counts).double()
        return float(training.spike_bounds_penalty(spikes, **bounds))

    both = {"lower": 1.0, "upper": 3.0}
    low, high = penalty(counts, lower=1.0), penalty(counts, upper=3.0)
    of_samples = sum(penalty(one[None], **both) for one in counts) / 2
    return penalty(counts, **both), {
        "The bounds act on a neuron's mean count over samples, not on each sample.": of_samples,
        "That is the sum; divide by the number of neurons.": 3 * penalty(counts, **both),
        "The distances are squared.": (1 + 2) / 3,
        "That is the upper bound alone; the silent neuron lies below the lower one.": high,
        "That is the lower bound alone; the last neuron lies above the upper one.": low,
    }
