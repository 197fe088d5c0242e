"""Rows of Im2col and of the convolutions channel by channel."""

from helpers.rows import Row

PLANES = (3, 4, 5, 7)

ROWS = [
    Row("Im2col", "convolution_param { kernel_size: 3 }", (PLANES,)),
    Row("Im2col", "convolution_param { kernel_h: 2 kernel_w: 3 stride: 2 pad: 1 }", (PLANES,)),
    Row("Im2col", "convolution_param { kernel_size: 2 dilation: 2 axis: 2 }", (PLANES,)),
    Row("Im2col", "convolution_param { kernel_size: 2 stride: 3 pad: 1 }", ((2, 2, 4, 3, 5),)),
    *(
        Row(name, f"convolution_param {{ num_output: 4 {window} }}", (PLANES,))
        for name in ("DepthwiseConvolution", "ConvolutionDepthwise")
        for window in ("kernel_size: 3 pad: 1", "kernel_size: 2 stride: 2 bias_term: false")
    ),
    Row("DepthwiseConvolution", "convolution_param { num_output: 8 kernel_size: 3 }", (PLANES,)),
    Row("DepthwiseConvolution", "convolution_param { num_output: 6 kernel_size: 3 group: 2 }", (PLANES,)),
    Row("ConvolutionDepthwise", "convolution_param { num_output: 4 kernel_size: 3 group: 2 }", (PLANES,)),
]
