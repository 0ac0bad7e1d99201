"""Neurons as values, one loop over time, and layers (paper section II, chapter 2)."""

from snnbook.neurons._adaptive import (
    AdaptiveNetwork as AdaptiveNetwork,
    AdaptiveNeuron as AdaptiveNeuron,
    AdaptiveRecord as AdaptiveRecord,
    AdaptiveState as AdaptiveState,
    adaptive_step as adaptive_step,
)
from snnbook.neurons._adlif import (
    AdLIFNeuron as AdLIFNeuron,
    AdLIFRecord as AdLIFRecord,
    AdLIFState as AdLIFState,
)
from snnbook.neurons._balanced import (
    BalancedNeuron as BalancedNeuron,
    BalancedState as BalancedState,
)
from snnbook.neurons._constants import WithConstants as WithConstants
from snnbook.neurons._direct import (
    DirectLIFNeuron as DirectLIFNeuron,
    DirectRecord as DirectRecord,
    DirectState as DirectState,
)
from snnbook.neurons._init import fluctuation_driven_ as fluctuation_driven_
from snnbook.neurons._layers import (
    LIF as LIF,
    LeakyReadout as LeakyReadout,
    RecurrentLIF as RecurrentLIF,
)
from snnbook.neurons._learned import WithNeuron as WithNeuron, draw_constants as draw_constants
from snnbook.neurons._lif import (
    DEFAULT_NEURON as DEFAULT_NEURON,
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
from snnbook.neurons._refractory import Refractory as Refractory
from snnbook.neurons._resonate import (
    RESONATE_RESETS as RESONATE_RESETS,
    ResonateNeuron as ResonateNeuron,
    ResonateRecord as ResonateRecord,
    ResonateState as ResonateState,
)
from snnbook.neurons._run import run as run
from snnbook.neurons._spiking import RESETS as RESETS, SpikingNeuron as SpikingNeuron
from snnbook.neurons._stability import (
    coupling_bound as coupling_bound,
    divergence_bound as divergence_bound,
    spectral_radius as spectral_radius,
)
