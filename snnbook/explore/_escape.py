"""Explorer of chapter 4b: one neuron with escape noise, several runs, and their mean."""

from functools import partial

import numpy as np
import torch

from snnbook._validate import check_choice, check_integer
from snnbook.explore._explorer import THRESHOLD, Control, Explorer, Layer, Panel
from snnbook.neurons import LIFNeuron, run
from snnbook.smoothed import ExponentialEscape, NoisyNeuron, SigmoidEscape

KINDS = {"sigmoid": SigmoidEscape, "exponential": ExponentialEscape}
DURATION, SHOWN, RUNS = 100, 8, 400  # ms, runs drawn, runs averaged
WEAK, STRONG = slice(10, 40), slice(60, 90)  # ms
LEVELS = 0.75, 1.5  # membrane potential that the two inputs alone lead to, in thresholds


def noisy_drive(strength: float, runs: int, neuron: LIFNeuron) -> torch.Tensor:
    """Return the input of all runs, (100, runs, 1): a weak step, a pause and a strong step."""
    drive = torch.zeros(DURATION, runs, 1, dtype=torch.float64)
    gain = (1 - neuron.alpha) * (1 - neuron.beta)
    for where, level in zip((WEAK, STRONG), LEVELS):
        drive[where] = strength * level * gain
    return drive


def escape_frame(
    noise: float = 0.1, strength: float = 1.0, kind: str = "sigmoid", sample: int = 1
) -> dict:
    r"""Return runs of a neuron that spikes with probability :math:`p(U[n] - \theta)`.

    Parameters
    ----------
    noise : float
        :math:`\Delta` in thresholds, above 0.
    strength : float
        Factor on the input: a weak step from 10 to 40 ms and a strong one from 60 to 90 ms.
    kind : {"sigmoid", "exponential"}
        Escape noise.
    sample : int
        Seed of the random numbers, at least 0. The mean over many runs has a seed of its own.

    Returns
    -------
    dict
        Over ``time`` (100,): ``mem`` and ``probability`` of the first run, ``quiet``, the
        membrane without noise, and ``expected``, the probability of a spike averaged over 400
        runs; ``spikes`` and their ``rows`` (runs 1 to 8), ``quiet_spikes`` in row 0,
        ``threshold`` and ``text``.

    Examples
    --------
    >>> print(escape_frame(noise=0.02)["text"].split(". ")[1])
    Without noise 0, 2 and 0.

    Paper section IV.A.2; chapter 4b.
    """
    check_choice("kind", kind, KINDS)
    check_integer("sample", sample, 0)
    neuron = LIFNeuron()
    escape = KINDS[kind](noise)

    def noisy_runs(count: int, seed: int):
        rng = torch.Generator().manual_seed(seed)
        noisy = NoisyNeuron(escape=escape, gradient="none", generator=rng)
        return run(noisy, noisy_drive(strength, count, neuron))

    shown, many = noisy_runs(SHOWN, sample), noisy_runs(RUNS, 0)
    quiet = run(neuron, noisy_drive(strength, 1, neuron))
    n, row = shown.spikes[..., 0].nonzero(as_tuple=True)
    alone = quiet.spikes[:, 0, 0].nonzero().flatten()
    expected = escape.probability(many.mem - neuron.threshold).mean((1, 2))
    return {
        "time": np.arange(DURATION),
        "mem": shown.mem[:, 0, 0].numpy(),
        "quiet": quiet.mem[:, 0, 0].numpy(),
        "probability": escape.probability(shown.mem[:, 0, 0] - neuron.threshold).numpy(),
        "expected": expected.numpy(),
        "spikes": n.numpy(),
        "rows": row.numpy() + 1.0,
        "quiet_spikes": alone.numpy(),
        "quiet_rows": np.zeros(len(alone)),
        "threshold": [neuron.threshold],
        "text": _said(expected, quiet.spikes[:, 0, 0]),
    }


def _said(expected: torch.Tensor, quiet: torch.Tensor) -> str:
    """Return the number of spikes in the weak step, in the strong one, and outside of both."""

    def parts(spikes):
        weak, strong = spikes[WEAK].sum(), spikes[STRONG].sum()
        return weak, strong, spikes.sum() - weak - strong

    weak, strong, other = parts(expected)
    counts = "{:.0f}, {:.0f} and {:.0f}".format(*parts(quiet))
    return (
        f"A run has {weak:.1f} spikes in the weak step on average, {strong:.1f} in the strong "
        f"one and {other:.1f} outside of both. Without noise {counts}."
    )


def escape(live: bool | None = None) -> Explorer:
    """Return the explorer of escape noise: its size, its kind, the input, another sample.

    >>> escape()
    Explorer('escape': noise, strength, kind, sample, 90 settings)

    Chapter 4b.
    """
    over_time = partial(Panel, xlim=(0, DURATION), wide=True)
    ticks = (
        Layer("ticks", "rows", "spikes", "eight runs", "spikes"),
        Layer("ticks", "quiet_rows", "quiet_spikes", "without noise", "reset"),
    )
    membrane = (
        THRESHOLD,
        Layer("line", "quiet", "time", "without noise", "reset", True),
        Layer("line", "mem", "time", "lowest run", "mem"),
    )
    chance = (
        Layer("line", "probability", "time", "lowest run", "mem"),
        Layer("line", "expected", "time", f"mean of {RUNS} runs", "surrogate"),
    )
    return Explorer(
        name="escape",
        function=escape_frame,
        controls={
            "noise": Control("noise", (0.01, 0.05, 0.1, 0.2, 0.4), 0.1),
            "strength": Control("strength of the input", (0.8, 1.0, 1.2), 1.0),
            "kind": Control("kind of noise", tuple(KINDS), "sigmoid"),
            "sample": Control("sample", (1, 2, 3), 1),
        },
        panels=[
            over_time(ticks, "Spikes", ylim=(-0.6, SHOWN + 0.6), height=120, yticks=False),
            over_time(membrane, "Membrane potential U", ylim=(-1.4, 1.8), height=130),
            over_time(
                chance,
                "Probability of a spike in a step",
                ylim=(0, 1),
                xlabel="time (ms)",
                height=130,
            ),
        ],
        alt="Spikes of eight runs with the same input, and the membrane and spike probability of "
        "one of them, with the mean probability over many runs.",
        caption="A weak input from 10 to 40 ms and a strong one from 60 to 90 ms, run by "
        "`snnbook.smoothed.NoisyNeuron`. The orange ticks are the spikes of the LIF neuron.",
        live=live,
        title="Escape noise",
        chapter="04b-probabilistic",
        heading="ch04b-explore",
        change="Change the noise and its kind, the input, the sample.",
        question="What is random about a spike, and what is not?",
    )
