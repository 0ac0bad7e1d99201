r"""Exact gradients of delays: a spike that comes later by d is felt later by d (chapter 8a).

A delay only moves an input spike, so its derivative is that of the input's time. Where every
synapse has a delay of its own, one spike arrives at each neuron at another time; the synapses of an
input are then inputs of their own, and what is known of input times holds for each of them.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from snnbook._validate import check_finite, check_float, check_kind, check_same_kind
from snnbook.spike_times._cells import Cell, check_cell
from snnbook.spike_times._eventprop import EventGradient, EventNetwork, check_network
from snnbook.spike_times._first_spike import first_spike
from snnbook.spike_times._guard import check_array, check_times


def delayed_first_spike(times: Tensor, weight: Tensor, delay: Tensor, cell: Cell) -> Tensor:
    r"""Return the first spike time of neurons whose synapses have delays, with exact gradients.

    .. math::

        U_i(t) = \sum_j W_{ij}\, \kappa(t - t_j - d_{ij}), \qquad
        \frac{\partial t_i}{\partial d_{ij}}
        = \frac{W_{ij}\, \dot\kappa(t_i - t_j - d_{ij})}{\dot U_i(t_i)}

    Parameters
    ----------
    times : Tensor, shape (B, N)
        Input spike times; infinity for an input that does not spike.
    weight, delay : Tensor, shape (O, N)
        Weights and delays, out first, finite; the delays at least 0, in the unit of
        ``cell.tau_syn``.
    cell : Cell
        The neuron.

    Returns
    -------
    Tensor, shape (B, O)
        As :func:`first_spike` returns it. A synapse that is not in the causal set has no gradient.

    Raises
    ------
    TypeError, ValueError
        If a shape or dtype does not fit, or delays are below 0 or not finite.

    Examples
    --------
    A delay of the only synapse delays the spike by as much, and its derivative is 1:

    >>> from snnbook.spike_times import NonLeaky
    >>> times, weight = torch.tensor([[0.0]]), torch.tensor([[2.0]])
    >>> delay = torch.tensor([[0.5]], requires_grad=True)
    >>> spike = delayed_first_spike(times, weight, delay, NonLeaky())  # ln 2 + 0.5
    >>> spike.sum().backward()
    >>> f"{spike.item():.4f}", delay.grad.tolist()
    ('1.1931', [[1.0]])

    Goeltz et al. (2025); chapter 8a; ``eq-08a-exact``.
    """
    check_cell(cell)
    check_float("times", times)
    check_times("times", times, None)
    for name, value in (("weight", weight), ("delay", delay)):
        check_float(name, value)
        check_same_kind(name, value, times)
        check_finite(name, value)
        if value.dim() != 2 or value.shape[1] != times.shape[1] or len(value) != len(weight):
            wanted = f"({'outputs' if name == 'weight' else len(weight)}, {times.shape[1]})"
            raise ValueError(f"{name} has shape {tuple(value.shape)}; {wanted} is accepted")
    if bool((delay < 0).any()):
        raise ValueError(
            f"delay holds {delay.detach().min().item():g}; times of at least 0 are accepted"
        )
    rows = [
        first_spike(times + late, row[None], cell) for row, late in zip(weight, delay, strict=True)
    ]
    return torch.cat(rows, 1) if rows else times.new_zeros(len(times), 0)


class DelayedEvents(NamedTuple):
    """A network whose synapses from the inputs are inputs of their own, and when these spike.

    ``network``, ``times`` and ``sources`` are what :func:`simulate_events` takes.
    """

    network: EventNetwork
    times: np.ndarray
    sources: np.ndarray


def delayed_events(
    network: EventNetwork, delay: np.ndarray, times: Sequence[float], sources: Sequence[int]
) -> DelayedEvents:
    r"""Return a network, and its input, in which every synapse from an input has a delay.

    Synapse (i, j) becomes input :math:`i N_\text{in} + j`, with one weight, that to neuron i, and
    spikes at :math:`t_j + d_{ij}`.

    Parameters
    ----------
    network : EventNetwork
        N neurons and N_in inputs.
    delay : array, shape (N, N_in)
        Delays in seconds, at least 0.
    times, sources : sequence of float, sequence of int
        Input spikes, as :func:`simulate_events` takes them.

    Returns
    -------
    DelayedEvents

    Raises
    ------
    TypeError, ValueError
        If a shape does not fit, or delays are below 0 or not finite.

    Examples
    --------
    >>> net = EventNetwork(np.array([[4.0], [4.0]]), np.zeros((2, 2)), np.ones(2))
    >>> made = delayed_events(net, np.array([[0.0], [5e-3]]), [1e-3], [0])
    >>> [round(1e3 * float(t), 3) for t in made.times], made.sources.tolist()
    ([1.0, 6.0], [0, 1])

    Meszaros, Knight and Nowotny (2025); chapter 8a.
    """
    check_network(network)
    neurons, inputs = network.input_weight.shape
    check_array("delay", delay, (neurons, inputs))
    if (delay < 0).any():
        raise ValueError(f"delay holds {delay.min():g}; seconds of at least 0 are accepted")
    when = check_array("times", np.asarray(times), (None,)).astype(float)
    which = check_array("sources", np.asarray(sources), when.shape)
    if which.size and not (which.dtype.kind in "iu" and 0 <= which.min() <= which.max() < inputs):
        raise ValueError(f"sources is {which}; whole numbers 0 to {inputs - 1} are accepted")
    which = which.astype(int)
    weight = np.zeros((neurons, neurons, inputs))
    each = np.arange(neurons)
    weight[each, each] = network.input_weight
    arrivals = (when + delay[:, which]).flatten()
    order = np.argsort(arrivals, kind="stable")
    own = (inputs * each[:, None] + which).flatten()
    split = network._replace(input_weight=weight.reshape(neurons, -1))
    return DelayedEvents(split, arrivals[order], own[order])


def delay_gradient(events: DelayedEvents, gradient: EventGradient) -> np.ndarray:
    r"""Return the derivative of the loss by every delay, from that by the times of arrival.

    .. math::

        \frac{\partial L}{\partial d_{ij}} = \sum_{\text{spikes of } j}
        W_{ij} \Big( \frac{p_{I_i}}{\tau_\text{syn}} - \frac{p_{U_i}}{\tau_\text{mem}} \Big)
        \Big|_{t_j + d_{ij}}

    Parameters
    ----------
    events : DelayedEvents
        What was run.
    gradient : EventGradient
        What :func:`eventprop` returned for that run.

    Returns
    -------
    array, shape (N, N_in)
        In units of the loss per second.

    Raises
    ------
    TypeError, ValueError
        If the gradient is of another run.

    Examples
    --------
    One spike; later by the delay of its only synapse:

    >>> from snnbook.spike_times import eventprop, simulate_events
    >>> net = EventNetwork(np.array([[8.0]]), np.zeros((1, 1)), np.ones(1))
    >>> made = delayed_events(net, np.array([[5e-3]]), [1e-3], [0])
    >>> run = simulate_events(*made, duration=20e-3)
    >>> found = eventprop(made.network, run, by_spike_time=[1.0] * len(run.spikes))
    >>> len(run.spikes), round(float(delay_gradient(made, found)[0, 0]), 9)
    (1, 1.0)

    Meszaros, Knight and Nowotny (2025); chapter 8a; ``eq-08a-adjoint``.
    """
    check_kind("events", events, DelayedEvents)
    check_kind("gradient", gradient, EventGradient)
    neurons = len(events.network.threshold)
    check_array("gradient.input_times", gradient.input_times, events.times.shape)
    total = np.zeros(events.network.input_weight.shape[1])
    np.add.at(total, events.sources, gradient.input_times)
    return total.reshape(neurons, -1)
