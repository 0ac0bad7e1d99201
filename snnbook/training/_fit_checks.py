"""What :func:`snnbook.training.fit` asks of its arguments before and while it trains."""

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from snnbook._samples import is_pair
from snnbook._validate import (
    check_callable,
    check_flag,
    check_generator,
    check_integer,
    check_positive,
)
from snnbook.kernels import Events
from snnbook.training._batches import Encoder
from snnbook.training._sources import Loader, Source, Together, source_of


def check_model(model: nn.Module, by_autograd: bool) -> None:
    """Raise unless ``model`` is a module with parameters that can be trained."""
    if not isinstance(model, nn.Module):
        found = f"the class {model.__name__}" if isinstance(model, type) else type(model).__name__
        raise TypeError(f"model is {found}; an instance of torch.nn.Module is accepted")
    parameters = list(model.parameters())
    if not parameters:
        raise ValueError("model has no parameters; a module with weights to train is accepted")
    if by_autograd and not any(parameter.requires_grad for parameter in parameters):
        raise ValueError(
            "model has no parameter that asks for a gradient; at least one with requires_grad=True "
            "is accepted"
        )


def check_loss(loss: Callable) -> None:
    """Raise ``TypeError`` for a loss of PyTorch, which knows no time.

    >>> check_loss(nn.MSELoss())
    Traceback (most recent call last):
    ...
    TypeError: loss is MSELoss of PyTorch, which has no axis of time; a function of a readout
    (T, B, C) and labels (B,) is accepted, such as training.mean_over_time or
    lambda readout, labels: cross_entropy(readout.mean(0), labels)
    """
    inner = loss
    while isinstance(inner, partial):
        inner = inner.func
    found = inner if hasattr(inner, "__name__") else type(inner)
    if found.__module__ in ("torch.nn.functional", "torch.nn.modules.loss"):
        raise TypeError(
            f"loss is {found.__name__} of PyTorch, which has no axis of time; a function of a "
            "readout (T, B, C) and labels (B,) is accepted, such as training.mean_over_time or "
            "lambda readout, labels: cross_entropy(readout.mean(0), labels)"
        )


def check_calls(**functions: Callable | None) -> None:
    """Raise ``TypeError`` unless each argument that is given can be called."""
    for name, function in functions.items():
        if function is not None or name == "loss":
            check_callable(name, function)
        if isinstance(function, type):
            raise TypeError(
                f"{name} is the class {function.__name__}; a function or an object that can be "
                "called is accepted"
            )


def check_order(source: Source, batch_size: int | None, generator) -> None:
    """Raise unless it is told how samples are put into batches, and in which order."""
    if isinstance(source, Loader):
        if batch_size is not None:
            raise ValueError(
                "batch_size is given with a loader, which has its own; batch_size=None is accepted"
            )
        if generator is not None:
            check_generator(generator)
        return
    check_integer("batch_size", batch_size, 1)
    check_generator(generator)


def check_validation(
    validation,
    training: Source,
    encode: Encoder | None,
    batch_first: bool | None,
    model: nn.Module,
) -> Source | None:
    """Return what gives the validation samples, or raise.

    Where the training samples have shown that time is first, it is first here too.
    """
    if validation is None:
        return None
    pair = isinstance(validation, (tuple, list)) and len(validation) in (2, 3)
    third = not pair or len(validation) == 2 or isinstance(validation[2], (Tensor, type(None)))
    alone = isinstance(validation, (Tensor, Events, np.ndarray, str, int, float))
    if alone or not third or (isinstance(validation, tuple) and not pair):
        size = f" of {len(validation)}" if isinstance(validation, tuple) else ""
        raise TypeError(
            f"validation is a {type(validation).__name__}{size}; two tensors (inputs, labels) are "
            "accepted, or a data set or a loader"
        )
    if not pair or (isinstance(validation, list) and is_pair(validation[0])):
        names = ("validation", "validation", "lengths")
        return source_of(validation, None, encode, batch_first, None, model, names)
    inputs, labels, lengths = (*validation, None)[:3]
    if isinstance(inputs, Tensor) and isinstance(labels, Tensor) and inputs.dim() == 1:
        if inputs.dtype == torch.int64 and (labels.dim() > 1 or labels.dtype != torch.int64):
            raise TypeError(
                f"validation is (labels, inputs), of shapes {tuple(inputs.shape)} and "
                f"{tuple(labels.shape)}; (inputs, labels) is accepted"
            )
    square = isinstance(inputs, Tensor) and inputs.dim() == 3 and len(inputs) == inputs.shape[1]
    known = batch_first is None and (encode is not None or square)
    names = ("validation[0]", "validation[1]", "validation[2]")
    order = None if isinstance(inputs, Events) else False if known else batch_first
    checked = source_of(inputs, labels, encode, order, lengths, model, names)
    together = isinstance(checked, Together) and isinstance(training, Together)
    if encode is None and together:
        found, wanted = (x.parts.inputs.shape for x in (checked, training))
        if found[2] != wanted[2]:
            raise ValueError(
                f"validation[0] has shape {tuple(inputs.shape)}; {wanted[2]} entries on its "
                "neuron axis (the last) are accepted, as in inputs"
            )
    return checked


def check_conveniences(
    checking: Source | None,
    by_rule: bool,
    clip: float | None,
    accumulate: int,
    patience: int | None,
    keep_best: bool,
) -> None:
    """Raise unless what ``fit`` does beside its steps fits together."""
    if clip is not None:
        check_positive("clip", clip)
    check_integer("accumulate", accumulate, 1)
    if accumulate > 1 and by_rule:
        raise ValueError(
            f"accumulate is {accumulate} together with gradient; 1 is accepted, since a rule's "
            "gradients take the place of those before"
        )
    if patience is not None:
        check_integer("patience", patience, 1)
    check_flag("keep_best", keep_best)
    for name, asked in (("patience", patience is not None), ("keep_best", keep_best)):
        if asked and checking is None:
            raise ValueError(
                f"{name} is given without validation; validation samples are accepted with it, "
                "which say which epoch is the best"
            )


def scheduled(schedule: Callable | None, steps: torch.optim.Optimizer):
    """Return the scheduler of an optimizer, or raise unless it is one.

    >>> scheduled(lambda steps: None, None)
    Traceback (most recent call last):
    ...
    TypeError: schedule returned a NoneType; a scheduler of PyTorch is accepted, such as that of
    partial(torch.optim.lr_scheduler.CosineAnnealingLR, T_max=20)
    """
    if schedule is None:
        return None
    how = (
        "a scheduler of PyTorch is accepted, such as that of "
        "partial(torch.optim.lr_scheduler.CosineAnnealingLR, T_max=20)"
    )
    if isinstance(schedule, torch.optim.lr_scheduler.LRScheduler) or not callable(schedule):
        raise TypeError(
            f"schedule is a {type(schedule).__name__}; a function is accepted that is called as "
            "schedule(optimizer), such as "
            "partial(torch.optim.lr_scheduler.CosineAnnealingLR, T_max=20)"
        )
    plan = schedule(steps)
    if not (hasattr(plan, "step") and hasattr(plan, "state_dict")):
        raise TypeError(f"schedule returned a {type(plan).__name__}; {how}")
    return plan


def made(
    optimizer: Callable[..., torch.optim.Optimizer], model: nn.Module, lr: float
) -> torch.optim.Optimizer:
    """Return the optimizer of a model, and raise unless it is one and has the model's parameters.

    >>> made(torch.optim.SGD(nn.Linear(1, 1).parameters()), nn.Linear(1, 1), 0.1)
    Traceback (most recent call last):
    ...
    TypeError: optimizer is a SGD that was made already; a class or a function that is called as
    optimizer(parameters, lr=lr) is accepted, such as torch.optim.Adam
    """
    how = (
        "a class or a function that is called as optimizer(parameters, lr=lr) is accepted, such as "
        "torch.optim.Adam"
    )
    if isinstance(optimizer, torch.optim.Optimizer):
        raise TypeError(f"optimizer is a {type(optimizer).__name__} that was made already; {how}")
    if not callable(optimizer):
        raise TypeError(f"optimizer is {optimizer!r}; {how}")
    steps = optimizer(model.parameters(), lr=lr)
    if not (hasattr(steps, "step") and hasattr(steps, "zero_grad")):
        raise TypeError(f"optimizer returned a {type(steps).__name__}; an optimizer is accepted")
    if isinstance(steps, torch.optim.LBFGS):
        raise TypeError("optimizer is LBFGS, whose step needs a closure; one without is accepted")
    own = {id(parameter) for parameter in model.parameters()}
    groups = getattr(steps, "param_groups", None)
    if groups is not None and not any(id(p) in own for group in groups for p in group["params"]):
        raise ValueError(
            "optimizer returned an optimizer of other parameters; one that changes parameters of "
            "the model is accepted"
        )
    return steps


def number_of(name: str, value: Tensor) -> Tensor:
    """Return what a loss or a regularizer gave as a scalar tensor, and raise unless it is one."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and name == "regularizer":
        return torch.tensor(float(value), device="cpu")  # a scalar joins any device
    if not isinstance(value, Tensor):
        raise TypeError(f"{name} returned a {type(value).__name__}; a scalar tensor is accepted")
    if value.numel() != 1:
        raise ValueError(
            f"{name} returned shape {tuple(value.shape)}; a scalar is accepted, such as a mean "
            "over the batch"
        )
    if not value.is_floating_point():
        raise TypeError(f"{name} returned dtype {value.dtype}; a floating-point scalar is accepted")
    return value.reshape(())
