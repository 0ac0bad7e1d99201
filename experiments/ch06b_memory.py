"""e-prop and BPTT with plain and adaptive neurons, on two tasks (chapter 6b).

    python experiments/ch06b_memory.py [evidence|pattern]     a few minutes each on one core

Evidence accumulation: three cues left or right, a delay, a decision. Pattern generation: frozen
spikes in, a sum of four sinusoids out. The gradient of e-prop is gathered after the run; the
tests show that it is the online sum. Learning rates were chosen with one seed. Runs that are in the
result file already are not repeated.
"""

import sys
import time
from functools import partial

import torch

from snnbook import data, results, training
from snnbook.local import AdaptiveNetwork, AdaptiveParameters, adaptive_gradient
from snnbook.neurons import LIFParameters
from snnbook.surrogates import fast_sigmoid
from snnbook.training import decision_error, step_squared_error

SEEDS = range(3)
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
LR = {
    "evidence": {"bptt": 3e-3, "symmetric": 1e-2, "random": 3e-3},
    "pattern": 5e-3,
}
EPOCHS, BATCH, SAMPLES = 20, 32, 256


def rng(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def build(neuron: str, kind: str, sizes, dt: float, rate: float, seed: int) -> AdaptiveNetwork:
    """Return a network, half of whose neurons adapt if ``neuron`` says so.

    With a wide surrogate BPTT explodes in recurrent networks, so some arms have a narrow one.
    """
    lif = LIFParameters(tau_mem=20e-3, tau_syn=10e-3, dt=dt)
    return AdaptiveNetwork(
        sizes,
        AdaptiveParameters(lif, tau_adapt=0.6),
        adaptive=0.5 if neuron == "ALIF" else 0.0,
        strength=0.2,
        surrogate=fast_sigmoid(width=0.1 if kind.endswith("narrow") else 0.5),
        input_rate=rate,
        generator=rng(seed),
    )


def settings(network: AdaptiveNetwork, kind: str, seed: int) -> dict:
    """Return what turns the exact gradient into the rule of this arm."""
    out = network.readout.weight.detach()
    drawn = out.square().mean().sqrt() * torch.randn(out.shape, generator=rng(100 + seed))
    return {"recurrent": kind.startswith("bptt"), "feedback": drawn if kind == "random" else None}


def evidence(neuron: str, kind: str, seed: int) -> dict:
    """Train on evidence accumulation and return the accuracy on new trials."""
    trials, tests = (data.evidence(n, generator=rng(s)) for n, s in ((SAMPLES, seed), (512, 900)))
    steps, recall = len(trials.spikes), trials.recall
    network = build(neuron, kind, (trials.spikes.shape[2], HIDDEN, 2), 5e-3, 15.0, seed)
    rule = settings(network, kind, seed)

    error = partial(decision_error, window=recall)

    def decide(readout):
        return readout[-recall:].mean(0).argmax(1)

    history = training.fit(
        network,
        trials.spikes,
        trials.labels,
        epochs=EPOCHS,
        batch_size=BATCH,
        lr=LR["evidence"][kind.removesuffix("_narrow")],
        loss=training.step_loss(error),
        decide=decide,
        gradient=training.rule_gradient(adaptive_gradient, error, **rule),
        generator=rng(seed),
        progress=False,
    )
    judged = training.accuracy(network, tests.spikes, tests.labels, decide=decide)
    return {
        "accuracy": judged.value,
        "train_accuracy": history.accuracy,
        "rate_hz": history.spike_counts[-1][0] / (steps * 5e-3),
    }


def pattern(neuron: str, kind: str, seed: int, steps: int = 200, updates: int = 120) -> dict:
    """Train on pattern generation and return the error over the updates."""
    spikes = (torch.rand(steps, 1, 50, generator=rng(seed)) < 0.05).float()
    curve = data.sinusoids(steps, frequencies=(0.5, 1.0, 2.0, 3.0), generator=rng(seed))
    error = step_squared_error(curve)
    network = build(neuron, kind, (50, HIDDEN, 1), 2e-3, 25.0, seed)
    rule = settings(network, kind, seed)
    steps_of = torch.optim.Adam(network.parameters(), lr=LR["pattern"])
    errors = []
    for _ in range(updates):
        with torch.no_grad():
            out = network(spikes).readout
        errors.append(float((out - curve).square().sum() / curve.square().sum()))
        found = adaptive_gradient(network, spikes, error, **rule)
        for name, parameter in network.named_parameters():
            parameter.grad = found[name]
        steps_of.step()
    last = [round(float(x), 3) for x in out.flatten()]
    return {"errors": errors, "last": sum(errors[-10:]) / 10, "readout": last}


PARTS = {"evidence": evidence, "pattern": pattern}


def main(part: str) -> None:
    torch.set_num_threads(1)
    name = f"ch06b_{part}"
    rows = results.load(name)["runs"] if name in results.available() else []
    done = {(row["neuron"], row["gradient"], row["seed"]) for row in rows}
    for seed in SEEDS:
        for neuron, kind in ARMS:
            if (neuron, kind, seed) in done:
                continue
            start = time.perf_counter()
            row = {"neuron": neuron, "gradient": kind, "seed": seed}
            row |= PARTS[part](neuron, kind, seed)
            row["seconds"] = time.perf_counter() - start
            rows.append(row)
            show = {k: v for k, v in row.items() if not isinstance(v, list | tuple)}
            print(show, flush=True)
        command = f"python experiments/ch06b_memory.py {part}"
        results.save(name, {"runs": rows}, command=command, seeds=SEEDS)


if __name__ == "__main__":
    main(sys.argv[1])
