"""Explorer of chapter 6b: the three factors of one synapse, step by step."""

from functools import lru_cache, partial
from typing import NamedTuple

import numpy as np
import torch

from snnbook._validate import check_choice, check_integer
from snnbook.explore._explorer import Control, Explorer, Layer, Panel
from snnbook.local import raster_start, raster_step

STEPS, SYNAPSES = 80, 60
RATE = 1e-4  # learning rate
#: Which synapse: its place by eligibility among those whose input spikes, from 0 to 1.
CHOICES = {"most eligible": 0.0, "in the middle": 0.5, "hardly eligible": 0.9}
#: Title, color and limits of what is drawn over time.
PARTS = {
    "trace": ("1. Presynaptic trace", "input", (-0.5, 10)),
    "near": ("2. Surrogate: how near to a spike", "surrogate", (-0.1, 1.1)),
    "eligibility": ("Eligibility: the filtered product of 1 and 2", "syn", (-6, 120)),
    "error": ("3. Error: filtered spikes, own minus wanted", "reset", (-3.3, 3.3)),
    "update": ("Weight change so far, learning rate 0.0001", "mem", (-0.5, 0.1)),
}


class _Trial(NamedTuple):
    """All that one neuron and its synapses did: (80, 60) and (80,), float64 arrays."""

    trace: np.ndarray
    near: np.ndarray
    eligibility: np.ndarray
    error: np.ndarray
    arrived: np.ndarray
    spikes: np.ndarray


def task() -> tuple[torch.Tensor, torch.Tensor]:
    """Return the weights (1, 1, 60) before learning and the input spikes (80, 1, 60)."""
    rng = torch.Generator().manual_seed(5)
    inputs = (torch.rand(STEPS, 1, SYNAPSES, generator=rng) < 0.03).double()
    weights = 0.06 * torch.randn(1, 1, SYNAPSES, generator=rng) + 0.01
    return weights.double(), inputs


@lru_cache(maxsize=32)
def _trial(wanted: int) -> _Trial:
    """Run the neuron once, with a wanted spike at one step."""
    weights, inputs = task()
    target = torch.zeros(STEPS, 1, 1, dtype=torch.float64)
    target[wanted] = 1
    carry, rows = raster_start((weights,)), []
    for arrived, wish in zip(inputs, target):
        before = carry.layers[0]
        carry, seen = raster_step((weights,), carry, arrived, wish)
        rows.append(
            (
                before.before.mem[0],
                seen.surrogate[0][0, 0],
                before.eligibility.mem[0, 0],
                seen.error[0, 0],
                arrived[0],
                seen.spikes[0][0, 0],
            )
        )
    return _Trial(*(torch.stack(one).numpy() for one in zip(*rows)))


def three_factors_frame(step: int = 34, synapse: str = "most eligible", wanted: int = 45) -> dict:
    r"""Return the traces of one synapse under SuperSpike, and their values at one step.

    .. math:: \Delta W_j[n] = -\eta\, e[n]\; \bigl(\varepsilon * [\,g(U - \theta)\, p_j\,]\bigr)[n]

    Parameters
    ----------
    step : int
        The step that is read off, 0 to 79.
    synapse : str
        ``"most eligible"``, ``"in the middle"`` or ``"hardly eligible"``, of the 60 synapses.
    wanted : int
        Step of the one wanted spike, 0 to 79.

    Returns
    -------
    dict
        Over ``time`` (80,): the presynaptic ``trace``, the surrogate ``near``, the
        ``eligibility``, the ``error`` and the sum of updates so far, ``update``, with
        :math:`\eta = 10^{-4}`; each again with
        ``now_`` before its name at ``now`` (1,); ``inputs``, ``own`` and ``wish``, the steps of
        the synapse's spikes, the neuron's and the wanted one, with their rows; ``text``.

    Examples
    --------
    >>> print(three_factors_frame(0)["text"])
    Step 0: error 0.00 times eligibility 0.0; the update of this step is 0.000, the sum 0.000.

    Zenke and Ganguli (2018); paper section V.B; chapter 6b.
    """
    for name, value in (("step", step), ("wanted", wanted)):
        check_integer(name, value, 0)
        if value >= STEPS:
            raise ValueError(f"{name} is {value}; a number below {STEPS} is accepted")
    check_choice("synapse", synapse, CHOICES)
    trial = _trial(wanted)
    changes = -RATE * trial.error[:, None] * trial.eligibility
    order = np.argsort(-trial.eligibility.sum(0), kind="stable")[: int(trial.arrived.any(0).sum())]
    j = order[round(CHOICES[synapse] * (len(order) - 1))]
    values = (
        trial.trace[:, j],
        trial.near,
        trial.eligibility[:, j],
        trial.error,
        changes[:, j].cumsum(),
    )
    frame = {"time": np.arange(STEPS), "now": [step], "wish": [wanted], "zero": [0.0]}
    frame |= dict(zip(PARTS, values))
    frame |= {f"now_{name}": one[step : step + 1] for name, one in zip(PARTS, values)}
    spikes = {"inputs": trial.arrived[:, j], "own": trial.spikes}
    for row, name in enumerate(("wish", "own", "inputs")):
        if name in spikes:
            frame[name] = np.flatnonzero(spikes[name])
        frame[f"{name}_rows"] = np.full(len(frame[name]), float(row))
    return frame | {
        "text": f"Step {step}: error {_number(trial.error[step], 2)} times eligibility "
        f"{_number(trial.eligibility[step, j], 1)}; the update of this step is "
        f"{_number(changes[step, j], 3)}, the sum {_number(values[-1][step], 3)}."
    }


def _number(value: float, digits: int) -> str:
    """Return a number with a minus sign, and without one for zero."""
    return f"{value + 0.0:z.{digits}f}".replace("-", chr(0x2212))


def three_factors(live: bool | None = None) -> Explorer:
    """Return the explorer of the three factors: the step, the synapse, the wanted spike.

    >>> three_factors()
    Explorer('three-factors': step, synapse, wanted, 720 settings)

    Chapter 6b.
    """
    return Explorer(
        name="three-factors",
        function=three_factors_frame,
        controls={
            "step": Control("step", tuple(range(STEPS)), 34, free=False),
            "synapse": Control("synapse", tuple(CHOICES), "most eligible"),
            "wanted": Control("wanted spike at step", (15, 23, 45), 45, free=False),
        },
        panels=_panels(),
        alt="Spikes, presynaptic trace, surrogate, eligibility, error and weight change of one "
        "synapse over time, with the values at one step marked.",
        caption="One of 60 synapses of a neuron that does not learn yet, run step by step by "
        "`snnbook.local.raster_step`. The points are what is read at this step.",
        live=live,
        title="Three factors",
        chapter="06b-three-factor",
        heading="ch06b-explore",
        change="Change the step, the synapse, the wanted spike.",
        question="How do error and eligibility meet at one synapse?",
    )


def _panels() -> list[Panel]:
    """Return the spikes, and one panel for each of ``PARTS``: its course, and its value now."""
    over_steps = partial(Panel, xlim=(0, STEPS), wide=True, height=90)
    ticks = (
        Layer("ticks", "inputs_rows", "inputs", "this input", "input"),
        Layer("ticks", "own_rows", "own", "own spikes", "spikes"),
        Layer("ticks", "wish_rows", "wish", "wanted", "reset"),
    )
    panels = [over_steps(ticks, "Spikes", ylim=(-0.6, 2.6), yticks=False)]
    zero = Layer("level", "zero", color="threshold", dashed=True)
    for name, (title, color, ylim) in PARTS.items():
        course = (
            Layer("line", name, "time", color=color),
            Layer("points", f"now_{name}", "now", color=color),
        )
        layers = (zero, *course) if name in ("error", "update") else course
        last = "step" if name == "update" else ""
        panels.append(over_steps(layers, title, ylim=ylim, xlabel=last))
    return panels
