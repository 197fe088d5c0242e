"""Rows of the family `metrics`."""

from helpers.rows import Row

ROWS = [
    Row("Accuracy", "", ((3, 4), (3,)), integers={1: 4}),
    Row("Accuracy", "accuracy_param { top_k: 2 ignore_label: 1 }", ((3, 4, 5), (3, 5)), tops=2, integers={1: 4}),
]
