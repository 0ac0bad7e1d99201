"""Networks trained by exact and by random feedback, in the one training loop (chapter 6a)."""

from collections.abc import Callable
from types import MappingProxyType

import torch
from torch import Tensor

from snnbook import training
from snnbook._validate import check_choice, check_integer
from snnbook.gradients import Gradients, autograd
from snnbook.local._erbp import erbp
from snnbook.local._gathered import feedback_gathered, superspike_gathered
from snnbook.local._matrices import (
    Feedback,
    check_feedback,
    check_weights,
    forward_matrices,
    random_feedback,
)
from snnbook.neurons import SpikingNetwork
from snnbook.training import StepError


def readout_alone(network: SpikingNetwork, spikes: Tensor, error: StepError) -> Gradients:
    """Return the exact gradient of the readout, and zeros for the hidden layers: frozen.

    Examples
    --------
    >>> from snnbook.training import step_cross_entropy
    >>> network = SpikingNetwork((3, 4, 2), generator=torch.Generator().manual_seed(0))
    >>> error = step_cross_entropy(torch.tensor([1]), steps=20)
    >>> found = readout_alone(network, torch.ones(20, 1, 3), error)
    >>> [bool(value.any()) for value in found.values()]
    [False, True]

    Chapters 6a and 6c.
    """
    return {
        name: value if name.startswith("readout") else torch.zeros_like(value)
        for name, value in autograd(network, spikes, error).items()
    }


#: Each way to train, its rule, and whether the rule takes fixed matrices for the way back.
_RULES = MappingProxyType(
    {
        "bptt": (autograd, False),
        "sign_symmetric": (feedback_gathered, True),
        "fa": (feedback_gathered, True),
        "dfa": (superspike_gathered, True),
        "erbp": (erbp, True),
        "frozen": (readout_alone, False),
    }
)

#: The ways to train, from the exact one to a hidden layer that does not learn.
ARMS = tuple(_RULES)


def feedback_gradient(
    arm: str, network: SpikingNetwork, *, generator: torch.Generator, **settings
) -> tuple[Callable[..., Gradients], Feedback | None]:
    """Return the gradient for ``training.fit`` and the fixed matrices that it uses.

    The layers are feedforward, with a detached reset; the rules take their gathered forms, and
    there direct feedback alignment and SuperSpike are one rule.

    Parameters
    ----------
    arm : {"bptt", "sign_symmetric", "fa", "dfa", "erbp", "frozen"}
        Exact; feedback alignment with signs of the first weights; feedback alignment; direct
        feedback alignment; event-driven random backpropagation; readout alone.
    network : SpikingNetwork
        Gives sizes and scale of the matrices.
    generator : torch.Generator
        Source of the randomness.
    **settings
        Of the rule, such as ``window`` of :func:`snnbook.local.erbp`.

    Returns
    -------
    gradient : callable
        ``gradient(network, spikes, labels)``, of the cross entropy of every step.
    feedback : Feedback or None
        ``None`` where there is none.

    Raises
    ------
    ValueError
        If there is no such arm.

    Paper section V.A; chapter 6a.
    """
    check_choice("arm", arm, ARMS)
    kind = "sign_symmetric" if arm == "sign_symmetric" else "random"
    fixed = random_feedback(network, kind, direct=arm in ("dfa", "erbp"), generator=generator)
    rule, fed_back = _RULES[arm]
    if not fed_back:
        return training.rule_gradient(rule, training.step_cross_entropy, **settings), None
    settings["feedback"] = fixed
    return training.rule_gradient(rule, training.step_cross_entropy, **settings), fixed


def feedback_angles(network: SpikingNetwork, feedback: Feedback) -> list[float]:
    """Return the angle, in degrees, between each matrix and the forward weights it replaces.

    Examples
    --------
    >>> network = SpikingNetwork((3, 4, 2))
    >>> angles = feedback_angles(network, random_feedback(network, "symmetric"))
    >>> round(angles[0], 1) < 0.1
    True

    Paper section V.A; chapter 6a; ``eq-06a-angle``.
    """
    check_weights(network)
    check_feedback(network, feedback, direct=getattr(feedback, "direct", False))
    found = []
    for forward, matrix in zip(forward_matrices(network, feedback.direct), feedback.matrices):
        one, two = forward.detach().double().flatten(), matrix.double().flatten()
        cosine = torch.dot(one, two) / (one.norm() * two.norm())
        found.append(float(torch.rad2deg(torch.arccos(cosine.clamp(-1, 1)))))
    return found


def train_by_feedback(
    arm: str,
    network: SpikingNetwork,
    spikes: Tensor,
    labels: Tensor,
    *,
    epochs: int,
    batch_size: int,
    lr: float,
    seed: int,
    batch_first: bool | None = None,
    **settings,
) -> tuple[list[float], list[list[float]]]:
    """Train a network; return accuracies and angles, one entry an epoch.

    The first entry of the angles is from before training. Parameters are those
    of :func:`snnbook.training.fit` and of :func:`feedback_gradient`; ``spikes`` are (T, n, inputs),
    or (n, T, inputs) with ``batch_first=True``.

    Paper section V.A; chapter 6a.
    """
    check_integer("seed", seed, 0)
    rng = torch.Generator().manual_seed(int(seed))
    gradient, fixed = feedback_gradient(arm, network, generator=rng, **settings)
    angles = [] if fixed is None else [feedback_angles(network, fixed)]

    def measure(epoch: int, network: SpikingNetwork, history: training.History) -> None:
        if fixed is not None:
            angles.append(feedback_angles(network, fixed))

    history = training.fit(
        network,
        spikes,
        labels,
        epochs=epochs,
        batch_size=batch_size,
        lr=lr,
        loss=training.step_loss(training.step_cross_entropy),
        decide=training.decide_by_sum,
        gradient=gradient,
        generator=rng,
        on_epoch=measure,
        batch_first=batch_first,
        progress=False,
    )
    return list(history.accuracy), angles
