"""The active zone of a gated neuron, in which a spike is sent little by little (chapter 4a)."""

from dataclasses import dataclass

import torch
from torch import Tensor

from snnbook._validate import check_choice, check_float, check_number, check_positive


@dataclass(frozen=True)
class Gate:
    r"""The active zone just below a threshold, in which a spike is sent gradually.

    .. math:: g(U) \ge 0, \qquad \int g(U)\,\mathrm{d}U = 1, \qquad
              G(U) = \int_{-\infty}^U g(u)\,\mathrm{d}u

    and g is zero outside of :math:`[\theta - \Delta, \theta]`.

    Parameters
    ----------
    width : float
        :math:`\Delta` in units of the membrane, above 0.
    threshold : float
        :math:`\theta`, the upper end of the zone.
    shape : {"parabola", "boxcar"}
        The parabola :math:`g = 6 z (1 - z) / \Delta` with
        :math:`z = (U - \theta + \Delta) / \Delta`, whose G has a continuous derivative, or the
        boxcar :math:`g = 1 / \Delta` that Huh and Sejnowski draw.

    Raises
    ------
    ValueError
        If the width is not above 0 or the shape is unknown.

    Examples
    --------
    Halfway through the zone, half of the charge is sent:

    >>> Gate(0.5).charge(torch.tensor([0.5, 0.75, 1.0]))
    tensor([0.0000, 0.5000, 1.0000])

    Huh and Sejnowski (2018); chapter 4a; paper section IV.A.1.
    """

    width: float
    threshold: float = 1.0
    shape: str = "parabola"

    def __post_init__(self) -> None:
        check_positive("width", self.width)
        check_choice("shape", self.shape, ("parabola", "boxcar"))
        check_number("threshold", self.threshold)

    def _place(self, mem: Tensor) -> Tensor:
        check_float("mem", mem)
        return ((mem - self.threshold) / self.width + 1).clamp(0, 1)

    def charge(self, mem: Tensor) -> Tensor:
        """Return G(mem), the part of a spike that is sent below this membrane potential.

        ``eq-04a-charge``.
        """
        z = self._place(mem)
        return z if self.shape == "boxcar" else z * z * (3 - 2 * z)

    def density(self, mem: Tensor) -> Tensor:
        """Return g(mem), the derivative of the charge; zero outside of the zone."""
        z = self._place(mem)
        if self.shape == "parabola":
            return 6 * z * (1 - z) / self.width
        inside = ((z > 0) & (z < 1)).to(mem.dtype)
        return torch.where(z.isnan(), z, inside) / self.width
