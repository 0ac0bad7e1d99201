"""Files in IDX format, plain and packed, and what is wrong with them."""

from __future__ import annotations

import gzip
import pickle
import struct
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers import seeded
from torch.utils.data import DataLoader

from snnbook import data, neurons, readers, training


def idx(values: np.ndarray, kind: int = 8) -> bytes:
    """Return a file in IDX format, written out by hand after its definition."""
    head = struct.pack(f">BBBB{values.ndim}I", 0, 0, kind, values.ndim, *values.shape)
    return head + values.astype(values.dtype.newbyteorder(">")).tobytes()


def made(count: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """Return images of 4 x 3 pixels: even classes are bright above, odd ones below."""
    labels = np.arange(count, dtype=np.uint8) % 10
    images = np.zeros((count, 4, 3), np.uint8)
    for image, label in zip(images, labels):
        image[2 * (label % 2) :][:2] = 255 - label
    return images, labels


def write(folder: Path, part: str = "train", packed: bool = True, stem: str = "-idx") -> Path:
    images, labels = made()
    folder.mkdir(parents=True, exist_ok=True)
    for name, raw in ((f"images{stem}3", idx(images)), (f"labels{stem}1", idx(labels))):
        path = folder / f"{part}-{name}-ubyte"
        if packed:
            path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(raw))
        else:
            path.write_bytes(raw)
    return folder


KINDS = {8: "u1", 9: "i1", 11: "i2", 12: "i4", 13: "f4", 14: "f8"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_every_kind_of_number(tmp_path, kind, suffix):
    values = np.arange(6).reshape(2, 3).astype(KINDS[kind])
    path = tmp_path / f"a{suffix}"
    path.write_bytes(gzip.compress(idx(values, kind)) if suffix else idx(values, kind))
    found = readers.read_idx(path)
    assert found.dtype == values.dtype and np.array_equal(found, values)


@pytest.mark.parametrize(
    ("packed", "stem"), [(True, "-idx"), (False, "-idx"), (False, ".idx")], ids=str
)
def test_images_and_classes(tmp_path, packed, stem):
    write(tmp_path / "mnist", "t10k", packed, stem)
    images, labels = made()
    test = readers.mnist("test", tmp_path)
    assert len(test) == 12 and test.shape == (4, 3) and test.labels.tolist() == labels.tolist()
    pixels, label = test[11]
    assert pixels.dtype == torch.float32 and label == 1 and type(label) is int
    assert torch.equal(pixels, torch.from_numpy(images[11].reshape(-1) / np.float32(255)))
    inputs, classes = test.tensors()
    assert torch.equal(inputs[11], pixels) and torch.equal(classes, test.labels)
    assert inputs.shape == (12, 12) and inputs.max() == 1
    assert len(list(test)) == 12  # an end


def test_the_two_sets_do_not_mix(tmp_path, monkeypatch):
    monkeypatch.setenv("SNNBOOK_DATA", str(tmp_path))
    write(tmp_path / "fashion_mnist")
    assert readers.fashion_mnist().classes[9] == "ankle boot"
    with pytest.raises(FileNotFoundError, match=r"not in .*mnist: readers.download\('mnist'\)"):
        readers.mnist()


def test_the_images_are_read_when_they_are_asked_for(tmp_path):
    write(tmp_path)
    train = readers.mnist("train", tmp_path)
    kept = len(pickle.dumps(train))
    path = tmp_path / "train-images-idx3-ubyte.gz"
    raw = path.read_bytes()
    path.write_bytes(raw[:-12])
    with pytest.raises(ValueError, match="train-images-idx3-ubyte.gz is no sound gzip file"):
        train[0]
    path.write_bytes(raw)
    assert train[3][1] == 3 and len(pickle.dumps(train)) == kept


IMAGES, LABELS = (idx(values) for values in made())
FAULTS = {
    "empty": ("images", b"", "images is empty; a file in IDX format is accepted"),
    "another file": ("images", b"\x89PNG\r\n", "images begins with 89 50 4e 47, which is no magic"),
    "an unknown kind": ("labels", b"\0\0\x0a\1\0\0\0\0", "labels begins with 00 00 0a 01, which"),
    "no axis": ("labels", b"\0\0\x08\0", "labels begins with 00 00 08 00, which is no magic"),
    "half a head": ("images", IMAGES[:9], "images is truncated: it ends within its first 16 bytes"),
    "half": ("images", IMAGES[:99], r"images is truncated: .* 12 x 4 x 3 numbers in 144 bytes, an"),
    "too long": ("labels", LABELS + b"x", "labels goes on behind its end: .* 12 bytes, and 13 are"),
    "labels in place of images": ("images", LABELS, r"images has the shape \(12,\); images of by"),
    "images in place of labels": ("labels", IMAGES, r"labels holds uint8 \(12, 4, 3\); labels ar"),
    "other labels": ("labels", idx(made(11)[1]), "images holds 12 images and .*labels 11 labels"),
    "no class": ("labels", LABELS[:-2] + b"\x0a\1", "labels has the label 10 at place 10; 0 to 9"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_wrong_file_is_named(tmp_path, fault):
    which, raw, words = FAULTS[fault]
    for name, good in (("images", IMAGES), ("labels", LABELS)):
        (tmp_path / name).write_bytes(raw if name == which else good)
    with pytest.raises(ValueError, match=words) as error:
        readers.Images(tmp_path / "images", tmp_path / "labels")
    assert str(tmp_path) in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("raw", [IMAGES[:-1], IMAGES + b"x"], ids=["short", "long"])
def test_a_packed_file_is_measured_when_it_is_read(tmp_path, raw):
    (tmp_path / "labels").write_bytes(LABELS)
    (tmp_path / "images.gz").write_bytes(gzip.compress(raw))
    images = readers.Images(tmp_path / "images.gz", tmp_path / "labels")
    with pytest.raises(ValueError, match="images.gz (is truncated|goes on behind its end): it"):
        images[0]


def early(inputs: torch.Tensor) -> torch.Tensor:
    """Return spikes of a latency code."""
    return data.latency_code(inputs, steps=20)


@pytest.mark.parametrize("packed", [True, False])
def test_a_network_learns_from_the_files(tmp_path, packed):
    train = readers.mnist("train", write(tmp_path, packed=packed))
    given = partial(training.fit, epochs=5, lr=1e-2, encode=early, progress=False)

    def net() -> neurons.SpikingNetwork:
        return neurons.SpikingNetwork((12, 10, 10), input_rate=20.0, generator=seeded())

    one, two, three = net(), net(), net()
    given(one, train, batch_size=4, generator=seeded(1))
    given(two, *train.tensors(), batch_size=4, generator=seeded(1))
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters()))
    given(three, DataLoader(train, batch_size=4, num_workers=2))
    share = training.accuracy(three, DataLoader(train, batch_size=5), encode=early)
    assert share == training.accuracy(three, train, encode=early)


def test_the_published_digits(published):
    folder = published("mnist")
    train, test = (readers.mnist(part, folder) for part in ("train", "test"))
    assert (len(train), len(test)) == (60_000, 10_000) and train.shape == (28, 28)
    assert train.labels[:5].tolist() == [5, 0, 4, 1, 9]
    inputs, labels = test.tensors()
    assert inputs.shape == (10_000, 784) and labels[:3].tolist() == [7, 2, 1]
    assert torch.equal(test[123][0], inputs[123])
    assert set(readers.verify("mnist", folder).values()) == {"as published"}
