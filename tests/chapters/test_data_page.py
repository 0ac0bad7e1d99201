"""The lines of the data page run, and its table states what they return."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "book" / "data.md"


@pytest.fixture(scope="module")
def names():
    """Run the Python blocks of the page in order and return the names they define."""
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.M | re.S)
    assert len(blocks) == 9
    space = {}
    for block in blocks:
        exec(block, space)
    return space


def test_sizes_in_the_table(names):
    split = names["split"]
    assert split.train_inputs.shape == (1400, 64) and split.test_inputs.shape == (397, 64)
    assert names["features"].shape == (5000, 4)
    assert names["validation_features"].shape == names["test_features"].shape == (1000, 4)
    assert names["patterns"].shape == (200, 256, 100)
    assert names["spikes"].shape == (100, 200, 30)
    assert names["word"].shape[1] == 25 and len(names["trials"].labels) == 32
    assert len(names["said"].sounds) == 6 * 6 * 2
    assert names["curve"].shape[0] == 100 and names["volleys"].shape[1:] == (32, 20)


def test_codes_return_spikes(names):
    assert names["early"].shape == names["often"].shape == (100, 10, 64)
    assert names["change"].shape == (100, 1, 2)
    for code in ("early", "often", "change"):
        assert set(names[code].unique().tolist()) == {0.0, 1.0}


def test_class_counts_in_the_text(names):
    split = names["split"]
    counts = (split.train_labels.bincount() + split.test_labels.bincount()).tolist()
    assert (min(counts), max(counts), sum(counts)) == (174, 183, 1797)


def test_counting_spikes_is_no_help_on_randman(names):
    assert (names["spikes"].sum(0) == 1).all()
