"""WAV files of every kind, folders of them, and what is wrong with a file."""

from __future__ import annotations

import pickle
import struct
import zipfile
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers import seeded
from scipy.io import wavfile
from torch.utils.data import DataLoader

from snnbook import data, neurons, readers, training

COURSE = np.array([0.0, 0.5, -0.5, 0.25, -1.0])


def wav(samples: bytes, *, bits: int, channels: int = 1, rate: int = 8000, kind: int = 1) -> bytes:
    """Return a WAV file, written out by hand after the format's definition."""
    block = channels * bits // 8
    form = struct.pack("<HHIIHH", kind, channels, rate, rate * block, block, bits)
    body = b"WAVE" + struct.pack("<4sI", b"fmt ", len(form)) + form
    body += struct.pack("<4sI", b"data", len(samples)) + samples + b"\0" * (len(samples) % 2)
    return struct.pack("<4sI", b"RIFF", len(body)) + body


def packed(bits: int) -> bytes:
    """Return ``COURSE`` in whole numbers of so many bits; 8 bits have no sign."""
    whole = [int(x * 2 ** (bits - 1)) for x in COURSE]
    if bits == 8:
        return bytes(x + 128 for x in whole)
    return b"".join(x.to_bytes(bits // 8, "little", signed=True) for x in whole)


@pytest.mark.parametrize("bits", [8, 16, 24, 32])
def test_whole_numbers_of_every_width(tmp_path, bits):
    path = tmp_path / "a.wav"
    path.write_bytes(wav(packed(bits), bits=bits))
    samples, rate = readers.read_wav(path)
    assert rate == 8000 and samples.dtype == torch.float32
    assert samples.tolist() == COURSE.tolist()


@pytest.mark.parametrize("bits", [32, 64])
def test_floating_point(tmp_path, bits):
    path = tmp_path / "a.wav"
    path.write_bytes(wav(COURSE.astype(f"<f{bits // 8}").tobytes(), bits=bits, kind=3))
    assert readers.read_wav(str(path)).samples.tolist() == COURSE.tolist()


def test_stereo_is_averaged_or_refused(tmp_path):
    path = tmp_path / "a.wav"
    both = np.array([[0, 16384], [-32768, 0]], np.int16)
    path.write_bytes(wav(both.tobytes(), bits=16, channels=2))
    sound = readers.read_wav(path)
    assert sound.samples.tolist() == [0.25, -0.5] and sound.seconds == 2 / 8000
    with pytest.raises(ValueError, match="a.wav has 2 channels; one is accepted"):
        readers.read_wav(path, stereo="refuse")


def test_resampled_sine_is_the_sine(tmp_path):
    path = tmp_path / "a.wav"
    seconds = np.arange(8000) / 8000
    wavfile.write(path, 8000, np.sin(2 * np.pi * 100 * seconds).astype(np.float32))
    samples, rate = readers.read_wav(path, rate=11025)
    due = np.sin(2 * np.pi * 100 * np.arange(11025) / 11025)
    assert rate == 11025 and len(samples) == 11025
    assert np.abs(samples.numpy() - due)[200:-200].max() < 5e-3


GOOD = wav(packed(16), bits=16)
FAULTS = {
    "empty": (b"", "is empty"),
    "text": (b"time,unit\n0.1,3\n" * 3, "is no WAV file: it begins with b'time,unit"),
    "header only": (GOOD[:30], "is truncated"),
    "no samples yet": (GOOD[:36], "is truncated: it ends before its samples begin"),
    "samples missing": (
        GOOD[:-6],
        "is truncated: 10 bytes of 'data' are announced and 4 are",
    ),
    "no sample": (wav(b"", bits=16), "cannot be read as WAV|holds 0 samples"),
    "compressed": (wav(packed(8), bits=8, kind=6), "cannot be read as WAV: .*ALAW"),
    "no rate": (wav(packed(16), bits=16, rate=0), "at 0 Hz|cannot be read"),
    "not finite": (
        wav(np.array([1.0, np.nan], "<f4").tobytes(), bits=32, kind=3),
        "holds samples that are not finite",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_wrong_file_is_named(tmp_path, fault):
    raw, words = FAULTS[fault]
    path = tmp_path / "a.wav"
    path.write_bytes(raw)
    with pytest.raises(ValueError, match=words) as error:
        readers.read_wav(path)
    assert str(path) in str(error.value) and "\n" not in str(error.value)


def test_every_cut_of_a_file_is_an_error_that_names_it(tmp_path):
    path = tmp_path / "a.wav"
    for end in range(len(GOOD)):
        path.write_bytes(GOOD[:end])
        with pytest.raises(ValueError, match="a.wav"):
            readers.read_wav(path)


def write_recordings(folder: Path, names: list[str]) -> Path:
    """Write recordings whose length and pitch depend on the first letter of their names."""
    for k, name in enumerate(names):
        path = folder / f"{name}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        pitch = 200 + 300 * (path.stem[0] in "13579")
        steps = np.arange(800 + 80 * k) / 8000
        wavfile.write(path, 8000, (9000 * np.sin(2 * np.pi * pitch * steps)).astype(np.int16))
    return folder


def crossings(sound: readers.Sound) -> torch.Tensor:
    """Return spikes (T, 2) of steps of 10 ms: for few changes of sign, and for many."""
    changes = (sound.samples > 0).float().diff().abs()
    count = changes.split(sound.rate // 100)
    rate = torch.stack([x.sum() for x in count]) / 10
    return torch.stack([rate < 0.7, rate >= 0.7], 1).float()


def test_a_folder_names_its_classes(tmp_path):
    write_recordings(tmp_path, ["10/a", "9/b", "word/c", "9/a", "9/.hidden", "__MACOSX/9/b"])
    (tmp_path / "notes.txt").write_text("no sound")
    sounds = readers.WavFolder(tmp_path)
    assert sounds.classes == ("9", "10", "word")
    assert sounds.files == ("10/a.wav", "9/a.wav", "9/b.wav", "word/c.wav")
    assert sounds.labels.tolist() == [1, 0, 0, 2] and len(sounds) == 4
    sound, label = sounds[3]
    assert label == 2 and len(sound.samples) == 800 + 80 * 2


def test_names_tell_the_class(tmp_path):
    write_recordings(tmp_path, ["dog-1", "cat-2", "cat-3"])
    sounds = readers.WavFolder(
        tmp_path,
        lambda path: path.stem.split("-")[0],
        classes=["dog", "cat"],
        keep=lambda path: path.stem != "cat-3",
        rate=4000,
    )
    assert sounds.files == ("cat-2.wav", "dog-1.wav") and sounds.labels.tolist() == [1, 0]
    assert sounds[0][0].rate == 4000


def test_what_is_wrong_with_a_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match="folder is .*none, where nothing lies"):
        readers.WavFolder(tmp_path / "none")
    with pytest.raises(ValueError, match="holds no file that ends in .wav"):
        readers.WavFolder(tmp_path)
    write_recordings(tmp_path, ["dog-1"])
    with pytest.raises(ValueError, match="dog-1.wav lies in no folder of its class; with label="):
        readers.WavFolder(tmp_path)
    with pytest.raises(ValueError, match="dog-1.wav has the class 'dog-1'; one of 'cat' is acc"):
        readers.WavFolder(tmp_path, lambda path: path.stem, classes=["cat"])
    with pytest.raises(ValueError, match="keep takes none of the 1 files"):
        readers.WavFolder(tmp_path, keep=lambda path: False)
    broken = tmp_path / "a.zip"
    broken.write_bytes(b"PK no archive")
    with pytest.raises(ValueError, match="a.zip, which is neither a folder nor a sound zip"):
        readers.WavFolder(broken)


def test_spoken_digits_in_a_folder_and_in_an_archive(tmp_path, monkeypatch):
    names = [f"{digit}_{who}_{k}" for digit in (0, 7) for who in ("ada", "bob") for k in (4, 5, 12)]
    write_recordings(tmp_path / "fsdd" / "recordings", names)
    test, train = (readers.spoken_digits(part, tmp_path) for part in ("test", "train"))
    assert test.files == tuple(f"{d}_{who}_4.wav" for d in (0, 7) for who in ("ada", "bob"))
    assert len(train) == 8 and train.labels.unique().tolist() == [0, 7]
    assert not set(train.files) & set(test.files)
    archive = tmp_path / "packed" / "fsdd" / "recordings.zip"
    archive.parent.mkdir(parents=True)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for name in names:
            path = tmp_path / "fsdd" / "recordings" / f"{name}.wav"
            file.write(path, f"recordings/{path.name}")
    monkeypatch.setenv("SNNBOOK_DATA", str(tmp_path / "packed"))
    zipped = readers.spoken_digits()
    assert zipped.labels.tolist() == train.labels.tolist()
    assert all(torch.equal(a.samples, b.samples) for (a, _), (b, _) in zip(zipped, train))
    write_recordings(tmp_path / "fsdd" / "recordings", ["seven_ada_1"])
    with pytest.raises(ValueError, match="seven_ada_1.wav is not named {digit}_{speaker}"):
        readers.spoken_digits("all", tmp_path)
    with pytest.raises(FileNotFoundError, match="recordings lies neither in .*SNNBOOK_DATA"):
        readers.spoken_digits("all", tmp_path / "none")


def test_an_archive_that_leads_out_and_a_damaged_one(tmp_path):
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("../1/a.wav", GOOD)
    with pytest.raises(ValueError, match=r"holds '../1/a.wav', a name that leads out"):
        readers.WavFolder(archive)
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("1/a.wav", GOOD)
    raw = bytearray(archive.read_bytes())
    raw[raw.index(b"data") + 8] ^= 255
    archive.write_bytes(raw)
    with pytest.raises(ValueError, match="a.wav is damaged"):
        readers.WavFolder(archive)[0]


@pytest.mark.parametrize("zipped", [False, True])
def test_workers_of_a_loader_read(tmp_path, zipped):
    names = [f"{k}/{name}" for k in (1, 2) for name in "abc"]
    place = write_recordings(tmp_path / "sounds", names)
    if zipped:
        place = tmp_path / "sounds.zip"
        with zipfile.ZipFile(place, "w") as file:
            for name in names:
                file.write(tmp_path / "sounds" / f"{name}.wav", f"{name}.wav")
    sounds = readers.WavFolder(place, encode=crossings)
    sounds[0]  # opened here, and once more in each worker
    again = pickle.loads(pickle.dumps(sounds))
    assert again.files == sounds.files and torch.equal(again[4][0], sounds[4][0])
    load = partial(DataLoader, sounds, batch_size=3, collate_fn=data.collate)
    alone, shared = list(load()), list(load(num_workers=2))
    assert len(shared) == 2 and shared[1].lengths.tolist() == [13, 14, 15]
    for a, b in zip(alone, shared):
        assert all(torch.equal(x, y) for x, y in zip(a, b))


def test_a_network_learns_from_a_folder(tmp_path):
    names = [f"{digit}_{who}_{k}" for digit in (0, 1) for who in ("ada", "bob") for k in (3, 5, 6)]
    write_recordings(tmp_path / "recordings", names)
    train, test = (readers.spoken_digits(x, tmp_path, encode=crossings) for x in ("train", "test"))
    net = neurons.SpikingNetwork((2, 10, 10), input_rate=500.0, generator=seeded())
    given = {"epochs": 30, "batch_size": 8, "lr": 1e-2, "progress": False}
    training.fit(net, train, **given, generator=seeded(1))
    assert training.accuracy(net, test).value == 1.0
    again = neurons.SpikingNetwork((2, 10, 10), input_rate=500.0, generator=seeded())
    training.fit(again, list(train), **given, generator=seeded(1))
    assert all(torch.equal(a, b) for a, b in zip(net.parameters(), again.parameters()))
    loader = DataLoader(test, batch_size=2, collate_fn=data.collate)
    assert training.accuracy(net, loader).value == 1.0


def test_the_published_spoken_digits(published):
    folder = published("fsdd")
    train, test = (readers.spoken_digits(part, folder) for part in ("train", "test"))
    assert (len(train), len(test)) == (2700, 300)
    assert torch.bincount(train.labels).tolist() == [270] * 10
    sound, label = test[0]
    assert sound.rate == 8000 and label == 0 and 0.1 < sound.seconds < 3
    assert test[-1 % len(test)][1] == 9
