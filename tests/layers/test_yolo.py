"""YOLO's losses and detections, against plain loops that follow darknet's formulas one number at a time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from netcc.errors import DataError, LayerError, ShapeError
from netcc.layers.yolo_boxes import Kinds, agreement, agreement_gradient
from netcc.testing import Result, make_layer, run_layer
from netcc.types import Array

BIASES = np.array([1.3, 1.7, 2.9, 1.1, 0.8, 2.6], np.float32).tolist()
ANCHORS = list(zip(BIASES[0::2], BIASES[1::2], strict=True))
TRUTHS = [[1, 0.31, 0.74, 0.4, 0.5], [0, 0.32, 0.7, 0.9, 0.3], [2, 0.9, 0.1, 0.25, 0.8], [1, 0.33, 0.72, 0.42, 0.5]]


def labels(items: int) -> Array:
    """Item 0 has all true boxes, item 1 the first two, then none; what comes after the end does not count."""
    rows = np.zeros((items, 1, 6, 5))
    rows[0, 0, :4] = TRUTHS
    if items > 1:
        rows[1, 0, :2] = TRUTHS[:2]
        rows[1, 0, 4] = [7, 0, 0.5, 0, 0.5]
    return rows


def biases() -> str:
    return " ".join(f"biases: {bias}" for bias in BIASES)


def sig(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def iou(a: Any, b: Any) -> float:
    w = min(a[0] + a[2] / 2, b[0] + b[2] / 2) - max(a[0] - a[2] / 2, b[0] - b[2] / 2)
    h = min(a[1] + a[3] / 2, b[1] + b[3] / 2) - max(a[1] - a[3] / 2, b[1] - b[3] / 2)
    shared = w * h if w > 0 and h > 0 else 0
    return shared / (a[2] * a[3] + b[2] * b[3] - shared)


@dataclass
class Region:
    """The deltas of RegionLoss."""

    rescore: bool
    bias_match: bool
    thresh: float = 0.2
    classes: int = 3
    side: int = 4

    def deltas(self, x: Array, rows: Array) -> Array:
        side = self.side
        x = x.reshape(len(x), len(ANCHORS), 5 + self.classes, side, side)
        delta = np.zeros_like(x)
        for b, n, j, i in np.ndindex(len(x), len(ANCHORS), side, side):
            o = sig(x[b, n, 4, j, i])
            best = max([iou(self.box(x[b, n, :, j, i], n, i, j), t[1:]) for t in self.truths(rows[b])], default=0)
            delta[b, n, 4, j, i] = 0 if best > self.thresh else 0.5 * o * o * (1 - o)
        for b in range(len(x)):
            for truth in self.truths(rows[b]):
                self.train(x[b], delta[b], truth)
        return delta.reshape(len(x), -1, side, side)

    @staticmethod
    def truths(rows: Array) -> list[list[float]]:
        found = rows.reshape(-1, 5).tolist()
        return found[: [row[3] == 0 for row in found].index(True)]  # type: ignore[no-any-return]

    def box(self, x: Array, n: int, i: int, j: int) -> list[float]:
        width, height = ANCHORS[n]
        s = self.side
        return [(i + sig(x[0])) / s, (j + sig(x[1])) / s, math.exp(x[2]) * width / s, math.exp(x[3]) * height / s]

    def train(self, x: Array, delta: Array, truth: list[float]) -> None:
        label, tx, ty, tw, th = truth
        i, j = int(tx * self.side), int(ty * self.side)
        sides = [
            (a[0] / self.side, a[1] / self.side) if self.bias_match else self.box(x[n, :, j, i], n, i, j)[2:]
            for n, a in enumerate(ANCHORS)
        ]
        likeness = [iou((0, 0, *side), (0, 0, tw, th)) for side in sides]
        n = likeness.index(max(likeness))
        v, d = x[n, :, j, i], delta[n, :, j, i]
        scale = 5 * (1 if self.rescore else 2 - tw * th)
        for axis, wanted in enumerate((tx * self.side - i, ty * self.side - j)):
            s = sig(v[axis])
            d[axis] = -scale * (wanted - s) * s * (1 - s)
        for axis, wanted in enumerate((tw, th)):
            d[2 + axis] = -scale * (math.log(wanted * self.side / ANCHORS[n][axis]) - v[2 + axis])
        o = sig(v[4])
        target = iou(self.box(v, n, i, j), truth[1:]) if self.rescore else 1
        d[4] = -(target - o) * o * (1 - o)
        p = np.exp(v[5:]) / np.exp(v[5:]).sum()
        for k in range(self.classes):
            d[5 + k] = -((k == label) - p[k])


def region(fields: str = "", seed: int = 0) -> tuple[Array, Result]:
    x = np.random.default_rng(seed).uniform(-1.5, 1.5, (2, 24, 4, 4))
    layer = make_layer("RegionLoss", f"region_loss_param {{ num: 3 num_class: 3 {biases()} {fields} }}", bottoms=2)
    return x, run_layer(layer, [x, labels(2)], top_diffs=[3.0])


@pytest.mark.parametrize("rescore", [False, True])
@pytest.mark.parametrize("bias_match", [False, True])
def test_region_loss_against_plain_loops(rescore: bool, bias_match: bool) -> None:
    x, result = region(f"rescore: {rescore:d} bias_match: {bias_match:d}")
    deltas = Region(rescore, bias_match).deltas(x, labels(2))
    np.testing.assert_allclose(result.bottom_diffs[0], deltas * 3 / 2, rtol=1e-5, atol=1e-7)
    assert result.tops[0] == pytest.approx(np.sum(deltas**2) / 2, rel=1e-5)
    assert result.bottom_diffs[1] is None


def test_region_scales() -> None:
    names = {"coord_scale": 5.0, "noobject_scale": 0.5, "object_scale": 1.0, "class_scale": 1.0}
    plain = region()[1].bottom_diffs[0]
    total = sum(
        region(" ".join(f"{name}: {value if name == kept else 0}" for name, value in names.items()))[1].bottom_diffs[0]
        for kept in names
    )
    np.testing.assert_allclose(total, plain, rtol=1e-6)


@dataclass
class Third:
    """The deltas of Yolov3, for iou_loss: MSE, and the places that true boxes train."""

    mask: tuple[int, ...]
    thresh: float = 0.2
    iou_thresh: float = 0.5
    eps: float = 0.1
    focal: bool = False
    classes: int = 3
    height: int = 3
    width: int = 4
    cell: int = 2

    def deltas(self, x: Array, rows: Array) -> Array:
        shape = x.shape
        x = x.reshape(len(x), len(self.mask), 5 + self.classes, self.height, self.width)
        delta = np.zeros_like(x)
        for b, n, j, i in np.ndindex(len(x), len(self.mask), self.height, self.width):
            best = max([iou(self.box(x[b, n, :, j, i], n, i, j), t[1:]) for t in Region.truths(rows[b])], default=0)
            delta[b, n, 4, j, i] = 0 if best > self.thresh else sig(x[b, n, 4, j, i])
        for b in range(len(x)):
            for truth in Region.truths(rows[b]):
                for place in self.places(truth):
                    i, j = int(truth[1] * self.width), int(truth[2] * self.height)
                    self.train(x[b, place, :, j, i], delta[b, place, :, j, i], truth, place)
        return delta.reshape(shape)

    def sides(self, n: int) -> tuple[float, float]:
        return ANCHORS[n][0] / (self.width * self.cell), ANCHORS[n][1] / (self.height * self.cell)

    def box(self, x: Array, place: int, i: int, j: int) -> list[float]:
        w, h = self.sides(self.mask[place])
        return [(i + sig(x[0])) / self.width, (j + sig(x[1])) / self.height, math.exp(x[2]) * w, math.exp(x[3]) * h]

    def places(self, truth: list[float]) -> list[int]:
        likeness = [iou((0, 0, *self.sides(n)), (0, 0, *truth[3:])) for n in range(len(ANCHORS))]
        best = likeness.index(max(likeness))
        found = [self.mask.index(best)] if best in self.mask else []
        skipped = found[0] if found else best
        return found + [
            self.mask.index(n)
            for n in range(len(ANCHORS))
            if n in self.mask and n != skipped and likeness[n] > self.iou_thresh and self.iou_thresh < 1
        ]

    def train(self, v: Array, d: Array, truth: list[float], place: int) -> None:
        label, tx, ty, tw, th = truth
        scale = 5 * (2 - tw * th)
        i, j = int(tx * self.width), int(ty * self.height)
        d[0] = -scale * (tx * self.width - i - sig(v[0]))
        d[1] = -scale * (ty * self.height - j - sig(v[1]))
        w, h = self.sides(self.mask[place])
        d[2] = -scale * (math.log(tw / w) - v[2])
        d[3] = -scale * (math.log(th / h) - v[3])
        d[4] = -(1 - sig(v[4]))
        target = int(label)
        if d[5 + target]:
            d[5 + target] = -(1 - self.eps + self.eps / 2 - sig(v[5 + target]))
            return
        pt = sig(v[5 + target])
        for k in range(self.classes):
            if self.focal:
                d[5 + k] = -((k == target) - sig(v[5 + k])) * 0.5 * -(1 - pt) * (2 * pt * math.log(pt) + pt - 1)
            else:
                d[5 + k] = -((k == target) * (1 - self.eps) + self.eps / 2 - sig(v[5 + k]))


def third(fields: str = "", mask: tuple[int, ...] = (0, 2), seed: int = 1) -> tuple[Array, Result]:
    x = np.random.default_rng(seed).uniform(-1.5, 1.5, (2, 8 * len(mask), 3, 4))
    places = " ".join(f"mask: {n}" for n in mask)
    text = f"num: {len(mask)} num_class: 3 anchors_scale: 2 {biases()} {places} {fields}"
    layer = make_layer("Yolov3", f"yolov3_param {{ {text} }}", bottoms=2)
    return x, run_layer(layer, [x, labels(2)], top_diffs=[3.0])


@pytest.mark.parametrize(
    ("fields", "reference"),
    [
        ("", Third((0, 2))),
        ("", Third((0, 1, 2))),
        ("", Third((1, 2))),
        ("iou_thresh: 1 thresh: 0.5", Third((1, 2), thresh=0.5, iou_thresh=1)),
        ("iou_thresh: 0.1", Third((1, 2), iou_thresh=0.1)),
        ("label_smooth_eps: 0", Third((0, 2), eps=0)),
        ("use_focal_loss: true iou_thresh: 0.3", Third((2, 1), focal=True, iou_thresh=0.3)),
    ],
)
def test_yolov3_against_plain_loops(fields: str, reference: Third) -> None:
    x, result = third(fields, reference.mask)
    deltas = reference.deltas(x, labels(2))
    assert np.count_nonzero(deltas.reshape(2, -1, 8, 12)[:, :, 0]) > 0
    np.testing.assert_allclose(result.bottom_diffs[0], deltas * 3 / 2, rtol=1e-5, atol=1e-7)
    assert result.tops[0] == pytest.approx(np.sum(deltas**2) / 2, rel=1e-5)


def test_gradient_through_the_sigmoid() -> None:
    x, plain = third()
    _, through = third("use_logic_gradient: true")
    s = 1 / (1 + np.exp(-x.reshape(2, 2, 8, 12)))
    slopes = s * (1 - s)
    slopes[:, :, 2:4] = 1
    np.testing.assert_allclose(through.bottom_diffs[0], plain.bottom_diffs[0] * slopes.reshape(x.shape), rtol=1e-9)
    assert through.tops[0] == plain.tops[0]


@pytest.mark.parametrize("kind", ["IOU", "GIOU", "DIOU", "CIOU"])
def test_boxes_learn_by_their_agreement(kind: str) -> None:
    """Only boxes that stand for a true one have deltas; each is the gradient of the agreement times the weight."""
    x, result = third(f"iou_loss: {kind} iou_normalizer: 0.7 iou_thresh: 1 max_delta: 100 thresh: 0.9", (0, 1, 2))
    reference = Third((0, 1, 2))
    deltas = result.bottom_diffs[0].reshape(2, 3, 8, 3, 4) * 2 / 3
    values = x.reshape(2, 3, 8, 3, 4)
    expected = np.zeros((2, 3, 4, 3, 4))
    misses = []
    for b in range(2):
        for truth in Region.truths(labels(2)[b]):
            sides = np.array([reference.sides(n) for n in range(3)])
            centred = np.concatenate([np.zeros((3, 2)), sides], axis=1)
            likeness = agreement(centred, np.array([0, 0, *truth[3:]]), Kinds.IOU_LOSS.Value(kind))
            n, i, j = int(likeness.argmax()), int(truth[1] * 4), int(truth[2] * 3)
            if likeness[n] <= 0:
                continue
            box = np.array(reference.box(values[b, n, :, j, i], n, i, j))
            gradient = agreement_gradient(box, np.array(truth[1:]), Kinds.IOU_LOSS.Value(kind))
            gradient[2:] *= np.exp(values[b, n, 2:4, j, i])
            expected[b, n, :, j, i] -= 0.7 * gradient
            misses.append(
                1 - agreement(box, np.array(truth[1:]), Kinds.DIOU if kind == "IOU" else Kinds.IOU_LOSS.Value(kind))
            )
    np.testing.assert_allclose(deltas[:, :, :4], expected, rtol=1e-5, atol=1e-7)
    assert result.tops[0] == pytest.approx((np.sum(deltas[:, :, 4:] ** 2) + 0.7 * np.mean(misses)) / 2, rel=1e-5)


def test_box_deltas_are_limited_and_may_not_pile_up() -> None:
    _, result = third("iou_loss: GIOU iou_normalizer: 50 max_delta: 0.5 accumulate: false")
    deltas = result.bottom_diffs[0].reshape(2, 2, 8, 12) * 2 / 3
    assert np.abs(deltas[:, :, :4]).max() == pytest.approx(0.5)
    _, piled = third("iou_loss: GIOU iou_normalizer: 50 max_delta: 0.5 iou_thresh: 0.01", (1, 2))
    assert np.abs(piled.bottom_diffs[0].reshape(2, 2, 8, 12)[:, :, :4] * 2 / 3).max() > 0.6


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ([3, 0.5, 0.5, 0.1, 0.1], "true box 0 of item 0 has label 3, outside the 3 classes (0 to 2)"),
        ([0, 1.5, 0.5, 0.1, 0.1], "true box 0 of item 0 has its centre (1.5, 0.5) outside the image (0 to 1)"),
        ([0, 0.5, 0.5, 0.1, 0], "true box 0 of item 0 has sides 0.1 and 0, which must be positive"),
    ],
)
def test_true_boxes_that_are_none(row: list[float], message: str) -> None:
    layer = make_layer("RegionLoss", f"region_loss_param {{ num: 3 num_class: 3 {biases()} }}", bottoms=2)
    with pytest.raises(DataError) as caught:
        run_layer(layer, [np.zeros((1, 24, 4, 4)), np.reshape(row, (1, 1, 1, 5))])
    assert caught.value.message == message


def test_centre_on_the_far_edge_lies_in_the_last_cell() -> None:
    layer = make_layer("RegionLoss", f"region_loss_param {{ num: 3 num_class: 3 {biases()} }}", bottoms=2)
    rows = np.reshape([0, 1, 1, 0.3, 0.4], (1, 1, 1, 5))
    result = run_layer(layer, [np.zeros((1, 24, 4, 4)), rows], top_diffs=[1.0])
    assert np.argwhere(result.bottom_diffs[0][0, 0::8]).tolist() == [[0, 3, 3]]


@pytest.mark.parametrize(
    ("name", "fields", "message"),
    [
        (
            "RegionLoss",
            "region_loss_param { num: 2 biases: 1 biases: 2 }",
            "2 anchors need 4 biases (width and height of each), not 2",
        ),
        ("RegionLoss", "region_loss_param { coords: 5 }", "boxes have 4 coords, not 5"),
        ("RegionLoss", "region_loss_param { num: 1 biases: 1 biases: 0 }", "biases must be positive"),
        ("Yolov3", "yolov3_param { biases: 1 biases: 2 }", "5 boxes of a cell need 5 mask entries, not 0"),
        (
            "Yolov3",
            "yolov3_param { num: 1 biases: 1 biases: 2 mask: 1 }",
            "mask 1 names no anchor: there are 1 (0 to 0)",
        ),
        (
            "Yolov3DetectionOutput",
            "yolov3_detection_output_param { gaussian_box: true }",
            "gaussian_box is not supported",
        ),
        (
            "Yolov3DetectionOutput",
            "yolov3_detection_output_param { mask: 1 }",
            "1 mask entries do not divide into 2 groups",
        ),
        (
            "Yolov3DetectionOutput",
            "yolov3_detection_output_param { mask: 1 mask: 2 anchors_scale: 3 }",
            "2 maps need as many anchors_scale, not 1",
        ),
    ],
)
def test_refused_fields(name: str, fields: str, message: str) -> None:
    with pytest.raises(LayerError) as caught:
        make_layer(name, fields, bottoms=2)
    assert caught.value.message == message


def test_refused_shapes() -> None:
    layer = make_layer("RegionLoss", f"region_loss_param {{ num: 3 num_class: 3 {biases()} }}", bottoms=2)
    for shapes, message in (
        ([(1, 23, 4, 4), (1, 1, 3, 5)], "3 anchors of 3 classes need N x 24 x H x W, not 1 x 23 x 4 x 4"),
        ([(1, 24, 4, 5), (1, 1, 3, 5)], "the map must be square, not 4 x 5"),
        (
            [(1, 24, 4, 4), (1, 1, 3, 4)],
            "labels are 1 x 1 x number x 5 (class, centre x, centre y, width, height), not 1 x 1 x 3 x 4",
        ),
    ):
        with pytest.raises(ShapeError) as caught:
            layer.infer(shapes, 1)
        assert caught.value.message == message


def suppress(rows: list[list[float]], threshold: float) -> list[list[float]]:
    kept: list[list[float]] = []
    for row in sorted(rows, key=lambda row: -row[2]):
        if all(iou(row[3:], other[3:]) < threshold for other in kept):
            kept.append(row)
    return [[*r[:3], r[3] - r[5] / 2, r[4] - r[6] / 2, r[3] + r[5] / 2, r[4] + r[6] / 2] for r in kept]


def test_detections_of_version_2_against_plain_loops() -> None:
    random = np.random.default_rng(4)
    maps = [random.uniform(-2, 2, (2, 24, side, side)) for side in (4, 3)]
    fields = f"num_classes: 3 num_box: 3 {biases()} confidence_threshold: 0.3"
    layer = make_layer("YoloDetectionOutput", f"yolo_detection_output_param {{ {fields} }}", bottoms=2)
    found = []
    for x in maps:
        side = x.shape[2]
        for b, j, i, n in np.ndindex(2, side, side, 3):
            v = x[b, n * 8 : n * 8 + 8, j, i]
            p = np.exp(v[5:]) / np.exp(v[5:]).sum()
            score = sig(v[4]) * p.max()
            if score >= 0.3:
                found.append([0, p.argmax() + 1, score, *Region(True, True, side=side).box(v, n, i, j)])
    assert len(found) > 20
    top = run_layer(layer, maps).tops[0]
    np.testing.assert_allclose(top[0, 0], suppress(found, 0.45), rtol=1e-6)


def test_detections_of_version_3_against_plain_loops() -> None:
    random = np.random.default_rng(5)
    maps = [random.uniform(-2, 2, (2, 16, 3, 4)), random.uniform(-2, 2, (2, 16, 6, 8))]
    masks = [(1, 2), (0, 1)]
    text = f"{biases()} anchors_scale: 4 anchors_scale: 2 mask: 1 mask: 2 mask: 0 mask: 1"
    fields = f"num_classes: 3 num_box: 2 confidence_threshold: 0.6 nms_threshold: 0.3 {text}"
    layer = make_layer("Yolov3DetectionOutput", f"yolov3_detection_output_param {{ {fields} }}", bottoms=2)
    found = []
    for x, mask, cell in zip(maps, masks, (4, 2), strict=True):
        reference = Third(mask, height=x.shape[2], width=x.shape[3], cell=cell)
        for b, j, i, n, k in np.ndindex(2, x.shape[2], x.shape[3], 2, 3):
            v = x[b, n * 8 : n * 8 + 8, j, i]
            score = sig(v[5 + k]) * sig(v[4])
            if score > 0.6:
                found.append([0, k + 1, score, *reference.box(v, n, i, j)])
    assert len(found) > 20
    top = run_layer(layer, maps).tops[0]
    np.testing.assert_allclose(top[0, 0], suppress(found, 0.3), rtol=1e-6)


def test_nothing_found_gives_a_row_for_each_item() -> None:
    layer = make_layer(
        "YoloDetectionOutput",
        f"yolo_detection_output_param {{ num_classes: 3 num_box: 3 {biases()} confidence_threshold: 1 }}",
    )
    top = run_layer(layer, [np.zeros((2, 24, 3, 3))]).tops[0]
    assert top[0, 0].tolist() == [[0, *[-1] * 6], [1, *[-1] * 6]]
