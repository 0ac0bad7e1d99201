"""Which classes are taken for which: counts, and the metrics of each class."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from snnbook._validate import check_integer, check_labels, check_sequence, check_tensor
from snnbook.training._batches import Encoder
from snnbook.training._decisions import Decision
from snnbook.training._predict import Inputs, decisions
from snnbook.training._sources import source_of


@dataclass(frozen=True)
class Confusion:
    """How often each class was taken for each other: an immutable value.

    ``print`` shows the metrics of each class; :func:`snnbook.plotting.confusion_map` draws the
    counts.

    Parameters
    ----------
    counts : tuple of tuple of int
        ``counts[k][j]``: samples of class k for which the model decided for class j.
    names : tuple of str
        Names of the classes.

    Examples
    --------
    >>> confusion = Confusion(((3, 1), (0, 4)), ("cat", "dog"))
    >>> confusion.accuracy, confusion.recall, confusion.precision
    (0.875, (0.75, 1.0), (1.0, 0.8))
    >>> print(confusion)
    class   n  recall  precision    F1
    cat     4  75.0 %    100.0 %  85.7 %
    dog     4 100.0 %     80.0 %  88.9 %
    all     8  87.5 %     90.0 %  87.3 %
    """

    counts: tuple[tuple[int, ...], ...]
    names: tuple[str, ...]

    @property
    def n(self) -> tuple[int, ...]:
        """Number of samples of each class."""
        return tuple(sum(row) for row in self.counts)

    @property
    def right(self) -> tuple[int, ...]:
        """Number of samples of each class that were recognized."""
        return tuple(row[k] for k, row in enumerate(self.counts))

    @property
    def decided(self) -> tuple[int, ...]:
        """How often the model decided for each class."""
        return tuple(sum(column) for column in zip(*self.counts, strict=True))

    @property
    def accuracy(self) -> float:
        """Share of samples that were recognized."""
        return sum(self.right) / sum(self.n)

    @property
    def recall(self) -> tuple[float, ...]:
        """Share of the samples of a class that were recognized; nan of a class without any."""
        return _shares(self.right, self.n)

    @property
    def precision(self) -> tuple[float, ...]:
        """Share of the decisions for a class that were right; nan where there was none."""
        return _shares(self.right, self.decided)

    @property
    def f1(self) -> tuple[float, ...]:
        """Harmonic mean of recall and precision; nan of a class that is nowhere."""
        both = [a + b for a, b in zip(self.n, self.decided, strict=True)]
        return _shares([2 * right for right in self.right], both)

    @property
    def dead(self) -> tuple[str, ...]:
        """Names of the classes that have samples and were never decided for."""
        rows = zip(self.names, self.n, self.decided, strict=True)
        return tuple(name for name, n, decided in rows if n and not decided)

    def __str__(self) -> str:
        width = max(len(name) for name in (*self.names, "class"))
        columns = zip(self.n, self.recall, self.precision, self.f1, strict=True)
        rows = [(name, *row) for name, row in zip(self.names, columns, strict=True)]
        rows.append(("all", sum(self.n), self.accuracy, _mean(self.precision), _mean(self.f1)))
        lines = [f"{'class':<{width}} {'n':>3}  recall  precision    F1"]
        for name, n, recall, precision, f1 in rows:
            first = f"{name:<{width}} {n:>3} {_percent(recall)}   {_percent(precision)}"
            lines.append(f"{first} {_percent(f1)}")
        if self.dead:
            lines.append(f"never decided for: {', '.join(self.dead)}")
        return "\n".join(lines)


def confusion(
    model: Callable,
    inputs: Inputs,
    labels: Tensor | None = None,
    encode: Encoder | None = None,
    *,
    names: Sequence[str] | None = None,
    batch_size: int = 256,
    decide: Decision | None = None,
    batch_first: bool | None = None,
    lengths: Tensor | None = None,
) -> Confusion:
    """Return how often each class is taken for each other.

    Parameters
    ----------
    model, inputs, labels, encode, batch_size, decide, batch_first, lengths
        As in :func:`accuracy`.
    names : sequence of str, optional
        A name for each class of the readout; by default their numbers.

    Returns
    -------
    Confusion
        The counts, with accuracy, recall, precision and F1 of each class.

    Raises
    ------
    TypeError, ValueError
        As :func:`accuracy`, and if ``names`` does not fit the readout.

    Examples
    --------
    A model that hands its input through; two of three are right.

    >>> spikes = torch.tensor([[[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]]])
    >>> confusion(lambda spikes: spikes, spikes, torch.tensor([1, 0, 0])).counts
    ((1, 1), (0, 1))
    """
    source = source_of(inputs, labels, encode, batch_first, lengths, model)
    found, wanted, classes = decisions(model, source, batch_size, decide, labelled=True)
    return confusion_of(found.cpu(), wanted, names, classes)


def confusion_of(
    classes: Tensor,
    labels: Tensor,
    names: Sequence[str] | None = None,
    count: int | None = None,
) -> Confusion:
    """Return how often each class is taken for each other, given what :func:`predict` returned.

    Parameters
    ----------
    classes : Tensor, shape (n,), dtype int64
        What the model decided for.
    labels : Tensor, shape (n,), dtype int64
        Correct classes.
    names : sequence of str, optional
        A name for each class; by default their numbers.
    count : int, optional
        Number of classes; by default the number of names, or the smallest that fits.

    Returns
    -------
    Confusion
        The counts.

    Raises
    ------
    TypeError, ValueError
        If these are no class numbers of equal number, or there are too few names.

    Examples
    --------
    >>> confusion_of(torch.tensor([0, 1, 1]), torch.tensor([0, 0, 1])).counts
    ((1, 1), (0, 1))
    """
    check_tensor("classes", classes)
    most = torch.iinfo(torch.int32).max
    check_labels(classes, classes.numel(), most, "classes")
    check_labels(labels, len(classes), most)
    if not len(classes):
        raise ValueError("classes is empty; at least one decision is accepted")
    if count is not None:
        check_integer("count", count, 1)
    least = int(max(classes.max(), labels.max())) + 1
    if names is not None:
        check_sequence("names", names, "one name for each class")
        names = tuple(str(name) for name in names)
        count = len(names) if count is None else count
        if len(names) != count:
            raise ValueError(f"names has {len(names)} entries; {count} are accepted, one a class")
    count = least if count is None else int(count)
    if count < least:
        what = "count is" if names is None else "names has"
        raise ValueError(f"{what} {count}; at least {least} classes are accepted")
    pairs = torch.bincount(labels.cpu() * count + classes.cpu(), minlength=count**2)
    counts = tuple(tuple(row) for row in pairs.reshape(count, count).tolist())
    return Confusion(counts, tuple(map(str, range(count))) if names is None else names)


def _shares(parts: Sequence[int], wholes: Sequence[int]) -> tuple[float, ...]:
    return tuple(a / b if b else float("nan") for a, b in zip(parts, wholes, strict=True))


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if value == value]
    return sum(known) / len(known) if known else float("nan")


def _percent(share: float) -> str:
    return "      –" if share != share else f"{100 * share:5.1f} %"
