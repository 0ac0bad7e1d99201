"""Explorer of chapter 4c: the f-I curve, counted in a window, exact, and softened."""

import torch

from snnbook._validate import check_positive
from snnbook.explore._explorer import Control, Explorer, Layer, Panel
from snnbook.neurons import LIFNeuron
from snnbook.smoothed import count_rate, lif_rate

MEAN = torch.linspace(0.0, 4.0, 101, dtype=torch.float64)


def rates_frame(
    tau_mem: float = 10.0, window: float = 50.0, dt: float = 1.0, softness: float = 0.1
) -> dict:
    """Return the rates of an LIF neuron over its mean potential, and the slope of the soft curve.

    Parameters
    ----------
    tau_mem, window, dt : float
        Membrane time constant, counting window and time step in ms, above 0.
    softness : float
        Softness of the smooth curve, in thresholds.

    Returns
    -------
    dict
        ``counted``, ``exact`` and ``soft`` rates in Hz over ``mean`` (101,), and ``text``.

    Examples
    --------
    >>> rates_frame(window=10.0)["text"]
    'In this window the neuron knows 3 rates.'

    Paper section IV.A; chapter 4c.
    """
    for name, value in (("tau_mem", tau_mem), ("window", window), ("dt", dt)):
        check_positive(name, value)
    neuron = LIFNeuron(tau_mem=tau_mem * 1e-3, dt=dt * 1e-3)
    counted = count_rate(MEAN, neuron, steps=max(1, round(window / dt)))
    levels = len(counted.unique())
    return {
        "mean": MEAN.numpy(),
        "counted": counted.numpy(),
        "exact": lif_rate(MEAN, neuron).numpy(),
        "soft": lif_rate(MEAN, neuron, softness=softness).numpy(),
        "text": f"In this window the neuron knows {levels} rate{'' if levels == 1 else 's'}.",
    }


def rates(live: bool | None = None) -> Explorer:
    """Return the explorer of the f-I curve: time constant, window, step and softness.

    >>> rates()
    Explorer('rates': tau_mem, window, dt, softness, 162 settings)

    Chapter 4c.
    """
    curves = (
        Layer("line", "exact", "mean", "continuous time", "true"),
        Layer("line", "soft", "mean", "softened", "surrogate", True),
        Layer("line", "counted", "mean", "counted", "mem"),
    )
    look = {"xlabel": "mean potential (thresholds)", "height": 240, "wide": True}
    return Explorer(
        name="rates",
        function=rates_frame,
        controls={
            "tau_mem": Control("membrane time constant", (5, 10, 20), 10, "ms"),
            "window": Control("counting window", (10, 20, 50, 100, 200, 1000), 50, "ms"),
            "dt": Control("time step", (0.25, 0.5, 1.0), 1.0, "ms"),
            "softness": Control("softness of the curve", (0.02, 0.1, 0.3), 0.1),
        },
        panels=[Panel(curves, "Rate (Hz)", (0, 4), (0, 700), **look)],
        alt="The firing rate of a neuron over its mean input: in continuous time, softened, and "
        "counted in a window.",
        caption="The counts come from `snnbook.smoothed.count_rate`, the curves from `lif_rate`.",
        live=live,
        title="The f-I curve",
        chapter="04c-rate-coding",
        heading="ch04c-explore",
        change="Change the time constant, the window, the time step, the softness.",
        question="What can a count say about a rate?",
    )
