"""The constants of a neuron travel with its weights: in every state dict, compared at loading."""

import math
import warnings
import zlib
from dataclasses import fields, is_dataclass

import torch
from torch import Tensor

#: Words that constants may be, by their place; new ones come last, so that old files stay right.
WORDS = ("subtract", "zero", "none", "lif", "relu", "parabola", "boxcar")
WORDS += ("SigmoidEscape", "ExponentialEscape", "Gate", "NonLeaky", "EqualTau", "DoubleTau")
WORDS += ("symplectic", "forward", "exact", "mem", "quad", "restart")
WORDS += ("LIFNeuron", "AdaptiveNeuron", "DirectLIFNeuron", "AdLIFNeuron")
WORDS += ("ResonateNeuron", "BalancedNeuron")
#: Fields that change no forward pass.
BACKWARD_ONLY = ("surrogate", "reset_gradient", "generator")
#: Stands for infinity, which would become NaN in an average.
ENDLESS = 1e30

UNKNOWN = (
    "the state dict does not say for which neurons its weights were trained, so their time "
    "constants, threshold and reset could not be compared with those of the network"
)


def constants_in(value, label: str = "") -> dict:
    """Return what of a neuron, or another dataclass, changes its forward pass, by name.

    >>> from snnbook.neurons import LeakyNeuron
    >>> constants_in(LeakyNeuron())
    {'tau_mem': 0.01, 'tau_syn': 0.005, 'dt': 0.001}
    """
    found = {}
    for field in fields(value):
        inner, name = getattr(value, field.name), label + field.name
        if field.name in BACKWARD_ONLY:
            continue
        if is_dataclass(inner):
            found[name] = type(inner).__name__
            found |= constants_in(inner, name + ".")
        elif isinstance(inner, Tensor):
            found |= {f"{name}[{k}]": x for k, x in enumerate(inner.flatten().tolist())}
        elif isinstance(inner, (bool, int, float, str)) or hasattr(inner, "__float__"):
            found[name] = inner
    return found


class WithConstants:
    """A module whose state dict holds the constants of its neurons beside the weights.

    The entry ``_extra_state`` is a float64 tensor (K,), so whatever takes a dictionary of tensors
    takes it. Loading compares it: weights that were trained with other constants are an error, and
    of weights without it a warning says that nothing could be compared. A surrogate and
    ``reset_gradient`` are no part of it, because they change gradients alone.

    Examples
    --------
    >>> from snnbook.neurons import LIFNeuron, SpikingNetwork
    >>> slow, fast = (SpikingNetwork((3, 4, 2), LIFNeuron(tau)) for tau in (20e-3, 5e-3))
    >>> fast.load_state_dict(slow.state_dict())  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    RuntimeError: ...hidden.0: tau_mem is 0.005 here and 0.02 in the state dict. ...

    Chapter 2.
    """

    def constants(self) -> dict:
        """Return the constants that change the forward pass, by name."""
        return self.neuron.constants()

    def get_extra_state(self) -> Tensor:
        """Return the constants as a tensor, float64 (K,)."""
        values = [_number(value) for value in self.constants().values()]
        return torch.tensor(values, dtype=torch.float64, device="cpu")

    def set_extra_state(self, state: Tensor) -> None:
        """Do nothing: constants are compared before weights are taken, and never set."""

    def _load_from_state_dict(self, state_dict, prefix, metadata, strict, missing, unexpected, bad):
        key = prefix + "_extra_state"
        stored = state_dict.get(key)
        if stored is None or getattr(stored, "is_meta", False):
            layers = [k for k, child in self._modules.items() if isinstance(child, WithConstants)]
            names = {name.removeprefix(prefix).split(".")[0] for name in state_dict}
            if names - {*layers}:
                warnings.warn(UNKNOWN, stacklevel=2)
        else:
            different = _differences(self.constants(), stored)
            if different:
                name = prefix.rstrip(".") or type(self).__name__
                bad.append(
                    f"{name}: {different}. Build the network with the constants of the weights; "
                    "to run the weights with others on purpose, copy the parameters"
                    + (" or take with_neuron of that network." if hasattr(self, "neuron") else ".")
                )
                return
        super()._load_from_state_dict(
            state_dict, prefix, metadata, strict, missing, unexpected, bad
        )
        if key in missing:
            missing.remove(key)


def _number(value) -> float:
    """Return a constant as a finite number; a word as its place among the known ones."""
    if isinstance(value, str):
        known = value in WORDS
        return float(WORDS.index(value) if known else 1000 + zlib.crc32(value.encode()) % 30000)
    return min(max(float(value), -ENDLESS), ENDLESS)


def _shown(number: float, like) -> str:
    """Return how a stored number reads, given the constant that it is compared with."""
    if isinstance(like, str):
        return repr(dict(enumerate(WORDS)).get(number, "another word"))
    if isinstance(like, bool):
        return repr(bool(number))
    return repr(math.inf) if number >= ENDLESS else f"{number:.6g}"


def _differences(constants: dict, stored) -> str:
    """Return in words how stored constants differ from these, or an empty string.

    A rounding that the file's dtype explains is no difference.
    """
    names = ", ".join(constants)
    if not (isinstance(stored, Tensor) and stored.is_floating_point()):
        return f"the constants stored are a {type(stored).__name__}; a tensor is accepted"
    if tuple(stored.shape) != (len(constants),):
        return (
            f"the state dict holds constants of shape {tuple(stored.shape)}, of neurons of another "
            f"kind or with others that learn; {len(constants)} are accepted: {names}"
        )
    rounding = max(4 * torch.finfo(stored.dtype).eps, 1e-6)
    found = []
    for (name, value), number in zip(constants.items(), stored.tolist(), strict=True):
        here = torch.tensor(_number(value), dtype=torch.float64).to(stored.dtype).item()
        if here == number or abs(here - number) <= rounding * abs(here):
            continue
        mine = repr(value) if isinstance(value, (str, bool)) else _shown(_number(value), value)
        found.append(f"{name} is {mine} here and {_shown(number, value)} in the state dict")
    return "; ".join(found)
