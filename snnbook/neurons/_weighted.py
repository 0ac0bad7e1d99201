"""A weight in front of neurons: what every layer of the book begins with."""

import torch
from torch import nn

from snnbook._validate import check_choice, check_generator, check_integer
from snnbook.kernels import KERNELS
from snnbook.neurons._learned import WithNeuron


class Weighted(WithNeuron, nn.Module):
    """A weight (out, in) in front of neurons of one kind; their constants travel with it."""

    def __init__(self, in_features, out_features, neuron, generator, kernel):
        super().__init__()
        check_sizes_of(in_features, out_features)
        check_choice("kernel", kernel, KERNELS)
        if generator is not None:
            check_generator(generator)
        self.kernel = kernel
        self.weight = nn.Parameter(torch.empty(out_features, in_features))

    def __prepare_scriptable__(self):
        """Raise for ``torch.jit.script``, which reads sources and knows no named options."""
        raise TypeError(
            f"{type(self).__name__} cannot be read by torch.jit.script; "
            "torch.jit.trace and torch.export can record it"
        )

    def extra_repr(self) -> str:
        out_features, in_features = self.weight.shape
        text = f"{in_features}, {out_features}, {self._base}"
        return text + (f", of each neuron: {', '.join(self._tensors)}" if self._tensors else "")


def check_sizes_of(in_features: int, out_features: int) -> None:
    check_integer("in_features", in_features, 0)
    check_integer("out_features", out_features, 0)
