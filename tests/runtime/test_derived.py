"""What a plan derives from parameters follows them, however they are changed."""

from __future__ import annotations

import gc

import numpy as np
import pytest
from helpers.nets import input_layer, layer

from netcc.runtime.lending import Lender
from netcc.runtime.net import Net
from netcc.types import TEST

FILLER = 'weight_filler { type: "gaussian" std: 1 } bias_filler { type: "gaussian" std: 1 }'
TEXT = (
    input_layer("x", 2, 16, 9, 9)
    + layer("conv", "Convolution", "x", "conv", f"convolution_param {{ num_output: 16 kernel_size: 3 {FILLER} }}")
    + layer("bn", "BatchNorm", "conv", "bn")
    + layer("scale", "Scale", "bn", "scale", "scale_param { bias_term: true }")
    + layer("relu", "ReLU", "scale", "scale")
)
X = np.random.default_rng(0).standard_normal((2, 16, 9, 9)).astype(np.float32)


def fused() -> Net:
    net = Net(TEXT, TEST, keep_all=False, gradients=False, seed=2)
    net.params["bn"][1].data[...] = 4
    net.params["bn"][2].data[...] = 1
    return net


def agree(net: Net) -> None:
    """The net gives what one without optimisations gives that has its parameters."""
    plain = Net(TEXT, TEST, optimize=False, seed=9)
    for one, other in zip(plain.parameter_arrays().values(), net.parameter_arrays().values(), strict=True):
        one[...] = other
    expected = plain.forward(x=X)["scale"]
    np.testing.assert_allclose(net.forward(x=X)["scale"], expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())


def derivations(net: Net) -> list[None]:
    """Grows by one whenever something is derived."""
    seen: list[None] = []
    kept = net._executor._derivation.kept
    ((kernel, operands),) = kept
    kept[0] = (lambda given: (seen.append(None), kernel(given))[1], operands)
    return seen


def test_layers_behind_a_convolution_are_folded_into_its_weights() -> None:
    net = fused()
    assert [step.node.name for step in net.plan.forward][-1] == "conv"
    agree(net)


def test_writing_into_a_parameter_is_seen() -> None:
    net = fused()
    net.forward(x=X)
    weights = net.params["conv"][0].data
    for number in (0.5, -1):
        weights[3] *= number
        net.params["bn"][0].data[2] += number
        agree(net)


def test_nothing_is_derived_again_while_nobody_can_write() -> None:
    net = fused()
    seen = derivations(net)
    net.forward(x=X)
    gc.collect()
    net.forward(x=X)
    before = len(seen)
    net.forward(x=X)
    assert before
    assert len(seen) == before
    part = net.params["conv"][0].data[3, 2]  # a view of a view keeps the array alive
    net.forward(x=X)
    net.forward(x=X)
    assert len(seen) == before + 2
    del part
    net.forward(x=X)
    net.forward(x=X)
    assert len(seen) == before + 3


def test_parameters_of_another_net_may_change_at_any_time() -> None:
    owner = Net(TEXT, TEST, seed=5)
    net = Net(TEXT, TEST, share=owner, keep_all=False, gradients=False)
    net.forward(x=X)
    owner.params["conv"][0].data[...] *= 2
    agree(net)


def test_a_reshaped_net_knows_what_was_lent_before() -> None:
    net = fused()
    weights = net.params["conv"][0].data
    net.forward(x=X[:1])
    net.forward(x=X[:1])
    weights *= 3
    agree(net)


def test_a_lender_forgets_what_is_gone() -> None:
    lender, memory = Lender(), np.zeros(4, np.float32)
    assert not lender.settle()
    lender.lend(memory)[1] = 7
    assert memory.tolist() == [0, 7, 0, 0]
    assert lender.settle()
    assert not lender.settle()
    assert lender.lend(memory[:0]).size == 0


def test_weights_are_folded_part_by_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netcc.targets.convolution.PART_NUMBERS", 1)
    net = fused()
    assert len(net._executor._derivation.kept) == net.params["conv"][0].data.shape[1] > 1
    agree(net)
