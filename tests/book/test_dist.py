"""The wheel: what ``make dist`` lets pass, and what it stops."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import check_dist
import pytest
import try_wheel
from check_site import ROOT

PAPERS = """CHANGELOG.md CITATION.cff LICENSE LICENSE-TEXT MANIFEST.in PKG-INFO README.md
pyproject.toml setup.cfg""".split()
FILES = {"snnbook/__init__.py", "snnbook/py.typed"}
INFO = [f"snnbook-1.dist-info/{name}" for name in
        ("METADATA", "RECORD", "licenses/LICENSE", "licenses/LICENSE-TEXT")]  # fmt: skip


@pytest.fixture
def made(tmp_path):
    """Return a function that makes a wheel and a source distribution of these files."""

    def make(wheel=(*FILES, *INFO), source=(*FILES, *PAPERS)) -> Path:
        with zipfile.ZipFile(tmp_path / "snnbook-1-py3-none-any.whl", "w") as file:
            for name in wheel:
                file.writestr(name, "text")
        with tarfile.open(tmp_path / "snnbook-1.tar.gz", "w:gz") as file:
            for name in source:
                file.addfile(tarfile.TarInfo(f"snnbook-1/{name}"), io.BytesIO())
        return tmp_path

    return make


def faults(folder: Path) -> list[str]:
    (wheel,), (source,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return check_dist.faults_of_wheel(wheel, FILES) + check_dist.faults_of_source(source, FILES)


def test_what_is_right_passes(made):
    assert faults(made()) == []


@pytest.mark.parametrize("stray", ["snnbook/notes.txt", "tests/test_a.py", "snnbook/_old.py"])
def test_a_stray_file_is_named(made, stray):
    found = faults(made([*FILES, *INFO, stray], [*FILES, *PAPERS, stray]))
    assert len(found) == 2 and all(f"{stray} does not belong there" in one for one in found)


def test_a_missing_file_is_named(made):
    found = faults(made(["snnbook/__init__.py", *INFO], ["snnbook/__init__.py", *PAPERS]))
    assert len(found) == 2 and all("snnbook/py.typed is missing" in one for one in found)


def test_a_license_is_missed(made):
    assert "1 licenses" in faults(made([*FILES, *INFO[:3]]))[0]


def test_a_large_wheel_is_stopped(made, monkeypatch):
    monkeypatch.setattr(check_dist, "LARGEST", 10)
    assert "at most 10 are accepted" in faults(made())[0]


def test_two_wheels_are_one_too_many(made, capsys):
    folder = made()
    (folder / "snnbook-0-py3-none-any.whl").touch()
    assert check_dist.main(folder) == 1 and "2 wheels" in capsys.readouterr().out


def test_the_package_is_its_modules_and_its_data():
    files = check_dist.package_files()
    assert {"snnbook/py.typed", "snnbook/__main__.py", "snnbook/explore/explorer.js"} <= files
    assert "snnbook/exercises/quizzes/02.md" in files
    assert any(name.startswith("snnbook/results/") for name in files)
    assert not any("__pycache__" in name for name in files)


def test_a_folder_without_a_repository_counts_what_lies_there(tmp_path):
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    (tmp_path / "snnbook").mkdir()
    for name in ("__init__.py", "py.typed", "stray.txt"):
        (tmp_path / "snnbook" / name).touch()
    assert check_dist.package_files(tmp_path) == FILES


def test_a_python_that_does_not_start_is_said():
    assert try_wheel.version_of("/no/such/python") == ""
    passed, said = try_wheel.attempt("/no/such/python", ["a.whl"])
    assert not passed and said == "/no/such/python does not start"


def test_needs_and_extras_are_read_from_the_wheel(tmp_path):
    text = "Name: a\nRequires-Dist: numpy>=1\nRequires-Dist: pytest; extra == 'test'\n"
    with zipfile.ZipFile(tmp_path / "a.whl", "w") as file:
        file.writestr("a-1.dist-info/METADATA", text + "Provides-Extra: test\n")
    needs, extras = try_wheel.needs_of(tmp_path / "a.whl")
    assert extras == ["test"] and try_wheel.closure(needs) == ["numpy"]
    assert {"numpy", "pytest", "pluggy"} <= set(try_wheel.closure(needs, "test"))


def test_an_environment_has_the_packages_that_are_asked_for_and_no_other(tmp_path):
    import sys

    asked = ["--no-index", "tqdm"]
    looks = ["-c", "import tqdm, importlib.util as u; assert u.find_spec('numpy') is None"]
    assert try_wheel.attempt(sys.executable, asked, ["tqdm"], [looks])[0]
    passed, said = try_wheel.attempt(sys.executable, asked, [], [looks])
    assert not passed and said.startswith("cannot be installed")


def test_a_missing_wheel_is_said(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["try_wheel.py", "no.whl"])
    assert try_wheel.main() == 1 and "'make dist' makes it" in capsys.readouterr().out


def test_pythons_that_start_are_found():
    import sys

    found = [try_wheel.version_of(path) for path in try_wheel.find_pythons()]
    assert found == sorted(set(found), key=try_wheel.VERSIONS.index)
    running = f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert set(found) <= set(try_wheel.VERSIONS) and (running in found or not found)
