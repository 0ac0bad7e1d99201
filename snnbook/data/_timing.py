"""Tasks whose inputs are spike times: the temporal XOR, and values as latencies."""

import torch
from torch import Tensor

from snnbook._validate import check_float, check_positive


def temporal_xor(
    early: float = 0.0, late: float = 6.0, *, first: float = 10.0, last: float = 16.0
) -> tuple[Tensor, Tensor]:
    """Return the four patterns of the temporal XOR and the wanted spike times.

    Parameters
    ----------
    early, late : float
        Times of the two input spikes; a third input is a clock that always spikes ``early``.
    first, last : float
        When the output is to spike: ``first`` if the inputs differ, ``last`` if they agree.

    Returns
    -------
    inputs : Tensor, float64 (4, 3)
    wanted : Tensor, float64 (4, 1)

    Examples
    --------
    >>> inputs, wanted = temporal_xor()
    >>> inputs[1], wanted[1]
    (tensor([0., 6., 0.], dtype=torch.float64), tensor([10.], dtype=torch.float64))

    Bohte, Kok and La Poutre (2002); chapter 4d.
    """
    rows = [(a, b, early) for a in (early, late) for b in (early, late)]
    wanted = [[last if a == b else first] for a, b, _ in rows]
    return torch.tensor(rows, dtype=torch.float64), torch.tensor(wanted, dtype=torch.float64)


def clock_code(values: Tensor, *, span: float = 2.0) -> Tensor:
    r"""Return spike times for values, with a clock spike at time zero in front.

    .. math:: t_0 = 0, \qquad t_i = x_i \, t_\text{span}

    Parameters
    ----------
    values : Tensor, shape (B, N)
        Values from 0 to 1; a larger value spikes later.
    span : float
        Time of the value 1, above 0, in the unit of the cell's ``tau_syn``.

    Returns
    -------
    Tensor, shape (B, N + 1)

    Raises
    ------
    TypeError, ValueError
        If the values are not (B, N), or leave the range from 0 to 1.

    Examples
    --------
    >>> clock_code(torch.tensor([[0.5, 1.0]]))
    tensor([[0., 1., 2.]])

    Chapter 4d.
    """
    check_float("values", values)
    check_positive("span", span)
    if values.dim() != 2:
        raise ValueError(f"values has shape {tuple(values.shape)}; (batch, values) is accepted")
    if not bool(((values >= 0) & (values <= 1)).all()):
        raise ValueError("values leave the range from 0 to 1; values in it are accepted")
    return torch.cat([torch.zeros_like(values[:, :1]), span * values], dim=1)
