r"""What a gradient costs: numbers stored, multiply-adds, values sent (section III, chapter 3).

The counters are formulas; :func:`snnbook.gradients.measure` runs the rule.
"""

from collections.abc import Sequence
from typing import NamedTuple

from snnbook._validate import check_choice, check_flag, check_integer
from snnbook.gradients._checks import check_sizes

#: The rules that the counters know: BPTT, RTRL, and RTRL without recurrence.
COUNTED = ("bptt", "rtrl", "traces")


class Cost(NamedTuple):
    """Numbers held between two steps, and multiply-adds of a whole run.

    ``history`` are the numbers that grow with T, ``carried`` those that do not. ``products``
    are the multiply-adds in products of matrices, ``pointwise`` those for each influence.
    """

    history: int
    carried: int
    products: int
    pointwise: int

    @property
    def floats(self) -> int:
        """All numbers held, history and carried."""
        return self.history + self.carried

    @property
    def operations(self) -> int:
        """All multiply-adds, products and pointwise."""
        return self.products + self.pointwise


def cost(
    rule: str,
    sizes: Sequence[int],
    steps: int,
    *,
    batch: int = 1,
    recurrent: bool = True,
    checkpoint: int | None = None,
) -> Cost:
    r"""Count what a rule stores and computes for a network of these sizes.

    With N neurons in one recurrent layer and M inputs, a batch of B and T steps, leaving out
    smaller terms:

    ==========================  ==================  =====================
    rule                        numbers held        multiply-adds
    ==========================  ==================  =====================
    BPTT                        3BTN                3BT(N + M)N
    BPTT, K steps apart         B(3K + 2T/K)N       4BT(N + M)N
    RTRL                        2B(N + M)N^2        BT(N + M)N^3
    RTRL without recurrence     2B(1 + C)(N + M)N   BT(5C + 4)(N + M)N
    ==========================  ==================  =====================

    Parameters
    ----------
    rule : {"bptt", "rtrl", "traces"}
        ``traces`` is RTRL without recurrence.
    sizes : sequence of int
        Inputs, hidden layers, outputs.
    steps, batch : int
        T and B, at least 1.
    recurrent : bool
        Whether the hidden layers have recurrent weights.
    checkpoint : int, optional
        K, the steps between two states that BPTT keeps, as in :func:`snnbook.gradients.bptt`; for
        no other rule.

    Returns
    -------
    Cost

    Raises
    ------
    ValueError
        If the rule is unknown, ``steps``, ``batch`` or ``checkpoint`` is below 1, or a rule other
        than BPTT has checkpoints.

    Examples
    --------
    Twice the neurons, eight times the influences of RTRL:

    >>> small, large = (cost("rtrl", (n, n, 2), steps=10).carried for n in (100, 200))
    >>> round(large / small, 1)
    7.9

    Paper section III; chapter 3; ``eq-03-history``, ``eq-03-influences``,
    ``eq-03-checkpoints``.
    """
    check_choice("rule", rule, COUNTED)
    check_integer("steps", steps, 1)
    check_integer("batch", batch, 1)
    check_flag("recurrent", recurrent)
    check_sizes(sizes)
    check_checkpoint(rule, checkpoint)
    pairs = list(zip(sizes, sizes[1:]))
    hidden = [n for _, n in pairs[:-1]]
    weights = sum(m * n for m, n in pairs)
    weights += sum(n * n for n in hidden) if recurrent else 0
    states = 2 * batch * sum(n for _, n in pairs)
    if rule == "bptt":
        per_step = batch * (3 * sum(hidden) + 3 * sizes[-1])
        below = pairs[0][0] * pairs[0][1] if hidden else weights  # no error goes to the input
        products = batch * steps * (3 * weights - below)
        if checkpoint is None:
            return Cost(steps * per_step, 2 * states, products, 0)
        starts = -(-steps // checkpoint)
        again = batch * (starts - 1) * checkpoint * weights  # the last piece runs only once
        kept = starts * states + min(checkpoint, steps) * per_step
        return Cost(kept, 2 * states, products + again, 0)
    numbers, products = _influences(sizes, recurrent, rule == "rtrl")
    run = batch * steps
    return Cost(
        0, 2 * batch * numbers + states + weights, run * (products + weights), run * 4 * numbers
    )


def check_checkpoint(rule: str, checkpoint: int | None) -> None:
    """Raise unless there is no checkpoint, or the rule is BPTT and it is an integer from 1 on."""
    if checkpoint is None:
        return
    check_integer("checkpoint", checkpoint, 1)
    if rule != "bptt":
        raise ValueError(f"checkpoint is {checkpoint} with rule {rule!r}; None is accepted there")


def _influences(sizes: Sequence[int], recurrent: bool, full: bool) -> tuple[int, int]:
    """Return the influences of one kind, I or U, and the multiply-adds to move them one step."""
    numbers = products = 0
    layers = list(zip(sizes, sizes[1:]))
    for own, (m, n) in enumerate(layers):
        last = own == len(layers) - 1
        mixing = recurrent and full
        for weight in [n * m] + [n * n] * (recurrent and not last):
            alone = last or not mixing
            numbers += weight if alone else n * weight
            products += 0 if alone else n * n * weight
            for above, (below, k) in enumerate(layers[own + 1 :], own + 1):
                numbers += k * weight
                products += k * weight * (1 if alone and above == own + 1 else below)
                if mixing and above < len(layers) - 1:
                    products += k * k * weight
            products += weight if last else sizes[-1] * weight  # the error reads the last layer
    return numbers, products
