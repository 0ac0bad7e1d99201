"""Derivatives of derivatives and transforms: the right value, or one clear sentence."""

import pytest
import torch
from helpers import seeded
from torch.fx.experimental.proxy_tensor import make_fx

from snnbook.spike_times import CELLS, NonLeaky, SpikeLayer, Trains, first_spike

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:The .grad")  # torch's


def drawn(cell):
    """Return times and weights, and which neurons spike."""
    times = 3 * torch.rand(3, 6, dtype=torch.float64, generator=seeded(0))
    noise = torch.randn(4, 6, dtype=torch.float64, generator=seeded(1))
    weight = cell.smallest_weight * (0.4 + 0.7 * noise)
    return times, weight, torch.isfinite(first_spike(times, weight, cell))


@pytest.mark.parametrize("name", sorted(CELLS))
def test_first_spikes_have_derivatives_of_all_kinds(name):
    cell = CELLS[name]()
    times, weight, alive = drawn(cell)
    assert 0 < int(alive.sum()) < alive.numel()

    def spikes(times, weight):
        return torch.where(alive, first_spike(times, weight, cell), 0.0)

    asked = times.clone().requires_grad_(), weight.clone().requires_grad_()
    options = {"check_forward_ad": True, "check_batched_grad": True}
    assert torch.autograd.gradcheck(spikes, asked, **options)
    assert torch.autograd.gradgradcheck(spikes, asked)
    backward = torch.func.jacrev(spikes, (0, 1))(times, weight)
    forward = torch.func.jacfwd(spikes, (0, 1))(times, weight)
    for one, other in zip(backward, forward, strict=True):
        torch.testing.assert_close(one, other)


def layer():
    return SpikeLayer(torch.full((2, 1), 4.0, dtype=torch.float64), 1.0, 1.0, 5.0)


TIMES = torch.full((1, 1), 0.25, dtype=torch.float64)


LAYER = layer()


def answer(times):
    return LAYER(Trains(times, torch.zeros(1, 1).long())).times


def first(times):
    return first_spike(times, torch.full((1, 1), 2.0, dtype=torch.float64), NonLeaky())


def test_a_penalty_on_the_gradient_of_a_layer_is_an_error():
    """It was 0 in silence, because the adjoint is no graph."""
    one = layer()
    out = one(Trains(TIMES, torch.zeros(1, 1).long())).times
    (slope,) = torch.autograd.grad(out.sum(), one.weight, create_graph=True)
    assert bool(slope.any())  # the first derivative is right, and stays right
    with pytest.raises(RuntimeError, match="no second derivative"):
        (slope**2).sum().backward()
    with pytest.raises(RuntimeError, match="no second derivative"):
        torch.autograd.functional.hessian(lambda times: (answer(times) ** 2).sum(), TIMES)


def test_weights_changed_before_the_backward_pass_are_an_error():
    one = layer()
    out = one(Trains(TIMES, torch.zeros(1, 1).long())).times
    with torch.no_grad():
        one.weight += 1.0
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        out.sum().backward()


TRACED = {
    "make_fx": lambda f: make_fx(f)(TIMES),
    "jit.trace": lambda f: torch.jit.trace(f, (TIMES,)),
    "vmap": lambda f: torch.func.vmap(f)(TIMES[None]),
    "export": lambda f: torch.export.export(Model(f), (TIMES,)),
}


class Model(torch.nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, times):
        return self.function(times)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("function", [answer, first])
@pytest.mark.parametrize("how", TRACED)
def test_what_hides_the_values_is_an_error_of_one_sentence(how, function):
    with pytest.raises(RuntimeError, match="looks at the values of its input"):
        TRACED[how](function)


@pytest.mark.parametrize(
    "call",
    [
        lambda: torch.func.grad(lambda t: answer(t).sum())(TIMES),
        lambda: torch.func.jvp(answer, (TIMES,), (TIMES,)),
        lambda: torch.autograd.functional.jacobian(answer, TIMES, vectorize=True),
        lambda: torch.autograd.functional.jacobian(
            answer, TIMES, vectorize=True, strategy="forward-mode"
        ),
    ],
)
def test_a_layer_names_what_it_cannot_do(call):
    with pytest.raises(RuntimeError, match="gradient"):
        call()


@pytest.mark.parametrize("function", [answer, first])
def test_compiled_is_as_plain(function):
    torch._dynamo.reset()
    given = TIMES.clone().requires_grad_()
    found = torch.compile(function, backend="eager")(given)
    assert torch.equal(found, function(TIMES))
    found.sum().backward()
    wanted = TIMES.clone().requires_grad_()
    function(wanted).sum().backward()
    assert torch.equal(given.grad, wanted.grad)
    with pytest.raises(ValueError, match="NaN"):
        torch.compile(function, backend="eager")(TIMES * torch.nan)
