"""Temporal XOR learned by random hidden neurons, several networks side by side (chapter 4b)."""

from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from snnbook._validate import (
    check_choice,
    check_finite,
    check_flag,
    check_integer,
    check_kind,
    check_positive,
)
from snnbook.data import xor_spikes
from snnbook.neurons import run
from snnbook.smoothed._noisy import (
    DEFAULT_NOISY,
    GRADIENTS,
    NoisyNeuron,
    StochasticRecord,
    check_noisy,
)

_RULES = ("score", "baseline", "escape", "identity", "expected", "readout")


class XorHistory(NamedTuple):
    """How several networks learned: (updates, networks) each, and the weights after.

    ``loss`` and ``accuracy`` are means over random runs; ``spikes`` counts hidden spikes per
    pattern and network. ``hidden`` is (networks, N, 3), ``readout`` (networks, 2, N).
    """

    loss: Tensor
    accuracy: Tensor
    spikes: Tensor
    hidden: Tensor
    readout: Tensor


def learn_xor(
    rule: str,
    neuron: NoisyNeuron = DEFAULT_NOISY,
    *,
    networks: int = 10,
    neurons: int = 20,
    samples: int = 8,
    updates: int = 200,
    lr: float = 0.02,
) -> XorHistory:
    """Train networks of random neurons on temporal XOR, each with weights of its own.

    The readout is leaky, and its mean over time gives the scores of the two classes. The
    readout is always trained by its exact gradient; ``rule`` is for the hidden weights.

    Parameters
    ----------
    rule : {"score", "baseline", "escape", "identity", "expected", "readout"}
        As in :func:`snnbook.smoothed.gradient_samples`; ``readout`` leaves the hidden weights
        as they are, which says how far the random features alone go.
    neuron : NoisyNeuron
        The hidden neurons; their ``gradient`` is set by ``rule``, and their ``generator`` draws
        the initial weights, then the spikes. The readout has their time constants.
    networks, neurons, samples, updates : int
        Number of networks, of hidden neurons, of random runs per pattern and update, and of
        updates.
    lr : float
        Step size of Adam.

    Returns
    -------
    XorHistory
        Measured with sampled spikes, whatever the rule sends in training.

    Examples
    --------
    >>> neuron = NoisyNeuron(generator=torch.Generator().manual_seed(0))
    >>> learn_xor("escape", neuron, networks=2, updates=3).accuracy.shape
    torch.Size([3, 2])

    Chapter 4b.
    """
    check_choice("rule", rule, _RULES)
    for name, value in (("networks", networks), ("neurons", neurons), ("updates", updates)):
        check_integer(name, value, 1)
    check_integer("samples", samples, 2)
    check_positive("lr", lr)
    check_noisy(neuron)
    patterns, labels = xor_spikes()
    source = {"generator": neuron.generator}
    hidden = 0.25 + 0.25 * torch.randn(networks, neurons, 3, **source)
    readout = torch.randn(networks, 2, neurons, **source) / neurons**0.5 / 5
    weights = [hidden.requires_grad_(rule != "readout"), readout.requires_grad_()]
    optimizer = torch.optim.Adam(weights, lr=lr)
    rows: tuple[list, ...] = ([], [], [])
    sampled = replace(neuron, gradient="none")
    trained = replace(neuron, gradient=rule) if rule in GRADIENTS else sampled
    for _ in range(updates):
        record, scores = _run(weights, patterns, samples, trained)
        losses = _losses(scores, labels)
        objective = losses.mean((0, 2)).sum()
        if rule in ("score", "baseline"):
            objective = objective + _credit(record, losses, rule)
        optimizer.zero_grad()
        objective.backward()
        optimizer.step()
        with torch.no_grad():
            if rule == "expected":
                record, scores = _run(weights, patterns, samples, sampled)
                losses = _losses(scores, labels)
            right = (scores.argmax(-1) == labels).float().mean((0, 2))
            count = record.spikes.sum((0, 2)).view(samples, networks, 4).mean((0, 2))
        for row, value in zip(rows, (losses.detach().mean((0, 2)), right, count), strict=True):
            row.append(value)
    return XorHistory(*(torch.stack(row) for row in rows), hidden.detach(), readout.detach())


@torch.no_grad()
def xor_loss(
    history: XorHistory,
    neuron: NoisyNeuron = DEFAULT_NOISY,
    *,
    graded: bool = False,
    samples: int = 64,
) -> Tensor:
    """Return the mean cross-entropy of trained networks on temporal XOR, (networks,).

    Parameters
    ----------
    history : XorHistory
        The networks, as :func:`learn_xor` left them.
    neuron : NoisyNeuron
        The hidden neurons they were trained with; its ``generator`` draws the spikes.
    graded : bool
        Whether the hidden neurons send their probabilities instead of random spikes.
    samples : int
        Number of random runs of each pattern.

    Examples
    --------
    >>> neuron = NoisyNeuron(generator=torch.Generator().manual_seed(0))
    >>> history = learn_xor("expected", neuron, networks=2, updates=3)
    >>> xor_loss(history, neuron, graded=True).shape
    torch.Size([2])

    Chapter 4b.
    """
    check_kind("history", history, XorHistory)
    check_finite("history.hidden", history.hidden)
    check_finite("history.readout", history.readout)
    check_noisy(neuron)
    check_flag("graded", graded)
    check_integer("samples", samples, 1)
    patterns, labels = xor_spikes()
    neuron = replace(neuron, gradient="expected" if graded else "none")
    _, scores = _run([history.hidden, history.readout], patterns, samples, neuron)
    return _losses(scores, labels).mean((0, 2))


def _run(
    weights: list[Tensor], patterns: Tensor, samples: int, neuron: NoisyNeuron
) -> tuple[StochasticRecord, Tensor]:
    """Return the hidden record, batch axis (samples networks 4), and the scores (k, s, 4, 2)."""
    hidden, readout = weights
    networks, neurons, _ = hidden.shape
    drive = torch.einsum("snj,tpj->tspn", hidden, patterns)
    shape = (len(patterns), samples, networks, 4)
    drive = drive[:, None].expand(*shape, neurons).reshape(len(patterns), -1, neurons)
    record = run(neuron, drive)
    sent = torch.einsum("scn,tkspn->tkspc", readout, record.spikes.view(*shape, neurons))
    membrane = run(neuron.leaky, sent.reshape(len(patterns), -1, 2), kernel="reference").mem
    return record, membrane.mean(0).view(samples, networks, 4, 2)


def _losses(scores: Tensor, labels: Tensor) -> Tensor:
    """Return the cross-entropy of each run, (samples, networks, 4)."""
    wanted = labels.expand(scores.shape[:-1]).reshape(-1)
    each = functional.cross_entropy(scores.flatten(0, -2), wanted, reduction="none")
    return each.view(scores.shape[:-1])


def _credit(record: StochasticRecord, losses: Tensor, rule: str) -> Tensor:
    """Return the part of the score loss that reaches the hidden weights."""
    log_prob = record.log_prob.sum((0, 2)).view_as(losses)
    weighting = losses.detach()
    if rule == "baseline":
        weighting = weighting - (weighting.sum(0) - weighting) / (len(weighting) - 1)
    return (weighting * log_prob).mean((0, 2)).sum()
