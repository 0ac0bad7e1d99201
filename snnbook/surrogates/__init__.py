r"""Surrogate derivatives of the spiking nonlinearity (paper section IV.B, chapter 5).

The forward pass of a spiking neuron is a step, :math:`S = \Theta(x)` with
:math:`x = U - \theta`. Its derivative is zero almost everywhere. A surrogate is a
function :math:`g(x)` that takes the place of that derivative in the backward pass,
and changes nothing in the forward pass.

Every family here is one bump around the threshold, described by the same two numbers:

.. math:: g(x) = \text{height} \cdot h(x / \text{width}), \qquad h(0) = 1,

where ``height`` is the value at threshold and ``width`` is the full width at half
maximum, in the units of the membrane potential. Libraries use a different steepness
for each family; height and width make the families comparable.

>>> import torch
>>> surrogate = fast_sigmoid(width=0.5)
>>> surrogate.derivative(torch.tensor([-0.25, 0.0, 0.25]))
tensor([0.5000, 1.0000, 0.5000])
"""

from snnbook.surrogates._custom import custom as custom
from snnbook.surrogates._families import (
    ALL as ALL,
    arctangent as arctangent,
    boxcar as boxcar,
    exponential as exponential,
    fast_sigmoid as fast_sigmoid,
    gaussian as gaussian,
    multi_gaussian as multi_gaussian,
    piecewise_linear as piecewise_linear,
    sigmoid_derivative as sigmoid_derivative,
    true_derivative as true_derivative,
)
from snnbook.surrogates._formulas import Z as Z
from snnbook.surrogates._record import Surrogate as Surrogate
