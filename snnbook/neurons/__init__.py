"""Leaky integrate-and-fire neurons as a recurrent network (paper section II, chapter 2)."""

from snnbook.neurons.exact import ExactRecord, simulate_exact
from snnbook.neurons.init import fluctuation_driven_
from snnbook.neurons.layers import LIF, LeakyReadout, NetworkOutput, RecurrentLIF, SpikingNetwork
from snnbook.neurons.lif import integrate, leaky_step, lif_step, unroll
from snnbook.neurons.parameters import (
    LeakyRecord,
    LIFParameters,
    LIFRecord,
    LIFState,
    psp_kernel,
)

__all__ = [
    "LIF",
    "ExactRecord",
    "LIFParameters",
    "LIFRecord",
    "LIFState",
    "LeakyReadout",
    "LeakyRecord",
    "NetworkOutput",
    "RecurrentLIF",
    "SpikingNetwork",
    "fluctuation_driven_",
    "integrate",
    "leaky_step",
    "lif_step",
    "psp_kernel",
    "simulate_exact",
    "unroll",
]
