"""Parameters, state and records of a layer of LIF neurons (paper section II, chapter 2)."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from snnbook._validate import check_positive


@dataclass(frozen=True)
class LIFParameters:
    r"""Time constants and threshold of a layer of LIF neurons, in seconds.

    .. math:: \alpha = e^{-\Delta t / \tau_\text{syn}}, \qquad
              \beta = e^{-\Delta t / \tau_\text{mem}}

    Parameters
    ----------
    tau_mem, tau_syn : float
        Time constants of membrane and synaptic current in seconds, above 0.
    dt : float
        Time step in seconds, above 0.
    threshold : float
        :math:`\theta`, above 0. The paper's natural units put it at 1.

    Raises
    ------
    ValueError
        If a value is not a finite number above 0.

    Examples
    --------
    >>> params = LIFParameters(tau_mem=10e-3, tau_syn=5e-3, dt=1e-3)
    >>> round(params.alpha, 4), round(params.beta, 4)
    (0.8187, 0.9048)

    Chapter 2; paper section II.
    """

    tau_mem: float = 10e-3
    tau_syn: float = 5e-3
    dt: float = 1e-3
    threshold: float = 1.0

    def __post_init__(self) -> None:
        for name in ("tau_mem", "tau_syn", "dt", "threshold"):
            check_positive(name, getattr(self, name))

    @property
    def alpha(self) -> float:
        """Decay factor of the synaptic current over one step."""
        return math.exp(-self.dt / self.tau_syn)

    @property
    def beta(self) -> float:
        """Decay factor of the membrane potential over one step."""
        return math.exp(-self.dt / self.tau_mem)


#: The time constants that a layer has when none are given: 10 ms, 5 ms, steps of 1 ms.
DEFAULT_PARAMETERS = LIFParameters()


class LIFState(NamedTuple):
    """What a layer carries from one step to the next: ``syn`` (I) and ``mem`` (U), each (B, N).

    The spike S[n] is no part of it, because U[n] determines S[n].
    """

    syn: Tensor
    mem: Tensor


class LIFRecord(NamedTuple):
    """What happened in a layer: ``spikes``, ``mem`` and ``syn`` (T, B, N), and the state after.

    The three records share the index n = 0 .. T-1. ``state`` holds I[T] and U[T]: give it to
    the next call to go on. ``mem`` and ``syn`` are ``None`` when they were not recorded.
    """

    spikes: Tensor
    mem: Tensor | None
    syn: Tensor | None
    state: LIFState


class LeakyRecord(NamedTuple):
    """What happened in a leaky readout: ``mem`` and ``syn`` (T, B, N), and the state after."""

    mem: Tensor
    syn: Tensor
    state: LIFState


def psp_kernel(params: LIFParameters, steps: int) -> Tensor:
    r"""Return the membrane's response to one input spike of weight 1 at step 0, float64 (T,).

    .. math:: \kappa[n] = \frac{\beta^{n-1} - \alpha^{n-1}}{\beta - \alpha},
              \qquad \kappa[0] = \kappa[1] = 0

    For :math:`\alpha = \beta` the limit :math:`(n-1)\,\beta^{n-2}` is returned.

    >>> psp_kernel(LIFParameters(), 4)
    tensor([0.0000, 0.0000, 1.0000, 1.7236], dtype=torch.float64)

    Paper section II; chapter 2.
    """
    n = torch.arange(steps, dtype=torch.float64) - 1
    alpha, beta = params.alpha, params.beta
    if math.isclose(alpha, beta, rel_tol=1e-9):
        kernel = n * beta ** (n - 1)
    else:
        kernel = (beta**n - alpha**n) / (beta - alpha)
    return torch.where(n > 0, kernel, torch.zeros_like(kernel))
