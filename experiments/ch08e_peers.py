"""What other libraries make of our network and of our counts (chapter 8e, claim 8e.3).

    python experiments/ch08e_peers.py        half a minute, with four more libraries

A trained network with one hidden layer on digits is written into a file of NIR and read back: by
``export.from_nir``, by a few lines of NumPy that step the equations of the nodes, by snnTorch and
by norse. Compared are the spikes of the hidden layer on the test set, for a reset of the membrane
to 0 and for one that subtracts the threshold. An input spike acts on our membranes two steps later
than on theirs, so theirs are compared with ours two steps on. The package of NeuroBench counts the
same layers on the same inputs as ``snnbook.counting``.

It needs nir, snntorch, norse and neurobench, none of which the book needs.
"""

import warnings
from functools import partial
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from _sweep import options, save, seeded
from torch import Tensor, nn

from snnbook import data, training
from snnbook.counting import connection_sparsity, count_operations, footprint
from snnbook.export import from_nir, to_nir
from snnbook.neurons import LIFNeuron, SpikingNetwork
from snnbook.surrogates import fast_sigmoid

STEPS, HIDDEN, EPOCHS, LATER = 50, 50, 10, 2
PEERS = ("nir", "snntorch", "norse", "neurobench")


def trained(reset: str) -> tuple[SpikingNetwork, Tensor, Tensor]:
    """Return a trained network, and spikes and labels of the test set."""
    split = data.digits().encoded(partial(data.latency_code, steps=STEPS, tau=30e-3))
    neuron = LIFNeuron(20e-3, 10e-3, reset=reset, surrogate=fast_sigmoid(width=0.2))
    rate, generator = 1e3 * float(split.train_inputs.mean()), seeded(0)
    network = SpikingNetwork(
        (64, HIDDEN, 10), neuron, input_rate=rate, std=1.0, generator=generator
    )
    settings = {"epochs": EPOCHS, "batch_size": 64, "lr": 5e-3, "progress": False}
    training.fit(network, *split[:2], generator=generator, **settings)
    return network, *split[2:]


def numpy_spikes(graph, spikes: np.ndarray, *, delayed: bool) -> np.ndarray:
    """Step the nodes of a graph by the Euler method: weight, current, membrane, threshold, reset.

    The reset sets a membrane to 0, in the step of its spike, or ``delayed`` in the next one.
    """
    weight, node = graph.nodes["weight_0"].weight, graph.nodes["hidden_0"]
    dt = float(node.metadata["reader_dt"])
    current = np.zeros((spikes.shape[1], len(weight)))
    mem, sent, found = np.zeros_like(current), np.zeros_like(current), []
    for row in spikes:
        current = current + dt / node.tau_syn * (node.w_in * (row @ weight.T) - current)
        mem = mem + dt / node.tau_mem * (node.r * current - mem + node.v_leak)
        mem = np.where(sent > 0, node.v_reset, mem) if delayed else mem
        sent = (mem > node.v_threshold).astype(float)
        mem = mem if delayed else np.where(sent > 0, node.v_reset, mem)
        found.append(sent)
    return np.stack(found)


def snntorch_spikes(graph, spikes: Tensor, *, delayed: bool) -> np.ndarray:
    """Return the spikes of snnTorch, whose neurons can be told to reset one step later."""
    import snntorch
    from snntorch.import_nir import import_from_nir

    model, found = import_from_nir(graph), []
    (neuron,) = (m for m in model.modules() if isinstance(m, snntorch.Synaptic))
    neuron.reset_delay = delayed
    neuron.register_forward_hook(lambda module, given, out: found.append(out))
    neuron.reset_mem()
    for row in spikes:
        model(row)
    return torch.stack(found).numpy()


def norse_spikes(graph, spikes: Tensor) -> np.ndarray:
    from norse.torch.utils.import_nir import from_nir as read

    model, state, found = read(graph), None, []
    for row in spikes:
        out, state = model(row, state)
        found.append(out)
    return torch.stack(found).numpy()


def agreement(ours: np.ndarray, theirs: np.ndarray, later: int = LATER) -> dict:
    """Compare spikes: how many each has, where they differ, and before the first one."""
    ours, theirs = ours[later:], theirs[: len(theirs) - later]
    before = ours.cumsum(0) - ours == 0  # up to the first spike of a neuron
    return {
        "ours": int(ours.sum()),
        "theirs": int(theirs.sum()),
        "wrong": int((ours != theirs).sum()),
        "wrong_to_first": int((ours != theirs)[before].sum()),
        "first": int(ours[before].sum()),
        "steps": ours.size,
    }


@torch.no_grad()
def spikes_of(network: SpikingNetwork, spikes: Tensor) -> dict:
    """Return how the spikes of every reader of the graph compare with ours."""
    import nir

    ours = network(spikes).hidden[0].spikes.numpy()
    with TemporaryDirectory() as folder:
        paths = [str(Path(folder, name)) for name in ("whole.nir", "hidden.nir", "fine.nir")]
        nir.write(paths[0], to_nir(network))
        nir.write(paths[1], to_nir(network, readout=False))
        nir.write(paths[2], to_nir(network, readout=False, dt=1e-4))
        whole, hidden, fine = (nir.read(path) for path in paths)
        size = Path(paths[0]).stat().st_size
    again = from_nir(whole)(spikes).hidden[0].spikes.numpy()
    single, double = spikes, spikes.double().numpy()
    found = {"from_nir": agreement(ours, again, later=0)}
    for delayed, name in ((False, "at once"), (True, "a step later")):
        found[f"NumPy, reset {name}"] = agreement(
            ours, numpy_spikes(hidden, double, delayed=delayed)
        )
        theirs = snntorch_spikes(fine, single, delayed=delayed)
        found[f"snnTorch, reset {name}"] = agreement(ours, theirs)
    square = SpikingNetwork((64, 64, 10), network.hidden[0].neuron, std=1.0, generator=seeded(1))
    square.hidden[0].weight[:HIDDEN] = network.hidden[0].weight  # norse keeps one size for state
    theirs = norse_spikes(to_nir(square, readout=False), single)[..., :HIDDEN]
    found["norse, reset at once"] = agreement(ours, theirs)
    return {"readers": found, "file": size, "nodes": list(whole.nodes)}


def counts_of(inputs: Tensor) -> dict:
    """Return the counts of NeuroBench's package and ours, without time and with spikes."""
    import snntorch
    from neurobench.benchmarks import Benchmark
    from neurobench.metrics import static, workload
    from neurobench.models import SNNTorchModel, TorchModel
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    plain = nn.Sequential(nn.Linear(64, 20), nn.ReLU(), nn.Linear(20, 10))
    plain[0].weight.data[plain[0].weight.abs() < 0.02] = 0
    leaky = {"beta": 0.9, "init_hidden": True}
    layers = (nn.Linear(64, 20, bias=False), snntorch.Leaky(**leaky))
    last = (nn.Linear(20, 10, bias=False), snntorch.Leaky(**leaky, output=True))
    spiking = nn.Sequential(*layers, *last)
    for layer in (spiking[0], spiking[2]):
        layer.weight.data *= 4
    trains = (torch.rand(len(inputs), 20, 64, generator=seeded(1)) < 0.1).float()
    metrics = [
        [static.Footprint, static.ConnectionSparsity],
        [workload.SynapticOperations, workload.ActivationSparsity],
    ]
    found = {}
    for name, model, given in (("plain", plain, inputs), ("spiking", spiking, trains)):
        labels = torch.zeros(len(given), dtype=torch.long)
        loader = DataLoader(TensorDataset(given, labels), batch_size=25)
        wrapped = SNNTorchModel(model) if name == "spiking" else TorchModel(model)
        bytes_taken = footprint(model)
        said = Benchmark(wrapped, loader, [], [], metrics).run(quiet=True)
        ours = _ours(model, given) if name == "plain" else _ours_spiking(spiking, given)
        found[name] = {
            "neurobench": {
                "bytes": said["Footprint"],
                "zeros": said["ConnectionSparsity"],
                "dense": said["SynapticOperations"]["Dense"],
                "macs": said["SynapticOperations"]["Effective_MACs"],
                "acs": said["SynapticOperations"]["Effective_ACs"],
                "silence": said["ActivationSparsity"],
            },
            "snnbook": {"bytes": bytes_taken, "zeros": connection_sparsity(model), **ours},
        }
    return found


def _ours(model: nn.Module, inputs: Tensor) -> dict:
    found = count_operations(model, inputs)
    return {
        "dense": found.dense,
        "macs": found.macs,
        "acs": found.acs,
        "silence": found.activation_sparsity,
    }


@torch.no_grad()
def _ours_spiking(model: nn.Module, trains: Tensor) -> dict:
    """Count the layers of snnTorch one by one, on what its neurons send."""
    from snntorch import utils

    utils.reset(model)
    hidden, last = [], []
    for step in trains.transpose(0, 1):
        hidden.append(model[1](model[0](step)))
        last.append(model[3](model[2](hidden[-1]))[0])
    sent, steps = (torch.stack(hidden), torch.stack(last)), trains.shape[1]
    first = count_operations(model[0], trains.transpose(0, 1).flatten(0, 1))
    second = count_operations(model[2], sent[0].flatten(0, 1))
    zeros = sum(int((x == 0).sum()) for x in sent) / sum(x.numel() for x in sent)
    return {
        "dense": steps * (first.dense + second.dense),
        "macs": steps * (first.macs + second.macs),
        "acs": steps * (first.acs + second.acs),
        "silence": zeros,
    }


def main() -> None:
    given = options(__doc__, seeds=1)
    warnings.simplefilter("ignore")  # their own
    found = {}
    for reset in ("zero", "subtract"):
        network, spikes, labels = trained(reset)
        accuracy = training.accuracy(network, spikes, labels).value
        found[reset] = {"test": accuracy, **spikes_of(network, spikes)}
    counts = counts_of(data.digits().test_inputs[:100])
    peers = {name: version(name) for name in PEERS}
    save(given, {"resets": found, "counts": counts, "peers": peers, "later": LATER})


if __name__ == "__main__":
    main()
