"""Rows of the layers that normalize, scale and shift."""

from helpers.rows import Row
from netcc.types import TEST

LRN_FIELDS = [
    "",
    "local_size: 3 alpha: 1.5 beta: 0.5 k: 2",
    "local_size: 3 alpha: 0.6 norm_region: WITHIN_CHANNEL k: 7",
    "local_size: 7 alpha: 0.6 beta: 0.3 norm_region: WITHIN_CHANNEL",
    "local_size: 1 alpha: 0.6 beta: 1",
]

ROWS = [
    Row("BatchNorm", "", ((3, 4, 3, 2),)),
    Row("BatchNorm", "", ((2, 3, 15, 17),), batched=False),
    Row("BatchNorm", "batch_norm_param { eps: 0.1 }", ((5, 3),)),
    Row("BatchNorm", "batch_norm_param { use_global_stats: true eps: 0.1 }", ((3, 4, 5),)),
    Row("BatchNorm", "", ((3, 4, 3, 2),), phase=TEST),
    Row("BatchNorm", "batch_norm_param { use_global_stats: false }", ((3, 2, 3),), phase=TEST),
    Row("BatchNorm", "batch_norm_param { scale_bias: true eps: 0.1 }", ((3, 4, 3),)),
    Row("BatchNorm", "batch_norm_param { scale_bias: true }", ((3, 4, 3),), phase=TEST),
    Row("Scale", "", ((3, 4, 2, 3),)),
    Row("Scale", "scale_param { bias_term: true }", ((3, 4, 2, 3),)),
    Row("Scale", "scale_param { bias_term: true num_axes: 2 }", ((3, 4, 2, 3),)),
    Row("Scale", "scale_param { axis: -2 num_axes: -1 }", ((3, 4, 2, 3),)),
    Row("Scale", "scale_param { num_axes: 0 bias_term: true }", ((3, 4),)),
    Row("Scale", "scale_param { axis: 0 }", ((3, 4, 2), (3, 4))),
    Row("Scale", "scale_param { bias_term: true }", ((3, 4, 2), (4, 2)), batched=False),
    Row("Bias", "", ((3, 4, 2),)),
    Row("Bias", "bias_param { num_axes: -1 }", ((3, 4, 2, 3),)),
    Row("Bias", "bias_param { num_axes: 0 }", ((3, 4),)),
    Row("Bias", "bias_param { axis: -1 }", ((3, 4, 2), (2,)), batched=False),
    *(Row("LRN", f"lrn_param {{ {fields} }}", ((2, 7, 3, 5),)) for fields in LRN_FIELDS),
    Row("LRN", "lrn_param { local_size: 9 alpha: 0.5 }", ((2, 3, 1, 2),)),
    Row("MVN", "", ((3, 4, 3, 2),)),
    Row("MVN", "mvn_param { across_channels: true }", ((3, 4, 3, 2),)),
    Row("MVN", "mvn_param { normalize_variance: false }", ((3, 4, 3),)),
    Row("MVN", "mvn_param { across_channels: true }", ((3, 4),)),
    Row("Normalize", "", ((3, 4, 3, 2),)),
    Row("Normalize", "norm_param { across_spatial: false channel_shared: false eps: 0.1 }", ((3, 4, 3, 2),)),
    Row("Normalize", "norm_param { channel_shared: false }", ((3, 4),)),
    Row("Normalize", "norm_param { across_spatial: false }", ((3, 4, 5),)),
    Row("Normalize", "normalize_param { }", ((3, 4, 5),), tops=2, gradient_tops=1),
    Row("ChannelNorm", "", ((3, 4, 3, 2),)),
    Row("Axpy", "", ((3, 4, 1, 1), (3, 4, 3, 2), (3, 4, 3, 2))),
    Row("Axpy", "", ((3, 4), (3, 4, 5), (3, 4, 5))),
    Row("BN", "", ((3, 4, 3, 2),)),
    Row("BN", "bn_param { eps: 0.1 }", ((5, 3),), phase=TEST),
    Row("BN", "bn_param { frozen: true }", ((3, 4, 5),)),
    Row("BN", "bn_param { scale_filler { value: 1 } }", ((3, 4, 3, 2),), phase=TEST),
    Row("BN", "bn_param { bn_mode: LEARN }", ((3, 4, 3, 2),), tops=3, gradient_tops=1),
    Row("BN", "bn_param { bn_mode: INFERENCE }", ((3, 4, 5),)),
]
