"""The learning rules of the book in one table, for the gradient laboratory (chapter 5b)."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor

from snnbook.gradients import Gradients, bptt, rtrl
from snnbook.laboratory._estimates import score_function, smoothed_differences
from snnbook.laboratory._variants import with_layers
from snnbook.local import (
    direct_feedback_alignment,
    e_prop,
    erbp,
    feedback_alignment,
    local_errors,
    random_feedback,
    random_readouts,
    superspike,
)
from snnbook.neurons import SpikingNetwork
from snnbook.training import StepError

Settings = Callable[[SpikingNetwork, torch.Generator | None], dict[str, Any]]


def _nothing(network: SpikingNetwork, generator: torch.Generator | None) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Rule:
    """One learning rule of the book, with the settings that the laboratory gives it.

    Parameters
    ----------
    label : str
        Its name in figures and tables.
    function : callable
        ``function(network, spikes, error, **settings) -> Gradients``.
    drops : str
        What it leaves out of the exact gradient, or puts in its place.
    section, chapter : str
        Where the paper and the book treat it.
    settings : callable
        ``settings(network, generator) -> dict``: such as feedback matrices for this network.

    Examples
    --------
    >>> RULES["truncated_5"].label
    'truncated BPTT, 5 steps'

    Chapter 5b.
    """

    label: str
    function: Callable[..., Gradients]
    drops: str
    section: str
    chapter: str
    settings: Settings = _nothing

    def __call__(
        self,
        network: SpikingNetwork,
        spikes: Tensor,
        error: StepError,
        generator: torch.Generator | None = None,
    ) -> Gradients:
        """Return the rule's gradient; the generator serves rules with random matrices or noise."""
        return self.function(network, spikes, error, **self.settings(network, generator))


def detached_reset(network: SpikingNetwork, spikes: Tensor, error: StepError) -> Gradients:
    """Return the gradient by BPTT that does not flow through any reset.

    Parameters, returns and errors as in :func:`snnbook.gradients.bptt`.

    Examples
    --------
    >>> from snnbook.training import step_cross_entropy
    >>> network = SpikingNetwork((3, 4, 2), reset_gradient=True)
    >>> error = step_cross_entropy(torch.tensor([1]), steps=9)
    >>> list(detached_reset(network, torch.ones(9, 1, 3), error))
    ['hidden.0.weight', 'readout.weight']

    Paper section IV.B; chapters 5 and 5b.
    """
    return bptt(with_layers(network, reset_gradient=False), spikes, error)


def _fed_back(kind: str, direct: bool = False, **more: Any) -> Settings:
    """Return settings with feedback matrices of this kind."""

    def settings(network, generator):
        feedback = random_feedback(network, kind, direct=direct, generator=generator)
        return {"feedback": feedback, **more}

    return settings


def _read_out(memory: str) -> Settings:
    """Return settings with a fixed random readout for each hidden layer."""

    def settings(network, generator):
        return {"readouts": random_readouts(network, generator=generator), "memory": memory}

    return settings


def _noise(**more: Any) -> Settings:
    """Return settings with the generator as the source of noise."""
    return lambda network, generator: {"generator": generator, **more}


def _truncated(steps: int) -> Rule:
    drops = f"all memory from one piece of {steps} steps to the next"
    name = f"truncated BPTT, {steps} steps"
    return Rule(name, partial(bptt, truncate=steps), drops, "III.B", "3")


_EAR = "the layers between a hidden layer and the readout, the recurrent weights, the reset"

#: The rules that run on a network of any size: name -> :class:`Rule`. Other rules plug in with
#: ``RULES | {"mine": rule}``.
RULES = MappingProxyType(
    {
        "bptt": Rule("BPTT", bptt, "nothing", "III.B", "3"),
        "detached_reset": Rule(
            "BPTT, reset detached", detached_reset, "the path through the reset", "IV.B", "5"
        ),
        "truncated_50": _truncated(50),
        "truncated_20": _truncated(20),
        "truncated_5": _truncated(5),
        "no_recurrence": Rule(
            "BPTT without recurrence",
            feedback_alignment,
            "the path back through the recurrent weights",
            "III.B",
            "3",
            _fed_back("symmetric", recurrent=False),
        ),
        "feedback_alignment": Rule(
            "feedback alignment, random",
            feedback_alignment,
            "the weights above: fixed random matrices in their place",
            "V.A",
            "6a",
            _fed_back("random"),
        ),
        "feedback_sign": Rule(
            "feedback alignment, same signs",
            feedback_alignment,
            "the sizes of the weights above: random ones, with the right signs, in their place",
            "V.A",
            "6a",
            _fed_back("sign_symmetric"),
        ),
        "direct_feedback": Rule(
            "direct feedback alignment, random",
            direct_feedback_alignment,
            "the layers above: one fixed random matrix from the readout in their place",
            "V.A",
            "6a",
            _fed_back("random", direct=True),
        ),
        "erbp": Rule(
            "eRBP",
            erbp,
            "the layers above, and time: a leaky sum of the error meets the input spikes of now, "
            "through a window",
            "V.A",
            "6a",
            _fed_back("random", direct=True),
        ),
        "superspike": Rule(
            "SuperSpike, random feedback",
            superspike,
            _EAR + ", and the readout's weights: fixed random ones in their place",
            "V.B",
            "6b",
            _fed_back("random", direct=True),
        ),
        "e_prop": Rule(
            "e-prop, symmetric feedback",
            e_prop,
            _EAR,
            "V.B",
            "6b",
            _fed_back("symmetric", direct=True),
        ),
        "local_errors": Rule(
            "local errors",
            local_errors,
            "all layers above: a loss of each layer's own fixed random readout",
            "V.C",
            "6c",
            _read_out("none"),
        ),
        "local_errors_leaky": Rule(
            "local errors, leaky readout",
            local_errors,
            "as local errors, but the local readout integrates as the network's does",
            "V.C",
            "6c",
            _read_out("leaky"),
        ),
    }
)

#: Rules for small networks or patient readers: exact forward learning, and two estimates from
#: losses alone, which need many samples.
SLOW_RULES = MappingProxyType(
    {
        "rtrl": Rule("RTRL", rtrl, "nothing", "III.B", "3"),
        "rtrl_no_recurrence": Rule(
            "RTRL without recurrence",
            partial(rtrl, recurrent=False),
            "the influence through the recurrent weights",
            "III.B",
            "3",
        ),
        "score_function": Rule(
            "score function, 128 runs",
            score_function,
            "every derivative: chance in the thresholds in their place",
            "IV.A.2",
            "4b",
            _noise(samples=128),
        ),
        "smoothed_differences": Rule(
            "differences of the smoothed loss, 512 directions",
            smoothed_differences,
            "every derivative: steps in random directions of weight space in their place",
            "IV.A",
            "4",
            _noise(samples=512),
        ),
    }
)
