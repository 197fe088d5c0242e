"""Rows of the family `joining`."""

from helpers.rows import Row

ROWS = [
    Row("Concat", "", ((3, 4, 2, 3), (3, 1, 2, 3), (3, 2, 2, 3))),
    Row("Concat", "concat_param { axis: 0 }", ((3, 4), (2, 4)), batched=False),
    Row("Slice", "", ((3, 4, 2, 3),), tops=2),
    Row("Slice", "slice_param { axis: -1 slice_point: 1 slice_point: 4 }", ((3, 6),), tops=3),
]
