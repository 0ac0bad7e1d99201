"""Networks trained by exact and by random feedback, in the one training loop (chapter 6a)."""

from collections.abc import Callable

import torch
from torch import Tensor

from snnbook import gradients, training
from snnbook._validate import check_choice
from snnbook.gradients import Gradients
from snnbook.local._erbp import erbp
from snnbook.local._gathered import feedback_gathered, superspike_gathered
from snnbook.local._matrices import Feedback, forward_matrices, random_feedback
from snnbook.neurons import SpikingNetwork

#: The ways to train, from the exact one to a hidden layer that does not learn.
ARMS = ("bptt", "sign_symmetric", "fa", "dfa", "erbp", "frozen")


def feedback_gradient(
    arm: str, network: SpikingNetwork, *, steps: int, generator: torch.Generator, **settings
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
    steps : int
        Length of a sample.
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
    rule = {
        "sign_symmetric": feedback_gathered,
        "fa": feedback_gathered,
        "dfa": superspike_gathered,
        "erbp": erbp,
    }.get(arm)

    def gradient(net: SpikingNetwork, spikes: Tensor, labels: Tensor) -> Gradients:
        error = training.step_cross_entropy(labels, steps=steps)
        if rule is not None:
            return rule(net, spikes, error, feedback=fixed, **settings)
        found = gradients.autograd(net, spikes, error)
        if arm == "frozen":
            for name, value in found.items():
                if name.startswith("hidden"):
                    value.zero_()
        return found

    return gradient, None if rule is None else fixed


def feedback_angles(network: SpikingNetwork, feedback: Feedback) -> list[float]:
    """Return the angle, in degrees, between each matrix and the forward weights it replaces.

    Examples
    --------
    >>> network = SpikingNetwork((3, 4, 2))
    >>> angles = feedback_angles(network, random_feedback(network, "symmetric"))
    >>> round(angles[0], 1) < 0.1
    True

    Paper section V.A; chapter 6a.
    """
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
    **settings,
) -> tuple[list[float], list[list[float]]]:
    """Train a network one epoch at a time; return accuracies and angles, one entry an epoch.

    The first entry of the angles is from before training. Parameters are those
    of :func:`snnbook.training.fit` and of :func:`feedback_gradient`; ``spikes`` are (T, n, inputs).

    Paper section V.A; chapter 6a.
    """
    rng = torch.Generator().manual_seed(seed)
    steps = len(spikes)
    gradient, fixed = feedback_gradient(arm, network, steps=steps, generator=rng, **settings)
    angles = [] if fixed is None else [feedback_angles(network, fixed)]
    reached, adam = [], torch.optim.Adam(network.parameters(), lr=lr)
    for _ in range(epochs):
        history = training.fit(
            network,
            spikes,
            labels,
            epochs=1,
            batch_size=batch_size,
            optimizer=lambda *_, **__: adam,  # one for all epochs
            loss=lambda readout, y: training.step_cross_entropy(y, steps=steps).loss(readout),
            decide=training.decide_by_sum,
            gradient=gradient,
            generator=rng,
            progress=False,
        )
        reached.append(history.accuracy[-1])
        if fixed is not None:
            angles.append(feedback_angles(network, fixed))
    return reached, angles
