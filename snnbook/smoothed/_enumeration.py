"""The exact expectation of a loss, by listing all spike trains of a small layer (chapter 4b)."""

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from snnbook._validate import check_callable, check_finite, check_float, check_integer
from snnbook.smoothed._noisy import (
    DEFAULT_NOISY,
    NoisyNeuron,
    check_layer,
    check_noisy,
    clamped_run,
)

_LARGEST_TABLE = 16

SpikeLoss = Callable[[Tensor], Tensor]


def all_spike_trains(steps: int, neurons: int, dtype: torch.dtype = torch.float64) -> Tensor:
    r"""Return all :math:`2^{TN}` spike trains of some neurons, (T, 2**(T N), N).

    Raises
    ------
    ValueError
        If there are more than :math:`2^{16}`.

    Examples
    --------
    >>> all_spike_trains(2, 1)[..., 0].T.int().tolist()
    [[0, 0], [0, 1], [1, 0], [1, 1]]

    Chapter 4b.
    """
    check_integer("steps", steps, 1)
    check_integer("neurons", neurons, 1)
    bits = steps * neurons
    if bits > _LARGEST_TABLE:
        raise ValueError(
            f"steps times neurons is {bits}; at most {_LARGEST_TABLE} is accepted, "
            "because all 2**(steps * neurons) trains are listed"
        )
    numbers = torch.arange(2**bits)[:, None]
    table = (numbers >> torch.arange(bits - 1, -1, -1)) & 1
    return table.reshape(-1, steps, neurons).transpose(0, 1).to(dtype)


def expected_loss(
    weight: Tensor,
    inputs: Tensor,
    loss: SpikeLoss,
    neuron: NoisyNeuron = DEFAULT_NOISY,
    *,
    recurrent_weight: Tensor | None = None,
) -> Tensor:
    r"""Return the exact expectation of a loss over all spike trains of a small layer.

    .. math:: \langle \mathcal L \rangle = \sum_S P(S) \, \mathcal L(S)

    Parameters
    ----------
    weight : Tensor
        W, (N, N_in).
    inputs : Tensor
        Input spikes of one sample, (T, 1, N_in); T times N is at most 16.
    loss : callable
        Takes spikes (T, B, N) and returns the loss of each sample, (B,).
    neuron : NoisyNeuron
        Time constants, threshold, reset and escape noise.
    recurrent_weight : Tensor, optional
        V, (N, N).

    Returns
    -------
    Tensor
        A number, differentiable in ``weight``: its gradient is the truth that every
        estimator of :func:`gradient_samples` is measured against.

    Raises
    ------
    TypeError, ValueError
        If a shape or dtype does not fit, or there are too many trains.

    Examples
    --------
    A neuron at x = -1 throughout, and the expected number of its spikes in one step:

    >>> from snnbook.smoothed import SigmoidEscape
    >>> count = lambda spikes: spikes.sum((0, 2))
    >>> weight = torch.zeros(1, 1, dtype=torch.float64)
    >>> silence = torch.zeros(1, 1, 1, dtype=torch.float64)
    >>> expected_loss(weight, silence, count, NoisyNeuron(escape=SigmoidEscape(1.0)))
    tensor(0.2689, dtype=torch.float64)

    Chapter 4b; ``eq-04b-expected``.
    """
    check_one_sample(weight, inputs)
    check_noisy(neuron)
    check_callable("loss", loss)
    trains = all_spike_trains(inputs.shape[0], weight.shape[0], weight.dtype)
    drive = (inputs @ weight.T).expand_as(trains)
    neuron = replace(neuron, gradient="none")
    record = clamped_run(neuron, drive, trains, recurrent_weight=recurrent_weight)
    return record.log_prob.sum((0, 2)).exp() @ loss_of_each(loss, trains)


def check_one_sample(weight: Tensor, inputs: Tensor) -> None:
    """Raise unless the inputs are (T, 1, N_in) and fit the weight."""
    check_layer(weight, inputs)
    if inputs.shape[1] != 1:
        raise ValueError(f"inputs has shape {tuple(inputs.shape)}; one sample is accepted, B = 1")


def loss_of_each(loss: SpikeLoss, spikes: Tensor) -> Tensor:
    """Return the loss of each sample, (B,), or raise where it has another shape or is NaN."""
    found = loss(spikes)
    check_float("loss", found)
    if tuple(found.shape) != (spikes.shape[1],):
        raise ValueError(
            f"loss returns shape {tuple(found.shape)}; ({spikes.shape[1]},), one number a sample, "
            "is accepted"
        )
    check_finite("loss", found.detach())
    return found
