"""Rules of layers that reshape and join, where converters and reimplementations go wrong."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.nets import inner_product, input_layer, layer

import netcc
from netcc.errors import ShapeError
from netcc.testing import make_layer, run_layer


def test_a_sum_has_any_number_of_bottoms_each_with_its_coefficient() -> None:
    fields = "eltwise_param { operation: SUM coeff: 1 coeff: -2 coeff: 0.5 coeff: 3 }"
    result = run_layer(make_layer("Eltwise", fields, bottoms=4), [[1], [10], [100], [1000]], top_diffs=[[1]])
    assert result.tops[0] == 1 - 20 + 50 + 3000
    assert [float(diff[0]) for diff in result.bottom_diffs if diff is not None] == [1, -2, 0.5, 3]


def test_a_product_and_a_maximum_of_three() -> None:
    for operation, expected in (("PROD", 24), ("MAX", 4)):
        layer_ = make_layer("Eltwise", f"eltwise_param {{ operation: {operation} }}", bottoms=3)
        assert run_layer(layer_, [[2], [4], [3]]).tops[0] == expected


def test_tied_maxima_behind_the_first_two_go_to_the_earlier_one() -> None:
    layer_ = make_layer("Eltwise", "eltwise_param { operation: MAX }", bottoms=4)
    result = run_layer(layer_, [[1], [0], [5], [5]], top_diffs=[[1]])
    assert [float(diff[0]) for diff in result.bottom_diffs if diff is not None] == [0, 0, 1, 0]


def test_the_inputs_of_an_inner_product_are_counted_once_and_for_all() -> None:
    net = netcc.Net(input_layer("x", 2, 3, 4) + inner_product("ip", "x", "y", 5), netcc.TEST)
    assert net.forward(x=np.ones((7, 2, 6)))["y"].shape == (7, 5), "another shape of as many numbers will do"
    with pytest.raises(ShapeError, match="layer 'ip', weights: these input shapes need 5 x 13, the net has 5 x 12"):
        net.forward(x=np.ones((2, 13)))


def test_crop_without_offset_begins_at_the_corner_not_in_the_middle() -> None:
    x = np.arange(25.0).reshape(1, 1, 5, 5)
    result = run_layer(make_layer("Crop", bottoms=2), [x, np.zeros((1, 1, 3, 3))])
    np.testing.assert_array_equal(result.tops[0], x[:, :, :3, :3])


def test_crop_leaves_axes_before_its_own_alone() -> None:
    layer_ = make_layer("Crop", "crop_param { axis: 3 offset: 1 }", bottoms=2)
    assert layer_.infer([(4, 3, 5, 6), (1, 1, 1, 2)], 1).tops == ((4, 3, 5, 2),)


def test_reshape_copies_sizes_from_its_own_axis_on() -> None:
    layer_ = make_layer("Reshape", "reshape_param { axis: 2 shape { dim: 0 dim: 1 dim: -1 } }")
    assert layer_.infer([(2, 3, 4, 5)], 1).tops == ((2, 3, 4, 1, 5),)


def test_values_alone_are_given_where_the_places_are_on_an_axis() -> None:
    fields = "argmax_param { axis: 1 out_max_val: true top_k: 2 }"
    top = run_layer(make_layer("ArgMax", fields), [[[3, 9, 4]]]).tops[0]
    np.testing.assert_array_equal(top, [[9, 4]])


def test_dummy_data_draws_anew_what_is_drawn_and_leaves_what_is_constant() -> None:
    fillers = 'data_filler { type: "uniform" } data_filler { type: "constant" value: 2 }'
    fields = f"dummy_data_param {{ shape {{ dim: 50 }} shape {{ dim: 1 }} {fillers} }}"
    net = netcc.Net(layer("d", "DummyData", "", "drawn constant", fields), netcc.TEST, seed=1)
    first = net.forward()["drawn"].copy()
    net.blobs["constant"].data[...] = 7
    assert (net.forward()["drawn"] != first).any()
    assert net.blobs["constant"].data == [7]


def test_silence_stops_a_gradient() -> None:
    text = (
        "force_backward: true\n"
        + input_layer("x", 1, 2)
        + layer("s", "Silence", "x", "")
        + layer("r", "Reduction", "x", "y", "loss_weight: 3")
    )
    net = netcc.Net(text, netcc.TRAIN)
    net.forward(x=[[5, 6]])
    np.testing.assert_array_equal(net.backward()["x"], [[3, 3]])
