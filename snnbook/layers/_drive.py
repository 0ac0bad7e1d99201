"""What shapes a drive on its way to the neurons: dropout and normalization (chapter 2)."""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from snnbook._validate import (
    check_constants_are_numbers,
    check_generator,
    check_integer,
    check_kind,
    check_positive,
    check_shape,
    is_number,
)
from snnbook.layers._stateful import LayerOutput, Stateful, check_steps
from snnbook.neurons import LIFNeuron, psp_kernel


class DropoutState(NamedTuple):
    """What dropout carries on: its ``mask`` (B, ...), 0 or 1/(1-p)."""

    mask: Tensor


class Dropout(Stateful):
    r"""Dropout whose mask is the same at all steps: a neuron is out for a whole run.

    .. math:: y[n] = m\, x[n], \qquad m = 0 \text{ with probability } p, \text{ else } 1/(1-p)

    A mask that is drawn at every step anew is noise that a membrane averages away. In evaluation
    inputs pass as they are.

    Parameters
    ----------
    p : float
        Probability that an input is left out, from 0 to below 1.
    generator : torch.Generator, optional
        Source of the masks; PyTorch's global one when not given, which
        :func:`snnbook.training.fit` keeps in its file for ``resume``.

    Examples
    --------
    >>> dropout = Dropout(0.5, generator=torch.Generator().manual_seed(0))
    >>> outputs, state = dropout(torch.ones(3, 1, 4))
    >>> outputs[:, 0]
    tensor([[0., 2., 0., 0.],
            [0., 2., 0., 0.],
            [0., 2., 0., 0.]])
    >>> bool((dropout(torch.ones(3, 1, 4), state).outputs == outputs).all())  # the same mask
    True

    Chapter 2.
    """

    def __init__(self, p: float, *, generator: torch.Generator | None = None) -> None:
        super().__init__()
        if not (is_number(p) and 0 <= p < 1):
            raise ValueError(f"p is {p!r}; a probability from 0 to below 1 is accepted")
        if generator is not None:
            check_generator(generator)
        self.p, self.generator = float(p), generator

    def forward(self, inputs: Tensor, state: DropoutState | None = None) -> LayerOutput:
        """Return inputs (T, B, ...) without what the mask leaves out; a state brings its mask."""
        check_steps("inputs", inputs)
        if state is not None:
            check_kind("state", state, DropoutState)
            check_shape("state.mask", state.mask, tuple(inputs.shape[1:]), inputs)
        if not self.training:
            return LayerOutput(inputs, state)
        if state is None:
            if self.generator is None:
                drawn = torch.rand(inputs.shape[1:], device=inputs.device)
            else:
                own = {"generator": self.generator, "device": self.generator.device}
                drawn = torch.rand(inputs.shape[1:], **own).to(inputs.device)
            state = DropoutState((drawn >= self.p).to(inputs.dtype) / (1 - self.p))
        return LayerOutput(inputs * state.mask, state)

    def extra_repr(self) -> str:
        return f"{self.p}"


def threshold_norm(
    features: int, neuron: LIFNeuron, *, alpha: float = 1.0, places: int = 0
) -> nn.Module:
    r"""Return a batch normalization of the drive that starts at the scale of the threshold.

    .. math:: y = \gamma\, \frac{x - \mathrm{E}[x]}{\sqrt{\mathrm{Var}[x] + \epsilon}} + b, \qquad
              \gamma = \frac{a\,\theta}{\sqrt{\sum_n \kappa[n]^2}}

    Mean and variance are over time, batch and places, since a :class:`Network` runs it by
    :func:`over_time`. A drive that is independent from step to step then moves a membrane without
    reset, of the response :math:`\kappa` (:func:`snnbook.neurons.psp_kernel`), by a standard
    deviation of :math:`a\,\theta`.

    Parameters
    ----------
    features : int
        Number of neurons, or of channels.
    neuron : LIFNeuron
        The neurons behind it, whose constants are numbers.
    alpha : float
        a, above 0.
    places : int
        Axes of space: 0 behind a ``Linear`` or :class:`Delays`, 1 or 2 behind a convolution.

    Returns
    -------
    Module
        A ``BatchNorm1d`` or ``BatchNorm2d`` of PyTorch. In training its mean and variance are those
        of the steps that it is given, so that a run in pieces differs from one long run; in
        evaluation they are its running ones, and both are equal.

    Raises
    ------
    TypeError, ValueError
        If a number is out of range.

    Notes
    -----
    In the manner of tdBN (Zheng et al. 2021, arXiv 2011.05280), where the drive is the membrane's
    own change and :math:`\gamma = a\,\theta`; here it is filtered by synapse and membrane, which
    the sum accounts for.

    Examples
    --------
    >>> from snnbook.layers import over_time
    >>> norm = threshold_norm(4, LIFNeuron())
    >>> x = 3 + 7 * torch.randn(500, 8, 4, generator=torch.Generator().manual_seed(0))
    >>> drive = over_time(norm, x)
    >>> from snnbook.neurons import LeakyNeuron, run
    >>> round(run(LeakyNeuron(), drive).mem[100:].std().item(), 1)
    1.0

    Chapter 2.
    """
    check_integer("features", features, 1)
    check_kind("neuron", neuron, LIFNeuron)
    check_constants_are_numbers(neuron)
    check_positive("alpha", alpha)
    check_integer("places", places, 0)
    if places > 2:
        raise ValueError(f"places is {places}; 0, 1 or 2 axes of space are accepted")
    norm = nn.BatchNorm2d(features) if places == 2 else nn.BatchNorm1d(features)
    steps = 1 + math.ceil(10 * (min(neuron.tau_mem, 1.0) + min(neuron.tau_syn, 1.0)) / neuron.dt)
    energy = float(psp_kernel(neuron, steps).square().sum())
    nn.init.constant_(norm.weight, alpha * neuron.threshold / math.sqrt(energy))
    return norm
