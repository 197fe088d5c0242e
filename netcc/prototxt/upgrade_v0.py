"""V0, the spelling of 2013: `layers { layer { type: "conv" ... } bottom: ... }` becomes V1.

Behaves as UpgradeV0Net of src/caffe/util/upgrade_proto.cpp, and says what that leaves out in silence.
"""

from __future__ import annotations

from netcc.errors import closest
from netcc.prototxt.edits import Report, comments_below, renamed, text_of, with_fields, wrapped
from netcc.prototxt.tree import Field, Message, Scalar

TYPES = {
    "accuracy": "ACCURACY",
    "bnll": "BNLL",
    "concat": "CONCAT",
    "conv": "CONVOLUTION",
    "data": "DATA",
    "dropout": "DROPOUT",
    "euclidean_loss": "EUCLIDEAN_LOSS",
    "flatten": "FLATTEN",
    "hdf5_data": "HDF5_DATA",
    "hdf5_output": "HDF5_OUTPUT",
    "im2col": "IM2COL",
    "images": "IMAGE_DATA",
    "infogain_loss": "INFOGAIN_LOSS",
    "innerproduct": "INNER_PRODUCT",
    "lrn": "LRN",
    "multinomial_logistic_loss": "MULTINOMIAL_LOGISTIC_LOSS",
    "pool": "POOLING",
    "relu": "RELU",
    "sigmoid": "SIGMOID",
    "softmax": "SOFTMAX",
    "softmax_loss": "SOFTMAX_LOSS",
    "split": "SPLIT",
    "tanh": "TANH",
    "window_data": "WINDOW_DATA",
}
"""V0 type and V1 type; "padding" layers become part of the next one."""

TRANSFORM = {"scale": "scale", "meanfile": "mean_file", "cropsize": "crop_size", "mirror": "mirror"}
"""Fields that go to transform_param, whatever the layer's type."""

NEW_NAMES = {
    "biasterm": "bias_term",
    "kernelsize": "kernel_size",
    "batchsize": "batch_size",
    "shuffle_images": "shuffle",
    "det_fg_threshold": "fg_threshold",
    "det_bg_threshold": "bg_threshold",
    "det_fg_fraction": "fg_fraction",
    "det_context_pad": "context_pad",
    "det_crop_mode": "crop_mode",
}

FIELDS_OF_TYPE = {
    "concat": ("concat_param", "concat_dim"),
    "conv": (
        "convolution_param",
        "num_output biasterm weight_filler bias_filler pad kernelsize group stride",
    ),
    "data": ("data_param", "source batchsize rand_skip"),
    "dropout": ("dropout_param", "dropout_ratio"),
    "hdf5_data": ("hdf5_data_param", "source batchsize"),
    "images": ("image_data_param", "source batchsize rand_skip shuffle_images new_height new_width"),
    "infogain_loss": ("infogain_loss_param", "source"),
    "innerproduct": ("inner_product_param", "num_output biasterm weight_filler bias_filler"),
    "lrn": ("lrn_param", "local_size alpha beta k"),
    "pool": ("pooling_param", "pad kernelsize stride pool"),
    "window_data": (
        "window_data_param",
        "source batchsize det_fg_threshold det_bg_threshold det_fg_fraction det_context_pad det_crop_mode",
    ),
}
"""The message to which a type's own fields go, and these fields."""

REPEATED = frozenset({"blobs", "blobs_lr", "weight_decay"})
KNOWN = frozenset({"name", "type", "new_num", "new_channels", "hdf5_output_param", *REPEATED, *TRANSFORM}).union(
    *(names.split() for _, names in FIELDS_OF_TYPE.values())
)
"""All fields of a V0 layer; others are passed on, for the binding to refuse them."""

LOST_OF_NET = frozenset({"input_shape", "state", "debug_info"})


def is_v0(root: Message) -> bool:
    """Whether a net has a V0 layer."""
    return any(isinstance(item.value, Message) and item.value.first("layer") for item in root.all("layers"))


def upgrade_v0(root: Message, report: Report) -> Message:
    """The net `root` with V1 layers in place of its V0 layers."""
    for item in root.fields:
        if item.name in LOST_OF_NET:
            report.loss(f"{item.name!r} is left out, since V0 nets have no such field", item)
    fields = [item for item in root.fields if item.name not in LOST_OF_NET]
    fields = _melt_padding(fields, report)
    return with_fields(root, [_upgrade(item, report) if item.name == "layers" else item for item in fields])


def _melt_padding(fields: list[Field], report: Report) -> list[Field]:
    """Each padding layer goes, and the convolution or pooling that reads it gets its pad and its bottom."""
    paddings: dict[str, Field] = {}
    melted = []
    for item in fields:
        if item.name != "layers" or not isinstance(item.value, Message):
            melted.append(item)
            continue
        layer = item.value
        sources = [paddings[name] for name in _texts(layer, "bottom") if name in paddings]
        is_padding = _type(layer) == "padding"
        if sources and _may_melt(layer, sources, report):
            item = _padded(item, layer, sources[0])
        for top in _texts(layer, "top"):
            paddings.pop(top, None)
            if is_padding:
                paddings[top] = item
        if is_padding:
            report.change("the padding layer becomes the pad of the layer that reads it", item)
        else:
            melted.append(item)
    return melted


def _may_melt(layer: Message, paddings: list[Field], report: Report) -> bool:
    """Whether `layer` can take in the padding that it reads; Caffe refuses all but the plain case."""
    padding = paddings[0].value
    if _type(layer) not in ("conv", "pool"):
        report.error("a padding layer can be read by conv and pool layers only", paddings[0])
    elif len(_texts(layer, "bottom")) != 1:
        report.error("a layer that reads a padding layer has one bottom", paddings[0])
    elif not isinstance(padding, Message) or [len(_texts(padding, name)) for name in ("bottom", "top")] != [1, 1]:
        report.error("a padding layer has one bottom and one top", paddings[0])
    else:
        return True
    return False


def _padded(item: Field, layer: Message, padding: Field) -> Field:
    """The layer `item` with the pad and the bottom of the padding layer that it reads."""
    source = padding.value
    assert isinstance(source, Message)  # _may_melt has looked
    pads = list(_inner(source).all("pad"))
    bottom = next(source.all("bottom"))
    fields = []
    for part in layer.fields:
        if part.name == "bottom":
            part = renamed(part, "bottom", bottom.value)
        elif part.name == "layer" and isinstance(part.value, Message):
            others = [field for field in part.value.fields if field.name != "pad"]
            part = renamed(part, "layer", with_fields(part.value, [*others, *pads]))
        fields.append(part)
    result = renamed(item, "layers", with_fields(layer, fields))
    result.comments = [*comments_below(padding), *item.comments]
    return result


def _upgrade(item: Field, report: Report) -> Field:
    """One V1 layer from one V0 layer: its own fields, then bottoms and tops."""
    if not isinstance(item.value, Message):
        return item
    own: list[Field] = []
    for part in item.value.fields:
        if part.name == "layer" and isinstance(part.value, Message):
            own += _own_fields(part.value, report)
    joints = []
    for part in item.value.fields:
        if part.name in ("bottom", "top"):
            joints.append(part)
        elif part.name in ("name", "type"):
            report.error(f"{part.name!r} of a V0 layer stands in layer {{ ... }} within layers {{ ... }}", part)
        elif part.name != "layer":
            report.loss(f"{part.name!r} is left out, since V0 layers have no such field", part)
    first = sum(part.name in ("name", "type") for part in own[:2])
    return renamed(item, "layers", with_fields(item.value, [*own[:first], *joints, *own[first:]]))


def _own_fields(layer: Message, report: Report) -> list[Field]:
    """The fields of `layer { ... }`, each in the message that has it in V1."""
    kind = text_of(layer, "type") or ""
    target, names = FIELDS_OF_TYPE.get(kind, ("", ""))
    own_names = names.split()
    groups: dict[str, list[Field]] = {}
    result: list[Field] = []
    seen: set[str] = set()
    for item in layer.fields:
        if item.name in seen and item.name not in REPEATED:
            report.error(f"{item.name!r} is given twice, and may be given once", item)
        seen.add(item.name)
        group = "transform_param" if item.name in TRANSFORM else target if item.name in own_names else ""
        new_name = TRANSFORM.get(item.name) or NEW_NAMES.get(item.name, item.name)
        if item.name == "type":
            result.append(_typed(item, report))
        elif group in groups:
            groups[group].append(renamed(item, new_name))
        elif group:
            groups[group] = [renamed(item, new_name)]
            result.append(wrapped(group, groups[group]))
        elif item.name in ("name", *REPEATED) or item.name not in KNOWN or _is_output(item, kind):
            result.append(item)
        else:
            report.loss(f"{item.name!r} is left out, since a layer of type {kind!r} has no such field", item)
    return result


def _typed(item: Field, report: Report) -> Field:
    """`type: "conv"` as `type: CONVOLUTION`."""
    name = item.value.text if isinstance(item.value, Scalar) else ""
    if name not in TYPES:
        known = f"expected one of {', '.join(sorted(TYPES))}"
        report.error(f"there is no V0 layer type {name!r}", item.value, known, suggestion=closest(name, TYPES))
        return item
    return renamed(item, "type", Scalar("identifier", TYPES[name], item.value.start, item.value.end))


def _is_output(item: Field, kind: str) -> bool:
    return item.name == "hdf5_output_param" and kind == "hdf5_output"


def _inner(layer: Message) -> Message:
    """The message in `layers { layer { ... } }`; empty if there is none."""
    item = layer.first("layer")
    return item.value if item and isinstance(item.value, Message) else Message()


def _type(layer: Message) -> str | None:
    return text_of(_inner(layer), "type")


def _texts(layer: Message, name: str) -> list[str]:
    return [item.value.text for item in layer.all(name) if isinstance(item.value, Scalar)]
