"""Rows of the family `softmax`."""

from helpers.rows import Row

ROWS = [
    Row("Softmax", "", ((3, 4),)),
    Row("Softmax", "", ((2, 3, 4, 2),)),
    Row("Softmax", "softmax_param { axis: 2 }", ((3, 4, 5, 2),)),
    Row("Softmax", "softmax_param { axis: 0 }", ((3, 4),)),
]
