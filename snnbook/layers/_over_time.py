"""Modules of PyTorch that know no time, run over all steps at once (chapter 2)."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from snnbook._validate import check_callable
from snnbook.kernels import Events
from snnbook.layers._stateful import Stateful, check_steps, dense
from snnbook.neurons import LIF, LeakyReadout, SpikingNetwork

#: Modules that take a state, and those that would be wrong step by step.
STATEFUL = (Stateful, LIF, LeakyReadout, SpikingNetwork)
#: Rows of a convolution that a CPU takes at once: all of them together take twice the time, since
#: buffers of many megabytes come fresh from the system each time.
ROWS = 128
#: The base classes of PyTorch's recurrent modules and of its dropout.
RECURRENT, DROPOUT = nn.RNNBase, (nn.modules.dropout._DropoutNd,)


def over_time(module: Callable[[Tensor], Tensor], inputs: Tensor | Events) -> Tensor:
    """Run a module that knows no time on every step: time and batch become one axis, and two again.

    This is how convolutions, poolings, :class:`torch.nn.Linear`, :class:`torch.nn.Flatten` and
    batch normalization of PyTorch run in a :class:`Network`. A batch normalization so takes its
    mean and variance over time and batch.

    Parameters
    ----------
    module : Module or callable
        Maps (T * B, ...) to (T * B, ...).
    inputs : Tensor or Events
        (T, B, ...), such as (T, B, C, H, W) for a convolution over space.

    Returns
    -------
    Tensor
        (T, B, ...).

    Raises
    ------
    TypeError, ValueError
        If the module does not take a step of these inputs, or gives no tensor of as many rows.

    Examples
    --------
    >>> import torch
    >>> pictures = torch.ones(5, 2, 1, 8, 8)  # T, B, channels, height, width
    >>> over_time(torch.nn.MaxPool2d(2), pictures).shape
    torch.Size([5, 2, 1, 4, 4])

    The sum over each place is PyTorch's average with a divisor of 1:

    >>> over_time(torch.nn.AvgPool2d(2, divisor_override=1), pictures)[0, 0, 0, 0, 0]
    tensor(4.)

    Chapter 2.
    """
    check_callable("module", module)
    own = next(module.parameters(), None) if isinstance(module, nn.Module) else None
    inputs = dense(inputs, own)
    check_steps("inputs", inputs, own)
    try:
        outputs = _folded(module, inputs.flatten(0, 1))
    except (RuntimeError, ValueError) as error:
        step = tuple(inputs.shape[2:])
        raise ValueError(
            f"inputs has shape {tuple(inputs.shape)}, and {module} does not take its steps "
            f"{step}: {str(error).splitlines()[0]}; steps that the module takes are accepted"
        ) from error
    rows = inputs.shape[0] * inputs.shape[1]
    if not isinstance(outputs, Tensor) or outputs.dim() < 1 or outputs.shape[0] != rows:
        given = tuple(outputs.shape) if isinstance(outputs, Tensor) else type(outputs).__name__
        raise TypeError(
            f"module gave {given} for {rows} rows, one for each step and sample; a tensor with as "
            "many rows is accepted"
        )
    return outputs.unflatten(0, inputs.shape[:2])


def _folded(module: Callable[[Tensor], Tensor], rows: Tensor) -> Tensor:
    """Return what a module gives for all rows; a convolution on a CPU in pieces."""
    if not (isinstance(module, nn.modules.conv._ConvNd) and rows.is_cpu and len(rows) > ROWS):
        return module(rows)
    return torch.cat([module(piece) for piece in rows.split(ROWS)])


def check_timeless(name: str, module: nn.Module) -> None:
    """Raise unless a module may run on every step by itself."""
    for inner in module.modules():
        if isinstance(inner, DROPOUT):
            raise TypeError(
                f"{name} has a {type(inner).__name__}, which drops other inputs at every step; "
                "layers.Dropout is accepted, whose mask is the same at all steps"
            )
        if isinstance(inner, (RECURRENT, nn.RNNCellBase)):
            raise TypeError(
                f"{name} has a {type(inner).__name__}, which has a state of its own; a layer "
                "that takes and gives it, made from layers.Stateful, is accepted"
            )
        if hasattr(inner, "neuron") and not isinstance(inner, STATEFUL):
            raise TypeError(
                f"{name} has a {type(inner).__name__}, whose neurons have a state that it does not "
                "hand on; a layer or a network that takes and gives its state is accepted"
            )
        if isinstance(inner, STATEFUL):
            raise TypeError(
                f"{name} has a {type(inner).__name__} inside a {type(module).__name__}, which "
                "hands no state on; a Network inside a Network is accepted"
            )
