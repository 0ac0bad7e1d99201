r"""Feedback alignment: fixed matrices in place of the transposed weights (chapter 6a).

In space, the error comes down through fixed matrices. In time nothing is given up: within a
layer these rules run backward through its memory and its recurrent weights as exact BPTT
does, so they still store every step. Rules that also give that up are in
:mod:`snnbook.local._three_factor`.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from snnbook.gradients import (
    Gradients,
    kept,
    no_gradients,
    products,
    record,
    reset_strength,
    rest,
    slope,
)
from snnbook.local._matrices import Feedback, check_feedback
from snnbook.neurons import LIFState, SpikingNetwork
from snnbook.training import StepError

#: Blame of all layers, the readout last, and the index of a layer -> error at its spikes.
FromAbove = Callable[[tuple[LIFState, ...], int], Tensor]


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
        As in :func:`snnbook.gradients._bptt`.
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

    Raises
    ------
    TypeError, ValueError
        If the spikes or the feedback do not fit the network.

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

    Paper section V.A; chapter 6a. Lillicrap et al. (2016).
    """
    check_feedback(network, feedback, direct=False)

    def from_above(blame: tuple[LIFState, ...], layer: int) -> Tensor:
        return blame[layer + 1].syn @ feedback.matrices[layer]

    return _through_time(network, spikes, error, from_above, recurrent)


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

    Raises
    ------
    TypeError, ValueError
        If the spikes or the feedback do not fit the network.

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

    def from_above(blame: tuple[LIFState, ...], layer: int) -> Tensor:
        return blame[-1].syn @ feedback.matrices[layer]

    return _through_time(network, spikes, error, from_above, recurrent)


def _through_time(network, spikes, error, from_above: FromAbove, recurrent: bool) -> Gradients:
    """Sum the products of blame and activity over all steps, last step first."""
    total, history = no_gradients(network), record(network, spikes)
    nothing = rest(network, spikes.shape[1])
    later = (*nothing.hidden, nothing.readout)
    for n in reversed(range(len(history))):
        blame = tuple(lam.syn for lam in later)
        for name, value in products(network, history[n], blame).items():
            total[name] += value
        wrong = error(history[n][-1].mem, n)
        later = _step_back(network, history[n], later, wrong, from_above, recurrent)
    return total


def _step_back(network, records, later, error, from_above, recurrent) -> tuple[LIFState, ...]:
    """Return lambda_I[n], lambda_U[n] of every layer from those of n+1."""
    now = []
    for i, (layer, lam, seen) in enumerate(zip(network.hidden, later[:-1], records[:-1])):
        alpha, beta, k = layer.params.alpha, layer.params.beta, kept(layer, seen)
        lam_spikes = from_above(later, i) - reset_strength(layer, seen) * lam.mem
        if recurrent and layer.recurrent() is not None:
            lam_spikes = lam_spikes + lam.syn @ layer.recurrent()
        lam_mem = beta * k * lam.mem + slope(layer, seen) * lam_spikes
        now.append(LIFState(alpha * lam.syn + k * lam.mem, lam_mem))
    out, params = later[-1], network.readout.params
    now.append(LIFState(params.alpha * out.syn + out.mem, params.beta * out.mem + error))
    return tuple(now)
