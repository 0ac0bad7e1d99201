"""The files that a stranger looks for, and what they must agree on."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import metadata

import pytest
import yaml
from check_site import ROOT, source_of, toc_files
from packaging.specifiers import SpecifierSet

import snnbook

WORKFLOWS = ROOT / ".github" / "workflows"
FILES = """README.md Makefile requirements.txt requirements-test.txt pyproject.toml LICENSE
LICENSE-TEXT CITATION.cff CHANGELOG.md CONTRIBUTING.md _config.yml _toc.yml .gitignore .ci/run
.github/workflows/test.yml .github/workflows/publish.yml .github/workflows/weekly.yml
.zenodo.json book/references.bib book/api.md book/bibliography.md""".split()


@pytest.mark.parametrize("name", FILES)
def test_file_is_there_and_not_empty(name):
    assert (ROOT / name).read_text().strip()


def test_every_page_of_the_contents_has_a_source():
    assert [page for page in toc_files() if not source_of(page).is_file()] == []


def test_type_checkers_are_told_that_the_package_has_types():
    """The marker of PEP 561 is an empty file, which an installed package must bring along."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert (ROOT / "snnbook/py.typed").is_file()
    assert "py.typed" in project["tool"]["setuptools"]["package-data"]["snnbook"]


def test_versions_agree():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == snnbook.__version__
    assert f"## {snnbook.__version__}" in (ROOT / "CHANGELOG.md").read_text()


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-test.txt"])
def test_requirements_are_exact_and_name_no_index(name):
    lines = [line for line in (ROOT / name).read_text().splitlines() if not line.startswith("#")]
    assert [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.]+", line)] == []


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-test.txt"])
def test_what_is_pinned_runs_on_the_oldest_python_that_is_promised(name):
    promised = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    oldest = f"{promised.removeprefix('>=')}.0"
    lines = [line for line in (ROOT / name).read_text().splitlines() if not line.startswith("#")]
    asked = {line: metadata(line.split("==")[0]).get("Requires-Python", "") for line in lines}
    assert [line for line, want in asked.items() if oldest not in SpecifierSet(want)] == []


def test_requirements_cover_what_the_package_needs():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pinned = (ROOT / "requirements.txt").read_text() + (ROOT / "requirements-test.txt").read_text()
    extras = settings["optional-dependencies"]
    wanted = [*settings["dependencies"], *extras["book"], *extras["test"]]
    names = [re.match(r"[\w.-]+", one).group() for one in wanted]
    assert [one for one in names if not re.search(rf"^{one}==", pinned, re.M | re.I)] == []


def test_a_reader_installs_no_gpl_code():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert not any("codespell" in one for one in settings["dependencies"])
    assert "codespell" not in (ROOT / "requirements.txt").read_text()


def test_ci_runs_make_test():
    script = (ROOT / ".ci" / "run").read_text()
    assert "set -euo pipefail" in script and script.rstrip().endswith("make test")


def test_every_promised_python_is_tested():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    promised = [one.rpartition(" ")[2] for one in project["classifiers"] if "Python :: 3." in one]
    jobs = yaml.safe_load((WORKFLOWS / "test.yml").read_text())["jobs"]
    assert jobs["test"]["strategy"]["matrix"]["python"] == promised
    assert set(jobs["units"]["strategy"]["matrix"]["python"]) <= set(promised)
    assert promised[0] == project["requires-python"].removeprefix(">=")


def test_only_a_tag_publishes_the_wheel_and_no_password_exists():
    jobs = yaml.safe_load((WORKFLOWS / "publish.yml").read_text())["jobs"]
    for name in ("wheel", "release"):
        assert jobs[name]["if"] == "${{ github.ref_type == 'tag' }}"
    assert jobs["wheel"]["permissions"] == {"id-token": "write"}
    texts = "".join(path.read_text() for path in WORKFLOWS.glob("*.yml"))
    assert "secrets." not in texts and "password" not in texts.replace("no password", "")


def test_what_a_workflow_makes_the_makefile_knows():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    called = set()
    for path in WORKFLOWS.glob("*.yml"):
        for line in re.findall(r"\bmake ([a-z ]+)$", path.read_text(), re.M):
            called |= set(line.split())
    # The printed book and the bundle are made where the release is.
    assert called - {"pdf", "bundle"} <= targets and {"dist", "linkcheck"} <= called


def test_readme_shows_both_commands_and_both_licenses():
    text = (ROOT / "README.md").read_text()
    for part in ("make book", "make test", "BSD-3-Clause", "CC BY 4.0", "CITATION.cff"):
        assert part in text


def test_pictures_of_the_readme_are_there():
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", (ROOT / "README.md").read_text())
    assert pictures and [one for one in pictures if not (ROOT / one).is_file()] == []


def test_readme_example_runs():
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert blocks
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {})
