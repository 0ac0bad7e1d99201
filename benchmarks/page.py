"""Write book/benchmarks.md and its picture from benchmarks/results.json.

python benchmarks/page.py
"""

# ruff: noqa: E501  (a sentence of the page is one line)
import json
from pathlib import Path

import plot

ROOT = Path(__file__).resolve().parents[1]
INTRO = """(benchmarks)=
# Speed, measured

How fast is one layer of leaky integrate-and-fire (LIF) neurons, and what does it cost in other libraries?
Each number is the time of one forward and one backward pass of a linear map and a layer of neurons, in milliseconds.
One entry in fifty of the input is a spike, and the input is a dense tensor, unless the column says that it is given as events.
The loss is the sum of the output spikes.
All libraries run interleaved in one process, on one thread; a number is the median of the quiet runs.

"Floor" is the time of the dense matrix products alone, with six passes over the record of one variable, in the same run.
It is not a lower bound: a layer that looks up the rows of neurons that spiked does fewer operations than the dense product.

:::{admonition} What differs between the libraries
snnbook, its plain loop, SpyTorch's loop, snnTorch, norse and sinabs keep two states, current and membrane.
SpyTorch's loop and norse reset to zero; sinabs also computes gradients of its time constants.
norse uses a forward Euler step, so its weights are ten times larger here.
The last two columns keep one state and do less work.
All layers spike in a few percent of the steps; the exact shares are in the JSON file.
:::

"""


DX = """Rows "with dx" compute the gradient with respect to the input, too; the others only that of the weights.

"""
LETTERS = "ABCD"
SHORT = {
    "snnbook": "ours",
    "snnbook, input as events": "ours, events",
    "snnbook, plain loop": "plain loop",
    "snnbook, fixed": "ours, constants that do not learn",
    "SpyTorch's loop": "SpyTorch",
    "snnTorch Leaky": "snnTorch Leaky",
    "SpikingJelly LIFNode": "SpikingJelly",
}


def sizes(rows) -> list[list[int]]:
    """Return the sizes in the order of the rows; their places are the letters of the tables."""
    found = []
    for row in rows:
        if row["size"] not in found:
            found.append(row["size"])
    return found


def legend(rows) -> str:
    lines = ["| Layer | time steps | samples | inputs | neurons |", "|---|---|---|---|---|"]
    for letter, size in zip(LETTERS, sizes(rows)):
        lines.append("| " + " | ".join([letter, *map(str, size)]) + " |")
    return "\n".join(lines)


def label(row, rows) -> str:
    words = LETTERS[sizes(rows).index(row["size"])]
    if row["recurrent"]:
        words += ", recurrent"
    return words + (", with dx" if row["input_gradient"] else "")


def number(value) -> str:
    if value is None:
        return "-"
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"


def table(rows) -> str:
    names = list(rows[0]["milliseconds"])
    head = ["Layer", "floor", *(SHORT.get(name, name) for name in names)]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for row in rows:
        times = [number(row["milliseconds"].get(name)) for name in names]
        lines.append("| " + " | ".join([label(row, rows), number(row["floor"]), *times]) + " |")
    return "\n".join(lines)


def ratios(rows) -> str:
    lines = [
        "| Layer | best other with two states / ours | the same, input as events "
        "| SpyTorch's loop / ours | ours / floor |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        times = row["milliseconds"]
        ours, events = times["snnbook"], times.get("snnbook, input as events")
        best = min(times[n] for n in ("snnTorch", "norse", "sinabs") if n in times)
        cells = [best / ours, best / events if events else None]
        cells += [times["SpyTorch's loop"] / ours, ours / row["floor"]]
        lines.append("| " + " | ".join([label(row, rows), *map(number, cells)]) + " |")
    return "\n".join(lines)


def caption(rows) -> str:
    letters = [label(row, rows) for row in rows if not row["input_gradient"]]
    return f"""```{{figure}} images/benchmarks.svg
:name: fig-benchmarks
:alt: Dots on a logarithmic axis of milliseconds, one line for each layer from {letters[0]} to {letters[-1]}. On every line the two dots of this book are the leftmost, and the floor of the dense products lies between them and the other libraries, except on the smallest layer.

Time of one forward and one backward pass without the gradient of the input.
Each line is a layer, each dot a library; left is faster.
The plain loop, the definition in this book, takes about as long as the other libraries; what the fast loop saves is the price of a call per step and of products with zeros.
```"""


def epoch_table(epochs) -> str:
    names = [name for name in SHORT if name in epochs["digits"]["seconds"]]
    names += [n for n in epochs["digits"]["seconds"] if n not in names]
    lines = [
        "| Library | digits | as large as Spiking Heidelberg Digits (SHD), recurrent |",
        "|---|---|---|",
    ]
    for name in names:
        cells = [number(epochs[task]["seconds"].get(name)) for task in ("digits", "shd")]
        lines.append("| " + " | ".join([SHORT.get(name, name), *cells]) + " |")
    return "\n".join(lines)


def memory_table(memory, rows) -> str:
    names = list(dict.fromkeys(name for row in memory for name in row["peak"]))
    head = ["Library", *(label({**row, "input_gradient": False}, rows) for row in memory)]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for name in names:
        cells = [number(row["peak"].get(name)) for row in memory]
        lines.append("| " + " | ".join([SHORT.get(name, name), *cells]) + " |")
    return "\n".join(lines)


FEATURES = {
    "learned time constants": "time constants of current and membrane learn, one pair for each neuron (SpikingJelly: one state, one constant for the layer)",
    "adaptive threshold": "a threshold that rises with each spike and decays: adaptive leaky integrate-and-fire (ALIF), in norse long short-term memory spiking neural network (LSNN)",
    "convolution": "a convolution of 3 by 3 over a picture of 20 by 20, then a neuron for each place and map",
}
FEATURE_SETS = {
    "MNIST": "a latency code of 40 steps, 784-350-10",
    "spoken digits": "60 steps of 40 bands, 40-200-10, recurrent",
}


def feature_table(layers) -> str:
    lines = ["| Layer | Library | milliseconds | times ours |", "|---|---|---|---|"]
    for kind, row in layers.items():
        ours = row["milliseconds"]["snnbook"]
        for name, value in row["milliseconds"].items():
            name = SHORT.get(name, name)
            lines.append(f"| {kind} | {name} | {number(value)} | {number(value / ours)} |")
    return "\n".join(lines)


def feature_epochs(epochs) -> str:
    names = list(next(iter(epochs.values()))["seconds"])
    lines = ["| Set | " + " | ".join(SHORT.get(name, name) for name in names) + " |"]
    lines.append("|---" * (1 + len(names)) + "|")
    for kind, row in epochs.items():
        cells = [number(row["seconds"].get(name)) for name in names]
        lines.append(f"| {kind}: {FEATURE_SETS[kind]} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def features(found) -> str:
    """Return the section on what a user adds to a layer, and on two sets of real size."""
    steps, batch, inputs, neurons = found["sizes"]["layer"]
    kinds = "\n".join(f"- {name}: {FEATURES[name]}." for name in found["layers"])
    samples = " and ".join(f"{row['sizes'][4]} ({name})" for name, row in found["epochs"].items())
    return f"""

## What a user adds

The same for layers that are more than leaky integrate-and-fire with given constants: {steps} steps, {batch} samples, {inputs} inputs and {neurons} neurons, or pictures where there is a convolution.
Each is written as the documentation of its library does.

{kinds}

{feature_table(found["layers"])}

And seconds of one epoch of sets that are often used, of {samples} samples, in batches of {" and ".join(str(row["sizes"][5]) for row in found["epochs"].values())}.
The input is random, of the density of the set; one batch was run some times, and its time scaled up.
Ours takes the input of the first as events.

{feature_epochs(found["epochs"])}
"""


def chapter_table(chapters) -> str:
    lines = ["| Chapter | plain loop | fast loop |", "|---|---|---|"]
    for row in chapters:
        cells = [f"{{doc}}`{row['chapter']}`", number(row["plain loop"]), number(row["engine"])]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def further(result, rows) -> str:
    """Return the sections on epochs, memory, the first call and the chapters."""
    shd, first = result["epochs"]["shd"], result["first_call"]
    slow, fast = first["compiling"], first["cached"]
    return f"""

## Seconds of one training epoch

An epoch is encoding, forward pass, loss, backward pass and a step of Adam for every batch of 256 samples.
The networks have a hidden layer and a readout, each written as its library offers them.
Digits: 1400 samples, a latency code of 100 steps, 64 inputs, 100 neurons, 10 classes.
The second set is random and has the size of the Spiking Heidelberg Digits: {shd["scaled"]} samples of 100 steps, 700 inputs, 200 recurrent neurons, 20 classes.
Of its samples {shd["run"]} were run, and the time scaled up.

{epoch_table(result["epochs"])}

## Memory

The highest memory that one forward and backward pass adds, in units of the record of one variable (T times samples times neurons, in 4 bytes).
The input is there before, and the output counts; every library ran in a process of its own.
"Checkpoints" keeps the state at every square root of T steps only, and runs forward again in between.

{memory_table(result["memory"], rows)}

## The first call

The loops are compiled the first time they run on a machine, and the result is kept in a cache.
For a network with one hidden layer the first call takes {number(slow["first call"])} seconds when nothing is cached, and {number(fast["first call"])} seconds in a new process afterwards; importing the package takes {number(fast["import"])} seconds.

## What the book gains

Seconds for all code of a chapter, figures and exercises included, with the plain loop and with the fast one.

{chapter_table(result["chapters"])}
"""


GPU = """
## On a GPU

Tensors on a CUDA device run on a third loop, in Triton, where Triton can be imported; PyTorch's builds for CUDA bring it along.
Without recurrent weights one launch takes all time steps; with them every step is a product of the library and one launch.
The input product is dense, also for input given as events.
Where a GPU or Triton is missing, or anything else stands in the way, another loop runs, and `explain` says why.
Its results and gradients were tested for equality with the plain loop through Triton's interpreter, on a CPU.
It has not been run or timed on a device, so this page has no table for it.
`python benchmarks/gpu.py` times it where there is one.
"""


def main() -> None:
    result = json.loads((ROOT / "benchmarks" / "results.json").read_text())
    rows, growth, machine = result["rows"], result["growth"], result["machine"]
    same = [key for key in rows[0]["rates"] if "differ" in key]
    most = max(row["rates"][key] for row in rows for key in same)
    versions = ", ".join(f"{name} {v}" for name, v in machine["versions"].items())
    steps = ", ".join(map(str, growth["steps"]))
    times = ", ".join(number(x) for x in growth["milliseconds"])
    plot.draw(rows, label, ROOT / "book" / "images" / "benchmarks.svg")
    text = INTRO + legend(rows) + "\n\n## Milliseconds\n\n" + caption(rows)
    text += "\n\n" + DX + table(rows)
    text += "\n\n## Ratios\n\n" + ratios(rows)
    text += f"""

Before the timing, our spike trains are compared with those of the plain loop: at most {most} entries differ at any size.
Sums run in another order, so a membrane within rounding of the threshold may fall on its other side.

## Cost over time steps

For T = {steps} (32 samples, 200 inputs, 128 neurons) a pass takes {times} ms.
The fitted exponent of T is {growth["exponent"]:.2f}; 1 is linear.
{further(result, rows)}{features(result["features"])}{GPU}
## How to repeat it

Measured on {result["date"]}, {machine["cpu"]}, {machine["threads"]} thread.
Versions: {versions}.
The processor was shared with other work, so a ratio is more certain than a time, and both vary by some tens of percent.
`make bench` repeats it in an environment of its own, which takes about half an hour, and writes this page anew.
It runs

```bash
{result["command"]}
python benchmarks/epochs.py
python benchmarks/features.py
python benchmarks/memory.py
python benchmarks/chapters.py
python benchmarks/page.py
```
"""
    (ROOT / "book" / "benchmarks.md").write_text(text)


if __name__ == "__main__":
    main()
