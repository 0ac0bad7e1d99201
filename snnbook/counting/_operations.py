r"""Synaptic operations and updates of neurons, counted on a batch (chapter 8e).

The definitions are those of NeuroBench (Yik et al., 2025): an operation is one input times one
weight. *Dense* counts all of them, *effective* those in which neither is 0; an effective one is a
multiply-accumulate (MAC), or an accumulate (AC) where inputs are spikes.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from snnbook._files import first_line
from snnbook._validate import check_float, check_kind
from snnbook.counting._watch import TIMED, Seen, watch


@dataclass(frozen=True)
class Synapses:
    """The operations of one weight, per inference.

    Attributes
    ----------
    name : str
        Of the module that has the weight.
    fan_in : int
        Inputs of a neuron.
    dense, effective : float
        Operations per inference, all and those without a 0.
    spikes : bool
        Whether all that arrived was 0, 1 or -1, so that an operation only adds.
    """

    name: str
    fan_in: int
    dense: float
    effective: float
    spikes: bool


@dataclass(frozen=True)
class Operations:
    """What one inference takes, on average over a batch.

    Attributes
    ----------
    synapses : tuple of Synapses
        One entry for each weight.
    updates : float
        Updates of a neuron's state: one for each neuron and step.
    events : float
        Nonzero outputs of hidden neurons, such as spikes.
    outputs : float
        All outputs of hidden neurons, zero or not.
    arrivals : float
        Nonzero inputs of the network.
    states : float
        Numbers that neurons keep from step to step, such as a current and a membrane.
    steps : int
        T; 1 for a network without time.
    """

    synapses: tuple[Synapses, ...]
    updates: float
    events: float
    outputs: float
    arrivals: float
    states: float
    steps: int

    @property
    def dense(self) -> float:
        """Operations of a machine that skips no zero."""
        return sum(one.dense for one in self.synapses)

    @property
    def macs(self) -> float:
        """Effective multiply-accumulates."""
        return float(sum(one.effective for one in self.synapses if not one.spikes))

    @property
    def acs(self) -> float:
        """Effective accumulates: operations on spikes."""
        return float(sum(one.effective for one in self.synapses if one.spikes))

    @property
    def activation_sparsity(self) -> float:
        """Share of zeros among the outputs of hidden neurons; nan without hidden neurons."""
        return 1 - self.events / self.outputs if self.outputs else float("nan")

    def __str__(self) -> str:
        return (
            f"{self.dense:,.0f} operations, of which effective {self.macs:,.0f} MACs and "
            f"{self.acs:,.0f} ACs; {self.updates:,.0f} updates of neurons"
        )


def count_operations(model: nn.Module, inputs: Tensor) -> Operations:
    r"""Count what a network does for a batch, by the definitions of NeuroBench.

    For a weight W and inputs x, per inference and summed over steps,

    .. math::

        \text{dense} = T M N, \qquad
        \text{effective} = \sum_n \sum_{ij} [W_{ji} \ne 0]\, [x_i[n] \ne 0]

    (equation eq-08e-operations), and an effective operation is an AC where all x are 0, 1 or -1,
    else a MAC. Biases are no operations. Of recurrent weights, every spike counts.

    Parameters
    ----------
    model : Module
        A network or layer of ``snnbook.neurons`` or ``snnbook.layers``, or modules of PyTorch:
        ``Linear``, convolutions, and all that has no weights, such as ``Sequential`` and ``ReLU``.
        Normalizations count nothing, since they can be multiplied into the weights.
    inputs : Tensor
        (T, B, ...) for a model that runs over time, (B, ...) for one that does not.

    Returns
    -------
    Operations
        Means over the batch.

    Raises
    ------
    TypeError, ValueError
        If a module has weights that are not known, or the inputs do not fit.

    Notes
    -----
    ``updates`` counts every neuron in every step, as a clocked chip does. NeuroBench's package
    counts those of them that change the membrane. It also calls a whole input binary or not step
    by step; here that is said of the run.

    Examples
    --------
    >>> layer = nn.Linear(3, 2)
    >>> layer.weight.data = torch.tensor([[1.0, 0.0, 2.0], [3.0, 4.0, 0.0]])
    >>> print(count_operations(layer, torch.tensor([[0.5, 0.0, 1.5]])))
    6 operations, of which effective 3 MACs and 0 ACs; 0 updates of neurons

    Chapter 8e.
    """
    check_kind("model", model, nn.Module)
    check_float("inputs", inputs)
    timed = any(isinstance(module, TIMED) for module in model.modules())
    need = 3 if timed else 2
    if inputs.dim() < need or 0 in inputs.shape:
        shape = "(T, B, ...)" if timed else "(B, ...)"
        raise ValueError(
            f"inputs has shape {tuple(inputs.shape)}; {shape} is accepted, with at least one of "
            "each"
        )
    if not bool(inputs.isfinite().all()):
        raise ValueError("inputs holds nan or inf; finite numbers are accepted")
    try:
        run, batch = watch(model, inputs), inputs.shape[int(timed)]
    except RuntimeError as error:  # of PyTorch's own layers
        raise ValueError(
            f"inputs has shape {tuple(inputs.shape)}, which model does not run "
            f"({first_line(error)}); inputs of its first layer are accepted"
        ) from error
    return Operations(
        synapses=tuple(_synapses(parts, batch) for parts in _by_name(run.seen)),
        updates=run.updates / batch,
        events=sum(int(x.count_nonzero()) for x in run.sent) / batch,
        outputs=sum(x.numel() for x in run.sent) / batch,
        arrivals=int(inputs.count_nonzero()) / batch,
        states=run.states / batch,
        steps=inputs.shape[0] if timed else 1,
    )


def _by_name(seen: Iterable[Seen]) -> list[list[Seen]]:
    """Return what each weight saw; a convolution may be run piece by piece."""
    found: dict[str, list[Seen]] = {}
    for one in seen:
        found.setdefault(one.name, []).append(one)
    return list(found.values())


def _synapses(parts: list[Seen], batch: int) -> Synapses:
    counted = [_convolved(one) if one.module is not None else _multiplied(one) for one in parts]
    dense, effective = (sum(numbers) / batch for numbers in zip(*counted, strict=True))
    spikes = all(bool(((x.inputs == 0) | (x.inputs.abs() == 1)).all()) for x in parts)
    return Synapses(parts[0].name, parts[0].weight[0].numel(), dense, effective, spikes)


def _multiplied(one: Seen) -> tuple[int, int]:
    """Return all products and those without a 0: for each input, its uses times its weights."""
    uses = (one.inputs != 0).flatten(0, -2).sum(0)
    weights = (one.weight != 0).sum(0)
    rows = one.inputs.numel() // max(one.inputs.shape[-1], 1)
    return rows * one.weight.numel(), int((uses * weights).sum())


def _convolved(one: Seen) -> tuple[int, int]:
    """Return the same of a convolution: a convolution of ones counts its own products."""
    module = one.module
    function = getattr(functional, f"conv{one.weight.dim() - 2}d")

    def count(x: Tensor, weight: Tensor) -> int:
        places = (module.stride, module.padding, module.dilation, module.groups)
        return int(function(x.double(), weight.double(), None, *places).sum().round())

    x, weight = one.inputs, one.weight.detach()
    return count(torch.ones_like(x), torch.ones_like(weight)), count(x != 0, weight != 0)
