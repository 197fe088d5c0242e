"""Rows of the family `shaping`."""

from helpers.rows import Row

ROWS = [
    Row("Flatten", "", ((3, 4, 2),)),
    Row("Flatten", "flatten_param { axis: 0 end_axis: -2 }", ((3, 4, 2),)),
    Row("Reshape", "reshape_param { shape { dim: 0 dim: -1 } }", ((3, 4, 2),)),
    Row("Gather", "", ((2, 3), (4,)), tops=2),
    Row("Split", "", ((2, 3, 4, 2),), tops=3),
    Row("Silence", "", ((2, 3, 4, 2), (2, 2)), tops=0),
]
