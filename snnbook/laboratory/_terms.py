r"""The terms of the gradient one by one, and where each of them is local (section IV.B.2, box 3).

The surrogate gradient of a network is a sum over paths from a weight to the loss. Each factor on
a path belongs to one arrow of the unrolled graph, and each kind of arrow is one :class:`Term`.
:func:`term_gradient` leaves out the terms it is told to leave out; nothing else changes.
"""

from collections.abc import Collection, Sequence
from types import MappingProxyType
from typing import NamedTuple

from torch import Tensor

from snnbook._validate import check_finite, check_flag, check_integer, check_shape
from snnbook.gradients import (
    Adjoint,
    Back,
    Gradients,
    check_run,
    check_sizes,
    error_at,
    run_back,
    through_matrices,
    whole_run,
)
from snnbook.neurons import SpikingNetwork
from snnbook.training import StepError


class Term(NamedTuple):
    """One kind of arrow: its factor, whether it joins two neurons, whether it joins two steps."""

    factor: str
    joins_neurons: bool
    joins_steps: bool
    text: str


#: Every kind of arrow between the synapses of a hidden layer and the loss.
TERMS = MappingProxyType(
    {
        "current": Term(r"\alpha", False, True, "the synaptic current remembers"),
        "charge": Term("1", False, True, "the current charges the membrane"),
        "membrane": Term(r"\beta", False, True, "the membrane remembers"),
        "spike": Term(r"g(U - \theta)", False, False, "the surrogate, in place of the step"),
        "reset": Term(r"-\theta", False, True, "a spike resets its own membrane"),
        "recurrent": Term("V", True, True, "a spike reaches the neurons of its own layer"),
        "forward": Term(r"W^{(l+1)}", True, True, "a spike reaches the next layer"),
        "readout": Term(
            r"\alpha, \beta", False, True, "current and membrane of the readout remember"
        ),
    }
)


def term_gradient(
    network: SpikingNetwork,
    spikes: Tensor,
    error: StepError,
    *,
    drop: Collection[str] = (),
    back: Sequence[Tensor] | None = None,
) -> Gradients:
    r"""Return the surrogate gradient without some of its terms.

    .. math::

        \lambda_S[n] &= W^{(l+1)\top} \lambda_I^{(l+1)}[n+1] + V^\top \lambda_I[n+1]
            - \theta\, \lambda_U[n+1] \\
        \lambda_U[n] &= \beta\, \lambda_U[n+1] + g(U[n] - \theta)\, \lambda_S[n] \\
        \lambda_I[n] &= \alpha\, \lambda_I[n+1] + \lambda_U[n+1] \\
        \frac{\partial L}{\partial W} &= \sum_n \lambda_I[n+1]\, S_\text{in}[n]^\top, \qquad
        \frac{\partial L}{\partial V} = \sum_n \lambda_I[n+1]\, S[n]^\top

    Each product on the right is one of the :data:`TERMS`; a dropped term counts as zero.

    Parameters
    ----------
    network : SpikingNetwork
        With the reset ``"subtract"`` or ``"none"``. The gradient goes through the reset unless
        it is dropped, whatever ``reset_gradient`` of the layers says.
    spikes : Tensor
        Input spikes (T, B, inputs).
    error : callable
        ``error(readout_n, n)`` returns the derivative of the loss by the readout at step n,
        (B, C), such as :func:`snnbook.training.step_cross_entropy` gives.
    drop : collection of str
        Names of :data:`TERMS`. Dropping ``"reset"`` is the detached reset.
    back : sequence of Tensor, optional
        One matrix for each hidden layer, of the shape of the weight above it, that replaces
        this weight on the way back alone (random feedback).

    Returns
    -------
    dict of str to Tensor
        Keyed as ``network.named_parameters()``.

    Raises
    ------
    ValueError
        If ``drop`` names no term, a layer resets to zero, or ``back`` does not fit.

    Examples
    --------
    Without the surrogate nothing reaches a hidden layer, and the readout still learns:

    >>> import torch
    >>> network = SpikingNetwork((3, 4, 2), generator=torch.Generator().manual_seed(0))
    >>> error = lambda readout, n: readout - 1.0
    >>> found = term_gradient(network, torch.ones(9, 1, 3), error, drop={"spike"})
    >>> bool(found["hidden.0.weight"].any()), bool(found["readout.weight"].any())
    (False, True)

    Paper section IV.B.2 and box 3; chapter 5b; ``eq-05b-adjoint``.
    """
    check_run(network, spikes)
    if any(layer.neuron.reset == "zero" for layer in network.hidden):
        raise ValueError("a layer resets to zero; the resets 'subtract' and 'none' are accepted")
    adjoint = Adjoint(drop=drop) if back is None else Adjoint(_replaced(network, back), drop=drop)
    run = whole_run(network, spikes)
    errors = [error_at(error, now, n) for n, now in enumerate(run[-1].mem.unbind(0))]
    history = [tuple(seen.at(n) for seen in run) for n in range(len(spikes))]
    return run_back(network.with_neuron(reset_gradient=True), history, errors, adjoint)


def _replaced(network: SpikingNetwork, back: Sequence[Tensor]) -> Back:
    above = [layer.weight for layer in (*network.hidden, network.readout)][1:]
    if not isinstance(back, Sequence):
        raise TypeError(f"back is a {type(back).__name__}; a sequence of tensors is accepted")
    if len(back) != len(above):
        raise ValueError(f"back has {len(back)} matrices; {len(above)} are accepted")
    for index, (matrix, weight) in enumerate(zip(back, above)):
        check_shape(f"back[{index}]", matrix, tuple(weight.shape), weight)
        check_finite(f"back[{index}]", matrix.detach())
    return through_matrices(back)


def count_terms(sizes: Sequence[int], steps: int, *, recurrent: bool = True) -> dict[str, int]:
    """Return how many arrows of each kind a gradient has to cross, for one sample.

    Parameters
    ----------
    sizes : sequence of int
        Inputs, hidden layers, outputs, as in ``SpikingNetwork``.
    steps : int
        T, at least 1.
    recurrent : bool
        Whether hidden layers have recurrent weights.

    Returns
    -------
    dict of str to int
        Keyed as :data:`TERMS`. Arrows into a step past the last one are not counted.

    Examples
    --------
    >>> count_terms((5, 3, 2), steps=2)["recurrent"]
    9

    Paper box 3; chapter 5b.
    """
    check_integer("steps", steps, 1)
    check_sizes(sizes)
    check_flag("recurrent", recurrent)
    _, *hidden, outputs = sizes
    neurons, pairs = sum(hidden), sum(n * m for n, m in zip(hidden, [*hidden[1:], outputs]))
    each_step = {name: neurons for name in ("current", "charge", "membrane", "spike", "reset")}
    each_step["recurrent"] = sum(n * n for n in hidden) if recurrent else 0
    each_step["charge"] += outputs
    each_step |= {"forward": pairs, "readout": 2 * outputs}
    return {
        name: count * (steps - 1 if TERMS[name].joins_steps else steps)
        for name, count in each_step.items()
    }


class Needs(NamedTuple):
    """What a rule needs beyond the neuron's own present: numbers, for one sample of T steps."""

    kept: int
    sent: int
    borrowed: int


#: The rules whose needs :func:`needs` knows.
NEEDS = ("bptt", "rtrl", "uoro", "e-prop", "random feedback", "local errors")


def needs(rule: str, inputs: int, hidden: int, outputs: int, steps: int) -> Needs:
    r"""Return what a rule needs from elsewhere, for one recurrent hidden layer.

    Parameters
    ----------
    rule : str
        One of :data:`NEEDS`. ``"random feedback"`` is e-prop with random feedback weights, and
        ``"local errors"`` is e-prop with the layer's own fixed readout.
    inputs, hidden, outputs, steps : int
        Sizes, each at least 1.

    Returns
    -------
    Needs
        ``kept``: numbers of earlier steps that lie in a buffer; the traces of a neuron and of its
        synapses are part of its present, and not counted (a rule in time). ``sent``: numbers that
        reach a hidden neuron from another neuron, beside the spikes (a rule in space).
        ``borrowed``: weights of other neurons that a neuron must know.

    Examples
    --------
    >>> needs("e-prop", 100, 100, 10, 1000)
    Needs(kept=0, sent=1000000, borrowed=1000)

    Paper box 3; chapter 5b.
    """
    if rule not in NEEDS:
        raise ValueError(f"rule is {rule!r}; one of {', '.join(NEEDS)} is accepted")
    for name, value in zip(
        ("inputs", "hidden", "outputs", "steps"), (inputs, hidden, outputs, steps)
    ):
        check_integer(name, value, 1)
    errors = steps * hidden * outputs
    others = hidden * (hidden - 1)
    if rule == "bptt":
        kept = steps * (inputs + hidden + outputs)
        return Needs(kept, steps * others + errors, others + hidden * outputs)
    if rule == "rtrl":
        influence = hidden * (inputs + hidden)
        return Needs(0, steps * others * influence + errors, hidden * outputs)
    if (
        rule == "uoro"
    ):  # a number along each synapse, the loss's answer, and the size of each vector
        return Needs(0, steps * (others + 3 * hidden), 0)
    return Needs(0, errors, hidden * outputs if rule == "e-prop" else 0)
