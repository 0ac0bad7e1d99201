r"""SuperSpike with outputs that spike: learn a target spike train (paper section V.B, chapter 6b).

The loss is van Rossum's, with the membrane's response to a spike as the filter:

.. math:: \mathcal{L} = \frac12 \sum_{n,k} e_k[n]^2, \qquad
          e_k = \varepsilon * (S_k - S^*_k)

Runs stand side by side: every tensor has a first axis of R runs, each with its own weights.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from snnbook._validate import check_finite, check_float, check_same_kind, check_shape
from snnbook.neurons import LIFNeuron, LIFState, leaky_step, lif_step
from snnbook.surrogates import fast_sigmoid

#: The surrogate of this room: wide enough for a silent neuron to hear its error.
WIDE = fast_sigmoid(width=0.4)
#: The neuron of all layers when none is given.
WIDE_NEURON = LIFNeuron(surrogate=WIDE)


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
    check_layers(weights)
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
    neuron: LIFNeuron = WIDE_NEURON,
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
    neuron : LIFNeuron
        Of all layers; its time constants are also those of the filter.

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

    Paper section V.B; chapter 6b; ``eq-06b-superspike``, ``eq-06b-hidden``.
    """
    runs, like = len(carry.error.mem), carry.error.mem
    check_shape("inputs", inputs, (runs, weights[0].shape[2]), like)
    check_shape("target", target, (runs, weights[-1].shape[1]), like)
    error = carry.error.mem
    backs = symmetric_paths(weights) if feedback is None else feedback
    signals = (*(torch.einsum("rk,rki->ri", error, back) for back in backs), error)
    layers, spikes, mems, bumps, increments = [], [], [], [], []
    for weight, old, signal in zip(weights, carry.layers, signals, strict=True):
        drive = torch.einsum("rij,rj->ri", weight, inputs)
        bump = neuron.surrogate.derivative(old.state.mem - neuron.threshold)
        fired, state = lif_step(old.state, drive, neuron)
        increments.append(signal.unsqueeze(2) * old.eligibility.mem)
        raised = bump.unsqueeze(2) * old.before.mem.unsqueeze(1)
        before = leaky_step(old.before, inputs, neuron)
        layers.append(LayerTraces(state, before, leaky_step(old.eligibility, raised, neuron)))
        spikes.append(fired)
        mems.append(old.state.mem)
        bumps.append(bump)
        inputs = fired
    wrong = leaky_step(carry.error, fired - target, neuron)
    seen = RasterStep(tuple(spikes), tuple(mems), error, signals, tuple(bumps), tuple(increments))
    return RasterCarry(tuple(layers), wrong), seen


def symmetric_paths(weights: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Return the product of the weights above each hidden layer, (R, outputs, N)."""
    paths = []
    for weight in reversed(weights[1:]):
        paths.append(paths[-1] @ weight if paths else weight)
    return tuple(reversed(paths))


def check_layers(weights: tuple[Tensor, ...]) -> None:
    """Raise unless ``weights`` is a tuple of finite tensors (R, N, N_in) that fit each other."""
    if not isinstance(weights, tuple) or not weights:
        given = "empty" if weights == () else f"a {type(weights).__name__}"
        raise ValueError(
            f"weights is {given}; a tuple of tensors (R, N, N_in), one for each layer, is accepted"
        )
    below = None
    for i, weight in enumerate(weights):
        check_float(f"weights[{i}]", weight)
        check_same_kind(f"weights[{i}]", weight, weights[0])
        shape = tuple(weight.shape)
        wrong = len(shape) != 3 or 0 in shape
        if wrong or (below is not None and (shape[0], shape[2]) != (below[0], below[1])):
            raise ValueError(
                f"weights[{i}] has shape {shape}; (R, N, N_in), with N_in the N of the layer "
                "below, is accepted"
            )
        check_finite(f"weights[{i}]", weight.detach())
        below = shape
