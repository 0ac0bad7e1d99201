"""Exercises of chapter 8c: reset or parallel in time (no section of the paper).

How steps compose, what waits for what, and how spikes settle.
"""

import torch

from snnbook.exercises._records import choice, function, integer, sequence
from snnbook.neurons import LIFNeuron
from snnbook.parallel import fixed_point_run, linear_scan, scan_depth


@sequence(
    "08c-1",
    right="Two affine steps are one affine step: that is all that a scan needs.",
    hints=(
        "What does the second step do to what the first one gave?",
        "0.8 (0.5 y + 1) + 2: what stands before y, and what stands alone?",
        "The decay is the product of the two; the input of the first step passes the second decay.",
    ),
)
def composed_step():
    decays, inputs = torch.tensor([[0.5], [0.8]]), torch.tensor([[1.0], [2.0]])

    def both(order=slice(None)):
        a, b = decays[order], inputs[order]
        factor = linear_scan(a, 0 * b, torch.ones(1)).last
        return float(factor), float(linear_scan(a, b).last)

    return both(), {
        "That is the other order: the step of decay 0.8 comes second.": both([1, 0]),
        "The input of the first step passes through the second one and decays there.": (0.4, 3.0),
        "Decays multiply, they do not add.": (1.3, 2.8),
        "The input of the second step is missing.": (0.4, 0.8),
    }


@integer(
    "08c-2",
    right="Twelve levels of doubling reach back over all 4096 steps; each of them needs many "
    "processors to be worth it.",
    hints=(
        "How many steps back does a step know after one level, after two, after three?",
        "The reach doubles with every level; count until it is 4096.",
        "2 to the power of the number of levels is 4096.",
    ),
)
def levels_of_doubling():
    truth = scan_depth(4096, "doubling")
    return truth, {
        "That is the loop: every step waits for the one before.": 4096,
        "That is the scan by halving, which goes down and comes up again.": (
            scan_depth(4096, "halving")
        ),
        "After so many levels a step knows half of the run.": truth - 1,
        "One level too many: the reach begins with 1 and doubles.": truth + 1,
        "That is the root of 4096; the reach doubles with every level.": 64,
        "That is the natural logarithm; doubling goes by powers of 2.": 8,
    }


@choice(
    "08c-3",
    options=("yes", "no", "cannot say"),
    right="Even sweeps have taken away too much, so what spikes there spikes in the end; it would "
    "say nothing about a spike of an odd sweep.",
    hints=(
        "Does a reset ever raise the membrane?",
        "A guess with too many spikes lowers every later membrane too much; what does the next "
        "sweep then have, too many spikes or too few?",
        "Sweep 0 has too few, so sweep 1 has too many. Go on to sweep 4.",
    ),
)
def spike_of_an_even_sweep():
    drive = 0.02 + 0.05 * torch.randn(200, 50, 1, generator=torch.Generator().manual_seed(0))
    found = fixed_point_run(LIFNeuron(), drive, limit=4).record.spikes
    truth = fixed_point_run(LIFNeuron(), drive).record.spikes
    kept = bool((found <= truth).all())
    return "yes" if kept else "cannot say", {
        "It is one of those that stay: at an even sweep the resets have taken off too much.": "no",
        "One can: even sweeps hold at most the spikes of the loop, so each of theirs is one of "
        "its.": "cannot say",
    }


@function(
    "08c-4",
    right="One line: the step itself, and what the step so far back knows, decayed on the way.",
    hints=(
        "Which entries have no partner so far back, and what becomes of them?",
        "Step n gets the entry of step n - reach, times the decay of so many steps; the first "
        "entries stay as they are.",
        "`far = decay**reach * values[:-reach]` is what is added to `values[reach:]`.",
    ),
)
def level_of_doubling(draw):
    cases = []
    for reach, decay in ((1, 0.9), (2, 0.5), (4, 0.8), (8, 0.95)):
        cases.append((decay, draw.normal(20, 2), reach))

    def level(decay, values, reach):
        far = decay**reach * values[:-reach]
        return torch.cat((values[:reach], values[reach:] + far))

    def single(decay, values, reach):
        return torch.cat((values[:reach], values[reach:] + decay * values[:-reach]))

    def plain(decay, values, reach):
        return torch.cat((values[:reach], values[reach:] + values[:-reach]))

    def short(decay, values, reach):
        return values[reach:] + decay**reach * values[:-reach]

    def circle(decay, values, reach):
        return values + decay**reach * values.roll(reach, 0)

    def forward(decay, values, reach):
        return torch.cat((values[:-reach] + decay**reach * values[reach:], values[-reach:]))

    def solved(decay, values, reach):
        scanned = linear_scan(decay, values)
        return torch.cat((scanned.states[1:], scanned.last[None]))

    return (level, cases), {
        "Over `reach` steps it decays as often.": single,
        "What comes from so far back has decayed on the way.": plain,
        "The first `reach` entries have no partner, and stay.": short,
        "The first entries have no partner; `roll` gives them the end of the run.": circle,
        "That takes from later steps; a state depends on earlier ones.": forward,
        "That is the whole scan; one level reaches only `reach` steps back.": solved,
    }


@integer(
    "08c-5",
    right="Two sweeps for each spike: one that has too many spikes after it, and one that takes "
    "them away. A loop would be done after 100 steps.",
    hints=(
        "What does `fixed_point_run` return beside the record?",
        "Build a drive of the shape (100, 1, 1), and look at `sweeps`.",
        "`found = fixed_point_run(LIFNeuron(), torch.full((100, 1, 1), 0.05))` has `sweeps`.",
    ),
)
def sweeps_of_a_constant_drive():
    found = fixed_point_run(LIFNeuron(), torch.full((100, 1, 1), 0.05))
    spikes = int(found.record.spikes.sum())
    return int(found.sweeps.max()), {
        "That is the number of spikes; each takes more than one sweep.": spikes,
        "That is the number of steps, the most that could be needed.": 100,
        "The sweep that changes nothing any more is not counted.": int(found.sweeps.max()) + 1,
        "One sweep fewer, and the last spike has false ones after it.": int(found.sweeps.max()) - 1,
    }
