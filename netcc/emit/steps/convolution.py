"""Convolution, Deconvolution and their kin."""

from __future__ import annotations

from netcc.emit.step import Call, Placed, Step, emits, refuse, without_defaults


@emits("Convolution", "Deconvolution", "DepthwiseConvolution", "ConvolutionDepthwise")
def filter_bank(placed: Placed) -> Step:
    layer, bottom = placed.layer, placed.bottoms[0]
    refuse("several bottoms share its weights", when=len(placed.bottoms) > 1)
    refuse("its channels are not on axis 1", when=layer.axis % len(bottom) != 1)
    window = layer.window.window(len(bottom) - 2)
    options = without_defaults(
        {
            "stride": window.stride,
            "pad": window.pad,
            "dilation": window.dilation,
            "group": layer.groups(bottom[1]),
        },
        dilation=(1,) * (len(bottom) - 2),
        group=1,
    )
    function = "deconvolution" if layer.type == "Deconvolution" else "convolution"
    bias = "p1" if layer.bias_term else "None"
    writes = "dx0 dp0 dp1" if layer.bias_term else "dx0 dp0 _"
    return Step(
        Call(function, f"x0 p0 {bias}", "y0", options), Call(f"{function}_backward", "dy0 x0 p0", writes, options)
    )
