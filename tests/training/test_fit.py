"""The training loop, decisions and intervals."""

import dataclasses
import math
from functools import partial

import pytest
import torch
from hypothesis import given, strategies as st
from scipy import stats

from snnbook.gradients import bptt
from snnbook.neurons import LIF, NetworkOutput, SpikingNetwork
from snnbook.training import (
    History,
    accuracy,
    decide_by_first_spike,
    decide_by_max,
    decide_by_sum,
    decision_error,
    fit,
    max_over_time,
    mean_over_time,
    predict,
    rule_gradient,
    seed_interval,
    spike_count_penalty,
    step_cross_entropy,
    step_loss,
    sum_over_time,
    ttfs_cross_entropy,
    wilson_interval,
)
from snnbook.training._decisions import decision_of


def task(samples=40, steps=30):
    """Two classes, told apart by which half of eight inputs is more active."""
    generator = torch.Generator().manual_seed(7)
    labels = torch.arange(samples) % 2
    rates = torch.where((torch.arange(8) < 4) == (labels[:, None] == 0), 0.25, 0.05)
    spikes = torch.rand(steps, samples, 8, generator=generator) < rates
    return spikes.float(), labels


def trained(seed=0, **options):
    model = SpikingNetwork((8, 12, 2), generator=torch.Generator().manual_seed(seed))
    settings = {"epochs": 4, "batch_size": 16, "lr": 0.01, **options}
    inputs, labels = settings.pop("data", None) or task()
    generator = torch.Generator().manual_seed(seed)
    return model, fit(model, inputs, labels, generator=generator, **settings)


def echo(spikes):
    return NetworkOutput(spikes, ())


# fit -------------------------------------------------------------------------------------------


def test_it_learns_and_reports():
    data = task()
    _, history = trained(epochs=15, validation=data)
    assert history.loss[-1] < 0.5 * history.loss[0]
    assert history.accuracy[-1] > 0.95 and history.validation_accuracy[-1] > 0.95
    assert len(history.seconds) == 15 and min(history.seconds) > 0
    assert len(history.spike_counts) == 15 and history.spike_counts[0][0] > 0
    assert "15 epochs" in str(history) and "on validation samples" in str(history)


def test_the_same_seed_gives_the_same_bits_and_another_seed_others():
    data = task()
    (one, first), (two, second), (_, other) = (trained(seed, validation=data) for seed in (3, 3, 4))
    assert first == second != other
    for a, b in zip(one.parameters(), two.parameters(), strict=True):
        assert torch.equal(a, b)


def test_the_global_generator_is_neither_used_nor_moved():
    torch.manual_seed(0)
    before = torch.get_rng_state()
    _, first = trained()
    assert torch.equal(before, torch.get_rng_state())
    torch.manual_seed(1)
    assert trained()[1] == first


def test_history_is_a_value():
    _, history = trained()
    with pytest.raises(dataclasses.FrozenInstanceError):
        history.loss = ()
    assert isinstance(hash(history), int)
    assert history == dataclasses.replace(history, seconds=(9.0,) * 4)
    assert all(isinstance(value, float) for value in (*history.loss, *history.accuracy))
    assert str(History()) == "no epochs"


def test_one_full_batch_is_one_plain_step():
    """One epoch with one batch equals three lines of PyTorch."""
    inputs, labels = task()
    settings = {"optimizer": torch.optim.SGD, "lr": 0.5, "loss": max_over_time}
    model, history = trained(epochs=1, batch_size=40, **settings)
    plain = SpikingNetwork((8, 12, 2), generator=torch.Generator().manual_seed(0))
    output = plain(inputs)
    loss = max_over_time(output.readout, labels)
    loss.backward()
    assert history.loss[0] == pytest.approx(loss.item(), rel=1e-6)
    assert history.accuracy[0] == (decide_by_max(output.readout) == labels).double().mean()
    counts = output.hidden[0].spikes.sum(0).mean().item()
    assert history.spike_counts[0][0] == pytest.approx(counts, rel=1e-6)
    assert history.firing_rates(30e-3)[0][0] == pytest.approx(counts / 30e-3, rel=1e-6)
    for a, b in zip(model.parameters(), plain.parameters(), strict=True):
        assert torch.allclose(a, b - 0.5 * b.grad, atol=1e-6)


def test_each_epoch_visits_every_sample_once():
    seen = []

    def loss(readout, labels):
        seen.append(labels.tolist())
        return sum_over_time(readout, torch.zeros_like(labels))

    settings = {"loss": loss, "decide": decide_by_sum, "data": (task()[0], torch.arange(40))}
    trained(epochs=3, batch_size=16, **settings)
    assert [len(batch) for batch in seen] == [16, 16, 8] * 3
    epochs = [sum(seen[k : k + 3], []) for k in (0, 3, 6)]
    assert all(sorted(epoch) == list(range(40)) for epoch in epochs)
    assert epochs[0] != epochs[1] != list(range(40))


def test_a_partial_batch_counts_by_its_samples():
    """Without learning, the mean loss of an epoch does not depend on the batch size."""
    losses = [trained(epochs=1, batch_size=size, lr=1e-30)[1].loss[0] for size in (40, 16, 7)]
    assert losses == pytest.approx([losses[0]] * 3, rel=1e-6)


def test_encode_is_applied_to_each_batch():
    inputs, labels = task()
    direct = trained(validation=(inputs, labels))[1]
    encoded = trained(
        data=(inputs.transpose(0, 1), labels),
        encode=lambda batch: batch.transpose(0, 1),
        validation=(inputs.transpose(0, 1), labels),
    )[1]
    assert direct == encoded


def test_a_regularizer_is_added_and_silences():
    quiet = trained(
        epochs=15, regularizer=lambda out: 5 * spike_count_penalty(out.hidden[0].spikes)
    )[1]
    assert quiet.spike_counts[-1][0] < 0.5 * trained(epochs=15)[1].spike_counts[-1][0]
    plain = trained(epochs=1, lr=1e-30)[1].loss[0]
    more = trained(epochs=1, lr=1e-30, regularizer=lambda out: torch.tensor(2.0))[1].loss[0]
    assert more == pytest.approx(plain + 2, rel=1e-6)


def weights_after(seed=0, **changed):
    inputs, labels = task()
    model = SpikingNetwork((8, 6, 2), generator=torch.Generator().manual_seed(seed)).double()
    order = torch.Generator().manual_seed(1)
    inputs = inputs.double()
    history = fit(model, inputs, labels, epochs=3, batch_size=16, generator=order, **changed)
    return model, history


def test_a_rule_gives_the_gradient_in_place_of_autograd():
    options = dict(loss=step_loss(step_cross_entropy), decide=decide_by_sum, lr=0.02)
    (by_rule, seen), (by_autograd, expected) = (
        weights_after(**options, gradient=rule_gradient(bptt, step_cross_entropy)),
        weights_after(**options),
    )
    torch.testing.assert_close(by_rule.state_dict(), by_autograd.state_dict(), rtol=1e-9, atol=0)
    assert seen.loss == pytest.approx(expected.loss, rel=1e-9)


def test_settings_of_a_rule_and_the_steps_of_an_error_arrive():
    inputs, labels = task()
    model = SpikingNetwork((8, 6, 2), generator=torch.Generator().manual_seed(0)).double()
    late = partial(decision_error, window=4)
    found = rule_gradient(bptt, late, truncate=5)(model, inputs.double(), labels)
    error = decision_error(labels, steps=30, window=4)
    want = bptt(model, inputs.double(), error, truncate=5)
    assert all(torch.equal(found[name], want[name]) for name in want)
    readout = torch.randn(30, 40, 2, generator=torch.Generator().manual_seed(2))
    assert step_loss(late)(readout, labels) == error.loss(readout)
    torch.testing.assert_close(error.losses(readout).mean(), error.loss(readout))


def test_after_each_epoch_the_history_so_far_is_shown_and_true_ends_it():
    seen = []

    def look(epoch, network, history):
        seen.append((epoch, network.readout.weight.detach().clone(), history))
        return epoch == 3

    model, history = trained(epochs=6, on_epoch=look)
    assert [epoch for epoch, _, _ in seen] == [1, 2, 3]
    assert [len(so_far.loss) for _, _, so_far in seen] == [1, 2, 3]
    assert seen[-1][2] == history and torch.equal(seen[-1][1], model.readout.weight)
    assert trained(epochs=3)[1] == history
    assert trained(epochs=3, on_epoch=lambda *_: None)[1] == history


@pytest.mark.parametrize(
    ("gradient", "says"),
    [
        (lambda model, *_: {"readout.weight": model.readout.weight}, "hidden.0.weight"),
        (lambda model, *_: {k: v.T for k, v in model.named_parameters()}, r"\(8, 6\).*\(6, 8\)"),
    ],
)
def test_a_rule_that_does_not_fit_the_model_is_named(gradient, says):
    with pytest.raises(ValueError, match=says):
        weights_after(gradient=gradient)


def test_a_rule_and_a_regularizer_exclude_each_other():
    with pytest.raises(ValueError, match="regularizer"):
        weights_after(gradient=lambda *_: {}, regularizer=lambda output: 0.0)


def test_spiking_outputs_train_on_first_spikes():
    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = LIF(8, 2, generator=torch.Generator().manual_seed(1))

        def forward(self, spikes):
            record = self.layer(spikes)
            return NetworkOutput(record.spikes, (record,))

    inputs, labels = task()
    model, generator = Net(), torch.Generator().manual_seed(0)
    loss = partial(ttfs_cross_entropy, tau=2e-3)
    options = {"epochs": 30, "batch_size": 20, "lr": 0.02, "loss": loss}
    history = fit(model, inputs, labels, generator=generator, **options)
    assert history.loss[-1] < history.loss[0] and history.accuracy[-1] > 0.85
    measured = accuracy(model, inputs, labels, decide=decide_by_first_spike)
    assert measured.value > 0.85


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_names_the_epoch_and_the_remedy(value):
    calls = []

    def loss(readout, labels):
        calls.append(1)
        return max_over_time(readout, labels) * (value if len(calls) > 4 else 1)

    says = rf"the loss became {value} in epoch 2; lower the learning rate \(lr is 0.01\)"
    with pytest.raises(FloatingPointError, match=says):
        trained(loss=loss, decide=decide_by_max)


def test_output_is_silent_unless_asked(capfd):
    trained(progress=None)
    trained(progress=False)
    assert capfd.readouterr() == ("", "")
    trained(progress=True)
    out, err = capfd.readouterr()
    assert out == "" and "training" in err and "accuracy" in err


@pytest.mark.parametrize(
    "changed, error, says",
    [
        ({"epochs": 0}, ValueError, "epochs is 0"),
        ({"batch_size": 0}, ValueError, "batch_size is 0"),
        ({"batch_size": 2.5}, ValueError, "batch_size is 2.5"),
        ({"lr": -1.0}, ValueError, "lr is -1.0"),
        ({"lr": math.nan}, ValueError, "lr is nan"),
        ({"data": (torch.zeros(5, 8), torch.zeros(5).long())}, ValueError, "three axes"),
        ({"data": (torch.zeros(0, 3, 8), torch.zeros(3).long())}, ValueError, "time axis"),
        ({"data": (torch.zeros(5, 0, 8), torch.zeros(0).long())}, ValueError, "batch axis"),
        ({"data": (torch.zeros(5, 3, 8), torch.zeros(4).long())}, ValueError, r"\(3,\) is acc"),
        ({"data": (torch.zeros(5, 3, 8), torch.zeros(3))}, TypeError, "torch.int64"),
        ({"data": (torch.full((5, 1, 8), math.nan), torch.zeros(1).long())}, ValueError, "nan"),
        ({"data": (torch.zeros(5, 3, 8), torch.full((3,), 2))}, ValueError, "labels holds 2"),
        (
            {"data": (torch.zeros(6, 9), torch.zeros(6).long()), "encode": lambda x: x[None, :3]},
            ValueError,
            r"encode\(inputs\) has shape \(1, 3, 9\); 6 entries on its batch axis",
        ),
        (
            {"data": (torch.zeros(6, 9), torch.zeros(6).long()), "encode": lambda x: x},
            ValueError,
            r"encode\(inputs\) has shape \(6, 9\); three axes",
        ),
        (
            {"data": (torch.zeros(0, 9), torch.zeros(0).long()), "encode": len},
            ValueError,
            "one sam",
        ),
    ],
)
def test_bad_arguments_are_named(changed, error, says):
    with pytest.raises(error, match=says):
        trained(**changed)


def test_a_seed_is_no_generator():
    model = SpikingNetwork((8, 2))
    with pytest.raises(TypeError, match="generator is a int; a torch.Generator"):
        fit(model, *task(), epochs=1, batch_size=8, generator=0)


# decisions and accuracy ------------------------------------------------------------------------


def test_each_loss_has_its_decision():
    assert decision_of(max_over_time) is decide_by_max
    assert decision_of(partial(sum_over_time, scale=0.1)) is decide_by_sum
    assert decision_of(ttfs_cross_entropy) is decide_by_first_spike
    assert decision_of(mean_over_time) is decide_by_sum
    assert decision_of(step_loss(step_cross_entropy)) is decide_by_sum


def test_predict_does_not_depend_on_the_batch_size_and_keeps_no_gradient():
    inputs, _ = task()
    model = SpikingNetwork((8, 12, 2), generator=torch.Generator().manual_seed(0))
    model.train()
    whole = predict(model, inputs)
    assert torch.equal(whole, predict(model, inputs, batch_size=7))
    assert whole.shape == (40,) and whole.dtype == torch.int64 and model.training
    assert all(parameter.grad is None for parameter in model.parameters())


def test_accuracy_counts():
    readout = torch.eye(4)[[0, 1, 2, 3, 0]].reshape(1, 5, 4)
    found = accuracy(echo, readout, torch.tensor([0, 1, 2, 0, 0]))
    assert (found.value, found.n) == (0.8, 5)
    assert (found.low, found.high) == wilson_interval(4, 5)
    assert str(found).startswith("80.0 % (95 % interval 37.6 to 96.4 %")
    with pytest.raises(ValueError, match=r"\(5,\) is accepted"):
        accuracy(echo, readout, torch.tensor([0]))
    with pytest.raises(ValueError, match="batch axis is empty"):
        accuracy(echo, torch.zeros(1, 0, 4), torch.tensor([], dtype=torch.int64))


# intervals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "correct, n, low, high",
    [
        # Newcombe (1998), Stat. Med. 17:857, table I, score method without continuity correction
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_interval_against_published_values(correct, n, low, high):
    assert wilson_interval(correct, n) == pytest.approx((low, high), abs=5e-5)


@given(n=st.integers(1, 10**5), share=st.floats(0, 1), confidence=st.floats(0.5, 0.999))
def test_wilson_interval_against_scipy(n, share, confidence):
    correct = round(share * n)
    expected = stats.binomtest(correct, n).proportion_ci(confidence, method="wilson")
    low, high = wilson_interval(correct, n, confidence)
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-9)
    assert 0 <= low <= correct / n <= high <= 1


def test_seed_interval_against_scipy():
    values = [0.91, 0.93, 0.88, 0.95, 0.9]
    found = seed_interval(torch.tensor(values, dtype=torch.float64))
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), rel=1e-12)
    assert found.mean == pytest.approx(0.914) and found.n == 5
    assert str(found) == "0.914 (interval of the mean 0.88 to 0.948, 5 seeds)"


def test_bad_intervals_are_named():
    for arguments, says in [
        ((3, 2), "correct is 3; at most n = 2"),
        ((0, 0), "n is 0"),
        ((-1, 5), "correct is -1"),
        ((1, 5, 1.0), "confidence is 1.0"),
    ]:
        with pytest.raises(ValueError, match=says):
            wilson_interval(*arguments)
    with pytest.raises(ValueError, match="values has 1 entries"):
        seed_interval([1.0])
    with pytest.raises(ValueError, match="nan or inf"):
        seed_interval([1.0, math.nan])
