"""What happens to gradients on the way to the parameters."""

import numpy as np
import pytest
from google.protobuf import text_format
from helpers.nets import inner_product, input_layer, layer

from netcc.errors import SolverError
from netcc.runtime.net import Net
from netcc.schema.caffe_pb2 import SolverParameter
from netcc.solver.optimizer import TILE, Optimizer
from netcc.types import TRAIN


def net_of(*layers, data=(4, 3)):
    labels = input_layer("label", data[0])
    return Net(input_layer("data", *data) + labels + "".join(layers), TRAIN, seed=1)


def small_net(more="param { lr_mult: 1 } param { lr_mult: 2 }"):
    """ip1, of two parameters, and a loss."""
    return net_of(inner_product("ip1", "data", "ip1", 2, more), layer("loss", "SoftmaxWithLoss", "ip1 label", "loss"))


def optimizer_of(net, text):
    return Optimizer(net, text_format.Parse(text, SolverParameter()))


def gradients(net, *numbers):
    """Gives the parameters constant gradients; returns the values before the update."""
    for array, number in zip(net.parameter_diff_arrays().values(), numbers, strict=True):
        array.fill(number)
    return [array.copy() for array in net.parameter_arrays().values()]


def moved(net, before):
    """How far each parameter went, number by number."""
    return [old - new for old, new in zip(before, net.parameter_arrays().values(), strict=True)]


def test_rates_of_blobs():
    net = small_net()
    before = gradients(net, 1, 1)
    optimizer_of(net, "base_lr: 1").apply(0.5, 0)
    weights, bias = moved(net, before)
    np.testing.assert_allclose(weights, 0.5, rtol=1e-6)
    np.testing.assert_allclose(bias, 1.0, rtol=1e-6)


def test_the_gradient_holds_the_step_afterwards():
    net = small_net()
    before = gradients(net, 1, 1)
    optimizer_of(net, "momentum: 0.5").apply(0.5, 0)
    for step, diff in zip(moved(net, before), net.parameter_diff_arrays().values(), strict=True):
        np.testing.assert_allclose(diff, step, rtol=1e-5)


def test_decay_of_blobs():
    net = small_net("param { decay_mult: 2 } param { decay_mult: 0 }")
    before = gradients(net, 0, 0)
    optimizer_of(net, "weight_decay: 0.5").apply(0.25, 0)
    weights, bias = moved(net, before)
    np.testing.assert_allclose(weights, 0.25 * 0.5 * 2 * before[0], rtol=1e-5)
    assert not bias.any()


def test_decay_by_signs():
    net = small_net()
    before = gradients(net, 0, 0)
    optimizer_of(net, 'weight_decay: 0.5 regularization_type: "L1"').apply(0.25, 0)
    np.testing.assert_allclose(moved(net, before)[0], 0.25 * 0.5 * np.sign(before[0]), rtol=1e-5)


def test_clipping_comes_before_averaging_and_decay():
    """6 weights of gradient 3 and 2 of 5 have the norm sqrt(6 * 9 + 2 * 25)."""
    net = small_net("")
    before = gradients(net, 3, 5)
    optimizer_of(net, "clip_gradients: 2 iter_size: 4 weight_decay: 0.5").apply(1, 0)
    scale = 2 / np.sqrt(104) / 4
    weights, bias = moved(net, before)
    np.testing.assert_allclose(weights, 3 * scale + 0.5 * before[0], rtol=1e-5)
    np.testing.assert_allclose(bias, 5 * scale + 0.5 * before[1], rtol=1e-5)


@pytest.mark.parametrize("limit", ["clip_gradients: 11", "clip_gradients: -1", ""])
def test_gradients_within_the_limit_are_left_alone(limit):
    net = small_net("")
    before = gradients(net, 3, 5)
    optimizer_of(net, limit).apply(1, 0)
    np.testing.assert_allclose(moved(net, before)[0], 3, rtol=1e-5)


def test_a_parameter_that_does_not_learn_has_no_gradient():
    """Backward leaves its diff alone, and decay must not add up in it."""
    net = small_net("param { lr_mult: 0 } param { }")
    optimizer = optimizer_of(net, 'type: "Adam" momentum: 0.5 weight_decay: 1')
    before = gradients(net, 7, 7)
    for iteration in range(3):
        optimizer.clear_unwritten()
        weights_diff, bias_diff = net.parameter_diff_arrays().values()
        assert not weights_diff.any()
        assert bias_diff.any()
        optimizer.apply(0.1, iteration)
    assert not moved(net, before)[0].any()
    np.testing.assert_allclose(optimizer.history[0], 0.875 * before[0], rtol=1e-5)  # 1 - 0.5 ^ 3 of the decay, w


def test_shared_parameters_are_updated_once():
    share = 'param { name: "w" } param { name: "b" }'
    net = net_of(
        inner_product("ip1", "data", "ip1", 3, share),
        inner_product("ip2", "ip1", "ip2", 3, share),
        layer("loss", "SoftmaxWithLoss", "ip2 label", "loss"),
    )
    before = gradients(net, 1, 1)
    optimizer = optimizer_of(net, "weight_decay: 0.5")
    optimizer.apply(1, 0)
    assert [array.shape for array in optimizer.history] == [(3, 3), (3,)]
    np.testing.assert_allclose(moved(net, before)[0], 1 + 0.5 * before[0], rtol=1e-5)
    assert np.shares_memory(net.params["ip1"][0].data, net.params["ip2"][0].data)


def test_a_parameter_of_many_tiles_moves_as_one():
    net = net_of(
        inner_product("ip1", "data", "ip1", 5),
        layer("loss", "SoftmaxWithLoss", "ip1 label", "loss"),
        data=(1, TILE),
    )
    weights, gradient = (
        next(iter(arrays.values())) for arrays in (net.parameter_arrays(), net.parameter_diff_arrays())
    )
    assert weights.size == 5 * TILE
    before = weights.copy()
    gradient[...] = np.random.default_rng(1).normal(size=gradient.shape)
    wanted = gradient.copy()
    optimizer_of(net, "momentum: 0.5").apply(0.5, 0)
    np.testing.assert_array_equal(weights, before - np.float32(0.5) * wanted)


def test_history_has_first_moments_then_second_ones():
    net = small_net()
    optimizer = optimizer_of(net, 'type: "Adam" momentum: 0.5 momentum2: 0.75')
    gradients(net, 2, 4)
    optimizer.apply(1, 0)
    assert [array.shape for array in optimizer.history] == [(2, 3), (2,), (2, 3), (2,)]
    assert [float(array.flat[0]) for array in optimizer.history] == [1, 2, 1, 4]


def test_an_update_allocates_no_arrays():
    import tracemalloc

    net = net_of(
        inner_product("ip1", "data", "ip1", 300),
        layer("loss", "SoftmaxWithLoss", "ip1 label", "loss"),
        data=(1, 1000),
    )
    optimizer = optimizer_of(net, 'type: "Adam" momentum: 0.9 weight_decay: 0.1 clip_gradients: 1')
    gradients(net, 1, 1)
    optimizer.apply(0.1, 0)
    tracemalloc.start()
    optimizer.apply(0.1, 1)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20_000


def test_an_unknown_penalty():
    with pytest.raises(SolverError) as error:
        optimizer_of(small_net(), 'regularization_type: "L3"')
    assert str(error.value) == "error: unknown regularization_type 'L3'\n  expected L1 or L2"
