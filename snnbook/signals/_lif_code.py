"""A code by neurons: a signal is the current of a leaky integrate-and-fire neuron."""

import torch
from torch import Tensor

from snnbook._validate import check_finite, check_positive, check_time_first
from snnbook.neurons import LeakyNeuron, LIFNeuron, Neuron, run

#: No synapse between the signal and the membrane, which forgets within 20 ms.
ENCODER = LIFNeuron(tau_mem=20e-3, tau_syn=1e-6)


@torch.no_grad()
def lif_code(signal: Tensor, *, gain: float | Tensor = 1.0, neuron: Neuron = ENCODER) -> Tensor:
    r"""Code a signal as the spikes of neurons that it drives: the larger, the more of them.

    .. math:: U[n+1] = \beta U[n] + I[n] - \theta S[n], \qquad I[n+1] = g \, x[n]

    A steady signal x makes spikes if :math:`g x > \theta (1 - \beta)`. The larger it is, the
    sooner comes the next spike: far above that, after about :math:`\theta / (g x)` steps.

    Parameters
    ----------
    signal : Tensor, shape (T, B, N)
        Finite, floating point.
    gain : float or Tensor, shape (N,)
        g, above 0. A gain that learns is a layer: the drive of a
        :class:`snnbook.neurons.LIF` layer may be any signal.
    neuron : Neuron
        What is driven; by default a membrane of 20 ms without a synapse.

    Returns
    -------
    Tensor, shape (T, B, N)
        Spikes, 0 or 1, with the dtype and device of ``signal``.

    Raises
    ------
    TypeError, ValueError
        If ``signal`` has other axes or is not finite, or ``gain`` is not above 0.

    Examples
    --------
    >>> steady = torch.tensor([0.0, 0.1, 0.2]).expand(100, 1, 3)
    >>> lif_code(steady).sum(0)
    tensor([[ 0.,  7., 16.]])
    """
    check_time_first("signal", signal)
    check_finite("signal", signal, steps=True)
    if not isinstance(neuron, Neuron) or type(neuron) is LeakyNeuron:
        raise TypeError(
            f"neuron is a {type(neuron).__name__}; a neuron that spikes is accepted, such as "
            "LIFNeuron()"
        )
    if isinstance(gain, Tensor):
        if gain.shape != signal.shape[2:] or not bool((gain > 0).all()):
            raise ValueError(
                f"gain has shape {tuple(gain.shape)}; numbers above 0 of shape "
                f"({signal.shape[2]},) are accepted"
            )
    else:
        check_positive("gain", gain)
    return run(neuron, gain * signal).spikes
