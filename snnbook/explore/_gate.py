"""Explorer of chapter 4a: the width of the active zone, what it sends, and its gradient."""

from functools import lru_cache, partial
from typing import NamedTuple

import numpy as np
import torch

from snnbook._validate import check_positive
from snnbook.explore._explorer import THRESHOLD, Control, Explorer, Layer, Panel
from snnbook.neurons import LIFNeuron, run
from snnbook.smoothed import Gate, gated

CURRENTS = torch.linspace(0.5, 3.0, 201, dtype=torch.float64)
STEP, BEGIN, END, DURATION = 0.1, 2.0, 12.0, 22.0  # ms
SHOWN = 2  # every second step is drawn


class _Runs(NamedTuple):
    """One neuron for each of CURRENTS: over time (220, 201), and what it sent in all (201,)."""

    mem: np.ndarray
    syn: np.ndarray
    release: np.ndarray
    sent: np.ndarray
    slope: np.ndarray
    spikes: np.ndarray


@lru_cache(maxsize=32)
def _runs(gate: Gate) -> _Runs:
    """Run all currents, which flow from 2 ms to 12 ms; the last gates asked for are kept.

    ``slope`` is the derivative of the charge ``sent`` in the current, ``spikes`` the number of
    spikes of a LIF neuron.
    """
    on = torch.zeros(round(DURATION / STEP), 1, 1, dtype=torch.float64)
    on[round(BEGIN / STEP) : round(END / STEP)] = 1
    currents = CURRENTS.clone().requires_grad_()
    found = run(gated(LIFNeuron(dt=STEP * 1e-3), gate), on * currents)
    sent = found.release.sum(0)[0]
    (slope,) = torch.autograd.grad(sent.sum(), currents)
    over_time = [one.detach()[:, 0].numpy() for one in (found.mem, found.syn, found.release)]
    return _Runs(
        *over_time, sent.detach().numpy(), slope.numpy(), found.resets.detach().sum(0)[0].numpy()
    )


def gate_frame(width: float = 0.2, current: float = 1.5, shape: str = "parabola") -> dict:
    r"""Return what a gated neuron sends during one current pulse, and how that depends on it.

    .. math:: Q(I) = \int g(U)\,[\dot U]_+\,\mathrm{d}t

    Parameters
    ----------
    width : float
        Width of the active zone in thresholds, above 0.
    current : float
        Current of the pulse of 10 ms, in thresholds: the nearest of 201 from 0.5 to 3.
    shape : {"parabola", "boxcar"}
        As in :class:`snnbook.smoothed.Gate`.

    Returns
    -------
    dict
        Over ``time`` in ms, (110,): ``mem``, ``pulse`` (charge for each ms) and ``syn``; over
        ``currents``, (201,): the charge ``sent``, the number of spikes ``hard`` of the LIF
        neuron, and ``slope``, the exact derivative of the charge by autograd; ``now``,
        ``now_sent`` and ``now_slope`` at this current; ``threshold``, ``zone`` and ``text``.

    Examples
    --------
    >>> gate_frame(0.2, 1.5)["text"].split(";")[0]
    'Sent: 0.83 of a spike, by a LIF neuron 0'

    Huh and Sejnowski (2018); paper section IV.A.1; chapter 4a.
    """
    check_positive("width", width)
    gate = Gate(width, shape=shape)
    runs = _runs(gate)
    at = int((CURRENTS - current).abs().argmin())
    return {
        "time": np.arange(0, DURATION, STEP * SHOWN),
        "mem": runs.mem[::SHOWN, at],
        "pulse": runs.release[:, at].reshape(-1, SHOWN).sum(1) / (STEP * SHOWN),
        "syn": runs.syn[::SHOWN, at],
        "currents": CURRENTS.numpy(),
        "sent": runs.sent,
        "hard": runs.spikes,
        "slope": runs.slope,
        "now": CURRENTS[at : at + 1].numpy(),
        "now_sent": runs.sent[at : at + 1],
        "now_slope": runs.slope[at : at + 1],
        "threshold": [gate.threshold],
        "zone": [gate.threshold - width],
        "text": f"Sent: {runs.sent[at]:.2f} of a spike, by a LIF neuron {runs.spikes[at]:.0f}; "
        f"the slope is {runs.slope[at]:.2f}. "
        f"It is zero at {(runs.slope == 0).mean():.0%} of the currents shown.",
    }


def gate(live: bool | None = None) -> Explorer:
    """Return the explorer of the active zone: its width, its shape, the current.

    >>> gate()
    Explorer('gate': width, current, shape, 98 settings)

    Chapter 4a.
    """
    over_time = partial(Panel, xlim=(0, DURATION))
    over_current = partial(Panel, xlim=(0.5, 3.0), xlabel="current")
    membrane = (
        THRESHOLD,
        Layer("level", "zone", label="zone begins", color="threshold"),
        Layer("line", "mem", "time", "membrane", "mem"),
    )
    sent = (
        Layer("line", "hard", "currents", "LIF", "true", True),
        Layer("line", "sent", "currents", "gated", "surrogate"),
        Layer("points", "now_sent", "now", color="surrogate"),
    )
    pulse = (
        Layer("line", "pulse", "time", "sent per ms", "spikes"),
        Layer("line", "syn", "time", "trace s", "syn", True),
    )
    slope = (
        Layer("line", "slope", "currents", color="surrogate"),
        Layer("points", "now_slope", "now", color="surrogate"),
    )
    return Explorer(
        name="gate",
        function=gate_frame,
        controls={
            "width": Control("width of the zone", (0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8), 0.2),
            "current": Control("current", (1.1, 1.4, 1.5, 1.6, 1.8, 2.2, 2.6), 1.5),
            "shape": Control("shape of the gate", ("parabola", "boxcar"), "parabola"),
        },
        panels=[
            over_time(membrane, "Membrane potential U", ylim=(0, 1.1), height=120),
            over_current(sent, "Spikes sent", ylim=(-0.1, 2.4), height=120),
            over_time(
                pulse, "The spike as a pulse", ylim=(-0.1, 2.6), xlabel="time (ms)", height=150
            ),
            over_current(slope, "Slope of what is sent, by autograd", ylim=(-0.5, 12), height=150),
        ],
        alt="A membrane that rises through an active zone, the pulse that it sends, and what is "
        "sent and its slope over the current.",
        caption="One neuron and one current of 10 ms, run by `snnbook.smoothed.GatedNeuron`. "
        "Curves that leave their frame are cut; the sentence has the number.",
        live=live,
        title="The active zone",
        chapter="04a-soft-nonlinearity",
        heading="ch04a-explore",
        change="Change the width and the shape of the gate, and the current.",
        question="What does a gradient everywhere cost?",
    )
