"""Exercises of chapter 4d: spike timing (paper section IV.A.4)."""

import math

import torch

from snnbook import spike_times
from snnbook.exercises._forbidden import automatic_gradient
from snnbook.exercises._records import Times, function, number, sequence


def _two_inputs() -> tuple[torch.Tensor, torch.Tensor]:
    """Return z of the spike of the neuron of exercise 04d-1, and its gradient in the weights."""
    times = torch.tensor([[0.0, math.log(2)]], dtype=torch.float64)
    weight = torch.tensor([[0.8, 1.2]], dtype=torch.float64, requires_grad=True)
    z = spike_times.first_spike(times, weight, spike_times.NonLeaky()).exp()
    (gradient,) = torch.autograd.grad(z.sum(), weight)
    return z.detach()[0, 0], gradient[0]


@number(
    "04d-1",
    right="(0.8 · 1 + 1.2 · 2) / (2 − 1): the first input alone sums to less than 1 and cannot "
    "make a spike, so both are in the causal set.",
    hints=(
        "Which of the two inputs come before the spike?",
        "Sum w z over the causal inputs, with z = eᵗ, and divide by the sum of their "
        "weights minus 1.",
        "z₁ = 1 and z₂ = 2. Can the first input alone make a spike?",
    ),
)
def spike_time():
    z, _ = _two_inputs()
    second_alone = 1.2 * 2 / (1.2 - 1)
    return z, {
        "That is the time; the exercise asks for z, its exponent.": z.log(),
        "The threshold is missing below the line: divide by the sum of w minus 1.": 1.6,
        "Sum w z, not w t: the equation is linear in z = eᵗ and not in t.": 1.2 * math.log(2),
        "That is the sum of the weights; weigh each z with its w.": 0.8 + 1.2,
        "The second input alone: an input that came before the spike is a "
        "cause, however weak.": second_alone,
        "The first input alone: its weight is below 1, so the sum has no crossing, and the "
        "negative sign tells.": 0.8 / (0.8 - 1),
    }


@number(
    "04d-2",
    right="(z₂ − z_out)/(Σw − 1) = 2 − 3.2: more weight, an earlier spike, and the less so the "
    "closer the input comes to the spike.",
    hints=(
        "Does more weight make the spike earlier or later? And in how many places of the "
        "formula does w₂ stand?",
        "Quotient rule: w₂ stands above the line, times z₂, and below it.",
        "The part from above the line is z₂/(Σw − 1).",
    ),
)
def slope_in_a_weight():
    z, (in_first, in_second) = _two_inputs()
    return in_second, {
        "The weight also stands below the line: the quotient rule subtracts z_out. Your sign "
        "says that more drive delays the spike.": 2.0,
        "The sign: more weight makes the spike earlier, so z_out falls.": -in_second,
        "That is the derivative in the first weight, (z₁ − z_out)/(Σw − 1).": in_first,
        "That is the derivative of the time; without the factor 1/z_out it is that of z.": Times(
            1 / z
        ),
        "The part from above the line is missing: + z₂/(Σw − 1).": -z,
    }


@sequence(
    "04d-3",
    right="One over the maximum of the kernel: 1, 1/e at s = 1, and 1/4 at s = 2 ln 2.",
    hints=(
        "What is the largest potential that one spike can reach through the weight w?",
        "The membrane is w κ(s): where is each kernel largest, and how large is it there?",
        "For the third kernel let x = e^(−s/2): it is x − x², which is largest at x = 1/2.",
    ),
)
def smallest_weights():
    cells = (spike_times.NonLeaky(), spike_times.EqualTau(), spike_times.DoubleTau())
    truth = [cell.smallest_weight for cell in cells]
    maxima, at_two = [1 / weight for weight in truth], [1.0, math.e, 2.0]
    at_one = [1.0, math.e, 1 / (math.exp(-0.5) - math.exp(-1))]
    return truth, {
        "Those are the maxima of the kernels; the weight must make up for them.": maxima,
        "The kernels have different maxima; only the first is 1.": [1.0, 1.0, 1.0],
        "The third kernel peaks where its derivative is zero, at s = 2 ln 2, and not at "
        "s = 1.": at_one,
        "At the peak of the third kernel e^(−s/2) is 1/2, and its square is subtracted.": at_two,
    }


def _first(times, weights) -> float:
    """Return the spike time of the non-leaky neuron, by the package."""
    return float(spike_times.first_spike(times[None], weights[None], spike_times.NonLeaky()))


def _finite(function, times, weights):
    """Return what the function returns, and a number that no spike time has for infinity."""
    found = function(times, weights)
    is_number = isinstance(found, (float, int)) or getattr(found, "shape", None) == ()
    return -1e6 if is_number and float(found) == math.inf else found


@function(
    "04d-4",
    observe=_finite,
    right="Sort, add up, and stop at the first sum above 1 whose crossing comes before the next "
    "input.",
    hints=(
        "Which inputs can cause the spike, and in which order do you have to look at them?",
        "After each input, in the order of their times: is the sum of weights above 1, and "
        "does the crossing come before the next input?",
        "`pairs = sorted(zip(times.tolist(), weights.tolist()))`.",
    ),
)
def causal_set(draw):
    # Unsorted input times and weights; some neurons spike early, some late, some never
    cases = []
    for total in (3.0, 2.0, 1.5, 1.2, 0.7):
        weights = draw.uniform(4, low=0.1, high=1.1)
        cases.append((draw.uniform(4, high=2.0), total * weights / weights.sum()))
    times, *rows = torch.tensor(
        [[0.0, 1.0, 0.2, 0.1], [2.0, -1.5, 0.3, 0.2], [-0.5, 0.2, 1.9, 0.4]], dtype=torch.float64
    )
    cases = [*cases, *((times, row) for row in rows)]

    def first_spike_time(times, weights):
        return _first(times, weights)

    def everything(times, weights):
        total, moment = float(weights.sum()) - 1, float(weights @ times.exp())
        return math.log(moment / total) if total > 0 and moment > 0 else math.inf

    def scan(times, weights, *, ordered=True, bounded=True):
        pairs = list(zip(times.tolist(), weights.tolist()))
        pairs = sorted(pairs) if ordered else pairs
        total = moment = 0.0
        for (t, w), (arrival, _) in zip(pairs, [*pairs[1:], (math.inf, 0.0)]):
            total, moment = total + w, moment + w * math.exp(t)
            z = moment / (total - 1) if total > 1 else 0.0
            if z > 0 and (not bounded or math.log(z) <= arrival):
                return math.log(z)
        return math.inf

    return (first_spike_time, cases), {
        "All inputs take part, also those after the spike: an input that has not come yet "
        "cannot cause it.": everything,
        "You stop as soon as the weights sum to more than 1. The crossing may lie after the "
        "next input, which then takes part.": lambda *case: scan(*case, bounded=False),
        "The inputs are not sorted by time: the causal set grows in the order of "
        "arrival.": lambda *case: scan(*case, ordered=False),
        "That is z = eᵗ; take the logarithm in the end.": lambda *case: math.exp(_first(*case)),
        "A neuron without a spike has the time `math.inf`, not a large number.": lambda *case: min(
            _first(*case), 10.0
        ),
    }


@function(
    "04d-5",
    axes=("j",),
    forbid=automatic_gradient,
    right="−κ/U̇ over the causal set, and zero for an input that comes after the spike.",
    hints=(
        "At the spike the membrane is at threshold, before and after a small change of a "
        "weight: what must move along with it?",
        "∂t/∂w_j is −κ(t − t_j) over the slope of the membrane at the spike; inputs after "
        "the spike take part in neither.",
        "`causal = times < spike`.",
    ),
)
def slope_of_a_spike_time(draw):
    # Input times, weights and the spike time, as tensors; one input comes too late
    cases = []
    for _ in range(4):
        times, weights = draw.uniform(4), 0.5 + draw.uniform(4)
        times[2] = 9.0
        cases.append((times, weights, torch.tensor(_first(times, weights), dtype=torch.float64)))

    def slope(times, weights, spike):
        """Divide the kernel by the slope of the membrane; both are 0 before an input arrives."""
        cell, since = spike_times.NonLeaky(), spike - times
        return -cell.kernel(since) / (weights * cell.kernel_slope(since)).sum()

    def kernel(times, spike):
        return 1 - torch.exp(times - spike)

    def steepness(times, weights, spike):
        """Return the slope of the membrane at the spike."""
        return (weights * torch.exp(times - spike))[times < spike].sum()

    def without_causes(times, weights, spike):
        return -kernel(times, spike) / (weights * torch.exp(times - spike)).sum()

    return (slope, cases), {
        "The sign: a larger weight lifts the membrane, and a lifted "
        "membrane crosses earlier.": lambda *case: -slope(*case),
        "An input after the spike has no effect: its κ is zero, not 1 − e^(−s) of "
        "a negative s.": lambda t, w, spike: -kernel(t, spike) / steepness(t, w, spike),
        "The causal set is missing: inputs after the spike belong neither above nor below the "
        "line.": without_causes,
        "Divide by the slope of the membrane at the spike: a steep "
        "crossing hardly moves.": lambda t, w, spike: -kernel(t, spike) * (t < spike),
        "Once too often multiplied by w: the derivative of w κ in w is κ.": lambda t, w, spike: (
            w * slope(t, w, spike)
        ),
        "That is the derivative of z = eᵗ; the exercise asks for that of t.": lambda t, w, spike: (
            slope(t, w, spike) * torch.exp(spike)
        ),
    }


@sequence(
    "04d-6",
    tolerance=2e-2,
    generic=False,
    right="The leaky neuron vanishes at its peak, with a square root; the non-leaky one is later "
    "and later, with a logarithm. Both gradients are infinite at the end.",
    hints=(
        "Does the slope grow or shrink toward silence? So which sign has its power?",
        "Compute the slope at two small x, ten times apart: the power is the logarithm of "
        "their ratio, to base ten.",
        "`weight = (cell.smallest_weight * (1 + excess))[:, None].requires_grad_()`, with "
        "two values in `excess`.",
    ),
)
def last_slope():
    def exponent(cell):
        """Fit the power of the slope dt/dw over the excess of the weight, close to the end."""
        excess = torch.tensor([1e-9, 1e-7], dtype=torch.float64)
        weight = (cell.smallest_weight * (1 + excess))[:, None].requires_grad_()
        times = spike_times.first_spike(torch.zeros(1, 1, dtype=torch.float64), weight, cell)
        (slope,) = torch.autograd.grad(times.sum(), weight)
        return float(torch.log(slope[1] / slope[0]) / torch.log(excess[1] / excess[0]))

    time, leaky, straight = [0.5, 0.0], [-0.5, -0.5], [-1.0, -1.0]
    return [exponent(spike_times.DoubleTau()), exponent(spike_times.NonLeaky())], {
        "The slope grows as x shrinks, so the powers are negative.": [0.5, 1.0],
        "That describes the time itself, which ends as a square root; its slope "
        "is asked for.": time,
        "The two are swapped: the leaky neuron comes first.": [-1.0, -0.5],
        "A non-leaky neuron has no peak to vanish at: t = ln(w/(w − 1)), derive that.": leaky,
        "A leaky neuron ends at the peak of a parabola, and a parabola gives "
        "a square root.": straight,
        "Zero is the slope after the end, when the neuron is silent; come from above.": [0.0, 0.0],
    }
