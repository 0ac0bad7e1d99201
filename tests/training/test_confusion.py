"""Counts of decisions, and the metrics of each class."""

import math
import pickle

import pytest
import torch
from helpers import seeded
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from snnbook.neurons import SpikingNetwork
from snnbook.training import (
    Confusion,
    accuracy,
    confusion,
    confusion_of,
    decide_by_max,
    predict,
)

NAMES = ("up", "down", "left", "right")


def decided(n=60):
    """Decisions that are right about half of the time; nothing is taken for the last class."""
    labels = torch.randint(0, 4, (n,), generator=seeded(0))
    guess = torch.randint(0, 3, (n,), generator=seeded(1))
    right = torch.rand(n, generator=seeded(2)) < 0.5
    return torch.where(right & (labels < 3), labels, guess), labels


def test_it_counts_as_another_library_does():
    classes, labels = decided()
    found = confusion_of(classes, labels, NAMES)
    assert [list(row) for row in found.counts] == confusion_matrix(labels, classes).tolist()
    wanted = precision_recall_fscore_support(labels, classes, zero_division=math.nan)
    for own, other in zip((found.precision, found.recall), wanted, strict=False):
        assert own == pytest.approx(other.tolist(), nan_ok=True)
    assert found.f1[:3] == pytest.approx(wanted[2][:3].tolist())
    assert found.n == tuple(wanted[3]) and found.names == NAMES
    assert found.accuracy == pytest.approx(float((classes == labels).double().mean()))


def test_a_dead_class_is_named():
    found = confusion_of(*decided(), NAMES)
    assert found.dead == ("right",) and found.recall[3] == 0
    assert math.isnan(found.precision[3]) and found.f1[3] == 0
    assert str(found).splitlines()[-1] == "never decided for: right"
    absent = confusion_of(torch.tensor([0]), torch.tensor([0]), count=2)
    assert absent.dead == () and math.isnan(absent.recall[1]) and math.isnan(absent.f1[1])
    assert "–" in str(absent).splitlines()[2] and "never" not in str(absent)


def test_of_a_model_it_is_that_of_its_decisions():
    model = SpikingNetwork((6, 8, 4), input_rate=150.0, generator=seeded(0))
    spikes = (torch.rand(15, 20, 6, generator=seeded(1)) < 0.2).float()
    labels = torch.arange(20) % 3
    for decide in (None, decide_by_max):
        found = confusion(model, spikes, labels, names=NAMES, batch_size=7, decide=decide)
        assert found == confusion_of(predict(model, spikes, decide=decide), labels, NAMES)
        assert found.accuracy == accuracy(model, spikes, labels, decide=decide).value
    pairs = list(zip(spikes.unbind(1), labels.tolist(), strict=True))
    assert confusion(model, pairs, names=NAMES) == confusion(model, spikes, labels, names=NAMES)
    assert confusion(model, pairs).names == ("0", "1", "2", "3")  # of the readout, not the labels


def test_it_is_a_value():
    found = confusion_of(*decided(), NAMES)
    assert found == Confusion(found.counts, NAMES) == pickle.loads(pickle.dumps(found))
    assert isinstance(hash(found), int)


@pytest.mark.parametrize(
    "given, says",
    [
        ({"names": ("a", "b")}, "names has 2; at least 4 classes are accepted"),
        ({"names": ("a",) * 4, "count": 5}, "names has 4 entries; 5 are accepted"),
        ({"count": 3}, "count is 3; at least 4 classes"),
        ({"count": 4.5}, "count is 4.5"),
        ({"names": 3}, "names is 3; one name for each class"),
        ({"classes": torch.zeros(0, dtype=torch.int64)}, r"labels has shape \(60,\); \(0,\)"),
        ({"classes": decided()[0].float()}, "classes has dtype"),
    ],
)
def test_what_does_not_fit_is_named(given, says):
    classes, labels = decided()
    with pytest.raises((TypeError, ValueError), match=says):
        confusion_of(**{"classes": classes, "labels": labels} | given)
