"""Stored results: what is saved comes back, with where it comes from."""

import json
import re

import numpy as np
import pytest
import torch

from snnbook import results


@pytest.fixture
def stored(tmp_path):
    data = {
        "accuracy": np.array([[0.5, 0.25], [1.0, 0.125]]),
        "loss": torch.tensor([2.0, 1.0]),
        "n": np.int64(7),
        "shapes": ["gaussian", "boxcar"],
        "empty": [],
    }
    results.save(
        "sweep-1", data, command="python experiments/sweep.py", seeds=range(3), folder=tmp_path
    )
    return tmp_path


def test_arrays_come_back_as_lists(stored):
    assert results.load("sweep-1", folder=stored) == {
        "accuracy": [[0.5, 0.25], [1.0, 0.125]],
        "loss": [2.0, 1.0],
        "n": 7,
        "shapes": ["gaussian", "boxcar"],
        "empty": [],
    }


def test_floats_come_back_bit_for_bit(tmp_path):
    values = np.random.default_rng(0).normal(size=100)
    results.save("x", {"values": values}, command="c", seeds=[], folder=tmp_path)
    assert results.load("x", folder=tmp_path)["values"] == values.tolist()


def test_metadata_is_complete(stored):
    made = results.metadata("sweep-1", folder=stored)
    assert made["command"] == "python experiments/sweep.py"
    assert made["seeds"] == [0, 1, 2]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", made["date"])
    assert made["versions"]["torch"] == torch.__version__
    assert made["machine"].endswith("cores") and len(made["machine"]) > 8
    assert set(made) == {"command", "seeds", "versions", "machine", "date", "python"}


def test_provenance_is_one_sentence(stored):
    text = results.provenance("sweep-1", folder=stored)
    assert "`python experiments/sweep.py`, seeds 0 to 2" in text and text.endswith(".")


@pytest.mark.parametrize("seeds, said", [([], "none"), ([3], "3"), ([1, 5, 9], "1, 5, 9")])
def test_provenance_names_the_seeds(tmp_path, seeds, said):
    results.save("x", {}, command="c", seeds=seeds, folder=tmp_path)
    assert f"seeds {said}," in results.provenance("x", folder=tmp_path)


def test_innermost_lists_take_one_line(stored):
    text = (stored / "sweep-1.json").read_text()
    assert "[0.5, 0.25]" in text and json.loads(text)["metadata"]["python"]


def test_saving_again_replaces(stored):
    results.save("sweep-1", {"a": 1}, command="c", seeds=[0], folder=stored)
    assert results.load("sweep-1", folder=stored) == {"a": 1}
    assert results.available(folder=stored) == ("sweep-1",)
    assert [path.name for path in stored.iterdir()] == ["sweep-1.json"]


def test_an_unknown_name_lists_what_exists(stored):
    with pytest.raises(FileNotFoundError, match="no stored result 'sweep-2'; available: 'sweep-1'"):
        results.load("sweep-2", folder=stored)


@pytest.mark.parametrize("name", ["", "../x", "a/b", "Sweep", "a b", ".hidden", "x.json", 3])
def test_names_are_checked(name, tmp_path):
    with pytest.raises(ValueError, match="name is"):
        results.load(name, folder=tmp_path)
    with pytest.raises(ValueError, match="name is"):
        results.save(name, {}, command="c", seeds=[], folder=tmp_path)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), np.array([np.nan])])
def test_numbers_are_finite_and_nothing_is_left_behind(value, tmp_path):
    with pytest.raises(ValueError, match="finite"):
        results.save("x", {"a": value}, command="c", seeds=[], folder=tmp_path)
    assert not list(tmp_path.iterdir())


def test_other_bad_input(tmp_path):
    with pytest.raises(TypeError, match="data is a list"):
        results.save("x", [1], command="c", seeds=[], folder=tmp_path)
    with pytest.raises(TypeError, match="data hold a object"):
        results.save("x", {"a": object()}, command="c", seeds=[], folder=tmp_path)
    with pytest.raises(ValueError, match="command is ' '"):
        results.save("x", {}, command=" ", seeds=[], folder=tmp_path)


def test_shipped_results_are_readable_and_name_no_folder_of_a_machine():
    for name in results.available():
        assert isinstance(results.load(name), dict)
        assert not re.search(r"(^|\s)/", results.metadata(name)["command"])
        assert results.provenance(name)
