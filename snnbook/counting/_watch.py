"""What arrives at each weight of a network in a run, and what its neurons send."""

from typing import Any, NamedTuple

from torch import Tensor, nn

from snnbook._modes import evaluating
from snnbook.kernels import Events
from snnbook.layers import Cells, Dense, Stateful
from snnbook.neurons import LIF, LeakyNeuron, LeakyReadout, RecurrentLIF, SpikingNetwork

#: Modules of PyTorch that multiply, and those whose outputs count as activations.
CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
STATELESS = (nn.Linear, *CONVOLUTIONS)
ACTIVATIONS = (nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.GELU, nn.ELU, nn.SiLU, nn.Sigmoid, nn.Tanh)
#: Layers of neurons, and those of them that have weights.
WEIGHTED = (LIF, LeakyReadout, Dense)
NEURONS = (*WEIGHTED, Cells)
#: Modules that are run over time.
TIMED = (SpikingNetwork, LIF, LeakyReadout, Stateful)


class Seen(NamedTuple):
    """A weight, by name, with all that arrived at it; ``module`` if that is a convolution."""

    name: str
    weight: Tensor
    inputs: Tensor
    module: nn.Module | None = None


class Watched(NamedTuple):
    """A run: what its weights saw, what its neurons sent, and the states that they keep."""

    seen: tuple[Seen, ...]
    sent: tuple[Tensor, ...]
    updates: int
    states: int


def watch(model: nn.Module, inputs: Tensor) -> Watched:
    """Run a network once, and return what each weight and each neuron had to do."""
    seen: list[Seen] = []
    sent: list[Tensor] = []
    kept: list[tuple[int, int]] = []

    def after(name: str):
        def hook(module: nn.Module, given: tuple, out: Any) -> None:
            seen.extend(_arrived(name, module, given[0], out))
            outputs = _outputs(module, out)
            if isinstance(module, ACTIVATIONS) or (
                isinstance(module, NEURONS) and not _silent(module)
            ):
                sent.append(outputs)
            if isinstance(module, NEURONS):
                kept.append((outputs.numel(), _values(_state(out))))

        return hook

    parts = {name: module for name, module in model.named_modules() if _counts(name, module)}
    hooks = [module.register_forward_hook(after(name)) for name, module in parts.items()]
    try:
        with evaluating(model):
            model(inputs)
    finally:
        for hook in hooks:
            hook.remove()
    return Watched(tuple(seen), tuple(sent), sum(n for n, _ in kept), sum(n for _, n in kept))


def _counts(name: str, module: nn.Module) -> bool:
    """Return whether a module does something that is counted, or raise if it cannot be."""
    if isinstance(module, (*NEURONS, *STATELESS, *ACTIVATIONS)):
        return True
    own = [key for key, one in module.named_parameters(recurse=False) if one.dim() > 1]
    if own:
        raise TypeError(
            f"{name or 'model'} is a {type(module).__name__} with {own[0]}, whose operations are "
            "not known; Linear, convolutions, LIF, RecurrentLIF, LeakyReadout, Dense and modules "
            "without weights are accepted"
        )
    return False


def _arrived(name: str, module: nn.Module, inputs: Tensor | Events, out: Any) -> list[Seen]:
    """Return the weights of a module with what arrived at them; own spikes are all delivered."""
    if isinstance(inputs, Events):
        inputs = inputs.to_dense()
    label = name or type(module).__name__
    if isinstance(module, CONVOLUTIONS):
        return [Seen(label, module.weight, inputs, module)]
    if isinstance(module, nn.Linear) or not isinstance(module, WEIGHTED):
        return [Seen(label, module.weight, inputs)] if isinstance(module, nn.Linear) else []
    found = [Seen(label, module.weight, inputs)]
    own = getattr(module, "recurrent_weight", None)
    if isinstance(module, (RecurrentLIF, Dense)) and own is not None:
        found.append(Seen(f"{label}, recurrent", own, _outputs(module, out)))
    return found


def _outputs(module: nn.Module, out: Any) -> Tensor:
    if isinstance(module, LIF):
        return out.spikes
    if isinstance(module, LeakyReadout):
        return out.mem
    return out.outputs if isinstance(module, Stateful) else out


def _state(out: Any) -> Any:
    return out.state if hasattr(out, "state") else out.states


def _values(state: Any) -> int:
    """Return how many numbers a state holds."""
    if isinstance(state, Tensor):
        return state.numel()
    return sum(_values(part) for part in state) if isinstance(state, (tuple, list)) else 0


def _silent(module: nn.Module) -> bool:
    """Return whether a layer is a readout, whose neurons send nothing."""
    return isinstance(module, LeakyReadout) or type(module.neuron) is LeakyNeuron
