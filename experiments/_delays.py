"""How delays learn beside weights: at a rate of their own, by kernels that narrow (chapter 8a)."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import torch

from snnbook.layers import Delays, Network, narrow_delays


def delays_that_learn(
    network: Network, rate: float, narrow: int, longest: int | None
) -> dict[str, Callable[..., Any]]:
    """Return ``measure`` and ``optimizer`` of ``until_flat``, for a network with delays or without.

    ``rate`` is that of the delays relative to that of weights, ``narrow`` the epochs until kernels
    are one step wide, and ``longest`` where delays are cut off after each step; None is nowhere.
    """
    timed = (one for one in network.modules() if isinstance(one, Delays))
    learned = [one.delay for one in timed if one.width is not None]
    epochs: Iterator[int] = count()

    def measure(model: Network) -> int:
        if learned:
            narrow_delays(model, next(epochs) / narrow)
        return 0

    def optimizer(parameters, lr: float) -> torch.optim.Optimizer:
        rest = [p for p in parameters if not any(p is one for one in learned)]
        if not learned:
            return torch.optim.Adam(rest, lr=lr)
        groups = [{"params": rest}, {"params": learned, "lr": rate * lr}]
        made = torch.optim.Adam(groups, lr=lr)
        if longest is not None:
            cut = [one.data for one in learned]
            made.register_step_post_hook(lambda *_: [one.clamp_(0, longest) for one in cut])
        return made

    return {"measure": measure, "optimizer": optimizer}
