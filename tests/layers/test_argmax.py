"""ArgMax: which of equal numbers counts, and the shapes of its forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netcc.errors import LayerError, ShapeError
from netcc.testing import make_layer, run_layer
from netcc.types import Array, Shape


def argmax(fields: str, x: object) -> Array:
    return run_layer(make_layer("ArgMax", f"argmax_param {{ {fields} }}"), [np.array(x, float)]).tops[0]


def test_of_equal_numbers_the_last_position_comes_first() -> None:
    np.testing.assert_array_equal(argmax("", [[3, 7, 7, 1]]), [[[2]]])
    np.testing.assert_array_equal(argmax("top_k: 3", [[3, 7, 7, 3]]), [[[2, 1, 3]]])
    np.testing.assert_array_equal(argmax("axis: 0", [[1, 5], [1, 2]]), [[1, 0]])


@pytest.mark.parametrize(
    ("fields", "bottom", "top"),
    [
        ("", (3, 4), (3, 1, 1)),
        ("top_k: 2", (3, 4, 5, 6), (3, 1, 2, 1)),
        ("top_k: 2 out_max_val: true", (3, 4), (3, 2, 2)),
        ("top_k: 2 axis: 1", (3, 4, 5), (3, 2, 5)),
        ("axis: -1 out_max_val: true", (3, 4, 5), (3, 4, 1)),
        ("axis: 0", (3, 4), (1, 4)),
    ],
)
def test_shapes(fields: str, bottom: Shape, top: Shape) -> None:
    assert make_layer("ArgMax", f"argmax_param {{ {fields} }}").infer([bottom], 1).tops == (top,)


def test_positions_then_values() -> None:
    x = [[1, 9, 4], [8, 2, 3]]
    np.testing.assert_array_equal(argmax("top_k: 2 out_max_val: true", x), [[[1, 2], [9, 4]], [[0, 2], [8, 3]]])


@given(st.lists(st.integers(0, 4), min_size=1, max_size=9), st.integers(1, 9))
def test_equals_pairs_sorted_downwards(numbers: list[int], top_k: int) -> None:
    top_k = min(top_k, len(numbers))
    expected = sorted(((number, place) for place, number in enumerate(numbers)), reverse=True)[:top_k]
    found = argmax(f"top_k: {top_k} out_max_val: true", [numbers])
    np.testing.assert_array_equal(found, [[[place for _, place in expected], [number for number, _ in expected]]])
    along = argmax(f"top_k: {top_k} axis: 1", [numbers])
    np.testing.assert_array_equal(along, [[place for _, place in expected]])


def test_refused() -> None:
    with pytest.raises(LayerError) as caught:
        make_layer("ArgMax", "argmax_param { top_k: 0 }")
    assert caught.value.message == "top_k must be at least 1"
    for fields, bottom in (("top_k: 4", (2, 3)), ("top_k: 4 axis: 1", (5, 3, 5))):
        with pytest.raises(ShapeError) as caught:
            make_layer("ArgMax", f"argmax_param {{ {fields} }}").infer([bottom], 1)
        assert caught.value.message == "top_k is 4, but there are 3 numbers"
