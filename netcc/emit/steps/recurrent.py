"""LSTM."""

from __future__ import annotations

from netcc.emit.step import Call, Placed, Step, emits, refuse


@emits("LSTM")
def lstm(placed: Placed) -> Step:
    """Without expose_hidden the state goes on from one pass to the next."""
    layer = placed.layer
    refuse("a static bottom", when=layer.has_static)
    weights = "p0 p1 p2"
    if layer.expose_hidden:
        return Step(
            Call("lstm", f"x0 x1 {weights} x2 x3", "y0 y1 y2"),
            Call("lstm_backward", f"dy0 x0 x1 {weights} x2 x3", "dx0 dp0 dp1 dp2"),
        )
    state = (1, placed.bottoms[0][1], layer.num_output)
    return Step(
        Call("lstm", f"x0 x1 {weights} hidden cell", "y0 hidden cell"),
        Call("lstm_backward", f"dy0 x0 x1 {weights} hidden cell", "dx0 dp0 dp1 dp2"),
        starts={"hidden": state, "cell": state},
    )
