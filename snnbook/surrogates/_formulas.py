"""The shapes of the families as SymPy expressions in ``z``, made when somebody asks for them.

Networks train without SymPy: the shapes that they use are tensor functions.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sympy

#: The SymPy symbol of a shape, its distance to threshold in units of the width.
Z: Any = None
X: Any = None
try:
    from sympy import Symbol
except ImportError:  # who asks for a formula is told so there
    pass
else:
    Z, X = Symbol("z", real=True), Symbol("x", real=True)


def fast_sigmoid() -> "sympy.Expr":
    """Return the square of one over a distance."""
    import sympy

    return 1 / (1 + 2 * (sympy.sqrt(2) - 1) * sympy.Abs(Z)) ** 2


def triangle() -> "sympy.Expr":
    """Return one minus the distance, at least 0."""
    import sympy

    return sympy.Max(0, 1 - sympy.Abs(Z))


def two_sided_exponential() -> "sympy.Expr":
    """Return an exponential of the distance."""
    import sympy

    return sympy.exp(-2 * sympy.log(2) * sympy.Abs(Z))


def sigmoid_derivative() -> "sympy.Expr":
    """Return the slope of a logistic sigmoid."""
    import sympy

    tail = sympy.exp(-4 * sympy.log(1 + sympy.sqrt(2)) * sympy.Abs(Z))
    return 4 * tail / (1 + tail) ** 2


def cauchy() -> "sympy.Expr":
    """Return the slope of an arctangent."""
    return 1 / (1 + (2 * Z) ** 2)


def gaussian() -> "sympy.Expr":
    """Return a normal density, scaled."""
    import sympy

    return sympy.exp(-4 * sympy.log(2) * Z**2)


def rectangle() -> "sympy.Expr":
    """Return 1 within half a width, and 0 outside."""
    import sympy

    return sympy.Piecewise((1, sympy.Abs(Z) < sympy.Rational(1, 2)), (0, True))


def zero() -> "sympy.Expr":
    """Return the derivative of a step, where it has one."""
    import sympy

    return sympy.Integer(0)


def of_tensors(shape: Callable) -> "sympy.Expr":
    """Return a shape whose exponential can be given, with that of SymPy."""
    import sympy

    return shape(Z, exp=sympy.exp)


def stretched(formula: Callable[[], "sympy.Expr"], unit: float, peak: float) -> "sympy.Expr":
    """Return a formula at height 1 and full width at half maximum 1."""
    import sympy

    return (formula() / peak).subs(Z, Z * sympy.Float(unit))
