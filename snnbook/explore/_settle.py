"""Explorer of chapter 8c: how the spikes of a layer settle, sweep after sweep."""

from functools import partial

import numpy as np
import torch

from snnbook._validate import check_choice, check_integer
from snnbook.explore._explorer import THRESHOLD, Control, Explorer, Layer, Panel
from snnbook.neurons import LIFNeuron, run
from snnbook.parallel import fixed_point_run, sweeps

STEPS, SHOWN, NOISE = 160, 12, 0.03
NEURON = LIFNeuron()
#: Where the input is on: all the time, or in three short bursts.
KINDS = {"steady": ((0, STEPS),), "bursts": ((5, 25), (70, 90), (135, 155))}


def settle_drive(strength: float, kind: str) -> torch.Tensor:
    """Return the drive (160, 1, 1): a level that alone holds the membrane there, and noise."""
    rng = torch.Generator().manual_seed(0)
    drive = NOISE * torch.randn(STEPS, 1, 1, generator=rng, dtype=torch.float64)
    for first, last in KINDS[kind]:
        drive[first:last] += strength * (1 - NEURON.alpha) * (1 - NEURON.beta)
    return drive


def settle_frame(strength: float = 1.5, kind: str = "steady", sweep: int = 2) -> dict:
    """Return the spikes and the membrane after some sweeps of the fixed point, and of the loop.

    Parameters
    ----------
    strength : float
        Membrane potential that the input alone leads to without a reset, in thresholds.
    kind : {"steady", "bursts"}
        Whether the input is on all the time, or three times for 20 steps.
    sweep : int
        0 (no spikes are guessed) to 12.

    Returns
    -------
    dict
        Over ``time`` (160,): ``mem``, the membrane under the resets of the sweep before, and
        ``right``, that of the loop; ``guess`` and ``loop``, the steps of their spikes, with
        ``guess_rows`` and ``loop_rows``; over ``count`` (13,) the ``wrong`` steps of each sweep,
        and the current one, ``now`` and ``now_wrong``; ``threshold`` and ``text``.

    Examples
    --------
    >>> print(settle_frame(sweep=0)["text"].split(". ")[0])
    Sweep 0: 11 of 160 steps are wrong, the first at step 26

    Chapter 8c.
    """
    check_choice("kind", kind, KINDS)
    check_integer("sweep", sweep, 0)
    check_choice("sweep", sweep, range(SHOWN + 1))
    drive = settle_drive(strength, kind)
    found, right = sweeps(NEURON, drive, count=SHOWN)[..., 0, 0], run(NEURON, drive)
    truth = right.spikes[:, 0, 0]
    wrong = (found != truth).sum(1)
    mem = right.mem[:, 0, 0]
    if sweep:
        mem = fixed_point_run(NEURON, drive, limit=sweep).record.mem[:, 0, 0]
    guess, loop = (one.nonzero().flatten().numpy() for one in (found[sweep], truth))
    bad = (found[sweep] != truth).nonzero().flatten()
    where = f", the first at step {int(bad[0])}" if len(bad) else ""
    needed = int(fixed_point_run(NEURON, drive).sweeps.max())
    return {
        "time": np.arange(STEPS),
        "mem": mem.numpy() if sweep else np.full(STEPS, np.nan),
        "right": right.mem[:, 0, 0].numpy(),
        "guess": guess,
        "guess_rows": np.ones(len(guess)),
        "loop": loop,
        "loop_rows": np.zeros(len(loop)),
        "count": np.arange(SHOWN + 1),
        "wrong": wrong.numpy().astype(float),
        "now": [sweep],
        "now_wrong": [float(wrong[sweep])],
        "threshold": [NEURON.threshold],
        "text": f"Sweep {sweep}: {int(wrong[sweep])} of {STEPS} steps are wrong{where}. "
        f"All are right after {needed} sweeps; the loop has {len(loop)} spikes.",
    }


def settle(live: bool | None = None) -> Explorer:
    """Return the explorer of the fixed point: the strength and kind of the input, the sweep.

    >>> settle()
    Explorer('settle': strength, kind, sweep, 104 settings)

    Chapter 8c.
    """
    over_time = partial(Panel, xlim=(0, STEPS), wide=True)
    ticks = (
        Layer("ticks", "guess_rows", "guess", "this sweep", "spikes"),
        Layer("ticks", "loop_rows", "loop", "the loop", "reset"),
    )
    membrane = (
        THRESHOLD,
        Layer("line", "right", "time", "the loop", "reset", True),
        Layer("line", "mem", "time", "this sweep", "mem"),
    )
    errors = (
        Layer("line", "wrong", "count", "wrong steps", "surrogate"),
        Layer("points", "now_wrong", "now", "this sweep", "spikes"),
    )
    return Explorer(
        name="settle",
        function=settle_frame,
        controls={
            "strength": Control("strength of the input", (0.8, 1.2, 1.5, 2.5), 1.5),
            "kind": Control("input", tuple(KINDS), "steady"),
            "sweep": Control("sweep", tuple(range(SHOWN + 1)), 2, free=False),
        },
        panels=[
            over_time(ticks, "Spikes", ylim=(-0.6, 1.6), height=70, yticks=False),
            over_time(membrane, "Membrane potential U", ylim=(-10, 3.5), xlabel="step", height=150),
            Panel(
                errors,
                "Wrong steps, sweep by sweep",
                xlim=(-0.5, SHOWN + 0.5),
                ylim=(-4, STEPS),
                xlabel="sweep",
                height=120,
                wide=True,
            ),
        ],
        alt="Spikes and membrane of one neuron after some sweeps of the fixed point, beside those "
        "of the loop over time, and the number of wrong steps after each sweep.",
        caption="Sweep 0 guesses no spike at all. Every later one scans the membrane with the "
        "resets of the guess before, by `snnbook.parallel.sweeps`.",
        live=live,
        title="Spikes that settle",
        chapter="08c-parallel",
        heading="ch08c-explore",
        change="Change the strength and the kind of the input, and go through the sweeps.",
        question="What makes the number of sweeps grow: the steps, the spikes, or their distance?",
    )
