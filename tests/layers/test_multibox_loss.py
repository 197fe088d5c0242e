"""MultiBoxLoss: matching, mining and the two losses. Whole passes are compared with the original in test_golden.py."""

from __future__ import annotations

import numpy as np
import pytest

import netcc
from netcc.errors import DataError, LayerError, ShapeError
from netcc.layers.boxes import Suppression
from netcc.layers.hard_examples import Mining
from netcc.layers.true_boxes import FREE, LEFT_OUT, Matching, TrueBoxes
from netcc.testing import Result, make_layer, run_layer
from netcc.types import Array

PRIORS = np.array([[0.0, 0, 0.4, 0.4], [0.5, 0.5, 0.9, 0.9], [0, 0.5, 0.4, 0.9], [0.5, 0, 0.9, 0.4]])


def run(
    truths: list[list[float]], fields: str = "", extra: str = "", *, items: int = 1, scores: Array | None = None
) -> Result:
    """Locations 0, scores of 3 classes (0 unless given), PRIORS with variances 0.1; top diff 1."""
    layer = make_layer("MultiBoxLoss", f"multibox_loss_param {{ num_classes: 3 {fields} }} {extra}", bottoms=4)
    bottoms = [
        np.zeros((items, 16)),
        np.zeros((items, 12)) if scores is None else scores,
        np.stack([PRIORS, np.full_like(PRIORS, 0.1)]).reshape(1, 2, -1),
        np.array(truths).reshape(1, 1, -1, 8),
    ]
    return run_layer(layer, bottoms, top_diffs=[1.0])


def truth(item: int, label: int, box: Array, difficult: int = 0) -> list[float]:
    return [item, label, 0, *box, difficult]


def test_loss_counts_matches_and_mined_negatives() -> None:
    # One match without location loss; 3 negatives for it; softmax of 3 equal scores.
    result = run([truth(0, 1, PRIORS[0])])
    assert result.tops[0] == pytest.approx(4 * np.log(3))
    assert run([truth(0, 1, PRIORS[0])], "neg_pos_ratio: 1.9").tops[0] == pytest.approx(2 * np.log(3))
    assert run([truth(0, 1, PRIORS[0])], "mining_type: NONE").tops[0] == pytest.approx(4 * np.log(3))


def test_gradient_of_scores_goes_to_label_or_background() -> None:
    gradient = run([truth(0, 2, PRIORS[1])], "neg_pos_ratio: 1").bottom_diffs[1]
    third = 1 / 3
    expected = np.zeros((4, 3))
    expected[1] = [third, third, third - 1]
    expected[0] = [third - 1, third, third]  # of equal losses the first prior is taken
    np.testing.assert_allclose(gradient, expected.reshape(1, -1), atol=1e-12)


def test_location_loss_is_smooth_l1_of_the_code() -> None:
    # The corners are off by 0.05 and 0.2, in units of the variances 0.5 and 2.
    box = PRIORS[0] + [0.05, 0, 0, 0.2]
    result = run([truth(0, 1, box)], "loc_weight: 3 neg_pos_ratio: 0")
    assert result.tops[0] == pytest.approx(3 * (0.125 + 1.5) + np.log(3))
    np.testing.assert_allclose(result.bottom_diffs[0][0, :4], [-1.5, 0, 0, -3])
    squares = run([truth(0, 1, box)], "loc_loss_type: L2 neg_pos_ratio: 0")
    assert squares.tops[0] == pytest.approx(0.125 + 2 + np.log(3))


def test_item_without_boxes_gives_no_negatives_but_counts_without_mining() -> None:
    assert run([truth(1, 1, PRIORS[0])], items=2).tops[0] == pytest.approx(4 * np.log(3))
    assert run([truth(1, 1, PRIORS[0])], "mining_type: NONE", items=2).tops[0] == pytest.approx(8 * np.log(3))


def test_no_matches_at_all_give_0() -> None:
    result = run([truth(-1, 1, PRIORS[0])])
    assert result.tops[0] == 0
    assert not result.bottom_diffs[0].any()
    assert not result.bottom_diffs[1].any()


@pytest.mark.parametrize(("mode", "divisor"), [("VALID", 2), ("FULL", 8), ("BATCH_SIZE", 2), ("NONE", 1)])
def test_normalizer(mode: str, divisor: int) -> None:
    truths = [truth(0, 1, PRIORS[0]), truth(0, 1, PRIORS[3])]
    loss = run(truths, "", f"loss_param {{ normalization: {mode} }}", items=2).tops[0]
    assert loss == pytest.approx(4 * np.log(3) / divisor)


def test_difficult_boxes_and_padding_may_be_left_out() -> None:
    rows = [truth(-1, 1, PRIORS[2]), truth(0, 1, PRIORS[0]), truth(0, 1, PRIORS[1], difficult=1)]
    assert run(rows, "mining_type: NONE", "loss_param { normalization: NONE }").tops[0] == pytest.approx(4 * np.log(3))
    matched = [
        bool(np.any(run(rows, f"use_difficult_gt: {flag} neg_pos_ratio: 0").bottom_diffs[1][0, 3:6]))
        for flag in ("true", "false")
    ]
    assert matched == [True, False]


def test_logistic_targets() -> None:
    result = run([truth(0, 1, PRIORS[0])], "conf_loss_type: LOGISTIC neg_pos_ratio: 1")
    assert result.tops[0] == pytest.approx(6 * np.log(2))
    expected = np.zeros((4, 3))
    expected[0], expected[1] = [0.5, -0.5, 0.5], [-0.5, 0.5, 0.5]
    np.testing.assert_allclose(result.bottom_diffs[1], expected.reshape(1, -1), atol=1e-12)
    whole = run([truth(0, 1, PRIORS[0])], "conf_loss_type: LOGISTIC mining_type: NONE").bottom_diffs[1]
    np.testing.assert_allclose(whole.reshape(4, 3)[1:], np.full((3, 3), 0.5))


def test_corners_outside_the_image_learn_nothing_with_bp_inside() -> None:
    box = PRIORS[0] + 0.05
    layer = make_layer("MultiBoxLoss", "multibox_loss_param { num_classes: 3 bp_inside: true }", bottoms=4)
    priors = PRIORS - [0.1, 0, 0, 0]
    bottoms = [np.zeros((1, 16)), np.zeros((1, 12)), np.stack([priors, np.full_like(priors, 0.1)]).reshape(1, 2, -1)]
    result = run_layer(layer, [*bottoms, np.reshape(truth(0, 1, box), (1, 1, 1, 8))], top_diffs=[1.0])
    np.testing.assert_allclose(result.bottom_diffs[0][0, :4], [0, -0.5, -0.5, -0.5])


def test_part_without_propagate_down_does_not_count() -> None:
    rows = [truth(0, 1, PRIORS[0] + [0.05, 0, 0, 0])]
    flags = [
        f"propagate_down: {a} propagate_down: {b} propagate_down: false propagate_down: false"
        for a, b in (("true", "false"), ("false", "true"))
    ]
    assert [float(run(rows, "", flag).tops[0]) for flag in flags] == pytest.approx([0.125, 4 * np.log(3)])


def test_object_of_any_class() -> None:
    layer = make_layer(
        "MultiBoxLoss",
        "multibox_loss_param { num_classes: 2 map_object_to_agnostic: true neg_pos_ratio: 0 }",
        bottoms=4,
    )
    rows = np.reshape(truth(0, 17, PRIORS[0]), (1, 1, 1, 8))
    priors = np.stack([PRIORS, np.full_like(PRIORS, 0.1)]).reshape(1, 2, -1)
    result = run_layer(layer, [np.zeros((1, 16)), np.zeros((1, 8)), priors, rows], top_diffs=[1.0])
    np.testing.assert_allclose(result.bottom_diffs[1][0, :2], [0.5, -0.5])


@pytest.mark.parametrize(
    ("label", "message"),
    [
        (0, "a true box of item 0 has label 0, that of the background"),
        (3, "label 3 of a true box of item 0 is outside the 3 classes (0 to 2)"),
    ],
)
def test_labels_that_are_no_class(label: int, message: str) -> None:
    with pytest.raises(DataError) as caught:
        run([truth(0, label, PRIORS[0])])
    assert caught.value.message == message


def match(boxes: Array, truths: Array, **options: object) -> list[int]:
    settings = {"per_prediction": True, "threshold": 0.5, "inside_only": False, **options}
    return Matching(**settings).match(np.array(boxes), np.array(truths))[0].tolist()  # type: ignore[arg-type]


def test_each_true_box_finds_a_prior_however_little_they_overlap() -> None:
    assert match([[0, 0, 1, 1], [3, 3, 4, 4]], [[0.9, 0.9, 2, 2]]) == [0, FREE]
    assert match([[0, 0, 1, 1]], [[1, 1, 2, 2]]) == [FREE]


def test_priors_left_match_from_the_threshold_on() -> None:
    boxes = [[0, 0, 1, 1], [0, 0, 1, 0.5], [0, 0, 1, 0.49]]
    assert match(boxes, [[0, 0, 1, 1]]) == [0, 0, FREE]
    assert match(boxes, [[0, 0, 1, 1]], per_prediction=False) == [0, FREE, FREE]


def test_largest_overlaps_pair_first_and_each_only_once() -> None:
    boxes = [[0, 0, 1, 1], [0, 0, 1, 0.8]]
    assert match(boxes, [[0, 0, 1, 0.9], [0, 0, 1, 1]]) == [1, 0]


def test_of_equal_overlaps_the_first_prior_and_the_first_true_box() -> None:
    assert match([[0, 0, 1, 1]] * 2, [[0, 0, 1, 1]], per_prediction=False) == [0, FREE]
    assert match([[0, 0, 1, 1]], [[0, 0, 1, 1]] * 2) == [0]


def test_priors_across_the_border_may_be_left_out() -> None:
    boxes = [[-0.1, 0, 1, 1], [0, 0, 0.5, 1]]
    assert match(boxes, [[0, 0, 1, 1]], inside_only=True) == [LEFT_OUT, 0]


def mine(losses: list[float], highest: list[float], **options: object) -> tuple[list[bool], list[int]]:
    """Negatives and matches of 4 priors, the first of which is matched and the last left out."""
    settings = {"ratio": 3.0, "most_overlap": 0.5, "sample": None, "suppression": None, "top_k": None, **options}
    matches = np.array([0, FREE, FREE, LEFT_OUT])
    mining = Mining(**settings)  # type: ignore[arg-type]
    negatives = mining.negatives(matches, np.array(highest), np.array(losses), PRIORS)
    return negatives.tolist(), matches.tolist()


def test_negatives_are_those_of_largest_loss_with_little_overlap() -> None:
    assert mine([9, 1, 2, 9], [1, 0, 0, 0])[0] == [False, True, True, False]
    assert mine([9, 1, 2, 9], [1, 0, 0, 0], ratio=1.0)[0] == [False, False, True, False]
    assert mine([9, 1, 2, 9], [1, 0, 0.5, 0])[0] == [False, True, False, False]


def test_hard_examples_may_drop_matches() -> None:
    assert mine([3, 1, 2, 9], [1, 0, 0, 0], sample=2) == ([False] * 4, [0, FREE, FREE, LEFT_OUT])
    assert mine([0, 1, 2, 9], [1, 0, 0, 0], sample=2) == ([False, False, True, False], [FREE, FREE, FREE, LEFT_OUT])


def test_overlapping_negatives_are_suppressed_among_the_top_k() -> None:
    apart = {"losses": [9, 1, 2, 9], "highest": [1, 0, 0, 0], "suppression": Suppression(0.5)}
    assert mine(**apart)[0] == [False, True, True, False]  # type: ignore[arg-type]
    assert mine(**apart, top_k=1)[0] == [False, False, True, False]  # type: ignore[arg-type]
    flat = np.concatenate([PRIORS[:2], PRIORS[1:2] + 0.01, np.zeros((1, 4))])
    mining = Mining(9, 0.5, None, Suppression(0.5), None)
    negatives = mining.negatives(np.array([0, FREE, FREE, FREE]), np.zeros(4), np.array([0, 1, 2, 3.0]), flat)
    assert negatives.tolist() == [False, False, True, False]  # the flat one is no box, the second overlaps the third


def test_truths_of_one_item_stay_in_order() -> None:
    rows = np.array([truth(1, 2, PRIORS[1]), truth(-1, 0, PRIORS[0]), truth(0, 1, PRIORS[2])])
    assert TrueBoxes.read(rows, 0, ends=False).items.tolist() == [1, 0]
    assert TrueBoxes.read(rows, 0, ends=True).items.tolist() == [1]


@pytest.mark.parametrize(
    ("fields", "message", "field"),
    [
        ("", "MultiBoxLoss needs a positive num_classes", "num_classes"),
        ("num_classes: 2 do_neg_mining: false", "do_neg_mining contradicts mining_type", "do_neg_mining"),
        ("num_classes: 2 share_location: false", "mining needs share_location: true", "mining_type"),
        (
            "num_classes: 2 background_label_id: 2",
            "background_label_id 2 is outside the 2 classes",
            "background_label_id",
        ),
        ("num_classes: 3 map_object_to_agnostic: true", "map_object_to_agnostic needs num_classes: 2", "num_classes"),
        ("num_classes: 2 mining_type: HARD_EXAMPLE sample_size: 0", "sample_size must be positive", "sample_size"),
    ],
)
def test_refusals(fields: str, message: str, field: str) -> None:
    with pytest.raises(LayerError) as caught:
        make_layer("MultiBoxLoss", f"multibox_loss_param {{ {fields} }}", bottoms=4)
    assert caught.value.message == message
    assert caught.value.field == ("multibox_loss_param", field)


def test_rows_of_another_width() -> None:
    with pytest.raises(ShapeError) as caught:
        make_layer("MultiBoxLoss", "multibox_loss_param { num_classes: 3 }", bottoms=4).infer(
            [(1, 16), (1, 12), (1, 2, 16), (1, 1, 4, 7)], 1
        )
    assert caught.value.message == "true boxes are rows of 8 numbers, not 1 x 1 x 4 x 7"


def test_priors_above_learning_layers_get_no_gradient() -> None:
    """As the original does, the layer asks for gradients of its first two bottoms where the net does not say."""
    text = """
    layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 1 dim: 3 dim: 3 } } }
    layer { name: "gt" type: "Input" top: "gt" input_param { shape { dim: 1 dim: 1 dim: 1 dim: 8 } } }
    layer { name: "f" type: "Convolution" bottom: "data" top: "f"
            convolution_param { num_output: 4 kernel_size: 3 weight_filler { type: "xavier" } } }
    layer { name: "c" type: "Convolution" bottom: "f" top: "c" convolution_param { num_output: 2 kernel_size: 1 } }
    layer { name: "loc" type: "Flatten" bottom: "f" top: "loc" }
    layer { name: "conf" type: "Flatten" bottom: "c" top: "conf" }
    layer { name: "p" type: "PriorBox" bottom: "f" bottom: "data" top: "p" prior_box_param { min_size: 2 } }
    layer { name: "loss" type: "MultiBoxLoss" bottom: "loc" bottom: "conf" bottom: "p" bottom: "gt" top: "loss"
            multibox_loss_param { num_classes: 2 mining_type: NONE } }
    """
    net = netcc.Net(text, netcc.TRAIN, seed=1)
    net.blobs["gt"].data[...] = [[[[0, 1, 0, 0.1, 0.1, 0.9, 0.9, 0]]]]
    net.blobs["data"].data[...] = 1
    net.forward()
    net.backward()
    assert np.abs(net.params["c"][0].diff).max() > 0
