r"""Three neurons whose first spike time has a closed form (paper section IV.A.4, chapter 4d).

Between two inputs the membrane is a fixed curve with two numbers A and B, which are sums over the
inputs so far. Each cell says how to sum them, where the curve peaks, and where it meets the
threshold. Inside this file time is ``x = t / tau_syn``. Where ``first_spike`` takes a cell it takes
any value of the form :class:`Cell`.
"""

import math
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from snnbook._validate import check_float, check_positive


def lambert_w(x: Tensor) -> Tensor:
    r"""Return the upper branch of Lambert's W for :math:`-1/e \le x \le 0`.

    .. math:: W(x)\, e^{W(x)} = x, \qquad W(x) \ge -1

    Parameters
    ----------
    x : Tensor
        Floating point, from :math:`-1/e` to 0; a value that rounding put below is clipped.

    Returns
    -------
    Tensor
        From -1 to 0, by four steps of Halley's method. Not differentiated here.

    Raises
    ------
    TypeError, ValueError
        If ``x`` is no floating-point tensor or leaves its range.

    Examples
    --------
    >>> lambert_w(torch.tensor([-1 / math.e, 0.0], dtype=torch.float64))
    tensor([-1.,  0.], dtype=torch.float64)

    Paper section IV.A.4; chapter 4d; ``eq-04d-lambert``.
    """
    check_float("x", x)
    slack = 1e3 * torch.finfo(x.dtype).eps
    if not bool(((x >= -math.exp(-1.0) - slack) & (x <= 0)).all()):
        raise ValueError("x leaves -1/e .. 0 or holds NaN; numbers in it are accepted")
    return _lambert_w(x)


def _lambert_w(x: Tensor) -> Tensor:
    x = x.clamp(min=-math.exp(-1.0))
    p = torch.sqrt((2 * (1 + math.e * x)).clamp(min=0))
    near = -1 + p * (1 - p * (1 / 3 - 11 / 72 * p))  # around -1/e
    w = torch.where(x < -0.2, near, x * (1 - x * (1 - 1.5 * x)))
    for _ in range(4):
        e = torch.exp(w)
        f = w * e - x
        slope = e * (w + 1) - (w + 2) * f / (2 * w + 2)
        safe = (w + 1).abs() > 1e-8
        w = torch.where(safe, w - f / torch.where(safe, slope, torch.ones_like(w)), w)
    return w.clamp(min=-1.0)


@runtime_checkable
class Cell(Protocol):
    r"""A neuron whose first spike has a closed form: what the layers of single spikes ask of it.

    Between two inputs its membrane is a curve with two numbers A and B, ``course(a, b, x)``, with
    ``x = t / tau_syn``. Each input of weight w adds w times ``basis(x)`` to them.

    Attributes
    ----------
    tau_syn, threshold : float
        Time constant of the synapse, in which times are counted, and the threshold.
    smallest_weight : float
        Weight below which a single input makes no spike.

    Examples
    --------
    >>> isinstance(NonLeaky(), Cell), isinstance("double", Cell)
    (True, False)

    Chapter 4d.
    """

    tau_syn: float
    threshold: float
    smallest_weight: float

    def kernel(self, s: Tensor) -> Tensor:
        """Return the membrane at time ``s`` after one input of weight 1; 0 for ``s <= 0``."""

    def kernel_slope(self, s: Tensor) -> Tensor:
        """Return the derivative of the kernel in ``s``; 0 before the input."""

    def basis(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return what each input adds to A and B, for weight 1."""

    def course(self, a: Tensor, b: Tensor, x: Tensor) -> Tensor:
        """Return the membrane at x, given A and B."""

    def peak(self, a: Tensor, b: Tensor) -> Tensor:
        """Return where the membrane stops rising; minus infinity if it cannot spike."""

    def crossing(self, a: Tensor, b: Tensor) -> Tensor:
        """Return the x at which the rising membrane meets the threshold, where it does."""


def check_cell(cell: Cell) -> None:
    """Raise ``TypeError`` unless ``cell`` is a value of the form :class:`Cell`."""
    if isinstance(cell, type) or not isinstance(cell, Cell):
        given = (
            f"the class {cell.__name__}" if isinstance(cell, type) else f"a {type(cell).__name__}"
        )
        raise TypeError(f"cell is {given}; NonLeaky() and the like are accepted")


@dataclass(frozen=True)
class _Constants:
    """The two numbers of every cell, checked."""

    tau_syn: float = 1.0
    threshold: float = 1.0

    def __post_init__(self) -> None:
        check_positive("tau_syn", self.tau_syn)
        check_positive("threshold", self.threshold)


@dataclass(frozen=True)
class NonLeaky(_Constants):
    r"""The neuron of Mostafa (2017): it adds up current and forgets nothing.

    .. math:: \kappa(s) = 1 - e^{-s/\tau_\text{syn}}, \qquad
        z_\text{out} = \frac{\sum_C w_j z_j}{\sum_C w_j - \theta}, \qquad z = e^{t/\tau_\text{syn}}

    Parameters
    ----------
    tau_syn : float
        Time constant of the synapse, above 0; all times have its unit. With 1, the default, time
        counts in synaptic time constants.
    threshold : float
        :math:`\theta`, above 0.

    Notes
    -----
    An input of weight w lifts the membrane by w in the end, so one input reaches threshold 1 with
    any weight above 1. It is the limit of a LIF neuron with a long membrane time constant, whose
    weights are scaled by ``tau_mem / tau_syn``. The methods are those of :class:`Cell`.

    Examples
    --------
    One input of weight 2 at time 0 needs the time ln 2:

    >>> cell = NonLeaky()
    >>> round(float(cell.kernel(torch.tensor(math.log(2.0)))), 6)
    0.5

    Paper sections IV.A.4 and V.D; chapter 4d; ``eq-04d-z``.
    """

    @property
    def smallest_weight(self) -> float:
        return self.threshold

    def kernel(self, s: Tensor) -> Tensor:
        return -torch.expm1(-(s / self.tau_syn).clamp(min=0))

    def kernel_slope(self, s: Tensor) -> Tensor:
        return (s > 0) * torch.exp(-(s / self.tau_syn).clamp(min=0)) / self.tau_syn

    def basis(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return torch.ones_like(x), torch.exp(x)

    def course(self, a: Tensor, b: Tensor, x: Tensor) -> Tensor:
        return a - b * torch.exp(-x)

    def peak(self, a: Tensor, b: Tensor) -> Tensor:
        """Return where the membrane stops rising: never, or minus infinity if it falls."""
        return torch.where(b > 0, math.inf, -math.inf).to(b.dtype)

    def crossing(self, a: Tensor, b: Tensor) -> Tensor:
        return torch.log(b / (a - self.threshold))


@dataclass(frozen=True)
class EqualTau(_Constants):
    r"""The LIF neuron with :math:`\tau_\text{mem} = \tau_\text{syn}`, solved by Lambert's W.

    .. math:: \kappa(s) = \frac{s}{\tau}\, e^{-s/\tau}, \qquad
        \frac{t}{\tau} = \frac{B}{A} - W\!\left(-\frac{\theta}{A}\, e^{B/A}\right), \qquad
        A = \sum_C w_j e^{t_j/\tau},\; B = \sum_C w_j \frac{t_j}{\tau} e^{t_j/\tau}

    Parameters and methods are those of :class:`NonLeaky`. A single input needs a weight
    of at least :math:`e\,\theta`. The kernel is the alpha function of SpikeProp divided by e, and
    that of :func:`snnbook.spike_times.simulate_exact` for equal time constants.

    >>> round(EqualTau().smallest_weight, 4)
    2.7183

    Goeltz et al. (2021); paper section IV.A.4; chapter 4d; ``eq-04d-lambert``.
    """

    @property
    def smallest_weight(self) -> float:
        return math.e * self.threshold

    def kernel(self, s: Tensor) -> Tensor:
        x = (s / self.tau_syn).clamp(min=0)
        return x * torch.exp(-x)

    def kernel_slope(self, s: Tensor) -> Tensor:
        x = (s / self.tau_syn).clamp(min=0)
        return (s > 0) * (1 - x) * torch.exp(-x) / self.tau_syn

    def basis(self, x: Tensor) -> tuple[Tensor, Tensor]:
        grown = torch.exp(x)
        return grown, x * grown

    def course(self, a: Tensor, b: Tensor, x: Tensor) -> Tensor:
        return torch.exp(-x) * (a * x - b)

    def peak(self, a: Tensor, b: Tensor) -> Tensor:
        safe = torch.where(a > 0, a, torch.ones_like(a))
        return torch.where(a > 0, 1 + b / safe, -math.inf)

    def crossing(self, a: Tensor, b: Tensor) -> Tensor:
        ratio = b / a
        return ratio - _lambert_w(-self.threshold / a * torch.exp(ratio))


@dataclass(frozen=True)
class DoubleTau(_Constants):
    r"""The LIF neuron with :math:`\tau_\text{mem} = 2\tau_\text{syn}`, a quadratic equation.

    .. math:: \kappa(s) = e^{-s/2\tau_\text{syn}} - e^{-s/\tau_\text{syn}}, \qquad
        t = 2 \tau_\text{syn} \ln \frac{2 B}{A + \sqrt{A^2 - 4 \theta B}}, \qquad
        A = \sum_C w_j e^{t_j/2\tau_\text{syn}},\; B = \sum_C w_j e^{t_j/\tau_\text{syn}}

    Parameters and methods are those of :class:`NonLeaky`. A single input needs a weight
    of at least :math:`4\theta`. These are the time constants of
    :class:`snnbook.neurons.LIFNeuron` by default, and the kernel is that of
    :func:`snnbook.spike_times.simulate_exact`.

    >>> DoubleTau().smallest_weight
    4.0

    Goeltz et al. (2021); paper section IV.A.4; chapter 4d; ``eq-04d-quadratic``.
    """

    @property
    def smallest_weight(self) -> float:
        return 4.0 * self.threshold

    def kernel(self, s: Tensor) -> Tensor:
        root = torch.exp(-0.5 * (s / self.tau_syn).clamp(min=0))
        return root - root**2

    def kernel_slope(self, s: Tensor) -> Tensor:
        root = torch.exp(-0.5 * (s / self.tau_syn).clamp(min=0))
        return (s > 0) * (root**2 - 0.5 * root) / self.tau_syn

    def basis(self, x: Tensor) -> tuple[Tensor, Tensor]:
        root = torch.exp(0.5 * x)
        return root, root**2

    def course(self, a: Tensor, b: Tensor, x: Tensor) -> Tensor:
        root = torch.exp(-0.5 * x)
        return root * (a - b * root)

    def peak(self, a: Tensor, b: Tensor) -> Tensor:
        rises = (a > 0) & (b > 0)
        ratio = torch.where(rises, b, 1.0) / torch.where(rises, a, 1.0)
        return torch.where(rises, 2 * torch.log(2 * ratio), -math.inf)

    def crossing(self, a: Tensor, b: Tensor) -> Tensor:
        root = torch.sqrt((a * a - 4 * self.threshold * b).clamp(min=0))
        return 2 * torch.log(2 * b / (a + root))


#: The three cells by the name that results and figures use.
CELLS = {"non-leaky": NonLeaky, "equal": EqualTau, "double": DoubleTau}
