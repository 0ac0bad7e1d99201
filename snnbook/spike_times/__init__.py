"""Exact gradients of spike times: neurons without time steps (paper sections IV.A.4 and V.D).

``first_spike`` and the networks of one spike per neuron belong to chapter 4d, ``eventprop`` and
the layers of many spikes to chapter 6d, delays to chapter 8a; ``simulate_exact`` is the solver that
chapters 2 and 4 compare with.
"""

from snnbook.spike_times._cells import (
    CELLS as CELLS,
    Cell as Cell,
    DoubleTau as DoubleTau,
    EqualTau as EqualTau,
    NonLeaky as NonLeaky,
    lambert_w as lambert_w,
)
from snnbook.spike_times._delays import (
    DelayedEvents as DelayedEvents,
    delay_gradient as delay_gradient,
    delayed_events as delayed_events,
    delayed_first_spike as delayed_first_spike,
)
from snnbook.spike_times._eventprop import (
    Event as Event,
    EventGradient as EventGradient,
    EventNetwork as EventNetwork,
    EventRun as EventRun,
    eventprop as eventprop,
    integrated_mem as integrated_mem,
    simulate_events as simulate_events,
    spike_jump as spike_jump,
)
from snnbook.spike_times._exact import ExactRecord as ExactRecord, simulate_exact as simulate_exact
from snnbook.spike_times._first_spike import (
    first_spike as first_spike,
    free_membrane as free_membrane,
)
from snnbook.spike_times._fit import TimesHistory as TimesHistory, fit_times as fit_times
from snnbook.spike_times._layers import (
    SpikeLayer as SpikeLayer,
    SpikeTimeNetwork as SpikeTimeNetwork,
    membranes as membranes,
)
from snnbook.spike_times._loss import (
    first_to_spike as first_to_spike,
    share_right as share_right,
    time_cross_entropy as time_cross_entropy,
)
from snnbook.spike_times._remedies import (
    bump_silent as bump_silent,
    wake_silent as wake_silent,
    weight_sum_penalty as weight_sum_penalty,
)
from snnbook.spike_times._single_spike import (
    TimingLayer as TimingLayer,
    TimingNetwork as TimingNetwork,
    TimingOutput as TimingOutput,
)
from snnbook.spike_times._spikeprop import (
    SPIKEPROP_DELAYS as SPIKEPROP_DELAYS,
    spikeprop as spikeprop,
    spikeprop_network as spikeprop_network,
    train_spikeprop as train_spikeprop,
)
from snnbook.spike_times._trains import Trains as Trains
