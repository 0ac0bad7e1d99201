"""The training loop: minibatches, loss, one optimizer step."""

import math
import sys
import time
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from snnbook._validate import (
    check_flag,
    check_generator,
    check_integer,
    check_positive,
    check_tensor,
)
from snnbook.notebook import in_notebook, is_live
from snnbook.training._batches import Encoder, readout_of, spikes_of
from snnbook.training._decisions import Decision, Loss, decided, decision_of, note_decision
from snnbook.training._fit_checks import (
    check_calls,
    check_loss,
    check_model,
    check_validation,
    made,
    number_of,
)
from snnbook.training._history import History
from snnbook.training._losses import mean_over_time
from snnbook.training._predict import accuracy, checked_batches
from snnbook.training._watch import Watch


def fit(
    model: nn.Module,
    inputs: Tensor,
    labels: Tensor,
    *,
    epochs: int,
    batch_size: int,
    generator: torch.Generator,
    loss: Loss = mean_over_time,
    lr: float = 1e-3,
    optimizer: Callable[..., torch.optim.Optimizer] = torch.optim.Adam,
    encode: Encoder | None = None,
    regularizer: Callable | None = None,
    validation: tuple[Tensor, Tensor] | None = None,
    decide: Decision | None = None,
    gradient: Callable[[nn.Module, Tensor, Tensor], Mapping[str, Tensor]] | None = None,
    on_epoch: Callable[[int, nn.Module, History], bool | None] | None = None,
    batch_first: bool | None = None,
    progress: bool | None = None,
) -> History:
    """Train a model in place and return what happened.

    Each epoch visits all samples once, in an order drawn from ``generator``; the last batch may be
    smaller.
    The same seeds give the same weights and the same history, bit for bit, on one machine.
    The decision that belongs to the loss is noted on the model, as ``model.fitted_decision``, so
    that :func:`predict` and :func:`accuracy` decide as the model was trained.
    A network that cannot learn, since no gradient reaches a layer or a class, or since a layer is
    silent or saturated, is named once by a ``UserWarning`` that says what to do.

    Parameters
    ----------
    model : Module
        Maps spikes (T, B, N) to an output with ``readout`` (T, B, C) and ``hidden``, a tuple of
        records with ``spikes``, as :class:`snnbook.neurons.SpikingNetwork` does; or to a bare
        tensor, which is taken as the readout.
    inputs : Tensor, shape (T, n, N), or (n, ...) with ``encode``
        Spikes, or what ``encode`` turns into spikes.
    labels : Tensor, shape (n,), dtype int64
        Correct classes.
    epochs, batch_size : int
        Each at least 1.
    generator : torch.Generator
        Draws the order of the samples.
    loss : callable
        Maps a readout (T, B, C) and labels (B,) to a scalar, such as :func:`max_over_time` or
        ``partial(sum_over_time, scale=0.1)``.
    lr : float
        Learning rate.
    optimizer : callable
        Called as ``optimizer(model.parameters(), lr=lr)``, such as ``torch.optim.Adamax``.
    encode : callable, optional
        Maps a batch of inputs (B, ...) to spikes (T, B, N); called anew for every batch. If it is
        not from this package and the first batch has as many steps as samples, it is called once
        more, for half of them, to see which axis is which; ``batch_first`` spares that.
    regularizer : callable, optional
        Maps the model's output to a scalar that is added to the loss.
    validation : tuple of Tensor, optional
        Inputs and labels on which the accuracy is measured after every epoch.
    decide : callable, optional
        Maps a readout (T, B, C) to classes (B,). By default what belongs to the loss: each loss of
        this room has its own, another one may carry it as an attribute ``decide``, and any other
        decides for the class whose label has the smallest loss (:func:`decide_by_loss`, which calls
        the loss once more in each batch).
    gradient : callable, optional
        Called as ``gradient(model, spikes, labels)``; returns one tensor for each parameter, by
        its name, which the optimizer follows in place of the gradient by autograd. Learning
        rules such as :func:`snnbook.gradients.bptt` and :func:`snnbook.local.superspike` become one
        by :func:`rule_gradient`. ``loss`` is then only reported, from a run of its own.
    on_epoch : callable, optional
        Called after each epoch as ``on_epoch(epoch, model, history)``, with the number of the epoch
        from 1 and the history so far, such as to measure something. Training ends with the epoch
        for which it returns true.
    batch_first : bool, optional
        Whether the spikes, or what ``encode`` returns, are (n, T, N). By default they are time
        first, and that is checked by the number of labels; where T equals n, say which it is.
    progress : bool, optional
        Whether to show a progress bar.  By default only where a person watches: in a terminal or an
        open notebook, not on a page that is built.

    Returns
    -------
    History
        Loss, accuracies, spike counts and seconds of every epoch.

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit, or ``gradient`` returns other names or shapes than the
        parameters have.
    FloatingPointError
        If the loss is not finite; the message names the epoch and what to do.

    Warns
    -----
    UserWarning
        Once, if the network cannot learn.

    Examples
    --------
    >>> from snnbook.neurons import SpikingNetwork
    >>> model = SpikingNetwork((2, 2), generator=torch.Generator().manual_seed(0))
    >>> labels = torch.tensor([0, 1, 0, 1])  # input 0 is active in class 0, input 1 in class 1
    >>> spikes = torch.eye(2)[labels].expand(20, 4, 2)
    >>> order = torch.Generator().manual_seed(0)
    >>> history = fit(
    ...     model, spikes, labels, epochs=20, batch_size=2, lr=0.1, generator=order
    ... )
    >>> len(history.loss), history.loss[-1] < history.loss[0], history.accuracy[-1]
    (20, True, 1.0)
    """
    check_model(model, gradient is None)
    batches = checked_batches(inputs, labels, encode, batch_first)
    validation = check_validation(validation, batches, encode, batch_first)
    check_integer("epochs", epochs, 1)
    check_integer("batch_size", batch_size, 1)
    check_generator(generator)
    check_positive("lr", lr)
    check_calls(
        loss=loss, regularizer=regularizer, decide=decide, gradient=gradient, on_epoch=on_epoch
    )
    check_loss(loss)
    if gradient is not None and regularizer is not None:
        raise ValueError(
            "regularizer is given together with gradient; only one of the two is accepted, "
            "since a rule's gradient has the regularizer inside or not at all"
        )
    shown = _wanted(progress)
    decide = decision_of(loss) if decide is None else decide
    steps, history = made(optimizer, model, lr), History()
    note_decision(model, decide)
    watch = Watch(model, labels, by_rule=gradient is not None)
    bar = tqdm(range(1, int(epochs) + 1), "training", leave=False, disable=not shown)
    for epoch in bar:
        start = time.perf_counter()
        model.train()
        order = torch.randperm(len(labels), generator=generator, device=generator.device)
        total = 0.0
        for index in order.to(labels.device).split(int(batch_size)):
            spikes = batches[index]
            with torch.set_grad_enabled(gradient is None):
                output = model(spikes)
                readout = readout_of(output, len(index))
                wanted = labels[index].to(readout.device)
                watch.before(readout)
                value = number_of("loss", loss(readout, wanted))
                if regularizer is not None:
                    value = value + number_of("regularizer", regularizer(output))
            _check_finite(float(value.detach()), epoch, lr)
            steps.zero_grad()
            if gradient is None:
                _backward(value)
            else:
                _put(gradient(model, spikes, wanted), model)
            classes = decided(decide, readout.detach())
            watch.after(readout, wanted, classes)
            steps.step()
            total = total + len(index) * _summary(value, output, classes == wanted)
        _check_weights(model, epoch, lr)
        judged = None
        if validation is not None:
            judged = accuracy(model, *validation[:2], encode, decide=decide, **validation[2]).value
        history = history.after((total / len(labels)).tolist(), judged, time.perf_counter() - start)
        watch.report(epoch, history, output, last=epoch == epochs)
        bar.set_postfix(loss=f"{history.loss[-1]:.3g}", accuracy=f"{history.accuracy[-1]:.1%}")
        if on_epoch is not None and on_epoch(epoch, model, history):
            break
    return history


def _summary(value: Tensor, output, right: Tensor) -> Tensor:
    """Return the loss, the accuracy and each layer's mean spike count of one batch, in float64."""
    with torch.no_grad():
        numbers = [value] + [spikes.sum(dim=0).mean() for spikes in spikes_of(output)]
        loss, *counts = (number.cpu().double() for number in numbers)  # not every device has it
        return torch.stack([loss, right.cpu().double().mean(), *counts])


def _backward(value: Tensor) -> None:
    if not value.requires_grad:
        raise ValueError(
            "loss returned a number that depends on no parameter of the model; one with a "
            "gradient is accepted, computed from the readout by PyTorch without detach() or item()"
        )
    value.backward()


def _put(gradients: Mapping[str, Tensor], model: nn.Module) -> None:
    """Give each parameter its gradient, by name."""
    parameters = dict(model.named_parameters())
    if not isinstance(gradients, Mapping):
        raise TypeError(
            f"gradient returned a {type(gradients).__name__}; a dictionary with one tensor for "
            "each parameter, by its name, is accepted"
        )
    if set(gradients) != set(parameters):
        raise ValueError(
            f"gradient returned {sorted(gradients)}; one tensor for each of "
            f"{sorted(parameters)} is accepted"
        )
    for name, parameter in parameters.items():
        check_tensor(f"gradient[{name!r}]", gradients[name])
        if gradients[name].shape != parameter.shape:
            raise ValueError(
                f"gradient returned {tuple(gradients[name].shape)} for {name!r}; "
                f"the shape of the parameter, {tuple(parameter.shape)}, is accepted"
            )
        if not bool(gradients[name].isfinite().all()):
            raise FloatingPointError(
                f"gradient returned nan or infinity for {name!r}; finite numbers are accepted"
            )
        parameter.grad = gradients[name].detach().to(parameter.dtype)


def _check_finite(value: float, epoch: int, lr: float) -> None:
    if not math.isfinite(value):
        raise FloatingPointError(
            f"the loss became {value} in epoch {epoch}; lower the learning rate (lr is {lr:g}), "
            "narrow or lower the surrogate, or clip the gradient"
        )


def _check_weights(model: nn.Module, epoch: int, lr: float) -> None:
    for name, parameter in model.named_parameters():
        if not bool(parameter.detach().isfinite().all()):
            raise FloatingPointError(
                f"{name} became nan or infinite in epoch {epoch}, from a loss that was finite; "
                f"lower the learning rate (lr is {lr:g}), or look for a gradient that has no value"
            )


def _wanted(progress: bool | None) -> bool:
    """Return whether to show a bar: as told, or where a person watches."""
    if progress is not None:
        check_flag("progress", progress)
        return progress
    return (in_notebook() and is_live()) or sys.stderr.isatty()
