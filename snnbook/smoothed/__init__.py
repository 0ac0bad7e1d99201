"""Smoothed spiking networks: three ways around the step, to a gradient that exists (IV.A.1 to 3).

Chapter 4a smooths the spike: gated neurons and a network of them, and three biophysical neurons,
alone and coupled. Chapter 4b takes its mean: escape noise, random neurons, likelihoods, estimators,
and networks that learn temporal XOR. Chapter 4c counts: f-I curves in closed form and of the
discrete neuron, networks of rates, and their conversion to spikes. The fourth way, spike times, is
:mod:`snnbook.spike_times`.
``card`` and ``cards`` sum up what each way makes smooth, and what it costs.
"""

from snnbook.smoothed._cards import (
    CARDS as CARDS,
    Card as Card,
    Cards as Cards,
    card as card,
    cards as cards,
)
from snnbook.smoothed._conversion import scale_to_rate as scale_to_rate, to_spiking as to_spiking
from snnbook.smoothed._coupled import CoupledNeurons as CoupledNeurons
from snnbook.smoothed._enumeration import (
    all_spike_trains as all_spike_trains,
    expected_loss as expected_loss,
)
from snnbook.smoothed._escape import (
    ExponentialEscape as ExponentialEscape,
    SigmoidEscape as SigmoidEscape,
)
from snnbook.smoothed._estimators import (
    ESTIMATORS as ESTIMATORS,
    gradient_samples as gradient_samples,
    score_loss as score_loss,
)
from snnbook.smoothed._excitable import (
    FitzHughNagumo as FitzHughNagumo,
    HodgkinHuxley as HodgkinHuxley,
)
from snnbook.smoothed._gate import Gate as Gate
from snnbook.smoothed._gated import (
    GatedNeuron as GatedNeuron,
    GatedRecord as GatedRecord,
    gated as gated,
    gated_step as gated_step,
    steps_per_spike as steps_per_spike,
)
from snnbook.smoothed._gated_network import (
    GatedNetwork as GatedNetwork,
    GatedOutput as GatedOutput,
    answer_scores as answer_scores,
)
from snnbook.smoothed._learn_xor import (
    XorHistory as XorHistory,
    learn_xor as learn_xor,
    xor_loss as xor_loss,
)
from snnbook.smoothed._likelihood import (
    likelihood_gradient as likelihood_gradient,
    log_likelihood as log_likelihood,
)
from snnbook.smoothed._morris_lecar import MorrisLecar as MorrisLecar
from snnbook.smoothed._noisy import (
    GRADIENTS as GRADIENTS,
    NoisyNeuron as NoisyNeuron,
    StochasticRecord as StochasticRecord,
    clamped_run as clamped_run,
    noisy as noisy,
)
from snnbook.smoothed._rate_curves import (
    drive_gain as drive_gain,
    lif_rate as lif_rate,
    siegert_rate as siegert_rate,
)
from snnbook.smoothed._rate_network import RateNetwork as RateNetwork, RateRecord as RateRecord
from snnbook.smoothed._rate_staircase import (
    count_rate as count_rate,
    discrete_rate as discrete_rate,
    staircase_mean as staircase_mean,
)
from snnbook.smoothed._solver import (
    Trajectory as Trajectory,
    euler_step as euler_step,
    first_crossing as first_crossing,
    rk4_step as rk4_step,
    solve as solve,
)
