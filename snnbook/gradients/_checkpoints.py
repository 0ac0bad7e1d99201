r"""BPTT that keeps a state now and then, and runs the pieces between again (chapter 3).

With K steps between two kept states there are two numbers for each neuron and kept state, and
three for each neuron and step of the one piece whose history is at hand (``eq-03-checkpoints``).
"""

import itertools
from collections.abc import Iterator

import torch
from torch import Tensor

from snnbook._validate import check_integer
from snnbook.gradients._adjoint import EXACT
from snnbook.gradients._checks import error_at
from snnbook.gradients._online import LayerStep, forward_run, network_step, rest
from snnbook.neurons import SpikingNetwork
from snnbook.training import StepError


@torch.no_grad()
def from_checkpoints(
    network: SpikingNetwork, spikes: Tensor, error: StepError, checkpoint: int
) -> Iterator[tuple[tuple[LayerStep, ...], tuple[Tensor, ...]]]:
    """Run time backward and give records and blame of each step, n = T-1 .. 0.

    Kept are the states at the start of each piece of ``checkpoint`` steps, and one piece's history,
    which is computed again; see :func:`bptt`.
    """
    check_integer("checkpoint", checkpoint, 1)
    pieces = [(n, spikes[n : n + checkpoint]) for n in range(0, len(spikes), checkpoint)]
    state, starts = rest(network, spikes.shape[1]), []
    later = (*state.hidden, state.readout)
    for n, inputs in itertools.chain(*(enumerate(piece) for _, piece in pieces[:-1])):
        if n == 0:
            starts.append(state)
        _, state = network_step(network, state, inputs)
    starts.append(state)
    del state
    for first, piece in reversed(pieces):
        history, _ = forward_run(network, piece, starts.pop())
        errors = [error_at(error, seen[-1].mem, first + n) for n, seen in enumerate(history)]
        for n in reversed(range(len(history))):
            yield history[n], tuple(lam.syn for lam in later)
            later = EXACT.step(network, history[n], later, errors[n])
