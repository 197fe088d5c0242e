"""Pooling."""

from __future__ import annotations

from netcc.emit.step import Call, Placed, Step, emits, refuse, without_defaults
from netcc.layers.pooling import AVE, STOCHASTIC


@emits("Pooling")
def pooling(placed: Placed) -> Step:
    layer, size = placed.layer, placed.bottoms[0][2:]
    refuse("pool: STOCHASTIC", when=layer.method == STOCHASTIC)
    refuse("a second top", when=len(placed.tops) > 1)
    window = layer.fields.window(size)
    kernel = None if layer.fields.kernel is None else window.kernel
    options = {"kernel": kernel, "stride": window.stride, "pad": window.pad}
    forward = without_defaults({**options, "floor": layer.floor}, floor=False)
    if layer.method == AVE:
        pad = without_defaults({"include_pad": layer.include_pad}, include_pad=True)
        return Step(
            Call("average_pooling", "x0", "y0", {**forward, **pad}),
            Call("average_pooling_backward", "dy0 x0", "dx0", {**options, **pad}),
        )
    return Step(Call("max_pooling", "x0", "y0", forward), Call("max_pooling_backward", "dy0 x0 y0", "dx0", options))
