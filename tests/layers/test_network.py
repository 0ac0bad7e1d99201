"""A list of layers: in a row, in pieces, in files, and in training."""

from __future__ import annotations

import copy
import io
import pickle
from functools import partial

import pytest
import torch
from helpers import seeded
from torch import Tensor, nn

from snnbook import training
from snnbook.kernels import Events
from snnbook.layers import (
    Cells,
    Delays,
    Dense,
    Dropout,
    DropoutState,
    LayerOutput,
    Network,
    Stateful,
    detach_states,
    in_pieces,
    narrow_delays,
    over_time,
    rate_driven_,
    threshold_norm,
    truncated_gradient,
)
from snnbook.neurons import (
    LIF,
    AdaptiveNetwork,
    AdaptiveNeuron,
    LeakyNeuron,
    LeakyReadout,
    LIFNeuron,
    RecurrentLIF,
    SpikingNetwork,
)

SLOW = LIFNeuron(tau_mem=20e-3, tau_syn=10e-3)


def frames(steps: int = 24, batch: int = 3) -> Tensor:
    return torch.rand(steps, batch, 2, 6, 6, generator=seeded(1)).lt(0.2).float()


def spikes(steps: int = 24, batch: int = 3) -> Tensor:
    return torch.rand(steps, batch, 8, generator=seeded(1)).lt(0.2).float()


def of_pictures() -> Network:
    g, lif, adaptive = seeded(), LIFNeuron(), AdaptiveNeuron(tau_adapt=50e-3)
    conv = rate_driven_(nn.Conv2d(2, 3, 3), lif, input_rate=200.0, rate=100.0, generator=g)
    rates = {"input_rate": 100.0, "rate": 50.0, "generator": g}
    return Network([
        conv,
        Cells(lif),
        nn.MaxPool2d(2),
        nn.Flatten(),
        Dropout(0.2, generator=g),
        Dense(12, 6, adaptive, recurrent=True, bias=True, **rates),
        Dense(6, 2, SLOW.leaky, input_rate=50.0, generator=g),
    ])  # fmt: skip


def of_vectors() -> Network:
    g, rates = seeded(), {"input_rate": 50.0, "rate": 100.0}
    delays = Delays(8, 6, 4, **rates, generator=g)
    return Network([
        delays,
        Cells(LIFNeuron(), 6, learn=("tau_mem",)),
        RecurrentLIF(6, 5, input_rate=100.0, rate=60.0, generator=g),
        LIF(5, 5, SLOW, input_rate=60.0, rate=60.0, generator=g),
        LeakyReadout(5, 2, input_rate=60.0, generator=g),
    ])  # fmt: skip


def book() -> SpikingNetwork:
    options = {"input_rate": 200.0, "hidden_rate": 60.0, "recurrent": [True, False]}
    neurons = [LIFNeuron(), AdaptiveNeuron(tau_adapt=50e-3)]
    return SpikingNetwork((8, 7, 5, 2), neurons, **options, generator=seeded())


def nested() -> Network:
    return Network([Network(list(of_vectors().layers)[:3]), Dense(5, 2, LeakyNeuron())])


CASES = {
    "pictures": (of_pictures, frames),
    "vectors": (of_vectors, spikes),
    "book": (book, spikes),
    "nested": (nested, spikes),
}


@pytest.fixture(params=CASES)
def case(request):
    make, inputs = CASES[request.param]
    torch.manual_seed(0)
    return make(), inputs()


def test_a_network_is_its_layers_in_a_row():
    network, x = of_pictures(), frames()
    outputs, states = network(x)
    conv, cells, pool, flat, drop, dense, readout = network.layers
    first, first_state = cells(over_time(conv, x))
    kept, mask = drop(over_time(flat, over_time(pool, first)), states[4])
    hidden, dense_state = dense(kept)
    assert torch.equal(outputs, readout(hidden).outputs) and hidden.any() and first.any()
    assert states[0] is states[2] is states[3] is None and states[4] is mask
    assert torch.equal(states[1].mem, first_state.mem) and states[1].mem.shape == (3, 3, 4, 4)
    assert torch.equal(states[5].adapt, dense_state.adapt)
    out = network(x, record=True)
    assert out.readout is out.outputs and len(out.hidden) == 2
    assert out.hidden[1].mem.shape == (24, 3, 6) and network(x).hidden[1].mem is None


@pytest.mark.parametrize("length", [1, 7, 24, 30])
def test_pieces_are_one_long_run(case, length):
    """Also the gradient, where states are not cut off."""
    network, x = case
    (rest,) = [*in_pieces(network, x, len(x))]
    mask = masks(network, rest.states)
    (whole,) = [*in_pieces(network, x, len(x), mask)]
    parts = [*in_pieces(network, x, length, mask, detach=False)]
    joined = torch.cat([part.outputs for part in parts])
    assert whole.outputs.any() and joined.allclose(whole.outputs, atol=1e-5)
    weights = [p for p in network.parameters()]
    ours, want = (
        torch.autograd.grad(y.square().mean(), weights, allow_unused=True)
        for y in (joined, whole.outputs)
    )
    assert sum(grad is not None and bool(grad.any()) for grad in want) > len(weights) / 2
    for a, b in zip(ours, want):
        assert (a is None) == (b is None)
        assert a is None or a.allclose(b, rtol=1e-3, atol=1e-6)
    for a, b in zip(flat(parts[-1].states), flat(whole.states), strict=True):
        assert a.allclose(b, atol=1e-5)


def masks(network, states) -> tuple | None:
    """Return rest, but for the masks of dropout, so that two runs have the same."""
    if not isinstance(network, Network):
        return None
    return tuple(s if isinstance(s, DropoutState) else None for s in states)


def flat(states) -> list[Tensor]:
    if isinstance(states, Tensor):
        return [states]
    return [x for state in states or () for x in flat(state)]


def test_detached_states_are_numbers_alone(case):
    network, x = case
    states = [*in_pieces(network, x, 10)][-1].states
    ends = detach_states(states)
    assert type(ends) is type(states) and any(s.requires_grad for s in flat(states))
    assert all(torch.equal(a, b) for a, b in zip(flat(ends), flat(states), strict=True))
    assert not any(s.requires_grad for s in flat(ends))


def test_a_stream_of_events_is_the_stream_of_steps():
    for network in (of_vectors(), book()):
        dense, events = (
            torch.cat([out.outputs for out in in_pieces(network, x, 5)])
            for x in (spikes(), Events.from_dense(spikes()))
        )
        assert dense.allclose(events, atol=1e-6)


def per_step(readout: Tensor, labels: Tensor) -> Tensor:
    """Return the mean over time of a loss of each step: the sum of pieces is that of the whole."""
    wanted = labels.expand(len(readout), -1).reshape(-1)
    return nn.functional.cross_entropy(readout.flatten(0, 1), wanted)


def by_hand(network, x: Tensor, labels: Tensor, length: int) -> dict[str, Tensor]:
    """Return the gradient of truncated BPTT for a SpikingNetwork, with every layer written out."""
    states = [None] * 3
    for first in range(0, len(x), length):
        sent, piece = x[first : first + length], []
        for layer, state in zip(network.hidden, states):
            record = layer(sent, state)
            sent = record.spikes
            piece.append(type(record.state)(*(s.detach() for s in record.state)))
        record = network.readout(sent, states[2])
        piece.append(type(record.state)(*(s.detach() for s in record.state)))
        states = piece
        (per_step(record.mem, labels) * len(record.mem) / len(x)).backward()
    found = {name: p.grad.clone() for name, p in network.named_parameters()}
    network.zero_grad()
    return found


def test_truncated_gradient_is_the_loop_written_out():
    network, x, labels = book(), spikes(), torch.tensor([0, 1, 1])
    for length in (5, 24):
        want = by_hand(network, x, labels, length)
        ours = truncated_gradient(network, x, labels, loss=per_step, length=length)
        assert list(ours) == list(want)
        assert all(ours[name].allclose(want[name], rtol=1e-5, atol=1e-7) for name in want)
    per_step(network(x).readout, labels).backward()
    whole = {name: p.grad for name, p in network.named_parameters()}
    assert all(ours[name].allclose(whole[name], rtol=1e-5, atol=1e-7) for name in whole)
    short = truncated_gradient(network, x, labels, loss=per_step, length=5)
    assert not short["hidden.0.weight"].allclose(ours["hidden.0.weight"], rtol=1e-2)


def test_the_state_of_the_short_form():
    network, x = book(), spikes()
    whole = network(x)
    first = network(x[:9])
    second = network(x[9:], state=first.state)
    assert torch.equal(torch.cat([first.readout, second.readout]), whole.readout)
    assert len(whole.state) == 3 and torch.equal(whole.state[1].adapt, second.state[1].adapt)
    with pytest.raises(ValueError, match="state has 2 entries; 3 are accepted"):
        network(x, state=whole.state[:2])
    with pytest.raises(TypeError, match="state is a LIFState; the state of an earlier output"):
        network(x, state=whole.state[0])
    with pytest.raises(ValueError, match=r"state.syn has shape \(3, 7\); \(2, 7\) is accepted"):
        network(x[:, :2], state=whole.state)


def test_files_and_copies(case):
    network, x = case
    network.eval()
    want = [*in_pieces(network, x, 99)][0].outputs
    file = io.BytesIO()
    torch.save(network.state_dict(), file)
    file.seek(0)
    other = copy.deepcopy(network)
    for parameter in other.parameters():
        parameter.data.zero_()
    other.load_state_dict(torch.load(file))
    again = pickle.loads(pickle.dumps(network))
    for one in (other, again, copy.deepcopy(network)):
        assert torch.equal([*in_pieces(one, x, 99)][0].outputs, want)


def test_weights_of_other_neurons_are_refused():
    other = of_pictures()
    other.layers[1] = Cells(LIFNeuron(tau_mem=5e-3))
    with pytest.raises(RuntimeError, match=r"layers.1: tau_mem is 0.005 here and 0.01"):
        other.load_state_dict(of_pictures().state_dict())


def task(inputs: Tensor) -> tuple[Tensor, Tensor]:
    """Return samples of two classes: in the second one, half of the inputs are silent."""
    labels = torch.tensor([0, 1] * (inputs.shape[1] // 2))
    inputs = inputs.clone()
    inputs[:, 1::2, : inputs.shape[2] // 2] = 0
    return inputs, labels


@pytest.mark.parametrize("name", ["pictures", "vectors"])
def test_fit_predict_and_accuracy_take_it(name):
    make, inputs = CASES[name]
    network, x = make(), inputs(24, 20)
    if name == "pictures":
        network, x = Network([nn.Unflatten(1, (2, 6, 6)), network]), x.flatten(2)
    x, labels = task(x)
    penalty = partial(_too_many, most=20.0)
    history = training.fit(
        network, x, labels, epochs=15, batch_size=10, lr=2e-2, generator=seeded(),
        validation=(x, labels), regularizer=penalty,
    )  # fmt: skip
    hidden = 2 if name == "pictures" else 3
    assert len(history.spike_counts[-1]) == hidden and min(history.spike_counts[-1]) > 0
    assert history.loss[-1] < history.loss[0]
    assert training.accuracy(network, x, labels).value > 0.9
    assert training.predict(network, x).shape == (20,)


def _too_many(output, most: float) -> Tensor:
    return sum((record.spikes.sum(0).mean() - most).clamp(min=0) for record in output.hidden)


def test_delays_learn_which_of_two_spikes_comes_first():
    """Evaluation rounds the delays; kernels are narrow by then."""
    g = seeded()
    labels, first = torch.arange(40) % 2, torch.randint(15, (40,), generator=g)
    x = torch.zeros(45, 40, 2)
    x[first, torch.arange(40), labels] = 1
    x[first + 8, torch.arange(40), 1 - labels] = 1
    delays = Delays(2, 8, 10, input_rate=20.0, rate=50.0, generator=g)
    fast = LIFNeuron(tau_mem=5e-3, tau_syn=2e-3)
    network = Network([delays, Cells(fast), Dense(8, 2, LeakyNeuron(), generator=g)])
    before = delays.delay.detach().clone()
    rest = [p for p in network.parameters() if p is not delays.delay]

    def adam(parameters, lr):
        return torch.optim.Adam([{"params": [delays.delay], "lr": 100 * lr}, {"params": rest}], lr)

    def narrow(epoch, model, history):
        narrow_delays(model, epoch / 10)

    history = training.fit(
        network, x, labels, epochs=30, batch_size=20, lr=5e-3, optimizer=adam, on_epoch=narrow,
        generator=g,
    )  # fmt: skip
    assert history.accuracy[-1] == 1 and training.accuracy(network, x, labels).value == 1
    assert (delays.delay - before).abs().max() > 1


def test_fit_follows_the_truncated_gradient():
    network = of_vectors()
    x, labels = task(spikes(24, 20))
    rule = partial(truncated_gradient, loss=training.mean_over_time, length=8)
    history = training.fit(
        network, x, labels, epochs=15, batch_size=10, lr=2e-2, generator=seeded(), gradient=rule
    )
    assert history.loss[-1] < history.loss[0] and history.accuracy[-1] > 0.8


def test_samples_of_unequal_length_train_too():
    x, labels = task(spikes(24, 10))
    samples = [(x[: 24 - k, k], int(labels[k])) for k in range(10)]
    options = {"epochs": 1, "batch_size": 5, "generator": seeded()}
    assert len(training.fit(of_vectors(), samples, **options).loss) == 1


def of_kernel(kernel: str) -> Network:
    g, options = seeded(), {"input_rate": 50.0, "rate": 100.0}
    cells = Cells(LIFNeuron(), kernel=kernel)
    dense = Dense(6, 2, LeakyNeuron(), kernel=kernel, input_rate=100.0, generator=g)
    return Network([Delays(8, 6, 3, **options, generator=g), cells, dense]).eval()


def same(ours, want) -> None:
    outputs, states = ours
    assert want.outputs.any() and outputs.allclose(want.outputs, atol=1e-6)
    assert states[1].mem.allclose(want.states[1].mem, atol=1e-6)


@pytest.mark.filterwarnings("ignore")  # the compiler's own
def test_it_can_be_exported_and_compiled():
    network, x = of_kernel("reference"), spikes(14, 2)
    same(torch.export.export(network, (x,)).module()(x), network(x))
    network = of_kernel("auto")
    same(torch.compile(network, backend="eager")(x), network(x))


class Twice(Stateful):
    """A layer of a reader, without a state."""

    def forward(self, inputs, state=None):
        return LayerOutput(2 * inputs, None)


def test_a_layer_of_ones_own_and_normalization_join_in():
    norm = threshold_norm(6, LIFNeuron())
    network = Network([nn.Linear(8, 6), norm, Twice(), Cells(LIFNeuron()), nn.Linear(6, 2)])
    outputs, states = network(spikes())
    assert outputs.shape == (24, 3, 2) and states[3].mem.any()
    network.eval()
    whole = network(spikes()).outputs
    parts = torch.cat([out.outputs for out in in_pieces(network, spikes(), 7)])
    assert parts.allclose(whole, atol=1e-6)


@pytest.mark.parametrize(
    "make, error, words",
    [
        (lambda: Network(nn.Linear(2, 2)), TypeError, "layers is a Linear; a list of modules"),
        (lambda: Network([]), ValueError, "layers is empty; at least one"),
        (lambda: Network([LIFNeuron()]), TypeError, r"layers\[0\] is a LIFNeuron; .* Cells"),
        (
            lambda: Network([nn.Dropout()]),
            TypeError,
            r"layers\[0\] has a Dropout, .*layers.Dropout",
        ),
        (
            lambda: Network([AdaptiveNetwork((2, 3, 2))]),
            TypeError,
            "has a AdaptiveNetwork, whose neurons have a state that it does not hand on",
        ),
        (lambda: Network([nn.GRU(2, 2)]), TypeError, "has a GRU, which has a state of its own"),
        (
            lambda: Network([nn.Sequential(nn.Linear(2, 2), Cells(LIFNeuron()))]),
            TypeError,
            "has a Cells inside a Sequential",
        ),
        (
            lambda: Network([Cells(LIFNeuron()), Cells(LIFNeuron(dt=2e-3))]),
            ValueError,
            "dt is 0.001, 0.002 in the layers; one time step",
        ),
        (lambda: Cells(LIFNeuron(), learn=("tau_mem",)), ValueError, "size is None"),
        (lambda: Cells("LIF"), TypeError, "neuron is a str; a neuron is accepted"),
        (
            lambda: Dense(3, 2, LIFNeuron(), recurrent_rate=5.0),
            ValueError,
            "recurrent_rate is 5.0 and recurrent is False",
        ),
        (lambda: Dropout(1.0), ValueError, "p is 1.0; a probability from 0 to below 1"),
        (lambda: Delays(3, 2, 0), ValueError, "max_delay is 0; a whole number of at least 1"),
        (
            lambda: Delays(3, 2, 4, delays=torch.full((2, 3), 5.0)),
            ValueError,
            "delays holds 5; steps from 0 to 4",
        ),
        (
            lambda: Delays(3, 2, 4, delays=torch.ones(2, 3), learn=False),
            TypeError,
            "delays has dtype torch.float32; int64",
        ),
        (lambda: rate_driven_(nn.ReLU(), LIFNeuron()), TypeError, "module is a ReLU without"),
        (lambda: threshold_norm(3, LIFNeuron(), places=3), ValueError, "places is 3; 0, 1 or 2"),
        (
            lambda: of_vectors()(spikes(), (None,) * 4),
            ValueError,
            "states has 4 entries; 5 are accepted",
        ),
        (
            lambda: of_pictures()(frames(), (None,) * 2 + (torch.ones(1),) + (None,) * 4),
            ValueError,
            "state of a MaxPool2d is a Tensor; None is accepted",
        ),
        (
            lambda: of_vectors()(spikes(), of_vectors()(spikes(5, 2)).states),
            ValueError,
            r"state.inputs has shape \(4, 2, 8\); \(4, 3, 8\) is accepted",
        ),
        (
            lambda: of_pictures()(frames().squeeze(0)[..., 0]),
            ValueError,
            "does not take its steps",
        ),
        (lambda: in_pieces(book(), spikes(), 0), ValueError, "length is 0; a whole number"),
    ],
)
def test_mistakes_are_told_in_a_sentence(make, error, words):
    with pytest.raises(error, match=words):
        make()


def test_an_error_says_in_which_layer():
    with pytest.raises(ValueError, match="its neuron axis") as caught:
        Network([Dense(8, 6, LIFNeuron()), Dense(5, 2, LIFNeuron())])(spikes())
    assert caught.value.__notes__ == ["in layers[1], a Dense"]
