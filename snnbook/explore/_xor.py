"""Explorer of chapter 6d: temporal XOR in a trained network, with input spikes to move."""

from functools import cache, partial

import numpy as np
import torch

from snnbook import results
from snnbook.explore._explorer import Control, Explorer, Layer, Panel
from snnbook.spike_times import SpikeLayer, Trains, membranes

LENGTH, POINTS, MOVES = 7.0, 71, (0, 0.5, 1, 1.5, 2, 2.5, 3)


@cache
def trained() -> tuple[SpikeLayer, SpikeLayer]:
    """Return the two layers of the stored run that solved the task with the fewest spikes."""
    stored = results.load("ch06d_xor")
    arm = ("many", "wake")
    runs = [run for run in stored["runs"] if (run["neuron"], run["remedy"]) == arm]
    solved = [run for run in runs if run["accuracy"] == 1]
    best = min(solved, key=lambda run: sum(run["spikes"]))
    return tuple(
        SpikeLayer(torch.tensor(one, dtype=torch.float64), 2.0, 1.0, stored["duration"])
        for one in best["weights"]
    )


def answer(first: float, second: float) -> tuple[Trains, Trains, Trains]:
    """Return the spikes of the inputs, of the hidden neurons and of the outputs."""
    times = torch.tensor([[first, second]], dtype=torch.float64)
    order = times.argsort(dim=1, stable=True)
    inputs = Trains(times.gather(1, order), order)
    below, above = trained()
    with torch.no_grad():
        hidden = below(inputs)
        return inputs, hidden, above(hidden)


def xor_frame(first: float = 0.0, second: float = 2.0) -> dict:
    """Return membranes and spikes of a trained 2-4-2 network for two input spikes.

    Parameters
    ----------
    first, second : float
        Times of the two input spikes, at least 0, in synaptic time constants.

    Returns
    -------
    dict
        ``time`` (71,), the membranes ``h0`` to ``h3`` and ``o0``, ``o1`` (71,), the times of
        the spikes ``in_times``, ``hidden_times``, ``out_times`` with their rows, and ``text``.

    Examples
    --------
    >>> xor_frame(0.0, 2.0)["text"].startswith("Output 1")
    True

    Chapter 6d.
    """
    inputs, hidden, outputs = answer(first, second)
    at = torch.linspace(0, LENGTH, POINTS, dtype=torch.float64)
    below, above = trained()
    lower = membranes(below, inputs, hidden, at)[0].numpy()
    upper = membranes(above, hidden, outputs, at)[0].numpy()
    found = outputs.first(2)[0].tolist()
    frame = {"time": at.numpy(), "threshold": [1.0]}
    frame |= {f"h{n}": row for n, row in enumerate(lower)}
    frame |= {f"o{n}": row for n, row in enumerate(upper)}
    for name, trains in (("in", inputs), ("hidden", hidden), ("out", outputs)):
        seen = trains.times[0] < LENGTH
        frame[f"{name}_times"] = trains.times[0][seen].numpy()
        frame[f"{name}_rows"] = trains.sources[0][seen].numpy().astype(float)
    return frame | {"text": _said(found)}


def _said(found: list[float]) -> str:
    if min(found) == np.inf:
        return "No output spikes."
    winner = int(np.argmin(found))
    meaning = ("equal", "different")[winner]
    return f"Output {winner} spikes first, at {min(found):.2f}: the times are {meaning}."


def xor(live: bool | None = None) -> Explorer:
    """Return the explorer of temporal XOR: the times of the two input spikes.

    >>> xor()
    Explorer('xor': first, second, 49 settings)

    Chapter 6d.
    """
    over_time = partial(Panel, xlim=(0, LENGTH), wide=True)
    membranes_over_time = partial(over_time, ylim=(-0.6, 1.4), height=150)
    inputs = (Layer("ticks", "in_rows", "in_times", color="input"),)
    level = Layer("level", "threshold", color="threshold", dashed=True)
    looks = (("mem", False), ("syn", True), ("input", False), ("recurrent", True))
    lower = [Layer("line", f"h{n}", "time", f"{n}", *look) for n, look in enumerate(looks)]
    upper = [
        Layer("line", "o0", "time", "0: equal", "mem"),
        Layer("line", "o1", "time", "1: different", "surrogate", True),
    ]
    return Explorer(
        name="xor",
        function=xor_frame,
        controls={
            "first": Control("spike of input 0", MOVES, 0),
            "second": Control("spike of input 1", MOVES, 2),
        },
        panels=[
            over_time(inputs, "Inputs", ylim=(-0.6, 1.6), height=50, yticks=False),
            membranes_over_time((level, *lower), "Hidden membranes"),
            membranes_over_time(
                (level, *upper),
                "Output membranes: the first at the threshold is the answer",
                xlabel="time (synaptic time constants)",
            ),
        ],
        alt="Two input spikes, the membranes of four hidden neurons, and of two outputs over time.",
        caption="A stored network, run by `snnbook.spike_times.SpikeLayer` for every setting.",
        live=live,
        title="Temporal XOR",
        chapter="06d-spike-times",
        heading="ch06d-explore",
        change="Move the two input spikes.",
        question="Where does a network that knows four patterns change its mind?",
    )
