"""Rows of the family `dropout`."""

from helpers.rows import Row
from netcc.types import TEST

ROWS = [
    Row("Dropout", "", ((5, 4),)),
    Row("Dropout", "", ((2, 3, 4, 2),)),
    Row("Dropout", "dropout_param { dropout_ratio: 0 }", ((5, 4),)),
    Row("Dropout", "dropout_param { dropout_ratio: 0.7 }", ((5, 4),), phase=TEST),
]
