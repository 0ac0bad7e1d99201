"""The unrolled graph: its arrows are the partial derivatives of the update that are not zero."""

import math
from dataclasses import replace

import matplotlib.pyplot as plt
import pytest
import torch

from snnbook.laboratory import TERMS
from snnbook.neurons import LIFNeuron, LIFState, lif_step
from snnbook.plotting import two_neuron_arrows, two_neurons, unrolled_edges, unrolled_graph
from snnbook.plotting._graph import LOOKS
from snnbook.plotting._pair import LOOKS as PAIR_LOOKS


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def arrows_of_the_update(reset: str, weight: float) -> set[tuple[str, str]]:
    """Return (from, to) for each entry of the Jacobian of one step that is not zero.

    The spike enters the reset and the recurrent synapses; its share of a derivative is told
    from the direct one by a step with the derivative 0 and one with the derivative 1.
    """
    found = set()
    neuron, V = LIFNeuron(), torch.tensor([[weight]])
    for slope in (0.0, 1.0):
        current, U, S_in = (torch.tensor([[x]], requires_grad=True) for x in (0.3, 1.2, 1.0))
        spikes, state = lif_step(
            LIFState(current, U),
            S_in,
            replace(
                neuron,
                surrogate=lambda x, at, slope=slope: (x > 0).float() + slope * (x - x.detach()),
                reset=reset,
                reset_gradient=True,
            ),
            recurrent_weight=V,
        )
        for target, value in (("S", spikes), ("I", state.syn), ("U", state.mem)):
            grads = (
                torch.autograd.grad(value, (S_in, current, U), retain_graph=True, allow_unused=True)
                if value.requires_grad
                else (None,) * 3
            )
            for source, grad in zip(("S_in", "I", "U"), grads, strict=True):
                size = 0.0 if grad is None else grad.item()
                if slope == 0.0 and size:
                    found.add((source, target))
                elif slope == 1.0 and source == "U":
                    direct = neuron.beta if target == "U" else 0.0
                    if not math.isclose(size, direct, abs_tol=1e-6):
                        found.add(("U", "S") if target == "S" else ("S", target))
    return found


@pytest.mark.parametrize("recurrent", [True, False])
@pytest.mark.parametrize("reset", ["subtract", "none"])
def test_an_arrow_for_each_derivative_and_no_other(recurrent, reset):
    drawn = {
        (edge.source[0], edge.target[0])
        for edge in unrolled_edges(3, recurrent=recurrent, reset=reset != "none")
        if edge.target[0] != "next"
    }
    assert drawn == arrows_of_the_update(reset, 0.5 if recurrent else 0.0)


def test_only_the_spike_is_instantaneous():
    for edge in unrolled_edges(4):
        delay = edge.target[1] - edge.source[1]
        assert delay == (0 if edge.term in ("spike", "output") else 1)


def test_number_of_edges():
    # 2 in each of T columns, 6 between two columns
    assert len(unrolled_edges(5)) == 2 * 5 + 6 * 4


def test_drawn_on_the_given_axes_with_distinct_looks():
    _, ax = plt.subplots()
    assert unrolled_graph(2, ax=ax) is ax
    looks = [(look.color, look.style, look.width) for look in LOOKS.values()]
    assert len(set(looks)) == len(looks)
    words = {text.get_text() for text in ax.get_legend().get_texts()}
    assert words == {look.text for look in LOOKS.values()}
    assert "$U[1]$" in {text.get_text() for text in ax.texts}


def test_legend_leaves_out_what_is_not_there():
    ax = unrolled_graph(2, recurrent=False, reset=False)
    words = {text.get_text() for text in ax.get_legend().get_texts()}
    assert not words & {LOOKS["reset"].text, LOOKS["recurrent"].text}


def test_bad_steps():
    with pytest.raises(ValueError, match="steps is 0"):
        unrolled_graph(0)


def test_the_drawing_of_two_neurons_has_one_look_for_each_term():
    assert set(PAIR_LOOKS) == set(TERMS) == {arrow.term for arrow in two_neuron_arrows(2)}


def test_two_neurons_have_the_arrows_of_one_twice():
    """Only the recurrent arrow ends at the other neuron, and both send to the readout."""
    one = [arrow for arrow in unrolled_edges(4) if arrow.term in TERMS]
    two = two_neuron_arrows(4)
    for own, other in ("AB", "BA"):
        found = [arrow for arrow in two if arrow.source[0][-1] == own and arrow.target[0] != "Y"]
        assert len(found) == len(one)
        for arrow, wanted in zip(found, one):
            to = other if arrow.term == "recurrent" else own
            assert arrow.source == (f"{wanted.source[0]}_{own}", wanted.source[1])
            assert arrow.target == (f"{wanted.target[0]}_{to}", wanted.target[1])
    assert sum(arrow.term == "forward" for arrow in two) == 2 * 3
    assert sum(arrow.term == "readout" for arrow in two) == 3


def test_a_term_that_is_left_out_is_crossed_and_an_unknown_one_refused():
    crossed = [text for text in two_neurons(2, drop={"reset"}).texts if text.get_text() == "×"]
    assert len(crossed) == 2
    with pytest.raises(ValueError, match="drop names"):
        two_neurons(2, drop={"leak"})
