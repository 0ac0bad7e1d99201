"""One epoch of training: for each batch the loss, its gradient and a step of the optimizer."""

import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from snnbook._validate import check_tensor
from snnbook.data import Batch
from snnbook.training._batches import readout_of, spikes_of
from snnbook.training._decisions import Decision, Loss, decided
from snnbook.training._fit_checks import number_of
from snnbook.training._lengths import outside, told
from snnbook.training._predict import labels_of
from snnbook.training._sources import Source
from snnbook.training._watch import Watch


class Learner:
    """What learns, by what, and who looks on; arguments as those of ``fit``."""

    def __init__(
        self,
        model: nn.Module,
        loss: Loss,
        decide: Decision,
        steps: torch.optim.Optimizer,
        watch: Watch,
        regularizer: Callable | None,
        gradient: Callable[..., Mapping[str, Tensor]] | None,
        lr: float,
        clip: float | None,
        accumulate: int,
    ) -> None:
        self.model, self.loss, self.decide, self.steps = model, loss, decide, steps
        self.watch, self.regularizer, self.gradient, self.lr = watch, regularizer, gradient, lr
        self.clip, self.accumulate = clip, int(accumulate)
        self.gathered = (0, 0)  # batches and samples since the last step

    def learn(
        self,
        source: Source,
        batch_size: int | None,
        generator: torch.Generator | None,
        epoch: int,
    ) -> tuple[list[float], object]:
        """Visit all samples once; return loss, accuracy and spike counts, and the last output."""
        self.model.train()
        total, samples, output = 0.0, 0, None
        for batch in source.batches(batch_size, generator):
            labels = labels_of(batch, source)
            summary, output = self._batch(batch, labels, epoch)
            total = total + len(labels) * summary
            samples += len(labels)
        if self.gathered[0]:
            self._step()
        return (total / samples).tolist(), output

    def _batch(self, batch: Batch, labels: Tensor, epoch: int) -> tuple[Tensor, object]:
        if self.gradient is not None and batch.lengths is not None:
            raise ValueError(
                "gradient is given, and the samples last differently long; a learning rule takes "
                "samples of one length, and no lengths are accepted with it"
            )
        with torch.set_grad_enabled(self.gradient is None):
            output = self.model(batch.spikes)
            readout = readout_of(output, len(labels))
            wanted = labels.to(readout.device)
            self.watch.before(readout)
            value = told("loss", self.loss, readout, wanted, lengths=batch.lengths)
            value = number_of("loss", value)
            if self.regularizer is not None:
                value = value + number_of("regularizer", self.regularizer(output))
        _check_finite(float(value.detach()), epoch, self.lr)
        batches, samples = self.gathered
        if not batches:
            self.steps.zero_grad()
        if self.gradient is None:
            _backward(value if self.accumulate == 1 else len(labels) * value)
        else:
            _put(self.gradient(self.model, batch.spikes, wanted), self.model)
        classes = decided(self.decide, readout.detach(), batch.lengths)
        self.watch.after(readout, wanted, classes)
        self.gathered = (batches + 1, samples + len(labels))
        if batches + 1 == self.accumulate:
            self._step()
        return _summary(value, output, classes == wanted, batch.lengths), output

    def _step(self) -> None:
        """Average what several batches have added up, shorten the gradient, and follow it."""
        own = [p for p in self.model.parameters() if p.grad is not None]
        if self.accumulate > 1:
            for parameter in own:
                parameter.grad /= self.gathered[1]
        if self.clip is not None:
            nn.utils.clip_grad_norm_(own, self.clip)
        self.steps.step()
        self.gathered = (0, 0)


def _summary(value: Tensor, output, right: Tensor, lengths: Tensor | None) -> Tensor:
    """Return the loss, the accuracy and each layer's mean spike count of one batch, in float64."""
    with torch.no_grad():
        numbers = [value]
        for spikes in spikes_of(output):
            if lengths is not None:
                spikes = spikes.masked_fill(outside(spikes, lengths), 0)
            numbers.append(spikes.sum(dim=0).mean())
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
            "narrow or lower the surrogate, or clip the gradient, such as by clip=1.0"
        )


def check_weights(model: nn.Module, epoch: int, lr: float) -> None:
    for name, parameter in model.named_parameters():
        if not bool(parameter.detach().isfinite().all()):
            raise FloatingPointError(
                f"{name} became nan or infinite in epoch {epoch}, from a loss that was finite; "
                f"lower the learning rate (lr is {lr:g}), or look for a gradient that has no value"
            )
