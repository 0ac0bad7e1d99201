r"""Codes that turn numbers into spikes: time to first spike, rate, and change.

None of them is differentiable: a network learns from the spikes, not through the code.
Dense spikes of any of them become a list with :meth:`snnbook.kernels.Events.from_dense`.
"""

import torch
from torch import Tensor

from snnbook._validate import check_generator, check_integer, check_positive, check_time_first
from snnbook.data._checks import check_probability, check_values
from snnbook.kernels import Events


@torch.no_grad()
def latency_code(
    values: Tensor,
    steps: int,
    dt: float = 1e-3,
    tau: float = 20e-3,
    threshold: float = 0.2,
    *,
    events: bool = False,
) -> Tensor | Events:
    r"""Code each value as the time of a single spike: the larger, the earlier.

    A value :math:`x` is taken as a constant current into a leaky membrane with time constant
    :math:`\tau`, which starts at 0 and crosses the threshold :math:`\vartheta` once, at

    .. math:: t = \tau \ln \frac{x}{x - \vartheta}, \qquad x > \vartheta.

    The spike goes into the step that contains :math:`t`, step
    :math:`\lfloor t / \Delta t \rfloor`: it comes early by less than one step, never late.
    A value at or below the threshold never spikes, and neither does one whose time lies beyond
    the last step.

    Parameters
    ----------
    values : Tensor
        Shape (B, N), from 0 to 1, floating point.
    steps : int
        Number of time steps T, at least 1.
    dt : float
        Time step in seconds, above 0.
    tau : float
        Time constant in seconds, above 0.
    threshold : float
        The value below which a unit is silent, between 0 and 1 (both excluded).
    events : bool
        Return the spikes as a list, which every layer takes in place of the tensor: with one
        spike per unit it is some T times shorter, and nobody searches it again.

    Returns
    -------
    Tensor or Events
        Spikes (T, B, N), 0 or 1, with the dtype and device of ``values``, or the same spikes
        as :class:`snnbook.kernels.Events`. Index n is the interval from n dt to (n + 1) dt.
        Each unit spikes at most once.

    Raises
    ------
    TypeError
        If ``values`` is not a floating-point tensor.
    ValueError
        If a shape or a range is wrong.

    Notes
    -----
    The formula and its default values are those of SpyTorch's notebook 2 (F. Zenke, CC BY 4.0).

    Examples
    --------
    With the threshold at half the value, t = tau ln 2 = 13.86 ms, in step 13.

    >>> spikes = latency_code(torch.tensor([[0.4, 0.1]]), steps=50)
    >>> spikes.nonzero().tolist()
    [[13, 0, 0]]
    >>> latency_code(torch.tensor([[0.4, 0.1]]), steps=50, events=True).indices.tolist()
    [0]

    Chapter 1.
    """
    check_values("values", values)
    check_integer("steps", steps, 1)
    check_positive("dt", dt)
    check_positive("tau", tau)
    check_positive("threshold", threshold)
    if threshold >= 1:
        raise ValueError(f"threshold is {threshold!r}; a number between 0 and 1 is accepted")
    exact = values.double()
    heard = exact > threshold
    # -ln(1 - threshold/x), with a harmless 1 where there is no crossing.
    time = -tau * torch.log1p(-threshold / torch.where(heard, exact, 1.0))
    step = torch.floor(time / dt)
    heard &= step < steps
    if events:
        samples, units = heard.cpu().nonzero(as_tuple=True)
        times = step[heard].long().cpu()
        return Events.from_lists(times, samples, units, (steps, *values.shape))
    spikes = values.new_zeros(steps, *values.shape)
    target = step.clamp(max=steps - 1).long().unsqueeze(0)
    return spikes.scatter_(0, target, heard.to(values.dtype).unsqueeze(0))


@torch.no_grad()
def rate_code(
    values: Tensor,
    steps: int,
    dt: float = 1e-3,
    *,
    max_rate: float = 100.0,
    generator: torch.Generator,
) -> Tensor:
    r"""Code each value as the rate of independent random spikes.

    In each step a unit spikes with probability

    .. math:: p = x \, r_\text{max} \, \Delta t,

    independently of all other steps and units (a Bernoulli process, the discrete counterpart of
    a Poisson process), so a unit sends :math:`p \, T` spikes on average.

    Parameters
    ----------
    values : Tensor
        Shape (B, N), from 0 to 1, floating point.
    steps : int
        Number of time steps T, at least 1.
    dt : float
        Time step in seconds, above 0.
    max_rate : float
        Rate of a unit with value 1, in Hz, above 0. ``max_rate * dt`` may not exceed 1.
    generator : torch.Generator
        Source of the randomness. It advances, so a second call gives other spikes.

    Returns
    -------
    Tensor
        Spikes (T, B, N), 0 or 1, with the dtype and device of ``values``.

    Raises
    ------
    TypeError
        If ``values`` is not a floating-point tensor, or ``generator`` is not a generator.
    ValueError
        If a shape or a range is wrong.

    Examples
    --------
    At 1000 Hz and 1 ms per step, the value 1 spikes in each step and the value 0 in none.

    >>> generator = torch.Generator().manual_seed(0)
    >>> values = torch.tensor([[1.0, 0.0]])
    >>> rate_code(values, steps=5, max_rate=1000.0, generator=generator).sum(0)
    tensor([[5., 0.]])

    Chapter 1; paper section IV.A.3.
    """
    check_values("values", values)
    check_integer("steps", steps, 1)
    check_positive("dt", dt)
    check_positive("max_rate", max_rate)
    check_probability("max_rate", max_rate, dt)
    check_generator(generator)
    shape = (steps, *values.shape)
    draws = torch.rand(shape, generator=generator, device=generator.device).to(values.device)
    return (draws < values.float() * (max_rate * dt)).to(values.dtype)


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

    Raises
    ------
    TypeError
        If ``signal`` is not a floating-point tensor.
    ValueError
        If the shape is wrong, the signal is not finite, or ``threshold`` is not above 0.

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
    if not signal.isfinite().all():
        raise ValueError("signal contains NaN or infinity; finite numbers are accepted")
    steps, batch, units = signal.shape
    events = signal.new_zeros(steps, batch, 2 * units)
    if steps == 0:
        return events
    # In units of the threshold the reference is a whole number, so no error builds up.
    distance = (signal.double() - signal[0].double()) / threshold
    reference = torch.zeros_like(distance[0])
    for n in range(1, steps):
        jump = torch.trunc(distance[n] - reference)
        if binary:
            jump = jump.clamp(-1, 1)
        reference += jump
        events[n, :, :units] = jump.clamp(min=0)
        events[n, :, units:] = (-jump).clamp(min=0)
    return events


def delta_decode(events: Tensor, threshold: float, start: Tensor | float = 0.0) -> Tensor:
    r"""Rebuild the reference that the events of ``delta_code`` describe.

    .. math:: r[n] = r[0] + \vartheta \sum_{m \le n}
              \bigl(S_\text{on}[m] - S_\text{off}[m]\bigr)

    Parameters
    ----------
    events : Tensor
        Shape (T, B, 2N), as returned by ``delta_code``.
    threshold : float
        The threshold of the code, above 0.
    start : Tensor or float
        First value of the signal, a number or shape (B, N). Events do not carry it.

    Returns
    -------
    Tensor
        The reference (T, B, N) at the same time index as the signal.

    Raises
    ------
    TypeError
        If ``events`` is not a floating-point tensor.
    ValueError
        If the number of channels is odd, or ``threshold`` is not above 0.

    Examples
    --------
    >>> events = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]).reshape(3, 1, 2)
    >>> delta_decode(events, threshold=0.5, start=2.0).flatten()
    tensor([2.0000, 2.5000, 2.0000])
    """
    check_time_first("events", events)
    check_positive("threshold", threshold)
    if events.shape[2] % 2:
        raise ValueError(
            f"events has shape {tuple(events.shape)}; "
            "an even number of channels (N ON, then N OFF) is accepted"
        )
    up, down = events.chunk(2, dim=2)
    return start + threshold * (up - down).cumsum(0)
