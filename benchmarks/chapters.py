"""Time the code of chapters with the plain loop and with the engine, nothing else changed.

    python benchmarks/chapters.py

It needs the book's environment, not that of the other libraries. Every chapter runs in a fresh
kernel; a cell put before the others makes the plain loop the default.
"""

import json
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

RESULTS = Path(__file__).resolve().parent / "results.json"
BOOK = RESULTS.parents[1] / "book"
CHAPTERS = ("01-introduction", "02-snns-as-rnns", "05-surrogate-gradients")
ENGINE = "from snnbook.neurons import LIF, LeakyReadout, RecurrentLIF, SpikingNetwork, run"
PLAIN = f"""{ENGINE}
for call in (run, *(kind.__init__ for kind in (LIF, LeakyReadout, RecurrentLIF, SpikingNetwork))):
    call.__kwdefaults__["kernel"] = "reference"
"""


def seconds(chapter: str, first_cell: str) -> float:
    notebook = nbformat.read(BOOK / f"{chapter}.ipynb", as_version=4)
    cells = [nbformat.v4.new_code_cell(first_cell)]
    notebook.cells = cells + [c for c in notebook.cells if c.cell_type == "code"]
    client = NotebookClient(
        notebook, timeout=1200, kernel_name="python3", resources={"metadata": {"path": BOOK}}
    )
    start = time.perf_counter()
    client.execute()
    return time.perf_counter() - start


def main() -> None:
    rows = []
    for chapter in CHAPTERS:
        row = {"chapter": chapter}
        for name, cell in (("engine", ENGINE), ("plain loop", PLAIN)):
            taken = [seconds(chapter, cell) for _ in range(2)]
            row[name] = min(taken)
        print(json.dumps(row), file=sys.stderr, flush=True)
        rows.append(row)
    result = json.loads(RESULTS.read_text())
    RESULTS.write_text(json.dumps(result | {"chapters": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
