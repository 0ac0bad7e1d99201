"""The decision belongs to the loss, and travels with the model that it trained."""

import copy
import io
import pickle
import sys
import types
from functools import partial

import pytest
import torch
from helpers import seeded
from torch import nn
from torch.nn import functional

from snnbook.neurons import LIF, NetworkOutput, SpikingNetwork
from snnbook.training import (
    SideBySide,
    accuracy,
    accuracy_side_by_side,
    decide_by_first_spike,
    decide_by_loss,
    decide_by_max,
    decide_by_sum,
    decision_error,
    fit,
    fit_side_by_side,
    max_over_time,
    mean_over_time,
    note_decision,
    peak_score,
    predict,
    step_cross_entropy,
    step_loss,
    step_squared_error,
    sum_over_time,
    ttfs_cross_entropy,
)
from snnbook.training._decisions import decision_of


def mean_lambda(readout, labels):
    return sum_over_time(readout, labels, scale=1 / len(readout))


def in_plain_python(readout, labels):
    """A loss that no transform can follow: it reads the labels and makes its number by hand."""
    total = readout.new_zeros(())
    for b, label in enumerate(labels.tolist()):
        total = total - readout[-1, b, label] + readout[-1, b].logsumexp(0).item()
    return total / len(labels)


KNOWN = [
    (max_over_time, decide_by_max),
    (mean_over_time, decide_by_sum),
    (sum_over_time, decide_by_sum),
    (partial(sum_over_time, scale=0.02), decide_by_sum),
    (ttfs_cross_entropy, decide_by_first_spike),
    (partial(ttfs_cross_entropy, tau=2e-3, late=0.5), decide_by_first_spike),
    (step_loss(step_cross_entropy), decide_by_sum),
    (step_loss(partial(decision_error, window=3)), partial(decide_by_sum, last=3)),
]


def readouts(spiking, seed):
    made = torch.rand(12, 20, 5, generator=seeded(seed), dtype=torch.float64)
    return (made < 0.1).double() if spiking else 3 * made - 1.5


# decision of a loss ----------------------------------------------------------------------------


@pytest.mark.parametrize("loss, quick", KNOWN)
@pytest.mark.parametrize("seed", range(5))
def test_the_smallest_loss_decides_as_the_short_formula(loss, quick, seed):
    readout = readouts(quick is decide_by_first_spike, seed)
    assert torch.equal(decide_by_loss(loss)(readout), quick(readout))
    assert torch.equal(decision_of(loss)(readout), quick(readout))
    assert torch.equal(decision_of(lambda r, y: loss(r, y))(readout), quick(readout))


@pytest.mark.parametrize("loss, quick", KNOWN)
def test_a_known_loss_has_the_short_formula(loss, quick):
    found = decision_of(loss)
    assert found == quick or (found.func, found.keywords) == (quick.func, quick.keywords)


def test_a_loss_may_carry_its_decision():
    def last_step(readout, labels):
        return functional.cross_entropy(readout[-1], labels)

    readout = readouts(False, 7)
    assert torch.equal(decision_of(last_step)(readout), readout[-1].argmax(1))
    last_step.decide = decide_by_max
    assert decision_of(last_step) is decide_by_max
    assert decision_of(partial(last_step)) is decide_by_max


def test_a_loss_in_plain_python_is_called_in_a_loop():
    readout = readouts(False, 1)
    assert torch.equal(decide_by_loss(in_plain_python)(readout), readout[-1].argmax(1))
    weights = torch.tensor([1.0, 0.0, 1.0, 1.0, 1.0], dtype=torch.float64)
    loss = partial(functional.cross_entropy, weight=weights)  # nan for the class without weight
    found = decide_by_loss(lambda r, y: loss(r.mean(0), y))(readout)
    scores = readout.mean(0)
    scores[:, 1] = -torch.inf
    assert torch.equal(found, scores.argmax(1))


def test_a_loss_that_no_class_fits_asks_for_a_decision():
    targets = torch.zeros(3, 2)
    readout = torch.zeros(4, 1, 5)
    with pytest.raises(ValueError, match=r"cannot be computed.*each of 5 classes.*give decide"):
        decide_by_loss(lambda r, y: (r[-1] - targets[y]).square().mean())(readout)
    with pytest.raises(ValueError, match="is nan for every class; give decide"):
        decide_by_loss(lambda r, y: (r[-1, :, 0] * torch.nan).mean())(readout)
    with pytest.raises(TypeError, match="loss is 'mean'"):
        decide_by_loss("mean")
    error = partial(lambda labels, steps: step_squared_error(torch.zeros(steps, len(labels), 5)))
    assert decision_of(step_loss(error))(readout).tolist() == [0]  # no label in it, a tie


@pytest.mark.parametrize("decide", [decide_by_max, decide_by_sum, decide_by_loss(mean_over_time)])
@pytest.mark.parametrize(
    "readout, error, says",
    [
        ([[[0.0]]], TypeError, "readout is a list"),
        (torch.zeros(3, 2), ValueError, r"readout has shape \(3, 2\); three axes"),
        (torch.zeros(0, 2, 2), ValueError, "time axis is empty"),
        (torch.full((3, 1, 2), torch.nan), ValueError, "readout holds nan"),
        (torch.zeros(3, 1, 2).to_sparse(), TypeError, "dense tensor is accepted"),
    ],
)
def test_a_readout_that_does_not_fit_is_named(decide, readout, error, says):
    with pytest.raises(error, match=says):
        decide(readout)


def test_an_infinite_readout_decides_unless_two_cancel():
    readout = torch.zeros(3, 1, 2)
    readout[0, 0, 1] = torch.inf
    assert decide_by_sum(readout).tolist() == decide_by_max(readout).tolist() == [1]
    readout[1, 0, 1] = -torch.inf
    with pytest.raises(ValueError, match="the sum of readout over time holds nan"):
        decide_by_sum(readout)


# the decision travels --------------------------------------------------------------------------


def told_apart_by_the_mean(samples=60, steps=20):
    """Three classes; the right input is steady, a wrong one has a short and higher burst."""
    labels = torch.arange(samples) % 3
    spikes = 0.6 * functional.one_hot(labels, 3).float().expand(steps, -1, -1).clone()
    spikes[3:6] += 2.0 * functional.one_hot((labels + 1) % 3, 3)
    return spikes, labels


class Scale(nn.Module):
    """One weight: the readout is the input, scaled."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(()))

    def forward(self, spikes):
        return self.weight * spikes


def trained(loss, model=None, **options):
    model = model or Scale()
    data = told_apart_by_the_mean()
    settings = {"epochs": 3, "batch_size": 25, "lr": 1e-3, "generator": seeded(0), **options}
    return model, fit(model, *data, loss=loss, validation=data, **settings), data


@pytest.mark.parametrize(
    "loss",
    [
        mean_over_time,
        partial(sum_over_time, scale=0.1),
        mean_lambda,
        lambda r, y: mean_lambda(r, y),
    ],
)
def test_accuracy_decides_as_it_was_trained(loss):
    model, history, data = trained(loss)
    assert history.accuracy == history.validation_accuracy == (1.0, 1.0, 1.0)
    assert accuracy(model, *data).value == 1
    assert torch.equal(predict(model, data[0]), data[1])
    assert accuracy(model, *data, decide=decide_by_max).value == 0


def test_so_it_does_by_the_maximum():
    model, history, data = trained(max_over_time)
    assert history.accuracy == history.validation_accuracy == (0.0, 0.0, 0.0)
    assert accuracy(model, *data).value == 0
    assert accuracy(model, *data, decide=decide_by_sum).value == 1
    assert accuracy(Scale(), *data).value == 1  # never trained: the mean, as the default loss


def test_a_given_decision_is_noted_too_and_the_last_training_counts():
    model, history, data = trained(max_over_time, decide=decide_by_sum)
    assert history.accuracy[-1] == accuracy(model, *data).value == 1
    trained(max_over_time, model)
    assert accuracy(model, *data).value == 0


@pytest.mark.parametrize("loss", [mean_over_time, max_over_time, lambda r, y: mean_lambda(r, y)])
def test_a_copy_decides_alike(loss):
    model, _, data = trained(loss)
    want = predict(model, data[0])
    assert torch.equal(predict(copy.deepcopy(model), data[0]), want)
    assert torch.equal(predict(copy.copy(model), data[0]), want)


@pytest.mark.parametrize("loss", [mean_over_time, max_over_time, mean_lambda])
def test_a_file_of_the_model_decides_alike(loss):
    model, _, data = trained(loss)
    want, file = predict(model, data[0]), io.BytesIO()
    torch.save(model, file)
    file.seek(0)
    assert torch.equal(predict(torch.load(file, weights_only=False), data[0]), want)
    assert torch.equal(predict(pickle.loads(pickle.dumps(model)), data[0]), want)


def test_a_file_without_the_lambda_asks_for_the_decision():
    model, _, data = trained(lambda r, y: mean_lambda(r, y))
    read = pickle.loads(pickle.dumps(model))
    with pytest.raises(ValueError, match="decide is not given.*a lambda.*give decide"):
        accuracy(read, *data)
    assert accuracy(read, *data, decide=decide_by_sum).value == 1
    fresh = Scale()
    fresh.load_state_dict(model.state_dict())  # weights alone: nothing is noted
    assert not hasattr(fresh, "fitted_decision") and accuracy(fresh, *data).value == 1


def test_a_loss_of_another_process_does_not_break_the_file(monkeypatch):
    there = types.ModuleType("there")
    exec("def loss(readout, labels):\n    return -readout.mean() + 0 * labels.sum()", vars(there))
    monkeypatch.setitem(sys.modules, "there", there)
    model, _, data = trained(there.loss)
    saved = pickle.dumps(model)
    assert pickle.loads(saved).fitted_decision.decide is not None
    monkeypatch.delitem(sys.modules, "there")
    with pytest.raises(ValueError, match="decide is not given"):
        predict(pickle.loads(saved), data[0])


def test_networks_that_share_weights_and_names_of_the_user_stay():
    class Own(Scale):
        def decide(self, spikes):
            return "mine"

    model, _, data = trained(mean_over_time, Own())
    assert model.decide(None) == "mine"
    network = SpikingNetwork((3, 3), generator=seeded(0))
    trained(mean_over_time, network, decide=decide_by_max)
    other = network.with_neuron(reset_gradient=True)
    assert torch.equal(predict(other, data[0]), predict(network, data[0]))


def test_what_a_wrapper_holds_decides_alike():
    class Wrapper(nn.Module):  # as PyTorch's own for several processes
        def __init__(self):
            super().__init__()
            self.module = SpikingNetwork((3, 3), generator=seeded(0))

        def forward(self, spikes):
            return self.module(spikes)

    model, _, data = trained(mean_over_time, Wrapper(), decide=decide_by_max)
    assert model.module.fitted_decision.decide is decide_by_max
    assert torch.equal(predict(model.module, data[0]), predict(model, data[0]))
    note_decision(model, decide_by_sum)
    assert model.module.fitted_decision.decide is decide_by_sum


def test_a_spiking_output_decides_by_the_first_spike_after_training():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = LIF(8, 2, generator=seeded(1))

        def forward(self, spikes):
            record = self.layer(spikes)
            return NetworkOutput(record.spikes, (record,))

    labels = torch.arange(40) % 2
    rates = torch.where((torch.arange(8) < 4) == (labels[:, None] == 0), 0.25, 0.05)
    spikes = (torch.rand(30, 40, 8, generator=seeded(7)) < rates).float()
    model = Net()
    loss = partial(ttfs_cross_entropy, tau=2e-3)
    options = {"epochs": 20, "batch_size": 20, "lr": 0.02, "generator": seeded(0)}
    fit(model, spikes, labels, loss=loss, **options)
    same = predict(model, spikes, decide=decide_by_first_spike)
    assert torch.equal(predict(model, spikes), same)


def test_side_by_side_decides_as_it_was_trained():
    spikes, labels = (
        (torch.rand(20, 60, 4, generator=seeded(1)) < 0.3).float(),
        torch.arange(60) % 2,
    )
    model = SideBySide((4, 6, 2), (0, 1), input_rate=60.0)
    by_mean = accuracy_side_by_side(model, spikes, labels)
    fit_side_by_side(model, lambda step: (spikes, labels), steps=1, lr=1e-9, score=peak_score)
    by_peak = accuracy_side_by_side(model, spikes, labels, score=peak_score)
    assert by_peak == accuracy_side_by_side(model, spikes, labels) != by_mean


@pytest.mark.parametrize(
    "decide, says",
    [
        (lambda readout: readout.sum(0), r"decide returned shape \(5, 5\)"),
        (lambda readout: readout.sum(0).argmax(1).float(), "decide returned dtype torch.float32"),
        (lambda readout: [0] * 5, "decide returned a list"),
        (lambda readout: 0, "decide returned a int"),
    ],
)
def test_a_decision_that_gives_no_classes_is_named(decide, says):
    spikes, labels = torch.rand(9, 5, 5, generator=seeded(0)), torch.arange(5)
    with pytest.raises(ValueError, match=says):
        accuracy(Scale(), spikes, labels, decide=decide)
    with pytest.raises(ValueError, match=says):
        fit(Scale(), spikes, labels, epochs=1, batch_size=5, generator=seeded(0), decide=decide)
