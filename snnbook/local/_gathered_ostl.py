"""Online spatio-temporal learning gathered after the run (chapter 6e).

The errors that arrive at the spikes of each layer are known when the run is over. From there each
layer goes back through its own memory alone, by the step of backpropagation through time. That
keeps the whole run, and needs no influence of each synapse on each neuron.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from snnbook.gradients import (
    Adjoint,
    Gradients,
    error_at,
    products,
    rest,
    slope,
    summed,
    whole_run,
)
from snnbook.neurons import SpikingNetwork
from snnbook.training import StepError


@torch.no_grad()
def ostl_gathered(network: SpikingNetwork, spikes: Tensor, error: StepError) -> Gradients:
    """Return what :func:`snnbook.local.ostl` returns, gathered after the run.

    Parameters and errors as there. It is faster in recurrent layers, and keeps the whole run in
    memory.

    Examples
    --------
    >>> from snnbook.local import ostl
    >>> from snnbook.training import step_cross_entropy
    >>> generator = torch.Generator().manual_seed(0)
    >>> network = SpikingNetwork((3, 4, 4, 2), recurrent=True, generator=generator)
    >>> run = torch.ones(20, 1, 3), step_cross_entropy(torch.tensor([1]), steps=20)
    >>> found, online = ostl_gathered(network, *run), ostl(network, *run)
    >>> all(torch.allclose(found[name], value, atol=1e-6) for name, value in online.items())
    True

    Chapter 6e; ``eq-06e-space``, ``eq-06e-traces``.
    """
    return summed(network, _backward(network, spikes, error))


def _backward(network: SpikingNetwork, spikes: Tensor, error: StepError) -> Iterator[Gradients]:
    """Give what each step adds to the gradient, last step first, each layer by its own memory."""
    run = whole_run(network, spikes)
    wrong = [error_at(error, now, n) for n, now in enumerate(run[-1].mem.unbind(0))]
    arriving, delta, above = [], torch.stack(wrong), network.readout
    for layer, seen in zip(reversed(network.hidden), reversed(run[:-1])):
        late = torch.cat([delta[2:], torch.zeros_like(delta[:2])])
        arriving.insert(0, late @ above.weight)
        delta, above = slope(layer, seen) * arriving[0], layer
    nothing = rest(network, spikes.shape[1])
    later = (*nothing.hidden, nothing.readout)
    for n in reversed(range(len(spikes))):
        seen = tuple(records.at(n) for records in run)
        yield products(network, seen, [lam.syn for lam in later])
        down = Adjoint(lambda network, later, layer, n=n: arriving[layer][n])
        later = down.step(network, seen, later, wrong[n])
