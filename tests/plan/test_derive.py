"""Whether weights made ready are kept from pass to pass."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.nets import input_layer, layer

from netcc.runtime.net import Net
from netcc.targets.options import MemoryUse
from netcc.types import TEST

SIZE = 6


def text(batch: int) -> str:
    filler = 'weight_filler { type: "gaussian" std: 0.1 } bias_filler { type: "gaussian" std: 1 }'
    convolution = f"convolution_param {{ num_output: 32 kernel_size: 3 pad: 1 {filler} }}"
    return (
        input_layer("x", batch, 16, SIZE, SIZE)
        + layer("a", "Convolution", "x", "a", convolution)
        + layer("a_scale", "Scale", "a", "a", f"scale_param {{ bias_term: true {filler.replace('weight_', '', 1)} }}")
        + layer("b", "Convolution", "a", "b", convolution)
    )


def made(batch: int, memory: MemoryUse = "fast") -> Net:
    return Net(text(batch), TEST, keep_all=False, gradients=False, seed=1, memory=memory)


def kept(net: Net) -> list[bool]:
    return [step.kept for step in net.plan.derive]


def test_a_single_image_does_not_wait_for_weights() -> None:
    assert kept(made(1)) == [True, True]
    assert kept(made(1, "low")) == [False, False]


def test_a_batch_needs_no_memory_for_weights_made_ready() -> None:
    assert kept(made(64)) == [False, False]
    weights = sum(view.slot.units for step in made(64).plan.derive for view in step.derived)
    assert weights > 16 * 32 * 9
    for step in made(64).plan.derive:
        assert not any(view.slot.held for view in step.derived)


def test_what_is_constant_has_its_weights_before_the_first_pass() -> None:
    constant = layer("c", "DummyData", "", "c", "dummy_data_param { shape { dim: 64 dim: 16 dim: 6 dim: 6 } }")
    over = layer("d", "Convolution", "c", "d", "convolution_param { num_output: 32 kernel_size: 3 pad: 1 }")
    both = layer("product", "Eltwise", "b d", "product", "eltwise_param { operation: PROD }")
    net = Net(text(64) + constant + over + both, TEST, keep_all=False, gradients=False, seed=1)
    assert {step.node.name: step.kept for step in net.plan.derive} == {"a": False, "b": False, "d": True}


@pytest.mark.parametrize("batch", [1, 64])
def test_parameters_are_followed(batch: int) -> None:
    net, plain = made(batch), Net(text(batch), TEST, optimize=False, seed=1)
    x = np.random.default_rng(0).standard_normal((batch, 16, SIZE, SIZE)).astype(np.float32)
    for _ in range(3):
        found, expected = net.forward(x=x)["b"], plain.forward(x=x)["b"]
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())
        for one in (net, plain):
            one.params["a"][0].data[3] *= -1
            one.params["a_scale"][0].data[...] += 0.5


def test_gains_need_no_copy_of_the_weights() -> None:
    """Of a batch of small images with many channels."""
    convolution = 'convolution_param { num_output: 140 kernel_size: 1 weight_filler { type: "gaussian" std: 0.1 } }'
    scale = 'scale_param { bias_term: true filler { type: "gaussian" std: 1 } bias_filler { type: "gaussian" std: 1 } }'
    text = (
        input_layer("x", 8, 300, SIZE, SIZE)
        + layer("a", "Convolution", "x", "a", convolution)
        + layer("a_scale", "Scale", "a", "a", scale)
        + layer("relu", "ReLU", "a", "a")
    )
    net, plain = (Net(text, TEST, keep_all=False, gradients=False, seed=1, optimize=best) for best in (True, False))
    (step,) = net.plan.derive
    assert [view.shape for view in step.derived] == [(140,), (140,)]
    x = np.random.default_rng(0).standard_normal((8, 300, SIZE, SIZE)).astype(np.float32)
    found, expected = net.forward(x=x)["a"], plain.forward(x=x)["a"]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max())
