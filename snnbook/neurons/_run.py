"""One loop over time for every neuron of the book (paper section II, chapter 2)."""

from typing import Any

from torch import Tensor

from snnbook.kernels import run_layer
from snnbook.neurons._neuron import Neuron, check_state


def run(
    neuron: Neuron,
    drive: Tensor,
    state: Any = None,
    *,
    recurrent_weight: Tensor | None = None,
    record: bool | None = None,
    kernel: str = "auto",
    checkpoint: int | None = None,
) -> Any:
    r"""Run a neuron's ``step`` over time: the one loop behind every layer of the book.

    Parameters
    ----------
    neuron : Neuron
        Any neuron: a :class:`LIFNeuron`, a :class:`LeakyNeuron`, another one of this room, or one
        of your own.
    drive : Tensor
        Weighted input x[n] = W S_in[n], (T, B, N), floating point. T = 0 and B = 0 are
        allowed and give empty records.
    state : NamedTuple, optional
        The neuron's state at n = 0, tensors (B, N). At rest when not given.
    recurrent_weight : Tensor, optional
        V, (N, N), for a layer whose neurons send to each other.
    record : bool, optional
        Whether to keep the states of every step: yes when not given, unless ``checkpoint`` is.
    kernel : {"auto", "reference", "numba", "triton"}
        ``reference`` is the plain loop over the neuron's ``step``. ``numba`` is the same recursion
        compiled, with a written-out backward pass and no second derivative; ``triton`` is
        that for tensors on a GPU. ``auto`` takes a compiled loop where it knows the neuron and
        can; :func:`snnbook.kernels.explain` says what it takes.
    checkpoint : int, optional
        Saves memory on long sequences: only the state at every ``checkpoint``-th step is
        kept, and the backward pass runs forward again in between. The gradient is the same;
        there is no record of the states, and ``record=True`` is an error.

    Returns
    -------
    NamedTuple
        The neuron's record at n = 0 .. T-1, such as :class:`LIFRecord`, and its last state.
        Running on from that state is the same as one long run.

    Raises
    ------
    TypeError, ValueError
        If a shape, dtype or device does not fit, or if the drive or the state holds NaN or
        infinity.

    Examples
    --------
    One input spike of weight 0.5 at step 0 makes a LIF neuron fire at step 4, and a leaky one
    rise and fall:

    >>> import torch
    >>> from snnbook.neurons import LeakyNeuron, LIFNeuron
    >>> impulse = torch.zeros(8, 1, 1)
    >>> impulse[0] = 0.5
    >>> run(LIFNeuron(), impulse).spikes.flatten().int().tolist()
    [0, 0, 0, 0, 1, 0, 0, 0]
    >>> run(LeakyNeuron(), impulse[:4]).mem.flatten()
    tensor([0.0000, 0.0000, 0.5000, 0.8618])

    Paper section II; chapter 2; ``eq-01-current``, ``eq-01-membrane``, ``eq-01-spike``.
    """
    if not isinstance(neuron, Neuron):
        raise TypeError(
            f"neuron is a {type(neuron).__name__}; a neuron is accepted, such as LIFNeuron()"
        )
    return run_layer(
        neuron,
        drive,
        None,
        check_state(neuron.State, state),
        recurrent_weight=recurrent_weight,
        record=record,
        kernel=kernel,
        checkpoint=checkpoint,
        name="drive",
    )
