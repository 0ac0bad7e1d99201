"""What fit does beside its steps: clipping, accumulation, schedules, the best epoch, resuming."""

import copy
from functools import partial

import numpy as np
import pytest
import torch
from helpers import seeded
from torch import nn
from torch.optim import SGD, Adam, lr_scheduler
from torch.utils.data import DataLoader, TensorDataset

from snnbook.data import rate_code
from snnbook.neurons import SpikingNetwork
from snnbook.training import (
    History,
    fit,
    mean_over_time,
    rule_gradient,
    step_cross_entropy,
)

STEPS, SAMPLES, INPUTS = 15, 12, 6


def task(seed=7):
    labels = torch.arange(SAMPLES) % 3
    rates = torch.where(torch.arange(INPUTS) // 2 == labels[:, None], 0.4, 0.05)
    return (torch.rand(STEPS, SAMPLES, INPUTS, generator=seeded(seed)) < rates).float(), labels


def network():
    return SpikingNetwork((INPUTS, 8, 3), input_rate=150.0, generator=seeded(0))


def learned(data=None, model=None, **changed):
    model = network() if model is None else model
    options = {"epochs": 3, "batch_size": 5, "generator": seeded(1), "lr": 0.01} | changed
    return model, fit(model, *(data or task()), progress=False, **options)


def weights(model):
    return torch.cat([p.detach().reshape(-1) for p in model.parameters()])


# steps -------------------------------------------------------------------------------------------


def test_accumulated_batches_are_one_large_batch():
    options = {"epochs": 1, "optimizer": SGD, "lr": 0.5}
    large = weights(learned(batch_size=SAMPLES, **options)[0])
    small = weights(learned(batch_size=5, accumulate=3, **options)[0])  # 5, 5 and 2 samples
    torch.testing.assert_close(small, large, atol=1e-5, rtol=0)
    assert not torch.allclose(weights(learned(batch_size=5, **options)[0]), large, atol=1e-3)


def test_the_last_batches_of_an_epoch_make_a_step_of_their_own():
    made = []

    def counted(parameters, lr):
        made.append(SGD(parameters, lr=lr))
        made[0].calls = []
        made[0].register_step_post_hook(lambda *given: made[0].calls.append(1))
        return made[0]

    learned(batch_size=3, accumulate=3, epochs=2, optimizer=counted)  # 3 + 1 batches an epoch
    assert len(made[0].calls) == 4


def test_a_clipped_gradient_has_at_most_that_norm():
    start = weights(network())
    options = {"epochs": 1, "batch_size": SAMPLES, "optimizer": SGD, "lr": 1.0}
    step = weights(learned(**options)[0]) - start
    clipped = weights(learned(clip=1e-3, **options)[0]) - start
    assert step.norm() > 0.01 and clipped.norm() == pytest.approx(1e-3, rel=1e-3)
    torch.testing.assert_close(clipped / clipped.norm(), step / step.norm(), atol=1e-3, rtol=0)
    assert torch.equal(weights(learned(clip=1e9, **options)[0]) - start, step)


def test_a_schedule_steps_after_each_epoch():
    made, seen = [], []

    def schedule(optimizer):
        made.append(optimizer)
        return lr_scheduler.StepLR(optimizer, 1, 0.5)

    def note(epoch, model, history):
        seen.append(made[0].param_groups[0]["lr"])

    scheduled, _ = learned(schedule=schedule, on_epoch=note)
    assert seen == [0.005, 0.0025, 0.00125]
    by_hand = network()
    adam = Adam(by_hand.parameters(), lr=0.01)
    order = seeded(1)
    for lr in (0.01, 0.005, 0.0025):
        adam.param_groups[0]["lr"] = lr
        learned(model=by_hand, epochs=1, optimizer=lambda *_, **__: adam, generator=order)
    assert torch.equal(weights(scheduled), weights(by_hand))


def test_a_plateau_follows_the_loss():
    made = []

    def schedule(optimizer):
        made.append(lr_scheduler.ReduceLROnPlateau(optimizer))
        return made[0]

    _, history = learned(schedule=schedule)
    assert made[0].best == pytest.approx(min(history.loss))


# the best epoch ----------------------------------------------------------------------------------


def spoiled(kept, at):
    """Return a callback that keeps the weights of each epoch, and spoils them after some."""

    def on_epoch(epoch, model, history):
        kept.append(weights(model).clone())
        if epoch == at:
            with torch.no_grad():
                for parameter in model.parameters():
                    parameter.mul_(-3.0)

    return on_epoch


def test_patience_ends_a_run_and_the_best_weights_are_kept():
    options = {"validation": task(8), "epochs": 12, "batch_size": 4, "lr": 1e-5}
    kept = []
    best, history = learned(patience=2, keep_best=True, on_epoch=spoiled(kept, 1), **options)
    assert history.best_epoch == 1 and len(history.loss) == 3
    assert torch.equal(weights(best), kept[0]) and not torch.equal(kept[0], kept[-1])
    last, again = learned(patience=2, on_epoch=spoiled([], 1), **options)
    assert again == history and torch.equal(weights(last), kept[-1])
    _, whole = learned(on_epoch=spoiled([], 1), **options)
    assert len(whole.loss) == 12 and whole.validation_accuracy[:3] == history.validation_accuracy


def test_a_history_knows_its_best_epoch():
    assert History().best_epoch is None
    assert History(validation_accuracy=(0.2, 0.8, 0.8, 0.1)).best_epoch == 2


def test_the_validation_loss_is_that_of_the_weights_after_each_epoch():
    x, y = task(8)
    seen = []

    def note(epoch, model, history):
        with torch.no_grad():
            seen.append(float(mean_over_time(model(x).readout, y)))

    _, history = learned(validation=(x, y), on_epoch=note, keep_best=True)
    assert history.validation_loss == pytest.approx(seen, rel=1e-5)
    assert history.kept_epoch == history.best_epoch and learned()[1].validation_loss == ()
    assert learned(validation=(x, y))[1].kept_epoch is None


# resuming ----------------------------------------------------------------------------------------


class Killed(BaseException):
    """As a signal would end the process: nothing in the package catches it."""


class Dropping(nn.Module):
    """A network whose inputs drop out, by the global generator."""

    def __init__(self):
        super().__init__()
        self.network, self.drop = network(), nn.Dropout(0.3)

    def forward(self, spikes):
        return self.network(self.drop(spikes))


def values():
    return torch.rand(SAMPLES, INPUTS, generator=seeded(3)), task()[1]


def plain():
    return {"validation": task(8), "keep_best": True}


def planned():
    return {"schedule": partial(lr_scheduler.CosineAnnealingLR, T_max=5), "model": Dropping()}


def encoded():
    order = seeded(1)
    code = partial(rate_code, steps=STEPS, dt=1e-3, max_rate=600.0, generator=seeded(5))
    return {"data": values(), "encode": code, "generator": order, "accumulate": 2, "clip": 0.1}


def loaded():
    data = TensorDataset(task()[0].transpose(0, 1), task()[1])
    loader = DataLoader(data, batch_size=5, shuffle=True, generator=seeded(4))
    alone = {"batch_size": None, "generator": None, "batch_first": True}
    return {"data": (loader,), "optimizer": partial(SGD, momentum=0.9), **alone}


@pytest.mark.parametrize("options", [plain, planned, encoded, loaded])
def test_a_run_goes_on_bit_for_bit_after_a_kill(options, tmp_path):
    path = tmp_path / "run.pt"
    torch.manual_seed(11)
    whole, wanted = learned(epochs=5, **options())

    def killing(readout, labels, calls=[]):  # noqa: B006 (it counts)
        calls.extend([1] * readout.requires_grad)  # not of validation samples
        if len(calls) == 8:  # in the third epoch of three batches
            raise Killed
        return mean_over_time(readout, labels)

    torch.manual_seed(11)
    with pytest.raises(Killed):
        learned(
            epochs=5, resume=path, loss=killing, decide=lambda r: r.sum(0).argmax(1), **options()
        )
    torch.manual_seed(99)
    np.random.seed(99)  # noqa: NPY002
    seen = []
    again, history = learned(
        epochs=5, resume=path, on_epoch=lambda epoch, *_: seen.append(epoch), **options()
    )
    assert seen == [3, 4, 5] and history == wanted
    assert torch.equal(weights(again), weights(whole))
    assert sorted(tmp_path.iterdir()) == [path]
    finished, same = learned(epochs=5, resume=path, **options())
    assert same == wanted and torch.equal(weights(finished), weights(whole))


def test_two_calls_of_two_epochs_are_one_of_four(tmp_path):
    whole, wanted = learned(epochs=4)
    learned(epochs=2, resume=tmp_path / "run.pt")
    model, history = learned(epochs=4, resume=str(tmp_path / "run.pt"))
    assert history == wanted and torch.equal(weights(model), weights(whole))


def test_a_run_that_was_ended_stays_so(tmp_path):
    path = tmp_path / "run.pt"
    _, history = learned(resume=path, on_epoch=lambda epoch, *_: epoch == 2)
    assert learned(resume=path)[1] == history and len(history.loss) == 2


def test_a_file_that_holds_no_run_of_this_kind_is_named_and_kept(tmp_path):
    path = tmp_path / "run.pt"
    learned(epochs=1, resume=path)
    good = path.read_bytes()
    for changed, says in (
        ({"lr": 0.02}, "which holds a run with lr 0.01, and here it is 0.02"),
        ({"batch_size": 4}, "batch_size 5, and here it is 4; the same batch_size"),
        ({"optimizer": SGD}, "optimizer Adam, and here it is SGD"),
        ({"model": SpikingNetwork((INPUTS, 3))}, "holds a run with parameters"),
        ({"data": [x[..., :9] if x.dim() == 1 else x[:, :9] for x in task()]}, "samples 12"),
    ):
        with pytest.raises(ValueError, match=says):
            learned(resume=path, **changed)
    for wrong, says in ((good[:500], "cannot be read"), (b"", "cannot be read")):
        path.write_bytes(wrong)
        with pytest.raises(ValueError, match=says):
            learned(resume=path)
        assert path.read_bytes() == wrong
    torch.save({"weights": torch.ones(1)}, path)
    with pytest.raises(ValueError, match="holds no training run"):
        learned(resume=path)


def test_what_cannot_be_written_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "run.pt"
    learned(epochs=1, resume=path)
    good = path.read_bytes()

    def full(state, place):
        place.write_bytes(b"half")
        raise RuntimeError("No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(OSError, match="resume is .*cannot be kept there: No space left"):
        learned(epochs=2, resume=path)
    assert path.read_bytes() == good and sorted(tmp_path.iterdir()) == [path]


# what is refused ---------------------------------------------------------------------------------

made = SGD(nn.Linear(1, 1).parameters())
REFUSED = {
    "patience": ({"patience": 2}, "patience is given without validation"),
    "best": ({"keep_best": True}, "keep_best is given without validation"),
    "no patience": ({"patience": 0, "validation": task()}, "patience is 0; a whole number"),
    "flag": ({"keep_best": 2}, "keep_best is 2"),
    "clip": ({"clip": -1.0}, "clip is -1.0"),
    "accumulate": ({"accumulate": 0}, "accumulate is 0; a whole number of at least 1"),
    "rule": (
        {"accumulate": 2, "gradient": rule_gradient(lambda *_: {}, step_cross_entropy)},
        "accumulate is 2 together with gradient; 1 is accepted",
    ),
    "schedule": ({"schedule": 0.5}, "schedule is a float; a function is accepted"),
    "made": ({"schedule": lr_scheduler.StepLR(made, 1)}, "schedule is a StepLR; a function"),
    "not one": ({"schedule": lambda steps: 1}, "schedule returned a int; a scheduler of PyTorch"),
    "path": ({"resume": 3}, "resume is 3; the path of a file is accepted"),
    "folder": ({"resume": "/nowhere/run.pt"}, "resume is '/nowhere/run.pt'; a file in a folder"),
}


@pytest.mark.parametrize("options, says", REFUSED.values(), ids=REFUSED)
def test_what_does_not_fit_is_named(options, says):
    before = copy.deepcopy(weights(network()))
    model = network()
    with pytest.raises((TypeError, ValueError), match=says):
        learned(model=model, **options)
    assert torch.equal(weights(model), before)
