"""N-MNIST and DVS128 Gesture: files in their exact formats, and what is wrong with them."""

from __future__ import annotations

import pickle
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers import seeded
from torch.utils.data import DataLoader

from snnbook import data, neurons, readers, training
from snnbook.kernels import Events

#: Time stamp in microseconds, polarity, row, column.
SEEN = [(0, 1, 3, 7), (999, 0, 33, 0), (1000, 1, 3, 7), (1999, 1, 3, 7), (130_000, 0, 0, 33)]


def saccade(events: list[tuple[int, int, int, int]]) -> bytes:
    """Return a file of N-MNIST, bit by bit after the page of the set."""
    whole = (x << 32 | y << 24 | on << 23 | stamp for stamp, on, y, x in events)
    return b"".join(value.to_bytes(5, "big") for value in whole)


def packet(events: list[tuple[int, int, int, int]], kind: int = 1, overruns: int = 0, **more):
    """Return a packet of AEDAT 3.1; events of stamp, polarity, row, column and perhaps validity."""
    body = b""
    for stamp, on, y, x, *valid in events:
        body += struct.pack("<II", x << 17 | y << 2 | on << 1 | (valid[0] if valid else 1), stamp)
    valid = more.get("valid", len(events))
    size = more.get("size", 8)
    head = struct.pack("<HHIIIIII", kind, 1, size, 4, overruns, len(events), len(events), valid)
    return head + body


HEADER = (
    b"#!AER-DAT3.1\r\n#Format: RAW\r\n#Source 1: DVS128\r\n#Start-Time: 2017-01-01 00:00:00\r\n"
    b"#!END-HEADER\r\n"
)


def spikes(*places: tuple[int, int, int, int], size: int, steps: int) -> torch.Tensor:
    """Return (T, 1, N) from step, polarity, row and column, written out."""
    dense = torch.zeros(steps, 2, size, size)
    for place in places:
        dense[place] = 1
    return dense.reshape(steps, 1, -1)


def write_digits(folder: Path, zipped: bool) -> Path:
    """Write two recordings of N-MNIST for training."""
    files = {"Train/3/00002.bin": saccade(SEEN), "Train/8/00001.bin": saccade(SEEN[:2])}
    folder.mkdir(parents=True)
    if zipped:
        with zipfile.ZipFile(folder / "Train.zip", "w") as archive:
            for name, raw in files.items():
                archive.writestr(name, raw)
    else:
        for name, raw in files.items():
            (folder / name).parent.mkdir(parents=True)
            (folder / name).write_bytes(raw)
    return folder.parent


@pytest.mark.parametrize("zipped", [False, True])
def test_digits_before_a_moving_camera(tmp_path, zipped):
    place = write_digits(tmp_path / "n_mnist", zipped)
    train = readers.n_mnist("train", place)
    assert train.labels.tolist() == [3, 8] and train.shape == (2, 34, 34)
    events, label = train[0]
    due = [(0, 1, 3, 7), (0, 0, 33, 0), (1, 1, 3, 7), (130, 0, 0, 33)]
    assert label == 3 and torch.equal(events.to_dense(), spikes(*due, size=34, steps=131))
    assert train[-1][1] == 8 and len(train[1][0]) == 1 and len(list(train)) == 2
    cut, _ = readers.n_mnist("train", place, dt=10e-3, steps=5, pool=4)[0]
    due = [(0, 1, 0, 1), (0, 0, 8, 0)]
    assert torch.equal(cut.to_dense(), spikes(*due, size=9, steps=5))
    long, _ = readers.n_mnist("train", place, steps=300)[1]
    assert len(long) == 300 and len(long.indices) == 2


def test_the_clock_of_the_camera_runs_over(tmp_path):
    place = tmp_path / "Test" / "5"
    place.mkdir(parents=True)
    marked = [(8000, 1, 1, 1), (0, 0, 240, 305 - 256), (5, 1, 1, 1), (0, 0, 240, 0), (6, 0, 2, 2)]
    (place / "1.bin").write_bytes(saccade(marked))
    events, _ = readers.n_mnist("test", tmp_path)[0]
    due = [(8, 1, 1, 1), (8, 1, 1, 1), (16, 0, 2, 2)]
    assert torch.equal(events.to_dense(), spikes(*due, size=34, steps=17))


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", r"1.bin is empty: it has 0 bytes"),
        (saccade(SEEN)[:-1], r"1.bin is truncated: it has 24 bytes; 5 for each event"),
        (saccade([(0, 1, 34, 0)]), "1.bin has an event at place 34 of an axis of 34; 0 to 33"),
        (
            saccade([(7, 1, 0, 0), (6, 1, 0, 0)]),
            "1.bin has time stamps that run backward, from 7",
        ),
    ],
    ids=["empty", "truncated", "beside the camera", "backward"],
)
def test_a_wrong_recording_is_named(tmp_path, raw, words):
    place = tmp_path / "Test" / "5"
    place.mkdir(parents=True)
    (place / "1.bin").write_bytes(raw)
    with pytest.raises(ValueError, match=words) as error:
        readers.n_mnist("test", tmp_path)[0]
    assert str(place) in str(error.value) and "\n" not in str(error.value)
    if "backward" in words:
        assert len(readers.n_mnist("test", tmp_path, check_order=False)[0][0]) == 1


def test_a_folder_that_is_no_digit(tmp_path):
    (tmp_path / "Test" / "ten").mkdir(parents=True)
    (tmp_path / "Test" / "ten" / "1.bin").write_bytes(saccade(SEEN))
    with pytest.raises(ValueError, match="1.bin lies in the folder 'ten'; one named after"):
        readers.n_mnist("test", tmp_path)


FIRST = [(1000, 1, 5, 9), (2500, 0, 127, 0), (2500, 1, 0, 127)]
SECOND = [(3999, 1, 5, 9), (4000, 1, 5, 9), (9000, 0, 6, 6)]


def write_gestures(folder: Path, raw: bytes | None = None, table: str | None = None) -> Path:
    """Write a recording of two people's gestures, and what the set has beside it."""
    place = folder / "dvs_gestures" / "DvsGesture"
    place.mkdir(parents=True)
    if raw is None:
        other = packet([(1500, 0, 0, 0)], kind=0)
        raw = HEADER + packet(FIRST) + other + packet(SECOND)
    table = (
        "class,startTime_usec,endTime_usec\n2,1000,4000\n11,4000,9001\n" if table is None else table
    )
    (place / "trials_to_train.txt").write_text("user01_led.aedat\n\nuser02_lab.aedat\n")
    for name in ("user01_led", "user02_lab"):
        (place / f"{name}.aedat").write_bytes(raw)
        (place / f"{name}_labels.csv").write_text(table)
    return folder


def test_gestures_of_a_recording(tmp_path):
    train = readers.dvs_gestures("train", write_gestures(tmp_path))
    assert train.labels.tolist() == [1, 10, 1, 10] and train.shape == (2, 128, 128)
    assert train.classes[1] == "right hand wave" and len(train.classes) == 11
    due = [(0, 1, 5, 9), (1, 0, 127, 0), (1, 1, 0, 127), (2, 1, 5, 9)]
    assert torch.equal(train[0][0].to_dense(), spikes(*due, size=128, steps=3))
    due = [(0, 1, 5, 9), (5, 0, 6, 6)]
    assert torch.equal(train[3][0].to_dense(), spikes(*due, size=128, steps=6))
    small, label = readers.dvs_gestures("train", tmp_path, dt=5e-3, steps=2, pool=32)[1]
    due = [(0, 1, 0, 0), (1, 0, 0, 0)]
    assert label == 10 and torch.equal(small.to_dense(), spikes(*due, size=4, steps=2))


def test_events_that_the_camera_took_back_and_a_clock_that_ran_over(tmp_path):
    late = (1 << 31) + 2000
    raw = HEADER + packet([(1000, 1, 1, 1, 0), (1100, 1, 2, 2)], valid=1)
    raw += packet([(2000, 0, 3, 3)], overruns=1)
    table = f"class,startTime_usec,endTime_usec\n1,1000,2000\n3,{late - 1000},{late + 1}\n"
    train = readers.dvs_gestures("train", write_gestures(tmp_path, raw, table))
    assert torch.equal(train[0][0].to_dense(), spikes((0, 1, 2, 2), size=128, steps=1))
    assert torch.equal(train[1][0].to_dense(), spikes((1, 0, 3, 3), size=128, steps=2))


def test_a_gesture_without_events_is_silent(tmp_path):
    table = "class,startTime_usec,endTime_usec\n1,5000,6000\n"
    train = readers.dvs_gestures("train", write_gestures(tmp_path, None, table), steps=4)
    assert train[0][0].shape == (4, 1, 2 * 128 * 128) and train[0][0].density == 0


WHOLE = HEADER + packet(FIRST) + packet(SECOND)
WRONG = {
    "empty": (b"", "user01_led.aedat is empty; a file in AEDAT 3.1 format is accepted"),
    "another format": (
        b"#!AER-DAT2.0\r\n" + WHOLE,
        "begins with b'#!AER-DAT2.0",
    ),
    "no header": (b"\0" * 99, "user01_led.aedat begins with"),
    "a header without end": (HEADER[:-16] + packet(FIRST), "its header has no line #!END-HEADER"),
    "half a packet": (
        WHOLE[:-3],
        r"is truncated: a packet at byte 175 goes on behind its",
    ),
    "half a head": (HEADER + packet(FIRST)[:20], "is truncated: a packet at byte"),
    "other events": (HEADER + packet(FIRST, size=4), "has a packet at byte .* events of 4 bytes"),
    "backward": (HEADER + packet(FIRST[::-1]), "run backward, from 2500 to 1000"),
    "backward packets": (
        HEADER + packet(SECOND) + packet(FIRST),
        "run backward, from 9000",
    ),
    "beside the camera": (HEADER + packet([(1000, 1, 5, 128)]), "an event at place 128 of an axis"),
}


@pytest.mark.parametrize("fault", WRONG)
def test_a_wrong_file_of_the_camera_is_named(tmp_path, fault):
    raw, words = WRONG[fault]
    train = readers.dvs_gestures("train", write_gestures(tmp_path, raw))
    with pytest.raises(ValueError, match=words) as error:
        train[0]
    assert "user01_led.aedat" in str(error.value) and "\n" not in str(error.value)


def test_every_cut_of_a_recording_is_an_error_or_fewer_packets(tmp_path):
    write_gestures(tmp_path)
    path = tmp_path / "dvs_gestures" / "DvsGesture" / "user01_led.aedat"
    whole = {len(HEADER) + len(packet(FIRST)), len(HEADER), len(WHOLE)}
    for end in range(len(WHOLE)):
        path.write_bytes(WHOLE[:end])
        train = readers.dvs_gestures("train", tmp_path)
        if end in whole:
            train[0]
            continue
        with pytest.raises(ValueError, match="user01_led.aedat"):
            train[0]


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("", "has no gesture; a table with class, start and end is accepted"),
        (
            "class,start,end\n0,5,6\n",
            "line 2, has the class 0 from 5 to 6 us; a class from 1",
        ),
        ("class,start,end\n1,5,6\n12,5,6\n", "line 3, has the class 12"),
        ("class,start,end\n1,6,6\n", "line 2, has the class 1 from 6 to 6 us"),
        ("class,start,end\n1,5\n", "line 2, is '1,5'; class, start and end, three whole"),
        ("class,start,end\none,5,6\n", "line 2, is 'one,5,6'; class, start"),
    ],
)
def test_a_wrong_table_is_named(tmp_path, table, words):
    with pytest.raises(ValueError, match=f"user01_led_labels.csv,? {words}"):
        readers.dvs_gestures("train", write_gestures(tmp_path, table=table))


def test_a_file_that_is_missing(tmp_path):
    place = write_gestures(tmp_path) / "dvs_gestures" / "DvsGesture"
    (place / "user02_lab.aedat").unlink()
    with pytest.raises(FileNotFoundError, match="user02_lab.aedat, which .*train.txt names, does"):
        readers.dvs_gestures("train", tmp_path)
    (place / "user01_led_labels.csv").unlink()
    with pytest.raises(FileNotFoundError, match="user01_led_labels.csv, the table of gestures"):
        readers.dvs_gestures("train", tmp_path)
    (place / "trials_to_train.txt").write_text("\n")
    with pytest.raises(ValueError, match="trials_to_train.txt is empty; one name of a file"):
        readers.dvs_gestures("train", tmp_path)
    with pytest.raises(FileNotFoundError, match="trials_to_test.txt lies neither .* by hand"):
        readers.dvs_gestures("test", tmp_path)


@pytest.mark.parametrize("which", ["digits", "zipped digits", "gestures"])
def test_workers_of_a_loader_read_events(tmp_path, which):
    if which == "gestures":
        train = readers.dvs_gestures("train", write_gestures(tmp_path), pool=16)
    else:
        place = write_digits(tmp_path / "n_mnist", "zipped" in which)
        train = readers.n_mnist("train", place)
    train[0]  # opened here, and once more in each worker
    again = pickle.loads(pickle.dumps(train))
    assert again[1][0] == train[1][0] and again.shape == train.shape
    together = data.collate([train[k] for k in range(len(train))])
    loader = DataLoader(train, batch_size=9, num_workers=2, collate_fn=data.collate)
    (batch,) = loader
    assert isinstance(batch.spikes, Events) and batch.spikes == together.spikes
    assert torch.equal(batch.labels, train.labels) and torch.equal(batch.lengths, together.lengths)


def test_a_network_learns_from_gestures(tmp_path):
    draw = np.random.default_rng(0)
    events = [
        (1000 + 20 * k, 0, *map(int, 64 * (k >= 1000) + draw.integers(0, 64, 2)))
        for k in range(2000)
    ]
    table = "class,startTime_usec,endTime_usec\n2,1000,21000\n11,21000,41000\n"
    write_gestures(tmp_path, HEADER + packet(events[:700]) + packet(events[700:]), table)
    train = readers.dvs_gestures("train", tmp_path, pool=32, steps=20)
    net = neurons.SpikingNetwork((32, 20, 11), input_rate=250.0, generator=seeded())
    given = {"epochs": 20, "batch_size": 4, "lr": 1e-2, "progress": False}
    training.fit(net, train, **given, generator=seeded(1))
    assert training.accuracy(net, train).value == 1.0
    loader = DataLoader(train, batch_size=2, collate_fn=data.collate)
    assert training.accuracy(net, loader).value == 1.0


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"dt": 0.0}, "dt is 0.0; a finite number above 0 is accepted"),
        ({"steps": 0}, "steps is 0; a whole number of at least 1"),
        ({"pool": 1.5}, "pool is 1.5; a whole number of at least 1"),
        ({"part": "valid"}, "part is 'valid'; one of 'train', 'test'"),
    ],
)
def test_settings_are_checked_first(tmp_path, more, words):
    for reader in (readers.shd, readers.n_mnist, readers.dvs_gestures):
        with pytest.raises(ValueError, match=words):
            reader(folder=tmp_path, **more)


def test_there_is_no_recording_behind_the_last(tmp_path):
    train = readers.n_mnist("train", write_digits(tmp_path / "n_mnist", False))
    for k in (2, -3):
        with pytest.raises(IndexError, match=f"there are 2 recordings, and no number {k}"):
            train[k]


def test_random_events_come_back_as_they_were_written(tmp_path):
    draw = np.random.default_rng(0)
    stamps = np.sort(draw.integers(0, 300_000, 400))
    events = [(int(t), *map(int, draw.integers(0, (2, 34, 34)))) for t in stamps]
    place = tmp_path / "Train" / "0"
    place.mkdir(parents=True)
    (place / "1.bin").write_bytes(saccade(events))
    found = readers.n_mnist("train", tmp_path, steps=300)[0][0].to_dense()
    assert torch.equal(found, spikes(*((t // 1000, *at) for t, *at in events), size=34, steps=300))
