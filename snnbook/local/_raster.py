r"""SuperSpike with outputs that spike: learn a target spike train (paper section V.B, chapter 6b).

The loss is van Rossum's, with the membrane's response to a spike as the filter:

.. math:: \mathcal{L} = \frac12 \sum_{n,k} e_k[n]^2, \qquad
          e_k = \varepsilon * (S_k - S^*_k)

Runs stand side by side: every tensor has a first axis of R runs, each with its own weights.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from snnbook._validate import check_choice, check_integer, check_positive, check_time_first
from snnbook.neurons import DEFAULT_PARAMETERS, LIFParameters, LIFState, leaky_step, lif_step
from snnbook.surrogates import Surrogate, fast_sigmoid

#: The surrogate of this room: wide enough for a silent neuron to hear its error.
WIDE = fast_sigmoid(width=0.4)


class LayerTraces(NamedTuple):
    """What a layer carries: its state, the presynaptic trace (R, N_in), and the eligibility.

    The eligibility's ``mem`` (R, N, N_in) is the factor that meets the error.
    """

    state: LIFState
    before: LIFState
    eligibility: LIFState


class RasterCarry(NamedTuple):
    """All that the rule keeps from one step to the next."""

    layers: tuple[LayerTraces, ...]
    error: LIFState


class RasterStep(NamedTuple):
    """What happened in a step.

    ``spikes`` and ``mem`` of each layer, the ``error`` e[n] (R, outputs), the ``signals``, which
    are the errors as each layer hears them, the ``surrogate`` of each layer, and ``increments``,
    signal times eligibility, one (R, N, N_in) for each layer.
    """

    spikes: tuple[Tensor, ...]
    mem: tuple[Tensor, ...]
    error: Tensor
    signals: tuple[Tensor, ...]
    surrogate: tuple[Tensor, ...]
    increments: tuple[Tensor, ...]


class RasterGradient(NamedTuple):
    """Sum of all increments, one for each layer; the output spikes (T, R, K); the loss (R,)."""

    gradients: tuple[Tensor, ...]
    spikes: Tensor
    loss: Tensor


class RasterHistory(NamedTuple):
    """``loss`` (trials, R); the last trial's output ``spikes`` (T, R, K); the final ``weights``."""

    loss: Tensor
    spikes: Tensor
    weights: tuple[Tensor, ...]


def raster_start(weights: tuple[Tensor, ...]) -> RasterCarry:
    """Return empty traces and a network at rest.

    Parameters
    ----------
    weights : tuple of Tensor
        One (R, N, N_in) for each layer; the last one belongs to the outputs.

    Examples
    --------
    >>> carry = raster_start((torch.zeros(1, 4, 3), torch.zeros(1, 2, 4)))
    >>> [layer.eligibility.mem.numel() for layer in carry.layers]
    [12, 8]

    Paper section V.B; chapter 6b.
    """
    layers = []
    for weight in weights:
        runs, rows, columns = weight.shape
        layers.append(
            LayerTraces(
                *(
                    LIFState(weight.new_zeros(shape), weight.new_zeros(shape))
                    for shape in ((runs, rows), (runs, columns), (runs, rows, columns))
                )
            )
        )
    return RasterCarry(tuple(layers), layers[-1].state)


@torch.no_grad()
def raster_step(
    weights: tuple[Tensor, ...],
    carry: RasterCarry,
    inputs: Tensor,
    target: Tensor,
    *,
    feedback: tuple[Tensor, ...] | None = None,
    params: LIFParameters = DEFAULT_PARAMETERS,
    surrogate: Surrogate = WIDE,
    reset: str = "subtract",
) -> tuple[RasterCarry, RasterStep]:
    r"""Take one step of the network and of its three factors.

    .. math::

        \Delta W_{ij}[n] = s_i[n]\, \lambda_{ij}[n], \qquad
        \lambda_{ij} = \varepsilon * [\, g(U_i - \theta)\, p_j \,]

    with :math:`s_i = e_i` for an output and :math:`s_i = \sum_k B_{ki} e_k` for a hidden neuron.
    It is the direction that *raises* the loss: take it off the weights.

    Parameters
    ----------
    weights : tuple of Tensor
        As in :func:`raster_start`.
    carry : RasterCarry
        From :func:`raster_start` or from the step before.
    inputs, target : Tensor
        Input spikes (R, N_in) and wanted output spikes (R, outputs) of this step.
    feedback : tuple of Tensor, optional
        B of each hidden layer, (R, outputs, N). By default the product of the weights above.
    params, surrogate, reset
        As in :func:`snnbook.neurons.lif_step`, for all layers; ``params`` also give the filter.

    Returns
    -------
    carry : RasterCarry
        For the next step; its size does not depend on the number of steps.
    seen : RasterStep

    Examples
    --------
    >>> weights = (torch.ones(1, 1, 1),)
    >>> carry, wanted = raster_start(weights), torch.ones(1, 1)
    >>> for _ in range(4):
    ...     carry, seen = raster_step(weights, carry, wanted, wanted)
    >>> seen.error < 0, seen.spikes[0]
    (tensor([[True]]), tensor([[1.]]))

    Paper section V.B; chapter 6b.
    """
    error = carry.error.mem
    backs = symmetric_paths(weights) if feedback is None else feedback
    signals = (*(torch.einsum("rk,rki->ri", error, back) for back in backs), error)
    layers, spikes, mems, bumps, increments = [], [], [], [], []
    for weight, old, signal in zip(weights, carry.layers, signals, strict=True):
        drive = torch.einsum("rij,rj->ri", weight, inputs)
        bump = surrogate.derivative(old.state.mem - params.threshold)
        fired, state = lif_step(old.state, drive, params, surrogate=surrogate, reset=reset)
        increments.append(signal.unsqueeze(2) * old.eligibility.mem)
        raised = bump.unsqueeze(2) * old.before.mem.unsqueeze(1)
        before = leaky_step(old.before, inputs, params)
        layers.append(LayerTraces(state, before, leaky_step(old.eligibility, raised, params)))
        spikes.append(fired)
        mems.append(old.state.mem)
        bumps.append(bump)
        inputs = fired
    wrong = leaky_step(carry.error, fired - target, params)
    seen = RasterStep(tuple(spikes), tuple(mems), error, signals, tuple(bumps), tuple(increments))
    return RasterCarry(tuple(layers), wrong), seen


def match_spikes(
    weights: tuple[Tensor, ...], inputs: Tensor, target: Tensor, **settings
) -> RasterGradient:
    """Run one trial and return the sum of the increments, the output spikes and the loss.

    Parameters
    ----------
    weights : tuple of Tensor
        As in :func:`raster_start`.
    inputs, target : Tensor
        (T, R, N_in) and (T, R, outputs).
    **settings
        As in :func:`raster_step`.

    Returns
    -------
    RasterGradient

    Notes
    -----
    With one layer the sum is the exact gradient of the van Rossum loss (with the surrogate and a
    detached reset). With a hidden layer it is not: the exact gradient also passes the surrogate
    and the filter of the output neuron.

    Examples
    --------
    >>> found = match_spikes((torch.ones(1, 1, 1),), torch.ones(9, 1, 1), torch.zeros(9, 1, 1))
    >>> bool(found.loss > 0), bool(found.gradients[0] > 0)
    (True, True)

    Paper section V.B; chapter 6b.
    """
    _check(weights, inputs, target)
    carry, outputs, loss = raster_start(weights), [], 0.0
    total = [torch.zeros_like(weight) for weight in weights]
    for arrived, wanted in zip(inputs.unbind(0), target.unbind(0)):
        carry, seen = raster_step(weights, carry, arrived, wanted, **settings)
        for one, increment in zip(total, seen.increments):
            one += increment
        loss = loss + 0.5 * seen.error.square().sum(1)
        outputs.append(seen.spikes[-1])
    return RasterGradient(tuple(total), torch.stack(outputs), loss)


def learn_raster(
    weights: tuple[Tensor, ...],
    inputs: Tensor,
    target: Tensor,
    *,
    trials: int,
    lr: float,
    step_size: str = "rmaxprop",
    forget: float = 0.95,
    **settings,
) -> RasterHistory:
    r"""Show the same input again and again, and change the weights after each trial.

    ``"plain"`` takes off ``lr`` times the sum of increments. ``"rmaxprop"`` gives each synapse
    its own step size. It is an extra, no part of the three factors:

    .. math:: v \leftarrow \max(\gamma v, \Delta W^2), \qquad
              W \leftarrow W - \frac{\eta}{\sqrt{v}} \Delta W

    Parameters
    ----------
    weights, inputs, target, **settings
        As in :func:`match_spikes`. The weights given are not changed.
    trials : int
        At least 1.
    lr : float
        :math:`\eta`, above 0.
    step_size : {"rmaxprop", "plain"}
        As above.
    forget : float
        :math:`\gamma` of a trial.

    Returns
    -------
    RasterHistory

    Examples
    --------
    >>> one = torch.full((1, 1, 1), 0.5)
    >>> silence = torch.zeros(30, 1, 1)
    >>> quiet = learn_raster((one,), torch.ones(30, 1, 1), silence, trials=30, lr=0.02)
    >>> bool(quiet.loss[-1] < quiet.loss[0]), bool(quiet.weights[0] < one)
    (True, True)

    Paper section V.B; chapter 6b. Zenke and Ganguli (2018) call the step size RMaxProp.
    """
    check_integer("trials", trials, 1)
    check_positive("lr", lr)
    check_positive("forget", forget)
    check_choice("step_size", step_size, ("rmaxprop", "plain"))
    weights = tuple(weight.clone() for weight in weights)
    largest = [torch.zeros_like(weight) for weight in weights]
    losses = []
    for _ in range(trials):
        found = match_spikes(weights, inputs, target, **settings)
        losses.append(found.loss)
        for i, change in enumerate(found.gradients):
            if step_size == "rmaxprop":
                largest[i] = torch.maximum(forget * largest[i], change.square())
                change = change / (largest[i].sqrt() + 1e-12)
            weights[i].sub_(lr * change)
    return RasterHistory(torch.stack(losses), found.spikes, weights)


def symmetric_paths(weights: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Return the product of the weights above each hidden layer, (R, outputs, N)."""
    paths = []
    for weight in reversed(weights[1:]):
        paths.append(paths[-1] @ weight if paths else weight)
    return tuple(reversed(paths))


def _check(weights: tuple[Tensor, ...], inputs: Tensor, target: Tensor) -> None:
    if not isinstance(weights, tuple) or not weights or any(w.dim() != 3 for w in weights):
        raise ValueError("weights is no tuple of tensors (R, N, N_in), one for each layer")
    check_time_first("inputs", inputs, features=weights[0].shape[2])
    check_time_first("target", target, features=weights[-1].shape[1])
    if inputs.shape[:2] != target.shape[:2] or inputs.shape[1] != len(weights[0]):
        raise ValueError(
            f"inputs has shape {tuple(inputs.shape)}, target {tuple(target.shape)}; "
            f"the same steps and {len(weights[0])} runs are accepted"
        )
