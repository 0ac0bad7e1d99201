"""Under every tracer and transform of PyTorch: the plain loop's answer, or one clear error."""

import copy
import functools
import io

import pytest
import torch
from kernels.small import (
    INPUTS,
    NETWORK,
    Readout,
    compiled,
    spikes_of,
)
from torch.autograd import forward_ad
from torch.func import functionalize, vmap
from torch.fx.experimental.proxy_tensor import make_fx

from snnbook.kernels import explain
from snnbook.neurons import (
    LIFNeuron,
    run,
)

pytestmark = pytest.mark.filterwarnings("ignore")  # the tracers' own

WITH_NAN = spikes_of()
WITH_NAN[0, 1, 0] = float("nan")


def exported(strict):
    return torch.export.export(NETWORK, (spikes_of(),), strict=strict).module()


def saved_trace():
    file = io.BytesIO()
    torch.jit.save(torch.jit.trace(NETWORK, (spikes_of(),)), file)
    file.seek(0)
    return torch.jit.load(file)


def one_by_one(spikes):
    return vmap(lambda x: NETWORK(x.unsqueeze(1)).squeeze(1), in_dims=1, out_dims=1)(spikes)


#: What makes a function of spikes out of the network, and gives NaN for NaN.
RECORDERS = {
    "export": lambda: exported(False),
    "export by Dynamo": lambda: exported(True),
    "make_fx": lambda: make_fx(NETWORK)(spikes_of()),
    "make_fx before dispatch": lambda: make_fx(NETWORK, pre_dispatch=True)(spikes_of()),
    "jit.trace": lambda: torch.jit.trace(NETWORK, (spikes_of(),)),
    "jit.trace in a file": saved_trace,
    "one graph": lambda: compiled(Readout("reference"), fullgraph=True),
    "vmap": lambda: one_by_one,
    "subclass": lambda: lambda x: NETWORK(x.as_subclass(Kind)).as_subclass(torch.Tensor),
}
#: The same, where NaN is an error.
CALLERS = {
    "functionalize": lambda: functionalize(NETWORK),
    "compile": lambda: compiled(NETWORK),
    "compile for each size": lambda: compiled(NETWORK, dynamic=False),
    "compile for all sizes": lambda: compiled(NETWORK, dynamic=True),
    "inference": lambda: torch.inference_mode()(NETWORK),
    "a view of complex numbers": lambda: lambda x: NETWORK(torch.complex(0 * x, -x).conj().imag),
    "a copy": lambda: copy.deepcopy(NETWORK),
}


class Kind(torch.Tensor):
    pass


@functools.cache
def made(name):
    return (RECORDERS | CALLERS)[name]()


@pytest.mark.parametrize("name", RECORDERS | CALLERS)
def test_a_recorded_network_gives_the_same_on_other_input(name):
    model = made(name)
    for seed in (0, 5):
        expected = NETWORK(spikes_of(seed=seed))
        assert expected.abs().max() > 1
        torch.testing.assert_close(model(spikes_of(seed=seed)), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", [x for x in RECORDERS if x != "subclass"])
def test_nan_stays_nan_where_values_are_not_at_hand(name):
    bad = made(name)(WITH_NAN).isnan()
    assert bad[-1, 1].all() and not bad[:, 0].any() and not bad[:, 2].any()


@pytest.mark.parametrize("name", CALLERS)
def test_nan_is_an_error_where_values_are_at_hand(name):
    with pytest.raises(ValueError, match="drive holds NaN or infinity, first at step 0"):
        made(name)(WITH_NAN)


def test_other_batch_sizes():
    sizes = ({1: torch.export.Dim("batch")},)
    whole = torch.export.export(NETWORK, (spikes_of(),), dynamic_shapes=sizes, strict=False)
    for model in (whole.module(), compiled(NETWORK, dynamic=True)):
        for batch in (2, 7):
            expected = NETWORK(spikes_of(batch))
            torch.testing.assert_close(model(spikes_of(batch)), expected, atol=1e-5, rtol=1e-5)


def test_a_recorded_gradient():
    weight = NETWORK.network.hidden[0].weight

    def gradient(spikes):
        return torch.autograd.grad(NETWORK(spikes).square().sum(), weight)[0]

    expected = gradient(spikes_of(seed=5))
    recorded = make_fx(gradient)(spikes_of())
    torch.testing.assert_close(recorded(spikes_of(seed=5)), expected, rtol=1e-4, atol=1e-4)
    traced = saved_trace()
    traced(spikes_of(seed=5)).square().sum().backward()
    found = dict(traced.named_parameters())["network.hidden.0.weight"].grad
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


def test_fake_tensors_have_shapes_and_no_values():
    from torch._subclasses import FakeTensorMode

    with FakeTensorMode(allow_non_fake_inputs=True) as mode:
        for out in (NETWORK(mode.from_tensor(spikes_of())), Readout()(torch.ones(5, 2, INPUTS))):
            assert type(out).__name__ == "FakeTensor" and out.shape[2] == 4
    assert Readout().to("meta")(spikes_of().to("meta")).is_meta


@pytest.mark.parametrize(
    "call, kind, message",
    [
        (lambda: torch.jit.script(NETWORK), TypeError, "LIF cannot be read by torch.jit.script"),
        (lambda: torch.fx.symbolic_trace(NETWORK), TypeError, "spikes is a Proxy.*torch.export"),
        (
            lambda: compiled(NETWORK, fullgraph=True)(spikes_of()),
            RuntimeError,
            "kernel='reference' runs in it",
        ),
        (
            lambda: vmap(lambda x: run(LIFNeuron(), x, checkpoint=2).spikes)(
                torch.ones(2, 3, 1, 1)
            ),
            ValueError,
            "checkpoint is 2, but a torch.func transform is active; None is accepted",
        ),
        (
            lambda: torch.jit.trace(lambda x: run(LIFNeuron(), x, kernel="numba"), spikes_of()),
            ValueError,
            "kernel is 'numba', but torch.jit.trace is recording",
        ),
    ],
)
def test_what_cannot_be_says_so(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


def test_explain_says_what_is_looking():
    said = {}
    functionalize(lambda x: said.setdefault("func", explain(x)) and x)(spikes_of())
    make_fx(lambda x: said.setdefault("make_fx", explain(x)) and x)(spikes_of())
    torch.jit.trace(lambda x: said.setdefault("jit", explain(x)) and x, spikes_of())
    with forward_ad.dual_level():
        said["forward"] = explain(spikes_of())
    for name, word in (("func", "torch.func"), ("make_fx", "make_fx"), ("jit", "torch.jit.trace")):
        assert said[name].kernel == "reference" and word in said[name].reason
    assert "forward-mode" in said["forward"].reason
    assert compiled(lambda x: (explain(x).kernel, x + 1))(spikes_of())[0] == "numba"
