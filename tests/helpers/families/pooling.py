"""Rows of the family `pooling`."""

from helpers.rows import Row


def poolings() -> list[Row]:
    windows = [
        "kernel_size: 2 stride: 2",
        "kernel_size: 3 stride: 2",
        "kernel_size: 3 stride: 2 pad: 1",
        "kernel_size: 3 pad: 1",
        "kernel_size: 3 stride: 2 round_mode: FLOOR",
        "kernel_h: 2 kernel_w: 3 stride_h: 1 stride_w: 4",
        "kernel_size: 7 stride: 2",
        "global_pooling: true",
    ]
    return [
        Row("Pooling", f"pooling_param {{ pool: {method} {window} }}", ((2, 3, 7, 6),))
        for method in ("MAX", "AVE")
        for window in windows
    ]


ROWS = [
    *poolings(),
    Row("Pooling", "pooling_param { kernel_size: 3 stride: 2 pad: 1 }", ((2, 3, 7, 6),), tops=2, gradient_tops=1),
    Row("Pooling", "pooling_param { kernel_size: 2 stride: 3 }", ((2, 3, 7, 6),), tops=2, gradient_tops=1),
    Row("Pooling", "pooling_param { global_pooling: true }", ((2, 2, 16, 17),), tops=2, gradient_tops=1),
]
