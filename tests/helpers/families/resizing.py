"""Rows of the layers that bring planes to another size."""

from helpers.rows import Row

PLANES = (2, 3, 5, 7)

ROWS = [
    Row("Interp", "interp_param { zoom_factor: 2 }", (PLANES,)),
    Row("Interp", "interp_param { shrink_factor: 3 }", (PLANES,)),
    Row("Interp", "interp_param { shrink_factor: 2 zoom_factor: 3 }", (PLANES,)),
    Row("Interp", "interp_param { height: 1 width: 9 pad_beg: -1 pad_end: -2 }", (PLANES,)),
    Row("Interp", "interp_param { height: 5 width: 7 }", (PLANES,)),
    Row("Interp", "interp_param { use_blob_size: true pad_end: -1 }", (PLANES, (2, 1, 4, 9))),
    Row("Upsample", "upsample_param { scale: 3 }", (PLANES,)),
    Row("Upsample", "", (PLANES,)),
    Row("Upsample", "", ((3, 4, 1, 1),) * 2, integers={1: 4}),
    Row("Upsample", "upsample_param { upsample_h: 3 upsample_w: 5 }", ((3, 4, 1, 1),) * 2, integers={1: 15}),
    Row("Resample", "resample_param { width: 3 height: 9 }", (PLANES,)),
    Row("Resample", "resample_param { type: CUBIC antialias: false }", (PLANES, (1, 1, 3, 3))),
    Row("Resample", "resample_param { type: NEAREST width: 14 height: 10 }", (PLANES,)),
    Row("Downsample", "downsample_param { top_width: 3 top_height: 2 }", (PLANES,)),
    Row("Downsample", "", (PLANES, (1, 1, 4, 7))),
    Row("Downsample", "", (PLANES, PLANES)),
    Row("ContinuationIndicator", "continuation_indicator_param { time_step: 3 batch_size: 2 }", (), batched=False),
    Row(
        "ContinuationIndicator",
        "continuation_indicator_param { time_step: 3 batch_size: 4 flag: true }",
        ((4,),),
        integers={0: 2},
        batched=False,
    ),
]
