"""BatchNorm, LRN, Normalize."""

from __future__ import annotations

from netcc.emit.step import Call, Placed, Step, emits, refuse, without_defaults


@emits("BatchNorm")
def batch_norm(placed: Placed) -> Step:
    layer = placed.layer
    refuse("scale_bias: true", when=layer.scale_bias)
    options = {"eps": layer.eps}
    if layer.use_global_stats:
        return Step(
            Call("batch_normalization", "x0 p0 p1 p2", "y0", options),
            Call("batch_normalization_backward", "dy0 p1 p2", "dx0", options),
        )
    return Step(
        Call("batch_normalization_in_training", "x0 p0 p1 p2", "y0 p0 p1 p2", {"fraction": layer.fraction, **options}),
        Call("batch_normalization_in_training_backward", "dy0 x0 y0", "dx0", options),
    )


@emits("LRN")
def local_response_normalization(placed: Placed) -> Step:
    layer = placed.layer
    options = without_defaults(
        {
            "size": layer.local_size,
            "alpha": layer.alpha,
            "beta": layer.beta,
            "k": layer.k,
            "within_channel": layer.within,
        },
        k=1,
        within_channel=False,
    )
    name = "local_response_normalization"
    return Step(Call(name, "x0", "y0", options), Call(f"{name}_backward", "dy0 x0", "dx0", options))


@emits("Normalize")
def normalize(placed: Placed) -> Step:
    layer = placed.layer
    refuse("normalize_param", when=layer.scale_filler is None)
    options = without_defaults({"across_spatial": layer.across_spatial, "eps": layer.eps}, across_spatial=True)
    return Step(Call("normalize", "x0 p0", "y0", options), Call("normalize_backward", "dy0 x0 p0", "dx0 dp0", options))


@emits("MVN")
def mvn(placed: Placed) -> Step:
    layer = placed.layer
    options = without_defaults(
        {"across_channels": layer.across_channels, "variance": layer.normalize_variance, "eps": layer.eps},
        across_channels=False,
        variance=True,
    )
    return Step(Call("standardize", "x0", "y0", options), Call("standardize_backward", "dy0 x0 y0", "dx0", options))
