"""Layers that join, cut, turn and reshape."""

from __future__ import annotations

from netcc.emit.step import Call, Placed, Step, emits, refuse, without_defaults


@emits("Concat")
def concat(placed: Placed) -> Step:
    xs, dxs = placed.listed("x"), placed.listed("dx")
    options = without_defaults({"axis": placed.layer.axis % len(placed.bottoms[0])}, axis=1)
    return Step(
        Call("concatenate", xs, "y0", options), Call("concatenate_backward", f"dy0 {xs}", dxs, options, listed=True)
    )


@emits("Slice")
def slice_(placed: Placed) -> Step:
    axis = without_defaults({"axis": placed.layer.axis % len(placed.bottoms[0])}, axis=1)
    points = without_defaults({"points": placed.layer.points}, points=())
    options = {"parts": len(placed.tops), **points, **axis}
    return Step(
        Call("cut", "x0", placed.listed("y"), options, listed=True),
        Call("cut_backward", placed.listed("dy"), "dx0", axis),
    )


@emits("Flatten")
def flatten(placed: Placed) -> Step:
    rank = len(placed.bottoms[0])
    start, end = placed.layer.axis % rank, placed.layer.end_axis % rank
    refuse("it puts in an axis", when=end < start)
    options = without_defaults({"axis": start, "end_axis": end - rank}, axis=1, end_axis=-1)
    return Step(Call("flatten", "x0", "y0", options), Call("reshape_backward", "dy0 x0", "dx0"))


@emits("Reshape")
def reshape(placed: Placed) -> Step:
    layer, rank = placed.layer, len(placed.bottoms[0])
    start = layer.axis if layer.axis >= 0 else rank + layer.axis + 1
    end = None if layer.num_axes == -1 else start + layer.num_axes
    options = without_defaults({"shape": layer.shape, "axis": start, "end": end}, axis=0, end=None)
    return Step(Call("reshape", "x0", "y0", options), Call("reshape_backward", "dy0 x0", "dx0"))


@emits("Permute")
def permute(placed: Placed) -> Step:
    order = placed.layer.order
    rest = (axis for axis in range(len(placed.bottoms[0])) if axis not in order)
    options = {"order": (*order, *rest)}
    return Step(Call("permute", "x0", "y0", options), Call("permute_backward", "dy0", "dx0", options))


@emits("ShuffleChannel")
def shuffle_channel(placed: Placed) -> Step:
    options = {"group": placed.layer.group}
    return Step(Call("shuffle_channels", "x0", "y0", options), Call("shuffle_channels_backward", "dy0", "dx0", options))


@emits("Split")
def split(placed: Placed) -> Step:
    tops = len(placed.tops)
    return Step(
        Call("copies", "x0", placed.listed("y"), {"number": tops}, listed=True),
        Call("copies_backward", placed.listed("dy"), "dx0"),
    )


@emits("Silence")
def silence(placed: Placed) -> Step:
    return Step(None)


@emits("Crop")
def crop(placed: Placed) -> Step:
    layer, axes = placed.layer, len(placed.bottoms[0])
    axis = layer.axis % axes
    offsets = layer.offsets * (axes - axis) if len(layer.offsets) == 1 else layer.offsets
    options = without_defaults({"axis": axis, "offsets": offsets}, axis=2, offsets=())
    return Step(Call("crop", "x0 x1", "y0", options), Call("crop_backward", "dy0 x0 x1", "dx0", options))


@emits("Tile")
def tile(placed: Placed) -> Step:
    layer = placed.layer
    axis = without_defaults({"axis": layer.axis % len(placed.bottoms[0])}, axis=1)
    options = {"times": layer.tiles, **axis}
    return Step(Call("tile", "x0", "y0", options), Call("tile_backward", "dy0", "dx0", options))


@emits("Interp")
def interp(placed: Placed) -> Step:
    layer = placed.layer
    rim = without_defaults({"rim": (-layer.pad_beg, -layer.pad_end)}, rim=(0, 0))
    fixed = layer.follows or (layer.size is not None and (layer.shrink is None) == (layer.zoom is None))
    size = (
        {"size": placed.tops[0][2:]} if fixed else {"size": None, "zoom": layer.zoom or 1, "shrink": layer.shrink or 1}
    )
    options = without_defaults({**size, **rim}, zoom=1, shrink=1)
    return Step(Call("interpolate", "x0", "y0", options), Call("interpolate_backward", "dy0 x0", "dx0", rim))


@emits("DummyData")
def dummy_data(placed: Placed) -> Step:
    fillers = placed.layer.fillers
    refuse("several tops", when=len(placed.tops) > 1)
    refuse(f"data of filler {fillers[0].type!r}", when=fillers[0].type != "constant")
    return Step(Call("constant", "", "y0", {"shape": placed.tops[0], "value": fillers[0].value}))
