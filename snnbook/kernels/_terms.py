"""What the surrogate, the loss and the reset bring to the adjoint; see the loops' equations."""

import numpy as np
import torch
from torch import Tensor

from snnbook.kernels import _loops
from snnbook.kernels._call import Call
from snnbook.kernels._forward import as_edge
from snnbook.surrogates import Surrogate, fast_sigmoid

#: The default surrogate: its slope is made by a compiled loop, others by their own function.
FAST_SIGMOID = fast_sigmoid()


class Terms:
    """The terms of one call. ``numbers`` are its constants as the loops have them."""

    def __init__(self, call: Call, numbers, varied):
        self.call = call
        self.edge, self.theta, self.decay = numbers[2], call.threshold, call.neuron.beta
        self.columns = numbers[0].dtype.type(self.theta) if varied[0] is None else None
        if varied[0] is not None:
            self.decay, self.theta = (x.detach() for x in varied[1:])
            each = np.array(np.broadcast_to(self.theta.numpy(), call.shape[2:]))
            self.columns = call.columns(each)

    def slope(self, mems: Tensor) -> Tensor:
        """Return the surrogate derivative g(U - theta)."""
        return slope_of(self.call.surrogate, mems, self.theta, self.columns)

    def source(self, slope, g_spikes, g_mem, like: Tensor, alone: bool) -> Tensor:
        """Return q = dL/dU + g dL/dS; a fresh tensor where the recurrent loop adds to it."""
        if slope is not None and g_spikes is not None:
            q = (slope * g_spikes).contiguous()
            return q if g_mem is None else q.add_(g_mem)
        if g_mem is None:
            return torch.zeros_like(like)
        return g_mem.contiguous() if alone else g_mem.clone(memory_format=torch.contiguous_format)

    def reset(self, mem, syn, slope):
        r"""Return :math:`c = \beta k - g \rho` and k, or None for :math:`\beta` and 1."""
        call = self.call
        if call.reset != "zero" and not call.coupled:
            return None, None
        if call.reset == "zero":
            keep = (mem <= as_edge(self.edge)).to(mem.dtype)
        else:
            keep = torch.ones_like(mem)
        carry = self.decay * keep
        if call.coupled:
            rho = self.theta
            if call.reset == "zero":
                rho = self.decay * mem + syn
            carry -= slope * rho
        return carry, keep


def slope_of(surrogate: Surrogate, mems: Tensor, theta, columns) -> Tensor:
    """Return g(U - theta), contiguous; ``columns`` is theta as the loops take it."""
    if surrogate.shape is not FAST_SIGMOID.shape or type(surrogate) is not Surrogate:
        return surrogate.derivative(mems - theta).contiguous()
    slope = torch.empty_like(mems)
    kind, area = columns.dtype.type, FAST_SIGMOID.unit_area * surrogate.width
    numbers = columns, kind(2 / area), kind(surrogate.height)
    _loops.fast_sigmoid(
        mems.detach().view(len(mems), -1).numpy(), *numbers, slope.view(len(mems), -1).numpy()
    )
    return slope
