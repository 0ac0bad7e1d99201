r"""Bytes moved and energy of an inference, from counts and from prices (chapter 8e).

.. math::

    B = b_w\,(\text{MAC} + \text{AC}) + 2\, b_s\, K\, T, \qquad
    E = E_\text{MAC}\,\text{MAC} + E_\text{AC}\,\text{AC} + E_\text{up}\,\text{updates}
        + E_\text{byte}\, B
"""

from dataclasses import dataclass, fields
from typing import NamedTuple

from snnbook._validate import check_kind, check_not_negative
from snnbook.counting._operations import Operations


@dataclass(frozen=True)
class Energies:
    """What operations cost, in picojoules.

    Attributes
    ----------
    mac, ac : float
        A multiply-accumulate, and an accumulate.
    update : float
        The arithmetic of one update of a neuron.
    byte : float
        A byte read from memory or written to it.

    Examples
    --------
    >>> Energies(mac=4.6, ac=0.9, update=9.2, byte=0.0).mac
    4.6

    Chapter 8e.
    """

    mac: float
    ac: float
    update: float
    byte: float

    def __post_init__(self) -> None:
        for field in fields(self):
            check_not_negative(field.name, getattr(self, field.name))


#: Prices made of the figures of Horowitz (2014) for 45 nm: floating-point multiplication 3.7 pJ and
#: addition 0.9 pJ in 32 bits; whole numbers 0.2 pJ (8-bit multiplication), 3.1 pJ (32-bit
#: multiplication) and 0.1 pJ (32-bit addition, also of 8-bit products); 64 bits from a memory of
#: 8 kilobytes 10 pJ. An update is two multiplications and two additions in 32 bits.
ENERGIES = {
    "float32": Energies(mac=3.7 + 0.9, ac=0.9, update=2 * (3.7 + 0.9), byte=10 / 8),
    "int8": Energies(mac=0.2 + 0.1, ac=0.1, update=2 * (3.1 + 0.1), byte=10 / 8),
}


class Moved(NamedTuple):
    """Bytes that an inference moves: weights that are read, states read and written."""

    weights: float
    states: float

    @property
    def total(self) -> float:
        """All bytes."""
        return self.weights + self.states


class Energy(NamedTuple):
    """Energy of an inference in picojoules, by what it goes into."""

    synapses: float
    updates: float
    weights: float
    states: float

    @property
    def total(self) -> float:
        """The sum of the four."""
        return sum(self)


def bytes_moved(
    operations: Operations, *, weight_bytes: float = 4.0, state_bytes: float = 4.0
) -> Moved:
    r"""Return the bytes that an inference moves.

    Every effective operation reads its weight, and every step reads and writes every state:
    :math:`B = b_w (\text{MAC} + \text{AC}) + 2 b_s K T` with K numbers of state (equation
    eq-08e-bytes). That is one sample at a time, without a weight that is read once for many. What
    it takes to send outputs is left out.

    Parameters
    ----------
    operations : Operations
        What :func:`count_operations` has counted.
    weight_bytes, state_bytes : float
        Bytes of a weight and of a number of state.

    Returns
    -------
    Moved
        ``weights``, ``states`` and their ``total``.

    Raises
    ------
    TypeError, ValueError
        If an argument is none of these, or negative.

    Examples
    --------
    >>> import torch
    >>> from snnbook.counting import count_operations
    >>> from snnbook.neurons import LeakyReadout
    >>> bytes_moved(count_operations(LeakyReadout(3, 2), torch.ones(5, 1, 3)))
    Moved(weights=120.0, states=160.0)

    Chapter 8e.
    """
    check_kind("operations", operations, Operations)
    check_not_negative("weight_bytes", weight_bytes)
    check_not_negative("state_bytes", state_bytes)
    read = float(weight_bytes * (operations.macs + operations.acs))
    return Moved(read, float(2 * state_bytes * operations.states * operations.steps))


def inference_energy(
    operations: Operations,
    energies: Energies,
    *,
    weight_bytes: float = 4.0,
    state_bytes: float = 4.0,
) -> Energy:
    r"""Return the energy of an inference, from its counts and the prices of operations.

    .. math::

        E = E_\text{MAC}\,\text{MAC} + E_\text{AC}\,\text{AC} + E_\text{up}\,\text{updates}
            + E_\text{byte}\, B

    (equation eq-08e-energy). It is a model: what is left out, such as the network between cores,
    the clock, and what leaks while nothing happens, can be more than all of it.

    Parameters
    ----------
    operations : Operations
        What :func:`count_operations` has counted.
    energies : Energies
        Prices in picojoules, such as ``ENERGIES["int8"]``.
    weight_bytes, state_bytes : float
        As in :func:`bytes_moved`.

    Returns
    -------
    Energy
        Picojoules for synapses, updates, weights and states, and their ``total``.

    Raises
    ------
    TypeError, ValueError
        If an argument is none of these, or negative.

    Examples
    --------
    >>> import torch
    >>> from snnbook.counting import count_operations
    >>> counted = count_operations(torch.nn.Linear(10, 1), torch.full((1, 10), 0.5))
    >>> round(inference_energy(counted, ENERGIES["float32"]).total)  # ten times 4.6 + 4 * 1.25
    96

    Chapter 8e.
    """
    moved = bytes_moved(operations, weight_bytes=weight_bytes, state_bytes=state_bytes)
    check_kind("energies", energies, Energies)
    return Energy(
        energies.mac * operations.macs + energies.ac * operations.acs,
        energies.update * operations.updates,
        energies.byte * moved.weights,
        energies.byte * moved.states,
    )
