r"""One step back in time, written once (paper section III; chapters 3, 5b and 6a).

With :math:`\lambda_X[n] = \partial \mathcal{L} / \partial X[n]`, the sum over all later effects
of :math:`X[n]`, every layer of LIF neurons does at each step (``eq-03-spiking-backward``)

.. math::

    \lambda_I[n] &= \alpha \lambda_I[n+1] + k[n]\, \lambda_U[n+1] \\
    \lambda_S[n] &= W_\text{up}^\top \lambda_I^\text{up}[n+1] - \rho[n]\, \lambda_U[n+1]
                    + V^\top \lambda_I[n+1] \\
    \lambda_U[n] &= \beta k[n]\, \lambda_U[n+1] + g(U[n] - \theta)\, \lambda_S[n]

Rules that run backward in time differ in what they put in place of one of these terms: feedback
alignment in place of :math:`W_\text{up}`, a score function in place of the surrogate, and the
term-by-term gradient puts nothing in the place of some of them.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from snnbook._validate import check_callable, check_finite, check_float, check_sequence
from snnbook.gradients._online import LayerStep, kept, reset_strength, slope
from snnbook.neurons import LIF, LIFState, SpikingNetwork

#: lambda_I and lambda_U of each layer, the readout last.
Lambdas = tuple[LIFState, ...]


class Back(Protocol):
    """What carries an error down to a hidden layer."""

    def __call__(self, network: SpikingNetwork, later: Lambdas, layer: int) -> Tensor:
        """Return the error at the spikes of the hidden layer of this number, (B, N).

        ``later`` are the lambdas of step n+1.
        """


#: The terms that an :class:`Adjoint` can drop, one for each product in the equations.
DROPS = ("current", "charge", "membrane", "spike", "reset", "recurrent", "forward", "readout")


def through_weights(network: SpikingNetwork, later: Lambdas, layer: int) -> Tensor:
    """Return the error at the spikes of a hidden layer, through the weights above it: exact."""
    above = (*network.hidden, network.readout)[layer + 1]
    return later[layer + 1].syn @ above.weight


def through_matrices(matrices: Sequence[Tensor]) -> Back:
    """Return a way back through other matrices, one of the shape of the weight above each layer.

    Examples
    --------
    >>> import torch
    >>> network, later = SpikingNetwork((3, 4, 2)), [LIFState(torch.ones(1, 2), None)] * 2
    >>> through_matrices([torch.ones(2, 4)])(network, later, 0)
    tensor([[2., 2., 2., 2.]])

    Chapter 6a.
    """
    check_sequence("matrices", matrices, "one tensor for each hidden layer")
    for matrix in matrices:
        check_float("matrices", matrix)
        check_finite("matrices", matrix.detach())
    return lambda network, later, layer: later[layer + 1].syn @ matrices[layer]


def through_surrogate(layer: LIF, seen: LayerStep, lam_spikes: Tensor) -> Tensor:
    """Return the error that spikes pass to their membrane: the surrogate derivative times it."""
    return slope(layer, seen) * lam_spikes


@dataclass(frozen=True)
class Adjoint:
    """How an error goes one step back; without settings it is the exact surrogate gradient.

    Parameters
    ----------
    back : Back
        ``back(network, later, layer) -> (B, N)``: what carries the error down, such as
        :func:`through_weights` or :func:`through_matrices`.
    spike : callable
        ``spike(layer, seen, lam_spikes) -> (B, N)``: what the membrane gets from its own spikes.
    drop : collection of str
        Terms that count as zero: ``current`` (alpha), ``charge`` (current to membrane),
        ``membrane`` (beta), ``spike`` (the surrogate), ``reset``, ``recurrent`` (V), ``forward``
        (the way down from the layer above), ``readout`` (the memory of the readout).

    Raises
    ------
    ValueError
        If ``drop`` names no term.

    Examples
    --------
    >>> Adjoint(drop={"leak"})
    Traceback (most recent call last):
    ...
    ValueError: drop names ['leak']; of current, charge, membrane, spike, reset, recurrent, forward, readout are accepted

    Chapters 3, 5b and 6a.
    """  # noqa: E501

    back: Back = through_weights
    spike: Callable[[LIF, LayerStep, Tensor], Tensor] = through_surrogate
    drop: Collection[str] = ()

    def __post_init__(self) -> None:
        check_callable("back", self.back)
        check_callable("spike", self.spike)
        if not isinstance(self.drop, Collection):
            raise TypeError(f"drop is {self.drop!r}; a collection of names is accepted")
        drop = {self.drop} if isinstance(self.drop, str) else set(self.drop)
        if unknown := drop - set(DROPS):
            raise ValueError(f"drop names {sorted(unknown)}; of {', '.join(DROPS)} are accepted")
        object.__setattr__(self, "drop", frozenset(drop))

    def step(
        self, network: SpikingNetwork, seen: tuple[LayerStep, ...], later: Lambdas, error: Tensor
    ) -> Lambdas:
        """Return the lambdas of n from those of n+1, the records of n and the error (B, C) of n."""
        hidden = [self._hidden(network, i, record, later) for i, record in enumerate(seen[:-1])]
        neuron, (syn, mem) = network.readout.neuron, later[-1]
        remembers = self._factor("readout")
        charged = neuron.alpha * remembers * syn
        if "charge" not in self.drop:
            charged = charged + mem
        return *hidden, LIFState(charged, neuron.beta * remembers * mem + error)

    def _hidden(self, network: SpikingNetwork, i: int, seen: LayerStep, later: Lambdas) -> LIFState:
        layer, lam, k = network.hidden[i], later[i], kept(network.hidden[i], seen)
        alpha = layer.neuron.alpha * self._factor("current")
        beta = layer.neuron.beta * self._factor("membrane")
        lam_spikes = -reset_strength(layer, seen) * self._factor("reset") * lam.mem
        if "forward" not in self.drop:
            lam_spikes = self.back(network, later, i) + lam_spikes
        if layer.recurrent() is not None and "recurrent" not in self.drop:
            lam_spikes = lam_spikes + lam.syn @ layer.recurrent()
        lam_mem = beta * k * lam.mem
        if "spike" not in self.drop:
            lam_mem = lam_mem + self.spike(layer, seen, lam_spikes)
        return LIFState(alpha * lam.syn + self._factor("charge") * k * lam.mem, lam_mem)

    def _factor(self, term: str) -> float:
        """Return 1, or 0 for a term that is dropped."""
        return float(term not in self.drop)


#: The exact surrogate gradient: every term is there.
EXACT = Adjoint()
