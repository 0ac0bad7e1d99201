"""What event-driven random backpropagation leaves out: time (chapter 6a, claim 20).

    python experiments/ch06a_time.py        five minutes on one core

The angle between its update and the exact gradient, with the feedback symmetric and the boxcar
as the surrogate of both, so that nothing but time is left out. Then a task that is about time:
which of two volleys came first?
"""

from functools import partial

from _sweep import options, pick, run_cases, save, seeded
from torch import Tensor

from snnbook import data, gradients, local, training
from snnbook.local import train_by_feedback
from snnbook.neurons import LIFNeuron, SpikingNetwork
from snnbook.surrogates import boxcar, fast_sigmoid

TAUS, DELAYS = (5, 10, 20, 40), (5, 10, 20, 40)
#: Arm: learning rate and settings. A window of 1 leaves out neurons that rest at 0.
ARMS = {
    "bptt": (5e-3, {}),
    "dfa": (5e-3, {}),
    "frozen": (5e-3, {}),
    "erbp": (1e-3, {"window": 1.5}),
    "erbp, narrow": (1e-3, {"window": 1.0}),
}


def cosine(tasks: dict, task: str, tau: float, seed: int) -> dict:
    """Return the cosine of the update of the hidden weights with the exact gradient."""
    spikes, labels, sizes = tasks[task]
    network = SpikingNetwork(
        sizes,
        LIFNeuron(
            tau_mem=tau * 1e-3, tau_syn=tau * 0.5e-3, surrogate=boxcar(width=3.0, height=1.0)
        ),
        input_rate=1e3 * float(spikes.mean()),
        hidden_rate=20.0,
        generator=seeded(seed),
        std=1.0,
    ).double()
    error = training.step_cross_entropy(labels, steps=len(spikes))
    symmetric = local.random_feedback(network, "symmetric", direct=True)
    exact = gradients.autograd(network, spikes.double(), error)
    found = local.erbp(network, spikes.double(), error, feedback=symmetric)
    rows = gradients.compare(exact, found)
    return {"cosine": rows["hidden.0.weight"].cosine}


def learn(epochs: int, arm: str, delay: int, seed: int) -> dict:
    """Return the test accuracy on the order of two volleys."""
    spikes, labels = data.spike_order(200, delay, generator=seeded(0))
    tests, answers = data.spike_order(400, delay, generator=seeded(1))
    network = SpikingNetwork(
        (20, 30, 2),
        LIFNeuron(tau_mem=20e-3, tau_syn=10e-3, surrogate=fast_sigmoid(width=0.3)),
        input_rate=1e3 * float(spikes.mean()),
        hidden_rate=20.0,
        generator=seeded(seed),
        std=1.0,
    )
    rate, settings = ARMS[arm]
    train_by_feedback(
        arm.split(",")[0],
        network,
        spikes,
        labels,
        epochs=epochs,
        batch_size=20,
        lr=rate,
        seed=seed,
        **settings,
    )
    judged = training.accuracy(network, tests, answers, decide=training.decide_by_sum)
    return {"accuracy": judged.value}


def data_of(split: data.Split) -> dict[str, tuple[Tensor, Tensor, tuple]]:
    """Return spikes, labels and sizes of the two tasks on which gradients are compared."""
    images = data.latency_code(split.train_inputs[:100], steps=40), split.train_labels[:100]
    order = data.spike_order(100, 10, generator=seeded(0))
    return {"digits": (*images, (64, 60, 10)), "order": (*order, (20, 30, 2))}


def main() -> None:
    given = options(__doc__, seeds=10, epochs=12)
    tasks = data_of(data.digits())
    cases = [{"task": k, "tau": tau, "seed": s} for k in tasks for tau in TAUS for s in given.seeds]
    cosines = run_cases(given, cases, partial(cosine, tasks))
    cases = [{"arm": a, "delay": d, "seed": s} for a in ARMS for d in DELAYS for s in given.seeds]
    learned = run_cases(given, cases, partial(learn, given.epochs))
    found = {
        "cosine": {k: [pick(cosines, "cosine", task=k, tau=tau) for tau in TAUS] for k in tasks},
        "accuracy": {a: [pick(learned, "accuracy", arm=a, delay=d) for d in DELAYS] for a in ARMS},
    }
    save(given, found | {"taus": TAUS, "delays": DELAYS})


if __name__ == "__main__":
    main()
