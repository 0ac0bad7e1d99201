"""A surrogate of your own, from a shape and its formula (paper section IV.B.1)."""

import math
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from snnbook._validate import check_callable, check_shape
from snnbook.surrogates._formulas import Z, stretched
from snnbook.surrogates._record import Shape, Surrogate

if TYPE_CHECKING:
    import sympy


def custom(
    name: str,
    shape: Shape,
    form: "sympy.Expr",
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
    TypeError
        If ``name`` is no text, ``shape`` no tensor function, or ``form`` no expression.
    ValueError
        If ``shape`` and ``form`` disagree, or if ``form`` has another symbol, is not positive at
        0, or does not fall to half its height within a distance of 1000.

    Examples
    --------
    Three lines make a surrogate:

    >>> import sympy
    >>> from snnbook.surrogates import Z
    >>> sech2 = custom("sech squared", lambda z: 1 / torch.cosh(z) ** 2, 1 / sympy.cosh(Z) ** 2)
    >>> sech2.scaled(width=0.5).derivative(torch.tensor([0.0, 0.25]))
    tensor([1.0000, 0.5000])
    """
    import sympy

    if not isinstance(name, str):
        raise TypeError(f"name is {name!r}; a text is accepted")
    check_callable("shape", shape)
    if not isinstance(form, sympy.Expr):
        raise TypeError(f"form is {form!r}; a SymPy expression in surrogates.Z is accepted")
    if others := form.free_symbols - {Z}:
        raise ValueError(
            f"form has the symbols {sorted(map(str, others))}; surrogates.Z alone is accepted, "
            "the real symbol z"
        )
    numeric = sympy.lambdify(Z, form, "math")
    if not numeric(0.0) > 0:
        raise ValueError(f"form is {numeric(0.0)} at z = 0; a value above 0 is accepted")
    unit = _full_width(lambda z: numeric(z) / numeric(0.0))
    probe = torch.linspace(-2 * unit, 2 * unit, 17, dtype=torch.float64)
    expected = torch.tensor([float(numeric(float(z))) for z in probe], dtype=torch.float64)
    found = shape(probe)
    check_shape("what shape returns", found, tuple(probe.shape), probe)
    if not torch.allclose(found, expected, rtol=1e-6, atol=1e-9):
        raise ValueError("shape and form disagree; the same function of z is accepted for both")
    made = measured(name, shape, numeric, partial(_same, form), source=source)
    return made.scaled(width=width, height=height)


def measured(
    name: str,
    shape: Shape,
    numeric: Callable[[float], float],
    formula: Callable[[], "sympy.Expr"],
    *,
    source: str,
) -> Surrogate:
    """Return a surrogate whose width and area are measured on ``numeric``, a function of floats."""
    peak = float(numeric(0.0))
    unit = _full_width(lambda z: numeric(z) / peak)
    return Surrogate(
        name=name,
        shape=partial(_rescaled, shape=shape, unit=unit, peak=peak),
        formula=partial(stretched, formula, unit, peak),
        unit_area=_area(lambda z: numeric(z * unit) / peak),
        width=0.1,
        height=1.0,
        source=source,
    )


def _same(form: "sympy.Expr") -> "sympy.Expr":
    return form


def _rescaled(z: Tensor, shape: Shape, unit: float, peak: float) -> Tensor:
    """Return ``shape`` stretched to height 1 and full width at half maximum 1."""
    return shape(z * unit) / peak


def _full_width(shape: Callable[[float], float]) -> float:
    """Return the full width at half maximum of a symmetric bump of height 1 (bisection)."""
    high = 1e-6
    while shape(high) > 0.5:
        high *= 2
        if high > 1000:
            raise ValueError(
                "form does not fall to half its height within a distance of 1000; "
                "one that does is accepted"
            )
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
