"""A detector of networks that cannot learn: silent and saturated neurons, readouts at rest."""

from typing import Any, NamedTuple

from torch import Tensor, nn

from snnbook._modes import evaluating
from snnbook._validate import values_at_hand
from snnbook.kernels import Events
from snnbook.training._batches import readout_of, spikes_of
from snnbook.training._decisions import decide_by_max
from snnbook.training._fitted import decision_for
from snnbook.training._losses import check_time_and_batch


class Diagnosis(NamedTuple):
    """What is wrong with the activity of a layer or of a network, if anything.

    Attributes
    ----------
    silent : float
        Share of neurons that never spike, in no sample; of a network, in its most silent layer.
    saturated : float
        Share of neurons that spike in more than half of all steps; of a network, in its most
        saturated layer.
    spikes_per_step : float
        Mean number of spikes of a neuron in a step; divide by ``dt`` for a rate in Hz.
    message : str
        The finding in words, with a remedy.
    stuck : float
        Share of classes whose readout is highest in the first step, in every sample: a loss on its
        maximum passes no gradient there. 0 for the spikes of a layer.
    """

    silent: float
    saturated: float
    spikes_per_step: float
    message: str
    stuck: float = 0.0

    @property
    def healthy(self) -> bool:
        """Whether fewer than half of the neurons are silent or saturated, and no class is stuck."""
        return self.silent < 0.5 and self.saturated < 0.5 and self.stuck == 0

    def __str__(self) -> str:
        return self.message


def diagnose(activity: Any, inputs: Tensor | Events | None = None) -> Diagnosis:
    """Find silent and saturated neurons, and readouts that a maximum over time does not move.

    A silent neuron gets a gradient only as far as its surrogate derivative reaches, and sends none
    to the weights behind it; a saturated one no longer depends on its input. A readout that stays
    below its first value, of all samples, has its maximum at rest, where no weight acts:
    :func:`max_over_time` passes it no gradient, and the class is dead.

    Parameters
    ----------
    activity : Tensor, shape (T, B, N), or output, or Module
        Spikes of one layer for a batch of samples, or its record; or what a network returned for
        the batch, with ``readout`` and ``hidden``; or the network, with ``inputs``.
    inputs : Tensor, shape (T, B, N), or Events
        What to give to a network; only then.

    Returns
    -------
    Diagnosis
        The shares and a message; ``print`` shows the message. A network that :func:`fit` has
        trained with a loss other than a maximum has no stuck classes.

    Raises
    ------
    TypeError, ValueError
        If spikes are not (T, B, N) or an axis is empty, hold NaN, or a network comes without
        ``inputs``.

    Examples
    --------
    >>> import torch
    >>> print(diagnose(torch.zeros(10, 2, 4)))
    4 of 4 neurons are silent, 0 saturated. \
Scale the weights up, raise the input rate, or widen the surrogate.
    >>> print(diagnose(torch.eye(4).reshape(4, 1, 4)))
    0 of 4 neurons are silent, 0 saturated. The layer is active.

    A network whose readout weights are all negative:

    >>> from snnbook.neurons import SpikingNetwork
    >>> network = SpikingNetwork((4, 2))
    >>> _ = network.readout.weight.data.fill_(-1.0)
    >>> print(diagnose(network, torch.ones(10, 2, 4)))
    readout: 2 of 2 classes never rise above their first value, and a maximum over time passes them
    no gradient. Train with mean_over_time, or raise the readout weights.
    """
    if isinstance(activity, nn.Module):
        if inputs is None:
            raise ValueError("inputs is not given; spikes (T, B, N) for the network are accepted")
        decide = decision_for(activity, decide_by_max)
        with evaluating(activity):
            found = activity(inputs)
        return _of_network(found, getattr(decide, "decide", decide) is decide_by_max)
    if inputs is not None:
        raise ValueError("inputs is given without a network; spikes or an output go alone")
    if hasattr(activity, "readout"):
        return _of_network(activity, True)
    if hasattr(activity, "spikes"):
        return _of_layer(activity.spikes, "activity.spikes")
    return _of_layer(activity, "activity")


def _of_layer(spikes: Tensor, name: str) -> Diagnosis:
    """Return the diagnosis of the spikes (T, B, N) of one layer."""
    check_time_and_batch(name, spikes)
    activity = spikes.detach().mean(dim=(0, 1))
    if values_at_hand(activity) and bool(activity.isnan().any()):
        raise ValueError(f"{name} holds nan; spikes are accepted")
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


def _of_network(output, by_maximum: bool) -> Diagnosis:
    """Return the worst of each layer, and the readouts that are highest in the first step."""
    layers = [_of_layer(spikes, f"hidden[{k}]") for k, spikes in enumerate(spikes_of(output))]
    readout = getattr(output, "readout", output)
    readout = readout_of(output, readout.shape[1] if readout.dim() > 1 else 0).detach()
    if bool(readout.isnan().any()):
        raise ValueError("the readout holds nan; numbers are accepted")
    classes = readout.shape[2]
    rises = (readout > readout[:1]).any(0).any(0)
    stuck = int((~rises).sum()) if by_maximum and len(readout) > 1 else 0
    lines = [f"hidden layer {k}: {layer.message}" for k, layer in enumerate(layers)]
    if stuck:
        lines.append(
            f"readout: {stuck} of {classes} classes never rise above their first value, and a "
            "maximum over time passes them no gradient. Train with mean_over_time, or raise the "
            "readout weights."
        )
    else:
        lines.append(
            f"readout: {int(rises.sum())} of {classes} classes rise above their first value."
        )
    return Diagnosis(
        max((layer.silent for layer in layers), default=0.0),
        max((layer.saturated for layer in layers), default=0.0),
        sum(layer.spikes_per_step for layer in layers) / max(1, len(layers)),
        "\n".join(lines),
        stuck / classes,
    )
