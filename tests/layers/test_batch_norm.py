"""The rules of BatchNorm: which statistics, how they are kept, what learns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from netcc import TEST, TRAIN, Net
from netcc.errors import LayerError, ShapeError
from netcc.layers.registry import layer_class
from netcc.runtime.export import exported
from netcc.schema import caffe_pb2
from netcc.testing import Result, make_layer, run_layer
from netcc.types import Array, Phase

NET = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 4 dim: 2 dim: 3 } } }
layer { name: "norm" type: "BatchNorm" bottom: "x" top: "y" }
"""


def draw(*shape: int) -> Array:
    return np.random.default_rng(3).normal(1.5, 2, shape)


def run(x: Array, parameters: Sequence[object], fields: str = "", phase: Phase = TRAIN, **options: object) -> Result:
    layer = make_layer("BatchNorm", f"batch_norm_param {{ {fields} }}", phase=phase)
    return run_layer(layer, [x], parameters, **options)  # type: ignore[arg-type]


def test_batch_is_normalized_by_its_biased_variance() -> None:
    x = draw(4, 2, 3)
    expected = (x - x.mean(axis=(0, 2), keepdims=True)) / np.sqrt(x.var(axis=(0, 2), keepdims=True) + 1e-5)
    np.testing.assert_allclose(run(x, [[0, 0], [0, 0], [0]]).tops[0], expected, rtol=1e-9)


def test_running_statistics_decay_and_take_the_unbiased_variance() -> None:
    x = draw(4, 2, 3)
    result = run(x, [[1, 2], [3, 4], [5]], "moving_average_fraction: 0.9")
    mean, variance, factor = result.operands.parameters
    np.testing.assert_allclose(mean, np.add([0.9, 1.8], x.mean(axis=(0, 2))))
    np.testing.assert_allclose(variance, np.add([2.7, 3.6], x.var(axis=(0, 2), ddof=1)))
    np.testing.assert_allclose(factor, [5.5])


def test_variance_of_a_single_number_is_kept_as_it_is() -> None:
    result = run(np.array([[3.0, 4.0]]), [[0, 0], [0, 0], [0]])
    np.testing.assert_array_equal(result.operands.parameters[1], [0, 0])
    np.testing.assert_array_equal(result.tops[0], [[0, 0]])


def test_running_statistics_are_divided_by_their_factor() -> None:
    x = np.array([[1.0, 5.0]])
    result = run(x, [[4, 6], [8, 18], [2]], "eps: 0.25", TEST)
    np.testing.assert_allclose(result.tops[0], [[-1 / np.sqrt(4.25), 2 / np.sqrt(9.25)]])
    np.testing.assert_array_equal(result.operands.parameters[0], [4, 6])


def test_factor_zero_means_statistics_of_zero() -> None:
    np.testing.assert_allclose(run(np.array([[3.0]]), [[7], [7], [0]], "eps: 4", TEST).tops[0], [[1.5]])


@pytest.mark.parametrize(
    ("fields", "phase", "running"),
    [
        ("", TRAIN, False),
        ("", TEST, True),
        ("use_global_stats: true", TRAIN, True),
        ("use_global_stats: false", TEST, False),
    ],
)
def test_phase_chooses_the_statistics_unless_told(fields: str, phase: Phase, running: bool) -> None:
    x = draw(4, 2, 3)
    result = run(x, [[0, 0], [1, 1], [1]], f"eps: 0 {fields}", phase)
    assert np.array_equal(result.tops[0], x) == running
    assert np.array_equal(result.operands.parameters[2], [1]) == running


def test_gradient_with_running_statistics_is_a_mere_factor() -> None:
    dy = draw(3, 2)
    result = run(draw(3, 2), [[0, 0], [3, 8], [1]], "eps: 1", TEST, top_diffs=[dy])
    np.testing.assert_allclose(result.bottom_diffs[0], dy / [2, 3])


def test_scale_and_bias_of_nvidia() -> None:
    x = draw(4, 2, 3)
    plain = run(x, [[0, 0], [0, 0], [0]]).tops[0]
    scaled = run(x, [[0, 0], [0, 0], [0], [2, 3], [1, -1]], "scale_bias: true").tops[0]
    np.testing.assert_allclose(scaled, plain * [[2], [3]] + [[1], [-1]])


def test_needs_channels() -> None:
    with pytest.raises(ShapeError) as caught:
        make_layer("BatchNorm").infer([(5,)], 1)
    assert caught.value.message == "BatchNorm needs a bottom of 2 axes or more (N x C ...), not 5"


def test_rates_of_statistics_are_passed_over_where_nvidia_sets_them_itself() -> None:
    message = caffe_pb2.LayerParameter(param=[{"lr_mult": 1}], batch_norm_param={"scale_filler": {"value": 1}})
    signature = layer_class("BatchNorm").from_message(message, TRAIN).infer([(2, 3)], 1)
    assert [parameter.learns for parameter in signature.parameters[:3]] == [False] * 3


def test_statistics_must_not_learn() -> None:
    message = caffe_pb2.LayerParameter(param=[{"lr_mult": 0}, {"lr_mult": 0.5}])
    with pytest.raises(LayerError) as caught:
        layer_class("BatchNorm").from_message(message, TRAIN)
    assert caught.value.message == "the running statistics of BatchNorm do not learn: lr_mult must be 0, not 0.5"
    assert caught.value.field == ("param", "1", "lr_mult")


def test_what_other_forks_add_is_refused() -> None:
    with pytest.raises(LayerError) as caught:
        make_layer("BatchNorm", "batch_norm_param { disable_mean: true }")
    assert caught.value.message == "disable_mean of BatchNorm is not supported"


def test_statistics_of_a_net_neither_learn_nor_get_gradients() -> None:
    net = Net(f"force_backward: true\n{NET}", TRAIN)
    assert [parameter.lr_mult for parameter in net.graph.parameters()] == [0, 0, 0]
    net.forward(x=draw(4, 2, 3))
    assert net.params["norm"][2].data == [1]
    net.backward(y=np.ones((4, 2, 3)))
    assert not any(blob.diff.any() for blob in net.params["norm"])


def test_saved_net_says_that_they_do_not_learn() -> None:
    params = exported(Net(NET, TRAIN).graph).layer[1].param
    assert [(param.lr_mult, param.HasField("decay_mult")) for param in params] == [(0, False)] * 3
