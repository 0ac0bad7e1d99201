"""A network as a program of PyTorch alone, which runs where this package is not installed."""

import torch
from torch import Tensor, nn

from snnbook._modes import evaluating
from snnbook._validate import check_flag, check_kind, check_positive, check_time_first


class _Readout(nn.Module):
    """Gives a plain tensor, which a file can hold without knowing this package."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, spikes: Tensor) -> Tensor:
        output = self.network(spikes)
        return getattr(output, "readout", output)


def to_program(
    network: nn.Module,
    spikes: Tensor,
    *,
    any_batch: bool = True,
    tolerance: float = 1e-4,
) -> torch.export.ExportedProgram:
    """Record a network by ``torch.export``: from spikes (T, B, N) to the readout (T, B, C).

    The plain loop is recorded, step by step, for as many steps as ``spikes`` has.
    ``torch.export.save`` writes the program into a file; ``torch.export.load`` reads it with
    PyTorch alone, and other tools turn it into ONNX or into code for a device.

    Parameters
    ----------
    network : Module
        Maps spikes (T, B, N) to an output with ``readout`` (T, B, C), or to a tensor.
    spikes : Tensor, shape (T, B, N)
        An example of the input, with the number of steps of the program.
    any_batch : bool
        Whether the program takes batches of every size; else of B samples.
    tolerance : float
        Largest difference of the program's readout from the network's, on ``spikes`` and on a
        batch of another size, in units of the largest readout.

    Returns
    -------
    torch.export.ExportedProgram
        ``program.module()(spikes)`` runs it.

    Raises
    ------
    TypeError, ValueError
        If ``spikes`` is no batch, or the network gives no readout.
    RuntimeError
        If the program computes something else than the network.

    Examples
    --------
    >>> from snnbook.neurons import SpikingNetwork
    >>> network = SpikingNetwork((3, 4, 2), recurrent=True)
    >>> program = to_program(network, torch.zeros(5, 2, 3))
    >>> program.module()(torch.zeros(5, 7, 3)).shape
    torch.Size([5, 7, 2])
    """
    check_kind("network", network, nn.Module)
    check_time_first("spikes", spikes)
    if 0 in spikes.shape:
        raise ValueError(
            f"spikes has shape {tuple(spikes.shape)}; at least one step, sample and neuron are "
            "accepted"
        )
    check_flag("any_batch", any_batch)
    check_positive("tolerance", tolerance)
    model = _Readout(network)
    with evaluating(network):
        wanted = model(spikes)
        if not isinstance(wanted, Tensor):
            raise TypeError(
                f"network returned a {type(wanted).__name__}; a readout (T, B, C) is accepted"
            )
        twice = torch.cat([spikes, spikes], dim=1)  # a batch of one is taken for a constant
        sizes = ({1: torch.export.Dim("batch")},) if any_batch else None
        example = (twice if any_batch else spikes,)
        program = torch.export.export(model, example, dynamic_shapes=sizes, strict=False)
        run = program.module()
        pairs = [(run(spikes), wanted)]
        if any_batch:
            pairs.append((run(twice), torch.cat([wanted, wanted], dim=1)))
    for found, right in pairs:
        difference = float((found - right).abs().max())
        if not difference <= tolerance * max(float(right.abs().max()), 1.0):
            raise RuntimeError(
                f"the program's readout differs from the network's by {difference:g}; a larger "
                "tolerance is accepted, where a spike at the edge of its threshold explains it"
            )
    return program
