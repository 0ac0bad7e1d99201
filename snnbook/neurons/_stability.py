"""When the step of a neuron with two states is stable: spectral radius and bounds (chapter 8b)."""

import torch
from torch import Tensor

from snnbook._validate import check_kind
from snnbook.neurons._adlif import AdLIFNeuron, as_tensors
from snnbook.neurons._balanced import BalancedNeuron
from snnbook.neurons._resonate import ResonateNeuron


def spectral_radius(neuron: AdLIFNeuron | ResonateNeuron | BalancedNeuron) -> Tensor:
    r"""Return the spectral radius of a neuron's step without spikes: below 1 it is stable.

    .. math:: r = \max_k |\lambda_k(A)|, \qquad (U, w)[n+1] = A\, (U, w)[n]

    Parameters
    ----------
    neuron : AdLIFNeuron, ResonateNeuron or BalancedNeuron
        A neuron with two states; a constant may be a tensor (N,).

    Returns
    -------
    Tensor
        A number, or (N,).

    Raises
    ------
    TypeError
        If the neuron has no step matrix.

    Examples
    --------
    An oscillator that forgets with 50 ms, exact and by Euler:

    >>> spectral_radius(ResonateNeuron(frequency=20.0, tau_mem=50e-3)).item() < 1
    True
    >>> euler = ResonateNeuron(frequency=20.0, tau_mem=50e-3, step_kind="forward", dt=5e-3)
    >>> spectral_radius(euler).item() > 1
    True

    Baronig et al. (2025); Higuchi et al. (2024); chapter 8b; ``eq-08b-matrix``.
    """
    if not hasattr(neuron, "step_matrix") or isinstance(neuron, type):
        raise TypeError(
            f"neuron is a {type(neuron).__name__}; an AdLIFNeuron, a ResonateNeuron or a "
            "BalancedNeuron is accepted"
        )
    return torch.linalg.eigvals(neuron.step_matrix()).abs().amax(-1)


def coupling_bound(neuron: AdLIFNeuron) -> Tensor:
    r"""Return the coupling a up to which the step of an adLIF neuron is stable.

    With :math:`\kappa = (1 - \beta)(1 - \rho)`, a step without spikes is stable for
    :math:`-1 < a < a_\text{max}`,

    .. math::

        a_\text{max} = \frac{1 - \beta\rho}{\kappa} \;\text{(forward)}, \qquad
        a_\text{max} = \frac{(1 + \beta)(1 + \rho)}{\kappa} \;\text{(symplectic)}

    At small steps the first is about :math:`(\tau_\text{mem} + \tau_w) / \Delta t` and the second
    :math:`4\, \tau_\text{mem} \tau_w / \Delta t^2`.

    Parameters
    ----------
    neuron : AdLIFNeuron
        Time constants, time step and the discretization; its coupling plays no part.

    Returns
    -------
    Tensor
        A number, or (N,).

    Raises
    ------
    TypeError
        If it is another neuron.

    Examples
    --------
    >>> round(coupling_bound(AdLIFNeuron(20e-3, 100e-3, step_kind="forward")).item())
    120
    >>> round(coupling_bound(AdLIFNeuron(20e-3, 100e-3)).item())
    8002

    Baronig et al. (2025); chapter 8b; ``eq-08b-bound``.
    """
    check_kind("neuron", neuron, AdLIFNeuron)
    beta, rho = as_tensors(neuron.beta, neuron.rho)
    kappa = (1 - beta) * (1 - rho)
    if neuron.step_kind == "forward":
        return (1 - beta * rho) / kappa
    return (1 + beta) * (1 + rho) / kappa


def divergence_bound(frequency: float | Tensor, dt: float) -> Tensor:
    r"""Return the damping at which Euler's step of an oscillator neither grows nor decays.

    .. math:: p(\omega) = \frac{-1 + \sqrt{1 - (\omega \Delta t)^2}}{\Delta t}, \qquad
              |1 + \Delta t\, (p + i\omega)| = 1, \qquad \omega = 2\pi f

    Parameters
    ----------
    frequency : float or Tensor
        f in Hz, above 0 and below :math:`1 / (2\pi \Delta t)`, where no damping is enough.
    dt : float
        Time step in seconds, above 0.

    Returns
    -------
    Tensor
        p in 1/s, at most 0, of the shape of ``frequency``.

    Raises
    ------
    TypeError, ValueError
        If a value is out of range.

    Examples
    --------
    >>> round(divergence_bound(10.0, 1e-3).item(), 3)
    -1.976

    Higuchi et al. (2024); chapter 8b; ``eq-08b-balance``.
    """
    neuron = BalancedNeuron(frequency, dt=dt)
    return as_tensors(neuron.bound)[0]
