"""Rows of the family `convolution`."""

from helpers.rows import Row


def convolutions(type_name: str) -> list[Row]:
    image, odd = (3, 4, 7, 6), (2, 2, 9, 5)
    windows = [
        ("kernel_size: 3", image),
        ("kernel_size: 3 stride: 2 pad: 1", image),
        ("kernel_size: 3 stride: 2 pad: 1", odd),
        ("kernel_size: 3 dilation: 2 pad: 2", odd),
        ("kernel_h: 3 kernel_w: 1 pad_w: 2 stride_h: 2 stride_w: 3", image),
        ("kernel_size: 1", image),
        ("kernel_size: 1 stride: 2", image),
        ("kernel_size: 3 pad: 1 bias_term: false", image),
        ("kernel_size: 3 pad: 1 group: 2", image),
        ("kernel_size: 3 pad: 1 group: 4", image),
        ("kernel_size: 1 group: 2", image),
        ("kernel_size: 2 pad: 1", (2, 3, 5)),
        ("kernel_size: 2 stride: 2 pad: 1", (2, 2, 5, 4, 6)),
        ("kernel_size: 2", (3, 5)),
        ("kernel_size: 3 axis: 2", (2, 2, 4, 6, 5)),
        ("kernel_size: 3 axis: -3", (2, 2, 4, 6, 5)),
    ]
    rows = [Row(type_name, f"convolution_param {{ num_output: 4 {window} }}", (shape,)) for window, shape in windows]
    return [*rows, Row(type_name, "convolution_param { num_output: 2 kernel_size: 3 }", (image,) * 2, tops=2)]


ROWS = [
    *convolutions("Convolution"),
    *convolutions("Deconvolution"),
]
