"""A recurrent network of gated LIF neurons, and how it answers (chapter 4a)."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from snnbook._validate import (
    check_finite,
    check_generator,
    check_integer,
    check_kind,
    check_same_kind,
    check_shape,
    check_time_first,
)
from snnbook.neurons import WithConstants, run
from snnbook.smoothed._gated import GatedNeuron, GatedRecord


class GatedOutput(NamedTuple):
    """Readout (T, B, C), a linear map of the synaptic traces, and what the neurons did."""

    readout: Tensor
    hidden: GatedRecord


class GatedNetwork(WithConstants, nn.Module):
    r"""Gated LIF neurons with recurrent synapses and a linear readout of their traces.

    .. math:: I[n] = W x[n] + V s[n] + b, \qquad o[n] = O s[n]

    Parameters
    ----------
    sizes : tuple of int
        Inputs, neurons, outputs.
    neuron : GatedNeuron
        Time constants, step and active zone. It may be replaced after training by one with a
        narrower zone, to see what hard spikes would do.
    generator : torch.Generator
        Source of the initial weights.
    dtype : torch.dtype
        Type of the weights.

    Examples
    --------
    >>> generator = torch.Generator().manual_seed(0)
    >>> network = GatedNetwork((3, 5, 2), GatedNeuron(), generator=generator)
    >>> network(torch.zeros(7, 4, 3)).readout.shape
    torch.Size([7, 4, 2])

    Huh and Sejnowski (2018); chapter 4a; paper section IV.A.1.
    """

    def __init__(
        self,
        sizes: tuple[int, int, int],
        neuron: GatedNeuron,
        *,
        generator: torch.Generator,
        dtype: torch.dtype = torch.float32,
    ):
        super().__init__()
        if not isinstance(sizes, Sequence) or isinstance(sizes, str) or len(sizes) != 3:
            raise ValueError(f"sizes is {sizes!r}; (inputs, neurons, outputs) is accepted")
        for size in sizes:
            check_integer("sizes", size, 1)
        check_kind("neuron", neuron, GatedNeuron)
        check_generator(generator)
        if not (isinstance(dtype, torch.dtype) and dtype.is_floating_point):
            raise TypeError(f"dtype is {dtype!r}; a floating-point torch.dtype is accepted")
        inputs, neurons, outputs = sizes
        self.neuron = neuron

        def draw(rows: int, columns: int, scale: float) -> nn.Parameter:
            values = torch.randn(rows, columns, generator=generator, dtype=torch.float64)
            return nn.Parameter((scale / columns**0.5 * values).to(dtype))

        self.weight = draw(neurons, inputs, 2.0)
        self.recurrent_weight = draw(neurons, neurons, 0.5)
        self.bias = nn.Parameter(torch.full((neurons,), 0.7, dtype=dtype))
        self.readout_weight = draw(outputs, neurons, 1.0)

    def forward(self, inputs: Tensor) -> GatedOutput:
        check_time_first("inputs", inputs, self.weight.shape[1])
        check_same_kind("inputs", inputs, self.weight)
        check_finite("inputs", inputs.detach(), steps=True)
        check_finite("readout_weight", self.readout_weight.detach())
        drive = inputs @ self.weight.T + self.bias
        hidden = run(self.neuron, drive, recurrent_weight=self.recurrent_weight)
        return GatedOutput(hidden.syn @ self.readout_weight.T, hidden)


def answer_scores(readout: Tensor, answer: Tensor) -> Tensor:
    """Return the mean readout over the steps that count, (B, C).

    >>> answer_scores(torch.tensor([[[1.0, 4.0]], [[3.0, 0.0]]]), torch.tensor([[0.0], [1.0]]))
    tensor([[3., 0.]])

    Chapter 4a.
    """
    check_time_first("readout", readout)
    check_shape("answer", answer, tuple(readout.shape[:2]), readout)
    check_finite("readout", readout.detach(), steps=True)
    check_finite("answer", answer, steps=True)
    if not bool((answer.sum(0) > 0).all()):
        raise ValueError("answer has a sample without a step that counts; at least one is accepted")
    return (readout * answer[..., None]).sum(0) / answer.sum(0)[:, None]
