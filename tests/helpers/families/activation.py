"""Rows of the family `activation`."""

from helpers.rows import Row

ROWS = [
    Row("ReLU", "", ((3, 4),)),
    Row("ReLU", "", ((2, 3, 4, 2),)),
    Row("ReLU", "relu_param { negative_slope: 0.1 }", ((2, 3, 4, 2),)),
    Row("ReLU", "relu_param { negative_slope: -0.1 }", ((3, 4),)),
    Row("Sigmoid", "", ((2, 3, 4, 2),)),
    Row("TanH", "", ((2, 3, 4, 2),)),
]
