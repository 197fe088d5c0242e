"""ROIPooling, PSROIPooling and Proposal."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest

import netcc
from netcc.errors import DataError, LayerError, ShapeError
from netcc.layers.regions import round_half_away
from netcc.testing import make_layer, run_layer
from netcc.types import Array

ROI = "roi_pooling_param { pooled_h: 2 pooled_w: 2 spatial_scale: 0.5 }"


def pool(features: npt.ArrayLike, regions: npt.ArrayLike, fields: str = ROI) -> Array:
    return run_layer(make_layer("ROIPooling", fields, bottoms=2), [features, regions]).tops[0]


def drawn(number: int, items: int, extent: float, seed: int) -> Array:
    """Regions, some of them partly or wholly outside."""
    random = np.random.default_rng(seed)
    corners = random.uniform(-0.2 * extent, 1.2 * extent, (number, 2, 2))
    corners.sort(axis=1)
    return np.concatenate([random.integers(items, size=(number, 1)), corners.reshape(number, 4)], axis=1)


def bins(start: float, side: float, number: int, limit: int, whole: bool) -> list[range]:
    """The pixels of each bin on one axis, in float32 as the original computes."""
    width = np.float32(side) / np.float32(number)
    inner, shift = (np.float32(0), int(start)) if whole else (np.float32(start), 0)
    edges = [
        (math.floor(np.float32(i) * width + inner) + shift, math.ceil(np.float32(i + 1) * width + inner) + shift)
        for i in range(number)
    ]
    return [range(min(max(a, 0), limit), min(max(b, 0), limit)) for a, b in edges]


def test_halves_go_away_from_0() -> None:
    assert round_half_away(np.array([0.5, 1.5, 2.5, -0.5, -1.5, 2.4, -2.6])).tolist() == [1, 2, 3, -1, -2, 2, -3]


def test_roi_pooling_against_a_plain_loop() -> None:
    features = np.random.default_rng(0).uniform(-1, 1, (2, 3, 9, 7))
    regions = drawn(30, 2, 16, 1)
    top = pool(features, regions, "roi_pooling_param { pooled_h: 3 pooled_w: 4 spatial_scale: 0.5 }")
    for place, (item, *corners) in enumerate(regions):
        x1, y1, x2, y2 = round_half_away(np.array(corners, np.float32) * np.float32(0.5))
        rows = bins(y1, max(y2 - y1 + 1, 1), 3, 9, True)
        columns = bins(x1, max(x2 - x1 + 1, 1), 4, 7, True)
        for i, j in np.ndindex(3, 4):
            window = features[int(item)][:, rows[i]][:, :, columns[j]]
            expected = window.max(axis=(1, 2)) if window.size else np.zeros(3)
            np.testing.assert_array_equal(top[place, :, i, j], expected)


def test_both_corners_belong_to_the_region_and_bins_overlap() -> None:
    plane = np.arange(25.0).reshape(1, 1, 5, 5)
    # Pixels 0 to 2 in two bins: 0 and 1, 1 and 2.
    np.testing.assert_array_equal(pool(plane, [[0, 0, 0, 4, 4]])[0, 0], [[6, 7], [11, 12]])


def test_region_outside_the_map_is_0() -> None:
    np.testing.assert_array_equal(pool(-np.ones((1, 1, 4, 4)), [[0, 20, 20, 30, 30]])[0, 0], np.zeros((2, 2)))


def test_gradient_goes_to_the_first_largest_number_of_each_bin() -> None:
    layer = make_layer("ROIPooling", ROI, bottoms=2)
    features = np.zeros((1, 1, 3, 3))
    features[0, 0, 1, 1] = 1
    result = run_layer(layer, [features, [[0, 0, 0, 4, 4]]], top_diffs=[[[[[1.0, 2], [3, 4]]]]])
    expected = np.zeros((3, 3))
    expected[1, 1] = 10
    np.testing.assert_array_equal(result.bottom_diffs[0][0, 0], expected)
    assert result.bottom_diffs[1] is None
    flat = run_layer(layer, [np.zeros((1, 1, 3, 3)), [[0, 0, 0, 4, 4]]], top_diffs=[[[[[1.0, 2], [3, 4]]]]])
    np.testing.assert_array_equal(flat.bottom_diffs[0][0, 0], [[1, 2, 0], [3, 4, 0], [0, 0, 0]])


@pytest.mark.parametrize("item", [2, -1])
def test_item_that_does_not_exist(item: int) -> None:
    for name, fields in (("ROIPooling", ROI), ("PSROIPooling", PSROI)):
        with pytest.raises(DataError) as caught:
            run_layer(make_layer(name, fields, bottoms=2), [np.zeros((2, 8, 4, 4)), [[0] * 5, [item, 0, 0, 1, 1]]])
        assert caught.value.message == f"region 1 lies in item {item}, but there are 2 items (0 to 1)"


PSROI = "psroi_pooling_param { spatial_scale: 0.5 output_dim: 2 group_size: 2 }"


def test_psroi_pooling_against_a_plain_loop() -> None:
    features = np.random.default_rng(2).uniform(-1, 1, (2, 18, 9, 7))
    regions = drawn(30, 2, 16, 3)
    layer = make_layer(
        "PSROIPooling", "psroi_pooling_param { spatial_scale: 0.5 output_dim: 2 group_size: 3 }", bottoms=2
    )
    top = run_layer(layer, [features, regions]).tops[0]
    for place, (item, *corners) in enumerate(regions):
        x1, y1, x2, y2 = round_half_away(np.array(corners, np.float32))
        x1, y1, x2, y2 = x1 / 2, y1 / 2, (x2 + 1) / 2, (y2 + 1) / 2
        rows, columns = bins(y1, max(y2 - y1, 0.1), 3, 9, False), bins(x1, max(x2 - x1, 0.1), 3, 7, False)
        for d, i, j in np.ndindex(2, 3, 3):
            window = features[int(item), (d * 3 + i) * 3 + j][rows[i]][:, columns[j]]
            assert top[place, d, i, j] == pytest.approx(window.mean() if window.size else 0)


@pytest.mark.parametrize(
    ("name", "fields", "message"),
    [
        ("ROIPooling", "roi_pooling_param { pooled_w: 2 }", "ROIPooling needs a positive pooled_h"),
        ("ROIPooling", "roi_pooling_param { pooled_h: 2 }", "ROIPooling needs a positive pooled_w"),
        (
            "PSROIPooling",
            "psroi_pooling_param { spatial_scale: 1 output_dim: 0 group_size: 1 }",
            "PSROIPooling needs a positive output_dim",
        ),
        ("Proposal", "proposal_param { scale: 8 }", "Proposal needs at least one ratio, all of them positive"),
        ("Proposal", "proposal_param { ratio: 1 scale: 0 }", "Proposal needs at least one scale, all of them positive"),
        ("Proposal", "proposal_param { base_size: 0 }", "Proposal needs a positive base_size"),
    ],
)
def test_refused_fields(name: str, fields: str, message: str) -> None:
    with pytest.raises(LayerError) as caught:
        make_layer(name, fields)
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("name", "fields", "shapes", "message"),
    [
        (
            "ROIPooling",
            ROI,
            [(2, 3, 4), (1, 5)],
            "ROIPooling needs features of 4 axes (N x C x H x W), not 2 x 3 x 4",
        ),
        ("ROIPooling", ROI, [(2, 3, 4, 4), (7, 4)], "regions are rows of 5 numbers (item, x1, y1, x2, y2), not 7 x 4"),
        (
            "PSROIPooling",
            PSROI,
            [(2, 9, 4, 4), (7, 5)],
            "output_dim 2 and group_size 2 need 8 channels, not 9",
        ),
        (
            "Proposal",
            "proposal_param { ratio: 1 scale: 8 }",
            [(1, 2, 3, 3), (1, 4, 3, 2), (1, 3)],
            "1 anchors (ratios times scales) need N x 4 x H x W, not 1 x 4 x 3 x 2",
        ),
        (
            "Proposal",
            "proposal_param { ratio: 1 scale: 8 }",
            [(1, 2, 3, 3), (1, 4, 3, 3), (1, 2)],
            "image sizes are 3 or 4 numbers (height, width, scale), not 1 x 2",
        ),
    ],
)
def test_refused_shapes(name: str, fields: str, shapes: list[tuple[int, ...]], message: str) -> None:
    with pytest.raises(ShapeError) as caught:
        make_layer(name, fields, bottoms=len(shapes)).infer(shapes, 1)
    assert caught.value.message == message


def propose(
    scores: npt.ArrayLike, fields: str, sizes: npt.ArrayLike = (100, 80, 1), moves: npt.ArrayLike | None = None
) -> tuple[Array, Array]:
    """Regions and scores for foreground scores (N, A, H, W)."""
    foreground = np.array(scores, float)
    items, anchors, height, width = foreground.shape
    moves = np.zeros((items, 4 * anchors, height, width)) if moves is None else moves
    layer = make_layer("Proposal", f"proposal_param {{ {fields} }}", bottoms=3, tops=2)
    both = np.concatenate([np.full_like(foreground, 9), foreground], axis=1)
    regions, ranks = run_layer(layer, [both, moves, np.reshape(sizes, (1, -1))], tops=2).tops
    return regions, ranks


def test_anchors_of_each_ratio_and_scale() -> None:
    scores = np.arange(4.0, 0, -1).reshape(1, 4, 1, 1)
    moves = np.zeros((1, 16, 1, 1))
    moves[0, 0::4], moves[0, 1::4] = 5, 5  # far from the border, by five of their own sides
    regions, _ = propose(scores, "ratio: 1 ratio: 4 scale: 8 scale: 16 nms_thresh: 1 min_size: 0", (999, 999, 1), moves)
    sides = regions[:, 3:] - regions[:, 1:3]
    # A side of s pixels spans s - 1 from first to last; the far corner is one side from the near one.
    np.testing.assert_array_equal(sides, [[8, 8], [16, 16], [4, 16], [8, 32]])
    centres = (regions[:, 3:] + regions[:, 1:3]) / 2
    np.testing.assert_array_equal(centres, 8 + 5 * sides)


def test_best_first_cut_at_the_border() -> None:
    scores = np.array([[[[0.1, 0.9], [0.5, 0.2]]]])
    regions, ranks = propose(scores, "ratio: 1 scale: 32 feat_stride: 64", (80, 90, 1))
    assert ranks.tolist() == [0.9, 0.5, 0.2, 0.1]
    np.testing.assert_array_equal(
        regions, [[0, 56, 0, 88, 24], [0, 0, 56, 24, 79], [0, 56, 56, 88, 79], [0, 0, 0, 24, 24]]
    )


def test_small_regions_get_score_0() -> None:
    scores = np.array([[[[0.9, 0.8]]]])
    _, ranks = propose(scores, "ratio: 1 scale: 16 feat_stride: 40 min_size: 10", (20, 45, 1))
    assert ranks.tolist() == [0.9, 0]  # the second one is cut to 5 pixels
    _, ranks = propose(scores, "ratio: 1 scale: 16 feat_stride: 40 min_size: 10", (20, 45, 2))
    assert ranks.tolist() == [0, 0]
    _, ranks = propose(scores, "ratio: 1 scale: 16 feat_stride: 40 min_size: 10", (20, 45, 1, 0.5))
    assert ranks.tolist() == [0.9, 0.8]


def test_limits_before_and_after_the_suppression() -> None:
    scores = np.array([[[[0.9, 0.8, 0.7, 0.6]]], [[[0.1, 0.2, 0.3, 0.4]]]])
    fields = "ratio: 1 scale: 16 min_size: 1 feat_stride:"
    assert propose(scores, f"{fields} 20 post_nms_topn: 3")[0][:, 0].tolist() == [0, 0, 0, 1, 1, 1]
    # Neighbours at a distance of 4 share 13 of 21 columns or so: overlaps above one half.
    regions, ranks = propose(scores, f"{fields} 4 nms_thresh: 0.5 pre_nms_topn: 3")
    assert ranks.tolist() == [0.9, 0.7, 0.4, 0.2]
    assert regions.shape == (4, 5)


FASTER = """
layer { name: "data" type: "Input" top: "data" top: "size"
        input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } shape { dim: 1 dim: 3 } } }
layer { name: "f" type: "Convolution" bottom: "data" top: "f"
        convolution_param { num_output: 2 kernel_size: 1 weight_filler { type: "gaussian" std: 1 } } }
layer { name: "s" type: "Convolution" bottom: "f" top: "s"
        convolution_param { num_output: 2 kernel_size: 1 weight_filler { type: "gaussian" std: 1 } } }
layer { name: "m" type: "Convolution" bottom: "f" top: "m" convolution_param { num_output: 4 kernel_size: 1 } }
layer { name: "p" type: "Proposal" bottom: "s" bottom: "m" bottom: "size" top: "rois"
        proposal_param { ratio: 1 scale: 8 base_size: 4 feat_stride: 4 min_size: 1 post_nms_topn: 50 nms_thresh: 0.3 } }
layer { name: "roi" type: "ROIPooling" bottom: "f" bottom: "rois" top: "roi"
        roi_pooling_param { pooled_h: 2 pooled_w: 2 spatial_scale: 0.25 } }
layer { name: "sum" type: "Reduction" bottom: "roi" top: "sum" loss_weight: 1 }
"""


def test_as_many_regions_as_are_found_and_no_gradient_through_them() -> None:
    net = netcc.Net(FASTER, netcc.TRAIN, seed=1)
    net.blobs["size"].data[...] = [32, 32, 1]
    random = np.random.default_rng(6)
    numbers = []
    for _ in range(3):
        net.blobs["data"].data[...] = random.uniform(-1, 1, (1, 3, 8, 8))
        net.forward()
        numbers.append(net.blobs["rois"].data.shape[0])
        assert net.blobs["roi"].data.shape == (numbers[-1], 2, 2, 2)
    assert len(set(numbers)) > 1
    net.backward()
    assert np.abs(net.params["f"][0].diff).max() > 0
    assert not net.params["s"][0].diff.any()
