"""What the text of an exercise rules out, and how it is noticed in a reader's function."""

import torch
from torch import Tensor
from torch.autograd.function import BackwardCFunction


class ForbiddenAnswer(Exception):
    """The answer uses what the text of the exercise rules out; the message says what."""


def custom_gradient(function, x: Tensor, *arguments) -> None:
    """Raise if the gradient of ``function`` by ``x`` comes from a custom autograd function.

    >>> custom_gradient(torch.exp, torch.zeros(1))
    """
    waiting, seen = [function(x.clone().requires_grad_(), *arguments)], set()
    waiting = [value.grad_fn for value in waiting if isinstance(value, Tensor)]
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        if isinstance(node, BackwardCFunction):
            raise ForbiddenAnswer(
                "Your gradient comes from a custom autograd function, which the exercise rules "
                "out: `detach()` is all you need."
            )
        seen.add(node)
        waiting += [before for before, _ in node.next_functions]


def automatic_gradient(function, *arguments) -> None:
    """Raise if ``function`` needs autograd; it has given a value already where it may use it.

    >>> automatic_gradient(torch.exp, torch.zeros(1))
    """
    try:
        with torch.inference_mode():
            function(*(one.clone() if isinstance(one, Tensor) else one for one in arguments))
    except RuntimeError as error:
        raise ForbiddenAnswer(
            "Your function asks autograd for the derivative, which the exercise rules out: "
            "write the formula."
        ) from error


def multiplication(function, D: Tensor, *arguments) -> None:
    """Raise if ``function`` multiplies its first argument; zero times infinity tells.

    >>> multiplication(lambda D, U: torch.where(U > 0, D, 0.0), torch.ones(2), torch.tensor([0, 1]))
    """
    found = torch.as_tensor(function(torch.full_like(D, torch.inf), *arguments))
    if torch.isnan(found).any():
        raise ForbiddenAnswer(
            "The values are right, and your function multiplies the dendrite by 0 or 1, which the "
            "exercise rules out: let the comparison select."
        )
