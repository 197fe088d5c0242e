"""Eltwise, Scale, Bias."""

from __future__ import annotations

from netcc.emit.step import Call, Placed, Step, emits, refuse, without_defaults
from netcc.schema import caffe_pb2


@emits("Eltwise")
def eltwise(placed: Placed) -> Step:
    layer, xs, dxs = placed.layer, placed.listed("x"), placed.listed("dx")
    if layer.operation == caffe_pb2.EltwiseParameter.SUM:
        factors = layer.coefficients
        options = {} if set(factors) == {1} else {"coefficients": factors}
        backward = Call("weighted_sum_backward", "dy0", dxs, {"coefficients": factors}, listed=True)
        return Step(Call("weighted_sum", xs, "y0", options), backward)
    name = "product" if layer.operation == caffe_pb2.EltwiseParameter.PROD else "largest"
    return Step(Call(name, xs, "y0"), Call(f"{name}_backward", f"dy0 {xs}", dxs, listed=True))


@emits("Scale")
def scale(placed: Placed) -> Step:
    layer = placed.layer
    options = without_defaults({"axis": layer.axis % len(placed.bottoms[0])}, axis=1)
    factors, d_factors, bias = ("p0", "dp0", "p1") if layer.learns else ("x1", "dx1", "p0")
    has_bias = layer.bias_filler is not None
    refuse("a scale that is one number", when=not layer.learns and placed.bottoms[1] == ())
    return Step(
        Call("scale", f"x0 {factors} {bias if has_bias else None}", "y0", options),
        Call("scale_backward", f"dy0 x0 {factors}", f"dx0 {d_factors} {f'd{bias}' if has_bias else '_'}", options),
    )


@emits("Bias")
def bias(placed: Placed) -> Step:
    layer = placed.layer
    options = without_defaults({"axis": layer.axis % len(placed.bottoms[0])}, axis=1)
    added, d_added = ("p0", "dp0") if layer.learns else ("x1", "dx1")
    return Step(
        Call("add_beside", f"x0 {added}", "y0", options),
        Call("add_beside_backward", f"dy0 {added}", f"dx0 {d_added}", options),
    )
