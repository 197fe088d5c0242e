"""Eltwise: the rules of its three operations and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

import netcc
from netcc.errors import LayerError, ShapeError
from netcc.testing import make_layer, run_layer
from netcc.types import Array


def eltwise(fields: str, *bottoms: list[float], top_diff: list[float] | None = None) -> tuple[Array, ...]:
    """The top and, with a `top_diff`, the bottom diffs."""
    layer = make_layer("Eltwise", f"eltwise_param {{ {fields} }}", bottoms=len(bottoms))
    result = run_layer(layer, bottoms, top_diffs=None if top_diff is None else [top_diff])
    return (*result.tops, *(diff for diff in result.bottom_diffs if diff is not None))


def test_a_sum_weighs_its_bottoms() -> None:
    top, first, second = eltwise("coeff: 2 coeff: -1", [1, 2], [10, 20], top_diff=[1, 3])
    np.testing.assert_array_equal(top, [-8, -16])
    np.testing.assert_array_equal(first, [2, 6])
    np.testing.assert_array_equal(second, [-1, -3])


def test_of_the_first_two_equal_numbers_the_second_wins_and_later_ones_lose() -> None:
    top, *diffs = eltwise("operation: MAX", [5, 1, 7], [5, 6, 2], [5, 6, 7], top_diff=[1, 1, 1])
    np.testing.assert_array_equal(top, [5, 6, 7])
    np.testing.assert_array_equal(diffs, [[0, 0, 1], [1, 1, 0], [0, 0, 0]])


def test_the_gradient_of_a_product_at_zero() -> None:
    _, *stable = eltwise("operation: PROD", [0, 2], [3, 4], top_diff=[1, 1])
    np.testing.assert_array_equal(stable, [[3, 4], [0, 2]])
    _, *divided = eltwise("operation: PROD stable_prod_grad: false", [0, 2], [3, 4], top_diff=[1, 1])
    np.testing.assert_array_equal(divided, [[np.nan, 4], [0, 2]])


def test_coefficients_do_nothing_to_a_maximum() -> None:
    np.testing.assert_array_equal(eltwise("operation: MAX coeff: 9 coeff: 0", [1], [2])[0], [2])


def test_one_blob_as_both_bottoms() -> None:
    net = netcc.Net(
        """force_backward: true
        layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 } } }
        layer { name: "y" type: "Eltwise" bottom: "x" bottom: "x" top: "y" eltwise_param { operation: PROD } }""",
        netcc.TRAIN,
    )
    net.forward(x=[3, 4])
    net.blobs["y"].diff[...] = 1
    net.backward()
    np.testing.assert_array_equal(net.blobs["x"].diff, [6, 8])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("coeff: 1", "1 values of coeff for 2 bottoms: give one for each, or none"),
        ("operation: PROD coeff: 1 coeff: 2", "coeff goes with operation SUM only"),
        ("operation: SORT", "Eltwise has no operation SORT"),
    ],
)
def test_refused_fields(fields: str, message: str) -> None:
    with pytest.raises(LayerError) as caught:
        make_layer("Eltwise", f"eltwise_param {{ {fields} }}", bottoms=2)
    assert caught.value.message == message
    assert caught.value.field[0] == "eltwise_param"


def test_nothing_is_broadcast() -> None:
    with pytest.raises(ShapeError) as caught:
        make_layer("Eltwise", bottoms=2).infer([(2, 3), (2, 1)], 1)
    assert caught.value.message == "the bottoms of Eltwise must have one shape: bottom 1 is 2 x 1, bottom 0 is 2 x 3"
