"""Neurons as values, one loop over time, and layers (paper section II, chapter 2)."""

from snnbook.neurons._adaptive import (
    AdaptiveNetwork as AdaptiveNetwork,
    AdaptiveNeuron as AdaptiveNeuron,
    AdaptiveRecord as AdaptiveRecord,
    AdaptiveState as AdaptiveState,
    adaptive_step as adaptive_step,
)
from snnbook.neurons._constants import WithConstants as WithConstants
from snnbook.neurons._init import fluctuation_driven_ as fluctuation_driven_
from snnbook.neurons._layers import (
    LIF as LIF,
    LeakyReadout as LeakyReadout,
    RecurrentLIF as RecurrentLIF,
)
from snnbook.neurons._learned import WithNeuron as WithNeuron, draw_constants as draw_constants
from snnbook.neurons._lif import (
    DEFAULT_NEURON as DEFAULT_NEURON,
    RESETS as RESETS,
    LeakyNeuron as LeakyNeuron,
    LIFNeuron as LIFNeuron,
    leaky_step as leaky_step,
    lif_step as lif_step,
)
from snnbook.neurons._network import (
    NetworkOutput as NetworkOutput,
    SpikingNetwork as SpikingNetwork,
)
from snnbook.neurons._neuron import Neuron as Neuron, Record as Record
from snnbook.neurons._psp import psp_kernel as psp_kernel
from snnbook.neurons._records import (
    LeakyRecord as LeakyRecord,
    LIFRecord as LIFRecord,
    LIFState as LIFState,
)
from snnbook.neurons._run import run as run
