"""Hidden things to find out about: a neuron of unknown time constants, an unknown digit."""

from collections.abc import Callable

import torch
from torch import Tensor

from snnbook import data, neurons


def hidden_parameters(seed: int) -> neurons.LIFNeuron:
    """Return the parameters of :func:`mystery_neuron`.

    The faster time constant is between 3 and 6 ms, the slower one between 8 and 20 ms; which of
    the two is the membrane's depends on the seed. ``dt`` is 1 ms.
    """
    generator = torch.Generator().manual_seed(seed)
    draws = torch.rand(3, generator=generator, dtype=torch.float64).tolist()
    fast = round((3 + 3 * draws[0]) * 1e-3, 5)
    slow = round((8 + 12 * draws[1]) * 1e-3, 5)
    tau_mem, tau_syn = (slow, fast) if draws[2] < 0.5 else (fast, slow)
    return neurons.LIFNeuron(tau_mem=tau_mem, tau_syn=tau_syn, dt=1e-3)


def mystery_neuron(seed: int = 0) -> Callable[[Tensor], Tensor]:
    """Return a probe of a LIF neuron whose two time constants you do not know.

    The idea of a neuron with hidden parameters is that of the exercises to *Neuronal Dynamics*
    (Gerstner, Kistler, Naud, Paninski, 2014).

    Parameters
    ----------
    seed : int
        Which neuron.

    Returns
    -------
    callable
        ``probe(drive)``: takes the weighted input of each step (1 ms), of shape (T,), and returns
        the membrane potential U[0] .. U[T-1], float64. The threshold is 1, the reset subtracts.

    Examples
    --------
    An input at step 0 reaches the membrane two steps later:

    >>> probe = mystery_neuron(seed=0)
    >>> probe(torch.tensor([0.5, 0.0, 0.0]))
    tensor([0.0000, 0.0000, 0.5000], dtype=torch.float64)

    Chapter 2, exercise 02-7.
    """
    neuron = hidden_parameters(seed)

    def probe(drive: Tensor) -> Tensor:
        """Return the membrane potential for a weighted input of shape (T,)."""
        drive = torch.as_tensor(drive, dtype=torch.float64)
        if drive.dim() != 1:
            shape = tuple(drive.shape)
            raise ValueError(f"drive has shape {shape}; one axis (T,) is accepted")
        return neurons.run(neuron, drive[:, None, None]).mem[:, 0, 0].detach()

    return probe


def mystery_digit(seed: int = 0, steps: int = 100) -> Tensor:
    """Return the spikes of one handwritten digit in a latency code, and not its label.

    Parameters
    ----------
    seed : int
        Which digit of the test set.
    steps : int
        Time steps of 1 ms, at least 1.

    Returns
    -------
    Tensor
        Spikes (T, 64), one unit for each pixel of an 8 x 8 picture, row by row. The more ink in
        a pixel, the earlier its one spike; blank pixels are silent.

    Examples
    --------
    >>> mystery_digit(seed=0).shape
    torch.Size([100, 64])

    Chapter 1, exercise 01-6.
    """
    pixels, _ = _digit(seed)
    return data.latency_code(pixels[None], steps)[:, 0]


def hidden_digit(seed: int) -> int:
    """Return the label of :func:`mystery_digit`."""
    return _digit(seed)[1]


def _digit(seed: int) -> tuple[Tensor, int]:
    """Return the pixels and the label of a digit of the test set."""
    split, generator = data.digits(), torch.Generator().manual_seed(seed)
    index = int(torch.randint(len(split.test_labels), (1,), generator=generator))
    return split.test_inputs[index], int(split.test_labels[index])
