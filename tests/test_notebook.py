"""Glued numbers: plain, finite, and silent in a notebook; and whether one is there."""

import sys
import types

import nbformat
import numpy as np
import pytest
import torch
from nbclient import NotebookClient

from snnbook.notebook import glue, in_notebook, is_live, machine


@pytest.mark.parametrize(
    "value, shown",
    [
        (0.5, "0.5"),
        (3, "3"),
        (np.float64(0.5), "0.5"),
        (np.float32(0.5), "0.5"),
        (torch.tensor(0.25), "0.25"),
        (torch.tensor([7]), "7"),
        (np.array([[1.5]]), "1.5"),
        ("96 %", "96 %"),
    ],
)
def test_outside_a_notebook_it_prints(value, shown, capsys):
    assert glue("ch01-x", value) is None
    assert capsys.readouterr().out == f"ch01-x = {shown}\n"


@pytest.mark.parametrize("value", [float("nan"), np.float64("inf"), torch.tensor(float("nan"))])
def test_a_text_never_quotes_nan(value):
    with pytest.raises(ValueError, match="value of 'x' is (nan|inf)"):
        glue("x", value)


def test_bad_arguments():
    with pytest.raises(TypeError, match="shape \\(2,\\)"):
        glue("x", torch.zeros(2))
    with pytest.raises(TypeError, match="name is a int"):
        glue(3, 1.0)
    for name in ("", "two words", "a`b", "-x"):
        with pytest.raises(ValueError, match="name is"):
            glue(name, 1.0)


@pytest.mark.parametrize(
    ("environment", "live"),
    [
        ({}, False),
        ({"JPY_SESSION_NAME": "a.ipynb"}, True),
        ({"JPY_SESSION_NAME": "a.ipynb", "SNNBOOK_LIVE": "0"}, False),
        ({"SNNBOOK_LIVE": "1"}, True),
    ],
)
def test_the_kernel_drives_only_where_a_notebook_says_so(monkeypatch, environment, live):
    for name in ("JPY_SESSION_NAME", "SNNBOOK_LIVE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert is_live() is live


def test_a_notebook_is_a_shell_with_a_kernel(monkeypatch):
    assert not in_notebook()
    ipython = types.ModuleType("IPython")
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    for shell, there in (
        (None, False),  # a script that has imported IPython
        (types.SimpleNamespace(), False),  # IPython in a terminal
        (types.SimpleNamespace(kernel=object()), True),
    ):
        ipython.get_ipython = lambda shell=shell: shell
        assert in_notebook() is there


def test_in_a_kernel_it_stores_and_training_leaves_no_trace(tmp_path):
    """Run a notebook as the book does: the number is stored, and no stream shows up."""
    pytest.importorskip("myst_nb")
    source = """
import numpy, torch
from snnbook.neurons import SpikingNetwork
from snnbook.notebook import glue
from snnbook.training import fit
torch.set_num_threads(1)
seed = torch.Generator().manual_seed(0)
labels = torch.tensor([0, 1])
spikes = torch.eye(2)[labels].expand(5, 2, 2)
model = SpikingNetwork((2, 2), generator=seed)
fit(model, spikes, labels, epochs=2, batch_size=2, generator=seed)
glue("ch01-x", numpy.float64(0.125))
"""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute(cwd=str(tmp_path))
    (output,) = notebook.cells[0].outputs
    assert output.output_type == "display_data"
    assert output.metadata["scrapbook"]["name"] == "ch01-x"
    assert output.data["application/papermill.record/text/plain"] == "0.125"


def test_the_machine_is_named_by_its_processor_and_not_by_its_host(monkeypatch):
    monkeypatch.setattr("platform.node", lambda: 1 / 0)
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    assert machine().endswith(", 1 core") and len(machine()) > len(", 1 core")
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    assert machine().endswith(", 8 cores")
