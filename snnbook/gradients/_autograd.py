"""The gradient by PyTorch's automatic differentiation, to compare rules with (chapter 3)."""

import torch
from torch import Tensor

from snnbook._validate import check_finite, check_float
from snnbook.gradients._checks import check_run
from snnbook.gradients._online import Gradients
from snnbook.neurons import SpikingNetwork
from snnbook.training import StepError


def autograd(network: SpikingNetwork, spikes: Tensor, error: StepError) -> Gradients:
    """Return the gradient of the loss as PyTorch computes it, for comparison.

    Parameters
    ----------
    network : SpikingNetwork
        Nothing in it is changed, ``.grad`` neither.
    spikes : Tensor
        Input, (T, B, inputs).
    error : StepError
        The loss; only ``error.loss`` is used.

    Returns
    -------
    Gradients
        One tensor for each parameter, by name; zeros where the loss does not depend on it.

    Examples
    --------
    >>> from snnbook.training import step_squared_error
    >>> network = SpikingNetwork((3, 2))
    >>> gradient = autograd(network, torch.ones(4, 1, 3), step_squared_error(torch.ones(4, 1, 2)))
    >>> gradient["readout.weight"].shape
    torch.Size([2, 3])

    Paper section III; chapter 3.
    """
    check_run(network, spikes)
    named = dict(network.named_parameters())
    with torch.enable_grad():
        loss = _loss(error, network(spikes).readout)
        values = torch.autograd.grad(loss, list(named.values()), allow_unused=True)
    return {
        name: torch.zeros_like(parameter) if value is None else value
        for (name, parameter), value in zip(named.items(), values, strict=True)
    }


def _loss(error: StepError, readout: Tensor) -> Tensor:
    """Return the loss, or raise unless it is one finite number."""
    if not callable(getattr(error, "loss", None)):
        raise TypeError(
            f"error is a {type(error).__name__} without a loss; a StepError is accepted, "
            "such as step_cross_entropy gives"
        )
    loss = error.loss(readout)
    check_float("error.loss", loss)
    if loss.dim() != 0:
        raise ValueError(f"error.loss has shape {tuple(loss.shape)}; one number is accepted")
    check_finite("error.loss", loss.detach())
    return loss
