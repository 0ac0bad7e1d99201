"""``python -m snnbook doctor``: every fault is found, named, and told how to mend."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from snnbook import __main__, _doctor, _doctor_runs, _requirements
from snnbook._doctor import Finding


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 14, 1), (4, 0, 0)])
def test_a_new_python_passes(version):
    assert _doctor.check_python(version).state == "pass"


@pytest.mark.parametrize("version", [(3, 10, 9), (3, 8, 18), (2, 7, 18)])
def test_an_old_python_fails_and_ends_the_list(version, monkeypatch):
    seen = _doctor.check_python(version)
    assert seen.state == "fail" and "3.11 or newer" in seen.found and "Install" in seen.advice
    monkeypatch.setattr(_doctor, "check_python", lambda: seen)
    assert _doctor.examine() == [seen]


def test_what_is_needed_is_what_the_project_says():
    import tomllib

    file = Path(__file__).resolve().parents[1] / "pyproject.toml"
    said = tomllib.loads(file.read_text())["project"]["dependencies"]
    assert [f"{name}>={least}" for name, least in _requirements.requirements()] == said


def test_a_bare_folder_reads_its_project_file(monkeypatch):
    installed = _requirements.requirements()

    def away(name):
        raise _requirements.importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(_requirements.importlib.metadata, "requires", away)
    assert _requirements.requirements() == installed


def test_a_missing_package_fails_with_the_command_that_installs_it():
    seen = _doctor.check_package("no-such-package", "1.2")
    assert seen.state == "fail" and seen.found == "not installed"
    assert seen.advice == f'{sys.executable} -m pip install "no-such-package>=1.2"'


def test_an_old_package_fails_with_both_versions():
    seen = _doctor.check_package("numpy", "99.1")
    assert seen.state == "fail" and "is too old; 99.1 or newer is needed" in seen.found


def test_a_broken_package_fails_with_its_own_words(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    seen = _doctor.check_package("scikit-learn", "1.0")
    assert seen.state == "fail" and "cannot be imported (ModuleNotFoundError" in seen.found


def test_numba_may_be_missing(monkeypatch):
    monkeypatch.setattr(_doctor, "trouble_of", lambda *_: ("", "not installed"))
    seen = _doctor.check_package("numba", "0.59")
    assert seen.state == "note" and "plain loops" in seen.found and "pip install" in seen.advice


@pytest.mark.parametrize(
    "version, numbers",
    [("2.13.0+cpu", (2, 13, 0)), ("1.0.4.post1", (1, 0, 4)), ("3.9rc1", (3, 9)), ("26.1", (26, 1))],
)
def test_a_version_is_read(version, numbers):
    assert _requirements._numbers(version) == numbers


@pytest.mark.parametrize(
    "check, run", [("loop", "compare_loops"), ("plot", "draw"), ("widget", "move_slider")]
)
def test_what_breaks_while_it_runs_fails_in_its_own_words(monkeypatch, check, run):
    def broken():
        raise OSError("DLL load failed\nand more")

    monkeypatch.setattr(_doctor_runs, run, broken)
    seen = getattr(_doctor, f"check_{check}")()
    assert seen.state == "fail" and seen.found == "OSError: DLL load failed" and seen.advice


def test_loops_that_differ_fail(monkeypatch):
    import snnbook.neurons as neurons

    true = neurons.run

    def wrong(neuron, drive, kernel="auto"):
        return true(neuron, drive if kernel == "reference" else 0 * drive, kernel=kernel)

    monkeypatch.setattr(neurons, "run", wrong)
    seen = _doctor.check_loop()
    assert seen.state == "fail" and "other spikes" in seen.found and "pip install" in seen.advice


def test_a_folder_that_cannot_be_written_fails(tmp_path):
    (tmp_path / "file").write_text("in the way")
    seen = _doctor.check_folder("folder", tmp_path / "file" / "inside", "Elsewhere.")
    assert seen.state == "fail" and "cannot be written (" in seen.found
    assert seen.advice == "Elsewhere."
    assert _doctor.check_folder("folder", tmp_path, "").state == "pass"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(
    "free, state", [(2**29, "fail"), (3 * 2**29, "note"), (2**33, "pass"), (None, "note")]
)
def test_memory(free, state):
    seen = _doctor.check_memory(free)
    assert seen.state == state and bool(seen.advice) == (state != "pass")


@pytest.mark.parametrize("count, state", [(1, "note"), (2, "pass"), (64, "pass")])
def test_cores(count, state):
    assert _doctor.check_cores(count).state == state


def test_free_memory_is_less_than_all_of_it():
    import psutil

    assert 0 < _doctor.free_memory() <= psutil.virtual_memory().total


GOOD = Finding("cores", "pass", "8 cores")
BAD = Finding("memory", "fail", "0.1 GiB free", "Close other programs.")


def test_a_report_says_what_to_do_and_fails(capsys):
    assert _doctor.report([GOOD, BAD]) == 1
    said = capsys.readouterr().out
    assert "FAIL  memory" in said and "to do: Close other programs." in said
    assert "1 of 2 checks failed: memory." in said
    assert _doctor.report([GOOD]) == 0 and "runs the book" in capsys.readouterr().out


def test_a_report_as_json(capsys):
    assert _doctor.report([GOOD, BAD], as_json=True) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["ready"] is False
    assert said["checks"][1] == {
        "name": "memory", "state": "fail", "found": "0.1 GiB free",
        "advice": "Close other programs.",
    }  # fmt: skip


def test_the_whole_of_it_on_this_machine(tmp_path):
    """From another folder, with a cache that cannot be written: a note, and no failure."""
    (tmp_path / "file").write_text("in the way")
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "file")}
    command = [sys.executable, "-m", "snnbook", "doctor", "--json"]
    environment["PYTHONPATH"] = str(Path(__file__).resolve().parents[1])
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True)
    checks = {one["name"]: one for one in json.loads(done.stdout)["checks"]}
    failed = [one for one in checks.values() if one["state"] == "fail"]
    assert done.returncode == bool(failed) and not set(checks) - {
        "Python", "loops", "plot", "widget", "folder", "cache", "memory", "cores",
        *(name for name, _ in _requirements.requirements()),
    }  # fmt: skip
    assert [one["name"] for one in failed] in ([], ["memory"]), failed
    assert checks["cache"]["state"] == "note" and "NUMBA_CACHE_DIR" in checks["cache"]["advice"]
    assert "the same" in checks["loops"]["found"]


@pytest.mark.parametrize("given", [["doctr"], ["map", "5b", "x"], ["doctor", "--jsn"], ["--what"]])
def test_a_wrong_command_is_one_sentence(given, capsys):
    assert __main__.main(given) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and repr(" ".join(given)) in said and "are accepted." in said
