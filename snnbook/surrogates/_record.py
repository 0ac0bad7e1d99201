"""The surrogate record: one bump with a height and a width (paper section IV.B.1)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Union

import torch
from torch import Tensor
from torch.autograd import forward_ad

from snnbook._validate import check_float, check_positive
from snnbook.surrogates._formulas import X, Z

if TYPE_CHECKING:
    import sympy

Shape = Callable[[Tensor], Tensor]
Formula = Union["sympy.Expr", Callable[[], "sympy.Expr"]]


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

    @staticmethod
    def backward(ctx, grad: Tensor):
        (x,) = ctx.saved_tensors
        return grad * ctx.derivative(x), None, None


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
    formula : sympy.Expr or callable
        The same :math:`h` as a SymPy expression in ``z``, or a function that returns it, so that
        SymPy is imported by who asks for the formula, and by no training.
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
    formula: Formula
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
        return _spike_for_now()(x, self._slope, spike_at_threshold)

    def derivative(self, x: Tensor) -> Tensor:
        """Return the surrogate derivative :math:`g(x)`, of the shape of ``x``, floating point.

        >>> from snnbook.surrogates import gaussian
        >>> gaussian(width=1.0, height=2.0).derivative(torch.tensor([0.0, 0.5]))
        tensor([2., 1.])
        """
        check_float("x", x)
        return self._slope(x)

    def _slope(self, x: Tensor) -> Tensor:
        """Return the derivative in plain operations: a recorder looks into the backward pass."""
        return self.height * self.shape(x / self.width)

    @property
    def form(self) -> "sympy.Expr":
        """The shape :math:`h` as a SymPy expression in ``z``.

        >>> from snnbook.surrogates import piecewise_linear
        >>> piecewise_linear().form
        Max(0, 1 - Abs(z))
        """
        import sympy

        return self.formula if isinstance(self.formula, sympy.Expr) else self.formula()

    @property
    def symbolic(self) -> "sympy.Expr":
        """The derivative :math:`g` as a SymPy expression in ``x``.

        >>> from snnbook.surrogates import piecewise_linear
        >>> piecewise_linear(width=0.5, height=3.0).symbolic
        3.0*Max(0, 1 - 2.0*Abs(x))
        """
        import sympy

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
