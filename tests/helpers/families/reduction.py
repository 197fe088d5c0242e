"""Rows of Reduction."""

from helpers.rows import Row

ROWS = [
    Row("Reduction", f"reduction_param {{ operation: {operation} {fields} }}", ((3, 4, 2),))
    for operation in ("SUM", "ASUM", "SUMSQ", "MEAN")
    for fields in ("", "axis: 1", "axis: -1 coeff: -2.5")
]
