"""Inputs and batch statistics of nets that already use `layer`: `input: "data" input_dim: 1 ...` becomes a layer.

Behaves as UpgradeNetInput and UpgradeNetBatchNorm of src/caffe/util/upgrade_proto.cpp.
"""

from __future__ import annotations

from netcc.prototxt.edits import Report, renamed, text_of, with_fields, wrapped
from netcc.prototxt.tree import Field, Message, Scalar

INPUT_FIELDS = frozenset({"input", "input_shape", "input_dim"})
AXES = 4
"""Every input takes so many of the values of input_dim."""
BATCH_NORM_BLOBS = 3
MULTIPLIERS = ("lr_mult", "decay_mult")


def upgrade_inputs(root: Message, report: Report) -> Message:
    """The net `root` with an Input layer, first of the layers, in place of `input` and its shapes."""
    given = [item for item in root.fields if item.name in INPUT_FIELDS]
    if not given:
        return root
    inputs = [item for item in given if item.name == "input"]
    if not inputs:
        report.loss(f"{given[0].name!r} says nothing without 'input'", given[0])
        return root
    shapes = _shapes(inputs, given, report)
    kept = [item for item in root.fields if item.name not in INPUT_FIELDS]
    if not shapes:
        report.loss("'input' without a shape is left out", inputs[0])
        return with_fields(root, kept)
    report.change("'input' becomes an Input layer", inputs[0])
    first = next(item for item in root.fields if item.name in INPUT_FIELDS or item.name == "layer")
    place = kept.index(first) if first.name == "layer" else sum(item.start < first.start for item in kept)
    return with_fields(root, [*kept[:place], _input_layer(inputs, shapes), *kept[place:]])


def _shapes(inputs: list[Field], given: list[Field], report: Report) -> list[Field]:
    """`shape { dim: ... }` for each input; an empty list if the net gives none."""
    shapes = [renamed(item, "shape") for item in given if item.name == "input_shape"]
    dims = [renamed(item, "dim") for item in given if item.name == "input_dim"]
    if shapes and dims:
        report.loss("'input_dim' is left out, since there is 'input_shape'", dims[0])
    name, count = ("input_shape", len(shapes)) if shapes else ("input_dim", len(dims))
    needed = len(inputs) if shapes else AXES * len(inputs)
    if 0 < count < needed:
        report.error(f"{len(inputs)} 'input' need {needed} {name!r}, found {count}", inputs[0])
        return []
    if count > needed:
        report.loss(f"{name!r} is left out from here on: there are {needed} for {len(inputs)} 'input'", given[-1])
    if not shapes:
        shapes = [wrapped("shape", dims[i : i + AXES]) for i in range(0, count, AXES)]
    return shapes[: len(inputs)]


def _input_layer(inputs: list[Field], shapes: list[Field]) -> Field:
    """`layer { name: "input" type: "Input" ... }`; what it makes up stands where the first input stands."""
    first = inputs[0]
    tops = [renamed(item, "top") for item in inputs]
    tops[0].comments = []
    made = [
        Field(name, Scalar("string", text, first.start, first.value.end), first.start, first.end)
        for name, text in (("name", "input"), ("type", "Input"))
    ]
    return wrapped("layer", [*made, *tops, wrapped("input_param", shapes)], first.comments)


def upgrade_batch_norm(root: Message, report: Report) -> Message:
    """The net `root` with the three blobs of each BatchNorm layer kept from learning, as older files ask in vain.

    Statistics have no gradient: layers with three `param` get lr_mult 0 and decay_mult 0 for each.
    """
    if not any(item.name == "layer" and _learns_statistics(item.value) for item in root.fields):
        return root
    fields = []
    for item in root.fields:
        if item.name == "layer" and isinstance(item.value, Message) and _learns_statistics(item.value):
            layer = [_frozen(part) if part.name == "param" else part for part in item.value.fields]
            item = renamed(item, "layer", with_fields(item.value, layer))
            report.change("the statistics of a BatchNorm layer get lr_mult 0 and decay_mult 0", item)
        fields.append(item)
    return with_fields(root, fields)


def _learns_statistics(layer: Message | Scalar) -> bool:
    """Whether a layer is a BatchNorm with three `param`, one of which does not say that it is not to learn."""
    if not isinstance(layer, Message):
        return False
    params = [item.value for item in layer.fields if item.name == "param"]
    if len(params) != BATCH_NORM_BLOBS or text_of(layer, "type") != "BatchNorm":
        return False
    return any(isinstance(p, Message) and not all(text_of(p, name) == "0" for name in MULTIPLIERS) for p in params)


def _frozen(param: Field) -> Field:
    """`param { ... }` with lr_mult: 0 and decay_mult: 0; the rest of it stays."""
    if not isinstance(param.value, Message):
        return param
    fields = [
        renamed(item, item.name, Scalar("number", "0", item.value.start, item.value.end))
        if item.name in MULTIPLIERS
        else item
        for item in param.value.fields
    ]
    added = [Field(name, Scalar("number", "0")) for name in MULTIPLIERS if param.value.first(name) is None]
    return renamed(param, "param", with_fields(param.value, [*fields, *added]))
