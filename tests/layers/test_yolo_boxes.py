"""How well boxes agree, and how they learn to."""

from __future__ import annotations

import math

import numpy as np
import pytest

from netcc.layers.yolo_boxes import Kinds, agreement, agreement_gradient

PAIRS = [
    ([0.5, 0.5, 0.4, 0.3], [0.5, 0.5, 0.4, 0.3]),
    ([0.5, 0.5, 0.4, 0.3], [0.6, 0.4, 0.3, 0.4]),
    ([0.2, 0.2, 0.1, 0.2], [0.7, 0.8, 0.3, 0.1]),
]


def test_measures_of_agreement() -> None:
    same, near, apart = ([float(agreement(np.array(a), np.array(b), kind)) for kind in (0, 1, 3, 4)] for a, b in PAIRS)
    assert same == pytest.approx([1, 1, 1, 1])
    # Intersection 0.25 x 0.25 = 0.0625 of 0.12 + 0.12; hull 0.45 x 0.45; distance^2 0.02.
    union = 0.24 - 0.0625
    iou_, far = 0.0625 / union, 0.02 / (2 * 0.45**2)
    v = 4 / math.pi**2 * (math.atan(0.75) - math.atan(4 / 3)) ** 2
    expected = [iou_, iou_ - (0.2025 - union) / 0.2025, iou_ - far**0.6, iou_ - far - v * v / (1 - iou_ + v + 1e-6)]
    assert near == pytest.approx(expected)
    assert apart[0] == 0
    assert max(apart[1:]) < 0


@pytest.mark.parametrize("kind", [Kinds.IOU, Kinds.GIOU])
def test_gradient_of_agreement_counts_sides_twice(kind: int) -> None:
    box, truth = (np.array(part) for part in PAIRS[1])
    step = 1e-6
    numeric = [
        float(agreement(box + step * unit, truth, kind) - agreement(box - step * unit, truth, kind)) / (2 * step)
        for unit in np.eye(4)
    ]
    np.testing.assert_allclose(agreement_gradient(box, truth, kind), numeric * np.array([1, 1, 2, 2]), rtol=1e-5)


def test_gradient_for_boxes_apart() -> None:
    """The original goes on with the product of the two negative sides of the intersection, -0.3 and -0.45."""
    box, truth = (np.array(part) for part in PAIRS[2])
    union, hull = 0.02 + 0.03 - 0.135, 0.7 * 0.75
    left, top = (-0.2 * hull + 0.75 * union) / hull**2, (-0.1 * hull + 0.7 * union) / hull**2
    right, bottom = (0.2 + 0.45) / hull, (0.1 + 0.3) / hull
    expected = [left + right, top + bottom, right - left, bottom - top]
    np.testing.assert_allclose(agreement_gradient(box, truth, Kinds.GIOU), expected, rtol=1e-12)


def test_gradient_of_distance_and_ratio() -> None:
    box, truth = np.array([0.2, 0.2, 0.1, 0.2]), np.array([0.7, 0.8, 0.3, 0.1])
    # Apart: hull from 0.15, 0.1 to 0.85, 0.85, of which the box has the near edges.
    width, height, distance = 0.7, 0.75, 0.25 + 0.36
    c = width**2 + height**2
    expected = [
        (2 * 0.5 * c + 2 * width * distance) / c**2,
        (2 * 0.6 * c + 2 * height * distance) / c**2,
        width * distance / c**2,
        height * distance / c**2,
    ]
    np.testing.assert_allclose(agreement_gradient(box, truth, Kinds.DIOU), expected, rtol=1e-12)
    angles = math.atan(3) - math.atan(0.5)
    v = 4 / math.pi**2 * angles**2
    shared = -0.3 * -0.45  # the original multiplies the two negative sides of boxes apart
    union = 0.02 + 0.03 - shared
    weight = v / (1 - shared / union + v + 1e-6) * 8 / math.pi**2 * angles
    ratio = np.array([0, 0, weight * 0.2, -weight * 0.1])
    np.testing.assert_allclose(agreement_gradient(box, truth, Kinds.CIOU), expected + ratio, rtol=1e-9)
