"""DetectionOutput and DetectionEvaluate."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

import netcc
from netcc.errors import DataError, LayerError, ShapeError
from netcc.testing import make_layer, run_layer
from netcc.types import Array

PRIORS = np.array([[0.0, 0, 1, 1], [0, 0, 1, 0.5], [2, 2, 3, 3]])  # overlap of the first two: 0.5


def detect(scores: npt.ArrayLike, fields: str = "", shifts: npt.ArrayLike | None = None) -> Array:
    """Rows for scores (N, 3, classes), priors PRIORS and variances 0.1."""
    scores = np.array(scores, float)
    items, priors, classes = scores.shape
    shifts = np.zeros((items, priors * 4)) if shifts is None else np.array(shifts, float)
    bottoms = [shifts, scores.reshape(items, -1), np.stack([PRIORS, np.full_like(PRIORS, 0.1)]).reshape(1, 2, -1)]
    layer = make_layer("DetectionOutput", f"detection_output_param {{ num_classes: {classes} {fields} }}", bottoms=3)
    return run_layer(layer, bottoms).tops[0][0, 0]


def test_rows_by_item_and_label_the_best_first() -> None:
    rows = detect([[[0, 0.1, 0.9], [0, 0.2, 0.3], [0, 0.3, 0.4]], [[0, 0.5, 0], [0, 0.6, 0], [0, 0, 0]]])
    expected = [
        [0, 1, 0.3, *PRIORS[2]],
        [0, 1, 0.2, *PRIORS[1]],
        [0, 2, 0.9, *PRIORS[0]],
        [0, 2, 0.4, *PRIORS[2]],
        [1, 1, 0.6, *PRIORS[1]],
        [1, 1, 0.0, *PRIORS[2]],
    ]
    np.testing.assert_allclose(rows[:6], expected)


def test_overlaps_of_the_threshold_itself_stay() -> None:
    scores = [[[0, 0.9], [0, 0.8], [0, 0.7]]]
    assert len(detect(scores, "nms_param { nms_threshold: 0.5 }")) == 3
    assert detect(scores, "nms_param { nms_threshold: 0.49 }")[:, 2].tolist() == [0.9, 0.7]


def test_scores_must_be_above_the_threshold() -> None:
    assert detect([[[0, 0.5], [0, 0.4], [0, 0.6]]], "confidence_threshold: 0.5")[:, 2].tolist() == [0.6]


def test_top_k_comes_before_the_suppression_keep_top_k_after_it() -> None:
    scores = [[[0, 0.9], [0, 0.8], [0, 0.7]]]
    assert detect(scores, "nms_param { top_k: 2 }")[:, 2].tolist() == [0.9]
    assert detect(scores, "keep_top_k: 2")[:, 2].tolist() == [0.9, 0.7]


def test_keep_top_k_over_all_labels() -> None:
    scores = [[[0, 0.1, 0.9], [0, 0.2, 0.3], [0, 0.3, 0.4]]]
    assert detect(scores, "keep_top_k: 3")[:, 1:3].tolist() == [[1, 0.3], [2, 0.9], [2, 0.4]]


def test_no_detections_give_a_row_for_each_item() -> None:
    rows = detect(np.zeros((2, 3, 2)), "confidence_threshold: 1")
    assert rows.tolist() == [[0, *[-1] * 6], [1, *[-1] * 6]]


def test_variances_scale_shifts_unless_they_are_in_the_target() -> None:
    shifts = np.full((1, 12), 2.0)
    scores = [[[0, 0.5], [0, 0.1], [0, 0.1]]]
    np.testing.assert_allclose(detect(scores, "", shifts)[0, 3:], PRIORS[0] + 0.2)
    np.testing.assert_allclose(detect(scores, "variance_encoded_in_target: true", shifts)[0, 3:], PRIORS[0] + 2)


def test_no_background() -> None:
    assert detect(
        [
            [
                [0.5],
                [
                    0,
                ],
                [0.1],
            ]
        ],
        "background_label_id: -1",
    )[0, :3].tolist() == [0, 0, 0.5]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("", "DetectionOutput needs a positive num_classes"),
        ("num_classes: 2 nms_param { nms_threshold: -1 }", "nms_threshold must not be negative"),
        ("num_classes: 2 nms_param { eta: 0 }", "eta must be above 0 and at most 1, not 0"),
        ("num_classes: 2 nms_param { eta: 1.5 }", "eta must be above 0 and at most 1, not 1.5"),
    ],
)
def test_refused_fields(fields: str, message: str) -> None:
    with pytest.raises(LayerError) as caught:
        make_layer("DetectionOutput", f"detection_output_param {{ {fields} }}", bottoms=3)
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ([(2, 8), (2, 6), (1, 1, 8)], "priors are 1 x 2 x (4 numbers a prior), not 1 x 1 x 8"),
        ([(2, 12), (2, 6), (1, 2, 8)], "2 priors need 2 x 8 locations, not 2 x 12"),
        ([(2, 8), (3, 6), (1, 2, 8)], "2 priors need 2 x 6 scores, not 3 x 6"),
    ],
)
def test_refused_shapes(shapes: list[tuple[int, ...]], message: str) -> None:
    with pytest.raises(ShapeError) as caught:
        make_layer("DetectionOutput", "detection_output_param { num_classes: 3 }", bottoms=3).infer(shapes, 1)
    assert caught.value.message == message


TRUTHS = [
    [0, 1, 0, 0, 0, 1, 1, 0],
    [0, 1, 1, 2, 2, 3, 3, 1],
    [1, 2, 0, 0, 0, 1, 1, 0],
    [-1, 1, 0, 0, 0, 1, 1, 0],
    [0, 1, 2, 5, 5, 6, 6, 0],
]
"""Two boxes of item 0 (the second difficult), one of item 1; what comes after the padding does not count."""

FOUND = [
    [0, 1, 0.5, 0, 0, 1, 1],
    [0, 1, 0.9, 0, 0, 1, 0.8],
    [0, 1, 0.7, 2, 2, 3, 3],
    [0, 2, 0.4, 0, 0, 1, 1],
    [1, 2, 0.3, 0, 0, 1, 0.5],
    [1, 2, 0.2, 5, 5, 6, 6],
    [-1, -1, -1, -1, -1, -1, -1],
]


def evaluate(
    fields: str = "", found: list[list[float]] = FOUND, truths: list[list[float]] = TRUTHS
) -> list[list[float]]:
    layer = make_layer("DetectionEvaluate", f"detection_evaluate_param {{ num_classes: 3 {fields} }}", bottoms=2)
    return run_layer(layer, [[[found]], [[truths]]]).tops[0][0, 0].tolist()  # type: ignore[no-any-return]


def test_totals_then_detections_the_best_first() -> None:
    assert evaluate() == [
        [-1, 1, 2, -1, -1],
        [-1, 2, 1, -1, -1],
        [0, 1, 0.9, 1, 0],
        [0, 1, 0.7, 1, 0],
        [0, 1, 0.5, 0, 1],  # found before
        [0, 2, 0.4, 0, 1],  # no such box in this item
        [1, 2, 0.3, 1, 0],  # overlap 0.5, the threshold
        [1, 2, 0.2, 0, 1],
    ]


def test_difficult_boxes_left_out() -> None:
    rows = evaluate("evaluate_difficult_gt: false overlap_threshold: 0.6")
    assert rows[0] == [-1, 1, 1, -1, -1]
    assert rows[3] == [0, 1, 0.7, 0, 0]
    assert rows[6] == [1, 2, 0.3, 0, 1]


def test_boxes_of_the_background() -> None:
    with pytest.raises(DataError) as caught:
        evaluate(found=[[0, 0, 1, 0, 0, 1, 1]])
    assert caught.value.message == "a detection has label 0, that of the background"
    with pytest.raises(DataError) as caught:
        evaluate(truths=[[3, 0, 0, 0, 0, 1, 1, 0]])
    assert caught.value.message == "a true box of item 3 has label 0, that of the background"


def test_evaluate_refusals() -> None:
    with pytest.raises(LayerError) as caught:
        make_layer("DetectionEvaluate", bottoms=2)
    assert caught.value.message == "DetectionEvaluate needs a positive num_classes"
    with pytest.raises(LayerError) as caught:
        make_layer("DetectionEvaluate", "detection_evaluate_param { num_classes: 2 overlap_threshold: 0 }", bottoms=2)
    assert caught.value.message == "overlap_threshold must be positive"
    with pytest.raises(ShapeError) as caught:
        make_layer("DetectionEvaluate", "detection_evaluate_param { num_classes: 2 }", bottoms=2).infer(
            [(1, 1, 3, 7), (1, 1, 3, 7)], 1
        )
    assert caught.value.message == "true boxes are 1 x 1 x number x 8, not 1 x 1 x 3 x 7"


def test_the_top_grows_and_shrinks_with_what_is_found() -> None:
    text = """
    layer { name: "in" type: "Input" top: "loc" top: "conf" top: "prior"
            input_param { shape { dim: 1 dim: 12 } shape { dim: 1 dim: 6 } shape { dim: 1 dim: 2 dim: 12 } } }
    layer { name: "out" type: "DetectionOutput" bottom: "loc" bottom: "conf" bottom: "prior" top: "out"
            detection_output_param { num_classes: 2 confidence_threshold: 0.5 } }
    layer { name: "double" type: "Power" bottom: "out" top: "double" power_param { scale: 2 } }
    """
    net = netcc.Net(text, netcc.TEST)
    net.blobs["prior"].data[0, 0] = PRIORS.reshape(-1)
    for scores, found in (([0.9, 0.1, 0.8], [0.9, 0.8]), ([0.1, 0.1, 0.1], [-1]), ([0.1, 0.7, 0.1], [0.7])):
        net.blobs["conf"].data[0, 1::2] = scores
        net.forward()
        np.testing.assert_allclose(net.blobs["out"].data[0, 0, :, 2], found, rtol=1e-6)
        np.testing.assert_allclose(net.blobs["double"].data, 2 * net.blobs["out"].data)
