"""Rows of the family `pooling`."""

from helpers.rows import Row
from netcc.types import TEST, TRAIN, Phase


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


def stochastic(phase: Phase) -> list[Row]:
    windows = [
        "kernel_size: 2 stride: 2",
        "kernel_size: 3 stride: 2",
        "kernel_size: 3",
        "kernel_h: 2 kernel_w: 7 stride: 3",
    ]
    return [
        Row("Pooling", f"pooling_param {{ pool: STOCHASTIC {window} }}", ((2, 3, 7, 6),), phase=phase)
        for window in windows
    ]


ROWS = [
    *poolings(),
    *stochastic(TRAIN),
    *stochastic(TEST),
    Row("Pooling", "pooling_param { pool: AVE kernel_size: 3 pad: 1 avg_include_pad: false }", ((2, 3, 5, 6),)),
    Row("Pooling", "pooling_param { kernel_size: 3 stride: 2 }", ((2, 2, 5, 4, 6),), tops=2, gradient_tops=1),
    Row("Pooling", "pooling_param { pool: AVE kernel_size: 2 stride: 3 pad: 1 }", ((2, 2, 5, 4, 6),)),
    Row("Pooling", "pooling_param { pool: AVE global_pooling: true }", ((2, 2, 3, 2, 4),)),
    Row("Pooling", "pooling_param { kernel_size: 3 stride: 2 pad: 1 }", ((2, 3, 7, 6),), tops=2, gradient_tops=1),
    Row("Pooling", "pooling_param { kernel_size: 2 stride: 3 }", ((2, 3, 7, 6),), tops=2, gradient_tops=1),
    Row("Pooling", "pooling_param { global_pooling: true }", ((2, 2, 16, 17),), tops=2, gradient_tops=1),
]
