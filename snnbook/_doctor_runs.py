"""What ``doctor`` runs: both loops, a figure, a slider."""

from __future__ import annotations

import importlib.util
import io
import time


def compare_loops() -> tuple[str, str]:
    """Run both loops on the same spikes; return "pass", "note" or "fail", and what was seen."""
    import torch

    from snnbook import kernels, neurons

    generator = torch.Generator().manual_seed(0)
    drive = 2.0 * torch.rand(100, 8, 50, generator=generator)
    choice = kernels.explain(drive)
    start = time.perf_counter()
    plain = neurons.run(neurons.DEFAULT_NEURON, drive, kernel="reference")
    middle = time.perf_counter()
    if choice.kernel == "reference":
        return "note", f"the plain loop runs; {choice.reason}"
    neurons.run(neurons.DEFAULT_NEURON, drive)  # compiles, if nothing is stored
    compiled = time.perf_counter()
    fast = neurons.run(neurons.DEFAULT_NEURON, drive)
    end = time.perf_counter()
    same = bool(torch.equal(plain.spikes, fast.spikes)) and int(plain.spikes.sum()) > 0
    times = f"plain {1e3 * (middle - start):.1f} ms, compiled {1e3 * (end - compiled):.1f} ms"
    if not same:
        return "fail", f"the compiled loop gives other spikes than the plain loop ({times})"
    return "pass", f"the same {int(fast.spikes.sum())} spikes; {times}"


def draw() -> str:
    """Draw a figure as PNG and as SVG into memory; say how large they are."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    sizes = {}
    for kind in ("png", "svg"):
        figure = Figure(figsize=(4, 3))
        FigureCanvasAgg(figure)
        figure.subplots().plot([0, 1, 0], label="$U$")
        file = io.BytesIO()
        figure.savefig(file, format=kind)
        sizes[kind] = len(file.getvalue())
    return ", ".join(f"{kind} of {size // 1000} kB" for kind, size in sizes.items())


def move_slider() -> tuple[list[str], str]:
    """Move a slider without a page; return what a notebook lacks to show it, and what was seen."""
    import ipywidgets

    seen: list[int] = []
    slider = ipywidgets.IntSlider(value=1, max=5)
    slider.observe(lambda change: seen.append(change["new"]), names="value")
    slider.value = 3
    if seen != [3]:
        raise RuntimeError(f"a slider moved to 3 told {seen}")
    missing = [
        name
        for name, module in (("ipykernel", "ipykernel"), ("jupyterlab", "jupyterlab"))
        if importlib.util.find_spec(module) is None
    ]
    return missing, "a slider moves"
