r"""Constants that differ between the neurons of a layer, or learn (paper section II, chapter 2).

A constant that learns is kept positive by its logarithm: the parameter of a layer is
:math:`\rho = \log \tau`, so that, with :math:`\beta = e^{-\Delta t / \tau}`,

.. math::

    \tau = e^{\rho}, \qquad
    \frac{dL}{d\rho} = \frac{\Delta t}{\tau}\, \beta\, \frac{dL}{d\beta}

and a step of the optimizer changes a time constant by a share of itself, however long it is.
"""

import copy
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Self

import torch
from torch import Tensor, nn

from snnbook._validate import (
    check_choice,
    check_generator,
    check_integer,
    check_positive,
    is_number,
    values_at_hand,
)
from snnbook.neurons._constants import WithConstants
from snnbook.neurons._lif import LeakyNeuron, mean_of

#: The constants of a neuron that can differ or learn.
LEARNABLE = ("tau_mem", "tau_syn", "threshold", "tau_adapt", "strength", "frequency")
LEARNABLE += ("tau_refractory",)


def draw_constants(
    mean: float, size: int, *, spread: float = 0.5, generator: torch.Generator | None = None
) -> Tensor:
    r"""Draw one constant for each neuron: log-normal, with a given mean.

    .. math:: \tau_j = \bar\tau\, e^{s z_j - s^2/2}, \qquad z_j \sim \mathcal N(0, 1)

    Parameters
    ----------
    mean : float
        :math:`\bar\tau`, such as a time constant in seconds, above 0.
    size : int
        Number of neurons.
    spread : float
        s, the standard deviation of the logarithm, at least 0; 0.5 makes the largest of a hundred
        some ten times the smallest.
    generator : torch.Generator, optional
        Source of randomness.

    Returns
    -------
    Tensor
        (size,), of torch's default dtype.

    Raises
    ------
    ValueError
        If a number is out of range.

    Examples
    --------
    >>> taus = draw_constants(20e-3, 1000, generator=torch.Generator().manual_seed(0))
    >>> f"{taus.mean():.2f}", f"{taus.log().std():.1f}"
    ('0.02', '0.5')

    Chapter 2. Perez-Nieves et al. (2021) draw from a gamma distribution.
    """
    check_positive("mean", mean)
    check_integer("size", size, 1)
    _check_spread(spread)
    if generator is not None:
        check_generator(generator)
    z = torch.empty(size).normal_(generator=generator)
    return mean * torch.exp(spread * z - spread**2 / 2)


def _check_spread(spread: float) -> None:
    if not (is_number(spread) and math.isfinite(spread) and spread >= 0):
        raise ValueError(f"spread is {spread!r}; a finite number of at least 0 is accepted")


def check_learn(learn, neuron) -> tuple[str, ...]:
    """Return the names of constants that learn, or raise unless the neuron has each of them."""
    names = (learn,) if isinstance(learn, str) else learn
    if not isinstance(names, Sequence):
        raise TypeError(f"learn is a {type(learn).__name__}; names are accepted: {LEARNABLE}")
    known = tuple(name for name in LEARNABLE if hasattr(neuron, name))
    for name in names:
        check_choice("learn", name, known)
        value = getattr(neuron, name)
        if not isinstance(value, Tensor) and math.isinf(value):
            raise ValueError(f"{name} is inf and in learn; a finite {name} can learn")
        if not _above_zero(value):
            raise ValueError(f"{name} holds 0 and is in learn; numbers above 0 are accepted there")
    return tuple(dict.fromkeys(names))


def _above_zero(value: float | Tensor) -> bool:
    """Return whether a constant has a logarithm, as far as its values are at hand."""
    if not isinstance(value, Tensor):
        return value > 0
    return not values_at_hand(value) or bool((value > 0).all())


def tensors_in(neuron) -> dict[str, Tensor]:
    """Return the constants of a neuron that are tensors, by name."""
    found = ((name, getattr(neuron, name, None)) for name in LEARNABLE)
    return {name: value for name, value in found if isinstance(value, Tensor)}


def typical(neuron):
    """Return a neuron whose constants are numbers: means where they are tensors."""
    found = {name: mean_of(value) for name, value in tensors_in(neuron).items()}
    return replace(neuron, **found) if found else neuron


class WithNeuron(WithConstants):
    """A module with neurons of one kind, whose constants may be tensors of its own.

    A constant with one value for each neuron is a buffer of its own name. One that learns is a
    parameter ``log_`` and its name, (N,). ``neuron`` puts them together anew whenever it is read.

    Examples
    --------
    >>> from snnbook.neurons import LIF
    >>> layer = LIF(3, 2, learn=("tau_mem",))
    >>> isinstance(layer, WithNeuron), round(layer.neuron.tau_mem[0].item(), 4)
    (True, 0.01)

    Chapter 2.
    """

    def _take(self, neuron, size: int | None, learn=(), spread: float = 0.0, generator=None):
        """Take a neuron for ``size`` cells, with some of its constants as parameters."""
        learn = check_learn(learn, neuron)
        _check_spread(spread)
        if spread and not learn:
            raise ValueError(
                f"spread is {spread!r} and nothing is in learn; for constants that differ and do "
                "not learn tensors in the neuron are accepted, such as draw_constants(20e-3, size)"
            )
        given = tensors_in(neuron)
        if size is None and (learn or any(value.dim() for value in given.values())):
            raise ValueError(
                "size is None, and constants are tensors or learn; the number of neurons is "
                "accepted"
            )
        kind = getattr(self, "weight", torch.empty(0)).dtype
        for name, value in given.items():
            if value.requires_grad:
                raise ValueError(
                    f"{name} of the neuron has a gradient; learn=({name!r},) makes a parameter of "
                    "the layer, which starts at its values"
                )
            if value.dim() and value.shape != (size,):
                raise ValueError(
                    f"{name} of the neuron has shape {tuple(value.shape)}; ({size},), one of each "
                    "neuron, is accepted"
                )
        self._base = typical(neuron)
        self._tensors = tuple(n for n in LEARNABLE if n in learn or n in given)
        for name in LEARNABLE:
            if name in learn:
                values = torch.as_tensor(getattr(neuron, name)).detach().expand(size)
                start = values.to(kind).log()
                z = torch.empty(size).normal_(generator=generator) if spread else 0.0
                start = start + spread * z - spread**2 / 2
                self.register_parameter("log_" + name, nn.Parameter(start.contiguous()))
            elif name in given:
                value = given[name].to(kind, copy=True)
                self.register_buffer(name, value, persistent=False)

    @property
    def neuron(self) -> LeakyNeuron:
        """The neurons of this layer, with what they have learned so far."""
        if not self._tensors:
            return self._base
        return replace(self._base, **{name: self._constant(name) for name in self._tensors})

    def _constant(self, name: str) -> Tensor:
        log = self._parameters.get("log_" + name)
        return self._buffers[name] if log is None else log.exp()

    @property
    def time_step(self) -> float:
        """The time step in seconds."""
        return self._base.dt

    def constants(self) -> dict:
        """Return the constants that change the forward pass, but for those that learn, by name."""
        learned = {name for name in self._tensors if "log_" + name in self._parameters}
        found = self.neuron.constants()
        return {k: v for k, v in found.items() if k.split("[")[0] not in learned}

    def changed(self, **changes: Any) -> Self:
        """Return this module with other constants that are numbers; parameters are shared."""
        taken = [name for name in self._tensors if name in changes]
        if taken:
            raise ValueError(
                f"{taken[0]} of this layer is a tensor, of each neuron or learning; one that is a "
                "number can be changed here"
            )
        if any(isinstance(x, Tensor) for x in changes.values()):
            raise TypeError("a constant is changed to a tensor; a number is accepted here")
        other = copy.copy(self)
        other._base = replace(self._base, **changes)
        return other
