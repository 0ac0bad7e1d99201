"""The families of surrogate derivatives used in the field, at equal height and width."""

import math
from collections.abc import Mapping
from functools import lru_cache, partial
from types import MappingProxyType

import torch
from torch import Tensor

from snnbook.surrogates import _formulas
from snnbook.surrogates._custom import measured
from snnbook.surrogates._record import Surrogate

# The shapes: h(0) = 1 and a full width at half maximum of 1. Named functions, so that a
# network that holds a surrogate can be pickled.

_K_FAST = 2 * (math.sqrt(2) - 1)
_K_EXP = 2 * math.log(2)
_K_SIGMOID = 4 * math.log(1 + math.sqrt(2))
_K_GAUSS = 4 * math.log(2)


def _fast_sigmoid(z: Tensor) -> Tensor:
    return (1 + _K_FAST * z.abs()) ** -2


def _triangle(z: Tensor) -> Tensor:
    return torch.clamp(1 - z.abs(), min=0)


def _two_sided_exponential(z: Tensor) -> Tensor:
    return torch.exp(-_K_EXP * z.abs())


def _sigmoid_derivative(z: Tensor) -> Tensor:
    return 4 * torch.sigmoid(_K_SIGMOID * z) * torch.sigmoid(-_K_SIGMOID * z)


def _cauchy(z: Tensor) -> Tensor:
    return 1 / (1 + (2 * z) ** 2)


def _gaussian(z: Tensor) -> Tensor:
    return torch.exp(-_K_GAUSS * z * z)


def _rectangle(z: Tensor) -> Tensor:
    return (0.5 - z.abs()).clamp(0, 1).ceil()  # NaN stays NaN


def _flanked_gaussian(z, exp=torch.exp, h: float = 0.15, s: float = 6.0):
    flanks = exp(-((z - 1) ** 2) / (2 * s**2)) + exp(-((z + 1) ** 2) / (2 * s**2))
    return (1 + h) * exp(-(z**2) / 2) - h / s * flanks


def fast_sigmoid(width: float = 0.1, height: float = 1.0) -> Surrogate:
    r"""Fast sigmoid, the derivative used by SuperSpike: :math:`g = 1/(1 + k|x|)^2`.

    With :math:`k = 2(\sqrt 2 - 1)/\text{width}`. SpyTorch's ``scale = 100`` is
    ``width = 0.0083``; figure 3 of the paper shows ``k = 5``, ``width = 0.166``.
    Source: Zenke and Ganguli (2018).

    >>> fast_sigmoid(width=1.0).derivative(torch.tensor(0.5))
    tensor(0.5000)

    ``eq-05-three``.
    """
    return Surrogate(
        "fast sigmoid",
        _fast_sigmoid,
        _formulas.fast_sigmoid,
        2 / _K_FAST,
        width,
        height,
        "Zenke and Ganguli (2018), SuperSpike",
    )


def piecewise_linear(width: float = 0.1, height: float = 1.0) -> Surrogate:
    r"""Triangle: :math:`g = \max(0, 1 - |x|/\text{width})`, zero beyond one width.

    Figure 3 of the paper shows ``width = 0.5``. Sources: Bohte (2011), Esser et al.
    (2016), Bellec et al. (2018).

    >>> piecewise_linear(width=1.0).derivative(torch.tensor([0.5, 1.5]))
    tensor([0.5000, 0.0000])

    ``eq-05-three``.
    """
    return Surrogate(
        "piecewise linear",
        _triangle,
        _formulas.triangle,
        1.0,
        width,
        height,
        "Bohte (2011), Esser et al. (2016), Bellec et al. (2018)",
    )


def exponential(width: float = 0.1, height: float = 1.0) -> Surrogate:
    r"""Two-sided exponential, used by SLAYER: :math:`g = \exp(-k|x|)`.

    With :math:`k = 2 \ln 2 / \text{width}`. Figure 3 of the paper shows ``k = 5``,
    ``width = 0.277``. Source: Shrestha and Orchard (2018).

    >>> exponential(width=1.0).derivative(torch.tensor([0.5, 1.0]))
    tensor([0.5000, 0.2500])

    ``eq-05-three``.
    """
    return Surrogate(
        "exponential",
        _two_sided_exponential,
        _formulas.two_sided_exponential,
        2 / _K_EXP,
        width,
        height,
        "Shrestha and Orchard (2018), SLAYER",
    )


def sigmoid_derivative(width: float = 0.1, height: float = 1.0) -> Surrogate:
    r"""Derivative of the logistic sigmoid: :math:`g = 4\,\sigma(kx)\,\sigma(-kx)`.

    With :math:`k = 4 \ln(1 + \sqrt 2)/\text{width}`. Written as a product of two
    sigmoids it neither overflows nor loses its tail. Source: Zenke and Vogels (2021).

    >>> sigmoid_derivative(width=1.0).derivative(torch.tensor([0.0, 0.5]))
    tensor([1.0000, 0.5000])
    """
    return Surrogate(
        "sigmoid derivative",
        _sigmoid_derivative,
        _formulas.sigmoid_derivative,
        4 / _K_SIGMOID,
        width,
        height,
        "Zenke and Vogels (2021)",
    )


def arctangent(width: float = 0.1, height: float = 1.0) -> Surrogate:
    r"""Derivative of the arctangent (a Cauchy bump): :math:`g = 1/(1 + (2x/\text{width})^2)`.

    Source: Fang et al. (2021), and the default of several libraries.

    >>> arctangent(width=1.0).derivative(torch.tensor([0.5, 1.0]))
    tensor([0.5000, 0.2000])
    """
    return Surrogate(
        "arctangent",
        _cauchy,
        _formulas.cauchy,
        math.pi / 2,
        width,
        height,
        "Fang et al. (2021)",
    )


def gaussian(width: float = 0.1, height: float = 1.0) -> Surrogate:
    r"""Gaussian bump: :math:`g = \exp(-4 \ln 2\,(x/\text{width})^2)`.

    Source: Yin, Corradi and Bohte (2020).

    >>> gaussian(width=1.0).derivative(torch.tensor([0.5, 1.0]))
    tensor([0.5000, 0.0625])
    """
    return Surrogate(
        "Gaussian",
        _gaussian,
        _formulas.gaussian,
        math.sqrt(math.pi / _K_GAUSS),
        width,
        height,
        "Yin, Corradi and Bohte (2020)",
    )


def multi_gaussian(width: float = 0.1, height: float = 1.0) -> Surrogate:
    r"""Gaussian with negative flanks: a bump that goes below zero away from threshold.

    .. math:: (1 + h)\,\mathcal N(x; 0, \sigma^2) - h\,\mathcal N(x; \sigma, (s\sigma)^2)
              - h\,\mathcal N(x; -\sigma, (s\sigma)^2)

    with :math:`h = 0.15` and :math:`s = 6`, rescaled to the given height and width.
    Source: Yin, Corradi and Bohte (2021).

    >>> bool(multi_gaussian(width=1.0).derivative(torch.tensor(2.0)) < 0)
    True
    """
    return _multi_gaussian().scaled(width=width, height=height)


@lru_cache(maxsize=1)
def _multi_gaussian() -> Surrogate:
    return measured(
        "multi-Gaussian",
        _flanked_gaussian,
        partial(_flanked_gaussian, exp=math.exp),
        partial(_formulas.of_tensors, _flanked_gaussian),
        source="Yin, Corradi and Bohte (2021)",
    )


def boxcar(width: float = 0.1, height: float = 1.0) -> Surrogate:
    r"""Rectangle: :math:`g = 1` where :math:`|x| < \text{width}/2`, else 0.

    With a width that covers every :math:`x` it is the straight-through estimator of
    Bengio, Leonard and Courville (2013): the gradient passes the step unchanged.
    Source: also the window of eRBP, Neftci et al. (2017).

    >>> boxcar(width=1.0).derivative(torch.tensor([0.4, 0.6]))
    tensor([1., 0.])
    """
    return Surrogate(
        "boxcar",
        _rectangle,
        _formulas.rectangle,
        1.0,
        width,
        height,
        "Bengio, Leonard and Courville (2013); Neftci et al. (2017)",
    )


def true_derivative() -> Surrogate:
    r"""The derivative that the step really has: 0 everywhere but at threshold.

    Used to show what goes wrong without a surrogate (paper section IV, chapter 5).
    Its width and height have no meaning; its area is 0. Not a member of :data:`ALL`.

    >>> true_derivative().derivative(torch.tensor([-1.0, 0.0, 1.0]))
    tensor([0., 0., 0.])

    ``eq-05-step``.
    """
    return Surrogate("true derivative", torch.zeros_like, _formulas.zero, 0.0, 1.0, 1.0, "calculus")


#: Every family at its default width and height, by name.
ALL: Mapping[str, Surrogate] = MappingProxyType(
    {
        surrogate.name: surrogate
        for surrogate in (
            fast_sigmoid(),
            piecewise_linear(),
            exponential(),
            sigmoid_derivative(),
            arctangent(),
            gaussian(),
            multi_gaussian(),
            boxcar(),
        )
    }
)
