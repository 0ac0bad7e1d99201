"""What does an inference cost: operations, bytes, energy (chapter 8e; after the paper).

Counts of a network on a batch, by the definitions of NeuroBench, for spiking networks and for
networks of PyTorch's own layers, and the number of spikes up to which a spiking one is cheaper.

>>> import torch
>>> from snnbook.neurons import SpikingNetwork
>>> found = count_operations(SpikingNetwork((3, 4, 2)), torch.ones(5, 1, 3))
>>> found.macs, found.updates  # spikes multiply nothing; six neurons in five steps
(0.0, 30.0)
"""

from snnbook.counting._bound import (
    affordable_spikes as affordable_spikes,
    least_fan_in as least_fan_in,
)
from snnbook.counting._energy import (
    ENERGIES as ENERGIES,
    Energies as Energies,
    Energy as Energy,
    Moved as Moved,
    bytes_moved as bytes_moved,
    inference_energy as inference_energy,
)
from snnbook.counting._memory import (
    connection_sparsity as connection_sparsity,
    footprint as footprint,
)
from snnbook.counting._operations import (
    Operations as Operations,
    Synapses as Synapses,
    count_operations as count_operations,
)
