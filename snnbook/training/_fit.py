"""The training loop: minibatches, loss, one optimizer step."""

import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset
from tqdm.auto import tqdm

from snnbook._validate import check_flag, check_integer, check_positive
from snnbook.notebook import in_notebook, is_live
from snnbook.training._batches import Encoder
from snnbook.training._decisions import Decision, Loss, decision_of
from snnbook.training._epoch import Learner, check_weights
from snnbook.training._fit_checks import (
    check_calls,
    check_conveniences,
    check_loss,
    check_model,
    check_order,
    check_validation,
    made,
    scheduled,
)
from snnbook.training._fitted import note_decision
from snnbook.training._history import History
from snnbook.training._losses import mean_over_time
from snnbook.training._predict import Inputs, judged
from snnbook.training._sources import source_of
from snnbook.training._standing import Standing, generators_of, settings_of
from snnbook.training._watch import Watch


def fit(
    model: nn.Module,
    inputs: Inputs,
    labels: Tensor | None = None,
    *,
    epochs: int,
    batch_size: int | None = None,
    generator: torch.Generator | None = None,
    loss: Loss = mean_over_time,
    lr: float = 1e-3,
    optimizer: Callable[..., torch.optim.Optimizer] = torch.optim.Adam,
    encode: Encoder | None = None,
    regularizer: Callable | None = None,
    validation: tuple | Dataset | Iterable | None = None,
    decide: Decision | None = None,
    gradient: Callable[[nn.Module, Tensor, Tensor], Mapping[str, Tensor]] | None = None,
    on_epoch: Callable[[int, nn.Module, History], bool | None] | None = None,
    batch_first: bool | None = None,
    lengths: Tensor | None = None,
    clip: float | None = None,
    accumulate: int = 1,
    schedule: Callable | None = None,
    patience: int | None = None,
    keep_best: bool = False,
    resume: str | os.PathLike | None = None,
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
    inputs : Tensor, Events, Dataset or DataLoader
        All samples at once: spikes (T, n, N), or a tensor (n, ...) that ``encode`` turns into
        spikes. Or one by one: a ``Dataset`` or list of pairs of spikes (T, N) and class number,
        which may last differently long (:func:`snnbook.data.collate` joins them); or of spikes
        alone. Or batch by batch: a ``DataLoader`` of spikes, labels and, if they differ, lengths.
    labels : Tensor, shape (n,), dtype int64
        Correct classes; not given where a data set or a loader holds them.
    epochs, batch_size : int
        Each at least 1. A loader has a batch size of its own.
    generator : torch.Generator
        Draws the order of the samples. A loader has an order of its own.
    loss : callable
        Maps a readout (T, B, C) and labels (B,) to a scalar, such as :func:`max_over_time` or
        ``partial(sum_over_time, scale=0.1)``; ``partial(mean_over_time, class_weights=...)`` makes
        up for classes of unequal size (:func:`class_weights`). It is called with ``lengths=`` (B,)
        for a batch of unequal durations, and only then.
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
    validation : tuple, Dataset or DataLoader, optional
        Samples on which accuracy and loss are measured after every epoch: inputs and labels, and
        with ``lengths`` these as a third; or a data set or a loader that holds them.
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
        It is said once, and holds for a loader and for the validation samples too. Events, and
        the samples of a data set, name their axes.
    lengths : Tensor, shape (n,), dtype int64, optional
        Number of steps of each sample of a tensor or of events, where some end earlier. Later
        steps count neither in the loss nor in decisions and spike counts.
    clip : float, optional
        Largest norm of the whole gradient; a longer one is shortened to it.
    accumulate : int
        Batches whose gradients are averaged, by their samples, before each step: the step of one
        large batch, with the memory of a small one.
    schedule : callable, optional
        Called as ``schedule(optimizer)``; returns a scheduler of PyTorch, which steps after each
        epoch, such as ``partial(torch.optim.lr_scheduler.CosineAnnealingLR, T_max=20)``. A
        ``ReduceLROnPlateau`` sees the loss.
    patience : int, optional
        Training ends when the validation accuracy has had no new best for so many epochs.
    keep_best : bool
        Whether the model has the weights of ``history.best_epoch`` in the end, and not the last.
    resume : path, optional
        File in which the run is kept after each epoch. If it is there, the run goes on from it,
        also with more ``epochs``: weights and history are, bit for bit, those of a run that was
        never stopped. That holds for random numbers from ``generator``, from a loader's or an
        encoder's own generator, and from the global ones of PyTorch, NumPy and Python.
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

    Notes
    -----
    A long sequence takes less memory if its network keeps only some states on the way, by
    ``SpikingNetwork(..., checkpoint=100)``; it learns the same.

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

    Samples of unequal durations, and a second call that goes on where the first one ended:

    >>> import tempfile, pathlib
    >>> samples = [(spikes[: 10 + k, k], int(labels[k])) for k in range(4)]
    >>> options = {"batch_size": 2, "generator": order}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     options["resume"] = pathlib.Path(folder, "run.pt")
    ...     first = fit(model, samples, epochs=2, **options)
    ...     both = fit(model, samples, epochs=5, **options)
    >>> len(both.loss), both.loss[:2] == first.loss
    (5, True)
    """
    check_model(model, gradient is None)
    source = source_of(inputs, labels, encode, batch_first, lengths, model)
    checking = check_validation(validation, source, encode, batch_first, model)
    check_integer("epochs", epochs, 1)
    check_order(source, batch_size, generator)
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
    by_rule = gradient is not None
    check_conveniences(checking, by_rule, clip, accumulate, patience, keep_best)
    decide = decision_of(loss) if decide is None else decide
    steps = made(optimizer, model, lr)
    plan = scheduled(schedule, steps)
    parts = {"model": model, "optimizer": steps} | ({"schedule": plan} if plan else {})
    drawn = generators_of(generator, inputs, encode)
    same = {"lr": float(lr), "accumulate": int(accumulate), "keep_best": keep_best}
    same |= {"batch_size": None if batch_size is None else int(batch_size)}
    same |= {"clip": None if clip is None else float(clip), "number of samples": source.count}
    standing = Standing(parts, drawn, settings_of(parts, drawn, **same), resume)
    history = standing.history
    note_decision(model, decide)
    watch = Watch(model, source.labels, by_rule)
    learner = Learner(
        model, loss, decide, steps, watch, regularizer, gradient, lr, clip, accumulate
    )
    left = range(len(history.loss) + 1, int(epochs) + 1)
    bar = tqdm([] if standing.over(patience) else left, "training", leave=False, disable=not shown)
    for epoch in bar:
        start = time.perf_counter()
        row, output = learner.learn(source, batch_size, generator, epoch)
        check_weights(model, epoch, lr)
        found = None if checking is None else judged(model, checking, 256, decide, loss)
        history = history.after(row, found, time.perf_counter() - start)
        watch.report(epoch, history, output, last=epoch == epochs)
        bar.set_postfix(loss=f"{history.loss[-1]:.3g}", accuracy=f"{history.accuracy[-1]:.1%}")
        if plan is not None:
            plateau = isinstance(plan, torch.optim.lr_scheduler.ReduceLROnPlateau)
            plan.step(*history.loss[-1:] if plateau else ())
        standing.after(history, keep_best)
        standing.ended = on_epoch is not None and bool(on_epoch(epoch, model, history))
        standing.write()
        if standing.over(patience):
            break
    if keep_best:
        standing.take_best()
        history = replace(history, kept_epoch=history.best_epoch)
    return history


def _wanted(progress: bool | None) -> bool:
    """Return whether to show a bar: as told, or where a person watches."""
    if progress is not None:
        check_flag("progress", progress)
        return progress
    return (in_notebook() and is_live()) or sys.stderr.isatty()
