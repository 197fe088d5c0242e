"""Boxes (xmin, ymin, xmax, ymax) as shares of the image: what detectors compute."""

from __future__ import annotations

import numpy as np

from netcc.emit.numpy_source.arrays import Array, Shape


def box_areas(boxes: Array) -> Array:
    """Areas; 0 for a box that is turned inside out."""
    sides = boxes[..., 2:] - boxes[..., :2]
    return np.where((sides < 0).any(axis=-1), 0, sides[..., 0] * sides[..., 1])


def box_overlaps(boxes: Array, others: Array) -> Array:
    """What two boxes share, divided by what they cover together."""
    near = np.maximum(boxes[..., :2], others[..., :2])
    far = np.minimum(boxes[..., 2:], others[..., 2:])
    apart = (far < near).any(axis=-1)
    sides = far - near
    shared = np.where(apart, 0, sides[..., 0] * sides[..., 1])
    union = box_areas(boxes) + box_areas(others) - shared
    return shared / np.maximum(union, np.finfo(np.float32).tiny)


def decode_boxes(
    numbers: Array,
    priors: Array,
    variances: Array,
    code: str = "CENTER_SIZE",
    scaled: bool = False,
) -> Array:
    """The boxes that a network means by its numbers, each at one of the priors."""
    if not scaled:
        numbers = numbers * variances
    sides = priors[..., 2:] - priors[..., :2]
    if code == "CORNER":
        return priors + numbers
    if code == "CORNER_SIZE":
        return priors + numbers * np.concatenate([sides, sides], axis=-1)
    centres = numbers[..., :2] * sides + (priors[..., :2] + priors[..., 2:]) / 2
    halves = np.exp(numbers[..., 2:]) * sides / 2
    return np.concatenate([centres - halves, centres + halves], axis=-1)


def encode_boxes(
    boxes: Array,
    priors: Array,
    variances: Array,
    code: str = "CENTER_SIZE",
    scaled: bool = False,
) -> Array:
    """The inverse: the numbers that a network should give for boxes."""
    sides, prior_sides = (each[..., 2:] - each[..., :2] for each in (boxes, priors))
    if code == "CENTER_SIZE":
        shift = (
            boxes[..., :2] + boxes[..., 2:] - priors[..., :2] - priors[..., 2:]
        ) / 2
        parts = [shift / prior_sides, np.log(sides / prior_sides)]
        numbers = np.concatenate(parts, axis=-1)
    else:
        numbers = boxes - priors
        if code == "CORNER_SIZE":
            numbers = numbers / np.concatenate([prior_sides, prior_sides], axis=-1)
    return numbers if scaled else numbers / variances


def suppress_overlaps(boxes: Array, threshold: float, eta: float = 1.0) -> list[int]:
    """Non-maximum suppression: a box goes where it overlaps a better one too far.

    The boxes are sorted, the best first. With eta below 1 the threshold shrinks.
    """
    kept: list[int] = []
    for i in range(len(boxes)):
        if not (box_overlaps(boxes[i], boxes[kept]) > threshold).any():
            kept.append(i)
            if eta < 1 and threshold > 0.5:
                threshold *= eta
    return kept


def prior_boxes(
    features: Array,
    image: Array,
    sides: tuple[tuple[float, float], ...],
    variances: tuple[float, ...],
    clip: bool = False,
    image_size: Shape | None = None,
    step: tuple[float, float] | None = None,
    offset: float = 0.5,
) -> Array:
    """The boxes that a detector starts from: some around the centre of every cell.

    sides are width and height of each box in pixels. Gives (1, 2, numbers): the boxes,
    then four variances for each.
    """
    cells, pixels = features.shape[2:], image_size or image.shape[2:]
    down, across = step or (pixels[0] / cells[0], pixels[1] / cells[1])
    rows = (np.arange(cells[0], dtype=np.float32) + np.float32(offset)) * np.float32(
        down
    )
    columns = (np.arange(cells[1], dtype=np.float32) + np.float32(offset)) * np.float32(
        across
    )
    centres = np.zeros((*cells, 1, 2))
    centres[..., 0], centres[..., 1] = columns[None, :, None], rows[:, None, None]
    halves = np.array(sides, np.float32) / np.float64(2)
    boxes = np.concatenate([centres - halves, centres + halves], axis=-1)
    boxes = boxes / (pixels[1], pixels[0], pixels[1], pixels[0])
    if clip:
        boxes = np.clip(boxes, 0, 1)
    four = variances if len(variances) == 4 else variances * 4
    result = np.zeros((1, 2, boxes.size), features.dtype)
    result[0, 0], result[0, 1] = boxes.reshape(-1), np.resize(four, boxes.size)
    return result


def detect(
    locations: Array,
    scores: Array,
    priors: Array,
    classes: int,
    threshold: float,
    eta: float = 1.0,
    top_k: int | None = None,
    keep_top_k: int | None = None,
    least_score: float = 0.0,
    background: int = 0,
    share_location: bool = True,
    code: str = "CENTER_SIZE",
    scaled: bool = False,
) -> Array:
    """Detections (item, label, score, xmin, ymin, xmax, ymax), by item and label.

    Of each class but the background the best boxes that do not overlap too far.
    """
    items = len(locations)
    boxes, variances = priors.reshape(2, -1, 1, 4)
    numbers = locations.reshape(items, len(boxes), -1, 4)
    decoded = decode_boxes(numbers, boxes, variances, code, scaled)
    by_class = scores.reshape(items, len(boxes), classes)
    found = []
    for item in range(items):
        rows = []
        for label in range(classes):
            if label == background:
                continue
            own = decoded[item, :, 0 if share_location else label]
            values = by_class[item, :, label]
            good = np.flatnonzero(values > least_score)
            good = good[np.argsort(-values[good], kind="stable")[:top_k]]
            good = good[suppress_overlaps(own[good], threshold, eta)]
            rows += [[item, label, values[i], *own[i]] for i in good]
        if keep_top_k is not None and len(rows) > keep_top_k:
            best = np.argsort([-row[2] for row in rows], kind="stable")[:keep_top_k]
            rows = [rows[i] for i in np.sort(best)]
        found += rows
    if not found:
        found = [[item, -1, -1, -1, -1, -1, -1] for item in range(items)]
    return np.array(found, locations.dtype)[np.newaxis, np.newaxis]


def judge_detections(
    detections: Array,
    truths: Array,
    classes: int,
    background: int = 0,
    threshold: float = 0.5,
    count_difficult: bool = True,
) -> Array:
    """Which detections are right: rows (item, label, score, right, wrong).

    Before them a row (-1, label, number of true boxes, -1, -1) for each class. A
    detection is right if the true box that it overlaps most is not yet found.
    """
    true = truths.reshape(-1, 8)
    padding = np.flatnonzero(true[:, 0] == -1)
    true = true[: padding[0]] if len(padding) else true
    counted = true if count_difficult else true[true[:, 7] == 0]
    rows = [
        [-1, label, np.count_nonzero(counted[:, 1] == label), -1, -1]
        for label in range(classes)
        if label != background
    ]
    found = detections.reshape(-1, 7)
    found = found[(found[:, 0] != -1) & (found[:, 1] != -1)]
    found = found[np.lexsort((-found[:, 2], found[:, 1], found[:, 0]))]
    seen: set[tuple[float, ...]] = set()
    for item, label, score, *box in found:
        own = true[(true[:, 0] == item) & (true[:, 1] == label)]
        right = wrong = 0
        overlaps = box_overlaps(np.array(box), own[:, 3:7])
        if not len(own) or overlaps.max() < threshold:
            wrong = 1
        else:
            best = int(overlaps.argmax())
            if count_difficult or own[best, 7] == 0:
                known = (item, label, best) in seen
                right, wrong = int(not known), int(known)
                seen.add((item, label, best))
        rows.append([item, label, score, right, wrong])
    return np.array(rows, detections.dtype)[np.newaxis, np.newaxis]
