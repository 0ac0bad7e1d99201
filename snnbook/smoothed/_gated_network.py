"""A recurrent network of gated LIF neurons, and the delayed XOR that it learns (chapter 4a)."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from snnbook._validate import check_integer, check_time_first
from snnbook.neurons import LIFParameters
from snnbook.smoothed._soft import Gate, GatedRecord, gated_unroll


class GatedOutput(NamedTuple):
    """Readout (T, B, C), a linear map of the synaptic traces, and what the neurons did."""

    readout: Tensor
    hidden: GatedRecord


class GatedNetwork(nn.Module):
    r"""Gated LIF neurons with recurrent synapses and a linear readout of their traces.

    .. math:: I[n] = W x[n] + V s[n] + b, \qquad o[n] = O s[n]

    Parameters
    ----------
    sizes : tuple of int
        Inputs, neurons, outputs.
    params : LIFParameters
        Time constants and step.
    gate : Gate
        The active zone; it may be replaced after training to see what hard spikes would do.
    generator : torch.Generator
        Source of the initial weights.
    dtype : torch.dtype
        Type of the weights.

    Examples
    --------
    >>> generator = torch.Generator().manual_seed(0)
    >>> network = GatedNetwork((3, 5, 2), LIFParameters(), Gate(0.3), generator=generator)
    >>> network(torch.zeros(7, 4, 3)).readout.shape
    torch.Size([7, 4, 2])

    Huh and Sejnowski (2018); chapter 4a; paper section IV.A.1.
    """

    def __init__(
        self,
        sizes: tuple[int, int, int],
        params: LIFParameters,
        gate: Gate,
        *,
        generator: torch.Generator,
        dtype: torch.dtype = torch.float32,
    ):
        super().__init__()
        inputs, neurons, outputs = sizes
        self.params, self.gate = params, gate

        def draw(rows: int, columns: int, scale: float) -> nn.Parameter:
            values = torch.randn(rows, columns, generator=generator, dtype=torch.float64)
            return nn.Parameter((scale / columns**0.5 * values).to(dtype))

        self.weight = draw(neurons, inputs, 2.0)
        self.recurrent_weight = draw(neurons, neurons, 0.5)
        self.bias = nn.Parameter(torch.full((neurons,), 0.7, dtype=dtype))
        self.readout_weight = draw(outputs, neurons, 1.0)

    def forward(self, inputs: Tensor) -> GatedOutput:
        check_time_first("inputs", inputs, self.weight.shape[1])
        drive = inputs @ self.weight.T + self.bias
        options = {"recurrent_weight": self.recurrent_weight}
        hidden = gated_unroll(drive, self.params, self.gate, **options)
        return GatedOutput(hidden.syn @ self.readout_weight.T, hidden)


class DelayedXor(NamedTuple):
    """Currents (T, B, 3) on the channels zero, one and go; labels (B,); where the answer counts."""

    inputs: Tensor
    labels: Tensor
    answer: Tensor


def delayed_xor(
    samples: int, *, pause: int = 40, pulse: int = 5, generator: torch.Generator
) -> DelayedXor:
    """Draw trials of the delayed XOR: two pulses, a pause, a cue, then the answer.

    The first pulse comes at step 2, the second 7 to 11 steps after it, the cue ``pause`` to
    ``pause + 4`` steps after the latest end of the second. A pulse on the channel "zero" or
    "one" is a bit, and the label is the exclusive or of the two bits. The answer counts from the
    end of the cue to the end of the trial. The times are those of this book; the task of Huh and
    Sejnowski takes about a second.

    Parameters
    ----------
    samples : int
        Number of trials.
    pause : int
        Steps between the pulses and the cue, at least 0.
    pulse : int
        Length of a pulse in steps, at least 1.
    generator : torch.Generator
        Source of bits and times.

    Returns
    -------
    DelayedXor
        ``answer`` is (T, B), 1 where the readout counts.

    Raises
    ------
    ValueError
        If a number is out of range.

    Examples
    --------
    >>> task = delayed_xor(4, pause=10, generator=torch.Generator().manual_seed(0))
    >>> task.inputs.shape, int(task.inputs.sum())
    (torch.Size([52, 4, 3]), 60)

    Huh and Sejnowski (2018); chapter 4a.
    """
    for name, value, minimum in (("samples", samples, 1), ("pause", pause, 0), ("pulse", pulse, 1)):
        check_integer(name, value, minimum)
    bits = torch.randint(0, 2, (2, samples), generator=generator)
    late = torch.randint(0, 5, (2, samples), generator=generator)
    second, cue = pulse + 9, 2 * pulse + 13 + pause
    starts = torch.stack((torch.full_like(late[0], 2), second + late[0], cue + late[1]))
    time = torch.arange(cue + pulse + 14)[:, None, None]
    on = ((time >= starts) & (time < starts + pulse)).float()  # (T, 3, B)
    inputs = torch.zeros(len(time), samples, 3)
    for bit, shown in zip(bits, on.unbind(1)):
        inputs[:, :, 0] += shown * (1 - bit)
        inputs[:, :, 1] += shown * bit
    inputs[:, :, 2] = on[:, 2]
    answer = (time[:, :, 0] >= starts[2] + pulse).float()
    return DelayedXor(inputs, bits[0] ^ bits[1], answer)


def answer_scores(readout: Tensor, answer: Tensor) -> Tensor:
    """Return the mean readout over the steps that count, (B, C).

    >>> answer_scores(torch.tensor([[[1.0, 4.0]], [[3.0, 0.0]]]), torch.tensor([[0.0], [1.0]]))
    tensor([[3., 0.]])

    Chapter 4a.
    """
    return (readout * answer[..., None]).sum(0) / answer.sum(0)[:, None]
