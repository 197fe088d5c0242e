"""Rows of the layers that normalize, scale and shift."""

from helpers.rows import Row
from netcc.types import TEST

ROWS = [
    Row("BatchNorm", "", ((3, 4, 3, 2),)),
    Row("BatchNorm", "batch_norm_param { eps: 0.1 }", ((5, 3),)),
    Row("BatchNorm", "batch_norm_param { use_global_stats: true eps: 0.1 }", ((3, 4, 5),)),
    Row("BatchNorm", "", ((3, 4, 3, 2),), phase=TEST),
    Row("BatchNorm", "batch_norm_param { use_global_stats: false }", ((3, 2, 3),), phase=TEST),
    Row("BatchNorm", "batch_norm_param { scale_bias: true eps: 0.1 }", ((3, 4, 3),)),
    Row("BatchNorm", "batch_norm_param { scale_bias: true }", ((3, 4, 3),), phase=TEST),
]
