"""The numbers that chapter 2 states, pinned: its cells are run and what they glue is compared."""

import json
import re

import pytest

import snnbook.notebook
from snnbook import plotting

NOTEBOOK = "book/02-snns-as-rnns.ipynb"
#: Spikes in 200 ms that the libraries themselves gave for constant weighted inputs 0.05, 0.1, 0.2
#: and 0.5: snnTorch 1.0.0, norse 1.1.0, SpikingJelly 2.0.0; SpyTorch's loop as in its notebooks.
LIBRARIES = {
    "spytorch": [32, 64, 97, 99],
    "snntorch_synaptic": [40, 90, 195, 199],
    "norse_lif": [0, 0, 0, 39],
    "snntorch_leaky": [0, 6, 28, 82],
    "spikingjelly_lif": [0, 1, 28, 66],
}


@pytest.fixture(scope="module")
def notebook(root):
    return json.loads((root / NOTEBOOK).read_text())


@pytest.fixture(scope="module")
def chapter(notebook):
    """Run the chapter's computing cells; give its variables and the glued numbers."""
    numbers, space = {}, {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(snnbook.notebook, "glue", numbers.__setitem__)
        patch.setattr(plotting, "use_style", lambda: None)
        for cell in notebook["cells"]:
            source = "".join(cell["source"])
            tags = " ".join(cell["metadata"].get("tags", []))
            left_out = re.search(r"plt\.show|slider|quiz\(", source) or re.search(
                r"exercise-|solution-", tags
            )
            if cell["cell_type"] == "code" and not left_out:
                exec(compile(source, NOTEBOOK, "exec"), space)
    numbers = {name: value for name, value in numbers.items() if not isinstance(value, str)}
    return space, {name: float(value) for name, value in numbers.items()}


@pytest.mark.parametrize(
    ("name", "order", "within"),
    [
        ("ch02-order-raw", 1, 0.02),
        ("ch02-order-shifted", 1, 0.02),
        ("ch02-spike-order-raw", 1, 0.1),
        ("ch02-spike-order-shifted", 1, 0.1),
        ("ch02-spike-order-grid", 1, 0.1),
        ("ch02-spike-order-line", 2, 0.1),
    ],
)
def test_order_of_convergence(chapter, name, order, within):
    assert chapter[1][name] == pytest.approx(order, abs=within)


def test_no_error_is_left_below_threshold(chapter):
    assert chapter[1]["ch02-error-gain"] < 1e-13


def test_two_errors_partly_cancel(chapter):
    glued = chapter[1]
    shifted = glued["ch02-spike-error-shifted"]
    assert shifted < glued["ch02-spike-error-grid"] < glued["ch02-spike-error-raw"]


def test_the_rnn_cell_is_the_layer(chapter):
    assert chapter[1]["ch02-rnn-difference"] < 1e-14


def test_memory_follows_the_time_constant(chapter):
    glued = chapter[1]
    assert glued["ch02-tail-slope"] == pytest.approx(1, abs=1e-4)
    assert glued["ch02-tail-floor"] == pytest.approx(5, abs=1e-3)
    for line in "abc":
        theory = glued[f"ch02-memory-theory-{line}"]
        assert glued[f"ch02-memory-slope-{line}"] == pytest.approx(theory, rel=0.03)


def test_the_reset_prolongs_the_memory_in_noise(chapter):
    glued = chapter[1]
    assert glued["ch02-fading-none"] == pytest.approx(1, abs=0.1)
    for reset in ("subtract", "zero"):
        assert glued[f"ch02-fading-{reset}-low"] > glued["ch02-fading-none-high"]


def test_emulated_conventions_give_the_libraries_counts(chapter):
    space = chapter[0]
    for name, counts in LIBRARIES.items():
        assert [space["count"](space[name], x) for x in space["drives"]] == counts


def test_weights_know_the_time_constants(chapter):
    assert 0.97 < chapter[1]["ch02-init-low"] <= chapter[1]["ch02-init-high"] < 1.03


def test_quiet_and_chaotic(chapter):
    glued = chapter[1]
    assert glued["ch02-chaos-a"] == glued["ch02-chaos-b"] == 0
    assert glued["ch02-chaos-d"] > 0.5


def test_each_equation_has_a_test_and_each_test_an_equation(notebook, root):
    text = "\n".join("".join(cell["source"]) for cell in notebook["cells"])
    labels = re.findall(r"^\$\$ \((eq-02-[\w-]+)\)", text, flags=re.MULTILINE)
    assert len(labels) == len(set(labels))
    tests = (root / "tests/chapters/test_equations_02.py").read_text()
    assert set(labels) == set(re.findall(r"equation\(\"(eq-02-[\w-]+)\"\)", tests))


def test_every_number_that_the_text_quotes_is_glued(notebook):
    text = "\n".join("".join(c["source"]) for c in notebook["cells"] if c["cell_type"] != "code")
    code = "\n".join("".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code")
    quoted = set(re.findall(r"\{glue:text\}`([\w-]+)", text))
    patterns = [
        re.compile(re.sub(r"\\\{.*?\\\}", r".+", re.escape(name)) + "$")
        for name in re.findall(r"glue\(f?\"([^\"]+)\"", code)
    ]
    assert not {name for name in quoted if not any(p.match(name) for p in patterns)}
    assert len(quoted) > 40
