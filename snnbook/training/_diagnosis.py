"""A detector of networks that cannot learn: silent and saturated neurons."""

from typing import NamedTuple

from torch import Tensor

from snnbook.training._losses import check_time_and_batch


class Diagnosis(NamedTuple):
    """What is wrong with the activity of a layer, if anything.

    Attributes
    ----------
    silent : float
        Share of neurons that never spike, in no sample.
    saturated : float
        Share of neurons that spike in more than half of all steps.
    spikes_per_step : float
        Mean number of spikes of a neuron in a step; divide by ``dt`` for a rate in Hz.
    message : str
        The finding in words, with a remedy.
    """

    silent: float
    saturated: float
    spikes_per_step: float
    message: str

    @property
    def healthy(self) -> bool:
        """Whether fewer than half of the neurons are silent and fewer than half saturated."""
        return self.silent < 0.5 and self.saturated < 0.5

    def __str__(self) -> str:
        return self.message


def diagnose(spikes: Tensor) -> Diagnosis:
    """Find silent and saturated neurons in the spikes of a layer.

    A silent neuron gets a gradient only as far as its surrogate derivative reaches, and sends none
    to the weights behind it; a saturated one no longer depends on its input.

    Parameters
    ----------
    spikes : Tensor, shape (T, B, N)
        Spikes of one layer for a batch of samples.

    Returns
    -------
    Diagnosis
        Both shares and a message; ``print`` shows the message.

    Raises
    ------
    TypeError, ValueError
        If ``spikes`` is not (T, B, N) or an axis is empty.

    Examples
    --------
    >>> import torch
    >>> print(diagnose(torch.zeros(10, 2, 4)))
    4 of 4 neurons are silent, 0 saturated. \
Scale the weights up, raise the input rate, or widen the surrogate.
    >>> print(diagnose(torch.eye(4).reshape(4, 1, 4)))
    0 of 4 neurons are silent, 0 saturated. The layer is active.
    """
    check_time_and_batch("spikes", spikes)
    activity = spikes.detach().mean(dim=(0, 1))
    silent, saturated = int((activity == 0).sum()), int((activity > 0.5).sum())
    count = len(activity)
    remedy = "The layer is active."
    if 2 * silent >= count:
        remedy = "Scale the weights up, raise the input rate, or widen the surrogate."
    elif 2 * saturated >= count:
        remedy = "Scale the weights down, lower the input rate, or add an upper activity penalty."
    return Diagnosis(
        silent / count,
        saturated / count,
        float(activity.mean()),
        f"{silent} of {count} neurons are silent, {saturated} saturated. {remedy}",
    )
