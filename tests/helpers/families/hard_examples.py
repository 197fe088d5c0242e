"""Rows of the layers that measure or choose places of a loss."""

from helpers.rows import Row

ANNOTATED = "box_annotator_ohem_param { roi_per_img: 2 }"

ROWS = [
    Row("BoxAnnotatorOHEM", ANNOTATED, ((7, 5), (7, 1, 1, 1), (7,), (7, 8)), tops=2, integers={0: 2, 2: 3}),
    Row(
        "BoxAnnotatorOHEM",
        ANNOTATED,
        ((3, 5, 2, 3), (3, 1, 2, 3), (3, 1, 2, 3), (3, 4, 2, 3)),
        tops=2,
        integers={0: 2, 2: 3},
    ),
    Row("SegAccuracy", "", ((2, 3, 5, 4), (2, 1, 5, 4)), integers={1: 3}),
    Row(
        "SegAccuracy",
        "seg_accuracy_param { ignore_label: 0 ignore_label: 2 reset: false }",
        ((2, 3, 5, 4), (2, 5, 4)),
        integers={1: 3},
    ),
]
