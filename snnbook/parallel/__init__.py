"""How a layer is computed for all times at once (chapter 8c; after the paper).

Without a reset a layer is a linear recurrence, and a scan computes all of its steps together.
With a reset it is not, and two ways are left: let the reset wait, or repeat the scan until the
spikes agree with the resets that they cause.
"""

from snnbook.parallel._fixed_point import (
    FixedPoint as FixedPoint,
    fixed_point_run as fixed_point_run,
    sweeps as sweeps,
)
from snnbook.parallel._scan import (
    SCANS as SCANS,
    Scanned as Scanned,
    linear_scan as linear_scan,
    scan_depth as scan_depth,
)
from snnbook.parallel._scan_run import scan_run as scan_run
from snnbook.parallel._waiting import (
    WaitingNeuron as WaitingNeuron,
    WaitingState as WaitingState,
    block_run as block_run,
)
