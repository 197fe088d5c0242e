"""Optimised plans compute what the layers' own methods compute: outputs, gradients and blobs, in float64."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from helpers.nets import input_layer, layer

from netcc.kernels.twins import use_target
from netcc.runtime.net import Net
from netcc.types import TEST, TRAIN, Phase

FILLER = 'weight_filler { type: "gaussian" std: 0.4 } bias_filler { type: "gaussian" std: 0.4 }'


def conv(name: str, bottom: str, outputs: int, kernel: int, more: str = "", top: str = "") -> str:
    fields = f"convolution_param {{ num_output: {outputs} kernel_size: {kernel} {more} {FILLER} }}"
    return layer(name, "Convolution", bottom, top or name, fields)


def pool(name: str, bottom: str, fields: str) -> str:
    return layer(name, "Pooling", bottom, name, f"pooling_param {{ {fields} }}")


def product(name: str, bottom: str, outputs: int, more: str = "") -> str:
    return layer(name, "InnerProduct", bottom, name, f"inner_product_param {{ num_output: {outputs} {more} {FILLER} }}")


def ending(bottom: str) -> str:
    product = f"inner_product_param {{ num_output: 7 {FILLER} }}"
    return layer("ip", "InnerProduct", bottom, "ip", product) + layer("loss", "SoftmaxWithLoss", "ip label", "loss")


def starting(*image: int, batch: int = 5) -> str:
    return input_layer("data", batch, *image) + input_layer("label", batch)


def batch_norm(name: str, blob: str, fields: str = "scale_param { bias_term: true }") -> str:
    return layer(f"{name}_bn", "BatchNorm", blob, blob) + layer(f"{name}_scale", "Scale", blob, blob, fields)


NETS: Mapping[str, str] = {
    "convolutions": starting(3, 15, 13)
    + conv("a", "data", 8, 3, "pad: 1")
    + layer("a_relu", "ReLU", "a", "a")
    + conv("b", "a", 8, 3, "group: 2 stride: 2")
    + layer("b_relu", "ReLU", "b", "b", "relu_param { negative_slope: 0.1 }")
    + conv("c", "b", 8, 1, "bias_term: false")
    + conv("d", "c", 8, 3, "group: 8 pad: 1")
    + ending("d"),
    "two bottoms": starting(2, 9, 9)
    + input_layer("other", 5, 2, 9, 9)
    + layer(
        "pair", "Convolution", "data other", "p q", f"convolution_param {{ num_output: 4 kernel_size: 3 {FILLER} }}"
    )
    + layer("sum", "Eltwise", "p q", "sum")
    + ending("sum"),
    "pooling": starting(4, 12, 11)
    + conv("a", "data", 6, 3)
    + pool("most", "a", "pool: MAX kernel_size: 3 stride: 2")
    + pool("mean", "a", "pool: AVE kernel_size: 3 stride: 2 pad: 1")
    + pool("all", "most", "pool: AVE global_pooling: true")
    + layer("flat", "Flatten", "mean", "flat")
    + layer("short", "Flatten", "all", "short")
    + layer("both", "Concat", "flat short", "both")
    + ending("both"),
    "pooled at once": starting(1, 18, 16)
    + conv("a", "data", 6, 5)
    + pool("a_pool", "a", "pool: MAX kernel_size: 2 stride: 2")
    + layer("a_relu", "ReLU", "a_pool", "a_pool")
    + conv("b", "a_pool", 8, 3, "pad: 1")
    + batch_norm("b", "b")
    + layer("b_relu", "ReLU", "b", "b", "relu_param { negative_slope: 0.3 }")
    + pool("b_pool", "b", "pool: MAX kernel_size: 3 stride: 2 pad: 1")
    + layer("c", "Convolution", "b_pool", "c", f"convolution_param {{ num_output: 4 kernel_size: 1 {FILLER} }}")
    + layer("bent", "ReLU", "c", "c", "relu_param { negative_slope: -0.5 }")
    + pool("c_pool", "c", "pool: MAX kernel_size: 2")
    + ending("c_pool"),
    "pooled behind a rectifier": starting(3, 15, 14)
    + conv("a", "data", 6, 3, "pad: 1")
    + layer("a_relu", "ReLU", "a", "a")
    + pool("a_pool", "a", "pool: MAX kernel_size: 3 stride: 2")
    + conv("b", "a_pool", 5, 3, "bias_term: false")
    + layer("b_relu", "ReLU", "b", "b_bent")
    + pool("b_pool", "b_bent", "pool: MAX kernel_size: 3 pad: 1")
    + conv("c", "b_pool", 4, 2)
    + layer("c_relu", "ReLU", "c", "c", "relu_param { negative_slope: 0.2 }")
    + pool("c_pool", "c", "pool: MAX kernel_size: 2 stride: 2")
    + ending("c_pool"),
    "rectified side by side": starting(3, 13, 12)
    + conv("squeeze", "data", 4, 1)
    + layer("squeeze_relu", "ReLU", "squeeze", "squeeze")
    + conv("one", "squeeze", 4, 1)
    + layer("one_relu", "ReLU", "one", "one")
    + conv("three", "squeeze", 5, 3, "pad: 1 bias_term: false")
    + layer("three_relu", "ReLU", "three", "three")
    + layer("fire", "Concat", "one three", "fire")
    + conv("again", "fire", 4, 3)
    + layer("again_relu", "ReLU", "again", "again")
    + conv("left", "again", 3, 1)
    + layer("left_relu", "ReLU", "left", "left")
    + conv("right", "again", 4, 3, "pad: 1")
    + layer("right_relu", "ReLU", "right", "right")
    + layer("both", "Concat", "left right", "both")
    + pool("most", "both", "pool: MAX kernel_size: 3 stride: 2")
    + ending("most"),
    "normalization": starting(6, 8, 8)
    + conv("a", "data", 6, 3)
    + layer("across", "LRN", "a", "across", "lrn_param { local_size: 3 alpha: 0.5 }")
    + layer("within", "LRN", "across", "within", "lrn_param { local_size: 3 norm_region: WITHIN_CHANNEL }")
    + ending("within"),
    "batch normalization": starting(3, 8, 8)
    + conv("a", "data", 6, 3, "bias_term: false")
    + batch_norm("a", "a")
    + layer("a_relu", "ReLU", "a", "a")
    + conv("b", "a", 6, 3, "pad: 1")
    + batch_norm("b", "b", "scale_param { bias_term: false }")
    + layer("sum", "Eltwise", "a b", "sum")
    + layer("sum_relu", "ReLU", "sum", "sum")
    + layer("c_bn", "BatchNorm", "sum", "c")
    + ending("c"),
    "sums": starting(3, 8, 8)
    + conv("stem", "data", 6, 3)
    + batch_norm("stem", "stem")
    + layer("stem_relu", "ReLU", "stem", "stem")
    + conv("a", "stem", 6, 3, "pad: 1 bias_term: false")
    + batch_norm("a", "a")
    + layer("one", "Eltwise", "stem a", "one")
    + layer("one_relu", "ReLU", "one", "one")
    + conv("b", "one", 8, 1)
    + batch_norm("b", "b")
    + conv("c", "one", 8, 1)
    + batch_norm("c", "c", "scale_param { bias_term: false }")
    + layer("two", "Eltwise", "b c", "two")
    + layer("two_relu", "ReLU", "two", "two", "relu_param { negative_slope: 0.1 }")
    + conv("late", "two", 8, 1)
    + layer("d_bn", "BatchNorm", "two", "d")
    + layer("d_scale", "Scale", "d", "d")
    + conv("e", "d", 8, 3, "pad: 1")
    + layer("three", "Eltwise", "e two", "three")
    + conv("f", "three", 8, 1)
    + layer("four", "Eltwise", "three f", "four")
    + layer("five", "Eltwise", "four late", "five")
    + layer("g_bn", "BatchNorm", "late", "g")
    + layer("g_scale", "Scale", "g", "g")
    + layer("six", "Eltwise", "five g", "six")
    + layer("seven", "Eltwise", "six four late", "seven", "eltwise_param { coeff: 1 coeff: -0.5 coeff: 1 }")
    + ending("seven"),
    "pooled beside another reader": starting(3, 8, 8)
    + conv("stem", "data", 6, 3)
    + conv("a", "stem", 4, 1)
    + layer("a_relu", "ReLU", "a", "a")
    + pool("a_pool", "a", "pool: MAX kernel_size: 2 stride: 2")
    + conv("b", "stem", 4, 1)
    + conv("c", "stem", 4, 1, "stride: 2")
    + pool("b_pool", "b", "pool: AVE kernel_size: 2 stride: 2")
    + layer("sum", "Eltwise", "a_pool b_pool c", "sum")
    + ending("sum"),
    "joined channels": starting(3, 9, 9)
    + conv("stem", "data", 6, 3)
    + conv("one", "stem", 4, 1)
    + layer("one_relu", "ReLU", "one", "one")
    + conv("three", "stem", 5, 3, "pad: 1")
    + layer("three_relu", "ReLU", "three", "three")
    + layer("inner", "Concat", "one three", "inner")
    + conv("more", "inner", 3, 3, "pad: 1")
    + layer("outer", "Concat", "inner more stem", "outer")
    + layer("outer_relu", "ReLU", "outer", "outer")
    + layer("parts", "Slice", "outer", "left right", "slice_param { slice_point: 7 }")
    + layer("sigmoid", "Sigmoid", "left", "bent")
    + layer("back", "Concat", "bent right", "back")
    + ending("back"),
    "read twice": starting(3, 7, 7)
    + conv("a", "data", 4, 3)
    + conv("b", "a", 4, 1)
    + layer("crossed", "Permute", "a", "turned", "permute_param { order: 0 order: 2 order: 1 order: 3 }")
    + layer("flat", "Flatten", "turned", "flat")
    + layer("b_flat", "Flatten", "b", "b_flat")
    + layer("both", "Concat", "flat b_flat", "both")
    + ending("both"),
    "a wide product": starting(2, 30, 30)
    + layer("fc", "InnerProduct", "data", "fc", f"inner_product_param {{ num_output: 300 {FILLER} }}")
    + layer("turned", "InnerProduct", "fc", "t", f"inner_product_param {{ num_output: 400 transpose: true {FILLER} }}")
    + ending("t"),
    "products and what follows them": starting(2, 30, 30)
    + product("fc", "data", 300)
    + batch_norm("fc", "fc")
    + layer("fc_relu", "ReLU", "fc", "fc")
    + product("small", "fc", 6)
    + layer("small_relu", "ReLU", "small", "bent", "relu_param { negative_slope: 0.2 }")
    + product("turned", "bent", 400, "transpose: true bias_term: false")
    + layer("power", "Power", "turned", "turned", "power_param { scale: 0.5 shift: 1 }")
    + layer("turned_relu", "ReLU", "turned", "turned")
    + product("rows", "data", 5, "axis: 2")
    + layer("rows_relu", "ReLU", "rows", "rows")
    + layer("flat", "Flatten", "rows", "flat")
    + layer("both", "Concat", "flat turned", "both")
    + ending("both"),
    "blobs cut up": starting(5, 9, 9)
    + layer("colours", "Slice", "data", "red rest", "slice_param { slice_point: 2 }")
    + layer("red_relu", "ReLU", "red", "red")
    + conv("a", "data", 8, 3, "pad: 1")
    + layer("a_relu", "ReLU", "a", "a")
    + layer("halves", "Slice", "a", "left right")
    + layer("left_relu", "ReLU", "left", "left", "relu_param { negative_slope: 0.3 }")
    + layer("quarters", "Slice", "right", "third fourth", "slice_param { slice_point: 1 }")
    + conv("b", "left", 3, 3, "pad: 1")
    + pool("c", "fourth", "pool: MAX kernel_size: 3 stride: 1 pad: 1")
    + layer("tanh", "TanH", "third", "bent")
    + layer("rows", "Slice", "b", "first others unread", "slice_param { axis: 0 slice_point: 1 slice_point: 3 }")
    + layer("flat", "Flatten", "others", "flat")
    + layer("flat_relu", "ReLU", "flat", "flat_bent")
    + layer("flat_sum", "Reduction", "flat_bent", "flat_sum")
    + layer("first_sum", "Reduction", "first", "first_sum")
    + layer("sums", "Eltwise", "flat_sum first_sum", "sums")
    + 'layer { name: "objective" type: "Power" bottom: "sums" top: "objective" loss_weight: 0.1 }'
    + layer("joined", "Concat", "bent left c red", "joined")
    + ending("joined"),
    "a blob of one image cut up": starting(4, 6, 6, batch=5)
    + conv("a", "data", 4, 3, "pad: 1")
    + layer("steps", "Reshape", "a", "steps", "reshape_param { shape { dim: 1 dim: 5 dim: 144 } }")
    + layer("scaled", "Power", "steps", "scaled", "power_param { scale: 0.5 }")
    + layer("times", "Slice", "scaled", "t0 t1", "slice_param { slice_point: 2 }")
    + layer("bent0", "TanH", "t0", "u0")
    + layer("bent1", "ReLU", "t1", "t1")
    + layer("joined", "Concat", "u0 t1", "joined")
    + layer("back", "Reshape", "joined", "back", "reshape_param { shape { dim: 5 dim: -1 } }")
    + ending("back"),
}


def run(text: str, phase: Phase, *, optimize: bool, **options: Any) -> tuple[Net, dict[str, np.ndarray]]:
    """The net after a pass, and everything that can be looked at whatever is kept."""
    net = Net(text, phase, seed=3, dtype=np.float64, optimize=optimize, **options)
    random = np.random.default_rng(8)
    for index, parameter in enumerate(net.parameter_arrays()):
        if parameter.owner.type == "BatchNorm":
            net.parameter_arrays()[parameter][...] = random.uniform(0.5, 2) + index
    given = {name: random.standard_normal(net.blobs[name].shape) for name in net.inputs if name != "label"}
    outputs = net.forward(**given, label=random.integers(0, 7, 5))
    found = {name: array.copy() for name, array in outputs.items()}
    if options.get("gradients", True):
        net.gradient()
        found |= {repr(parameter): array.copy() for parameter, array in net.parameter_diff_arrays().items()}
    found |= {f"{parameter!r} after": array.copy() for parameter, array in net.parameter_arrays().items()}
    return net, found


def close(found: Mapping[str, np.ndarray], expected: Mapping[str, np.ndarray]) -> None:
    assert found.keys() == expected.keys()
    for name, array in found.items():
        scale = max(1.0, float(np.abs(expected[name]).max(initial=0)))
        np.testing.assert_allclose(array, expected[name], rtol=1e-9, atol=1e-11 * scale, err_msg=name)


@pytest.mark.parametrize("target", ["numpy", "fast"])
@pytest.mark.parametrize("keep_all", [True, False])
@pytest.mark.parametrize("keep_diffs", [True, False])
@pytest.mark.parametrize("name", NETS)
def test_training(name: str, keep_diffs: bool, keep_all: bool, target: str) -> None:
    if target == "fast":
        pytest.importorskip("numba", reason="numba is not installed")
    _, expected = run(NETS[name], TRAIN, optimize=False)
    with use_target(target):
        net, found = run(NETS[name], TRAIN, optimize=True, keep_all=keep_all, keep_diffs=keep_diffs)
    assert any(step.target.name != "layer" for step in net.plan.forward), "no layer is computed in another way"
    close(found, expected)


@pytest.mark.parametrize("name", NETS)
def test_training_in_little_memory(name: str) -> None:
    _, expected = run(NETS[name], TRAIN, optimize=False)
    _, found = run(NETS[name], TRAIN, optimize=True, memory="low")
    close(found, expected)


@pytest.mark.parametrize("keep_all", [True, False])
@pytest.mark.parametrize("name", NETS)
def test_inference(name: str, keep_all: bool) -> None:
    _, expected = run(NETS[name], TEST, optimize=False, gradients=False)
    _, found = run(NETS[name], TEST, optimize=True, gradients=False, keep_all=keep_all)
    close(found, expected)


@pytest.mark.parametrize("name", NETS)
def test_every_blob_that_is_kept(name: str) -> None:
    plain, _ = run(NETS[name], TRAIN, optimize=False)
    net, _ = run(NETS[name], TRAIN, optimize=True)
    close({blob: net.blobs[blob].data for blob in net.blobs}, {blob: plain.blobs[blob].data for blob in net.blobs})
    diffs = [blob for blob in net.blobs if net.graph.blobs()[blob].needs_gradient]
    close({blob: net.blobs[blob].diff for blob in diffs}, {blob: plain.blobs[blob].diff for blob in diffs})


@pytest.mark.parametrize("name", NETS)
def test_passes_in_parts(name: str) -> None:
    plain, _ = run(NETS[name], TRAIN, optimize=False)
    net, _ = run(NETS[name], TRAIN, optimize=True)
    layers = [node.name for node in net.graph.nodes]
    for which in (plain, net):
        which.clear_param_diffs()
        which.backward(end=layers[3])
        which.backward(start=layers[2])
        for index in range(len(layers)):
            which.forward(start=layers[index] if index else None, end=layers[index])
    close({blob: net.blobs[blob].data for blob in net.blobs}, {blob: plain.blobs[blob].data for blob in net.blobs})
    close(
        {repr(parameter): array for parameter, array in net.parameter_diff_arrays().items()},
        {repr(parameter): array for parameter, array in plain.parameter_diff_arrays().items()},
    )
