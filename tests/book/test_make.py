"""The Makefile: a failure is a failure, also under the old make of macOS."""

import os
import re
import shutil
import subprocess

import pytest
from check_site import ROOT

RECIPES = [
    line.replace("\\\n", "")
    for line in re.findall(r"^\t(?:.*\\\n)*.*", (ROOT / "Makefile").read_text(), re.M)
]

#: What the targets depend on, beside the folders of code.
NEEDED = """requirements.txt requirements-test.txt pyproject.toml _config.yml _toc.yml
scripts/bootstrap.py scripts/check_site.py""".split()


def test_make_knows_every_flag():
    """Make 3.81 ignores ``.SHELLFLAGS``, ``.ONESHELL`` and ``!=`` without a word."""
    text = re.sub(r"^#.*", "", (ROOT / "Makefile").read_text(), flags=re.M)
    assert not re.search(r"\.SHELLFLAGS|\.ONESHELL|!=|\$\(file |::=|\.RECIPEPREFIX", text)


def test_a_pipe_says_pipefail():
    piped = [line for line in RECIPES if re.search(r"[^|]\|[^|]", line)]
    assert piped and all("set -o pipefail;" in line for line in piped)


@pytest.fixture
def checkout(tmp_path):
    """Return a folder with the Makefile, and tools that do nothing in place of the real ones."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    for folder in ("snnbook", "book", "tests", "scripts", "_build", ".venv/bin"):
        (tmp_path / folder).mkdir(parents=True)
    for name in NEEDED:
        (tmp_path / name).touch()
    for name in ("python", "ruff", "codespell", "jupyter-book"):
        tool = tmp_path / ".venv/bin" / name
        failing = "FAIL_" + name.replace("-", "_")
        tool.write_text(f"#!/bin/sh\nexit ${{{failing}:-0}}\n")
        tool.chmod(0o755)
    for name in (".venv/book.stamp", ".venv/test.stamp", "_build/book.stamp"):
        (tmp_path / name).touch()
    return tmp_path


def run(checkout, target, **failing):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    environment |= {f"FAIL_{tool}": str(code) for tool, code in failing.items()}
    command = ["make", "-C", str(checkout), target]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def test_tests_that_pass_leave_a_stamp(checkout):
    assert run(checkout, "test").returncode == 0 and (checkout / "_build/test.stamp").exists()


@pytest.mark.parametrize("tool", ["python", "ruff", "codespell"])
def test_tests_that_fail_leave_none(checkout, tool):
    done = run(checkout, "test", **{tool: 3})
    assert done.returncode != 0 and not (checkout / "_build/test.stamp").exists()


@pytest.mark.parametrize("tool", ["python", "jupyter_book"])
def test_a_build_that_fails_leaves_none(checkout, tool):
    (checkout / "_build/book.stamp").unlink()
    done = run(checkout, "book", **{tool: 3})
    assert done.returncode != 0 and not (checkout / "_build/book.stamp").exists()
