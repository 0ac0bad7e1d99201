"""The training loop: minibatches, loss, one optimizer step; the history as a value."""

import math
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from snnbook._validate import check_generator, check_integer, check_labels, check_positive
from snnbook.notebook import in_notebook, is_live
from snnbook.training._decisions import Decision, Encoder, accuracy, check_inputs, decision_of, take
from snnbook.training._losses import max_over_time


@dataclass(frozen=True)
class History:
    """What happened in each epoch of a training run: an immutable value.

    Two runs with the same seed have equal histories; ``seconds`` takes no part in the comparison.

    Attributes
    ----------
    loss : tuple of float
        Mean over the epoch's samples of what was minimized, the regularizer included.
    accuracy : tuple of float
        Share of right answers on the training samples, seen while the weights changed.
    validation_accuracy : tuple of float
        Share of right answers on the validation samples after the epoch; empty without them.
    spike_counts : tuple of tuple of float
        For each epoch and hidden layer, the mean number of spikes of a neuron in one sample.
    seconds : tuple of float
        Wall time of each epoch, in seconds.
    """

    loss: tuple[float, ...] = ()
    accuracy: tuple[float, ...] = ()
    validation_accuracy: tuple[float, ...] = ()
    spike_counts: tuple[tuple[float, ...], ...] = ()
    seconds: tuple[float, ...] = field(default=(), compare=False)

    def firing_rates(self, duration: float) -> tuple[tuple[float, ...], ...]:
        """Return the mean firing rates in Hz, epoch by layer, for samples of ``duration`` seconds.

        >>> History(spike_counts=((2.0,), (4.0,))).firing_rates(0.5)
        ((4.0,), (8.0,))
        """
        check_positive("duration", duration)
        return tuple(tuple(count / duration for count in epoch) for epoch in self.spike_counts)

    def after(self, row: list[float], judged: float | None, seconds: float) -> "History":
        """Return the history with one epoch more: loss, accuracy and spike counts are ``row``."""
        loss, right, *counts = row
        return History(
            (*self.loss, loss),
            (*self.accuracy, right),
            self.validation_accuracy if judged is None else (*self.validation_accuracy, judged),
            (*self.spike_counts, tuple(counts)),
            (*self.seconds, seconds),
        )

    def __str__(self) -> str:
        if not self.loss:
            return "no epochs"
        text = f"{len(self.loss)} epochs in {sum(self.seconds):.1f} s: "
        text += f"loss {self.loss[0]:.3g} to {self.loss[-1]:.3g}, accuracy {self.accuracy[-1]:.1%}"
        if self.validation_accuracy:
            text += f", on validation samples {self.validation_accuracy[-1]:.1%}"
        return text


def fit(
    model: nn.Module,
    inputs: Tensor,
    labels: Tensor,
    *,
    epochs: int,
    batch_size: int,
    generator: torch.Generator,
    loss: Callable[[Tensor, Tensor], Tensor] = max_over_time,
    lr: float = 1e-3,
    optimizer: Callable[..., torch.optim.Optimizer] = torch.optim.Adam,
    encode: Encoder | None = None,
    regularizer: Callable | None = None,
    validation: tuple[Tensor, Tensor] | None = None,
    decide: Decision | None = None,
    gradient: Callable[[nn.Module, Tensor, Tensor], Mapping[str, Tensor]] | None = None,
    on_epoch: Callable[[int, nn.Module, History], bool | None] | None = None,
    progress: bool | None = None,
) -> History:
    """Train a model in place and return what happened.

    Each epoch visits all samples once, in an order drawn from ``generator``; the last batch may be
    smaller.
    The same seeds give the same weights and the same history, bit for bit, on one machine.

    Parameters
    ----------
    model : Module
        Maps spikes (T, B, N) to an output with ``readout`` (T, B, C) and ``hidden``, a tuple of
        records with ``spikes``, as :class:`snnbook.neurons.SpikingNetwork` does.
    inputs : Tensor, shape (T, n, N), or (n, ...) with ``encode``
        Spikes, or what ``encode`` turns into spikes.
    labels : Tensor, shape (n,), dtype int64
        Correct classes.
    epochs, batch_size : int
        Each at least 1.
    generator : torch.Generator
        Draws the order of the samples.
    loss : callable
        Maps a readout (T, B, C) and labels (B,) to a scalar.
    lr : float
        Learning rate.
    optimizer : callable
        Called as ``optimizer(model.parameters(), lr=lr)``, such as ``torch.optim.Adamax``.
    encode : callable, optional
        Maps a batch of inputs (B, ...) to spikes (T, B, N); called anew for every batch.
    regularizer : callable, optional
        Maps the model's output to a scalar that is added to the loss.
    validation : tuple of Tensor, optional
        Inputs and labels on which the accuracy is measured after every epoch.
    decide : callable, optional
        Maps a readout to classes; by default what belongs to the loss.
    gradient : callable, optional
        Called as ``gradient(model, spikes, labels)``; returns one tensor for each parameter, by
        its name, which the optimizer follows in place of the gradient by autograd. Learning
        rules such as :func:`snnbook.gradients.bptt` and :func:`snnbook.local.superspike` become one
        by :func:`rule_gradient`. ``loss`` is then only reported, from a run of its own.
    on_epoch : callable, optional
        Called after each epoch as ``on_epoch(epoch, model, history)``, with the number of the epoch
        from 1 and the history so far, such as to measure something. Training ends with the epoch
        for which it returns true.
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
    _check_arguments(inputs, labels, epochs, batch_size, generator, encode)
    check_positive("lr", lr)
    if gradient is not None and regularizer is not None:
        raise ValueError(
            "regularizer is given together with gradient; only one of the two is accepted, "
            "since a rule's gradient has the regularizer inside or not at all"
        )
    decide = decide or decision_of(loss)
    steps, history = optimizer(model.parameters(), lr=lr), History()
    bar = tqdm(range(1, epochs + 1), "training", leave=False, disable=not _wanted(progress))
    for epoch in bar:
        start = time.perf_counter()
        model.train()
        order = torch.randperm(len(labels), generator=generator, device=generator.device)
        total = 0.0
        for index in order.to(labels.device).split(batch_size):
            spikes = take(inputs, index, encode)
            with torch.set_grad_enabled(gradient is None):
                output = model(spikes)
                value = loss(output.readout, labels[index])
                if regularizer is not None:
                    value = value + regularizer(output)
            _check_finite(float(value.detach()), epoch, lr)
            steps.zero_grad()
            if gradient is None:
                value.backward()
            else:
                _put(gradient(model, spikes, labels[index]), model)
            steps.step()
            total = total + len(index) * _summary(value, output, labels[index], decide)
        judged = None
        if validation is not None:
            judged = accuracy(model, *validation, encode, decide=decide).value
        history = history.after((total / len(labels)).tolist(), judged, time.perf_counter() - start)
        bar.set_postfix(loss=f"{history.loss[-1]:.3g}", accuracy=f"{history.accuracy[-1]:.1%}")
        if on_epoch is not None and on_epoch(epoch, model, history):
            break
    return history


def _summary(value: Tensor, output, labels: Tensor, decide: Decision) -> Tensor:
    """Return the loss, the accuracy and each layer's mean spike count of one batch, in float64."""
    with torch.no_grad():
        numbers = [value, (decide(output.readout) == labels).double().mean()]
        numbers += [record.spikes.sum(dim=0).mean() for record in getattr(output, "hidden", ())]
        return torch.stack([number.double() for number in numbers])


def _put(gradients: Mapping[str, Tensor], model: nn.Module) -> None:
    """Give each parameter its gradient, by name."""
    parameters = dict(model.named_parameters())
    if set(gradients) != set(parameters):
        raise ValueError(
            f"gradient returned {sorted(gradients)}; one tensor for each of "
            f"{sorted(parameters)} is accepted"
        )
    for name, parameter in parameters.items():
        if gradients[name].shape != parameter.shape:
            raise ValueError(
                f"gradient returned {tuple(gradients[name].shape)} for {name!r}; "
                f"the shape of the parameter, {tuple(parameter.shape)}, is accepted"
            )
        parameter.grad = gradients[name].detach().to(parameter.dtype)


def _check_finite(value: float, epoch: int, lr: float) -> None:
    if not math.isfinite(value):
        raise FloatingPointError(
            f"the loss became {value} in epoch {epoch}; lower the learning rate (lr is {lr:g}), "
            "narrow or lower the surrogate, or clip the gradient"
        )


def _check_arguments(inputs, labels, epochs, batch_size, generator, encode) -> None:
    check_labels(labels, check_inputs(inputs, encode), torch.iinfo(torch.int64).max)
    check_integer("epochs", epochs, 1)
    check_integer("batch_size", batch_size, 1)
    check_generator(generator)


def _wanted(progress: bool | None) -> bool:
    """Return whether to show a bar: as told, or where a person watches."""
    if progress is not None:
        return bool(progress)
    return (in_notebook() and is_live()) or sys.stderr.isatty()
