"""Rows of the family `loss`."""

from helpers.rows import Row

ROWS = [
    Row("SoftmaxWithLoss", "", ((3, 4), (3,)), integers={1: 4}),
    Row("SoftmaxWithLoss", "softmax_param { axis: -1 }", ((3, 5, 4), (3, 5)), integers={1: 4}),
    Row("SoftmaxWithLoss", "loss_param { ignore_label: 1 }", ((3, 4, 5), (3, 5)), 2, integers={1: 4}, gradient_tops=1),
    Row("SoftmaxWithLoss", "loss_param { normalization: NONE }", ((3, 4, 5, 2), (3, 1, 5, 2)), integers={1: 4}),
]
