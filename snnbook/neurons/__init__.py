"""Leaky integrate-and-fire neurons as a recurrent network (paper section II, chapter 2)."""

from snnbook.neurons._init import (
    fluctuation_driven_ as fluctuation_driven_,
)
from snnbook.neurons._layers import (
    LIF as LIF,
    LeakyReadout as LeakyReadout,
    NetworkOutput as NetworkOutput,
    RecurrentLIF as RecurrentLIF,
    SpikingNetwork as SpikingNetwork,
)
from snnbook.neurons._lif import (
    DEFAULT_SURROGATE as DEFAULT_SURROGATE,
    RESETS as RESETS,
    integrate as integrate,
    leaky_step as leaky_step,
    lif_step as lif_step,
    unroll as unroll,
)
from snnbook.neurons._parameters import (
    DEFAULT_PARAMETERS as DEFAULT_PARAMETERS,
    LeakyRecord as LeakyRecord,
    LIFParameters as LIFParameters,
    LIFRecord as LIFRecord,
    LIFState as LIFState,
    psp_kernel as psp_kernel,
)
