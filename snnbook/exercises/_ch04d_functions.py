"""The exercises of chapter 4d in which the reader writes a function: a spike time, its slope."""

import math

import torch
from torch import Tensor

from snnbook.exercises._records import Exercise, Mistake
from snnbook.spike_times import NonLeaky, first_spike

_NEVER = -1e6  # stands for infinity where answers are compared


def _draws(generator: torch.Generator) -> list[tuple]:
    """Return unsorted input times and weights; some neurons spike early, some late, some never."""
    cases = []
    for total in (3.0, 2.0, 1.5, 1.2, 0.7):
        times = 2 * torch.rand(4, generator=generator, dtype=torch.float64)
        weights = torch.rand(4, generator=generator, dtype=torch.float64) + 0.1
        cases.append((times, total * weights / weights.sum()))
    times = torch.tensor([0.0, 1.0, 0.2, 0.1], dtype=torch.float64)
    rows = torch.tensor([[2.0, -1.5, 0.3, 0.2], [-0.5, 0.2, 1.9, 0.4]], dtype=torch.float64)
    return [*cases, *((times, row) for row in rows)]


def _first(times, weights) -> float:
    """Return the spike time of the non-leaky neuron, by the package."""
    return float(first_spike(times[None], weights[None], NonLeaky()))


def _scan(times, weights, *, ordered=True, bounded=True, guarded=True) -> float:
    """Return a spike time, with parts of the rule left out on request."""
    pairs = list(zip(times.tolist(), weights.tolist()))
    pairs = sorted(pairs) if ordered else pairs
    total = moment = 0.0
    for index, (t, w) in enumerate(pairs):
        total, moment = total + w, moment + w * math.exp(t)
        if guarded and total <= 1:
            continue
        z = moment / (total - 1)
        later = pairs[index + 1][0] if index + 1 < len(pairs) else math.inf
        if z > 0 and (not bounded or math.log(z) <= later):
            return math.log(z)
    return math.inf


def _everything(times, weights) -> float:
    """Return a spike time with all inputs in the causal set."""
    total = float(weights.sum()) - 1
    moment = float((weights * times.exp()).sum())
    return math.log(moment / total) if total > 0 and moment > 0 else math.inf


def _finite(function, times, weights):
    """Return what the function returns, and a number that no spike time has for infinity."""
    found = function(times, weights)
    is_number = isinstance(found, (float, int)) or getattr(found, "shape", None) == ()
    return _NEVER if is_number and float(found) == math.inf else found


FIRST = Exercise(
    id="04d-4",
    title="Find the causal set",
    level="by code",
    kind="function",
    signature="first_spike_time(times, weights)",
    prompt=r"""
Write `first_spike_time(times, weights)` for one non-leaky neuron.
Its threshold is 1, and time is in units of $\tau_\text{syn}$.
Both arguments are tensors of the same length, and the times are in no order.
Return the time of the first spike, or `math.inf` if there is none.
""",
    truth=_first,
    cases=_draws,
    observe=_finite,
    tolerance=1e-6,
    right="Sort, add up, and stop at the first sum above 1 whose crossing comes before the next "
    "input.",
    hint="Go through the inputs in the order of their times. After each one, is the sum of weights "
    "above 1, and does the crossing come before the next input?",
    solution="""
def first_spike_time(times, weights):
    pairs = sorted(zip(times.tolist(), weights.tolist()))
    arrivals = [t for t, _ in pairs[1:]] + [math.inf]
    total = moment = 0.0
    for (t, w), next_arrival in zip(pairs, arrivals):
        total, moment = total + w, moment + w * math.exp(t)
        if total > 1 and moment / (total - 1) <= math.exp(next_arrival):
            return math.log(moment / (total - 1))
    return math.inf


check("04d-4", first_spike_time)
""",
    mistakes=(
        Mistake(
            _everything,
            "All inputs take part, also those after the spike: an input that has not come yet "
            "cannot cause it.",
        ),
        Mistake(
            lambda times, weights: _scan(times, weights, bounded=False),
            "You stop as soon as the weights sum to more than 1. The crossing may lie after the "
            "next input, which then takes part.",
        ),
        Mistake(
            lambda times, weights: _scan(times, weights, ordered=False),
            "The inputs are not sorted by time: the causal set grows in the order of arrival.",
        ),
        Mistake(
            lambda times, weights: math.exp(_first(times, weights)),
            "That is z = eᵗ; take the logarithm in the end.",
        ),
        Mistake(
            lambda times, weights: min(_first(times, weights), 10.0),
            "A neuron without a spike has the time `math.inf`, not a large number.",
        ),
    ),
)


def _spikes(generator: torch.Generator) -> list[tuple]:
    """Return input times, weights and the spike time, as tensors; one input comes too late."""
    cases = []
    for _ in range(4):
        times = torch.rand(4, generator=generator, dtype=torch.float64)
        weights = 0.5 + torch.rand(4, generator=generator, dtype=torch.float64)
        times[2] = 9.0
        spike = first_spike(times[None], weights[None], NonLeaky())[0, 0]
        cases.append((times, weights, spike))
    return cases


def _slope(times: Tensor, weights: Tensor, spike: Tensor) -> Tensor:
    """Return dt/dw by autograd through the package's layer."""
    weight = weights.detach().clone()[None].requires_grad_()
    time = first_spike(times[None], weight, NonLeaky())
    return torch.autograd.grad(time.sum(), weight)[0][0]


def _parts(times: Tensor, weights: Tensor, spike: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the causal mask, the kernel and the slope of the membrane at the spike."""
    causal = (times < spike).double()
    decay = torch.exp(-(spike - times)) * causal
    return causal, causal - decay, (weights * decay).sum()


SLOPE = Exercise(
    id="04d-5",
    title="The slope of a spike time",
    level="by code",
    kind="function",
    signature="slope(times, weights, spike)",
    prompt=r"""
Write `slope(times, weights, spike)` for the non-leaky neuron, without autograd.
`times` and `weights` are tensors of the same length, `spike` is the time of the neuron's spike.
Return the tensor of $\partial t / \partial w_j$, from {eq}`eq-04d-implicit`.
""",
    truth=_slope,
    cases=_spikes,
    tolerance=1e-6,
    right="−κ/U̇ over the causal set, and zero for an input that comes after the spike.",
    hint="κ(s) = 1 − e^(−s) for s > 0 and else 0; U̇ is the sum of w e^(−s) over the causal set.",
    solution="""
def slope(times, weights, spike):
    causal = times < spike
    decay = torch.exp(-(spike - times))
    kernel = causal * (1 - decay)
    return -kernel / (weights * causal * decay).sum()


check("04d-5", slope)
""",
    mistakes=(
        Mistake(
            lambda t, w, s: _parts(t, w, s)[1] / _parts(t, w, s)[2],
            "The sign: a larger weight lifts the membrane, and a lifted membrane crosses earlier.",
        ),
        Mistake(
            lambda t, w, s: -(1 - torch.exp(-(s - t))) / _parts(t, w, s)[2],
            "An input after the spike has no effect: its κ is zero, not 1 − e^(−s) of a negative "
            "s.",
        ),
        Mistake(
            lambda t, w, s: -(1 - torch.exp(-(s - t))) / (w * torch.exp(-(s - t))).sum(),
            "The causal set is missing: inputs after the spike belong neither above nor below the "
            "line.",
        ),
        Mistake(
            lambda t, w, s: -_parts(t, w, s)[1],
            "Divide by the slope of the membrane at the spike: a steep crossing hardly moves.",
        ),
        Mistake(
            lambda t, w, s: -w * _parts(t, w, s)[1] / _parts(t, w, s)[2],
            "Once too often multiplied by w: the derivative of w κ in w is κ.",
        ),
        Mistake(
            lambda t, w, s: -_parts(t, w, s)[1] / _parts(t, w, s)[2] * torch.exp(s),
            "That is the derivative of z = eᵗ; the exercise asks for that of t.",
        ),
    ),
)
