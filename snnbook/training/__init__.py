"""Training: losses on a readout, one short :func:`fit`, and accuracy with its interval.

A model maps spikes (T, B, N) to an output with ``readout`` (T, B, C) and ``hidden``, as
:class:`snnbook.neurons.SpikingNetwork` does, or to a bare tensor, its readout.
The decision belongs to the loss, and travels with the model that :func:`fit` trained.
Losses are means over the batch; penalties act on spikes per sample; neither depends on the batch
size.

>>> import torch
>>> readout = torch.zeros(10, 4, 3)
>>> float(mean_over_time(readout, torch.tensor([0, 1, 2, 0])).exp())  # three equal chances
3.0
"""

from snnbook.training._confusion import (
    Confusion as Confusion,
    confusion as confusion,
    confusion_of as confusion_of,
)
from snnbook.training._decisions import (
    decide_by_first_spike as decide_by_first_spike,
    decide_by_loss as decide_by_loss,
    decide_by_max as decide_by_max,
    decide_by_sum as decide_by_sum,
)
from snnbook.training._diagnosis import Diagnosis as Diagnosis, diagnose as diagnose
from snnbook.training._errors import (
    StepError as StepError,
    decision_error as decision_error,
    step_cross_entropy as step_cross_entropy,
    step_errors as step_errors,
    step_squared_error as step_squared_error,
)
from snnbook.training._fit import fit as fit
from snnbook.training._fitted import note_decision as note_decision
from snnbook.training._history import History as History
from snnbook.training._losses import (
    class_weights as class_weights,
    max_over_time as max_over_time,
    mean_over_time as mean_over_time,
    sum_over_time as sum_over_time,
)
from snnbook.training._penalties import (
    mean_counts as mean_counts,
    spike_bounds_penalty as spike_bounds_penalty,
    spike_count_penalty as spike_count_penalty,
)
from snnbook.training._predict import accuracy as accuracy, predict as predict
from snnbook.training._rule import rule_gradient as rule_gradient, step_loss as step_loss
from snnbook.training._side_by_side import (
    SideBySide as SideBySide,
    side_by_side as side_by_side,
)
from snnbook.training._side_by_side_training import (
    accuracy_side_by_side as accuracy_side_by_side,
    fit_side_by_side as fit_side_by_side,
    mean_score as mean_score,
    peak_score as peak_score,
)
from snnbook.training._spike_losses import (
    first_spike_time as first_spike_time,
    ttfs_cross_entropy as ttfs_cross_entropy,
    van_rossum as van_rossum,
)
from snnbook.training._statistics import (
    Accuracy as Accuracy,
    SeedInterval as SeedInterval,
    best_of_looks as best_of_looks,
    seed_interval as seed_interval,
    wilson_interval as wilson_interval,
)
