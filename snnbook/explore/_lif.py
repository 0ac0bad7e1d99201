"""Explorer of chapter 2: one LIF neuron, its input, its current, its membrane and its spikes."""

from dataclasses import replace
from functools import partial

import numpy as np
import torch

from snnbook._validate import check_choice, check_positive
from snnbook.explore._explorer import THRESHOLD, Control, Explorer, Layer, Panel
from snnbook.neurons import LIFNeuron, run

#: Arrival times of the input spikes in ms, by the name of the pattern.
PATTERNS = {
    "one spike": (5,),
    "one every 6 ms": tuple(range(5, 65, 6)),
    "three volleys": (5, 6, 7, 28, 29, 30, 31, 50, 52),
}
DURATION = 80  # ms
STEPS = {"1 ms": 1, "0.1 ms": 10}  # steps in a millisecond


def lif_frame(
    tau_mem: float = 10.0,
    tau_syn: float = 5.0,
    weight: float = 3.0,
    pattern: str = "three volleys",
    reset: str = "subtract",
    dt: str = "1 ms",
) -> dict:
    r"""Simulate one LIF neuron for 80 ms and return what the explorer of chapter 2 draws.

    The weight is that of the differential equation, :math:`W = (1 - \beta)\, w`, so that a finer
    step describes the same neuron.

    Parameters
    ----------
    tau_mem, tau_syn : float
        Time constants in ms, above 0.
    weight : float
        :math:`w`, in units of the threshold.
    pattern : str
        A name in ``PATTERNS``.
    reset : {"subtract", "zero", "none"}
        As in :class:`snnbook.neurons.LIFNeuron`.
    dt : {"1 ms", "0.1 ms"}
        Time step. The records are shown once per ms with either.

    Returns
    -------
    dict
        ``time``, ``syn`` and ``mem`` (80,), ``inputs`` and ``spikes`` (times in ms), their rows
        in the raster, ``threshold`` and ``text``. Without a reset a neuron above threshold
        spikes in every step; ``spikes`` then has at most one time per ms.

    Examples
    --------
    >>> lif_frame(weight=2.0)["text"]
    '5 output spikes; the first at 10.0 ms. The membrane peaks at 1.32.'

    Paper section II; chapter 2.
    """
    check_choice("pattern", pattern, PATTERNS)
    check_choice("dt", dt, STEPS)
    check_positive("tau_mem", tau_mem)
    check_positive("tau_syn", tau_syn)
    fine = STEPS[dt]
    neuron = LIFNeuron(tau_mem=tau_mem * 1e-3, tau_syn=tau_syn * 1e-3, dt=1e-3 / fine)
    arrivals = torch.tensor(PATTERNS[pattern])
    drive = torch.zeros(DURATION * fine, 1, 1, dtype=torch.float64)
    drive[arrivals * fine] = (1 - neuron.beta) * weight
    found = run(replace(neuron, reset=reset), drive)
    syn, mem = (one.flatten().numpy() for one in (found.syn, found.mem))
    spikes = found.spikes.flatten().nonzero().flatten().numpy() / fine
    first = f"; the first at {spikes[0]:.1f} ms" if spikes.size else ""
    marks = np.unique(np.floor(spikes)) if reset == "none" else spikes
    count = f"{spikes.size} output spike{'' if spikes.size == 1 else 's'}{first}."
    return {
        "time": np.arange(DURATION),
        "syn": syn[::fine] / (1 - neuron.beta),
        "mem": mem[::fine],
        "threshold": [neuron.threshold],
        "inputs": arrivals.numpy(),
        "input_rows": np.ones(len(arrivals)),
        "spikes": marks,
        "spike_rows": np.zeros(marks.size),
        "text": f"{count} The membrane peaks at {mem.max():.2f}.",
    }


def lif(live: bool | None = None) -> Explorer:
    """Return the explorer of one LIF neuron: time constants, weight, input, reset and step.

    >>> lif()
    Explorer('lif': tau_mem, tau_syn, weight, pattern, reset, dt, 648 settings)

    Chapter 2.
    """
    over_time = partial(Panel, xlim=(0, DURATION), wide=True)
    ticks = (
        Layer("ticks", "input_rows", "inputs", "input", "input"),
        Layer("ticks", "spike_rows", "spikes", "output", "spikes"),
    )
    current = (Layer("line", "syn", "time", color="syn"),)
    membrane = (THRESHOLD, Layer("line", "mem", "time", "membrane", "mem"))
    return Explorer(
        name="lif",
        function=lif_frame,
        controls={
            "tau_mem": Control("membrane time constant", (5, 10, 20), 10, "ms"),
            "tau_syn": Control("synaptic time constant", (2, 5, 10), 5, "ms"),
            "weight": Control("weight of the input", (1.0, 2.0, 3.0, 4.5), 3.0),
            "pattern": Control("input", tuple(PATTERNS), "three volleys"),
            "reset": Control("reset", ("subtract", "zero", "none"), "subtract"),
            "dt": Control("time step", tuple(STEPS), "1 ms"),
        },
        panels=[
            over_time(ticks, "Spikes", ylim=(-0.6, 1.6), height=60, yticks=False),
            over_time(current, "Synaptic current I", ylim=(0, 19), height=90),
            over_time(
                membrane, "Membrane potential U", ylim=(-0.6, 3.0), xlabel="time (ms)", height=170
            ),
        ],
        alt="Spikes, synaptic current and membrane potential of one neuron over 80 ms.",
        caption="One neuron, simulated by `snnbook.neurons.run` for every setting.",
        live=live,
        title="One LIF neuron",
        chapter="02-snns-as-rnns",
        heading="ch02-explore",
        change="Change the time constants, the weight, the input, the reset, the time step.",
        question="What makes a single input spike fire the neuron?",
    )
