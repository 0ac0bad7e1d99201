"""Exercises and quiz of chapter 5: surrogate gradients (paper section IV.B.1)."""

import math

import torch

from snnbook.exercises import _ch05_functions as by_code
from snnbook.exercises._ch05_quiz import QUESTIONS
from snnbook.exercises._records import Chapter, Exercise, Mistake
from snnbook.neurons import LIFNeuron, SpikingNetwork, run
from snnbook.surrogates import Surrogate, fast_sigmoid, piecewise_linear, true_derivative

_ROOT = 2 * (math.sqrt(2) - 1)


def _by_slope(slope: float) -> Surrogate:
    """Return the fast sigmoid 1/(1 + k|x|)² as a record."""
    return fast_sigmoid(width=_ROOT / slope)


# 05-1 ----------------------------------------------------------------------------------------

DERIVATIVE = Exercise(
    id="05-1",
    title="The derivative of the fast sigmoid",
    level="by head",
    kind="number",
    prompt=r"""
The fast sigmoid is $f(x) = x / (1 + k|x|)$ with $x = U - \theta$.
Give its derivative at $U = 1.2$ for $k = 5$ and $\theta = 1$.
""",
    truth=lambda: _by_slope(5).derivative(torch.tensor(1.2 - 1.0, dtype=torch.float64)),
    right="f′(x) = 1/(1 + k|x|)², and k|x| = 1 here: a quarter of the height at threshold.",
    hint="Take x > 0, apply the quotient rule, and put x = U − θ into the result.",
    solution="""
check("05-1", 1 / (1 + 5 * abs(1.2 - 1.0)) ** 2)
""",
    mistakes=(
        Mistake(
            lambda: 1 / (1 + 5 * 0.2),
            "The square is missing: the quotient rule leaves 1/(1 + k|x|)².",
        ),
        Mistake(
            lambda: 1 / (1 + 5 * 1.2) ** 2,
            "That is the value at x = 1.2; the argument is the distance to threshold, U − θ.",
        ),
        Mistake(lambda: 1 / (1 + 0.2) ** 2, "The slope k is missing inside the bracket."),
        Mistake(lambda: 5 / (1 + 5 * 0.2) ** 2, "There is no factor k in front: f′(0) = 1."),
        Mistake(lambda: 0.2 / (1 + 5 * 0.2), "That is the fast sigmoid itself, f(x)."),
        Mistake(lambda: 0.0, "That is the derivative of the step; the surrogate is not zero here."),
    ),
)

# 05-2 ----------------------------------------------------------------------------------------


def _width_and_area(width: float, area: float):
    """Return the width and the area for k = 25, as multiples of the true ones."""
    surrogate = _by_slope(25)
    return lambda: (surrogate.width * width, surrogate.area * area)


WIDTH = Exercise(
    id="05-2",
    title="Width and area from a slope",
    level="by head",
    kind="sequence",
    prompt=r"""
A library describes its surrogate $1/(1 + k|x|)^2$ by a slope of $k = 25$.
Give the pair (full width at half maximum, area under the curve) to three digits.
""",
    truth=_width_and_area(1, 1),
    tolerance=5e-3,
    right="The width is 2(√2 − 1)/k and the area 2/k: a steeper surrogate is narrower and "
    "passes on less.",
    hint="Width: solve (1 + kx)² = 2 for x and double it. Area: integrate one side and double it.",
    solution="""
k = 25
check("05-2", (2 * (math.sqrt(2) - 1) / k, 2 / k))
""",
    mistakes=(
        Mistake(
            _width_and_area(0.5, 1),
            "The width is halved: the curve has two sides, x < 0 and x > 0.",
        ),
        Mistake(
            _width_and_area(1, 0.5),
            "The area is halved: the integral from 0 covers one of the two sides.",
        ),
        Mistake(_width_and_area(0.5, 0.5), "Both are halved: each of them covers two sides."),
        Mistake(
            _width_and_area(2 / _ROOT, 1),
            "The square got lost in the width: solve (1 + kx)² = 2, not 1 + kx = 2.",
        ),
        Mistake(
            _width_and_area(1, 25 / 2),
            "The area 1 belongs to a normalized surrogate; this one has height 1 and area 2/k.",
        ),
        Mistake(
            lambda: (_by_slope(25).area, _by_slope(25).width),
            "The two are swapped: the width comes first.",
        ),
        Mistake(
            lambda: (_by_slope(25).width, _by_slope(25).width),
            "Width times height is the area of a rectangle; the tails of this curve add to it.",
        ),
    ),
)

# 05-3 ----------------------------------------------------------------------------------------


def _share_of_zeros() -> float:
    """Return the share of exactly zero gradient entries in a 20-10-2 net whose neurons all fire."""
    generator = torch.Generator().manual_seed(0)
    network = SpikingNetwork(
        (20, 10, 2), LIFNeuron(surrogate=true_derivative()), generator=generator
    )
    weights = list(network.parameters())
    with torch.no_grad():
        for weight in weights:
            weight.copy_(weight.abs() + 0.1)
    network(torch.ones(20, 3, 20)).readout.square().sum().backward()
    zeros = sum(int((weight.grad == 0).sum()) for weight in weights)
    return zeros / sum(weight.numel() for weight in weights)


ZEROS = Exercise(
    id="05-3",
    title="Where the true gradient is zero",
    level="by head",
    kind="number",
    prompt=r"""
A network has 20 inputs, 10 spiking hidden neurons and a leaky readout of 2 units that never spikes.
Every hidden neuron fires, and the loss depends on both readouts at all times.
Backpropagation uses the *true* derivative of the step.
Which share of the entries of the two weight gradients is exactly zero?
""",
    truth=_share_of_zeros,
    right="The 200 hidden weights act through spikes, whose derivative is 0; the 20 readout "
    "weights do not, and they learn.",
    hint="Which of the 20 · 10 + 10 · 2 weights act on the loss without passing through a spike?",
    solution="""
hidden, readout = 20 * 10, 10 * 2
check("05-3", hidden / (hidden + readout))
""",
    mistakes=(
        Mistake(
            lambda: 1.0,
            "The readout does not spike: the loss is smooth in its weights, and their gradient "
            "is intact.",
        ),
        Mistake(
            lambda: 1 - _share_of_zeros(),
            "That is the share of the entries that are *not* zero.",
        ),
        Mistake(
            lambda: 0.0,
            "The chain rule multiplies by the derivative of the step, which is 0 away from "
            "threshold.",
        ),
        Mistake(lambda: 10 / 12, "Count weights, not neurons: 20 · 10 and 10 · 2."),
        Mistake(lambda: 0.5, "One of the two matrices, but they differ in size: count entries."),
        Mistake(lambda: 200.0, "That is their number; the share is asked for."),
    ),
)

# 05-6 and 05-7 -------------------------------------------------------------------------------

_ALPHA, _BETA, _WEIGHT = 0.5, 0.8, 1.1
_PARAMS = LIFNeuron(tau_mem=-1e-3 / math.log(_BETA), tau_syn=-1e-3 / math.log(_ALPHA), dt=1e-3)


def _gradient(
    height: float = 1.0, reset_gradient: bool = False, reset: str = "subtract", steps=(2, 3)
) -> float:
    """Return d(sum of S at these steps)/dw for one input spike at step 0."""
    weight = torch.tensor(_WEIGHT, dtype=torch.float64, requires_grad=True)
    impulse = torch.zeros(4, 1, 1, dtype=torch.float64)
    impulse[0] = 1.0
    surrogate = piecewise_linear(width=1.0, height=height)
    options = {"surrogate": surrogate, "reset": reset, "reset_gradient": reset_gradient}
    spikes = run(_PARAMS, weight * impulse, **options).spikes
    (gradient,) = torch.autograd.grad(spikes[list(steps)].sum(), weight)
    return float(gradient)


_G2, _G3 = 1 - abs(_WEIGHT - 1), 1 - abs((_ALPHA + _BETA) * _WEIGHT - 1 - 1)

TWO_STEPS = Exercise(
    id="05-6",
    title="Backpropagation through two steps",
    level="by head",
    kind="number",
    prompt=r"""
A neuron has $\alpha = 0.5$, $\beta = 0.8$, $\theta = 1$ and a subtractive reset.
It receives one input spike at $n = 0$ through the weight $w = 1.1$.
The loss is $L = S[2] + S[3]$, and the surrogate is $g(x) = \max(0, 1 - |x|)$.
Give $\mathrm{d}L/\mathrm{d}w$ when the reset is detached from the gradient.
""",
    truth=_gradient,
    right="g(0.1) · 1 + g(−0.57) · (α + β): two paths lead to U[3], through I and through U.",
    hint="I[1] = w, U[2] = w, U[3] = βU[2] + I[2] − S[2]. Sum over all paths from w to the spikes.",
    solution="""
def g(x):
    return max(0.0, 1 - abs(x))


alpha, beta, w = 0.5, 0.8, 1.1
U2 = w
U3 = beta * U2 + alpha * w - 1.0  # S[2] = 1
check("05-6", g(U2 - 1) + g(U3 - 1) * (alpha + beta))
""",
    mistakes=(
        Mistake(
            lambda: _gradient(reset_gradient=True),
            "That includes the path through the reset, −g(U[2] − θ): a detached reset passes "
            "nothing back.",
        ),
        Mistake(
            lambda: _gradient(reset="none"),
            "The reset is missing in the forward pass: U[3] = βU[2] + I[2] − 1. Detached means "
            "that the gradient ignores it, not the neuron.",
        ),
        Mistake(
            lambda: _G2 + _G3 * _BETA,
            "One path is missing: w also reaches U[3] through I[2] = αI[1].",
        ),
        Mistake(
            lambda: _G2 + _G3 * _ALPHA,
            "One path is missing: w also reaches U[3] through βU[2].",
        ),
        Mistake(lambda: _G2 + _G3, "The factors of the path to U[3] are missing: α + β."),
        Mistake(lambda: _gradient(steps=(3,)), "That is S[3] alone; S[2] depends on w as well."),
        Mistake(lambda: _gradient(steps=(2,)), "That is S[2] alone; go on to S[3]."),
        Mistake(
            lambda: 1 + _ALPHA + _BETA,
            "The surrogate is missing: each spike multiplies its path by g(U − θ).",
        ),
        Mistake(
            lambda: 0.0,
            "That is the true gradient; put g(U − θ) for the step's derivative.",
        ),
        Mistake(
            lambda: _gradient() * _WEIGHT,
            "Once too often multiplied by w: I[1] = w · S_in[0], so dI[1]/dw is 1.",
        ),
    ),
)

_HEIGHTS = (0.5, 1.0, 2.0, 4.0)


def _signs(**options) -> list[float]:
    gradients = (_gradient(height, steps=(3,), **options) for height in _HEIGHTS)
    return [math.copysign(1.0, gradient) if gradient else 0.0 for gradient in gradients]


RESET_SIGN = Exercise(
    id="05-7",
    title="When the reset turns the gradient around",
    level="explore",
    kind="sequence",
    prompt=r"""
Take the neuron of exercise 05-6 again, and let the gradient flow through the reset.
The surrogate is $g(x) = h \max(0, 1 - |x|)$ with the heights $h = 0.5, 1, 2, 4$.
Give the four signs ($1$, $0$ or $-1$) of $\mathrm{d}S[3]/\mathrm{d}w$.
""",
    truth=lambda: _signs(reset_gradient=True),
    right="The sign is that of α + β − h·g(0.1): a high surrogate claims that more weight means "
    "fewer spikes, because the reset looks larger than it is.",
    hint="The path through the reset contributes −g(U[2] − θ) beside α + β.",
    solution="""
signs = []
for height in (0.5, 1.0, 2.0, 4.0):
    w = torch.tensor(1.1, requires_grad=True)
    neuron = LIFNeuron(tau_mem=-1e-3 / math.log(0.8), tau_syn=-1e-3 / math.log(0.5))
    drive = w * torch.tensor([1.0, 0.0, 0.0, 0.0])[:, None, None]
    surrogate = piecewise_linear(width=1.0, height=height)
    spikes = unroll(drive, neuron, surrogate=surrogate, reset_gradient=True).spikes
    spikes[3].sum().backward()
    signs.append(w.grad.sign())
check("05-7", signs)
""",
    generic=False,
    mistakes=(
        Mistake(
            _signs,
            "These are the signs with a detached reset; pass `reset_gradient=True`, the path "
            "through −S[2] counts.",
        ),
        Mistake(
            lambda: [-sign for sign in _signs(reset_gradient=True)],
            "All signs are turned: α + β stands with a plus, the reset with a minus.",
        ),
        Mistake(
            lambda: [-1.0] * 4,
            "The path through the reset is negative, and it competes with α + β, which wins if "
            "the surrogate is low.",
        ),
        Mistake(
            lambda: [0.0] * 4,
            "That is the true gradient; with the surrogate the derivative of a spike is g(U − θ).",
        ),
        Mistake(
            lambda: [1.0, -1.0, -1.0, -1.0],
            "At h = 1 compare 0.9 with α + β, not with β alone: the current counts too.",
        ),
    ),
)

CHAPTER = Chapter(
    "05",
    "Surrogate gradients",
    (DERIVATIVE, WIDTH, ZEROS, by_code.OWN, by_code.DETACH, TWO_STEPS, RESET_SIGN),
    QUESTIONS,
)
