"""What event-driven random backpropagation leaves out: time (chapter 6a, claim 20).

    python experiments/erbp_time.py        five minutes on one core

The angle between its update and the exact gradient, with the feedback symmetric and the boxcar
as the surrogate of both, so that nothing but time is left out. Then a task that is about time:
which of two volleys came first?
"""

import torch
from torch import Tensor

from snnbook import data, gradients, local, results, training
from snnbook.local import train_by_feedback
from snnbook.neurons import LIFParameters, SpikingNetwork
from snnbook.surrogates import boxcar, fast_sigmoid

SEEDS, TAUS, DELAYS = range(10), (5, 10, 20, 40), (5, 10, 20, 40)
#: Arm: learning rate and settings. A window of 1 leaves out neurons that rest at 0.
ARMS = {
    "bptt": (5e-3, {}),
    "dfa": (5e-3, {}),
    "frozen": (5e-3, {}),
    "erbp": (1e-3, {"window": 1.5}),
    "erbp, narrow": (1e-3, {"window": 1.0}),
}


def rng(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def cosine(spikes: Tensor, labels: Tensor, sizes: tuple, tau: float, seed: int) -> float:
    """Return the cosine of the update of the hidden weights with the exact gradient."""
    network = SpikingNetwork(
        sizes,
        LIFParameters(tau_mem=tau * 1e-3, tau_syn=tau * 0.5e-3),
        surrogate=boxcar(width=3.0, height=1.0),
        input_rate=1e3 * float(spikes.mean()),
        hidden_rate=20.0,
        generator=rng(seed),
    ).double()
    error = training.step_cross_entropy(labels, steps=len(spikes))
    symmetric = local.random_feedback(network, "symmetric", direct=True)
    exact = gradients.autograd(network, spikes.double(), error)
    found = local.erbp(network, spikes.double(), error, feedback=symmetric)
    rows = gradients.compare(exact, found)
    return rows["hidden.0.weight"].cosine


def learn(arm: str, delay: int, seed: int) -> float:
    """Return the test accuracy on the order of two volleys."""
    spikes, labels = data.spike_order(200, delay, generator=rng(0))
    tests, answers = data.spike_order(400, delay, generator=rng(1))
    network = SpikingNetwork(
        (20, 30, 2),
        LIFParameters(tau_mem=20e-3, tau_syn=10e-3),
        surrogate=fast_sigmoid(width=0.3),
        input_rate=1e3 * float(spikes.mean()),
        hidden_rate=20.0,
        generator=rng(seed),
    )
    rate, settings = ARMS[arm]
    train_by_feedback(
        arm.split(",")[0],
        network,
        spikes,
        labels,
        epochs=12,
        batch_size=20,
        lr=rate,
        seed=seed,
        **settings,
    )
    return training.accuracy(network, tests, answers, decide=training.decide_by_sum).value


def main() -> None:
    torch.set_num_threads(1)
    split = data.digits()
    images = data.latency_code(split.train_inputs[:100], steps=40), split.train_labels[:100]
    order = data.spike_order(100, 10, generator=rng(0))
    found = {"cosine": {}, "accuracy": {}, "taus": TAUS, "delays": DELAYS}
    for name, task, sizes in (("digits", images, (64, 60, 10)), ("order", order, (20, 30, 2))):
        found["cosine"][name] = [[cosine(*task, sizes, t, seed) for seed in SEEDS] for t in TAUS]
        print(name, found["cosine"][name], flush=True)
    for arm in ARMS:
        found["accuracy"][arm] = [[learn(arm, delay, s) for s in SEEDS] for delay in DELAYS]
        print(arm, found["accuracy"][arm], flush=True)
    results.save("ch06a_time", found, command="python experiments/erbp_time.py", seeds=SEEDS)


if __name__ == "__main__":
    main()
