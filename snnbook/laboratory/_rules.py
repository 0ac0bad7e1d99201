"""The learning rules of the book in one table, for the gradient laboratory (chapter 5b)."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor

from snnbook.gradients import Gradients, bptt, check_network, uoro
from snnbook.local import (
    direct_feedback_alignment,
    e_prop,
    erbp,
    feedback_alignment,
    local_errors,
    ostl_gathered,
    ottt,
    random_feedback,
    random_readouts,
    superspike,
)
from snnbook.neurons import SpikingNetwork
from snnbook.training import StepError

Settings = Callable[[SpikingNetwork, torch.Generator | None], dict[str, Any]]


def _nothing(network: SpikingNetwork, generator: torch.Generator | None) -> dict[str, Any]:
    return {}


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One learning rule of the book, with the settings that the laboratory gives it.

    Parameters
    ----------
    label : str
        Its name in figures and tables.
    function : callable
        ``function(network, spikes, error, **settings) -> Gradients``.
    drops : str
        What it leaves out of the exact gradient, or puts in its place; ``"nothing"`` if it is
        exact.
    section, chapter : str
        Where the paper and the book treat it.
    settings : callable
        ``settings(network, generator) -> dict``: such as feedback matrices for this network.
    random : bool
        Whether its gradient depends on the generator.
    exact_readout : bool
        Whether the gradient of the readout's own weights is exact.
    window : int, optional
        Steps over which it remembers, if it forgets all that is older; exact in a run that is
        not longer.

    Examples
    --------
    >>> RULES["truncated_5"].label, RULES["truncated_5"].exact
    ('truncated BPTT, 5 steps', False)

    Chapter 5b.
    """

    label: str
    function: Callable[..., Gradients]
    drops: str
    section: str
    chapter: str
    settings: Settings = _nothing
    random: bool = False
    exact_readout: bool = True
    window: int | None = None

    @property
    def exact(self) -> bool:
        """Whether the rule is the exact surrogate gradient of any network."""
        return self.drops == "nothing"

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
    >>> from snnbook.neurons import LIFNeuron
    >>> from snnbook.training import step_cross_entropy
    >>> network = SpikingNetwork((3, 4, 2), LIFNeuron(reset_gradient=True))
    >>> error = step_cross_entropy(torch.tensor([1]), steps=9)
    >>> list(detached_reset(network, torch.ones(9, 1, 3), error))
    ['hidden.0.weight', 'readout.weight']

    Paper section IV.B; chapters 5 and 5b.
    """
    check_network(network)
    return bptt(network.with_neuron(reset_gradient=False), spikes, error)


def _drawn(network: SpikingNetwork, generator: torch.Generator | None) -> dict[str, Any]:
    return {"generator": generator}


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


def _truncated(steps: int) -> Rule:
    return Rule(
        label=f"truncated BPTT, {steps} steps",
        function=partial(bptt, truncate=steps),
        drops=f"all memory from one piece of {steps} steps to the next",
        section="III.B",
        chapter="3",
        exact_readout=False,
        window=steps,
    )


_EAR = "the layers between a hidden layer and the readout, the recurrent weights, the reset"

#: The learning rules of the laboratory: name -> :class:`Rule`. Other rules plug in with
#: ``RULES | {"mine": rule}``.
RULES = MappingProxyType(
    {
        "bptt": Rule(label="BPTT", function=bptt, drops="nothing", section="III.B", chapter="3"),
        "detached_reset": Rule(
            label="BPTT, reset detached",
            function=detached_reset,
            drops="the path through the reset",
            section="IV.B",
            chapter="5",
        ),
        "truncated_50": _truncated(50),
        "truncated_20": _truncated(20),
        "truncated_5": _truncated(5),
        "no_recurrence": Rule(
            label="BPTT without recurrence",
            function=feedback_alignment,
            drops="the path back through the recurrent weights",
            section="III.B",
            chapter="3",
            settings=_fed_back("symmetric", recurrent=False),
        ),
        "uoro": Rule(
            label="UORO, one draw",
            function=uoro,
            drops="the influence of each weight on each neuron: one random pair of vectors in its "
            "place",
            section="III.B",
            chapter="5b",
            settings=_drawn,
            random=True,
        ),
        "feedback_alignment": Rule(
            label="feedback alignment, random",
            function=feedback_alignment,
            drops="the weights above: fixed random matrices in their place",
            section="V.A",
            chapter="6a",
            settings=_fed_back("random"),
            random=True,
        ),
        "feedback_sign": Rule(
            label="feedback alignment, same signs",
            function=feedback_alignment,
            drops="the sizes of the weights above: random ones, with the right signs, in their "
            "place",
            section="V.A",
            chapter="6a",
            settings=_fed_back("sign_symmetric"),
            random=True,
        ),
        "direct_feedback": Rule(
            label="direct feedback alignment, random",
            function=direct_feedback_alignment,
            drops="the layers above: one fixed random matrix from the readout in their place",
            section="V.A",
            chapter="6a",
            settings=_fed_back("random", direct=True),
            random=True,
        ),
        "erbp": Rule(
            label="eRBP",
            function=erbp,
            drops="the layers above, and time: a leaky sum of the error meets the input spikes of "
            "now, through a window",
            section="V.A",
            chapter="6a",
            settings=_fed_back("random", direct=True),
            random=True,
            exact_readout=False,
        ),
        "superspike": Rule(
            label="SuperSpike, random feedback",
            function=superspike,
            drops=_EAR + ", and the readout's weights: fixed random ones in their place",
            section="V.B",
            chapter="6b",
            settings=_fed_back("random", direct=True),
            random=True,
        ),
        "e_prop": Rule(
            label="e-prop, symmetric feedback",
            function=e_prop,
            drops=_EAR,
            section="V.B",
            chapter="6b",
            settings=_fed_back("symmetric", direct=True),
        ),
        "ostl": Rule(
            label="OSTL",
            function=ostl_gathered,  # the sum of ostl, which carries N influences a synapse
            drops="the memory of all layers above, the readout among them",
            section="V.B",
            chapter="6e",
        ),
        "ottt": Rule(
            label="OTTT",
            function=ottt,
            drops="the memory of all layers above, the readout among them, the recurrent weights, "
            "the reset",
            section="V.B",
            chapter="6e",
        ),
        "local_errors": Rule(
            label="local errors",
            function=local_errors,
            drops="all layers above: a loss of each layer's own fixed random readout",
            section="V.C",
            chapter="6c",
            settings=_read_out("none"),
            random=True,
        ),
        "local_errors_leaky": Rule(
            label="local errors, leaky readout",
            function=local_errors,
            drops="as local errors, but the local readout integrates as the network's does",
            section="V.C",
            chapter="6c",
            settings=_read_out("leaky"),
            random=True,
        ),
    }
)
