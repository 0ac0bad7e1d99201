"""The unrolled graph: its arrows are the partial derivatives of the update that are not zero."""

import math

import matplotlib.pyplot as plt
import pytest
import torch

from snnbook.neurons import LIFParameters, LIFState, lif_step
from snnbook.plotting import unrolled_edges, unrolled_graph
from snnbook.plotting._graph import LOOKS


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
    params, V = LIFParameters(), torch.tensor([[weight]])
    for slope in (0.0, 1.0):
        current, U, S_in = (torch.tensor([[x]], requires_grad=True) for x in (0.3, 1.2, 1.0))
        spikes, state = lif_step(
            LIFState(current, U),
            S_in,
            params,
            recurrent_weight=V,
            surrogate=lambda x, at, slope=slope: (x > 0).float() + slope * (x - x.detach()),
            reset=reset,
            reset_gradient=True,
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
                    direct = params.beta if target == "U" else 0.0
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
        assert delay == (0 if edge.kind in ("spike", "output") else 1)


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
