"""Networks trained by exact and by random feedback, in the one training loop (chapter 6a)."""

from typing import Any

import torch
from torch import Tensor

from snnbook import training
from snnbook._validate import check_integer
from snnbook.local._feedback_gradient import feedback_gradient, shrinking
from snnbook.local._matrices import Feedback, check_feedback, check_weights, forward_matrices
from snnbook.neurons import SpikingNetwork


def feedback_angles(network: SpikingNetwork, feedback: Feedback) -> list[float]:
    """Return the angle, in degrees, between each matrix and the forward weights it replaces.

    Examples
    --------
    >>> from snnbook.local import random_feedback
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
    decay: float = 0.01,
    batch_first: bool | None = None,
    **settings: Any,
) -> tuple[list[float], list[list[float]]]:
    """Train a network; return accuracies and angles, one entry an epoch.

    The first entry of the angles is from before training. Parameters are those
    of :func:`snnbook.training.fit` and of :func:`feedback_gradient`; ``spikes`` are (T, n, inputs),
    or (n, T, inputs) with ``batch_first=True``.

    Paper section V.A; chapter 6a.
    """
    check_integer("seed", seed, 0)
    rng = torch.Generator().manual_seed(int(seed))
    gradient = feedback_gradient(arm, network, generator=rng, lr=lr, decay=decay, **settings)
    angles = []

    def measure(epoch: int, network: SpikingNetwork, history: training.History | None) -> None:
        if gradient.feedback is not None:
            angles.append(feedback_angles(network, gradient.feedback))

    measure(0, network, None)

    history = training.fit(
        network,
        spikes,
        labels,
        epochs=epochs,
        batch_size=batch_size,
        lr=lr,
        optimizer=shrinking(decay, spare=1) if arm == "kolen_pollack" else torch.optim.Adam,
        loss=training.step_loss(training.step_cross_entropy),
        decide=training.decide_by_sum,
        gradient=gradient,
        generator=rng,
        on_epoch=measure,
        batch_first=batch_first,
        progress=False,
    )
    return list(history.accuracy), angles
