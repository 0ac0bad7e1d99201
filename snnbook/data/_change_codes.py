"""A code of what changes: ON and OFF events, as an event camera sends them."""

import torch
from torch import Tensor

from snnbook._validate import (
    check_finite,
    check_flag,
    check_number,
    check_positive,
    check_shape,
    check_time_first,
)


@torch.no_grad()
def delta_code(signal: Tensor, threshold: float, *, binary: bool = True) -> Tensor:
    r"""Code the changes of a signal as ON and OFF events (delta modulation).

    Each unit holds a reference :math:`r`, which starts at the first value of the signal. An
    event is sent when the signal has moved away by a threshold :math:`\vartheta`, and the
    reference moves with it:

    .. math::

        k[n] = \operatorname{trunc}\!\left(\frac{x[n] - r[n-1]}{\vartheta}\right), \qquad
        r[n] = r[n-1] + k[n] \, \vartheta .

    With ``binary=True`` a step holds at most one event per channel, :math:`|k[n]| \le 1`, so
    the output is spikes. A signal that moves by at most a threshold per step is then followed
    within one threshold; a faster one runs ahead, and the reference catches up once it slows
    down. With ``binary=False`` the events of a step are counted, and
    :math:`|x[n] - r[n]| < \vartheta` for every signal.

    Parameters
    ----------
    signal : Tensor
        Shape (T, B, N), finite, floating point, any unit.
    threshold : float
        Change that sends an event, in the unit of the signal, above 0.
    binary : bool
        At most one event per step and channel (True), or counts (False).

    Returns
    -------
    Tensor
        Events (T, B, 2N) with the dtype and device of ``signal``: first the N ON channels
        (upward), then the N OFF channels (downward). Index n holds the events sent at sample n;
        index 0 is empty, because the reference starts there.

    Notes
    -----
    Decimal fractions are rounded in a float32 signal, so a change of "exactly" one threshold,
    such as 0.1, may fall short of it by a rounding error and send its event a step later.

    Examples
    --------
    A ramp of one threshold per step sends one ON event per step after the first.

    >>> ramp = torch.tensor([0.0, 1.0, 2.0, 1.0]).reshape(4, 1, 1)
    >>> delta_code(ramp, threshold=1.0).squeeze(1)
    tensor([[0., 0.],
            [1., 0.],
            [1., 0.],
            [0., 1.]])
    """
    check_time_first("signal", signal)
    check_positive("threshold", threshold)
    check_flag("binary", binary)
    check_finite("signal", signal, steps=True)
    steps, batch, units = signal.shape
    exact = signal.cpu().double()  # not every device has float64
    events = exact.new_zeros(steps, batch, 2 * units)
    if steps == 0:
        return events.to(signal)
    # In units of the threshold the reference is a whole number, so no error builds up.
    distance = (exact - exact[0]) / threshold
    reference = torch.zeros_like(distance[0])
    for n in range(1, steps):
        jump = torch.trunc(distance[n] - reference)
        if binary:
            jump = jump.clamp(-1, 1)
        reference += jump
        events[n, :, :units] = jump.clamp(min=0)
        events[n, :, units:] = (-jump).clamp(min=0)
    return events.to(signal)


@torch.no_grad()
def delta_decode(events: Tensor, threshold: float, start: float | Tensor = 0.0) -> Tensor:
    r"""Return the signal that the events of :func:`delta_code` tell: the reference r.

    .. math:: r[n] = r[n-1] + \vartheta \, (\text{ON}[n] - \text{OFF}[n])

    Parameters
    ----------
    events : Tensor, shape (T, B, 2N)
        Events of :func:`delta_code`.
    threshold : float
        The threshold that was used.
    start : float or Tensor, shape (B, N)
        The signal at step 0, which no event tells.

    Returns
    -------
    Tensor, shape (T, B, N)
        Within one threshold of a signal that moves by at most one per step.

    Examples
    --------
    >>> signal = torch.tensor([0.3, 0.8, 1.4, 1.1]).reshape(4, 1, 1)
    >>> delta_decode(delta_code(signal, 0.5), 0.5, start=0.3).flatten()
    tensor([0.3000, 0.8000, 1.3000, 1.3000])
    """
    check_time_first("events", events)
    check_finite("events", events, steps=True)
    check_positive("threshold", threshold)
    steps, batch, channels = events.shape
    if channels % 2:
        raise ValueError(
            f"events has shape {tuple(events.shape)}; a last axis of ON and OFF channels, an even "
            "number, is accepted"
        )
    if isinstance(start, Tensor):
        check_shape("start", start, (batch, channels // 2), events)
        check_finite("start", start)
    else:
        check_number("start", start)
    on, off = events.cpu().double().chunk(2, dim=2)
    moved = threshold * (on - off).cumsum(0)
    return (moved.to(events.device) + start).to(events.dtype)
