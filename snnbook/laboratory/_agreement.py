r"""The gradient laboratory: every rule of the book against the exact gradient (chapter 5b).

:func:`compare_rules` runs each rule of a table such as :data:`RULES` on one network and one batch,
and says how far its gradient is from the exact surrogate gradient, parameter by parameter: in
direction (cosine) and in length (norm ratio).
"""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from snnbook._validate import check_callable, check_finite, check_float, check_integer
from snnbook.gradients import Gradients, bptt, check_run, compare, layer_of
from snnbook.laboratory._rules import RULES, Rule
from snnbook.neurons import SpikingNetwork
from snnbook.training import StepError


class Row(NamedTuple):
    """One line of the laboratory's table.

    ``rule`` is the name in the table of rules, ``parameter`` that of the network, and ``layer``
    the hidden layer it belongs to, from 0; the readout comes last.
    """

    rule: str
    parameter: str
    layer: int
    cosine: float
    norm_ratio: float


def compare_rules(
    network: SpikingNetwork,
    spikes: Tensor,
    error: StepError,
    *,
    rules: Mapping[str, Rule | Callable[..., Gradients]] = RULES,
    exact: Callable[..., Gradients] = bptt,
    seed: int = 0,
) -> list[Row]:
    r"""Compare the gradient of every rule with the exact one, parameter by parameter.

    .. math::

        \text{cosine} = \frac{\langle a, b \rangle}{\|a\|\,\|b\|}, \qquad
        \text{norm ratio} = \frac{\|b\|}{\|a\|}

    Parameters
    ----------
    network : SpikingNetwork
        The gradient flows through the reset where its layers say ``reset_gradient=True``.
    spikes : Tensor
        Input, (T, B, inputs).
    error : StepError
        The loss, such as :func:`step_cross_entropy`.
    rules : mapping
        Name -> :class:`Rule`, or any function ``rule(network, spikes, error) -> Gradients``.
    exact : callable
        The rule to compare with; called once.
    seed : int
        Seed of the random matrices and of the noise, at least 0. Each rule draws from a
        generator of its own, so another rule in the table changes none of the other rows.

    Returns
    -------
    list of Row
        In the order of ``rules``, and for each rule in the order of the network's parameters.
        Where a gradient is zero the cosine is NaN.

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit, or a rule returns other names or shapes than the network's.

    Examples
    --------
    A rule of your own needs one line:

    >>> from snnbook.training import step_cross_entropy
    >>> network = SpikingNetwork((3, 4, 2), generator=torch.Generator().manual_seed(0))
    >>> run = torch.ones(20, 1, 3), step_cross_entropy(torch.tensor([1]), steps=20)
    >>> mine = {"mine": lambda *run: {name: -2 * x for name, x in bptt(*run).items()}}
    >>> for row in compare_rules(network, *run, rules=mine):
    ...     print(row.rule, row.parameter, row.layer, round(row.cosine, 3), row.norm_ratio)
    mine hidden.0.weight 0 -1.0 2.0
    mine readout.weight 1 -1.0 2.0

    Chapter 5b.
    """
    check_integer("seed", seed, 0)
    check_run(network, spikes)
    check_callable("exact", exact)
    if not isinstance(rules, Mapping):
        raise TypeError(f"rules is a {type(rules).__name__}; a dictionary of rules is accepted")
    for name, rule in rules.items():
        if not callable(rule):
            raise TypeError(f"rules[{name!r}] is a {type(rule).__name__}; a Rule is accepted")
    truth, rows = exact(network, spikes, error), []
    for name, rule in rules.items():
        more = (torch.Generator().manual_seed(int(seed)),) if isinstance(rule, Rule) else ()
        found = rule(network, spikes, error, *more)
        for parameter, agreement in compare(truth, found).items():
            layer = layer_of(parameter, len(network.hidden))
            rows.append(Row(name, parameter, layer, *agreement))
    return rows


def agreement_behind_noise(exact: Gradients, halves: Iterable[Gradients]) -> list[Row]:
    r"""Return the agreement that an unbiased estimate would have without its sampling noise.

    Two independent estimates :math:`b_1, b_2` of one vector b have independent noise, so
    :math:`\langle b_1, b_2 \rangle` estimates :math:`\|b\|^2`, and

    .. math::

        \text{cosine} \approx \frac{\langle a, b_1 + b_2 \rangle}
            {2\, \|a\| \sqrt{\langle b_1, b_2 \rangle}}, \qquad
        \text{norm ratio} \approx \frac{\sqrt{\langle b_1, b_2 \rangle}}{\|a\|}

    Parameters
    ----------
    exact : Gradients
        a, what is compared with.
    halves : iterable of Gradients
        Exactly two estimates from independent samples, equally many.

    Returns
    -------
    list of Row
        With the rule name ``"behind noise"``. Where the product of the two is not above zero
        the noise hides everything: both numbers are NaN. A cosine may come out above 1.

    Raises
    ------
    ValueError
        If there are not two estimates.

    Examples
    --------
    >>> a = {"readout.weight": torch.tensor([[1.0, 0.0]])}
    >>> halves = [{"readout.weight": torch.tensor([[1.0, noise]])} for noise in (2.0, -0.0)]
    >>> agreement_behind_noise(a, halves)[0].cosine
    1.0

    Chapter 5b.
    """
    halves = list(halves) if isinstance(halves, Iterable) else [halves]
    if len(halves) != 2:
        raise ValueError(f"halves has {len(halves)} entries; two are accepted")
    for name, values in (("exact", exact), ("halves[0]", halves[0]), ("halves[1]", halves[1])):
        _check_gradients(name, values, exact)
    rows, hidden = [], len({layer_of(name, -1) for name in exact} - {-1})
    for name, value in exact.items():
        a, b1, b2 = (x.double().flatten() for x in (value, halves[0][name], halves[1][name]))
        squared, length = torch.dot(b1, b2), a.norm()
        size = squared.sqrt() if squared > 0 else squared.new_tensor(float("nan"))
        cosine = torch.dot(a, b1 + b2) / (2 * length * size)
        numbers = cosine.item(), (size / length).item()
        rows.append(Row("behind noise", name, layer_of(name, hidden), *numbers))
    return rows


def _check_gradients(name: str, values: Gradients, like: Gradients) -> None:
    if not isinstance(values, Mapping):
        raise TypeError(f"{name} is a {type(values).__name__}; a dictionary is accepted")
    if values.keys() != like.keys():
        raise ValueError(f"{name} has the names {sorted(values)}; {sorted(like)} are accepted")
    for key, value in values.items():
        check_float(f"{name}[{key!r}]", value)
        if value.shape != like[key].shape:
            raise ValueError(
                f"{name}[{key!r}] has shape {tuple(value.shape)}; {tuple(like[key].shape)} is "
                "accepted"
            )
        check_finite(f"{name}[{key!r}]", value.detach())
