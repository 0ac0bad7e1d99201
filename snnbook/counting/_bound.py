r"""Up to how many spikes a spiking neuron is cheaper than one that multiplies (chapter 8e).

Of a neuron with M inputs, each of which sends s spikes in T steps, against a neuron of a network
without time, a share :math:`\rho` of whose inputs is not 0:

.. math::

    M s\, (E_\text{AC} + b_w E_\text{byte}) + T\, (E_\text{up} + 2 b_s k E_\text{byte})
    < \rho M\, (E_\text{MAC} + b_w E_\text{byte})
"""

from snnbook._validate import check_integer, check_kind, check_not_negative
from snnbook.counting._energy import ENERGIES, Energies

FLOAT = ENERGIES["float32"]


def affordable_spikes(
    fan_in: float,
    steps: float,
    energies: Energies = FLOAT,
    *,
    nonzero: float = 1.0,
    weight_bytes: float = 4.0,
    state_bytes: float = 4.0,
    states: int = 2,
) -> float:
    r"""Return the spikes of an input, per inference, at which both networks cost the same.

    .. math::

        s^* = \frac{\rho\,(E_\text{MAC} + b_w E_\text{byte})
            - \frac{T}{M} (E_\text{up} + 2 b_s k E_\text{byte})}{E_\text{AC} + b_w E_\text{byte}}

    (equation eq-08e-bound). Below it the spiking network is cheaper; a number below 0 says that
    no spike pays, since the updates alone cost more.

    Parameters
    ----------
    fan_in : float
        M, the inputs of a neuron.
    steps : float
        T of the spiking network.
    energies : Energies
        Prices, the same for both.
    nonzero : float
        :math:`\rho`, the share of inputs of the other network that are not 0, if it skips zeros.
    weight_bytes, state_bytes : float
        As in :func:`bytes_moved`.
    states : int
        k, numbers that a spiking neuron keeps.

    Returns
    -------
    float
        s*, in spikes of one input per inference; divided by T it is one of a step.

    Raises
    ------
    TypeError, ValueError
        If an argument is no such number, or spikes cost nothing.

    Examples
    --------
    If only additions and multiplications cost, and neurons no updates:

    >>> free = Energies(mac=4.6, ac=0.9, update=0.0, byte=0.0)
    >>> round(affordable_spikes(64, 50, free), 1)
    5.1

    With updates and memory, no spike pays at this fan-in:

    >>> round(affordable_spikes(64, 50), 1)
    -2.2

    Chapter 8e.
    """
    price, update, spike = _prices(
        fan_in, steps, energies, nonzero, weight_bytes, state_bytes, states
    )
    if not spike:
        raise ValueError(
            "energies has a spike that costs nothing; an ac or a byte above 0 is accepted"
        )
    return (price - steps / fan_in * update) / spike


def least_fan_in(
    steps: float,
    energies: Energies = FLOAT,
    *,
    nonzero: float = 1.0,
    weight_bytes: float = 4.0,
    state_bytes: float = 4.0,
    states: int = 2,
) -> float:
    r"""Return the fan-in below which no spike pays: where updates alone cost as much.

    .. math::

        M_0 = T\, \frac{E_\text{up} + 2 b_s k E_\text{byte}}
            {\rho\,(E_\text{MAC} + b_w E_\text{byte})}

    (equation eq-08e-fan).

    Parameters
    ----------
    steps, energies, nonzero, weight_bytes, state_bytes, states
        As in :func:`affordable_spikes`.

    Returns
    -------
    float
        M0, in inputs of a neuron.

    Raises
    ------
    TypeError, ValueError
        If an argument is no such number, or the other network costs nothing.

    Examples
    --------
    >>> round(least_fan_in(50))
    152

    Chapter 8e.
    """
    price, update, _ = _prices(1, steps, energies, nonzero, weight_bytes, state_bytes, states)
    if not price:
        raise ValueError(
            "energies and nonzero make the other network free; a mac or byte above 0, and a "
            "nonzero above 0, are accepted"
        )
    return steps * update / price


def _prices(fan_in, steps, energies, nonzero, weight_bytes, state_bytes, states):
    """Return the price of one input without time, of an update, and of a spike, in picojoules."""
    check_kind("energies", energies, Energies)
    for name, value in {
        "fan_in": fan_in,
        "steps": steps,
        "nonzero": nonzero,
        "weight_bytes": weight_bytes,
        "state_bytes": state_bytes,
    }.items():
        check_not_negative(name, value)
    check_integer("states", states, 0)
    if not fan_in:
        raise ValueError("fan_in is 0; at least one input is accepted")
    if nonzero > 1:
        raise ValueError(f"nonzero is {nonzero!r}; a share from 0 to 1 is accepted")
    read = weight_bytes * energies.byte
    update = energies.update + 2 * state_bytes * states * energies.byte
    return nonzero * (energies.mac + read), update, energies.ac + read
