"""What a gradient costs, measured: bytes, seconds and values sent (section III, chapter 3)."""

import math
import time
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from snnbook._validate import check_choice, check_integer, check_sequence, is_number
from snnbook.gradients._allocations import Allocations
from snnbook.gradients._bptt import backward, record
from snnbook.gradients._checkpoints import from_checkpoints
from snnbook.gradients._checks import check_run, error_at
from snnbook.gradients._cost import COUNTED, check_checkpoint
from snnbook.gradients._online import is_recurrent
from snnbook.gradients._rtrl import RTRL
from snnbook.gradients._run_online import online_steps
from snnbook.neurons import SpikingNetwork
from snnbook.training import StepError


class Measured(NamedTuple):
    """``held``: bytes between two steps at most; ``peak``: bytes at any time; ``seconds``.

    Seconds are those of the processor, so that other programs on the machine do not count.
    """

    held: int
    peak: int
    seconds: float


class Traffic(NamedTuple):
    """Values that cross a synapse in a run: ``spikes`` forward, ``errors`` backward."""

    spikes: int
    errors: int


def measure(
    rule: str,
    network: SpikingNetwork,
    spikes: Tensor,
    error: StepError,
    *,
    repeats: int = 3,
    checkpoint: int | None = None,
) -> Measured:
    """Run a rule and count the bytes it holds, and the processor's seconds of its fastest run.

    Parameters
    ----------
    rule : {"bptt", "rtrl", "traces"}
        As in :func:`cost`.
    network : SpikingNetwork
        Its weights and the input do not count.
    spikes : Tensor
        Input, (T, B, inputs).
    error : StepError
        The loss.
    repeats : int
        Runs for the time, at least 1. Bytes are counted in one more run.
    checkpoint : int, optional
        As in :func:`cost`.

    Returns
    -------
    Measured

    Raises
    ------
    TypeError, ValueError
        If the rule is unknown, or the spikes do not fit the network.

    Examples
    --------
    >>> from snnbook.gradients import cost
    >>> from snnbook.training import step_cross_entropy
    >>> network = SpikingNetwork((3, 40, 2), recurrent=True)
    >>> run = torch.zeros(50, 1, 3), step_cross_entropy(torch.tensor([1]), steps=50)
    >>> counted = cost("bptt", (3, 40, 2), steps=50)
    >>> 0.9 < measure("bptt", network, *run).held / (4 * counted.floats) < 1.1
    True

    Paper section III; chapter 3.
    """
    check_choice("rule", rule, COUNTED)
    check_integer("repeats", repeats, 1)
    check_checkpoint(rule, checkpoint)
    run = rule, network, spikes, error, checkpoint
    with Allocations() as count:
        held = max(count.live for _ in _steps(*run))
    return Measured(held, count.peak, _fastest(lambda: _steps(*run), repeats))


def _steps(rule: str, network, spikes, error, checkpoint) -> Iterable:
    """Run a rule and stop between any two steps."""
    if checkpoint is not None:
        check_run(network, spikes)
        yield from from_checkpoints(network, spikes, error, checkpoint)
        return
    if rule != "bptt":
        yield from online_steps(RTRL(recurrent=rule == "rtrl"), network, spikes, error)
        return
    history = record(network, spikes)
    errors = [error_at(error, records[-1].mem, n) for n, records in enumerate(history)]
    yield from backward(network, history, errors)


def _fastest(steps: Callable[[], Iterable], repeats: int) -> float:
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        for _ in steps():
            pass
        seconds.append(time.process_time() - start)
    return min(seconds)


@torch.no_grad()
def traffic(network: SpikingNetwork, spikes: Tensor, error: StepError) -> Traffic:
    """Count the values that cross a synapse between neurons while BPTT runs.

    A spike of a hidden neuron crosses each synapse that leads away from it, as one bit. In
    the backward pass a neuron sends its error, a real number, against the direction of each
    synapse that leads to it. Synapses from the input are left out: no error is needed there.
    A value of exactly 0 is not sent.

    Parameters
    ----------
    network : SpikingNetwork
        Hidden layers and a leaky readout.
    spikes : Tensor
        Input, (T, B, inputs).
    error : StepError
        The loss.

    Returns
    -------
    Traffic

    Examples
    --------
    Without input there is no spike, and still there are errors to send:

    >>> from snnbook.training import step_cross_entropy
    >>> network = SpikingNetwork((3, 4, 2))
    >>> traffic(network, torch.zeros(9, 1, 3), step_cross_entropy(torch.tensor([1]), steps=9))
    Traffic(spikes=0, errors=56)

    Paper section III; chapter 3.
    """
    history = record(network, spikes)
    errors = [error_at(error, records[-1].mem, n) for n, records in enumerate(history)]
    layers = [*network.hidden, network.readout]
    sent = returned = 0
    for n, blame in backward(network, history, errors):
        for k, (layer, rows) in enumerate(zip(layers, blame, strict=True)):
            own = len(layer.weight) if is_recurrent(layer) else 0
            fan_in = (layer.weight.shape[1] if k else 0) + own
            returned += int(rows.count_nonzero()) * fan_in
            if k + 1 < len(layers):
                fan_out = len(layers[k + 1].weight) + own
                sent += int(history[n][k].spikes.count_nonzero()) * fan_out
    return Traffic(sent, returned)


def exponent(sizes: Sequence[float], values: Sequence[float]) -> float:
    r"""Return the power :math:`p` of the best fit :math:`\text{value} \propto \text{size}^p`.

    Parameters
    ----------
    sizes, values : sequence of float
        Two or more pairs of numbers above 0; the fit is the line through their logarithms.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If there are fewer than two pairs, or a number is not above 0.

    Examples
    --------
    >>> round(exponent([1, 2, 4], [3, 24, 192]), 6)
    3.0

    Chapter 3.
    """
    for name, given in (("sizes", sizes), ("values", values)):
        check_sequence(name, given, "a sequence of numbers above 0")
    if len(sizes) != len(values) or len(sizes) < 2:
        raise ValueError(
            f"sizes and values have {len(sizes)} and {len(values)} entries; "
            "equally many, two or more, are accepted"
        )
    if not all(is_number(x) and 0 < x < math.inf for x in (*sizes, *values)):
        raise ValueError(
            "sizes or values hold a number of 0 or below; finite numbers above 0 are accepted"
        )
    x, y = (torch.tensor(part, dtype=torch.float64).log() for part in (sizes, values))
    x = x - x.mean()
    return ((x * y).sum() / (x * x).sum()).item()
