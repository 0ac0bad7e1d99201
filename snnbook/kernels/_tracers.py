"""Whether something of PyTorch is looking at operations, which the compiled loops have none of."""

import sys

import torch
from torch.autograd import forward_ad


def exporting() -> bool:
    """Return whether ``torch.export`` is recording, by Dynamo or without it."""
    if not torch.compiler.is_compiling():
        return False
    asked = getattr(torch.compiler, "is_exporting", None)  # PyTorch 2.7
    return not torch.compiler.is_dynamo_compiling() or bool(asked and asked())


def transforming() -> bool:
    """Return whether a transform of ``torch.func`` is active."""
    return torch._C._functorch.peek_interpreter_stack() is not None


def recorder() -> str | None:
    """Return what records operations into a graph now, in words, or None."""
    if exporting():
        return "torch.export is recording"
    if torch.jit.is_tracing():
        return "torch.jit.trace is recording"
    if _modes():
        tensors = sys.modules.get("torch.fx.experimental.proxy_tensor")
        if tensors is not None and tensors.get_proxy_mode() is not None:
            return "make_fx is recording"
    return None


def _modes() -> int:
    """Return how many modes see the operations, those before dispatch too."""
    return (
        torch._C._len_torch_dispatch_stack() + torch._ops._len_torch_dispatch_stack_pre_dispatch()
    )


def watcher() -> str | None:
    """Return what needs the operations of the plain loop now, in words, or None."""
    found = recorder()
    if found is not None:
        return found
    if transforming():
        return "a torch.func transform is active"
    if forward_ad._current_level >= 0:
        return "forward-mode differentiation is active"
    if not _modes():
        return None
    keys = torch._C._TorchDispatchModeKey
    for key, name in ((keys.FAKE, "a FakeTensorMode"), (keys.FUNCTIONAL, "functionalization")):
        if torch._C._get_dispatch_mode(key) is not None:
            return f"{name} is active"
    return None
