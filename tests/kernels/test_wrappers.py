"""The compiled loop inside what others put around a module: compilers, transforms, processes."""

import shutil

import pytest
import torch

from snnbook.kernels import Events
from snnbook.neurons import RecurrentLIF, SpikingNetwork

needs_compiler = pytest.mark.skipif(
    shutil.which("g++") is None, reason="there is no C++ compiler for torch.compile here"
)


def spikes_of(*shape):
    return (torch.rand(shape, generator=torch.Generator().manual_seed(0)) < 0.1).float()


def network_of():
    return SpikingNetwork((30, 32, 4), recurrent=True, generator=torch.Generator().manual_seed(1))


@pytest.mark.filterwarnings("ignore")  # the compiler's own
@pytest.mark.parametrize("backend", ["eager", pytest.param("inductor", marks=needs_compiler)])
@pytest.mark.parametrize("events", [False, True])
def test_torch_compile_falls_back_to_the_same_loop(backend, events):
    torch.compiler.reset()
    network = network_of()
    spikes = Events.from_dense(spikes_of(10, 2, 30)) if events else spikes_of(10, 2, 30)
    out = torch.compile(network, backend=backend)(spikes)
    assert torch.equal(out.readout, network(spikes).readout)
    out.readout.sum().backward()
    assert network.hidden[0].weight.grad.any()


def test_per_sample_gradients_by_vmap_of_grad():
    layer, spikes = RecurrentLIF(30, 32).double(), spikes_of(10, 3, 30).double()
    weights = dict(layer.named_parameters())

    def loss(values, sample):
        out = torch.func.functional_call(layer, values, (sample.unsqueeze(1),))
        return out.spikes.sum() + out.mem.square().sum()

    per_sample = torch.func.vmap(torch.func.grad(loss), in_dims=(None, 1))(weights, spikes)
    for b in range(3):
        alone = torch.autograd.grad(loss(weights, spikes[:, b]), list(weights.values()))
        for name, value in zip(weights, alone):
            torch.testing.assert_close(per_sample[name][b], value)


@pytest.fixture
def one_process(tmp_path):
    """Start a process group of one, which meets in a file."""
    distributed = torch.distributed
    if not (distributed.is_available() and distributed.is_gloo_available()):
        pytest.skip("this build of PyTorch has no gloo")
    start = f"file://{tmp_path / 'meeting'}"
    distributed.init_process_group("gloo", init_method=start, rank=0, world_size=1)
    yield
    distributed.destroy_process_group()


def test_distributed_data_parallel_gives_the_same_gradients(one_process):
    network, spikes = network_of(), spikes_of(10, 2, 30)
    network(spikes).readout.sum().backward()
    expected = [p.grad.clone() for p in network.parameters()]
    network.zero_grad()
    torch.nn.parallel.DistributedDataParallel(network)(spikes).readout.sum().backward()
    for parameter, value in zip(network.parameters(), expected):
        assert torch.equal(parameter.grad, value)


def test_weights_go_through_a_file(tmp_path):
    network, spikes = network_of(), spikes_of(10, 2, 30)
    torch.save(network.state_dict(), tmp_path / "weights.pt")
    other = SpikingNetwork((30, 32, 4), recurrent=True)
    other.load_state_dict(torch.load(tmp_path / "weights.pt", weights_only=True))
    assert torch.equal(other(spikes).readout, network(spikes).readout)
