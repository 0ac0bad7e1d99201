"""Time what a user adds: learned time constants, adaptation, convolution; MNIST and spoken digits.

    python benchmarks/features.py --repeats 3

Layers are timed forward and backward, with the sum of all output spikes as the loss; networks for a
batch of an epoch, with the cross entropy of the mean over time and a step of Adam, and the time is
scaled up to the samples of the set. Inputs are random, of the density and the sizes of the sets:
nothing is read. Each library is written as its documentation does. Interleaved, one thread; one
pass warms up.
"""

import argparse
import json
import sys
import time

import torch
from networks import SnnTorchReadout
from peers import ALPHA, BETA, Norse, Sinabs, SnnTorch
from run import DENSITY, keep, median
from torch import nn

from snnbook.kernels import Events
from snnbook.layers import Cells, Dense, Network, rate_driven_
from snnbook.neurons import LIF, AdaptiveNeuron, LIFNeuron, SpikingNetwork

LAYER = (100, 256, 700, 200)  # steps, samples, inputs, neurons: layer A of the page
PICTURE = (50, 32, 2, 20)  # steps, samples, channels, rows and columns
MAPS = 16
#: Steps, inputs, hidden neurons, classes, samples of an epoch, batch, density, recurrent.
SETS = {
    "MNIST": (40, 784, 350, 10, 60000, 128, 0.004, False),
    "spoken digits": (60, 40, 200, 10, 2400, 64, 0.09, True),
}


def random_spikes(*shape: int, density: float = DENSITY) -> torch.Tensor:
    return (torch.rand(*shape, generator=torch.Generator().manual_seed(0)) < density).float()


# Time constants that learn -----------------------------------------------------------------------


def snntorch_learns(inputs: int, neurons: int) -> nn.Module:
    import snntorch
    from snntorch import surrogate

    module = SnnTorch(inputs, neurons, False)
    module.cell = snntorch.Synaptic(
        ALPHA * torch.ones(neurons),
        BETA * torch.ones(neurons),
        learn_alpha=True,
        learn_beta=True,
        spike_grad=surrogate.fast_sigmoid(slope=100),
        reset_mechanism="subtract",
    )
    return module


class ParametricLIF(nn.Module):
    """SpikingJelly's ParametricLIFNode: one state, one time constant a layer."""

    def __init__(self, inputs: int, neurons: int) -> None:
        super().__init__()
        from spikingjelly.activation_based import functional, layer, neuron

        self.reset = functional.reset_net
        self.net = nn.Sequential(
            layer.Linear(inputs, neurons, bias=False, step_mode="m"),
            neuron.ParametricLIFNode(
                init_tau=10.0, decay_input=False, detach_reset=True, step_mode="m"
            ),
        )

    def forward(self, spikes):
        self.reset(self.net)
        return self.net(spikes)


def sinabs_learns(inputs: int, neurons: int) -> nn.Module:
    import sinabs.layers

    module = Sinabs(inputs, neurons, False)
    shared = {"tau_mem": 10.0, "tau_syn": 5.0, "norm_input": False, "min_v_mem": None}
    module.cell = sinabs.layers.LIF(train_alphas=True, **shared)
    return module


def our_layer(**options):
    def make(inputs: int, neurons: int) -> nn.Module:
        return _Spikes(LIF(inputs, neurons, LIFNeuron(), **options))

    return make


class _Spikes(nn.Module):
    """The spikes of one of our layers."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, spikes):
        made = self.layer(spikes)
        return made.outputs if hasattr(made, "outputs") else made.spikes


LEARNED = {
    "snnbook, fixed": our_layer(),
    "snnbook": our_layer(learn=("tau_mem", "tau_syn")),
    "snnTorch Synaptic": snntorch_learns,
    "sinabs": sinabs_learns,
    "SpikingJelly ParametricLIFNode": ParametricLIF,
}


# Adaptation --------------------------------------------------------------------------------------


class NorseAdaptive(nn.Module):
    """norse's LSNN over a sequence: current, membrane and threshold."""

    def __init__(self, inputs: int, neurons: int) -> None:
        super().__init__()
        from norse.torch import LSNN

        self.linear, self.cell = nn.Linear(inputs, neurons, bias=False), LSNN()

    def forward(self, spikes):
        return self.cell(self.linear(spikes))[0]


class SinabsAdaptive(nn.Module):
    """sinabs' ALIF."""

    def __init__(self, inputs: int, neurons: int) -> None:
        super().__init__()
        from sinabs.layers import ALIF

        self.linear = nn.Linear(inputs, neurons, bias=False)
        self.cell = ALIF(tau_mem=10.0, tau_adapt=100.0, tau_syn=5.0, norm_input=False)

    def forward(self, spikes):
        self.cell.reset_states()
        return self.cell(self.linear(spikes).transpose(0, 1)).transpose(0, 1)


def our_adaptive(kernel: str):
    def make(inputs: int, neurons: int) -> nn.Module:
        return _Spikes(Dense(inputs, neurons, AdaptiveNeuron(), kernel=kernel))

    return make


ADAPTIVE = {
    "snnbook": our_adaptive("auto"),
    "snnbook, plain loop": our_adaptive("reference"),
    "norse LSNN": NorseAdaptive,
    "sinabs ALIF": SinabsAdaptive,
}


# Convolution -------------------------------------------------------------------------------------


def our_pictures(channels: int, maps: int) -> nn.Module:
    neuron = LIFNeuron()
    filters = rate_driven_(nn.Conv2d(channels, maps, 3, padding=1), neuron, input_rate=20.0)
    return _Spikes(Network([filters, Cells(neuron)]))


class SnnTorchPictures(nn.Module):
    def __init__(self, channels: int, maps: int) -> None:
        super().__init__()
        import snntorch
        from snntorch import surrogate

        self.filters = nn.Conv2d(channels, maps, 3, padding=1)
        grad = surrogate.fast_sigmoid(slope=100)
        self.cell = snntorch.Synaptic(ALPHA, BETA, spike_grad=grad, reset_mechanism="subtract")

    def forward(self, spikes):
        outs, syn, mem = [], None, None
        for x in spikes.unbind(0):
            drive = self.filters(x)
            if syn is None:
                syn = mem = torch.zeros_like(drive)
            out, syn, mem = self.cell(drive, syn, mem)
            outs.append(out)
        return torch.stack(outs)


class SpikingJellyPictures(nn.Module):
    """SpikingJelly's multi-step convolution and LIFNode (one state)."""

    def __init__(self, channels: int, maps: int) -> None:
        super().__init__()
        from spikingjelly.activation_based import functional, layer, neuron

        self.reset = functional.reset_net
        self.net = nn.Sequential(
            layer.Conv2d(channels, maps, 3, padding=1, step_mode="m"),
            neuron.LIFNode(tau=10.0, decay_input=False, detach_reset=True, step_mode="m"),
        )

    def forward(self, spikes):
        self.reset(self.net)
        return self.net(spikes)


PICTURES = {
    "snnbook": our_pictures,
    "snnTorch": SnnTorchPictures,
    "SpikingJelly": SpikingJellyPictures,
}


# Whole networks ----------------------------------------------------------------------------------


def our_network(inputs, neurons, classes, recurrent):
    network = SpikingNetwork((inputs, neurons, classes), recurrent=recurrent, input_rate=20.0)
    return lambda spikes: network(spikes, record=False).readout, network


def snntorch_network(inputs, neurons, classes, recurrent):
    hidden, readout = SnnTorch(inputs, neurons, recurrent), SnnTorchReadout(neurons, classes)
    network = nn.Sequential(hidden, readout)
    return network, network


def norse_network(inputs, neurons, classes, recurrent):
    from networks import NorseReadout

    network = nn.Sequential(Norse(inputs, neurons, recurrent), NorseReadout(neurons, classes))
    return network, network


NETWORKS = {"snnbook": our_network, "snnTorch": snntorch_network, "norse": norse_network}


def epoch_runs(steps, inputs, neurons, classes, samples, batch, density, recurrent):
    """Return name -> a function that trains on one batch; the last factor scales to an epoch."""
    spikes = random_spikes(steps, batch, inputs, density=density)
    labels = torch.arange(batch) % classes
    runs, missing = {}, {}
    for name, make in NETWORKS.items():
        torch.manual_seed(0)
        try:
            call, network = make(inputs, neurons, classes, recurrent)
        except ImportError as error:
            missing[name] = str(error)
            continue
        given = Events.from_dense(spikes) if name == "snnbook" and not recurrent else spikes
        runs[name] = training_step(call, network, given, labels)
    return runs, missing


def training_step(call, network, spikes, labels):
    optimizer = torch.optim.Adam(network.parameters(), 1e-3)

    def run():
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(call(spikes).mean(0), labels)
        loss.backward()
        optimizer.step()
        if not loss.isfinite():
            raise RuntimeError("the loss is not finite")

    return run


def layer_runs(makers, spikes, *sizes):
    runs, missing = {}, {}
    for name, make in makers.items():
        torch.manual_seed(0)
        try:
            module = make(*sizes)
        except ImportError as error:
            missing[name] = str(error)
            continue

        def run(module=module):
            module.zero_grad()
            module(spikes).sum().backward()

        runs[name] = run
    return runs, missing


def timed(runs: dict, repeats: int) -> dict:
    """Return name -> median milliseconds of a run, interleaved."""
    taken = {name: [] for name in runs}
    for round_ in range(repeats + 1):
        for name, run in runs.items():
            wall, cpu = time.perf_counter(), time.process_time()
            run()
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            if round_:  # the first warms up
                taken[name].append((wall, cpu / wall))
    return {name: median(x) for name, x in taken.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    torch.set_num_threads(1)
    steps, batch, inputs, neurons = LAYER
    spikes = random_spikes(steps, batch, inputs)
    pictures = random_spikes(*PICTURE, PICTURE[-1])
    layers = {
        "learned time constants": layer_runs(LEARNED, spikes, inputs, neurons),
        "adaptive threshold": layer_runs(ADAPTIVE, spikes, inputs, neurons),
        "convolution": layer_runs(PICTURES, pictures, PICTURE[2], MAPS),
    }
    result = {"layers": {}, "epochs": {}, "sizes": {"layer": LAYER, "picture": [*PICTURE, MAPS]}}
    for name, (runs, missing) in layers.items():
        result["layers"][name] = {"milliseconds": timed(runs, repeats), "missing": missing}
    for name, sizes in SETS.items():
        runs, missing = epoch_runs(*sizes)
        batches = sizes[4] / sizes[5]
        seconds = {key: x * batches / 1e3 for key, x in timed(runs, repeats).items()}
        result["epochs"][name] = {"seconds": seconds, "missing": missing, "sizes": sizes}
    print(json.dumps(result), file=sys.stderr)
    keep("features", result)


if __name__ == "__main__":
    main()
