"""A layer of any neurons behind a weight matrix, feed-forward or recurrent (chapter 2)."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from snnbook._validate import check_flag, check_integer, check_same_kind, check_time_first
from snnbook.kernels import Events, run_layer
from snnbook.layers._cells import check_cells, from_record, state_at
from snnbook.layers._start import Start, drawn_recurrent, drawn_weights
from snnbook.layers._stateful import LayerOutput, Stateful, dense
from snnbook.neurons import Neuron, WithNeuron


class Dense(WithNeuron, Stateful):
    r"""A layer of neurons of any kind, each connected with every input.

    .. math:: x[n] = W S_\text{in}[n] + b + V S[n]

    Parameters
    ----------
    in_features, out_features : int
        Numbers of inputs and of neurons.
    neuron : Neuron
        Any neuron: of the book, or one of your own. A :class:`snnbook.neurons.LeakyNeuron` makes
        the layer a readout.
    recurrent : bool
        Whether the neurons also send to each other, through V.
    bias : bool
        Whether each neuron has a constant drive b, which starts at 0. It keeps the weights from
        being fused with the loop over time, and events from staying sparse.
    input_rate, rate, recurrent_rate, std
        As in :class:`snnbook.neurons.RecurrentLIF`. A neuron that is no ``LIFNeuron`` takes no
        ``std``; a pilot of it is run once, to find the weights with which it fires at ``rate``.
    learn, spread, generator
        As in :class:`snnbook.neurons.LIF`.
    kernel, checkpoint
        As in :func:`snnbook.neurons.run`.

    Attributes
    ----------
    weight, bias, recurrent_weight : Parameter
        W (out, in), b (out,) or None, V (out, out) or None.

    Examples
    --------
    >>> from snnbook.neurons import AdaptiveNeuron
    >>> generator = torch.Generator().manual_seed(0)
    >>> layer = Dense(3, 2, AdaptiveNeuron(), recurrent=True, bias=True, generator=generator)
    >>> outputs, state = layer(torch.ones(10, 4, 3))
    >>> outputs.shape, state.adapt.shape
    (torch.Size([10, 4, 2]), torch.Size([4, 2]))
    >>> outputs, state = layer(torch.ones(1, 4, 3), state)  # one step more

    Paper section II; chapter 2.
    """

    records = True

    def __init__(
        self,
        in_features: int,
        out_features: int,
        neuron: Neuron,
        *,
        recurrent: bool = False,
        bias: bool = False,
        input_rate: float = 10.0,
        rate: float = 10.0,
        recurrent_rate: float | None = None,
        std: float | None = None,
        learn: Sequence[str] = (),
        spread: float = 0.0,
        generator: torch.Generator | None = None,
        kernel: str = "auto",
        checkpoint: int | None = None,
    ) -> None:
        super().__init__()
        check_integer("in_features", in_features, 1)
        check_integer("out_features", out_features, 1)
        check_cells(neuron, generator, kernel, checkpoint)
        check_flag("recurrent", recurrent)
        check_flag("bias", bias)
        if recurrent_rate is not None and not recurrent:
            raise ValueError(
                f"recurrent_rate is {recurrent_rate!r} and recurrent is False; None is accepted "
                "without recurrent weights"
            )
        self.kernel, self.checkpoint = kernel, checkpoint
        start = Start(input_rate, rate, std, generator)
        given, loop = (neuron, in_features, out_features, start), None
        if recurrent:
            own = rate if recurrent_rate is None else recurrent_rate
            weight, loop = drawn_recurrent(*given, own)
        else:
            weight = drawn_weights(*given)
        self.weight = nn.Parameter(weight)
        self.bias = nn.Parameter(torch.zeros(out_features)) if bias else None
        self.recurrent_weight = None if loop is None else nn.Parameter(loop)
        self._take(neuron, out_features, learn, spread, generator)

    def forward(
        self, inputs: Tensor | Events, state: Any = None, record: bool = False
    ) -> LayerOutput:
        """Run the layer over inputs (T, B, in_features), from ``state`` or from rest.

        With ``record`` the states of every step are kept in ``hidden[0]``.
        """
        neuron, weight = self.neuron, self.weight
        check_flag("record", record)
        if not isinstance(inputs, Events):
            check_time_first("inputs", inputs, weight.shape[1])
        state = state_at(neuron, state, (inputs.shape[1], len(weight)))
        if self.bias is not None:
            inputs, weight = self._drive(inputs), None
        made = run_layer(
            neuron,
            inputs,
            weight,
            state,
            recurrent_weight=self.recurrent_weight,
            record=record,
            kernel=self.kernel,
            checkpoint=self.checkpoint,
            name="inputs",
        )
        return from_record(neuron, made)

    def _drive(self, inputs: Tensor | Events) -> Tensor:
        """Return W S + b of every step, (T, B, N)."""
        inputs = dense(inputs, self.weight)
        check_time_first("inputs", inputs, self.weight.shape[1])
        check_same_kind("inputs", inputs, self.weight)
        drive = functional.linear(inputs, self.weight, self.bias)
        return drive.to(self.weight.dtype)  # autocast may take another dtype

    def extra_repr(self) -> str:
        out_features, in_features = self.weight.shape
        text = f"{in_features}, {out_features}, {self._base}"
        text += ", recurrent" if self.recurrent_weight is not None else ""
        text += ", bias" if self.bias is not None else ""
        return text + (f", of each neuron: {', '.join(self._tensors)}" if self._tensors else "")
