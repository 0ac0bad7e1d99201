"""SHD and SSC: HDF5 files as their publishers make them, and what is wrong with them."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers import seeded
from torch.utils.data import DataLoader

from snnbook import data, neurons, readers, training

#: Times in seconds and channels of each recording; the last one is silent.
TIMES = ([0.0, 0.0015, 0.0015, 0.004], [0.5, 0.25], [])
UNITS = ([0, 699, 699, 3], [8, 1], [])
LABELS = [1, 0, 1]


@pytest.fixture
def h5py():
    """Give the library that writes the files, or skip."""
    return pytest.importorskip("h5py")


def write(h5py, path: Path, times=TIMES, units=UNITS, labels=LABELS, **more) -> Path:
    """Write a file: two lists of unequal lengths for each recording, labels, names."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        for name, lists, kind in (("times", times, "f2"), ("units", units, "u2")):
            place = file.create_dataset(
                f"spikes/{name}", (len(lists),), dtype=h5py.vlen_dtype(np.dtype(kind))
            )
            for k, one in enumerate(lists):
                place[k] = np.array(one, kind)
        file["labels"] = np.array(labels, more.get("kind", "u2"))
        if more.get("named", True):
            file["extra/keys"] = np.array([b"zero", b"null"])
        for name in more.get("without", ()):
            del file[name]
    return path


def test_recordings_of_a_cochlea(tmp_path, h5py):
    write(h5py, tmp_path / "shd" / "shd_train.h5")
    train = readers.shd("train", tmp_path)
    assert train.classes == ("zero", "null") and train.labels.tolist() == LABELS
    assert train.shape == (700,) and len(train) == 3
    events, label = train[0]
    due = torch.zeros(5, 1, 700)
    due[[0, 1, 4], 0, [0, 699, 3]] = 1
    assert label == 1 and torch.equal(events.to_dense(), due)
    assert [len(events) for events, _ in train] == [5, 501, 1]
    small, _ = readers.shd("train", tmp_path, dt=10e-3, steps=30, pool=5)[1]
    due = torch.zeros(30, 1, 140)
    due[25, 0, 0] = 1  # the other spike comes later
    assert torch.equal(small.to_dense(), due)


def test_words_in_three_parts(tmp_path, h5py):
    for part in ("train", "valid", "test"):
        write(h5py, tmp_path / f"ssc_{part}.h5", named=False)
        assert readers.ssc(part, tmp_path).classes == ("0", "1")


FAULTS = {
    "other lengths": ({"units": ([0, 1], [8, 1], [])}, "recording 0, has 4 times and 2 units; one"),
    "a channel too many": (
        {"units": ([0, 700, 1, 1], [8, 1], [])},
        "an event at place 700",
    ),
    "a negative time": (
        {"times": ([-1, 0, 0, 0], [0, 0], [])},
        "0, has a time that is ne",
    ),
    "no time": ({"times": ([np.nan, 0, 0, 0], [0, 0], [])}, "recording 0, has a time that is neg"),
    "a label too many": ({"labels": [0, 1, 2]}, "shd_test.h5 has the label 2; 0 to 1 is accepted"),
    "a negative label": ({"labels": [0, -1, 1], "kind": "i2"}, "shd_test.h5 has the label -1"),
    "a list too few": ({"units": UNITS[:2]}, "has 3 lists of times, 2 of units and 3 labels"),
    "nothing": ({"times": (), "units": (), "labels": []}, "has 0 lists of times, 0 of units and 0"),
    "no labels": ({"without": ["labels"]}, "shd_test.h5 has no 'labels'; spikes/times, spikes/uni"),
    "no units": ({"without": ["spikes/units"]}, "shd_test.h5 has no 'spikes/units'"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_wrong_file_is_named(tmp_path, h5py, fault):
    more, words = FAULTS[fault]
    path = write(h5py, tmp_path / "shd_test.h5", **more)
    with pytest.raises(ValueError, match=words) as error:
        readers.shd("test", tmp_path)[0]
    assert str(path) in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("cut", [0, 7, 1000, -1000])
def test_a_truncated_file_and_none_of_this_format(tmp_path, h5py, cut):
    path = write(h5py, tmp_path / "shd_test.h5")
    raw = path.read_bytes()
    path.write_bytes(raw[:cut])
    with pytest.raises(ValueError, match="shd_test.h5 is no sound HDF5 file"):
        readers.shd("test", tmp_path)
    path.write_bytes(b"time,unit\n" * 300)
    with pytest.raises(ValueError, match="shd_test.h5 is no sound HDF5 file"):
        readers.shd("test", tmp_path)


def test_without_the_library(tmp_path, monkeypatch):
    (tmp_path / "shd_test.h5").write_bytes(b"whatever")
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(ModuleNotFoundError, match="shd_test.h5 is an HDF5 file, .*pip install"):
        readers.shd("test", tmp_path)


def test_where_the_file_is_looked_for(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"shd_test.h5 lies neither in .*download\('shd'\)"):
        readers.shd("test", tmp_path)


def test_workers_of_a_loader_read(tmp_path, h5py):
    write(h5py, tmp_path / "shd_test.h5")
    test = readers.shd("test", tmp_path)
    test[0]  # opened here, and once more in each worker
    again = pickle.loads(pickle.dumps(test))
    assert again[1][0] == test[1][0] and again.classes == test.classes
    (batch,) = DataLoader(test, batch_size=3, num_workers=2, collate_fn=data.collate)
    assert batch.spikes == data.collate([test[k] for k in range(3)]).spikes
    assert batch.lengths.tolist() == [5, 501, 1] and batch.labels.tolist() == LABELS


def test_a_network_learns_from_recordings(tmp_path, h5py):
    draw = np.random.default_rng(0)
    labels = np.arange(12) % 2
    units = [draw.integers(350 * label, 350 * label + 350, 300) for label in labels]
    times = [np.sort(draw.uniform(0, 0.05, 300)) for _ in labels]
    write(h5py, tmp_path / "shd_train.h5", times, units, labels)
    train = readers.shd("train", tmp_path, dt=2e-3, steps=30, pool=35)
    net = neurons.SpikingNetwork((20, 20, 2), input_rate=30.0, generator=seeded())
    given = {"epochs": 20, "batch_size": 4, "lr": 1e-2, "progress": False}
    training.fit(net, train, **given, generator=seeded(1))
    assert training.accuracy(net, train).value == 1.0


@pytest.mark.parametrize(("name", "part"), [("shd", "train"), ("ssc", "valid")])
def test_the_published_files(published, h5py, name, part):
    found = getattr(readers, name)(part, published(name))
    assert len(found) == {"shd": 8156, "ssc": 9981}[name]
    assert len(found.classes) == {"shd": 20, "ssc": 35}[name]
    events, label = found[0]
    assert events.features == 700 and 0.1 < len(events) * 1e-3 < 2 and label == found.labels[0]
