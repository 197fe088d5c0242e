"""Reduction and Tile: which axes go, which repeat."""

from __future__ import annotations

import numpy as np
import pytest

from netcc.errors import LayerError, ShapeError
from netcc.testing import make_layer, run_layer
from netcc.types import Array, Shape

X = np.random.default_rng(1).uniform(-1, 1, (2, 3, 4))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("", X.sum()),
        ("axis: 1", X.sum(axis=(1, 2))),
        ("axis: -1", X.sum(axis=2)),
        ("operation: ASUM axis: 1", np.abs(X).sum(axis=(1, 2))),
        ("operation: SUMSQ axis: 2", (X**2).sum(axis=2)),
        ("operation: MEAN axis: 1", X.mean(axis=(1, 2))),
        ("operation: MEAN axis: 2 coeff: 3", 3 * X.mean(axis=2)),
        ("operation: ASUM coeff: -2", -2 * np.abs(X).sum()),
    ],
)
def test_the_tail_of_the_axes_goes(fields: str, expected: Array) -> None:
    top = run_layer(make_layer("Reduction", f"reduction_param {{ {fields} }}"), [X]).tops[0]
    assert top.shape == np.shape(expected)
    np.testing.assert_allclose(top, expected)


def test_the_gradient_of_a_sum_of_absolute_values_at_zero() -> None:
    layer = make_layer("Reduction", "reduction_param { operation: ASUM }")
    np.testing.assert_array_equal(run_layer(layer, [[-2, 0, 3]], top_diffs=[5]).bottom_diffs[0], [-5, 0, 5])


def test_the_mean_of_nothing_is_no_number() -> None:
    layer = make_layer("Reduction", "reduction_param { operation: MEAN axis: 1 }")
    np.testing.assert_array_equal(run_layer(layer, [np.zeros((2, 0))]).tops[0], [np.nan, np.nan])


def test_refused_reductions() -> None:
    with pytest.raises(LayerError) as caught:
        make_layer("Reduction", "reduction_param { operation: TOPK }")
    assert caught.value.message == "Reduction has no operation TOPK"
    with pytest.raises(ShapeError) as caught:
        make_layer("Reduction", "reduction_param { axis: 3 }").infer([(2, 3, 4)], 1)
    assert caught.value.message == "axis 3 is outside a blob of 3 axes (allowed: -3 to 2)"


@pytest.mark.parametrize(
    ("fields", "repeats"),
    [("tiles: 2", (1, 2, 1)), ("tiles: 3 axis: 0", (3, 1, 1)), ("tiles: 2 axis: -1", (1, 1, 2))],
)
def test_tile(fields: str, repeats: Shape) -> None:
    expected = np.tile(X, repeats)
    dy = np.random.default_rng(2).uniform(size=expected.shape)
    result = run_layer(make_layer("Tile", f"tile_param {{ {fields} }}"), [X], top_diffs=[dy])
    np.testing.assert_array_equal(result.tops[0], expected)
    axis = int(np.argmax(repeats))
    np.testing.assert_allclose(result.bottom_diffs[0], sum(np.split(dy, repeats[axis], axis=axis)))


@pytest.mark.parametrize(
    "fields", ["", "tile_param { axis: 1 }", "tile_param { tiles: 0 }", "tile_param { tiles: -2 }"]
)
def test_refused_tiles(fields: str) -> None:
    with pytest.raises(LayerError) as caught:
        make_layer("Tile", fields)
    assert caught.value.message == "Tile needs a positive number of tiles"
