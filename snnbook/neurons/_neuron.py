"""What a neuron is: a frozen value with an initial state and one step (chapter 2)."""

from typing import Any, ClassVar, NamedTuple

from torch import Tensor


class Record(NamedTuple):
    """What a layer did: what it sent, ``output`` (T, B, N), and its state.

    ``states`` has the fields of the neuron's state, each (T, B, N) at n = 0 .. T-1, or is
    ``None`` when they were not recorded. ``state`` holds step T: give it to the next run to go on.
    """

    output: Tensor
    states: tuple | None
    state: tuple


class Neuron:
    """A neuron as one value: constants that do not change, a state that is handed in and out.

    Every neuron of the book is a frozen dataclass that inherits from this class and has a
    ``State``, a named tuple of tensors (B, N), and a method ``step``. :func:`run` takes any of
    them over time, and gives back what ``record`` makes of the run.

    Examples
    --------
    A neuron of your own that counts its input and sends the count:

    >>> from dataclasses import dataclass
    >>> import torch
    >>> from snnbook.neurons import run
    >>> class Count(NamedTuple):
    ...     sum: Tensor
    >>> @dataclass(frozen=True)
    ... class Counter(Neuron):
    ...     State = Count
    ...     def step(self, state, drive, recurrent_weight=None):
    ...         return state.sum, Count(state.sum + drive)
    >>> run(Counter(), torch.ones(4, 1, 1)).output.flatten()
    tensor([0., 1., 2., 3.])

    Paper section II; chapter 2.
    """

    #: The named tuple that the neuron carries from step to step.
    State: ClassVar[type]
    #: Whether the compiled loops know this very class; a subclass does not inherit it.
    compiled: ClassVar[bool] = False

    def initial_state(self, like: Tensor) -> Any:
        """Return the state at rest, zeros of the shape (B, N), dtype and device of ``like``."""
        return self.State(*(like.new_zeros(like.shape) for _ in self.State._fields))

    def step(self, state, drive: Tensor, recurrent_weight: Tensor | None = None):
        """Take one step: from the state and the drive x[n] to what is sent, and the state of n+1.

        Parameters
        ----------
        state : NamedTuple
            The state at step n, tensors (B, N).
        drive : Tensor
            The weighted input x[n], (B, N).
        recurrent_weight : Tensor, optional
            V, (N, N); entry (i, j) is the weight from neuron j to neuron i.

        Returns
        -------
        output : Tensor
            What the neuron sends at step n, (B, N).
        state : NamedTuple
            The state at step n+1.
        """
        raise NotImplementedError(f"{type(self).__name__} has no step")

    def record(self, output: Tensor, states, state) -> Any:
        """Return the record of a run: what was sent, the states at n = 0 .. T-1, the last state."""
        return Record(output, states, state)
