r"""Feedback alignment: fixed matrices in place of the transposed weights (chapter 6a).

In space, the error comes down through fixed matrices. In time nothing is given up: within a
layer these rules run backward through its memory and its recurrent weights as exact BPTT
does, so they still store every step. Rules that also give that up are in
:mod:`snnbook.local._three_factor`.
"""

import torch
from torch import Tensor

from snnbook._validate import check_flag
from snnbook.gradients import (
    Adjoint,
    Back,
    Gradients,
    Lambdas,
    error_at,
    record,
    run_back,
    through_matrices,
)
from snnbook.local._matrices import Feedback, check_feedback
from snnbook.neurons import SpikingNetwork
from snnbook.training import StepError


@torch.no_grad()
def feedback_alignment(
    network: SpikingNetwork,
    spikes: Tensor,
    error: StepError,
    *,
    feedback: Feedback,
    recurrent: bool = True,
) -> Gradients:
    r"""Return the gradient by feedback alignment: BPTT with G in place of the weight above.

    With :math:`\lambda_X[n]` the derivative of the loss by X[n], exact BPTT and this rule
    differ in one term of one line, the error at the spikes of layer l:

    .. math::

        \lambda_S^{(l)}[n] = \underbrace{G^{(l)\top} \lambda_I^{(l+1)}[n+1]}_{
            \text{BPTT: } W^{(l+1)\top} \lambda_I^{(l+1)}[n+1]}
            + V^{(l)\top} \lambda_I^{(l)}[n+1] - \rho[n]\, \lambda_U^{(l)}[n+1]

    Every path through time within a layer is kept and exact: the decays of membrane and
    current, the recurrent weights V of the layer, and the reset where the layer says so.
    The readout's gradient is exact.

    Parameters
    ----------
    network : SpikingNetwork
        As in :func:`snnbook.gradients.bptt`.
    spikes : Tensor
        Input, (T, B, inputs).
    error : StepError
        The loss, such as :func:`snnbook.training.step_cross_entropy`.
    feedback : Feedback
        From layer to layer, such as ``random_feedback(network, generator=generator)``.
    recurrent : bool
        Whether the error also goes back through V, the exact way in a recurrent layer.
        Without it each neuron looks back through its own memory alone.

    Returns
    -------
    Gradients
        One tensor for each parameter, by its name in ``network.named_parameters()``.

    Examples
    --------
    With symmetric feedback it is the exact gradient:

    >>> from snnbook.gradients import bptt
    >>> from snnbook.training import step_cross_entropy
    >>> from snnbook.local import random_feedback
    >>> network = SpikingNetwork((3, 4, 4, 2), generator=torch.Generator().manual_seed(0))
    >>> spikes, error = torch.ones(20, 1, 3), step_cross_entropy(torch.tensor([1]), steps=20)
    >>> symmetric = random_feedback(network, "symmetric")
    >>> aligned = feedback_alignment(network, spikes, error, feedback=symmetric)
    >>> all(torch.allclose(aligned[name], x) for name, x in bptt(network, spikes, error).items())
    True

    Paper section V.A; chapter 6a. Lillicrap et al. (2016); ``eq-06a-blame``.
    """
    check_feedback(network, feedback, direct=False)

    return _aligned(network, spikes, error, through_matrices(feedback.matrices), recurrent)


@torch.no_grad()
def direct_feedback_alignment(
    network: SpikingNetwork,
    spikes: Tensor,
    error: StepError,
    *,
    feedback: Feedback,
    recurrent: bool = True,
) -> Gradients:
    r"""Return the gradient by direct feedback alignment: the readout's error to every layer.

    .. math::

        \lambda_S^{(l)}[n] = H^{(l)\top} \lambda_I^{\text{out}}[n+1]
            + V^{(l)\top} \lambda_I^{(l)}[n+1] - \rho[n]\, \lambda_U^{(l)}[n+1]

    The error skips the layers between, and with them their surrogate derivatives, their
    filters and their two steps of delay each. Within a layer every path through time is kept,
    as in :func:`feedback_alignment`. The two rules are one with a single hidden layer.

    Parameters
    ----------
    network, spikes, error, recurrent
        As in :func:`feedback_alignment`.
    feedback : Feedback
        Direct, such as ``random_feedback(network, direct=True, generator=generator)``.

    Returns
    -------
    Gradients
        One tensor for each parameter, by its name in ``network.named_parameters()``.

    Examples
    --------
    >>> from snnbook.training import step_cross_entropy
    >>> from snnbook.local import random_feedback
    >>> network = SpikingNetwork((3, 4, 4, 2))
    >>> feedback = random_feedback(network, "uniform", direct=True)
    >>> error = step_cross_entropy(torch.tensor([1]), steps=20)
    >>> found = direct_feedback_alignment(network, torch.ones(20, 1, 3), error, feedback=feedback)
    >>> list(found)
    ['hidden.0.weight', 'hidden.1.weight', 'readout.weight']

    Paper section V.A; chapter 6a. Nøkland (2016).
    """
    check_feedback(network, feedback, direct=True)

    def from_readout(network: SpikingNetwork, later: Lambdas, layer: int) -> Tensor:
        return later[-1].syn @ feedback.matrices[layer]

    return _aligned(network, spikes, error, from_readout, recurrent)


def _aligned(network, spikes, error, back: Back, recurrent: bool) -> Gradients:
    """Run back in time with other matrices in space, with or without the recurrent weights."""
    check_flag("recurrent", recurrent)
    history = record(network, spikes)
    errors = [error_at(error, seen[-1].mem, n) for n, seen in enumerate(history)]
    drop = () if recurrent else ("recurrent",)
    return run_back(network, history, errors, Adjoint(back=back, drop=drop))
