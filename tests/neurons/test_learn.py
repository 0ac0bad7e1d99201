"""Constants of layers that learn or differ between neurons, and neurons that differ by layer."""

import copy
import pickle

import pytest
import torch

from snnbook.gradients import check_network
from snnbook.kernels import run_layer
from snnbook.neurons import (
    LIF,
    AdaptiveNeuron,
    LeakyReadout,
    LIFNeuron,
    RecurrentLIF,
    SpikingNetwork,
    draw_constants,
    psp_kernel,
)
from snnbook.smoothed import Gate, gated, lif_rate, noisy
from snnbook.training import fit, mean_over_time

SIZES = (5, 4, 3)
SPIKES = (torch.rand(40, 6, 5, generator=torch.Generator().manual_seed(1)) < 0.2).float()


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def learning(*names, **options):
    return SpikingNetwork(SIZES, learn=names, generator=seeded(), **options)


def test_what_learns_is_a_parameter_and_starts_at_the_neuron():
    network = learning("tau_mem", "threshold")
    names = {name for name, _ in network.named_parameters() if "log" in name}
    assert names == {"hidden.0.log_tau_mem", "hidden.0.log_threshold", "readout.log_tau_mem"}
    neuron = network.hidden[0].neuron
    torch.testing.assert_close(neuron.tau_mem, torch.full((4,), 10e-3))
    torch.testing.assert_close(neuron.threshold, torch.ones(4))
    assert neuron.tau_syn == 5e-3
    plain = SpikingNetwork(SIZES, generator=seeded())
    assert torch.equal(network.hidden[0].weight, plain.hidden[0].weight)
    torch.testing.assert_close(network(SPIKES).readout, plain(SPIKES).readout)


def test_the_parameter_is_the_logarithm_of_the_constant():
    layer = LIF(5, 4, learn="tau_mem", generator=seeded())
    layer(SPIKES).mem.sum().backward()
    tau = layer.neuron.tau_mem.detach().requires_grad_()
    again = LIF(5, 4, generator=seeded())

    run_layer(LIFNeuron(tau), SPIKES, again.weight).mem.sum().backward()
    torch.testing.assert_close(layer.log_tau_mem.grad, tau * tau.grad)


def test_a_step_changes_a_time_constant_by_a_share_of_itself_and_keeps_it_positive():
    layer = LIF(5, 4, LIFNeuron(tau_mem=1e-3), learn=("tau_mem",), generator=seeded())
    with torch.no_grad():
        layer.log_tau_mem -= 20.0
    assert (layer.neuron.tau_mem > 0).all()
    assert torch.isfinite(layer(SPIKES).mem).all()


def test_a_student_finds_the_time_constants_of_its_teacher():
    spikes = (torch.rand(120, 16, 2, generator=seeded(3)) < 0.1).float()
    true = LIFNeuron(torch.tensor([20e-3, 8e-3]), torch.tensor([4e-3, 3e-3])).leaky
    teacher = LeakyReadout(2, 2, true)
    student = LeakyReadout(2, 2, learn=("tau_mem", "tau_syn"))
    for layer in (teacher, student):
        layer.weight = torch.nn.Parameter(torch.eye(2), requires_grad=False)
    wanted = teacher(spikes).mem
    parameters = [student.log_tau_mem, student.log_tau_syn]
    optimizer = torch.optim.LBFGS(parameters, max_iter=100, line_search_fn="strong_wolfe")

    def loss():
        optimizer.zero_grad()
        found = (student(spikes).mem - wanted).square().mean()
        found.backward()
        return found

    optimizer.step(loss)
    torch.testing.assert_close(student.neuron.tau_mem, true.tau_mem, rtol=0.02, atol=0.0)
    torch.testing.assert_close(student.neuron.tau_syn, true.tau_syn, rtol=0.02, atol=0.0)


@pytest.mark.parametrize("kind", [LIF, RecurrentLIF])
def test_the_adaptation_of_a_layer_learns_in_both_loops(kind):
    neuron, names = AdaptiveNeuron(tau_adapt=50e-3, strength=0.3), ("tau_adapt", "strength")
    grads = []
    for kernel in ("numba", "reference"):
        layer = kind(5, 4, neuron, learn=names, kernel=kernel, generator=seeded())
        layer(3 * SPIKES).spikes.square().sum().backward()
        grads.append([layer.log_tau_adapt.grad, layer.log_strength.grad])
    assert all(x.shape == (4,) and x.any() for x in grads[0])
    for a, b in zip(*grads, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-4)
    with pytest.raises(ValueError, match="strength holds 0 and is in learn; numbers above 0"):
        kind(5, 4, AdaptiveNeuron(strength=0.0), learn=("strength",))


def test_fit_trains_constants_with_the_weights():
    network = learning("tau_mem", "tau_syn", "threshold")
    before = {name: x.detach().clone() for name, x in network.named_parameters()}
    labels = torch.randint(3, (6,), generator=seeded())
    options = {"epochs": 2, "batch_size": 3, "lr": 0.01, "generator": seeded()}
    fit(network, SPIKES.transpose(0, 1), labels, encode=lambda x: x.transpose(0, 1), **options)
    moved = [name for name, x in network.named_parameters() if not torch.equal(x, before[name])]
    assert sorted(moved) == sorted(before)


def test_a_spread_starts_neurons_apart_and_is_reproducible():
    layers = [
        RecurrentLIF(5, 400, learn=("tau_mem",), spread=0.5, std=1.0, generator=seeded())
        for _ in range(2)
    ]
    assert torch.equal(layers[0].log_tau_mem, layers[1].log_tau_mem)
    taus = layers[0].neuron.tau_mem.detach()
    assert 0.4 < taus.log().std() < 0.6 and 9e-3 < taus.mean() < 11e-3


def test_drawn_constants_have_their_mean_and_spread():
    taus = draw_constants(20e-3, 20000, spread=0.5, generator=seeded())
    assert taus.mean().item() == pytest.approx(20e-3, rel=0.02)
    assert taus.log().std().item() == pytest.approx(0.5, rel=0.02)
    assert torch.equal(draw_constants(2.0, 3, spread=0.0), torch.full((3,), 2.0))


def test_constants_of_each_neuron_travel_with_the_weights_and_are_compared():
    taus = draw_constants(20e-3, 4, generator=seeded())
    one = SpikingNetwork(SIZES, LIFNeuron(taus), generator=seeded())
    other = SpikingNetwork(SIZES, LIFNeuron(taus.flip(0)), generator=seeded(1))
    with pytest.raises(RuntimeError, match=r"tau_mem\[0\] is .* in the state dict"):
        other.load_state_dict(one.state_dict())
    same = SpikingNetwork(SIZES, LIFNeuron(taus), generator=seeded(1))
    same.load_state_dict(one.state_dict())
    assert torch.equal(same(SPIKES).readout, one(SPIKES).readout)
    assert same.readout.neuron.tau_mem == pytest.approx(float(taus.mean()))


def test_in_a_network_the_readout_learns_only_the_constants_that_it_has():
    learn = ("tau_adapt", "tau_mem")
    network = SpikingNetwork((3, 4, 2), AdaptiveNeuron(), learn=learn, generator=seeded(1))
    named = dict(network.named_parameters())
    assert "hidden.0.log_tau_adapt" in named and "readout.log_tau_mem" in named
    assert "readout.log_tau_adapt" not in named
    network((torch.rand(40, 3, 3, generator=seeded(2)) < 0.5).float()).readout.sum().backward()
    assert all(bool((value.grad != 0).any()) for value in named.values())


def test_what_was_learned_is_loaded():
    one, other = learning("tau_mem", spread=0.5), learning("tau_mem")
    other.load_state_dict(one.state_dict())
    assert torch.equal(other(SPIKES).readout, one(SPIKES).readout)
    with pytest.raises(RuntimeError, match="or with others that learn"):
        SpikingNetwork(SIZES).load_state_dict(one.state_dict())


def test_copies_pickles_and_other_dtypes_keep_the_constants():
    network = SpikingNetwork(SIZES, LIFNeuron(torch.full((4,), 0.02)), learn=("tau_syn",))
    for other in (copy.deepcopy(network), pickle.loads(pickle.dumps(network))):
        assert torch.equal(other(SPIKES).readout, network(SPIKES).readout)
    network.double()
    assert network(SPIKES.double()).readout.dtype == torch.float64
    assert "tau_mem, tau_syn" in repr(network)


def test_layers_may_have_different_neurons():
    slow, fast = LIFNeuron(tau_mem=30e-3), LIFNeuron(tau_mem=3e-3)
    network = SpikingNetwork((5, 6, 4, 3), [slow, fast], recurrent=[True, False])
    assert [layer.neuron for layer in network.hidden] == [slow, fast]
    assert network.readout.neuron == fast.leaky
    alike = [SpikingNetwork((5, 6, 4, 3), n, generator=seeded()) for n in (slow, [slow, slow])]
    assert torch.equal(alike[0](SPIKES).readout, alike[1](SPIKES).readout)
    mixed = SpikingNetwork((5, 6, 4, 3), [slow, LIFNeuron(dt=2e-3)])
    with pytest.raises(ValueError, match="dt is 0.001, 0.002, 0.002 in the layers"):
        mixed(SPIKES)


def test_layers_with_neurons_of_several_kinds_start_near_their_rate():
    inputs, taus = 200, (LIFNeuron(tau_mem=40e-3), LIFNeuron(tau_mem=4e-3))
    network = SpikingNetwork((inputs, 150, 150, 2), taus, generator=seeded())
    spikes = (torch.rand(600, 4, inputs, generator=seeded(1)) < 0.01).float()
    for record in network(spikes).hidden:
        assert 5.0 < record.spikes[100:].mean() / 1e-3 < 20.0


def test_changing_a_constant_that_learns_is_an_error():
    network = learning("tau_mem")
    assert network.with_neuron(reset="zero").hidden[0].log_tau_mem is network.hidden[0].log_tau_mem
    with pytest.raises(ValueError, match="tau_mem of this layer is a tensor"):
        network.with_neuron(tau_mem=0.02)
    with pytest.raises(TypeError, match="changed to a tensor"):
        network.with_neuron(tau_syn=torch.ones(4))


EACH = LIFNeuron(torch.full((4,), 0.02))
ONLY_NUMBERS = [
    lambda: check_network(SpikingNetwork(SIZES, EACH)),
    lambda: check_network(learning("tau_syn")),
    lambda: psp_kernel(EACH, 4),
    lambda: lif_rate(torch.ones(2), EACH),
    lambda: gated(EACH, Gate(0.3)),
    lambda: noisy(EACH),
]


@pytest.mark.parametrize("call", ONLY_NUMBERS)
def test_what_is_derived_for_one_number_says_so(call):
    with pytest.raises(TypeError, match=r"tau_\w+ is a Tensor; a number, the same for all neurons"):
        call()


def test_a_loss_on_the_readout_reaches_every_constant():
    network = learning("tau_mem", "tau_syn", "threshold", hidden_rate=50.0)
    mean_over_time(network(SPIKES).readout, torch.zeros(6, dtype=torch.int64)).backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None and parameter.grad.any(), name
