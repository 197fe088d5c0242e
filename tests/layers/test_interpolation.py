"""Interp: sizes, and every pixel against the formula."""

from __future__ import annotations

import numpy as np
import pytest

from netcc.errors import LayerError, ShapeError
from netcc.layers.interpolation import weights
from netcc.testing import make_layer, run_layer
from netcc.types import Shape


@pytest.mark.parametrize(
    ("fields", "size"),
    [
        ("shrink_factor: 2", (4, 5)),
        ("zoom_factor: 2", (13, 17)),
        ("zoom_factor: 1", (7, 9)),
        ("height: 4 width: 6", (4, 6)),
        ("shrink_factor: 3 zoom_factor: 2", (5, 5)),
        ("shrink_factor: 2 height: 30 width: 30", (4, 5)),
        ("shrink_factor: 2 zoom_factor: 2 height: 4 width: 6", (4, 6)),
        ("zoom_factor: 2 pad_beg: -1 pad_end: -2", (7, 11)),
    ],
)
def test_sizes(fields: str, size: Shape) -> None:
    layer = make_layer("Interp", f"interp_param {{ {fields} }}")
    assert layer.infer([(2, 3, 7, 9)], 1).tops == ((2, 3, *size),)


@pytest.mark.parametrize(("source", "target"), [(5, 9), (9, 5), (4, 4), (7, 1), (1, 3), (6, 16)])
def test_weights_follow_the_formula(source: int, target: int) -> None:
    line = np.random.default_rng(1).uniform(size=source)
    step = (source - 1) / (target - 1) if target > 1 else 0
    for place in range(target):
        lower = int(np.float32(step) * np.float32(place))
        share = step * place - lower
        expected = (1 - share) * line[lower] + share * line[min(lower + 1, source - 1)]
        np.testing.assert_allclose(weights(source, target, np.float64)[place] @ line, expected, atol=1e-5)


def test_corners_lie_on_each_other_and_a_plane_stays_a_plane() -> None:
    rows, columns = np.mgrid[0:4, 0:5]
    x = (2.0 * rows + 3 * columns).reshape(1, 1, 4, 5)
    top = run_layer(make_layer("Interp", "interp_param { height: 7 width: 9 }"), [x]).tops[0][0, 0]
    rows, columns = np.mgrid[0:3:7j, 0:4:9j]
    np.testing.assert_allclose(top, 2 * rows + 3 * columns, atol=1e-6)


def test_a_rim_is_cut_first_and_gets_no_gradient() -> None:
    x = np.random.default_rng(2).uniform(size=(1, 2, 6, 5))
    layer = make_layer("Interp", "interp_param { height: 3 width: 2 pad_beg: -1 pad_end: -2 }")
    result = run_layer(layer, [x], top_diffs=[np.ones((1, 2, 3, 2))])
    np.testing.assert_array_equal(result.tops[0], x[:, :, 1:4, 1:3])
    expected = np.zeros_like(x)
    expected[:, :, 1:4, 1:3] = 1
    np.testing.assert_array_equal(result.bottom_diffs[0], expected)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("", "Interp needs a size"),
        ("height: 4", "Interp needs a size"),
        ("zoom_factor: 2 pad_beg: 1", "pad_beg must not be positive: it cuts, it does not pad"),
        ("zoom_factor: 0", "zoom_factor must be at least 1"),
        ("zoom_factor: 2 pad_end: -4", "nothing is left of 1 x 1 x 4 x 9"),
    ],
)
def test_refused(fields: str, message: str) -> None:
    with pytest.raises(LayerError) as caught:
        make_layer("Interp", f"interp_param {{ {fields} }}").infer([(1, 1, 4, 9)], 1)
    assert caught.value.message == message


def test_the_size_of_a_second_bottom() -> None:
    x, like = np.random.default_rng(3).uniform(size=(1, 2, 3, 4)), np.zeros((5, 1, 7, 6))
    follows = run_layer(
        make_layer("Interp", "interp_param { use_blob_size: true height: 9 width: 9 }", bottoms=2), [x, like]
    )
    given = run_layer(make_layer("Interp", "interp_param { height: 7 width: 6 }"), [x])
    np.testing.assert_array_equal(follows.tops[0], given.tops[0])


@pytest.mark.parametrize(("fields", "bottoms"), [("use_blob_size: true", 1), ("zoom_factor: 2", 2)])
def test_a_second_bottom_belongs_to_its_field(fields: str, bottoms: int) -> None:
    with pytest.raises(LayerError) as caught:
        make_layer("Interp", f"interp_param {{ {fields} }}", bottoms=bottoms)
    assert caught.value.message == "Interp takes a second bottom where use_blob_size is true"


def test_refused_shape() -> None:
    with pytest.raises(ShapeError) as caught:
        make_layer("Interp", "interp_param { zoom_factor: 2 }").infer([(1, 4, 9)], 1)
    assert caught.value.message == "Interp needs a bottom of 4 axes (N x C x H x W), not 1 x 4 x 9"
