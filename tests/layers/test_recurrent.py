"""LSTM, RNN and LSTMUnit: gates, markers, state between passes, exposed state."""

from __future__ import annotations

import numpy as np
import pytest

import netcc
from netcc.errors import LayerError, ShapeError
from netcc.layers.base import Layer
from netcc.testing import Result, make_layer, run_layer
from netcc.types import Array

STEPS, STREAMS, INPUTS, SIZE = 4, 3, 2, 5
STATES = {"LSTM": 2, "RNN": 1}
X = np.random.default_rng(0).uniform(-1, 1, (STEPS, STREAMS, INPUTS))
ON = np.ones((STEPS, STREAMS))


def make(type_name: str, fields: str = "", *, bottoms: int = 2, tops: int = 1) -> Layer:
    return make_layer(type_name, f"recurrent_param {{ num_output: {SIZE} {fields} }}", bottoms=bottoms, tops=tops)


def exposed(type_name: str, x: Array, cont: Array, first: list[Array], **options: object) -> Result:
    count = STATES[type_name]
    layer = make(type_name, "expose_hidden: true", bottoms=2 + count, tops=1 + count)
    return run_layer(layer, [x, cont, *first], tops=1 + count, **options)  # type: ignore[arg-type]


def zeros(type_name: str) -> list[Array]:
    return [np.zeros((1, STREAMS, SIZE))] * STATES[type_name]


def logistic(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def test_lstm_has_its_gates_in_the_order_input_forget_output_candidate() -> None:
    weights = np.zeros((4 * SIZE, 1))
    bias = np.repeat([0.3, -0.7, 1.1, 0.5], SIZE)
    cell = np.full((1, 1, SIZE), 0.8)
    layer = make("LSTM", "expose_hidden: true", bottoms=4, tops=3)
    bottoms = [np.zeros((1, 1, 1)), np.ones((1, 1)), np.zeros((1, 1, SIZE)), cell]
    result = run_layer(layer, bottoms, [weights, bias, np.zeros((4 * SIZE, SIZE))], tops=3)
    after = logistic(np.array(-0.7)) * 0.8 + logistic(np.array(0.3)) * np.tanh(0.5)
    np.testing.assert_allclose(result.tops[2], np.full((1, 1, SIZE), after), rtol=1e-12)
    hidden = logistic(np.array(1.1)) * np.tanh(after)
    np.testing.assert_allclose(result.tops[0], np.full((1, 1, SIZE), hidden), rtol=1e-12)


@pytest.mark.parametrize("extreme", [-1e4, 1e4])
def test_gates_do_not_overflow(extreme: float) -> None:
    layer = make_layer("LSTMUnit", bottoms=3, tops=2)
    bottoms = [np.ones((1, 1, 1)), np.full((1, 1, 4), extreme), np.ones((1, 1))]
    cell, hidden = run_layer(layer, bottoms, tops=2, dtype=np.float32).tops
    assert cell[0, 0, 0] == (2 if extreme > 0 else 0)
    assert hidden[0, 0, 0] == pytest.approx(np.tanh(2) if extreme > 0 else 0)


def test_rnn_squashes_the_state_and_then_the_output() -> None:
    h0 = np.array([[[0.4]]])
    layer = make_layer("RNN", "recurrent_param { num_output: 1 expose_hidden: true }", bottoms=3, tops=2)
    parameters = [[[0.5]], [0.1], [[2.0]], [[-1.5]], [0.2]]
    output, last = run_layer(layer, [[[[3.0]]], [[1.0]], h0], parameters, tops=2).tops
    h = np.tanh(0.5 * 3 + 0.1 + 2 * 0.4)
    assert last == pytest.approx(h)
    assert output == pytest.approx(np.tanh(-1.5 * h + 0.2))


@pytest.mark.parametrize(
    ("type_name", "shapes"),
    [
        ("LSTM", [(20, 2), (20,), (20, 6), (20, 5)]),
        ("RNN", [(5, 2), (5,), (5, 6), (5, 5), (5, 5), (5,)]),
    ],
)
def test_parameters_in_the_order_of_caffe(type_name: str, shapes: list[tuple[int, ...]]) -> None:
    signature = make(type_name, bottoms=3).infer([X.shape, ON.shape, (STREAMS, 3, 2)], 1)
    assert [spec.shape for spec in signature.parameters] == shapes
    without = make(type_name).infer([X.shape, ON.shape], 1)
    assert [spec.shape for spec in without.parameters] == [*shapes[:2], *shapes[3:]]


@pytest.mark.parametrize("type_name", STATES)
def test_a_static_input_is_as_the_same_input_at_every_step(type_name: str) -> None:
    static = np.random.default_rng(1).uniform(-1, 1, (STREAMS, 3))
    result = run_layer(make(type_name, bottoms=3), [X, ON, static])
    weights, bias, static_weights, *rest = result.operands.parameters
    joined = np.concatenate([X, np.broadcast_to(static, (STEPS, *static.shape))], axis=2)
    parameters = [np.concatenate([weights, static_weights], axis=1), bias, *rest]
    expected = run_layer(make(type_name), [joined, ON], parameters)
    np.testing.assert_allclose(result.tops[0], expected.tops[0], rtol=1e-12)


@pytest.mark.parametrize("type_name", STATES)
def test_a_marker_of_zero_begins_a_new_sequence_in_its_stream_alone(type_name: str) -> None:
    cont = ON.copy()
    cont[2, 1] = 0
    whole, cut = run_layer(make(type_name), [X, ON]).tops[0], run_layer(make(type_name), [X, cont]).tops[0]
    fresh = run_layer(make(type_name), [X[2:], ON[2:]]).tops[0]
    np.testing.assert_allclose(cut[2:, 1], fresh[:, 1], rtol=1e-12)
    np.testing.assert_array_equal(cut[:, ::2], whole[:, ::2])
    np.testing.assert_array_equal(cut[:2], whole[:2])


@pytest.mark.parametrize("type_name", STATES)
def test_a_marker_multiplies_the_state_before(type_name: str) -> None:
    first = [np.full((1, STREAMS, SIZE), 0.5), np.full((1, STREAMS, SIZE), -0.9)][: STATES[type_name]]
    half = exposed(type_name, X[:1], ON[:1] * 0.5, first)
    halved = exposed(type_name, X[:1], ON[:1], [state * 0.5 for state in first])
    for one, other in zip(half.tops, halved.tops, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


@pytest.mark.parametrize("type_name", STATES)
def test_the_next_pass_goes_on_where_the_last_one_ended(type_name: str) -> None:
    layer = make(type_name)
    whole = run_layer(layer, [X, ON])
    halves = run_layer(layer, [X[:2], ON[:2]])
    np.testing.assert_allclose(halves.tops[0], whole.tops[0][:2], rtol=1e-12)
    halves.operands.bottoms[0][...] = X[2:]
    layer.forward(halves.operands)
    np.testing.assert_allclose(halves.tops[0], whole.tops[0][2:], rtol=1e-12)


@pytest.mark.parametrize("type_name", STATES)
def test_an_exposed_last_state_is_a_first_state(type_name: str) -> None:
    whole = run_layer(make(type_name), [X, ON]).tops[0]
    one = exposed(type_name, X[:3], ON[:3], zeros(type_name))
    two = exposed(type_name, X[3:], ON[3:], list(one.tops[1:]))
    np.testing.assert_allclose(np.concatenate([one.tops[0], two.tops[0]]), whole, rtol=1e-12)


@pytest.mark.parametrize("type_name", STATES)
def test_an_exposed_state_is_not_kept(type_name: str) -> None:
    result = exposed(type_name, X, ON, zeros(type_name))
    before = [top.copy() for top in result.tops]
    count = STATES[type_name]
    make(type_name, "expose_hidden: true", bottoms=2 + count, tops=1 + count).forward(result.operands)
    for one, other in zip(result.tops, before, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("type_name", STATES)
def test_no_gradient_leaves_a_pass(type_name: str) -> None:
    diff = np.random.default_rng(2).uniform(-1, 1, (STEPS, STREAMS, SIZE))
    hidden = run_layer(make(type_name), [X, ON], top_diffs=[diff])
    last_diffs = [np.ones((1, STREAMS, SIZE))] * STATES[type_name]
    shown = exposed(type_name, X, ON, zeros(type_name), top_diffs=[diff, *last_diffs])
    for one, other in zip(shown.parameter_diffs, hidden.parameter_diffs, strict=True):
        np.testing.assert_array_equal(one, other)  # type: ignore[arg-type]  # both are there
    np.testing.assert_array_equal(shown.bottom_diffs[0], hidden.bottom_diffs[0])  # type: ignore[arg-type]
    assert shown.bottom_diffs[1] is None
    for state_diff in shown.bottom_diffs[2:]:
        assert state_diff is not None
        assert not state_diff.any()


def test_a_net_keeps_the_state_of_its_lstm_and_counts_its_work() -> None:
    net = netcc.Net(
        'input: "x" input_shape { dim: 1 dim: 2 dim: 3 } input: "cont" input_shape { dim: 1 dim: 2 }\n'
        'layer { name: "l" type: "LSTM" bottom: "x" bottom: "cont" top: "h" recurrent_param { num_output: 4\n'
        'weight_filler { type: "uniform" min: -1 max: 1 } } }',
        netcc.TEST,
        seed=1,
    )
    ones = np.ones(net.blobs["cont"].shape)
    first = net.forward(x=np.ones((1, 2, 3)), cont=ones)["h"].copy()
    second = net.forward()["h"].copy()
    assert not np.allclose(first, second)
    np.testing.assert_array_equal(net.forward(cont=0 * ones)["h"], first)
    (node,) = (node for node in net.graph.nodes if node.name == "l")
    assert node.signature.macs == 2 * (16 * 3 + 16 * 4)


@pytest.mark.parametrize(
    ("type_name", "fields", "bottoms", "tops", "message"),
    [
        ("LSTM", "", 2, 1, "LSTM needs num_output"),
        (
            "LSTM",
            "num_output: 1",
            4,
            1,
            "LSTM without expose_hidden takes 2 or 3 bottom blobs (x, cont, perhaps a static input), found 4",
        ),
        (
            "LSTM",
            "num_output: 1 expose_hidden: true",
            3,
            3,
            "LSTM with expose_hidden takes 4 or 5 bottom blobs "
            "(x, cont, perhaps a static input, the first hidden state, the first cell), found 3",
        ),
        (
            "LSTM",
            "num_output: 1 expose_hidden: true",
            4,
            1,
            "LSTM with expose_hidden gives 3 top blobs (the output, the last hidden state, the last cell), found 1",
        ),
        ("RNN", "num_output: 1", 2, 2, "RNN without expose_hidden gives 1 top blobs (the output), found 2"),
    ],
)
def test_fields_refused(type_name: str, fields: str, bottoms: int, tops: int, message: str) -> None:
    with pytest.raises(LayerError) as caught:
        make_layer(type_name, f"recurrent_param {{ {fields} }}", bottoms=bottoms, tops=tops)
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("fields", "shapes", "message"),
    [
        ("", [(4, 3), (4, 3)], "x must be steps x streams x numbers, not 4 x 3"),
        ("", [(4, 3, 2), (3, 4)], "4 steps of 3 streams need sequence markers of 4 x 3, not 3 x 4"),
        ("", [(4, 3, 2), (4, 3), (4, 3)], "the static input must be 3 streams x numbers, not 4 x 3"),
        ("", [(4, 3, 2), (4, 3), (3,)], "the static input must be 3 streams x numbers, not 3"),
        (
            "expose_hidden: true",
            [(4, 3, 2), (4, 3), (1, 3, 5), (3, 5)],
            "the first state must be 1 x 3 x 5, not 3 x 5",
        ),
    ],
)
def test_shapes_refused(fields: str, shapes: list[tuple[int, ...]], message: str) -> None:
    layer = make("LSTM", fields, bottoms=len(shapes), tops=3 if fields else 1)
    with pytest.raises(ShapeError) as caught:
        layer.infer(shapes, 1)
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ([(2, 3, 5), (2, 3, 20), (2, 3)], "the cell must be 1 x streams x size, not 2 x 3 x 5"),
        ([(1, 3, 5), (1, 3, 15), (1, 3)], "a cell of 1 x 3 x 5 needs gate inputs of 1 x 3 x 20, not 1 x 3 x 15"),
        ([(1, 3, 5), (1, 3, 20), (3,)], "3 streams need sequence markers of 1 x 3, not 3"),
    ],
)
def test_shapes_refused_by_the_unit(shapes: list[tuple[int, ...]], message: str) -> None:
    with pytest.raises(ShapeError) as caught:
        make_layer("LSTMUnit", bottoms=3, tops=2).infer(shapes, 2)
    assert caught.value.message == message


def test_gradient_of_a_fractional_marker_is_that_of_caffe() -> None:
    """f (1 - f) with the marker multiplied into f, which is no derivative."""
    layer = make_layer("LSTMUnit", bottoms=3, tops=2)
    bottoms = [np.array([[[0.7]]]), np.array([[[0.1, 0.2, 0.3, 0.4]]]), np.array([[0.5]])]
    result = run_layer(layer, bottoms, top_diffs=[np.ones((1, 1, 1)), np.zeros((1, 1, 1))], tops=2)
    forget = 0.5 * logistic(np.array(0.2))
    assert result.bottom_diffs[1] is not None
    assert result.bottom_diffs[1][0, 0, 1] == pytest.approx(0.7 * forget * (1 - forget))


def test_markers_that_would_need_a_gradient_are_refused() -> None:
    net = netcc.Net(
        'input: "x" input_shape { dim: 1 dim: 2 dim: 3 } input: "c" input_shape { dim: 1 dim: 2 }\n'
        'layer { name: "s" type: "Scale" bottom: "c" top: "d" }\n'
        'layer { name: "l" type: "LSTM" bottom: "x" bottom: "d" top: "h" loss_weight: 1\n'
        "recurrent_param { num_output: 4 } }",
        netcc.TRAIN,
    )
    net.forward()
    with pytest.raises(LayerError) as caught:
        net.backward()
    assert caught.value.message == "layer 'l': LSTM has no gradient for its bottom 'd'"
