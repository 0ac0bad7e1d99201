"""Escape noise: how a membrane potential becomes the probability of a spike (chapter 4b)."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional

from snnbook._validate import check_finite, check_float, check_positive
from snnbook.surrogates import Surrogate, Z, sigmoid_derivative

if TYPE_CHECKING:
    import sympy

_LARGEST = 50.0  # exponents beyond this are cut, so that float32 never overflows
_SMALL = 1e-3
#: Solutions of y exp(1 - y) = 1/2: where the derivative of the exponential kind is half its peak.
_HALF_LOW, _HALF_HIGH = 0.23196095298653444, 2.6783469900166605


@dataclass(frozen=True)
class SigmoidEscape:
    r"""Logistic escape noise, :math:`p(x) = \sigma(x / \Delta)`.

    Parameters
    ----------
    noise : float
        :math:`\Delta`, in units of the membrane potential, above 0. With 0 in the limit the
        neuron is the LIF.

    Examples
    --------
    >>> escape = SigmoidEscape(noise=0.2)
    >>> escape.probability(torch.tensor([-0.2, 0.0, 0.2]))
    tensor([0.2689, 0.5000, 0.7311])

    Paper section IV.A.2; chapter 4b; ``eq-04b-kinds``.
    """

    noise: float = 0.2

    def __post_init__(self) -> None:
        check_positive("noise", self.noise)

    def probability(self, x: Tensor) -> Tensor:
        r"""Return :math:`p(x)`, the probability of a spike at distance x from threshold."""
        check_float("x", x)
        return torch.sigmoid(x / self.noise)

    def derivative(self, x: Tensor) -> Tensor:
        r"""Return :math:`p'(x) = p (1 - p) / \Delta`.

        >>> SigmoidEscape(noise=0.5).derivative(torch.tensor(0.0))
        tensor(0.5000)
        """
        return self.probability(x) * self.probability(-x) / self.noise

    def log_probability(self, spikes: Tensor, x: Tensor) -> Tensor:
        r"""Return :math:`S \log p(x) + (1 - S) \log(1 - p(x))`, without overflow."""
        _check_spikes(spikes, x)
        return functional.logsigmoid((2 * spikes - 1) * x / self.noise)

    def score(self, spikes: Tensor, x: Tensor) -> Tensor:
        r"""Return the slope of :meth:`log_probability` in x, :math:`(S - p) / \Delta`.

        >>> SigmoidEscape(noise=0.5).score(torch.tensor([0.0, 1.0]), torch.zeros(2))
        tensor([-1.,  1.])
        """
        _check_spikes(spikes, x)
        return (spikes - self.probability(x)) / self.noise

    def surrogate(self) -> Surrogate:
        r"""Return the surrogate whose derivative is :math:`p'`.

        >>> SigmoidEscape(noise=0.25).surrogate().height
        1.0
        """
        width = 4 * math.log(1 + math.sqrt(2)) * self.noise
        return sigmoid_derivative(width=width, height=1 / (4 * self.noise))


@dataclass(frozen=True)
class ExponentialEscape:
    r"""Exponential escape noise: the rate of spikes is exponential in the distance x.

    .. math:: p(x) = 1 - e^{-h(x)}, \qquad h(x) = h_0 e^{x / \Delta}

    :math:`h = \rho \Delta t` is the expected number of spikes in a step, for the escape rate
    :math:`\rho` of Pfister et al. (2006).

    Parameters
    ----------
    noise : float
        :math:`\Delta`, in units of the membrane potential, above 0.
    hazard : float
        :math:`h_0 = \rho_0 \Delta t`, the expected number of spikes in a step at threshold.

    Examples
    --------
    >>> escape = ExponentialEscape(noise=0.2)
    >>> escape.probability(torch.tensor([-0.2, 0.0, 0.2]))
    tensor([0.3078, 0.6321, 0.9340])

    Paper section IV.A.2; chapter 4b; ``eq-04b-kinds``.
    """

    noise: float = 0.2
    hazard: float = 1.0

    def __post_init__(self) -> None:
        check_positive("noise", self.noise)
        check_positive("hazard", self.hazard)

    def _log_hazard(self, x: Tensor) -> Tensor:
        check_float("x", x)
        return (x / self.noise + math.log(self.hazard)).clamp(max=_LARGEST)

    def probability(self, x: Tensor) -> Tensor:
        r"""Return :math:`p(x)`, the probability of a spike at distance x from threshold."""
        return -torch.expm1(-self._log_hazard(x).exp())

    def derivative(self, x: Tensor) -> Tensor:
        r"""Return :math:`p'(x) = h e^{-h} / \Delta`.

        >>> ExponentialEscape(noise=0.5).derivative(torch.tensor(0.0))
        tensor(0.7358)
        """
        log_hazard = self._log_hazard(x)
        return (log_hazard - log_hazard.exp()).exp() / self.noise

    def log_probability(self, spikes: Tensor, x: Tensor) -> Tensor:
        r"""Return :math:`S \log p(x) + (1 - S) \log(1 - p(x))`, without overflow."""
        _check_spikes(spikes, x)
        log_hazard = self._log_hazard(x)
        hazard = log_hazard.exp()
        large = torch.log(-torch.expm1(-hazard.clamp(min=_SMALL)))
        fires = torch.where(hazard < _SMALL, log_hazard - hazard / 2 + hazard**2 / 24, large)
        return torch.where(spikes > 0.5, fires, -hazard)

    def score(self, spikes: Tensor, x: Tensor) -> Tensor:
        r"""Return the slope of :meth:`log_probability` in x.

        It is :math:`h / (e^h - 1) / \Delta` after a spike and :math:`-h / \Delta` without one.

        >>> ExponentialEscape(noise=0.5).score(torch.tensor([0.0, 1.0]), torch.zeros(2))
        tensor([-2.0000,  1.1640])
        """
        _check_spikes(spikes, x)
        hazard = self._log_hazard(x).exp()
        safe = hazard.clamp(_SMALL, _LARGEST)
        fires = torch.where(hazard < _SMALL, 1 - hazard / 2 + hazard**2 / 12, safe / safe.expm1())
        return torch.where(spikes > 0.5, fires, -hazard) / self.noise

    def surrogate(self) -> Surrogate:
        r"""Return the surrogate whose derivative is :math:`p'`; it is not symmetric.

        >>> x = torch.tensor([-0.3, 0.1])
        >>> escape = ExponentialEscape(noise=0.2)
        >>> torch.allclose(escape.surrogate().derivative(x), escape.derivative(x))
        True
        """
        stretch = math.log(_HALF_HIGH / _HALF_LOW)  # full width at half maximum, in units of noise
        h, shape = self.hazard, _Gumbel(self.hazard, stretch)
        return Surrogate(
            "exponential escape",
            shape,
            shape.formula,
            math.exp(h) / (h * stretch),
            width=stretch * self.noise,
            height=h * math.exp(-h) / self.noise,
            source="Pfister, Toyoizumi, Barber and Gerstner (2006)",
        )


@dataclass(frozen=True)
class _Gumbel:
    """The derivative of the exponential kind at height 1 at threshold and unit width."""

    hazard: float
    stretch: float

    def __call__(self, z: Tensor) -> Tensor:
        z = (self.stretch * z).clamp(max=_LARGEST)
        return torch.exp(z + self.hazard - self.hazard * z.exp())

    def formula(self) -> "sympy.Expr":
        """Return the same as a SymPy expression."""
        import sympy

        z = self.stretch * Z
        return sympy.exp(z + self.hazard - self.hazard * sympy.exp(z))


def _check_spikes(spikes: Tensor, x: Tensor) -> None:
    check_float("x", x)
    check_float("spikes", spikes)
    check_finite("spikes", spikes.detach())


Escape = SigmoidEscape | ExponentialEscape
DEFAULT_ESCAPE = SigmoidEscape()
