r"""From a trained network of rates to a spiking one, by scaling (paper section IV.A.3).

The rate network computes with *expected spikes per step* p. A layer of LIF neurons with the
weight W has the mean membrane potential and the rate

.. math:: \mu = \frac{W p_\text{in}}{(1 - \alpha)(1 - \beta)}, \qquad p = \Delta t\, f(\mu),

so the trained weights are those of a spiking network, with no translation in between:

>>> import torch
>>> from snnbook import training
>>> from snnbook.data import constant_code
>>> rates = RateNetwork((64, 100, 10), generator=torch.Generator().manual_seed(0))
>>> inputs = constant_code(torch.rand(8, 64), steps=1)     # one step is enough to train
>>> output = rates(inputs)                                 # or training.fit(rates, inputs, ...)
>>> spiking = to_spiking(rates)                            # a snnbook.neurons.SpikingNetwork
>>> output = spiking(constant_code(torch.rand(8, 64), steps=50))
>>> output.readout.shape, output.hidden[0].spikes.shape
(torch.Size([50, 8, 10]), torch.Size([50, 8, 100]))
>>> classes = training.decide_by_sum(output.readout)
"""

import math
from dataclasses import replace

import torch
from torch import Tensor

from snnbook._validate import (
    check_constants_are_numbers,
    check_finite,
    check_kind,
    check_positive,
    is_number,
)
from snnbook.neurons import LeakyReadout, LIFNeuron, SpikingNetwork
from snnbook.smoothed._rate_curves import drive_gain
from snnbook.smoothed._rate_network import RateNetwork, check_rates


@torch.no_grad()
def to_spiking(
    network: RateNetwork, neuron: LIFNeuron | None = None, *, kernel: str = "auto"
) -> SpikingNetwork:
    r"""Run a trained rate network as a spiking network.

    With the neuron it was trained for, the weights are copied as they are. For other time
    constants, another time step or another threshold they are scaled, so that the mean
    potential in units of the threshold stays the same:

    .. math:: W' = W\; \frac{\theta'}{\theta}\, \frac{G}{G'}\,
        \frac{p_\text{in}}{p'_\text{in}}, \qquad
        \frac{p'_\text{in}}{p_\text{in}} = \frac{\Delta t'}{\Delta t}
        \cdot \frac{\tau_\text{mem}}{\tau'_\text{mem}} .

    The last factor is that of hidden neurons, whose rates grow as 1 / tau_mem; the inputs keep
    their rates in Hz. To double all weights and to halve the threshold is the same.

    Parameters
    ----------
    network : RateNetwork
        The trained network.
    neuron : LIFNeuron, optional
        The neuron of the spiking network; by default that of ``network``. Its surrogate and
        reset are for those who train on with spikes.
    kernel : str
        As in :class:`snnbook.neurons.SpikingNetwork`.

    Returns
    -------
    SpikingNetwork
        With the names of parameters of ``network``. Without leak (``curve="relu"``) the hidden
        neurons have an infinite membrane time constant, and the readout keeps its leak.

    Examples
    --------
    >>> rates = RateNetwork((3, 4, 2), generator=torch.Generator().manual_seed(0))
    >>> spiking = to_spiking(rates)
    >>> torch.equal(spiking.hidden[0].weight, rates.hidden[0].weight)
    True
    >>> stronger = to_spiking(rates, LIFNeuron(threshold=2.0))
    >>> torch.equal(stronger.hidden[0].weight, 2 * rates.hidden[0].weight)
    True

    Paper section IV.A.3; chapter 4c; ``eq-04c-scale``.
    """
    check_kind("network", network, RateNetwork)
    if neuron is not None and not isinstance(neuron, LIFNeuron):
        raise TypeError(f"neuron is a {type(neuron).__name__}; a LIFNeuron is accepted")
    check_constants_are_numbers(neuron)
    for name, weight in network.named_parameters():
        check_finite(name, weight.detach())
    old, new = network.neuron, neuron or network.neuron
    leaks = network.curve == "lif"
    steps = new.dt / old.dt
    speed = steps * old.tau_mem / new.tau_mem if leaks else steps
    neurons = new if leaks else replace(new, tau_mem=math.inf)
    spiking = SpikingNetwork(network.sizes, neurons, std=1.0, kernel=kernel)
    spiking.readout = LeakyReadout(*network.sizes[-2:], new.leaky, std=1.0, kernel=kernel)
    spiking.to(network.readout.weight)
    gain = drive_gain(new) if leaks else 1 / (1 - new.alpha)
    for number, (target, layer) in enumerate(zip(spiking.hidden, network.hidden)):
        threshold = new.threshold / old.threshold
        scale = threshold * layer.gain / gain / (speed if number else steps)
        target.weight.copy_(layer.weight * scale)
    scale = network.readout.gain / drive_gain(new) / speed
    spiking.readout.weight.copy_(network.readout.weight * scale)
    return spiking


@torch.no_grad()
def scale_to_rate(
    network: RateNetwork, inputs: Tensor, *, max_rate: float, quantile: float = 0.99
) -> RateNetwork:
    r"""Scale the weights of a ``relu`` network so that its neurons reach a chosen rate.

    .. math:: W^{(l)\prime} = W^{(l)}\, \frac{\lambda_l}{\lambda_{l-1}}, \qquad
        \lambda_l = \frac{r_\text{max}\, \Delta t}{Q(p^{(l)})}, \qquad \lambda_0 = 1

    Q is a quantile over all neurons and samples, in place of the maximum, which one neuron
    decides. The readout is scaled back, so the network computes the same (where nothing is cut
    at one spike per step): only the number of spikes changes. This is the weight normalization
    of Diehl et al. (2015) and, with a quantile, of Rueckauer et al. (2017). To scale the
    thresholds by the inverse factors would be the same.

    Parameters
    ----------
    network : RateNetwork
        Trained, with ``curve="relu"``; it is not changed.
    inputs : Tensor
        Expected input spikes per step (T, B, inputs), as for the network.
    max_rate : float
        Rate in Hz that the quantile is brought to, above 0 and at most 1/dt.
    quantile : float
        Above 0 and at most 1.

    Returns
    -------
    RateNetwork
        A scaled copy.

    Examples
    --------
    >>> rates = RateNetwork((3, 4, 2), curve="relu", generator=torch.Generator().manual_seed(0))
    >>> from snnbook.data import constant_code
    >>> inputs = constant_code(torch.ones(1, 3), steps=1)
    >>> faster = scale_to_rate(rates, inputs, max_rate=200.0, quantile=1.0)
    >>> faster(inputs).hidden[0].spikes.max().item()  # doctest: +ELLIPSIS
    0.2...
    >>> torch.allclose(faster(inputs).readout, rates(inputs).readout)
    True

    Paper section IV.A.3; chapter 4c.
    """
    if not isinstance(network, RateNetwork) or network.curve != "relu":
        raise ValueError("network is not a RateNetwork with curve 'relu'; such a one is accepted")
    check_positive("max_rate", max_rate)
    if max_rate * network.neuron.dt > 1:
        raise ValueError(
            f"max_rate is {max_rate!r}; at most 1/dt = {1 / network.neuron.dt:g} Hz is accepted"
        )
    if not (is_number(quantile) and 0 < quantile <= 1):
        raise ValueError(f"quantile is {quantile!r}; a number above 0 and at most 1 is accepted")
    check_rates("inputs", network, inputs)
    if inputs.numel() == 0:
        raise ValueError(f"inputs has shape {tuple(inputs.shape)}; one sample or more is accepted")
    scaled = RateNetwork(network.sizes, network.neuron, curve="relu")
    scaled.to(network.readout.weight)
    before = 1.0
    share = inputs
    for number, (target, layer) in enumerate(zip(scaled.hidden, network.hidden)):
        share = (layer(share) / network.neuron.threshold).clamp(min=0.0)
        top = float(torch.quantile(share.flatten().double(), quantile))
        if top == 0:
            raise ValueError(
                f"hidden layer {number} is silent at quantile {quantile}; "
                "inputs that activate it, or a higher quantile, are accepted"
            )
        now = max_rate * network.neuron.dt / top
        target.weight.copy_(layer.weight * (now / before))
        before = now
    scaled.readout.weight.copy_(network.readout.weight / before)
    return scaled
