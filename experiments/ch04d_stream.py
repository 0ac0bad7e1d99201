"""Two points in a row, without any reset: surrogate-trained networks on the second (chapter 4d).

python experiments/ch04d_stream.py [--seeds 3]
"""

from functools import partial

import torch
from _single_spikes import STEPS, encode, load, stored, surrogate
from _sweep import columns, options, run_cases, save

from snnbook import training


def run(epochs: tuple[int, int], seed: int) -> dict:
    """Return the accuracy on points alone, and on the same as the second of two."""
    *_, values, labels = load()
    first, second = encode(values[:500]), encode(values[500:])
    pause = torch.zeros(300 - STEPS, *first.shape[1:])  # the second point begins after 12 tau_syn
    network = surrogate(seed, training.max_over_time, 0.05, epochs)
    with torch.no_grad():
        alone = network(second).readout
        after = network(torch.cat([first, pause, second])).readout[300:]
    right = [
        float((readout.max(0).values.argmax(1) == labels[500:]).double().mean())
        for readout in (alone, after)
    ]
    return {"alone": right[0], "second of two": right[1]}


def main() -> None:
    given = options(__doc__, seeds=3, epochs=16, more=6)
    cases = [{"seed": seed} for seed in given.seeds]
    rows = run_cases(given, cases, partial(run, (given.epochs, given.more)))
    save(given, stored(columns(rows, "alone", "second of two")))


if __name__ == "__main__":
    main()
