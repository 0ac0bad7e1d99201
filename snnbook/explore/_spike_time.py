"""Explorer of chapter 4d: the time of a spike over a weight, and the cliff where it vanishes."""

import math
from functools import cache, partial

import numpy as np
import torch

from snnbook._validate import check_choice
from snnbook.explore._explorer import THRESHOLD, Control, Explorer, Layer, Panel
from snnbook.spike_times import Cell, DoubleTau, EqualTau, NonLeaky, first_spike, free_membrane

CELLS = {
    "leaky, ratio 2": DoubleTau(),
    "leaky, ratio 1": EqualTau(),
    "non-leaky": NonLeaky(),
}
HIGHEST, LENGTH, STEEPEST = 7.0, 5.0, 8.0
TIME = torch.linspace(0, LENGTH, 101, dtype=torch.float64)
SPREAD = torch.linspace(0, 1, 151, dtype=torch.float64)[1:] ** 3  # dense near the cliff


def _spikes(weights, second: float, when: float, cell: Cell):
    """Return spike times (K,) over the first weight, and their exact derivatives."""
    first = torch.as_tensor(weights, dtype=torch.float64).reshape(-1).requires_grad_()
    rows = torch.stack([first, torch.full_like(first, second)], dim=1)
    times = first_spike(torch.tensor([[0.0, when]], dtype=torch.float64), rows, cell)[0]
    (slopes,) = torch.autograd.grad(times[torch.isfinite(times)].sum(), first)
    return times.detach(), slopes


@cache
def _cliff(second: float, when: float, cell: Cell) -> float:
    """Return the least first weight above 0 that makes a spike, by bisection; 0 if any does."""
    low, high = 0.0, HIGHEST
    if _alive(low, second, when, cell):
        return 0.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (low, middle) if _alive(middle, second, when, cell) else (middle, high)
    return high


def _alive(weight: float, second: float, when: float, cell: Cell) -> bool:
    rows = torch.tensor([[weight, second]], dtype=torch.float64)
    times = torch.tensor([[0.0, when]], dtype=torch.float64)
    return math.isfinite(first_spike(times, rows, cell).item())


def spike_time_frame(
    weight: float = 3.4,
    second: float = 2.5,
    when: float = 1.0,
    cell: str = "leaky, ratio 2",
) -> dict:
    r"""Return the first spike of a neuron with two inputs, over the weight of the first.

    .. math:: \frac{\partial t}{\partial w_1} = -\frac{\kappa(t)}{\dot U(t)}

    Parameters
    ----------
    weight : float
        Weight of the first input, which spikes at 0.
    second : float
        Weight of the second input.
    when : float
        Time of the second input, in synaptic time constants.
    cell : str
        A name in ``CELLS``.

    Returns
    -------
    dict
        Over ``time`` (101,): ``mem`` without a reset; over ``weights`` (150,), from the cliff
        upward: ``spike`` and ``earlier``, the time and minus its derivative, at most 8; ``now``,
        ``now_spike``, ``now_earlier`` (NaN when silent), ``level`` (where the spike is drawn),
        the input times ``inputs`` with ``input_rows``, ``threshold`` and ``text``.

    Examples
    --------
    >>> spike_time_frame(weight=1.2)["text"].split(".")[0]
    'Silent: the weight has no gradient'

    Bohte et al. (2002); paper section IV.A.4; chapter 4d.
    """
    check_choice("cell", cell, CELLS)
    neuron = CELLS[cell]
    edge = _cliff(float(second), float(when), neuron)
    weights = edge + (HIGHEST - edge) * SPREAD
    times, slopes = _spikes(weights, second, when, neuron)
    here, steep = _spikes([weight], second, when, neuron)
    alive = bool(torch.isfinite(here))
    inputs = torch.tensor([[0.0, when]], dtype=torch.float64)
    row = torch.tensor([[weight, second]], dtype=torch.float64)
    spike, earlier = (here.item(), -steep.item()) if alive else (math.nan, math.nan)
    return {
        "time": TIME.numpy(),
        "mem": free_membrane(TIME, inputs, row, neuron)[:, 0, 0].numpy(),
        "weights": weights.numpy(),
        "spike": times.numpy(),
        "earlier": np.minimum(-slopes.numpy(), STEEPEST),
        "now": [weight],
        "now_spike": [spike],
        "now_earlier": [min(earlier, STEEPEST)],
        "level": [neuron.threshold],
        "inputs": inputs[0].numpy(),
        "input_rows": np.zeros(2),
        "threshold": [neuron.threshold],
        "text": f"{_said(spike, earlier)} {_end(edge, times[0].item(), neuron)}",
    }


def _said(spike: float, earlier: float) -> str:
    if math.isnan(spike):
        return "Silent: the weight has no gradient."
    return f"A spike at {spike:.2f}; its derivative in the weight is {chr(0x2212)}{earlier:.2f}."


def _end(edge: float, last: float, cell: Cell) -> str:
    if edge == 0:
        return "The second input alone is enough for a spike."
    if type(cell) is NonLeaky:
        return f"Toward the weight {edge:.2f} the spike is later without end."
    return f"The last spike is at the weight {edge:.2f}, at the time {last:.2f}."


def spike_time(live: bool | None = None) -> Explorer:
    """Return the explorer of a spike time: two weights, the second time, the neuron.

    >>> spike_time()
    Explorer('spike-time': weight, second, when, cell, 297 settings)

    Chapter 4d.
    """
    values = (0.6, 1.2, 1.6, 1.75, 1.9, 2.4, 2.9, 3.4, 4.1, 4.6, 6.0)
    over_time = partial(Panel, xlim=(0, LENGTH), xlabel="time (synaptic time constants)", wide=True)
    over_weight = partial(Panel, xlim=(0, HIGHEST), xlabel="weight of the first input")
    membrane = (
        THRESHOLD,
        Layer("ticks", "input_rows", "inputs", "inputs", "input"),
        Layer("line", "mem", "time", "membrane", "mem"),
        Layer("points", "level", "now_spike", "spike", "spikes"),
    )
    spike = (
        Layer("line", "spike", "weights", color="spikes"),
        Layer("points", "now_spike", "now", color="spikes"),
    )
    earlier = (
        Layer("line", "earlier", "weights", color="surrogate"),
        Layer("points", "now_earlier", "now", color="surrogate"),
    )
    return Explorer(
        name="spike-time",
        function=spike_time_frame,
        controls={
            "weight": Control("weight of the first input", values, 3.4),
            "second": Control("weight of the second", (0.0, 1.5, 2.5), 2.5),
            "when": Control("time of the second", (0.5, 1.0, 2.0), 1.0),
            "cell": Control("neuron", tuple(CELLS), "leaky, ratio 2"),
        },
        panels=[
            over_time(membrane, "Membrane potential U", ylim=(-0.4, 2.4), height=150),
            over_weight(spike, "Time of the spike", ylim=(0, LENGTH), height=150),
            over_weight(earlier, "How much earlier for more weight", ylim=(0, 6), height=150),
        ],
        alt="A membrane with its first spike, and over the weight of the first input the time of "
        "the spike and minus its derivative.",
        caption="Times by `snnbook.spike_times.first_spike`, without time steps; the derivative is "
        "exact. The membrane is drawn without a reset. The ratio is that of the membrane's time "
        "constant to the synapse's.",
        live=live,
        title="A spike time",
        chapter="04d-spike-timing",
        heading="ch04d-explore",
        change="Change two weights, a time, the neuron.",
        question="Where does a spike vanish, and what does its gradient say before?",
    )
