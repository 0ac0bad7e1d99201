"""Claims 17 to 26: rules for brains and chips, and the conclusion."""

import numpy as np
import torch
from torch.utils._pytree import tree_leaves

from snnbook import gradients, local, results, training
from snnbook.conclusions._claims import Claim, percent
from snnbook.neurons import SpikingNetwork
from snnbook.training import seed_interval, wilson_interval

_TASKS = {"digits": "digits", "yin_yang": "Yin-Yang"}


def _feedback(arm: str, depth: int, task: str, key: str = "accuracy") -> list:
    runs = results.load(f"ch06a_{task}")["runs"]
    return [run[key] for run in runs if (run["arm"], run["depth"]) == (arm, depth)]


def _random_feedback(depth: int, arms: dict[str, str]) -> str:
    said = []
    for task, name in _TASKS.items():
        each = [f"{word} {percent(_feedback(arm, depth, task))}" for arm, word in arms.items()]
        said.append(f"{name}: {', '.join(each)}")
    return f"{'; '.join(said)} ({len(_feedback('bptt', depth, task))} seeds)."


def _one_layer() -> str:
    arms = {"bptt": "BPTT", "fa": "feedback alignment", "erbp": "eRBP", "frozen": "frozen"}
    return f"One hidden layer, {_random_feedback(1, arms)}"


def _five_layers() -> str:
    arms = {"bptt": "BPTT", "fa": "feedback alignment", "dfa": "direct", "frozen": "frozen"}
    return f"Five hidden layers, {_random_feedback(5, arms)}"


def _angles() -> str:
    said = []
    for task, name in _TASKS.items():
        means = [
            np.mean(
                [[run[0][layer], run[-1][layer]] for run in _feedback("fa", *where, "angles")], 0
            )
            for where, layer in (((1, task), -1), ((5, task), 0))
        ]
        (start, end), (_, deep) = means
        said.append(
            f"{name} from {start:.0f} to {end:.0f} degrees with one hidden layer, "
            f"to {deep:.0f} in the lowest of five"
        )
    return f"The angle of the feedback: {'; '.join(said)}."


def _time_left_out() -> str:
    stored = results.load("ch06a_time")
    order = [seed_interval(row) for row in stored["cosine"]["order"]]
    taus = stored["taus"]
    return (
        f"Cosine of eRBP with the exact gradient on the order of two volleys: "
        f"{order[0].mean:.2f} ({order[0].low:.2f} to {order[0].high:.2f}) at a membrane time "
        f"constant of {taus[0]} ms, {order[-1].mean:.2f} ({order[-1].low:.2f} to "
        f"{order[-1].high:.2f}) at {taus[-1]} ms, {len(stored['cosine']['order'][0])} seeds."
    )


def _traces() -> str:
    """Compare e-prop with the exact gradient of one layer, and count what it keeps."""
    generator = torch.Generator().manual_seed(0)
    network = SpikingNetwork((20, 30, 5), input_rate=100.0, generator=generator).double()
    spikes = (torch.rand(2000, 2, 20, generator=generator) < 0.1).double()
    labels = torch.tensor([0, 3])
    keeps, apart = [], 0.0
    rule = local.EProp(local.random_feedback(network, "symmetric", direct=True))
    for steps in (100, len(spikes)):
        error = training.step_cross_entropy(labels, steps=steps)
        carry = rule.start(network, batch=2)
        online = dict.fromkeys(dict(network.named_parameters()), 0)
        for n in range(steps):
            carry, parts = rule.step(network, carry, spikes[n], error, n)
            online = {name: online[name] + parts[name] for name in parts}
        exact = gradients.bptt(network, spikes[:steps], error)
        for name, value in exact.items():
            apart = max(apart, float((value - online[name]).norm() / value.norm()))
        keeps.append(sum(leaf.numel() for leaf in tree_leaves(carry)))
    return (
        f"With one hidden layer e-prop equals BPTT to {apart:.0e} of the gradient's length; it "
        f"keeps {keeps[0]:,} numbers after 100 steps and {keeps[1]:,} after {len(spikes)}."
    )


def _depth() -> str:
    runs = results.load("ch06b_depth")["runs"]
    said = []
    for depth, word in ((1, "one hidden layer"), (4, "four")):
        rows = {
            name: [
                run["accuracy"]
                for run in runs
                if (run["width"], run["depth"], run["gradient"]) == (60, depth, name)
            ]
            for name in ("bptt", "symmetric", "random")
        }
        said.append(
            f"{word}: BPTT {percent(rows['bptt'])}, symmetric {percent(rows['symmetric'])}, "
            f"random {percent(rows['random'])}"
        )
    return f"Yin-Yang, 60 neurons a layer, {len(rows['bptt'])} seeds. {'; '.join(said)}."


def _local_errors() -> str:
    said = []
    for task in ("gestures", "digits"):
        runs = results.load(f"ch06c_{task}")["runs"]
        for depth in (2, 4):
            each = [
                percent(r["accuracy"] for r in runs if (r["arm"], r["depth"]) == (arm, depth))
                for arm in ("local", "bptt")
            ]
            said.append(f"{task}, {depth} layers: {each[0]} against {each[1]}")
    generator = torch.Generator().manual_seed(0)
    network = SpikingNetwork((100, 50, 50, 10), input_rate=50.0, generator=generator)
    rule = local.LocalErrors(local.random_readouts(network, generator=generator))
    kept = []
    for steps in (100, 1000):
        carry, silence = rule.start(network, 1), torch.zeros(1, 100)
        error = training.step_cross_entropy(torch.tensor([3]), steps=steps)
        for n in range(steps):
            carry, _ = rule.step(network, carry, silence, error, n)
        kept.append(sum(leaf.numel() for leaf in tree_leaves(carry)))
    return (
        f"Numbers kept after 100 steps {kept[0]}, after 1000 {kept[1]}. Local errors against "
        f"BPTT: {'; '.join(said)}."
    )


def _exact() -> str:
    stored = results.load("ch06d_agreement")
    change = {
        name: np.array(
            [
                s["change"]
                for s in stored["steps"]
                if (s["loss_kind"], s["gradient"]) == ("end", name)
            ]
        )
        for name in ("exact", "1.0")
    }
    small, large = ((rows < 0).mean(0)[[0, -1]] for rows in change.values())
    runs = results.load("ch06d_yin_yang")["runs"]
    return (
        f"Yin-Yang by the exact gradient: {percent(run['accuracy'] for run in runs)}, {len(runs)} "
        f"seeds. Where the loss is about counts, a step of {min(stored['lengths']):g} of the "
        f"weights against the exact gradient leads down in {100 * small[0]:.0f} % of networks, one "
        f"of {max(stored['lengths']):g} in {100 * small[1]:.0f} % (surrogate: {100 * large[0]:.0f} "
        f"and {100 * large[1]:.0f} %)."
    )


def _xor() -> str:
    runs = results.load("ch06d_xor")["runs"]
    solved = sum(run["accuracy"] == 1 for run in runs)
    low, high = wilson_interval(solved, len(runs))
    return (
        f"Solved from {solved} of {len(runs)} random starts "
        f"({100 * low:.0f} to {100 * high:.0f} %)."
    )


def _beside_gru() -> str:
    names = {"digits": "digits", "yin_yang": "Yin-Yang", "randman": "random manifolds"}
    said = []
    for task, rows in results.load("ch07_gru")["tasks"].items():
        spiking = max((rows["feedforward"], rows["recurrent"]), key=_mean)
        said.append(
            f"{names[task]} {percent(spiking['accuracy'])} against "
            f"{percent(rows['gru']['accuracy'])}"
        )
    return f"The better spiking network against a GRU, 5 seeds: {'; '.join(said)}."


def _mean(row) -> float:
    return float(np.mean(row["accuracy"]))


CLAIMS = (
    Claim(
        17,
        "V.A",
        "random feedback costs remarkably little on benchmarks",
        ("06a-feedback-alignment",),
        _one_layer,
        "agrees with a condition",
        "random matrices do; eRBP drops time as well, and on spike times that costs much",
        ("ch06a_digits", "ch06a_yin_yang"),
    ),
    Claim(
        18,
        "V.A",
        "random feedback falls behind in deeper networks",
        ("06a-feedback-alignment",),
        _five_layers,
        "agrees",
        sources=("ch06a_digits", "ch06a_yin_yang"),
    ),
    Claim(
        19,
        "V.A",
        "forward weights come to align with the feedback",
        ("06a-feedback-alignment",),
        _angles,
        "agrees with a condition",
        "from the top down, and with five layers hardly at all",
        ("ch06a_digits", "ch06a_yin_yang"),
    ),
    Claim(
        20,
        "V.A",
        "eRBP leaves the neuron's temporal dynamics out of the gradient",
        ("06a-feedback-alignment",),
        _time_left_out,
        "agrees",
        sources=("ch06a_time",),
    ),
    Claim(
        21,
        "V.B",
        "eligibility traces solve temporal credit assignment forward in time",
        ("06b-three-factor",),
        _traces,
        "agrees",
    ),
    Claim(
        22,
        "V.B",
        "SuperSpike does not scale to large multilayer networks",
        ("06b-three-factor",),
        _depth,
        "agrees",
        sources=("ch06b_depth",),
    ),
    Claim(
        23,
        "V.C",
        "local errors bring memory to O(N) and reach about BPTT's accuracy, in fewer epochs",
        ("06c-local-errors",),
        _local_errors,
        "agrees with a condition",
        "with one or two layers; with more they fall behind, and they took no fewer epochs",
        ("ch06c_digits", "ch06c_gestures"),
    ),
    Claim(
        24,
        "V.D",
        "spike times vary smoothly with weights, so exact gradients exist",
        ("06d-spike-times",),
        _exact,
        "agrees with a condition",
        "at a fixed number of spikes; the exact gradient does not see a spike come or go",
        ("ch06d_agreement", "ch06d_yin_yang"),
    ),
    Claim(
        25,
        "V.D",
        "a 2-4-2 network learns temporal XOR from spike times alone",
        ("06d-spike-times",),
        _xor,
        "agrees",
        sources=("ch06d_xor",),
    ),
    Claim(
        26,
        "VI",
        "spiking networks can now be trained for tasks that belonged to recurrent networks",
        ("07-conclusion",),
        _beside_gru,
        "agrees with a condition",
        "on small tasks whose input is spikes, where leaky integration is a head start",
        ("ch07_gru",),
    ),
)
