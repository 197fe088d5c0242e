"""InnerProduct and Embed."""

from __future__ import annotations

from netcc.emit.step import Call, Placed, Step, emits, without_defaults


@emits("InnerProduct")
def inner_product(placed: Placed) -> Step:
    layer = placed.layer
    axis = layer.axis % len(placed.bottoms[0])
    turned = without_defaults({"transpose": layer.transpose}, transpose=False)
    bias, writes = ("p1", "dx0 dp0 dp1") if layer.bias_term else ("None", "dx0 dp0 _")
    return Step(
        Call("inner_product", f"x0 p0 {bias}", "y0", {**without_defaults({"axis": axis}, axis=1), **turned}),
        Call("inner_product_backward", "dy0 x0 p0", writes, turned),
    )


@emits("Embed")
def embed(placed: Placed) -> Step:
    bias, writes = ("p1", "dp0 dp1") if placed.layer.bias_term else ("None", "dp0 _")
    return Step(Call("embed", f"x0 p0 {bias}", "y0"), Call("embed_backward", "dy0 x0 p0", writes))
