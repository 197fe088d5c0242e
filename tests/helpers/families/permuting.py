"""Rows of the layers that put numbers into another order."""

from helpers.rows import Row

PLANES = (2, 3, 5, 7)

ROWS = [
    Row("Permute", "permute_param { order: 0 order: 2 order: 3 order: 1 }", (PLANES,)),
    Row("Permute", "permute_param { order: 3 }", (PLANES,)),
    Row("Permute", "", ((3, 4),)),
    Row("Transpose", "transpose_param { dim: [3, 0, 1, 2] }", (PLANES,)),
    Row("Transpose", "transpose_param { dim: 1 dim: 0 }", ((3, 4),)),
    Row("Flip", "", (PLANES,)),
    Row("Flip", "flip_param { flip_width: false flip_height: true }", (PLANES,)),
    Row("Flip", "flip_param { flip_height: true }", (PLANES,)),
    Row("ShuffleChannel", "shuffle_channel_param { group: 3 }", ((2, 6, 3, 2),)),
    Row("ShuffleChannel", "", ((3, 5),)),
    Row("Reorg", "reorg_param { stride: 2 }", ((2, 8, 4, 6),)),
    Row("Reorg", "reorg_param { stride: 3 }", ((2, 9, 3, 6),)),
    Row("Reorg", "reorg_param { stride: 2 reverse: true }", ((2, 8, 3, 5),)),
]
