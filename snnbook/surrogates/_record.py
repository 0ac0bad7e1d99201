"""The surrogate record: one bump with a height and a width (paper section IV.B.1)."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import sympy
import torch
from torch import Tensor
from torch.autograd import forward_ad

from snnbook._validate import check_float, check_positive

Shape = Callable[[Tensor], Tensor]

#: The SymPy symbol of a shape, its distance to threshold in units of the width.
Z = sympy.Symbol("z", real=True)
X = sympy.Symbol("x", real=True)


class _Spike(torch.autograd.Function):
    """The step of the forward pass with a given derivative in the backward pass."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor, derivative: Shape, spike_at_threshold: bool) -> Tensor:
        return _step(x, spike_at_threshold)

    @staticmethod
    def setup_context(ctx, inputs, output) -> None:
        x, ctx.derivative, _ = inputs
        ctx.save_for_backward(x)
        ctx.save_for_forward(x)

    @staticmethod
    def backward(ctx, grad: Tensor):
        (x,) = ctx.saved_tensors
        return grad * ctx.derivative(x), None, None

    @staticmethod
    def jvp(ctx, change: Tensor, *_):
        (x,) = ctx.saved_tensors
        return change * ctx.derivative(x)


class _DualSpike(_Spike):
    """The same for forward-mode differentiation; ``torch.compile`` takes no such function."""

    @staticmethod
    def setup_context(ctx, inputs, output) -> None:
        _Spike.setup_context(ctx, inputs, output)
        ctx.save_for_forward(inputs[0])

    @staticmethod
    def jvp(ctx, tangent: Tensor, *_) -> Tensor:
        (x,) = ctx.saved_tensors
        return tangent * ctx.derivative(x)


def _step(x: Tensor, at_threshold: bool) -> Tensor:
    """Return 1 above threshold and 0 below, and NaN for NaN, of which ``x > 0`` makes 0."""
    return 1 - (-x).clamp(0, 1).ceil() if at_threshold else x.clamp(0, 1).ceil()


def _pure_spike(x: Tensor, derivative: Shape, at_threshold: bool) -> Tensor:
    """Do as ``_Spike`` in tensor operations alone, with two derivatives (a trapezoid of none)."""
    still = x.detach()
    return _step(still, at_threshold) + (derivative(still) + derivative(x)) / 2 * (x - still)


def _spike_for_now() -> Callable:
    """Return the step for whatever looks at the operations now."""
    if torch.compiler.is_compiling():
        return _Spike.apply
    stack = torch._C._functorch.peek_interpreter_stack()
    functional = torch._C._functorch.TransformType.Functionalize
    if torch.jit.is_tracing() or (stack is not None and stack.key() == functional):
        return _pure_spike
    return _Spike.apply if forward_ad._current_level < 0 else _DualSpike.apply


@dataclass(frozen=True)
class Surrogate:
    r"""One surrogate derivative, :math:`g(x) = \text{height} \cdot h(x/\text{width})`.

    Parameters
    ----------
    name : str
        The family's name in the field.
    shape : callable
        :math:`h(z)`, a tensor function of the same shape as its input, with
        :math:`h(0) = 1` and full width at half maximum 1.
    form : sympy.Expr
        The same :math:`h` as a SymPy expression in ``z``. Figures, documentation
        and tests are made from it.
    unit_area : float
        :math:`\int h(z)\,dz`.
    width : float
        Full width at half maximum, in units of the membrane potential, above 0.
    height : float
        Value at threshold, above 0.
    source : str
        Where the family was proposed.

    Raises
    ------
    ValueError
        If ``width`` or ``height`` is not a finite number above 0.

    Notes
    -----
    Calling a surrogate gives spikes; the derivative is used only in the backward pass:

    >>> from snnbook.surrogates import piecewise_linear
    >>> x = torch.tensor([-0.1, 0.0, 0.1], requires_grad=True)
    >>> spikes = piecewise_linear(width=0.5)(x)
    >>> spikes
    tensor([0., 0., 1.], grad_fn=<_SpikeBackward>)
    >>> spikes.sum().backward()
    >>> x.grad
    tensor([0.8000, 1.0000, 0.8000])

    Paper section IV.B.1 and figure 3; chapter 5; ``eq-04a-backward``, ``eq-05-surrogate``.
    """

    name: str
    shape: Shape
    form: sympy.Expr
    unit_area: float
    width: float
    height: float
    source: str

    def __post_init__(self) -> None:
        check_positive("width", self.width)
        check_positive("height", self.height)

    def __repr__(self) -> str:
        """Return name, width and height, as the neuron of a layer shows them.

        >>> from snnbook.surrogates import fast_sigmoid
        >>> fast_sigmoid(width=0.4)
        Surrogate('fast sigmoid', width=0.4, height=1)
        """
        return f"Surrogate({self.name!r}, width={self.width:g}, height={self.height:g})"

    def __call__(self, x: Tensor, spike_at_threshold: bool = False) -> Tensor:
        r"""Return spikes :math:`\Theta(x)`, with this surrogate as the derivative.

        Parameters
        ----------
        x : Tensor
            Distance to threshold :math:`U - \theta`, any shape, floating point.
        spike_at_threshold : bool
            The value of :math:`\Theta(0)`: ``False`` gives 0, ``True`` gives 1.
            Libraries differ here; norse and snnTorch take 0, SpikingJelly takes 1.

        Returns
        -------
        Tensor
            0 and 1, and NaN where ``x`` is NaN.
        """
        check_float("x", x)
        return _spike_for_now()(x, self.derivative, spike_at_threshold)

    def derivative(self, x: Tensor) -> Tensor:
        """Return the surrogate derivative :math:`g(x)`, of the shape of ``x``.

        >>> from snnbook.surrogates import gaussian
        >>> gaussian(width=1.0, height=2.0).derivative(torch.tensor([0.0, 0.5]))
        tensor([2., 1.])
        """
        return self.height * self.shape(x / self.width)

    @property
    def symbolic(self) -> sympy.Expr:
        """The derivative :math:`g` as a SymPy expression in ``x``.

        >>> from snnbook.surrogates import piecewise_linear
        >>> piecewise_linear(width=0.5, height=3.0).symbolic
        3.0*Max(0, 1 - 2.0*Abs(x))
        """
        width = sympy.Float(self.width)
        return sympy.Float(self.height) * self.form.subs(Z, X / width)

    @property
    def area(self) -> float:
        r"""The integral :math:`\int g(x)\,dx`: how far the implied soft step rises.

        >>> from snnbook.surrogates import piecewise_linear
        >>> piecewise_linear(width=0.5, height=3.0).area
        1.5

        ``eq-05-soft-step``.
        """
        return self.unit_area * self.width * self.height

    def scaled(self, *, width: float | None = None, height: float | None = None) -> "Surrogate":
        """Return the same family with another width or height.

        >>> from snnbook.surrogates import fast_sigmoid
        >>> fast_sigmoid().scaled(width=0.4).width
        0.4

        ``eq-05-height``.
        """
        return replace(
            self,
            width=self.width if width is None else width,
            height=self.height if height is None else height,
        )


def custom(
    name: str,
    shape: Shape,
    form: sympy.Expr,
    *,
    width: float = 0.1,
    height: float = 1.0,
    source: str = "your own",
) -> Surrogate:
    r"""Make a surrogate of your own from a shape and its formula.

    The width at half maximum and the area of ``form`` are computed here, so write the
    shape in whatever units are natural; it is rescaled to height 1 and width 1.

    Parameters
    ----------
    name : str
        A name for labels.
    shape : callable
        Tensor function, symmetric, with its largest value at 0.
    form : sympy.Expr
        The same function as a SymPy expression in :data:`snnbook.surrogates.Z`.
    width, height, source
        As in :class:`Surrogate`.

    Raises
    ------
    ValueError
        If ``shape`` and ``form`` disagree, or if ``form`` is not positive at 0, or does
        not fall to half its height within a distance of 1000.

    Examples
    --------
    Three lines make a surrogate:

    >>> from snnbook.surrogates import Z
    >>> sech2 = custom("sech squared", lambda z: 1 / torch.cosh(z) ** 2, 1 / sympy.cosh(Z) ** 2)
    >>> sech2.scaled(width=0.5).derivative(torch.tensor([0.0, 0.25]))
    tensor([1.0000, 0.5000])
    """
    numeric = sympy.lambdify(Z, form, "math")
    peak = float(numeric(0.0))
    if not peak > 0:
        raise ValueError(f"form is {peak} at z = 0; a value above 0 is accepted")
    unit = _full_width(lambda z: numeric(z) / peak)
    probe = torch.linspace(-2 * unit, 2 * unit, 17, dtype=torch.float64)
    expected = torch.tensor([float(numeric(float(z))) for z in probe], dtype=torch.float64)
    if not torch.allclose(shape(probe), expected, rtol=1e-6, atol=1e-9):
        raise ValueError("shape and form disagree; they must be the same function of z")
    scaled_form = (form / peak).subs(Z, Z * sympy.Float(unit))
    return Surrogate(
        name=name,
        shape=partial(_rescaled, shape=shape, unit=unit, peak=peak),
        form=scaled_form,
        unit_area=_area(lambda z: numeric(z * unit) / peak),
        width=width,
        height=height,
        source=source,
    )


def _rescaled(z: Tensor, shape: Shape, unit: float, peak: float) -> Tensor:
    """Return ``shape`` stretched to height 1 and full width at half maximum 1."""
    return shape(z * unit) / peak


def _full_width(shape: Callable[[float], float]) -> float:
    """Return the full width at half maximum of a symmetric bump of height 1 (bisection)."""
    high = 1e-6
    while shape(high) > 0.5:
        high *= 2
        if high > 1000:
            raise ValueError("form does not fall to half its height within a distance of 1000")
    low = high / 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if shape(middle) > 0.5 else (low, middle)
    return low + high


def _area(shape: Callable[[float], float]) -> float:
    """Return the integral over the real line (midpoint rule after z = sinh(sinh(t)))."""
    step, total = 1e-3, 0.0
    for k in range(-4000, 4000):
        t = (k + 0.5) * step
        try:
            z = math.sinh(math.sinh(t))
            total += shape(z) * math.cosh(math.sinh(t)) * math.cosh(t) * step
        except OverflowError:  # the shape has long vanished out there
            continue
    return total
