"""What happened in each epoch of a training run, as a value."""

from dataclasses import dataclass, field

from snnbook._validate import check_positive


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
    validation_loss : tuple of float
        Mean loss of the validation samples after the epoch, without the regularizer; empty without
        them.
    kept_epoch : int or None
        The epoch, from 1, whose weights the model was left with, if that was asked for by
        ``keep_best``; it takes no part in the comparison.
    """

    loss: tuple[float, ...] = ()
    accuracy: tuple[float, ...] = ()
    validation_accuracy: tuple[float, ...] = ()
    spike_counts: tuple[tuple[float, ...], ...] = ()
    seconds: tuple[float, ...] = field(default=(), compare=False)
    validation_loss: tuple[float, ...] = ()
    kept_epoch: int | None = field(default=None, compare=False)

    @property
    def best_epoch(self) -> int | None:
        """Number, from 1, of the first epoch with the highest validation accuracy.

        >>> History(loss=(3, 2, 1), validation_accuracy=(0.5, 0.9, 0.9)).best_epoch
        2
        """
        if not self.validation_accuracy:
            return None
        return self.validation_accuracy.index(max(self.validation_accuracy)) + 1

    def firing_rates(self, duration: float) -> tuple[tuple[float, ...], ...]:
        """Return the mean firing rates in Hz, epoch by layer, for samples of ``duration`` seconds.

        >>> History(spike_counts=((2.0,), (4.0,))).firing_rates(0.5)
        ((4.0,), (8.0,))
        """
        check_positive("duration", duration)
        return tuple(tuple(count / duration for count in epoch) for epoch in self.spike_counts)

    def after(
        self, row: list[float], judged: tuple[float, float] | None, seconds: float
    ) -> "History":
        """Return the history with one epoch more: loss, accuracy and spike counts are ``row``.

        ``judged`` holds accuracy and loss of the validation samples.
        """
        loss, right, *counts = row
        found = () if judged is None else judged
        return History(
            (*self.loss, loss),
            (*self.accuracy, right),
            (*self.validation_accuracy, *found[:1]),
            (*self.spike_counts, tuple(counts)),
            (*self.seconds, seconds),
            (*self.validation_loss, *found[1:]),
        )

    def __str__(self) -> str:
        if not self.loss:
            return "no epochs"
        text = f"{len(self.loss)} epochs in {sum(self.seconds):.1f} s: "
        text += f"loss {self.loss[0]:.3g} to {self.loss[-1]:.3g}, accuracy {self.accuracy[-1]:.1%}"
        if self.validation_accuracy:
            text += f", on validation samples {self.validation_accuracy[-1]:.1%}"
        return text
