"""Each stored result has the script that makes it, and the scripts' helper does what it says."""

import importlib.util
import json
import sys

import pytest
import torch
from _sweep import best, columns, few, options, pick, run_cases, save, seeded, select

from snnbook import results


def scripts(root):
    return {path.stem: path for path in (root / "experiments").glob("[!_]*.py")}


def test_every_result_has_its_script_and_every_script_its_result(root):
    assert set(scripts(root)) == set(results.available())


@pytest.mark.parametrize("name", results.available())
def test_the_stored_command_names_the_script(name):
    words = results.metadata(name)["command"].split()
    assert words[:2] == ["python", f"experiments/{name}.py"]


@pytest.mark.parametrize("name", results.available())
def test_a_script_can_be_imported_and_says_how_to_run_it(root, name):
    spec = importlib.util.spec_from_file_location(name, scripts(root)[name])
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert f"python experiments/{name}.py" in module.__doc__
    assert callable(module.main)


@pytest.fixture
def given(monkeypatch, tmp_path):
    """Read a command line, as a script in the folder of experiments would."""

    def read(*words, **numbers):
        monkeypatch.setattr(sys, "argv", ["/somewhere/toy.py", "--folder", str(tmp_path), *words])
        return options("A toy.", **({"seeds": 3, "epochs": 20} | numbers))

    return read


CASES = [{"arm": arm, "seed": seed} for seed in range(3) for arm in ("a", "b")]


def test_a_plan_runs_nothing_and_leaves_nothing_behind(given, tmp_path, capsys):
    with pytest.raises(SystemExit) as left:
        run_cases(given("--plan"), CASES, lambda **case: pytest.fail("a case ran"))
    assert not left.value.code and "6 cases come first" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_options_come_back_with_the_command_that_repeats_them(given):
    plain = given()
    assert (plain.name, plain.command) == ("toy", "python experiments/toy.py")
    assert (plain.seeds, plain.epochs, few(plain, "abc")) == (range(3), 20, tuple("abc"))
    told = given("--epochs", "5", "--seeds", "3")
    assert told.command == "python experiments/toy.py --epochs 5"
    assert given(seeds=(7,)).seeds == (7,)
    with pytest.raises(SystemExit):
        given("--seeds", "2", seeds=(7,))


def test_a_quick_trial_is_short_and_leaves_the_package_alone(given, monkeypatch):
    quick = given("--quick")
    assert (quick.seeds, quick.epochs, few(quick, "abc")) == (range(1), 2, ("a", "b"))
    monkeypatch.setattr(sys, "argv", ["toy.py", "--quick"])
    assert options("A toy.", seeds=1).folder.parts[-2:] == ("_build", "quick")


def test_a_killed_run_goes_on_where_it_stopped(given, tmp_path):
    ran = []

    def run(arm, seed):
        ran.append((arm, seed))
        if len(ran) == 4:
            raise KeyboardInterrupt
        return {"value": torch.rand(2, dtype=torch.float64, generator=seeded(seed))}

    with pytest.raises(KeyboardInterrupt):
        run_cases(given(), CASES, run)
    rows = run_cases(given(), CASES, run)
    assert ran == [tuple(case.values()) for case in (*CASES[:4], *CASES[3:])]
    expected = [torch.rand(2, dtype=torch.float64, generator=seeded(s)).tolist() for s in range(3)]
    assert pick(rows, "value", arm="b") == expected  # bit for bit, read or computed
    save(given(), {"runs": rows})
    assert results.load("toy", folder=tmp_path)["runs"] == rows
    assert [path.name for path in tmp_path.iterdir()] == ["toy.json"]


def test_rows_of_other_options_are_not_taken_over(given, tmp_path):
    run_cases(given(), CASES[:1], lambda **case: {})
    with pytest.raises(SystemExit, match="comes from other code or options"):
        run_cases(given("--epochs", "5"), CASES, lambda **case: {})


def test_two_kinds_of_runs_have_rows_of_their_own(given):
    def first(seed):
        return {"found": 1}

    def second(seed):
        return {"found": 2}

    rows = [run_cases(given(), [{"seed": 0}], run) for run in (first, second)]
    assert rows == [[{"seed": 0, "found": 1}], [{"seed": 0, "found": 2}]]


def test_rows_are_selected_and_compared():
    rows = [{"lr": lr, "size": (1, n), "accuracy": lr * n} for n in (1, 2) for lr in (0.5, 1.0)]
    rows = json.loads(json.dumps(rows))
    assert select(rows, size=(1, 2), lr=0.5) == [rows[2]]
    assert columns(rows, "lr", "accuracy")["accuracy"] == pick(rows, "accuracy")
    assert best(rows, size=(1, 1))["lr"] == 1.0
    assert best(rows + [rows[3] | {"lr": 9.0}]) is rows[3]  # the first in a tie
