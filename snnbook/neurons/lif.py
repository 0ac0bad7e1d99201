r"""The leaky integrate-and-fire neuron as a recurrent network (paper section II, chapter 2).

One step of the network, with all records at the same index :math:`n`:

.. math::

    I[n+1] &= \alpha I[n] + x[n] + V S[n], \qquad x[n] = W S_\text{in}[n] \\
    U[n+1] &= \beta U[n] + I[n] - \theta S[n] \\
    S[n]   &= \Theta(U[n] - \theta)
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from snnbook._validate import check_choice, check_positive, check_shape, check_time_first
from snnbook.kernels import Events, reference
from snnbook.kernels.choose import why_not_compiled
from snnbook.surrogates import Surrogate, fast_sigmoid

RESETS = ("subtract", "zero", "none")
DEFAULT_SURROGATE = fast_sigmoid()


@dataclass(frozen=True)
class LIFParameters:
    r"""Time constants and threshold of a layer of LIF neurons, in seconds.

    .. math:: \alpha = e^{-\Delta t / \tau_\text{syn}}, \qquad
              \beta = e^{-\Delta t / \tau_\text{mem}}

    Parameters
    ----------
    tau_mem, tau_syn : float
        Time constants of membrane and synaptic current in seconds, above 0.
    dt : float
        Time step in seconds, above 0.
    threshold : float
        :math:`\theta`, above 0. The paper's natural units put it at 1.

    Raises
    ------
    ValueError
        If a value is not a finite number above 0.

    Examples
    --------
    >>> params = LIFParameters(tau_mem=10e-3, tau_syn=5e-3, dt=1e-3)
    >>> round(params.alpha, 4), round(params.beta, 4)
    (0.8187, 0.9048)

    Chapter 2; paper section II.
    """

    tau_mem: float = 10e-3
    tau_syn: float = 5e-3
    dt: float = 1e-3
    threshold: float = 1.0

    def __post_init__(self) -> None:
        for name in ("tau_mem", "tau_syn", "dt", "threshold"):
            check_positive(name, getattr(self, name))

    @property
    def alpha(self) -> float:
        """Decay factor of the synaptic current over one step."""
        return math.exp(-self.dt / self.tau_syn)

    @property
    def beta(self) -> float:
        """Decay factor of the membrane potential over one step."""
        return math.exp(-self.dt / self.tau_mem)


DEFAULT_PARAMETERS = LIFParameters()


class LIFState(NamedTuple):
    """What a layer carries from one step to the next: ``syn`` (I) and ``mem`` (U), each (B, N).

    The spike S[n] is no part of it, because U[n] determines S[n].
    """

    syn: Tensor
    mem: Tensor


class LIFRecord(NamedTuple):
    """What happened in a layer: ``spikes``, ``mem`` and ``syn`` (T, B, N), and the state after.

    The three records share the index n = 0 .. T-1. ``state`` holds I[T] and U[T]: give it to
    the next call to go on. ``mem`` and ``syn`` are ``None`` when they were not recorded.
    """

    spikes: Tensor
    mem: Tensor | None
    syn: Tensor | None
    state: LIFState


class LeakyRecord(NamedTuple):
    """What happened in a leaky readout: ``mem`` and ``syn`` (T, B, N), and the state after."""

    mem: Tensor
    syn: Tensor
    state: LIFState


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
    kernel : {"auto", "reference", "numba"}
        ``reference`` is the plain loop over :func:`lif_step`. ``numba`` is the same recursion
        compiled, with a written-out backward pass and no second derivative. ``auto`` takes
        the compiled loop where it can; :func:`snnbook.kernels.explain` says what it takes.

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
    **options,
) -> LIFRecord:
    """Run :func:`unroll` on the product of input spikes and ``weight``, fused with it.

    Without ``weight`` the source is the drive. ``options`` are those of the spike, as in
    :func:`lif_step`.
    """
    check_choice("reset", options["reset"], RESETS)
    like = _like(source, weight)
    state = _initial_state(state, like)
    if recurrent_weight is not None:
        neurons = like.shape[2]
        check_shape("recurrent_weight", recurrent_weight, (neurons, neurons), like)
    if why_not_compiled(source, (weight, recurrent_weight, *state), kernel) is not None:
        drive, options["recurrent_weight"] = _drive(source, weight), recurrent_weight
        out = LIFRecord(*reference.unroll(lif_step, drive, params, state, options, record))
    else:
        numbers = (params.alpha, params.beta, params.threshold)
        compiled = _compiled(source, weight, recurrent_weight, state, *numbers, record, **options)
        out = LIFRecord(*compiled[:3], LIFState(*compiled[3]))
    _check_finite(source, weight, out.state)
    return out


def leaky_step(
    state: LIFState, drive: Tensor, params: LIFParameters = DEFAULT_PARAMETERS
) -> LIFState:
    r"""Take one step of a leaky integrator that never spikes.

    .. math:: I[n+1] = \alpha I[n] + x[n], \qquad U[n+1] = \beta U[n] + I[n]

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
    kernel : {"auto", "reference", "numba"}
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
    state = _initial_state(state, _like(source, weight))
    if why_not_compiled(source, (weight, *state), kernel) is not None:
        drive = _drive(source, weight)
        out = LeakyRecord(*reference.integrate(leaky_step, drive, params, state))
    else:
        compiled = _compiled(source, weight, None, state, params.alpha, params.beta)
        out = LeakyRecord(*compiled[1:3], LIFState(*compiled[3]))
    _check_finite(source, weight, out.state)
    return out


def psp_kernel(params: LIFParameters, steps: int) -> Tensor:
    r"""Return the membrane's response to one input spike of weight 1 at step 0, float64 (T,).

    .. math:: \kappa[n] = \frac{\beta^{n-1} - \alpha^{n-1}}{\beta - \alpha},
              \qquad \kappa[0] = \kappa[1] = 0

    For :math:`\alpha = \beta` the limit :math:`(n-1)\,\beta^{n-2}` is returned.

    >>> psp_kernel(LIFParameters(), 4)
    tensor([0.0000, 0.0000, 1.0000, 1.7236], dtype=torch.float64)

    Paper section II; chapter 2.
    """
    n = torch.arange(steps, dtype=torch.float64) - 1
    alpha, beta = params.alpha, params.beta
    if math.isclose(alpha, beta, rel_tol=1e-9):
        kernel = n * beta ** (n - 1)
    else:
        kernel = (beta**n - alpha**n) / (beta - alpha)
    return torch.where(n > 0, kernel, torch.zeros_like(kernel))


@torch.compiler.disable
def _compiled(source, weight, recurrent_weight, state, *numbers, **options):
    """Run the compiled loop; numba is imported on first use."""
    from snnbook.kernels import fused

    return fused.unroll(source, weight, recurrent_weight, state, fused.Cell(*numbers, **options))


def _like(source: Tensor | Events, weight: Tensor | None) -> Tensor:
    """Return a tensor with the shape, dtype and device of the drive, at no cost."""
    if weight is None:
        return source
    return weight.new_empty(()).expand(*source.shape[:2], len(weight))


def _drive(source: Tensor | Events, weight: Tensor | None) -> Tensor:
    """Return the weighted input W S_in[n] of every step, (T, B, N)."""
    if weight is None:
        return source
    if isinstance(source, Events):
        source = source.to_dense(weight.dtype).to(weight.device)
    return source @ weight.T


def _initial_state(state: LIFState | None, drive: Tensor) -> LIFState:
    shape = tuple(drive.shape[1:])
    if state is None:
        return LIFState(drive.new_zeros(shape), drive.new_zeros(shape))
    for name, tensor in (("state.syn", state[0]), ("state.mem", state[1])):
        check_shape(name, tensor, shape, drive)
    return LIFState(*state)


def _check_finite(source: Tensor | Events, weight: Tensor | None, state: LIFState) -> None:
    """Raise if the run met NaN or infinity.

    Both stay in the current forever, so the last state tells of the whole run at the cost
    of one step. Under ``torch.compile`` and ``torch.func`` values are not at hand.
    """
    if torch.compiler.is_compiling():
        return
    try:
        finite = bool(torch.isfinite(state.syn).all() & torch.isfinite(state.mem).all())
    except RuntimeError:  # vmap: no data-dependent branch
        return
    if finite:
        return
    drive = _drive(source, weight)
    bad = (~torch.isfinite(drive)).flatten(1).any(1).nonzero()
    if bad.numel():
        raise ValueError(
            f"drive holds NaN or infinity, first at step {bad[0].item()}; "
            "finite values are accepted"
        )
    raise ValueError(
        "the state became NaN or infinite although the drive is finite; "
        "finite initial state and weights are accepted"
    )
