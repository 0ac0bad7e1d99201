"""Explorer of chapter 8a: one delay, the width of its kernel, and the landscape of the loss."""

from functools import cache, partial

import numpy as np
import torch

from snnbook._validate import check_number
from snnbook.data import one_lag
from snnbook.explore._explorer import THRESHOLD, Control, Explorer, Layer, Panel
from snnbook.layers import Delays
from snnbook.neurons import LIFNeuron, psp_kernel, run
from snnbook.surrogates import fast_sigmoid

STEPS, LONGEST, LAG = 60, 25, 12
WIDTHS = (0.5, 2.0, 8.0)
NEURON = LIFNeuron(tau_mem=4e-3, tau_syn=2e-3, surrogate=fast_sigmoid(width=0.2))
#: How high one input spike alone lifts the membrane: two that come together pass the threshold.
ALONE = 0.55


def delayed(delay: float, width: float) -> Delays:
    """Return the two synapses: equal weights, and a delay of the first."""
    layer = Delays(2, 1, LONGEST, delays=torch.tensor([[float(delay), 0.0]]), width=width)
    torch.nn.init.constant_(layer.weight, ALONE / float(psp_kernel(NEURON, STEPS).max()))
    return layer


@cache
def landscape(width: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return loss, share of right answers, and minus the surrogate gradient, over whole delays."""
    spikes, labels = one_lag(200, LAG, steps=STEPS, generator=torch.Generator().manual_seed(0))
    rows = []
    for delay in range(LONGEST + 1):
        layer = delayed(delay, width)
        counts = run(NEURON, layer(spikes).outputs).spikes.sum((0, 2))
        loss = (counts - labels).square().mean()
        loss.backward()
        right = ((counts > 0) == (labels == 1)).double().mean()
        rows.append((loss.item(), right.item(), -layer.delay.grad[0, 0].item()))
    loss, right, pull = np.array(rows).T
    return loss, right, pull


def one_delay_frame(delay: float = 4, width: float = 2.0) -> dict:
    """Return what a neuron with one delay does with a pair of spikes, and its loss over delays.

    Parameters
    ----------
    delay : float
        Of the first input, in steps, from 0 to 25; the second has none.
    width : float
        Of the kernel, in steps: 0.5, 2 or 8.

    Returns
    -------
    dict
        Over ``time`` (60,): ``arrives``, how much of the first spike arrives in each step, and
        ``mem``; ``first`` and ``second``, the input spikes, with their rows; over ``delays`` (26,)
        the ``loss`` of 200 samples and the ``pull``, minus its surrogate gradient by the delay
        over the largest, and at the chosen one ``now``, ``now_loss`` and ``now_pull``; ``zero``,
        ``threshold`` and ``text``.

    Examples
    --------
    >>> print(one_delay_frame(delay=12, width=0.5)["text"].split(". ")[0])
    With a delay of 12 and a kernel of width 0.5 the neuron answers to 100 % of the samples rightly

    Chapter 8a.
    """
    check_number("delay", delay)
    if width not in WIDTHS:
        raise ValueError(f"width is {width!r}; one of {WIDTHS} is accepted")
    if not 0 <= delay <= LONGEST:
        raise ValueError(f"delay is {delay:g}; steps from 0 to {LONGEST} are accepted")
    pair, layer = torch.zeros(STEPS, 1, 2), delayed(delay, width)
    pair[10, 0, 0] = pair[10 + LAG, 0, 1] = 1
    with torch.no_grad():
        record = run(NEURON, layer(pair).outputs)
        kernel = layer.kernel()[0, 0] / layer.weight[0, 0]
    arrives = np.zeros(STEPS)
    arrives[10 : 11 + LONGEST] = kernel.numpy()
    loss, right, pull = landscape(width)
    near = round(float(delay))
    says = "spikes" if record.spikes.sum() else "stays silent"
    return {
        "time": np.arange(STEPS),
        "first": np.array([10]),
        "first_rows": np.ones(1),
        "second": np.array([10 + LAG]),
        "second_rows": np.zeros(1),
        "arrives": arrives,
        "mem": record.mem.flatten().numpy(),
        "delays": np.arange(LONGEST + 1),
        "loss": loss,
        "now": [delay],
        "now_loss": [float(np.interp(delay, np.arange(LONGEST + 1), loss))],
        "pull": pull / np.abs(pull).max(),
        "now_pull": [float(np.interp(delay, np.arange(LONGEST + 1), pull / np.abs(pull).max()))],
        "zero": [0.0],
        "threshold": [NEURON.threshold],
        "text": f"With a delay of {delay:g} and a kernel of width {width:g} the neuron answers to "
        f"{100 * right[near]:.0f} % of the samples rightly. To this pair, whose lag is {LAG}, it "
        f"{says}.",
    }


def one_delay(live: bool | None = None) -> Explorer:
    """Return the explorer of one delay: its steps, and the width of the kernel.

    >>> one_delay()
    Explorer('one-delay': delay, width, 78 settings)

    Chapter 8a.
    """
    over_time = partial(Panel, xlim=(0, STEPS), wide=True)
    ticks = (
        Layer("ticks", "first_rows", "first", "first input", "input"),
        Layer("ticks", "second_rows", "second", "second input", "spikes"),
    )
    return Explorer(
        name="one-delay",
        function=one_delay_frame,
        controls={
            "delay": Control("delay of the first input", tuple(range(LONGEST + 1)), 4, "steps"),
            "width": Control("width of the kernel", WIDTHS, 2.0, "steps", free=False),
        },
        panels=[
            over_time(ticks, "Two input spikes", ylim=(-0.6, 1.6), height=70, yticks=False),
            over_time(
                (Layer("line", "arrives", "time", "first input, delayed", "input"),),
                "What arrives of the first spike",
                ylim=(0, 0.8),
                height=80,
            ),
            over_time(
                (THRESHOLD, Layer("line", "mem", "time", "membrane", "mem")),
                "Membrane potential U",
                ylim=(-0.6, 1.3),
                xlabel="step",
                height=130,
            ),
            Panel(
                (
                    Layer("line", "loss", "delays", "loss", "surrogate"),
                    Layer("points", "now_loss", "now", "this delay", "spikes"),
                ),
                "Loss over the delay",
                xlim=(-0.5, LONGEST + 0.5),
                ylim=(-0.02, 1.0),
                height=100,
                wide=True,
            ),
            Panel(
                (
                    Layer("level", "zero", label="no pull", color="threshold", dashed=True),
                    Layer("line", "pull", "delays", "pull", "recurrent"),
                    Layer("points", "now_pull", "now", "this delay", "spikes"),
                ),
                "Where the surrogate gradient pulls: up is to longer delays",
                xlim=(-0.5, LONGEST + 0.5),
                ylim=(-1.1, 1.1),
                xlabel="delay in steps",
                height=120,
                wide=True,
            ),
        ],
        alt="Two input spikes, the share of the first one that arrives in each step, the membrane "
        "with its threshold, and over all delays the loss and the pull of its surrogate gradient.",
        caption="A neuron that shall spike if the second input comes 12 steps after the first. The "
        "kernel is that of `snnbook.layers.Delays`, the samples are those of "
        "`snnbook.data.one_lag`.",
        live=live,
        title="One delay",
        chapter="08a-learned-time",
        heading="ch08a-explore",
        change="Move the delay of the first input, and change the width of its kernel.",
        question="Where is the loss flat, and what does the surrogate gradient know there?",
    )
