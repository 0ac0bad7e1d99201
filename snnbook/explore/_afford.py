"""Explorer of chapter 8e: how many spikes a neuron can afford against one that multiplies."""

import numpy as np

from snnbook._validate import check_choice
from snnbook.counting import Energies, affordable_spikes
from snnbook.explore._explorer import Control, Explorer, Layer, Panel

#: Prices in accumulates: a multiply-accumulate, and an update of a neuron.
MACS, UPDATES = (1.15, 1.6, 5.1), (0.0, 4.9, 20.0)
STEPS, INPUTS, SPIKES = (5, 20, 50), (64, 256, 1024), (0.2, 1.0, 3.0)
MOST, TOP, POWERS = 6.0, 12.0, np.linspace(3, 12, 37)


def afford_frame(
    mac: float = 1.6,
    update: float = 4.9,
    steps: int = 20,
    inputs: int = 256,
    spikes: float = 1.0,
) -> dict:
    """Return what a spiking neuron costs, an input of it, beside one that multiplies.

    Everything is in accumulates, memory included, and divided by the inputs of the neuron.

    Parameters
    ----------
    mac, update : float
        Prices of a multiply-accumulate and of an update, in accumulates.
    steps, inputs : int
        T, and M, the inputs of the neuron.
    spikes : float
        Spikes of an input per inference.

    Returns
    -------
    dict
        Over ``rate`` (25,), spikes of an input: ``spiking`` and ``other``, what an input costs
        with spikes and without time; the current point, ``now`` and ``now_cost``; over ``power``
        (37,), the logarithm of the inputs to base 2: ``bound``, the spikes that an input may send,
        cut to what the panel shows; the current inputs and spikes, ``here`` and ``here_spikes``;
        and ``text``.

    Examples
    --------
    >>> print(afford_frame(update=0.0)["text"].split(". ")[0])
    An input may send 1.6 spikes in 20 steps; it sends 1

    Chapter 8e.
    """
    check_choice("steps", steps, STEPS)
    prices = Energies(mac=mac, ac=1.0, update=update, byte=0.0)
    rate = np.linspace(0, MOST, 25)
    idle = steps * update / inputs
    bound = affordable_spikes(inputs, steps, prices)
    bounds = [affordable_spikes(2**power, steps, prices) for power in POWERS]
    ratio = (spikes + idle) / mac
    may = f"may send {bound:.2g} spikes" if bound > 0 else "may send no spike"
    return {
        "rate": rate,
        "spiking": np.minimum(rate + idle, TOP),
        "other": np.full(len(rate), mac),
        "now": [spikes],
        "now_cost": [min(spikes + idle, TOP)],
        "power": POWERS,
        "bound": np.clip(bounds, 0, MOST),
        "here": [float(np.log2(inputs))],
        "here_spikes": [spikes],
        "text": f"An input {may} in {steps} steps; it sends {spikes:g}. "
        f"The spiking neuron costs {ratio:.2g} times the other one, "
        f"{idle / (spikes + idle):.0%} of it for updates.",
    }


def afford(live: bool | None = None) -> Explorer:
    """Return the explorer of the bound: prices, steps, fan-in and spikes.

    >>> afford()
    Explorer('afford': mac, update, steps, inputs, spikes, 243 settings)

    Chapter 8e.
    """
    costs = (
        Layer("line", "spiking", "rate", "with spikes", "spikes"),
        Layer("line", "other", "rate", "without time", "reset", True),
        Layer("points", "now_cost", "now", "now", "spikes"),
    )
    bounds = (
        Layer("line", "bound", "power", "both cost the same", "threshold"),
        Layer("points", "here_spikes", "here", "now", "spikes"),
    )
    return Explorer(
        name="afford",
        function=afford_frame,
        controls={
            "mac": Control("a multiply-accumulate, in accumulates", MACS, 1.6),
            "update": Control("an update of a neuron, in accumulates", UPDATES, 4.9),
            "steps": Control("steps", STEPS, 20, free=False),
            "inputs": Control("inputs of a neuron", INPUTS, 256),
            "spikes": Control("spikes of an input", SPIKES, 1.0),
        },
        panels=[
            Panel(
                costs,
                "Cost of an input, in accumulates",
                xlim=(0, MOST),
                ylim=(0, TOP),
                xlabel="spikes of an input per inference",
                height=170,
                wide=True,
            ),
            Panel(
                bounds,
                "Spikes that an input may send",
                xlim=(float(POWERS[0]), float(POWERS[-1])),
                ylim=(-0.3, MOST),
                xlabel="inputs of a neuron, as a power of 2",
                height=170,
                wide=True,
            ),
        ],
        alt="What an input costs with spikes and without time over the spikes that it sends, and "
        "the number of spikes at which both cost the same over the inputs of a neuron.",
        caption="The price of an accumulate, with the weight that it reads, is 1. The bound is "
        "`snnbook.counting.affordable_spikes`. With the prices of this page and memory, float32 is "
        "at 1.6 and 4.9 and int8 at 1.15 and 20; arithmetic alone, without updates, at 5.1 and 0.",
        live=live,
        title="Spikes that a neuron can afford",
        chapter="08e-counting",
        heading="ch08e-explore",
        change="Start without a price on updates, and add it; then change steps and inputs.",
        question="What has to change before a neuron of 64 inputs may spike at all?",
    )
