"""Functions of single numbers, and Dropout."""

from __future__ import annotations

from netcc.emit.step import Call, Placed, Step, emits, refuse, without_defaults


@emits("ReLU")
def relu(placed: Placed) -> Step:
    options = without_defaults({"negative_slope": placed.layer.negative_slope}, negative_slope=0)
    return Step(Call("relu", "x0", "y0", options), Call("relu_backward", "dy0 x0", "dx0", options))


@emits("ReLU6")
def relu6(placed: Placed) -> Step:
    layer = placed.layer
    refuse("negative_slope", when=layer.negative_slope != 0)
    options = {"least": 0.0, "most": 6.0}
    return Step(Call("clip", "x0", "y0", options), Call("clip_backward", "dy0 x0", "dx0", options))


@emits("Sigmoid")
def sigmoid(placed: Placed) -> Step:
    return Step(Call("sigmoid", "x0", "y0"), Call("sigmoid_backward", "dy0 y0", "dx0"))


@emits("TanH")
def tanh(placed: Placed) -> Step:
    return Step(Call("tanh", "x0", "y0"), Call("tanh_backward", "dy0 y0", "dx0"))


@emits("Clip")
def clip(placed: Placed) -> Step:
    options = {"least": placed.layer.least, "most": placed.layer.most}
    return Step(Call("clip", "x0", "y0", options), Call("clip_backward", "dy0 x0", "dx0", options))


@emits("Power")
def power(placed: Placed) -> Step:
    layer = placed.layer
    options = {"exponent": layer.power, "scale": layer.scale, "shift": layer.shift}
    return Step(Call("power", "x0", "y0", options), Call("power_backward", "dy0 x0", "dx0", options))


@emits("AbsVal")
def absolute_value(placed: Placed) -> Step:
    return Step(Call("absolute_value", "x0", "y0"), Call("absolute_value_backward", "dy0 x0", "dx0"))


@emits("ELU")
def elu(placed: Placed) -> Step:
    options = without_defaults({"alpha": placed.layer.alpha, "gain": placed.layer.gain}, alpha=1, gain=1)
    return Step(Call("elu", "x0", "y0", options), Call("elu_backward", "dy0 x0", "dx0", options))


@emits("Exp")
def exponential(placed: Placed) -> Step:
    inner, outer = placed.layer.inner, placed.layer.outer
    return Step(
        Call("exponential", "x0", "y0", without_defaults({"inner": inner, "outer": outer}, inner=1, outer=1)),
        Call("exponential_backward", "dy0 y0", "dx0", without_defaults({"inner": inner}, inner=1)),
    )


@emits("Log")
def logarithm(placed: Placed) -> Step:
    layer = placed.layer
    options = {"factor": layer.factor, "scale": layer.scale, "shift": layer.shift}
    return Step(Call("logarithm", "x0", "y0", options), Call("logarithm_backward", "dy0 x0", "dx0", options))


@emits("BNLL")
def soft_plus(placed: Placed) -> Step:
    return Step(Call("soft_plus", "x0", "y0"), Call("soft_plus_backward", "dy0 x0", "dx0"))


@emits("Threshold")
def threshold(placed: Placed) -> Step:
    return Step(Call("threshold", "x0", "y0", {"level": placed.layer.threshold}))


@emits("PReLU")
def prelu(placed: Placed) -> Step:
    return Step(Call("prelu", "x0 p0", "y0"), Call("prelu_backward", "dy0 x0 p0", "dx0 dp0"))


@emits("Dropout")
def dropout(placed: Placed) -> Step:
    """In the phase TEST everything passes."""
    if not placed.layer.active:
        return Step(Call("same", "x0", "y0"), Call("same", "dy0", "dx0"))
    options = {"ratio": placed.layer.ratio}
    return Step(
        Call("dropout", "x0 random", "y0 kept", options),
        Call("dropout_backward", "dy0 kept", "dx0", options),
    )
