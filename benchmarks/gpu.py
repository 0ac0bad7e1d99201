"""Time a layer on a GPU beside SpikingJelly, and print a table; without a GPU, say so.

python benchmarks/gpu.py

A sample is one forward and one backward pass; the loss is the sum of the output spikes. A
time is the median of the samples, measured between two events of the device.
"""

import statistics
import sys

import torch

from snnbook.kernels import explain
from snnbook.neurons import LIF, RecurrentLIF

SIZES = ((100, 256, 700, 200), (100, 64, 1024, 1024), (1000, 32, 700, 256))
SAMPLES = 30


def milliseconds(work) -> float:
    """Return the median time of ``work``, after three calls that compile and warm up."""
    times = []
    for sample in range(SAMPLES + 3):
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        work()
        end.record()
        torch.cuda.synchronize()
        if sample >= 3:
            times.append(start.elapsed_time(end))
    return statistics.median(times)


def ours(kind, spikes, neurons: int, kernel: str):
    """Return the work of one pass of this book's layer."""
    layer = kind(spikes.shape[2], neurons, kernel=kernel).to("cuda")
    print(f"  {kernel}: {explain(spikes, weight=layer.weight, kernel=kernel).reason}")
    return lambda: layer(spikes, record=False).spikes.sum().backward()


def spikingjelly(spikes, neurons: int):
    """Return the work of one pass of SpikingJelly's layer with one state, feed-forward."""
    from spikingjelly.activation_based import functional, neuron

    linear = torch.nn.Linear(spikes.shape[2], neurons, bias=False)
    node = neuron.LIFNode(detach_reset=True, step_mode="m", backend="cupy")
    layer = torch.nn.Sequential(linear, node).to("cuda")

    def work():
        functional.reset_net(layer)
        layer(spikes).sum().backward()

    return work


def main() -> None:
    if not torch.cuda.is_available():
        sys.exit("there is no CUDA device here, so nothing was timed")
    print(torch.cuda.get_device_name(), "PyTorch", torch.__version__)
    for steps, batch, inputs, neurons in SIZES:
        print(f"T = {steps}, B = {batch}, {inputs} inputs, {neurons} neurons")
        spikes = (torch.rand(steps, batch, inputs, device="cuda") < 0.02).float()
        for kind in (LIF, RecurrentLIF):
            for kernel in ("auto", "reference"):
                time = milliseconds(ours(kind, spikes, neurons, kernel))
                print(f"  {kind.__name__}, {kernel}: {time:.2f} ms")
        try:
            print(f"  SpikingJelly: {milliseconds(spikingjelly(spikes, neurons)):.2f} ms")
        except (ImportError, AssertionError, NotImplementedError) as error:
            print(f"  SpikingJelly was not timed ({error})")


if __name__ == "__main__":
    main()
