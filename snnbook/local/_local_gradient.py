"""Ways to train with local errors: readouts that are drawn once, or that learn as well (6c)."""

import torch

from snnbook._validate import check_flag, check_positive
from snnbook.gradients import Gradients
from snnbook.local._feedback_gradient import FeedbackGradient
from snnbook.local._gathered import local_gathered
from snnbook.local._matrices import random_readouts
from snnbook.neurons import SpikingNetwork


class _Learning(FeedbackGradient):
    """Local errors whose readouts take a step of Adam after every batch, down their own loss."""

    def __init__(self, readouts: tuple[torch.Tensor, ...], lr: float):
        super().__init__(local_gathered, readouts=readouts, own=True)
        self._steps = torch.optim.Adam(readouts, lr=lr)

    def _after(self, network: SpikingNetwork, found: Gradients) -> None:
        for i, matrix in enumerate(self._settings["readouts"]):
            matrix.grad = found.pop(f"readouts.{i}")
        self._steps.step()


def local_gradient(
    network: SpikingNetwork,
    *,
    learn: bool = False,
    gain: float = 1.0,
    lr: float = 1e-3,
    generator: torch.Generator,
) -> FeedbackGradient:
    r"""Return the gradient of local errors for ``training.fit``, of the cross entropy of each step.

    The readout of a layer is drawn by :func:`snnbook.local.random_readouts`. With ``learn=True``
    it goes down the gradient of its layer's loss, too,

    .. math::

        \Delta G^{(l)}_{ki}[n] = -\eta\,
            \frac{\partial \mathcal{L}(y^{(l)})}{\partial y^{(l)}_k[n]}\, S^{(l)}_i[n] ,

    which uses nothing that the layer has not got: the error of its readout, and its spikes.

    Parameters
    ----------
    network : SpikingNetwork
        Gives the sizes; the layers are feedforward.
    learn : bool
        Whether the readouts learn.
    gain : float
        Size of the readouts that are drawn, above 0.
    lr : float
        Learning rate of the readouts that learn, by Adam.
    generator : torch.Generator
        Source of the randomness.

    Returns
    -------
    FeedbackGradient
        ``gradient(network, spikes, labels)``.

    Raises
    ------
    TypeError, ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> network = SpikingNetwork((3, 4, 2))
    >>> gradient = local_gradient(network, generator=torch.Generator().manual_seed(0))
    >>> list(gradient(network, torch.ones(20, 1, 3), torch.tensor([1])))
    ['hidden.0.weight', 'readout.weight']

    Paper section V.C; chapter 6c; ``eq-06c-learned``. Noekland and Eidnes (2019) let the readouts
    learn, Mostafa, Ramesh and Cauwenberghs (2018) compare both.
    """
    check_flag("learn", learn)
    check_positive("lr", lr)
    readouts = random_readouts(network, gain=gain, generator=generator)
    if learn:
        return _Learning(readouts, lr)
    return FeedbackGradient(local_gathered, readouts=readouts)
