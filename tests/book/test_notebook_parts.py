"""Parts of the study notebooks, one by one: first cell, plumbing, buttons, files."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from io import BytesIO
from types import ModuleType

import notebook_cells
import notebook_files
import notebook_inline
import notebook_needs
import notebook_pieces
import notebook_teacher
import pytest
import snnbook_notebooks
from check_site import ROOT
from notebook_cells import first_cell
from notebook_files import packed, replace_folder
from notebook_plumbing import Sources
from snnbook_notebooks import launch_buttons, links_of, target_of

GITHUB = "https://github.com/owner/name"


@pytest.mark.parametrize(
    "module",
    [notebook_inline, notebook_needs, notebook_pieces, notebook_teacher, snnbook_notebooks],
    ids=lambda module: module.__name__,
)
def test_examples(module):
    import doctest

    found = doctest.testmod(module)
    assert found.attempted and not found.failed


def run_first(code: str) -> str:
    """Return what the first cell says, "" where it has nothing to say."""
    try:
        exec(compile(code, "first", "exec"), {"__name__": "__main__"})
    except Exception as problem:
        (sentence,) = problem._render_traceback_()
        return sentence
    return ""


def test_the_first_cell_is_silent_where_the_package_is():
    from snnbook import __version__

    assert run_first(first_cell(__version__)) == ""


@pytest.mark.parametrize(
    "repository, command",
    [
        ("", '%pip install -U "snnbook>=9.1.0"'),
        (GITHUB, f'%pip install -U "snnbook @ {GITHUB}/archive/main.zip"'),
        ("https://other.org/a", '%pip install -U "snnbook @ git+https://other.org/a@main"'),
    ],
)
def test_the_first_cell_says_how_to_install(monkeypatch, repository, command):
    code = first_cell("9.1.0", repository)
    monkeypatch.setitem(sys.modules, "snnbook", None)  # import raises ImportError
    said = run_first(code)
    assert said.endswith(command) and said.count("%pip") == 1
    monkeypatch.setenv("KAGGLE_KERNEL_RUN_TYPE", "Interactive")
    assert "Internet" in run_first(code)


def test_the_first_cell_knows_an_old_package_and_an_old_python(monkeypatch):
    old = ModuleType("snnbook")
    old.__version__ = "8.9.2"
    monkeypatch.setitem(sys.modules, "snnbook", old)
    said = run_first(first_cell("9.1.0"))
    assert "needs snnbook 9.1.0 and found 8.9.2" in said and "%pip" in said
    old.__version__ = "9.1.4rc1"
    assert run_first(first_cell("9.1.0")) == ""
    monkeypatch.setattr(sys, "version_info", (3, 9, 1))
    assert "Python 3.11 or newer" in run_first(first_cell("9.1.0"))


def left(*cells: str, hidden: tuple = ()) -> list[str]:
    found = Sources(dict(enumerate(cells)), set(hidden))
    return [found.source(index) for index in range(len(cells))]


def test_plumbing_goes_and_all_else_stays():
    assert left(
        "import time\nfrom a import b, glue\n\nstart = time.perf_counter()\nb()",
        "x = b(3)  # kept\nspread = max(x)\nglue('spread', spread)\nx",
        "for one in x:\n    glue(one, 1)\nprint(x)",
        "glue('seconds', time.perf_counter() - start)",
        hidden=(3,),
    ) == ["from a import b\n\nb()", "x = b(3)  # kept\nx", "print(x)", ""]


def test_a_loop_in_a_loop_that_holds_glue_alone_goes_as_a_whole():
    inner = "    if a:\n        for b in a:\n            glue(b, a)\n    else:\n        glue(a, 1)"
    text = f"for a in x:\n{inner}"
    assert left(text, "a = 3\nprint(a)", hidden=(0,)) == ["", "a = 3\nprint(a)"]


def test_what_a_shown_cell_needs_of_a_hidden_one_stays():
    assert left(
        "def half(x):\n    return x / 2\n\n\nother = 3\nglue('other', other)",
        "half(4)",
        hidden=(0,),
    ) == ["def half(x):\n    return x / 2", "half(4)"]


def test_a_call_that_may_have_effects_stays():
    assert left("y = draw()\nglue('y', y)") == ["y = draw()"]


def test_links_lead_beside_or_to_the_site():
    page, pages = "book/05b-locality", {"book/05b-locality", "book/03-training"}
    here, there = links_of(page, pages, ""), links_of(page, pages, "https://example.org/b/")
    assert here("03-training.html#a") == "03-training.ipynb#a"
    assert there("03-training.html#a") == "https://example.org/b/book/03-training.html#a"
    assert here("data.html") == f"{snnbook_notebooks.TOP}/book/data.html"
    assert here("#a") == there("#a") == "#a"
    assert here("https://doi.org/1") == "https://doi.org/1"
    assert target_of("book/a", "../top.html") == ("top", "")


def test_launch_buttons_need_an_address():
    assert launch_buttons("05b-locality", "") == []
    found = {one["text"]: one["url"] for one in launch_buttons("05b-locality", GITHUB + "/")}
    file = "owner/name/blob/notebooks/study/05b-locality.ipynb"
    assert found["Colab"] == f"https://colab.research.google.com/github/{file}"
    assert "mybinder.org/v2/gh/owner/name/notebooks?" in found["Binder"]
    assert "Kaggle" in found and "JupyterHub" not in found
    hub = launch_buttons("intro", "https://other.org/a/b", "https://hub.example.org")
    assert [one["text"] for one in hub] == ["JupyterHub"]
    assert "branch=notebooks" in hub[0]["url"]


def test_packing_twice_makes_the_same_bytes():
    files = {"study/b.ipynb": b"1", "study/a.ipynb": b"2"}
    assert packed(files) == packed(dict(reversed(files.items())))
    assert zipfile.ZipFile(BytesIO(packed(files))).read("study/a.ipynb") == b"2"


def test_a_folder_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    folder = tmp_path / "notebooks"
    replace_folder(folder, {"study/a": b"1"})
    replace_folder(folder, {"study/b": b"2"})
    assert [path.name for path in (folder / "study").iterdir()] == ["b"]

    def full(self, content):
        raise OSError("no space left on device")

    monkeypatch.setattr(notebook_files.Path, "write_bytes", full)
    with pytest.raises(OSError, match="free some space"):
        replace_folder(folder, {"study/c": b"3"})
    assert [path.name for path in tmp_path.iterdir()] == ["notebooks"]
    assert (folder / "study" / "b").read_bytes() == b"2"


def git(*command, cwd) -> str:
    found = subprocess.run(["git", *command], cwd=cwd, capture_output=True, text=True, check=True)
    return found.stdout.strip()


def test_the_branch_of_the_notebooks_is_pushed(tmp_path, monkeypatch):
    """From a checkout that stays as it is, twice, to a branch with one commit."""
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "Somebody")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "somebody@example.org")
    checkout, remote = tmp_path / "checkout", tmp_path / "remote.git"
    git("init", "-q", "--bare", str(remote), cwd=tmp_path)
    git("init", "-q", "-b", "main", str(checkout), cwd=tmp_path)
    for name in ("LICENSE", "LICENSE-TEXT"):
        (checkout / name).write_text(name)
    git("add", ".", cwd=checkout)
    git("commit", "-qm", "One", cwd=checkout)
    git("remote", "add", "origin", str(remote), cwd=checkout)
    for kind in notebook_cells.KINDS:
        (checkout / "built" / kind).mkdir(parents=True)
        (checkout / "built" / kind / "intro.ipynb").write_text("{}")
    before = git("status", "--short", "--branch", cwd=checkout)
    command = ["bash", ROOT / "scripts" / "push_notebooks.sh", "built", GITHUB]
    environment = {k: v for k, v in os.environ.items() if k not in ("GIT_DIR", "GIT_INDEX_FILE")}
    for _ in range(2):
        done = subprocess.run(command, cwd=checkout, capture_output=True, env=environment)
        assert done.returncode == 0, done.stderr
    assert git("status", "--short", "--branch", cwd=checkout) == before
    assert git("rev-list", "--count", "notebooks", cwd=remote) == "1"
    files = git("ls-tree", "-r", "--name-only", "notebooks", cwd=remote).split()
    assert "study/intro.ipynb" in files and "requirements.txt" in files
    needs = git("show", "notebooks:requirements.txt", cwd=remote)
    assert needs == f"snnbook @ git+{GITHUB}@{git('rev-parse', 'HEAD', cwd=checkout)}"
    failed = subprocess.run(command[:2], cwd=checkout, capture_output=True, text=True)
    assert failed.returncode == 1 and "STOPPED" in failed.stdout
