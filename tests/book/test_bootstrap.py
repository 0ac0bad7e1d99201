"""The set-up says plainly what is missing."""

from __future__ import annotations

import sys

import bootstrap
import pytest


def test_old_python_is_told(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 9, 2, "final", 0))
    with pytest.raises(SystemExit, match=r"Python 3\.9\.2 .* needs 3\.11 or newer"):
        bootstrap.check_interpreter()


@pytest.mark.parametrize("module", ["ensurepip", "venv"])
def test_missing_venv_is_told(monkeypatch, module):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(SystemExit, match="python3-venv"):
        bootstrap.check_interpreter()


def test_this_python_will_do():
    bootstrap.check_interpreter()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Temporary failure in name resolution", "no network"),
        ("Could not find a version that satisfies x==1 (from versions: none)", "no network"),
        ("No space left on device", "the lines above say why"),
    ],
)
def test_failed_installation_is_explained(monkeypatch, tmp_path, said, told):
    pip = tmp_path / "python"
    pip.write_text(f'#!/bin/sh\necho "{said}"\nexit 1\n')
    pip.chmod(0o755)
    monkeypatch.setattr(bootstrap, "VENV_PYTHON", str(pip))
    with pytest.raises(SystemExit, match=told):
        bootstrap.pip("install", "x")


def test_stamp_follows_the_requirements(monkeypatch, tmp_path):
    monkeypatch.setattr(bootstrap, "ROOT", str(tmp_path))
    (tmp_path / "requirements.txt").write_text("torch==1")
    first = bootstrap.fingerprint(["requirements.txt"])
    (tmp_path / "requirements.txt").write_text("torch==2")
    assert bootstrap.fingerprint(["requirements.txt"]) != first
