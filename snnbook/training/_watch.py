"""What a training run says once of a network that cannot learn.

A network learns where a gradient arrives. The watch asks of each parameter whether one has arrived
yet, and of each class whether its samples pass one to its readout, or are right. A healthy network
answers in its first batches, and nothing more is asked of it in that epoch. A network without any
gradient is named after one epoch; a part without one after three in a row, since other parts may
wake it, or at the end.
"""

import warnings

import torch
from torch import Tensor, nn

from snnbook.training._batches import spikes_of
from snnbook.training._history import History

#: A part of the network is judged after so many batches at least, and so many times in a row; the
#: last epoch of a run is judged at once if it has a few batches.
ENOUGH, PATIENCE, FEW = 10, 3, 3
#: A class is dead if this share of its samples is missed and passes its readout no gradient.
MOST = 0.8
REMEDIES = {
    "silent": "scale the weights up, raise the input rate, or widen the surrogate",
    "saturated": "scale the weights down, lower the input rate, or add a penalty on spikes",
    "stuck": "take loss=mean_over_time, which passes a gradient to every step, also of a readout "
    "that stays below its first value",
    "other": "give the neurons a surrogate derivative, wider or with longer tails, or start from "
    "other weights",
}


class Watch:
    """Follow one training run, and warn once if the network cannot learn.

    Parameters
    ----------
    model : Module
        The network that is trained.
    labels : Tensor or None
        All labels of the run, (n,); None if the first epoch shows them.
    by_rule : bool
        Whether a learning rule gives the gradients; it may leave layers out on purpose.
    """

    def __init__(self, model: nn.Module, labels: Tensor | None, by_rule: bool) -> None:
        self.parameters = [(k, p) for k, p in model.named_parameters() if p.requires_grad]
        self.by_rule, self.done, self.quiet, self.stuck = by_rule, False, 0, {}
        self.labels, self.seen = labels, []
        self._open()

    def _open(self) -> None:
        """Begin to ask anew."""
        self.batches, self.epochs, self.waiting = 0, 1, dict(self.parameters)
        self.classes, self.well = None, 0

    def before(self, readout: Tensor) -> None:
        """Ask for the gradient of a readout (T, B, C) while a class still waits for one."""
        waits = self.classes is None or bool(self.classes.any())
        if waits and not self.done and not self.by_rule and readout.requires_grad:
            readout.retain_grad()

    def after(self, readout: Tensor, labels: Tensor, classes: Tensor) -> None:
        """Note what a batch has reached, when its gradients are there."""
        self.batches += 1
        if self.done:
            return
        self.waiting = {name: p for name, p in self.waiting.items() if not _reached(p.grad)}
        count, known = readout.shape[2], self.labels is not None
        if not known:
            self.seen.append(labels.detach().cpu())
        if self.classes is None:
            highest = int((self.labels if known else labels).max())
            asked = readout.requires_grad and highest < count
            self.classes = torch.full((count,), asked, device=readout.device)
        if not known and int(labels.max()) >= count:
            self.classes[:] = False
        if bool(self.classes.any()) and readout.grad is not None:
            first = 1 if len(readout) > 1 and not bool(readout[0].any()) else 0  # no weight at rest
            own = readout.grad[first:, torch.arange(len(labels), device=labels.device), labels]
            well = (own != 0).any(0) | (classes == labels)
            self.well = self.well + torch.bincount(labels[well], minlength=count)
            if known:
                self._count_out()

    def _count_out(self) -> None:
        """Leave out the classes that have no sample, or enough that do well."""
        total = torch.bincount(self.labels, minlength=len(self.classes)).to(self.classes.device)
        self.classes &= total > 0
        self.classes &= self.well <= (1 - MOST) * self.epochs * total

    def report(self, epoch: int, history: History, output, last: bool) -> None:
        """Warn after an epoch if there is something to say, and then no more."""
        if self.done:
            return
        if self.labels is None:
            self.labels, self.seen = torch.cat(self.seen), []
            if bool(self.classes.any()):
                self._count_out()
        found = [] if history.accuracy[-1] == 1 else self._found(history, output, last)
        if found:
            self.done = True
            what = "; ".join(text for _, text in found)
            how = "; or ".join(REMEDIES[kind] for kind in dict.fromkeys(kind for kind, _ in found))
            warnings.warn(
                f"this network cannot learn as it is (epoch {epoch}): {what}. To mend it, {how}.",
                stacklevel=3,
            )
        elif self.batches >= ENOUGH:
            self._open()
        else:
            self.epochs += 1

    def _found(self, history: History, output, last: bool) -> list[tuple[str, str]]:
        """Return kind and text of each finding."""
        silent = [str(k) for k, count in enumerate(history.spike_counts[-1]) if count == 0]
        nothing = len(self.waiting) == len(self.parameters)
        parts = [] if self.by_rule or nothing else self._unreached()
        stuck, lasting = "", False
        if self.batches >= (FEW if last else ENOUGH):
            self.quiet = self.quiet + 1 if silent or parts else 0
            lasting = self.quiet >= (1 if last else PATIENCE)  # weights before it may wake a layer
            stuck = "" if self.by_rule else self._stuck(1 if last else PATIENCE)
        found = []
        if silent and (nothing or lasting):
            found.append(("silent", f"no neuron of hidden layer {', '.join(silent)} spikes"))
        if saturated := self._saturated(history, output):
            found.append(("saturated", saturated))
        if nothing:
            kind = "silent" if silent else "stuck" if _at_first(output) else "other"
            found.append((kind, "no gradient reaches any parameter"))
        elif parts and lasting:
            kind = "silent" if silent else "other"
            found.append((kind, f"no gradient reaches {', '.join(parts)}"))
        elif stuck:
            found.append(("stuck", stuck))
        return found

    def _unreached(self) -> list[str]:
        """Return the modules none of whose parameters got a gradient, although it was computed."""
        parts: dict[str, list[bool]] = {}
        for name, parameter in self.parameters:
            parts.setdefault(name.rpartition(".")[0] or name, []).append(
                name in self.waiting and parameter.grad is not None
            )
        return [part for part, waits in parts.items() if all(waits)]

    def _saturated(self, history: History, output) -> str:
        chance = float(self.labels.unique(return_counts=True)[1].max()) / len(self.labels)
        if history.accuracy[-1] > 1.2 * chance:
            return ""
        shares = [
            float((spikes.detach().mean(dim=(0, 1)) > 0.5).float().mean())
            for spikes in spikes_of(output)
        ]
        names = [str(k) for k, share in enumerate(shares) if share >= 0.9]
        return f"hidden layer {', '.join(names)} spikes in most steps" if names else ""

    def _stuck(self, patience: int) -> str:
        """Return the classes most of whose samples are missed and pass their readout no gradient.

        Other samples may lift a readout in the first epochs.
        """
        before, self.stuck = self.stuck, {}
        for k in self.classes.nonzero().flatten().tolist():
            well = float(self.well[k]) / self.epochs
            times, most = before.get(k, (0, well))
            self.stuck[k] = (times + 1 if well <= most else 1, well)  # more than before: it wakes
        names = [str(k) for k, (times, _) in self.stuck.items() if times >= patience]
        shown = ", ".join(names[:10]) + (", ..." if len(names) > 10 else "")
        found = f"no gradient reaches the readout of class {shown} (of {len(self.classes)}) from "
        found += "most of its samples"
        return found if names else ""


def _reached(gradient: Tensor | None) -> bool:
    return gradient is not None and (gradient.layout != torch.strided or bool(gradient.any()))


def _at_first(output) -> bool:
    """Return whether every readout is highest in the first step, in all samples."""
    readout = getattr(output, "readout", output).detach()
    return len(readout) > 1 and bool((readout.argmax(0) == 0).all())
