r"""The leaky integrate-and-fire neuron as a recurrent network (paper section II, chapter 2).

One step of the network, with all records at the same index :math:`n`:

.. math::

    I[n+1] &= \alpha I[n] + x[n] + V S[n], \qquad x[n] = W S_\text{in}[n] \\
    U[n+1] &= \beta U[n] + I[n] - \theta S[n] \\
    S[n]   &= \Theta(U[n] - \theta)
"""

from torch import Tensor

from snnbook._validate import check_choice, check_integer, check_shape, check_time_first
from snnbook.kernels import Events, _plain
from snnbook.kernels._choose import decide
from snnbook.neurons._parameters import (
    DEFAULT_PARAMETERS,
    LeakyRecord,
    LIFParameters,
    LIFRecord,
    LIFState,
)
from snnbook.neurons._running import (
    check_finite,
    check_state,
    compiled,
    drive_shape,
    initial_state,
    weighted_drive,
)
from snnbook.surrogates import Surrogate, fast_sigmoid

#: What a spike may do to the membrane.
RESETS = ("subtract", "zero", "none")
#: The surrogate of a layer when none is given.
DEFAULT_SURROGATE = fast_sigmoid()


def lif_step(
    state: LIFState,
    drive: Tensor,
    params: LIFParameters = DEFAULT_PARAMETERS,
    *,
    recurrent_weight: Tensor | None = None,
    surrogate: Surrogate = DEFAULT_SURROGATE,
    reset: str = "subtract",
    reset_gradient: bool = False,
    spike_at_threshold: bool = False,
) -> tuple[Tensor, LIFState]:
    r"""Take one step: from I[n], U[n] and the drive x[n] to S[n], I[n+1], U[n+1].

    .. math::

        S[n]   &= \Theta(U[n] - \theta) \\
        I[n+1] &= \alpha I[n] + x[n] + V S[n] \\
        U[n+1] &= \beta U[n] + I[n] - \theta S[n]

    Parameters
    ----------
    state : LIFState
        I[n] and U[n], each (B, N).
    drive : Tensor
        The weighted input x[n] = W S_in[n], (B, N).
    params : LIFParameters
        Time constants and threshold.
    recurrent_weight : Tensor, optional
        V, (N, N); entry (i, j) is the weight from neuron j to neuron i.
    surrogate : Surrogate
        Derivative of the step in the backward pass.
    reset : {"subtract", "zero", "none"}
        ``subtract`` takes :math:`\theta` off after a spike (the paper). ``zero`` sets
        U[n+1] to 0 after a spike, as SpyTorch does. ``none`` leaves U alone.
    reset_gradient : bool
        Whether the gradient flows back through the spike in the reset. The forward pass
        is the same. ``False`` is common practice (Zenke and Vogels 2021; chapter 5).
    spike_at_threshold : bool
        The value of :math:`\Theta(0)`.

    Returns
    -------
    spikes : Tensor
        S[n], (B, N), with values 0 and 1.
    state : LIFState
        I[n+1] and U[n+1].

    Notes
    -----
    Input at step n reaches I at n+1, U at n+2, and so a spike at n+2 at the earliest.
    Other libraries have a latency of one step or none (see the conventions page).

    Examples
    --------
    >>> import math
    >>> import torch
    >>> state = LIFState(syn=torch.tensor([[0.5]]), mem=torch.tensor([[2.0]]))
    >>> half = LIFParameters(tau_mem=1 / math.log(2), tau_syn=1 / math.log(2), dt=1.0)
    >>> spikes, state = lif_step(state, torch.tensor([[0.25]]), half)
    >>> spikes.item(), state.syn.item(), state.mem.item()
    (1.0, 0.5, 0.5)

    Paper section II; chapter 2.
    """
    spikes = surrogate(state.mem - params.threshold, spike_at_threshold)
    if recurrent_weight is not None:
        drive = drive + spikes @ recurrent_weight.T
    syn = params.alpha * state.syn + drive
    mem = params.beta * state.mem + state.syn
    resetting = spikes if reset_gradient else spikes.detach()
    if reset == "subtract":
        mem = mem - params.threshold * resetting
    elif reset == "zero":
        mem = mem * (1 - resetting)
    return spikes, LIFState(syn, mem)


def unroll(
    drive: Tensor,
    params: LIFParameters = DEFAULT_PARAMETERS,
    *,
    recurrent_weight: Tensor | None = None,
    state: LIFState | None = None,
    surrogate: Surrogate = DEFAULT_SURROGATE,
    reset: str = "subtract",
    reset_gradient: bool = False,
    spike_at_threshold: bool = False,
    record: bool = True,
    kernel: str = "auto",
    checkpoint: int | None = None,
) -> LIFRecord:
    r"""Run :func:`lif_step` over time: the one loop behind every layer of the book.

    Parameters
    ----------
    drive : Tensor
        Weighted input x[n] = W S_in[n], (T, B, N), floating point. T = 0 and B = 0 are
        allowed and give empty records.
    params, recurrent_weight, surrogate, reset, reset_gradient, spike_at_threshold
        As in :func:`lif_step`.
    state : LIFState, optional
        I[0] and U[0], each (B, N). Zero when not given.
    record : bool
        Whether to keep ``mem`` and ``syn`` of every step.
    kernel : {"auto", "reference", "numba", "triton"}
        ``reference`` is the plain loop over :func:`lif_step`. ``numba`` is the same recursion
        compiled, with a written-out backward pass and no second derivative; ``triton`` is
        that for tensors on a GPU. ``auto`` takes a compiled loop where it can;
        :func:`snnbook.kernels.explain` says what it takes.
    checkpoint : int, optional
        Saves memory on long sequences, with ``record=False`` in the compiled loop: only the
        state at every ``checkpoint``-th step is kept, and the backward pass runs forward
        again in between. The gradient is the same.

    Returns
    -------
    LIFRecord
        Records at n = 0 .. T-1, and the state I[T], U[T]. Running on from that state is
        the same as one long run.

    Raises
    ------
    TypeError, ValueError
        If a shape, dtype or device does not fit, if ``reset`` is unknown, or if the drive
        or the state holds NaN or infinity.

    Examples
    --------
    One input spike of weight 0.5 at step 0 makes the neuron fire at step 4:

    >>> import torch
    >>> impulse = torch.zeros(8, 1, 1)
    >>> impulse[0] = 0.5
    >>> out = unroll(impulse)
    >>> out.spikes.flatten().int().tolist()
    [0, 0, 0, 0, 1, 0, 0, 0]

    Paper section II; chapter 2.
    """
    check_time_first("drive", drive)
    return unroll_weighted(
        drive,
        None,
        params,
        recurrent_weight=recurrent_weight,
        state=state,
        surrogate=surrogate,
        reset=reset,
        reset_gradient=reset_gradient,
        spike_at_threshold=spike_at_threshold,
        record=record,
        kernel=kernel,
        checkpoint=checkpoint,
    )


def unroll_weighted(
    source: Tensor | Events,
    weight: Tensor | None,
    params: LIFParameters,
    *,
    recurrent_weight: Tensor | None,
    state: LIFState | None,
    record: bool,
    kernel: str,
    checkpoint: int | None = None,
    **options,
) -> LIFRecord:
    """Run :func:`unroll` on the product of input spikes and ``weight``, fused with it.

    Without ``weight`` the source is the drive. ``options`` are those of the spike, as in
    :func:`lif_step`.
    """
    check_choice("reset", options["reset"], RESETS)
    if checkpoint is not None:
        check_integer("checkpoint", checkpoint, 1)
    shape, like = drive_shape(source, weight), source if weight is None else weight
    check_state(state, shape, like)
    if recurrent_weight is not None:
        check_shape("recurrent_weight", recurrent_weight, (shape[2], shape[2]), like)
    choice, found = decide(source, weight, (recurrent_weight, *(state or ())), kernel)
    finite = None
    if choice.kernel == "reference":
        drive, options["recurrent_weight"] = weighted_drive(source, weight), recurrent_weight
        state = initial_state(state, drive)
        out = _plain.unroll(lif_step, drive, params, state, options, record)
    else:
        numbers = (params.alpha, params.beta, params.threshold)
        options |= {"record": record, "checkpoint": checkpoint}
        *out, finite = compiled(
            choice.kernel, source, weight, recurrent_weight, state, found, *numbers, **options
        )
    if not finite:
        check_finite(source, weight, out[3])
    return LIFRecord(*out)


def leaky_step(
    state: LIFState, drive: Tensor, params: LIFParameters = DEFAULT_PARAMETERS
) -> LIFState:
    r"""Take one step of a leaky integrator that never spikes.

    .. math:: I[n+1] = \alpha I[n] + x[n], \qquad U[n+1] = \beta U[n] + I[n]

    >>> import torch
    >>> state = LIFState(syn=torch.tensor([[1.0]]), mem=torch.tensor([[0.0]]))
    >>> leaky_step(state, torch.tensor([[0.0]])).mem.item()
    1.0

    Paper section II; chapter 2.
    """
    syn = params.alpha * state.syn + drive
    return LIFState(syn, params.beta * state.mem + state.syn)


def integrate(
    drive: Tensor,
    params: LIFParameters = DEFAULT_PARAMETERS,
    *,
    state: LIFState | None = None,
    kernel: str = "auto",
) -> LeakyRecord:
    """Run :func:`leaky_step` over time: the readout of every network in the book.

    Parameters
    ----------
    drive : Tensor
        Weighted input, (T, B, N), floating point.
    params : LIFParameters
        Time constants; the threshold is not used.
    state : LIFState, optional
        I[0] and U[0], each (B, N). Zero when not given.
    kernel : {"auto", "reference", "numba", "triton"}
        As in :func:`unroll`.

    Returns
    -------
    LeakyRecord
        ``mem`` and ``syn`` at n = 0 .. T-1, and the state I[T], U[T].

    Raises
    ------
    TypeError, ValueError
        As :func:`unroll`.

    Examples
    --------
    >>> import torch
    >>> impulse = torch.zeros(4, 1, 1)
    >>> impulse[0] = 1.0
    >>> integrate(impulse).mem.flatten()
    tensor([0.0000, 0.0000, 1.0000, 1.7236])

    Paper section II; chapter 2.
    """
    check_time_first("drive", drive)
    return integrate_weighted(drive, None, params, state=state, kernel=kernel)


def integrate_weighted(
    source: Tensor | Events,
    weight: Tensor | None,
    params: LIFParameters,
    *,
    state: LIFState | None,
    kernel: str,
) -> LeakyRecord:
    """Run :func:`integrate` on the product of input spikes and ``weight``, fused with it."""
    check_state(state, drive_shape(source, weight), source if weight is None else weight)
    choice, found = decide(source, weight, state or (), kernel)
    finite = None
    if choice.kernel == "reference":
        drive = weighted_drive(source, weight)
        out = _plain.integrate(leaky_step, drive, params, initial_state(state, drive))
    else:
        _, *out, finite = compiled(
            choice.kernel, source, weight, None, state, found, params.alpha, params.beta
        )
    if not finite:
        check_finite(source, weight, out[2])
    return LeakyRecord(*out)
