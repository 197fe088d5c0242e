"""What happens to gradients on the way to the parameters."""

import numpy as np
import pytest
from google.protobuf import text_format
from helpers.nets import inner_product, input_layer, layer

from netcc.errors import SolverError
from netcc.runtime.net import Net
from netcc.schema.caffe_pb2 import SolverParameter
from netcc.solver import optimizer
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


def test_adamw_takes_decay_off_the_weights_themselves():
    net = small_net("param { lr_mult: 3 decay_mult: 2 } param { decay_mult: 0 }")
    before = gradients(net, 0, 0)
    optimizer = optimizer_of(net, 'type: "AdamW" momentum: 0.9 weight_decay: 0.5')
    optimizer.apply(0.25, 0)
    weights, bias = moved(net, before)
    np.testing.assert_allclose(weights, 0.25 * 3 * 0.5 * 2 * before[0], rtol=1e-5)
    assert not bias.any()
    assert not any(array.any() for array in optimizer.history)


def test_adamw_by_signs():
    net = small_net("")
    before = gradients(net, 0, 0)
    optimizer_of(net, 'type: "AdamW" momentum: 0.9 weight_decay: 0.5 regularization_type: "L1"').apply(0.25, 0)
    np.testing.assert_allclose(moved(net, before)[0], 0.25 * 0.5 * np.sign(before[0]), rtol=1e-5)


def norms(before, number):
    """Of 2 x 3 weights as they were, and of their gradients, all `number`."""
    return float(np.linalg.norm(before[0])), number * np.sqrt(6)


@pytest.mark.parametrize("fields", ['type: "LARS"', "local_lr_auto: true"])
def test_lars(fields):
    """The weights: rate * trust * |w| / (|g| + decay * |w|). The bias is 0 at first, so that it has the plain rate."""
    net = small_net("param { lr_mult: 5 } param { decay_mult: 0 }")
    net.params["ip1"][1].data[...] = 0
    before = gradients(net, 2, 2)
    optimizer_of(net, f"{fields} weight_decay: 0.5 local_gw_ratio: 0.125 iter_size: 2").apply(0.25, 0)
    weights, gradient = norms(before, 1)
    rate = 0.25 * 0.125 * weights / (gradient + 0.5 * weights)
    found, bias = moved(net, before)
    np.testing.assert_allclose(found, rate * (1 + 0.5 * before[0]), rtol=1e-5)
    np.testing.assert_allclose(bias, 0.25, rtol=1e-5)


def test_lars_after_clipping():
    """Gradients of 3 and 5 have the norm sqrt(104); clipped to 1 the weights have 3 / sqrt(104)."""
    net = small_net("")
    before = gradients(net, 3, 5)
    optimizer_of(net, 'type: "LARS" clip_gradients: 1').apply(0.25, 0)
    weights, gradient = norms(before, 3 / np.sqrt(104))
    expected = 0.25 * 0.001 * weights / gradient * 3 / np.sqrt(104)
    np.testing.assert_allclose(moved(net, before)[0], expected, rtol=1e-4)


def test_larc_scales_the_rate():
    net = small_net("")
    before = gradients(net, 2, 2)
    optimizer_of(net, "larc: true larc_eta: 0.125 momentum: 0.5").apply(0.25, 0)
    weights, gradient = norms(before, 2)
    np.testing.assert_allclose(moved(net, before)[0], 0.25 * 0.5 * 0.125 * weights / gradient * 2, rtol=1e-5)


def test_larc_clips_the_rate():
    net = small_net("")
    before = gradients(net, 2, 2)
    fields = 'larc: true larc_policy: "clip" larc_eta: 0.125'
    optimizer_of(net, fields).apply(100, 0)
    weights, gradient = norms(before, 2)
    np.testing.assert_allclose(moved(net, before)[0], 0.125 * weights / gradient * 2, rtol=1e-5)
    before = gradients(net, 2, 2)
    optimizer_of(net, fields).apply(1e-3, 0)
    np.testing.assert_allclose(moved(net, before)[0], 2e-3, rtol=1e-3)


@pytest.mark.parametrize("fields", ['type: "LARS"', "larc: true", 'larc: true larc_policy: "clip"'])
def test_a_rate_of_its_own_does_not_move_what_does_not_learn(fields):
    net = small_net("param { lr_mult: 0 }")
    before = gradients(net, 2, 2)
    optimizer_of(net, fields).apply(0.25, 0)
    assert not moved(net, before)[0].any()


def steps_of(text, rates):
    """How far a weight with a gradient of 1 goes in each iteration."""
    net = small_net("")
    optimizer = optimizer_of(net, text)
    taken = []
    for iteration, rate in enumerate(rates):
        before = gradients(net, 1, 0)
        optimizer.apply(rate, iteration)
        taken.append(float(moved(net, before)[0].flat[0]))
    return taken


def test_momentum_grows_along_a_power():
    """From 0 to 0.5 in 2 iterations, and no further."""
    text = 'momentum_policy: "poly" max_momentum: 0.5 max_iter: 2 momentum_power: 2'
    assert steps_of(text, [1, 1, 1, 1]) == pytest.approx([1, 1.125, 1.5625, 1.78125], rel=1e-5)


def test_the_best_momentum_of_a_rate():
    """(1 - sqrt(0.25) / 2) ^ 2 = 0.5625."""
    assert steps_of('momentum_policy: "opt"', [0.25, 0.25]) == pytest.approx([0.25, 0.25 * 1.5625], rel=1e-5)
    text = 'momentum_policy: "opt" max_momentum: 0.5'
    assert steps_of(text, [0.25, 0.25]) == pytest.approx([0.25, 0.25 * 1.5], rel=1e-5)


def test_decay_grows_along_a_power():
    text = 'weight_decay: 0.5 weight_decay_policy: "poly" max_weight_decay: 1 max_iter: 4'
    net = small_net("")
    for iteration, decay in ((0, 0.5), (2, 0.75), (4, 1.0), (8, 1.0)):
        before = gradients(net, 0, 0)
        optimizer_of(net, text).apply(0.25, iteration)
        np.testing.assert_allclose(moved(net, before)[0], 0.25 * decay * before[0], rtol=1e-4, atol=1e-6)


def test_the_velocity_grows_with_the_rate_of_a_warm_up():
    net = small_net("")
    optimizer = optimizer_of(net, "momentum: 0.5")
    gradients(net, 1, 0)
    optimizer.apply(0.1, 0)
    before = gradients(net, 1, 0)
    optimizer.apply(0.2, 1, 2.0)
    np.testing.assert_allclose(moved(net, before)[0], 0.2 + 0.5 * 2 * 0.1, rtol=1e-5)


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


@pytest.mark.parametrize("rule", ["SGD", "Nesterov", "Adam"])
def test_shares_change_no_byte(rule, monkeypatch):
    results = []
    for shares in (1, 3):
        monkeypatch.setattr(optimizer, "LEAST_SHARED", 1)
        monkeypatch.setattr(optimizer, "processors", lambda shares=shares: shares)
        net = net_of(inner_product("ip1", "data", "ip1", 37), layer("loss", "SoftmaxWithLoss", "ip1 label", "loss"))
        random = np.random.default_rng(0)
        made = optimizer_of(net, f'type: "{rule}" momentum: 0.9 momentum2: 0.99 weight_decay: 0.01')
        for iteration in range(3):
            for array in net.parameter_diff_arrays().values():
                array[...] = random.normal(size=array.shape)
            made.apply(0.1, iteration)
        results.append(b"".join(array.tobytes() for array in (*net.parameter_arrays().values(), *made.history)))
    assert results[0] == results[1]
