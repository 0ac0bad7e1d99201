"""Memory of the compiled loop: constant in T without a gradient, few copies with one."""

import subprocess
import sys

import pytest

PEAK = """
import sys
from pathlib import Path
import torch
from snnbook.kernels import Events
from snnbook.neurons import LIF, RecurrentLIF

torch.set_num_threads(1)
kind = {"LIF": LIF, "RecurrentLIF": RecurrentLIF}[sys.argv[1]]
layer = kind(50, 256, generator=torch.Generator().manual_seed(0))
spikes = (torch.rand(2000, 32, 50, generator=torch.Generator().manual_seed(0)) < 0.02).float()
events = Events.from_dense(spikes)
few = Events.from_dense(spikes[:100])

def run(events, gradient):
    layer.requires_grad_(gradient)
    out = layer(events, record=False)
    if gradient:
        out.spikes.sum().backward()

def resident(field):
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * int(next(x for x in lines if x.startswith(field)).split()[1])

def grown(gradient):
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts again from now
    before = resident("VmRSS")
    run(events, gradient)
    return (resident("VmHWM") - before) / (4 * 2000 * 32 * 256)

for gradient in (False, True):
    run(few, gradient)
    print(grown(gradient))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak as Linux counts it")
@pytest.mark.parametrize("kind", ["LIF", "RecurrentLIF"])
def test_peak_memory_grows_with_the_output_alone(kind):
    """2000 steps after 100 add the spikes that are returned, and U for a gradient."""
    command = [sys.executable, "-c", PEAK, kind]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    forward, both = map(float, done.stdout.split())
    assert forward <= 1.15 and both <= 2.5, done.stdout
