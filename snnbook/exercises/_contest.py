"""The closing contest of a workshop: most points right for the fewest spikes, by one protocol."""

import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from snnbook import data, neurons, surrogates, training
from snnbook._validate import check_callable, check_integer

STEPS, SPAN, DT = 36, 30, 1e-3  # of the code: a coordinate of 1 spikes 30 steps after one of 0
TRAIN, HIDDEN_PART = 2000, 1000  # points to learn from, points to be judged by
SEEDS = (0, 1, 2)
PRICE = 0.2  # points of the score for a spike of a hidden layer, in one sample
MOST_EPOCHS, MOST_NEURONS = 10, 60
ROOMS = 10_000
FREE = ("batch_size", "lr", "loss", "optimizer", "regularizer", "decide", "gradient")


class ScoreCard(NamedTuple):
    """What an entry of the contest reached, as a mean over its three trainings.

    Attributes
    ----------
    score : float
        Percent of the hidden points right, minus 0.2 for each hidden spike in a sample.
    accuracy : float
        Share of the hidden points right, 0 to 1.
    spikes : float
        Spikes of all hidden layers in one sample.
    seeds : tuple of float
        The score of each training.
    room : int
        The number that drew the hidden points.
    seconds : float
        What the three trainings took.

    Examples
    --------
    >>> print(ScoreCard(80.0, 0.9, 50.0, (79.0, 80.0, 81.0), 7, 12.0))
    score 80.0 in room 7 (seeds 79.0, 80.0, 81.0)
      90.0 % of the hidden points right, 50.0 spikes in a sample, 0.2 points each
      trained 3 times in 12 seconds
    """

    score: float
    accuracy: float
    spikes: float
    seeds: tuple[float, ...]
    room: int
    seconds: float

    def __str__(self) -> str:
        each = ", ".join(f"{one:.1f}" for one in self.seeds)
        return (
            f"score {self.score:.1f} in room {self.room} (seeds {each})\n"
            f"  {100 * self.accuracy:.1f} % of the hidden points right, {self.spikes:.1f} spikes "
            f"in a sample, {PRICE} points each\n"
            f"  trained {len(self.seeds)} times in {self.seconds:.0f} seconds"
        )


def contest_points(room: int | None = None) -> tuple[Tensor, Tensor]:
    """Return the spikes and the classes of the contest's Yin-Yang points.

    Parameters
    ----------
    room : int, optional
        By default the 2000 points to learn from; with a number from 0 to 9999, the 1000 hidden
        points that it draws.

    Returns
    -------
    spikes : Tensor, shape (36, n, 5)
        One spike for each of x, y, 1 - x and 1 - y, the later the larger, and one that always comes
        at the start; steps of 1 ms.
    labels : Tensor, shape (n,)
        Classes 0, 1 and 2.

    Examples
    --------
    >>> spikes, labels = contest_points()
    >>> tuple(spikes.shape), labels[:3]
    ((36, 2000, 5), tensor([2, 1, 2]))

    Workshop; the data are those of chapter 1.
    """
    if room is None:
        points, labels = data.yin_yang(TRAIN, seed=42)
    else:
        _check_room(room)
        points, labels = data.yin_yang(HIDDEN_PART, seed=ROOMS + room)
    return data.time_code(points, steps=STEPS, span=SPAN), labels


def contest_baseline(generator: torch.Generator) -> neurons.SpikingNetwork:
    """Return the network to beat: 30 hidden neurons, as in chapter 1.

    Parameters
    ----------
    generator : torch.Generator
        Draws the weights.

    Returns
    -------
    SpikingNetwork
        With 5 inputs and 3 readouts.

    Examples
    --------
    >>> contest_baseline(torch.Generator().manual_seed(0)).hidden[0].weight.shape
    torch.Size([30, 5])

    Workshop; the network is that of chapter 1.
    """
    neuron = neurons.LIFNeuron(surrogate=surrogates.fast_sigmoid(width=0.15))
    rate = 5 / STEPS / 5 / DT  # each input spikes once
    options = {"input_rate": rate, "hidden_rate": 100, "generator": generator}
    return neurons.SpikingNetwork((5, 30, 3), neuron, **options)


def contest(
    build: Callable[[torch.Generator], nn.Module],
    *,
    room: int = 0,
    epochs: int = MOST_EPOCHS,
    batch_size: int = 50,
    lr: float = 1e-2,
    **settings: Any,
) -> ScoreCard:
    """Train an entry by the protocol of the contest, and return its score card.

    The network learns from :func:`contest_points` three times, with the seeds 0, 1 and 2, and is
    judged by points that it has not seen: those that ``room`` draws, a number that nobody knows
    before the end. The score is the percentage of these points that it reads right, minus 0.2 for
    each spike that its hidden layers send in a sample.

    Parameters
    ----------
    build : callable
        ``build(generator)`` returns a new network for spikes (36, B, 5), such as
        :func:`contest_baseline`. It has at most 60 hidden neurons, and answers with ``readout``
        (36, B, 3) and ``hidden``, records whose ``spikes`` are 0 or 1.
    room : int
        From 0 to 9999; 0 to practice.
    epochs : int
        From 1 to 10.
    batch_size, lr
        As in :func:`snnbook.training.fit`.
    **settings
        What else is free: ``loss``, ``optimizer``, ``regularizer``, ``decide`` and ``gradient`` of
        :func:`snnbook.training.fit`.

    Returns
    -------
    ScoreCard
        The score, and what it is made of.

    Raises
    ------
    TypeError, ValueError
        If the entry breaks the protocol; the message names the rule.

    Examples
    --------
    >>> card = contest(contest_baseline, epochs=1, batch_size=200)
    >>> card.room, len(card.seeds), 0 < card.accuracy < 1
    (0, 3, True)

    Workshop.
    """
    check_callable("build", build)
    _check_room(room)
    _check_settings(epochs, settings)
    train, labels = contest_points()
    hidden, wanted = contest_points(int(room))
    start, found = time.perf_counter(), []
    for seed in SEEDS:
        generator = torch.Generator().manual_seed(seed)
        model = build(generator)
        _check_network(model, train[:, :4])
        options = {"epochs": int(epochs), "batch_size": batch_size, "lr": lr, **settings}
        training.fit(model, train, labels, generator=generator, progress=False, **options)
        found.append((training.accuracy(model, hidden, wanted).value, _spikes(model, hidden)))
    scores = tuple(100 * right - PRICE * spikes for right, spikes in found)
    right, spikes = (statistics.fmean(column) for column in zip(*found))
    seconds = time.perf_counter() - start
    return ScoreCard(statistics.fmean(scores), right, spikes, scores, int(room), seconds)


def _check_room(room: int) -> None:
    check_integer("room", room, 0)
    if room >= ROOMS:
        raise ValueError(f"room is {room}; a whole number from 0 to {ROOMS - 1} is accepted")


def _check_settings(epochs: int, settings: dict) -> None:
    check_integer("epochs", epochs, 1)
    if epochs > MOST_EPOCHS:
        raise ValueError(
            f"epochs is {epochs}; at most {MOST_EPOCHS} is accepted: "
            "the contest gives every entry the same budget"
        )
    fixed = sorted(set(settings) - set(FREE))
    if fixed:
        raise TypeError(
            f"the contest fixes {fixed[0]}, or does not know it; epochs, {', '.join(FREE)} "
            "are accepted"
        )


def _check_network(model: nn.Module, spikes: Tensor) -> None:
    """Raise unless a new network keeps to the rules."""
    if not isinstance(model, nn.Module):
        raise TypeError(f"build returned a {type(model).__name__}; a torch.nn.Module is accepted")
    with torch.no_grad():
        output = model(spikes)
        records = _records(output)
        alone = model(spikes[:, :1]).readout
    shape, wanted = tuple(output.readout.shape), (STEPS, spikes.shape[1], 3)
    if shape != wanted:
        raise ValueError(f"the readout has the shape {shape}; {wanted}, (T, B, 3), is accepted")
    count = sum(record.spikes.shape[2] for record in records)
    if count > MOST_NEURONS:
        raise ValueError(f"the network has {count} hidden neurons; at most {MOST_NEURONS} count")
    if not torch.allclose(alone, output.readout[:, :1], atol=1e-4):
        raise ValueError(
            "the network answers otherwise when a sample comes alone; one that treats each sample "
            "by itself, and draws no noise, is accepted"
        )


def _records(output) -> tuple:
    """Return the records of the hidden layers, or raise: their spikes are what is paid for."""
    if not (hasattr(output, "readout") and hasattr(output, "hidden")):
        raise TypeError(
            f"the network returns a {type(output).__name__}; an output with readout and hidden is "
            "accepted, as of neurons.SpikingNetwork: the spikes of its hidden layers are counted"
        )
    for record in output.hidden:
        if not bool(((record.spikes == 0) | (record.spikes == 1)).all()):
            raise ValueError("a hidden layer sends other values than 0 and 1; spikes are accepted")
    return tuple(output.hidden)


def _spikes(model: nn.Module, inputs: Tensor) -> float:
    """Return the spikes of all hidden layers in one sample."""
    with torch.no_grad():
        records = _records(model(inputs))
    return sum(float(record.spikes.sum()) for record in records) / inputs.shape[1]
