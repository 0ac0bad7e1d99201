"""Arms of e-prop and BPTT with plain and adaptive neurons (chapter 6b).

The gradient of e-prop is gathered after the run; the tests show that it is the online sum.
Learning rates were chosen with one seed.
"""

from functools import partial

import torch
from _sweep import few, options, run_cases, save, seeded

from snnbook.neurons import AdaptiveNetwork, AdaptiveNeuron
from snnbook.surrogates import fast_sigmoid

HIDDEN = 40
ARMS = (
    ("ALIF", "bptt"),
    ("ALIF", "bptt_narrow"),
    ("ALIF", "symmetric"),
    ("ALIF", "random"),
    ("ALIF", "symmetric_narrow"),
    ("LIF", "bptt"),
    ("LIF", "bptt_narrow"),
    ("LIF", "symmetric"),
    ("LIF", "symmetric_narrow"),
)


def build(neuron: str, kind: str, sizes, dt: float, rate: float, seed: int) -> AdaptiveNetwork:
    """Return a network, half of whose neurons adapt if ``neuron`` says so.

    With a wide surrogate BPTT explodes in recurrent networks, so some arms have a narrow one.
    """
    adaptive = AdaptiveNeuron(
        tau_mem=20e-3,
        tau_syn=10e-3,
        dt=dt,
        surrogate=fast_sigmoid(width=0.1 if kind.endswith("narrow") else 0.5),
        tau_adapt=0.6,
        strength=0.2,
    )
    return AdaptiveNetwork(
        sizes,
        adaptive,
        adaptive=0.5 if neuron == "ALIF" else 0.0,
        input_rate=rate,
        generator=seeded(seed),
        std=1.0,
    )


def settings(network: AdaptiveNetwork, kind: str, seed: int) -> dict:
    """Return what turns the exact gradient into the rule of this arm."""
    out = network.readout.weight.detach()
    drawn = out.square().mean().sqrt() * torch.randn(out.shape, generator=seeded(100 + seed))
    return {"recurrent": kind.startswith("bptt"), "feedback": drawn if kind == "random" else None}


def main(doc: str, run, **lengths: int) -> None:
    """Run every arm and save; ``run`` takes the lengths, then neuron, gradient and seed."""
    given = options(doc, seeds=3, **lengths)
    cases = [
        {"neuron": neuron, "gradient": kind, "seed": seed}
        for seed in given.seeds
        for neuron, kind in few(given, ARMS)
    ]
    numbers = [getattr(given, name) for name in lengths]
    save(given, {"runs": run_cases(given, cases, partial(run, *numbers))})
