"""A network of one's own: a list of layers, state in and state out (chapter 2)."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from snnbook._validate import check_flag
from snnbook.kernels import Events
from snnbook.layers._over_time import STATEFUL, check_timeless, over_time
from snnbook.layers._stateful import LayerOutput, Stateful, check_no_state
from snnbook.neurons import LIF, LeakyReadout, SpikingNetwork


class Network(Stateful):
    """Layers in a row, whose states are handed in and out together.

    Parameters
    ----------
    layers : sequence of Module
        In their order. Each is a layer of this room, also another network, or one of your own
        (:class:`Stateful`); a layer or a network of ``snnbook.neurons``; or any module of
        PyTorch that knows no time, such as ``Conv2d``, ``MaxPool2d``, ``Flatten``, ``Linear`` or
        ``BatchNorm2d``, which :func:`over_time` runs on every step. Where inputs come flat, as
        :func:`snnbook.training.fit` takes them, ``Unflatten(1, (C, H, W))`` is the first.

    Attributes
    ----------
    layers : ModuleList
        The layers.

    Raises
    ------
    TypeError, ValueError
        If an entry is no module, if it would be wrong step by step (PyTorch's dropout and its
        recurrent modules), or if time steps of the neurons differ.

    Examples
    --------
    >>> import torch
    >>> from snnbook.layers import Cells, Dense, rate_driven_
    >>> from snnbook.neurons import AdaptiveNeuron, LeakyNeuron, LIFNeuron
    >>> g = torch.Generator().manual_seed(0)
    >>> lif, adaptive = LIFNeuron(tau_mem=20e-3), AdaptiveNeuron()
    >>> network = Network([
    ...     rate_driven_(torch.nn.Conv2d(2, 4, 3), lif, input_rate=50.0, generator=g),
    ...     Cells(lif),
    ...     torch.nn.MaxPool2d(2),
    ...     torch.nn.Flatten(),
    ...     Dense(36, 20, adaptive, recurrent=True, generator=g),
    ...     Dense(20, 3, LeakyNeuron(), generator=g),
    ... ])
    >>> frames = torch.rand(50, 5, 2, 8, 8, generator=g).lt(0.05).float()
    >>> outputs, states = network(frames)
    >>> outputs.shape, len(states)
    (torch.Size([50, 5, 3]), 6)

    In pieces, as a stream arrives:

    >>> first, states = network(frames[:30])
    >>> second, states = network(frames[30:], states)
    >>> torch.allclose(torch.cat([first, second]), outputs, atol=1e-6)
    True

    Paper section II; chapter 2.
    """

    records = True

    def __init__(self, layers: Sequence[nn.Module]) -> None:
        super().__init__()
        if not isinstance(layers, (list, tuple, nn.ModuleList)):
            raise TypeError(
                f"layers is a {type(layers).__name__}; a list of modules is accepted, such as "
                "[Dense(3, 4, neuron), Dense(4, 2, neuron.leaky)]"
            )
        if not len(layers):
            raise ValueError("layers is empty; at least one module is accepted")
        for k, layer in enumerate(layers):
            if not isinstance(layer, nn.Module):
                found = type(layer).__name__
                raise TypeError(
                    f"layers[{k}] is a {found}; a torch.nn.Module is accepted, such as "
                    "Dense(...), or Cells(neuron) for a neuron"
                )
            if not isinstance(layer, STATEFUL):
                check_timeless(f"layers[{k}]", layer)
        self.layers = nn.ModuleList(layers)
        steps = {x for x in map(_time_step, self.modules()) if x is not None}
        if len(steps) > 1:
            given = ", ".join(map(repr, sorted(steps)))
            raise ValueError(
                f"dt is {given} in the layers; one time step for all of them is accepted"
            )

    def forward(
        self, inputs: Tensor | Events, states: Sequence[Any] | None = None, record: bool = False
    ) -> LayerOutput:
        """Run the network over inputs (T, B, ...), from ``states`` or from rest.

        ``states`` has one entry a layer, None where a layer has none. With ``record`` the records
        in ``hidden`` have the states of all steps.
        """
        check_flag("record", record)
        count = len(self.layers)
        if states is None:
            states = (None,) * count
        elif not isinstance(states, (tuple, list)) or hasattr(states, "_fields"):
            raise TypeError(
                f"states is a {type(states).__name__}; the states of an earlier run are accepted, "
                "a tuple with one entry a layer"
            )
        elif len(states) != count:
            raise ValueError(f"states has {len(states)} entries; {count} are accepted, one a layer")
        hidden, after, outputs = [], [], inputs
        for k, (layer, state) in enumerate(zip(self.layers, states, strict=True)):
            try:
                outputs, state, sent = run_module(layer, outputs, state, record)
            except Exception as error:
                error.add_note(f"in layers[{k}], a {type(layer).__name__}")
                raise
            after.append(state)
            hidden += sent
        return LayerOutput(outputs, tuple(after), tuple(hidden))

    def __len__(self) -> int:
        return len(self.layers)

    def __getitem__(self, index: int) -> nn.Module:
        return self.layers[index]


def run_module(
    module: nn.Module, inputs: Tensor | Events, state: Any, record: bool = False
) -> tuple[Tensor, Any, tuple]:
    """Run a module of any kind; return outputs, the state after, and what hidden layers sent."""
    if isinstance(module, SpikingNetwork):
        out = module(inputs, record, state)
        return out.readout, out.state, out.hidden
    if isinstance(module, LIF):
        out = module(inputs, state, record=record)
        return out.spikes, out.state, (out,)
    if isinstance(module, LeakyReadout):
        out = module(inputs, state)
        return out.mem, out.state, ()
    if not isinstance(module, Stateful):
        check_no_state(module, state)
        return over_time(module, inputs), None, ()
    out = module(inputs, state, record) if module.records else module(inputs, state)
    if not isinstance(out, tuple) or len(out) != 2:
        raise TypeError(
            f"{type(module).__name__} returned a {type(out).__name__}; outputs and state, such as "
            "LayerOutput(outputs, state), are accepted"
        )
    return out[0], out[1], getattr(out, "hidden", ())


def _time_step(module: nn.Module) -> float | None:
    """Return the time step of a layer's neurons, or None where it has none."""
    neuron = getattr(module, "neuron", None)
    return getattr(neuron, "dt", None)
