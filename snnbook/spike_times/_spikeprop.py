r"""SpikeProp: backpropagation of spike times, written out (Bohte et al., 2002; chapter 4d).

The rule of the first paper on gradients of spike times, without autograd, for a
:class:`TimingNetwork` with any cell and any delays. It equals what the layers give by autograd;
the original came to it by linearizing the membrane around the threshold.
"""

import math

import torch
from torch import Tensor

from snnbook._validate import (
    check_finite,
    check_generator,
    check_integer,
    check_kind,
    check_positive,
    check_shape,
    is_number,
)
from snnbook.spike_times._cells import EqualTau
from snnbook.spike_times._single_spike import TimingLayer, TimingNetwork

#: Delays of SpikeProp's 16 terminals for each connection, in milliseconds.
SPIKEPROP_DELAYS = tuple(float(d) for d in range(1, 17))


def spikeprop_network(hidden: int = 5, *, generator: torch.Generator) -> TimingNetwork:
    """Return a 3-hidden-1 network with SpikeProp's kernel and delays, in milliseconds.

    The cell is :class:`EqualTau` with a time constant of 7 ms, whose kernel is SpikeProp's up to
    a factor e. The weights start positive except those of the last hidden neuron toward the
    output, which inhibits; the original also used one inhibitory neuron.

    >>> network = spikeprop_network(generator=torch.Generator().manual_seed(0))
    >>> [tuple(layer.weight.shape) for layer in network.layers]
    [(5, 48), (1, 80)]

    Chapter 4d.
    """
    check_integer("hidden", hidden, 1)
    check_generator(generator)
    network = TimingNetwork(
        (3, hidden, 1),
        EqualTau(tau_syn=7.0),
        gain=(2.5, 2.5),
        spread=(0.7, 0.7),
        delays=SPIKEPROP_DELAYS,
        generator=generator,
    )
    with torch.no_grad():
        for layer in network.layers:
            layer.weight.abs_()
        network.layers[1].weight[:, -len(SPIKEPROP_DELAYS) :] *= -1
    return network


@torch.no_grad()
def spikeprop(
    network: TimingNetwork, times: Tensor, wanted: Tensor
) -> tuple[Tensor, dict[str, Tensor]]:
    r"""Return the squared error of the output times and its gradient, without autograd.

    .. math::

        \delta_i = \frac{t_i - t_i^*}{\dot U_i(t_i)}, \qquad
        \delta_j = \frac{\sum_i \delta_i \sum_d W_{i,jd}\, \dot\kappa(t_i - t_j - s_d)}
                        {\dot U_j(t_j)}, \qquad
        \frac{\partial \mathcal L}{\partial W_{i,jd}} = -\delta_i\, \kappa(t_i - t_j - s_d)

    for :math:`\mathcal L = \frac12 \sum_{b,i} (t_i - t_i^*)^2`.

    Parameters
    ----------
    network : TimingNetwork
        Any number of layers.
    times : Tensor, shape (B, inputs)
        Input spike times.
    wanted : Tensor, shape (B, C)
        Wanted output times, finite.

    Returns
    -------
    loss : Tensor, shape ()
        Without the terms of outputs that are silent.
    gradients : dict of str to Tensor
        By the names of ``network.named_parameters()``. A silent neuron has none: its rows are 0.

    Examples
    --------
    >>> network = spikeprop_network(generator=torch.Generator().manual_seed(0))
    >>> from snnbook.data import temporal_xor
    >>> loss, gradients = spikeprop(network, *temporal_xor())
    >>> sorted(gradients)
    ['layers.0.weight', 'layers.1.weight']

    Bohte, Kok and La Poutre (2002); paper section IV.A.4; chapter 4d, equation eq-04d-spikeprop.
    """
    check_kind("network", network, TimingNetwork)
    output = network(times)
    fired = (times, *output.hidden, output.times)
    check_shape("wanted", wanted, tuple(output.times.shape), times)
    check_finite("wanted", wanted)
    miss = torch.where(torch.isfinite(output.times), output.times - wanted, 0.0)
    loss, error, gradients = 0.5 * (miss**2).sum(), miss, {}
    for number in reversed(range(len(network.layers))):
        layer, before, after = network.layers[number], fired[number], fired[number + 1]
        by_weight, error = _backward(layer, before, after, error)
        gradients[f"layers.{number}.weight"] = by_weight
    return loss, gradients


def _backward(
    layer: TimingLayer, before: Tensor, after: Tensor, error: Tensor
) -> tuple[Tensor, Tensor]:
    """Return the gradient of a layer's weights, and dL/dt of its inputs."""
    arrivals = (before[:, :, None] + layer.delays).flatten(1)
    s = after[:, :, None] - arrivals[:, None]
    s = torch.where(torch.isfinite(s), s, -1.0)
    rises = layer.weight * layer.cell.kernel_slope(s)
    slope = rises.sum(-1)
    spoke = torch.isfinite(after) & (slope > 0)
    delta = torch.where(spoke, error / torch.where(spoke, slope, 1.0), 0.0)
    by_weight = -torch.einsum("bo,bok->ok", delta, layer.cell.kernel(s))
    back = torch.einsum("bo,bok->bk", delta, rises)
    return by_weight, back.unflatten(1, (-1, len(layer.delays))).sum(-1)


def train_spikeprop(
    network: TimingNetwork, times: Tensor, wanted: Tensor, *, cycles: int, lr: float, tol: float = 0
) -> list[float]:
    """Descend along SpikeProp's gradient, in place, and return the loss before each cycle.

    Parameters
    ----------
    network, times, wanted
        As in :func:`spikeprop`.
    cycles : int
        Largest number of presentations of all patterns, at least 0.
    lr : float
        Learning rate, above 0.
    tol : float
        Stop when the loss is at most this, at least 0.

    Returns
    -------
    list of float
        Infinity in cycles in which an output is silent.

    Examples
    --------
    >>> network = spikeprop_network(generator=torch.Generator().manual_seed(0))
    >>> from snnbook.data import temporal_xor
    >>> losses = train_spikeprop(network, *temporal_xor(), cycles=3, lr=1e-3)
    >>> len(losses)
    3

    Chapter 4d.
    """
    check_positive("lr", lr)
    check_integer("cycles", cycles, 0)
    if not (is_number(tol) and 0 <= tol < math.inf):
        raise ValueError(f"tol is {tol!r}; a finite number of at least 0 is accepted")
    losses = []
    for _ in range(cycles):
        loss, gradients = spikeprop(network, times, wanted)
        silent = bool(torch.isinf(network(times).times).any())
        losses.append(math.inf if silent else float(loss))
        if losses[-1] <= tol:
            break
        with torch.no_grad():
            for name, weight in network.named_parameters():
                weight -= lr * gradients[name]
    return losses
