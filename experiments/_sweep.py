"""What every experiment does: read the command line, run its cases, keep what is done, save.

    given = options(__doc__, seeds=5, epochs=20)
    cases = [{"depth": depth, "seed": seed} for seed in given.seeds for depth in (1, 2, 3)]
    rows = run_cases(given, cases, partial(run, epochs=given.epochs))
    save(given, {"runs": rows})

A case holds keyword arguments of ``run``; its row is the case and what ``run`` returned, as JSON
holds them. Rows are written as they come, beside the result, and removed when that is saved: a
killed run goes on where it stopped. ``--quick`` only tries whether the script works.
"""

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from snnbook import results

ROOT = Path(__file__).resolve().parents[1]


def seeded(seed: int) -> torch.Generator:
    """Return a generator of random numbers with this seed."""
    return torch.Generator().manual_seed(seed)


def options(
    doc: str, *, seeds: int | Sequence[int], parser=None, **numbers: int
) -> argparse.Namespace:
    """Read the command line, and set PyTorch to one thread.

    Every one of ``numbers`` becomes an option, ``seeds`` too if it says how many. What comes back
    has them as attributes, ``seeds`` as a range, and ``name``, ``command``, ``folder``, ``quick``.
    """
    torch.set_num_threads(1)
    defaults = ({"seeds": seeds} if isinstance(seeds, int) else {}) | numbers
    parser = parser or argparse.ArgumentParser()
    parser.description = doc.splitlines()[0]
    for name, default in defaults.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--folder", type=Path, help="of the result, by default in the package")
    parser.add_argument("--quick", action="store_true", help="one seed, other numbers at most 2")
    parser.add_argument("--plan", action="store_true", help="say what would run, and stop")
    given = parser.parse_args()
    given.name = Path(sys.argv[0]).stem
    told = [(name, getattr(given, name)) for name in defaults]
    told = [f"--{name} {value}" for name, value in told if value != defaults[name]]
    given.command = " ".join([f"python experiments/{given.name}.py", *told])
    if given.quick:
        vars(given).update({name: min(2, getattr(given, name)) for name in numbers}, seeds=1)
    given.seeds = range(given.seeds) if isinstance(seeds, int) else seeds
    shipped = ROOT / "snnbook" / "results"
    given.folder = given.folder or (ROOT / "_build" / "quick" if given.quick else shipped)
    given.folder.mkdir(parents=True, exist_ok=True)
    given.source = [_code(), given.quick, given.command]
    return given


def few(given: argparse.Namespace, axis: Sequence) -> tuple:
    """Return an axis of the experiment, or only its first two entries in a quick trial."""
    return tuple(axis)[: 2 if given.quick else None]


def run_cases(given: argparse.Namespace, cases: Sequence[dict], run: Callable) -> list[dict]:
    """Run each case that was not run before, and return the rows of all."""
    kind = getattr(run, "func", run).__name__
    if given.plan:
        print(f"{kind}: {len(cases)} cases come first, and what follows is not planned")
        raise SystemExit
    journal = _journal(given)
    done = [json.loads(line) for line in journal.read_text().splitlines()[1:]]
    rows = {json.dumps(case): row for name, case, row in done if name == kind}
    start = time.perf_counter()
    for number, case in enumerate(cases, 1):
        key = json.dumps(_plain(case))
        if key in rows:
            continue
        rows[key] = _plain(case | run(**case))
        with journal.open("a") as file:
            file.write(json.dumps([kind, _plain(case), rows[key]]) + "\n")
        shown = {k: v for k, v in rows[key].items() if not isinstance(v, list | dict)}
        seconds = time.perf_counter() - start
        print(f"{kind} {number}/{len(cases)}, {seconds:.0f} s: {shown}", flush=True)
    return [rows[json.dumps(_plain(case))] for case in cases]


def select(rows: Sequence[dict], **wanted) -> list[dict]:
    """Return the rows in which every field of ``wanted`` has that value."""
    wanted = _plain(wanted)
    return [row for row in rows if all(row[name] == value for name, value in wanted.items())]


def pick(rows: Sequence[dict], key: str, **wanted) -> list:
    """Return one column of the rows that :func:`select` returns."""
    return [row[key] for row in select(rows, **wanted)]


def columns(rows: Sequence[dict], *names: str) -> dict[str, list]:
    """Turn rows into the columns that are named."""
    return {name: [row[name] for row in rows] for name in names}


def best(rows: Sequence[dict], key: str = "accuracy", **wanted) -> dict:
    """Return the row of :func:`select` with the highest value, the first of those in a tie."""
    return max(select(rows, **wanted), key=lambda row: row[key])


def save(given: argparse.Namespace, data: dict) -> None:
    """Store the result under the name of the script, and remove the journal."""
    where = {"folder": given.folder, "command": given.command, "seeds": given.seeds}
    print(results.save(given.name, data, **where))
    _path(given).unlink(missing_ok=True)


def _path(given: argparse.Namespace) -> Path:
    return given.folder / f"{given.name}.unfinished"


def _journal(given: argparse.Namespace) -> Path:
    """Return the file of the rows so far; it begins with the code and command they come from."""
    path, head = _path(given), json.dumps(given.source)
    if not path.is_file():
        path.write_text(head + "\n")
    elif path.read_text().splitlines()[0] != head:
        raise SystemExit(f"{path} comes from other code or options: remove it to begin anew")
    return path


def _code() -> str:
    """Return a checksum of the script and of the modules beside it that it imports."""
    here = Path(__file__).parent
    used = {Path(getattr(module, "__file__", None) or "/") for module in sys.modules.values()}
    code = b"".join(path.read_bytes() for path in sorted(used) if path.parent == here)
    return hashlib.sha256(code).hexdigest()


def _plain(value):
    """Return a value as it comes back from JSON: lists for tuples, arrays and tensors."""
    return json.loads(json.dumps(value, default=lambda one: one.tolist()))
