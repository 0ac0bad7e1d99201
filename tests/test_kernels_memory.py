"""Memory of the compiled loop: constant in T without a gradient, few copies with one."""

import subprocess
import sys

import pytest

PEAK = """
import resource, sys
import torch
from snnbook.kernels import Events
from snnbook.neurons import LIF, RecurrentLIF

torch.set_num_threads(1)
kind, gradient = {"LIF": LIF, "RecurrentLIF": RecurrentLIF}[sys.argv[1]], sys.argv[2] == "gradient"
layer = kind(50, 256, generator=torch.Generator().manual_seed(0))
layer.requires_grad_(gradient)
spikes = (torch.rand(2000, 32, 50, generator=torch.Generator().manual_seed(0)) < 0.02).float()
events = Events.from_dense(spikes)
few = Events.from_dense(spikes[:100])

def run(events):
    out = layer(events, record=False)
    if gradient:
        out.spikes.sum().backward()

def peak():
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

run(few)
before = peak()
run(events)
print((peak() - before) / (4 * 1900 * 32 * 256))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read as Linux reports it")
@pytest.mark.parametrize("kind", ["LIF", "RecurrentLIF"])
@pytest.mark.parametrize("mode, most", [("forward", 1.15), ("gradient", 2.5)])
def test_peak_memory_grows_with_the_output_alone(kind, mode, most):
    """Going from 100 to 2000 steps adds the spikes that are returned, and U for a gradient."""
    done = subprocess.run(
        [sys.executable, "-c", PEAK, kind, mode], capture_output=True, text=True, check=True
    )
    assert float(done.stdout) <= most, done.stdout
