"""V1, the spelling of 2014: `layers { type: CONVOLUTION blobs_lr: 1 }` becomes `layer { type: "Convolution" ... }`.

Behaves as UpgradeNetDataTransformation and UpgradeV1Net of src/caffe/util/upgrade_proto.cpp, except that no empty
transform_param is added.
"""

from __future__ import annotations

from netcc.errors import closest
from netcc.prototxt.edits import Report, renamed, text_of, with_fields, wrapped
from netcc.prototxt.tree import Field, Message, Scalar

TYPES = {
    "NONE": "",
    "ACCURACY": "Accuracy",
    "BNLL": "BNLL",
    "CONCAT": "Concat",
    "CONVOLUTION": "Convolution",
    "DATA": "Data",
    "DROPOUT": "Dropout",
    "EUCLIDEAN_LOSS": "EuclideanLoss",
    "FLATTEN": "Flatten",
    "HDF5_DATA": "HDF5Data",
    "HDF5_OUTPUT": "HDF5Output",
    "IM2COL": "Im2col",
    "IMAGE_DATA": "ImageData",
    "INFOGAIN_LOSS": "InfogainLoss",
    "INNER_PRODUCT": "InnerProduct",
    "LRN": "LRN",
    "MULTINOMIAL_LOGISTIC_LOSS": "MultinomialLogisticLoss",
    "POOLING": "Pooling",
    "RELU": "ReLU",
    "SIGMOID": "Sigmoid",
    "SOFTMAX": "Softmax",
    "SOFTMAX_LOSS": "SoftmaxWithLoss",
    "SPLIT": "Split",
    "TANH": "TanH",
    "WINDOW_DATA": "WindowData",
    "ELTWISE": "Eltwise",
    "POWER": "Power",
    "SIGMOID_CROSS_ENTROPY_LOSS": "SigmoidCrossEntropyLoss",
    "HINGE_LOSS": "HingeLoss",
    "MEMORY_DATA": "MemoryData",
    "ARGMAX": "ArgMax",
    "THRESHOLD": "Threshold",
    "DUMMY_DATA": "DummyData",
    "SLICE": "Slice",
    "MVN": "MVN",
    "ABSVAL": "AbsVal",
    "SILENCE": "Silence",
    "CONTRASTIVE_LOSS": "ContrastiveLoss",
    "EXP": "Exp",
    "DECONVOLUTION": "Deconvolution",
}
"""V1 type and today's; the order is that of the enumeration's numbers, from 0."""

FORK_TYPES = {
    "LOCAL": (41, "Local"),
    "BN": (42, "BN"),
    "NORMALIZE": (43, "Normalize"),
    "INSANITY": (44, "Insanity"),
    "TRIPLET_LOSS": (45, "TripletLoss"),
    "ROIPOOLING": (46, "ROIPooling"),
    "BATCH_NORM": (47, "BatchNorm"),
    "ELTWISE_AFFINE": (48, "EltwiseAffine"),
    "RELU6": (61, "ReLU6"),
}
"""The same for the types of other Caffes, with their numbers."""

NAMES = dict(enumerate(TYPES)) | {number: name for name, (number, _) in FORK_TYPES.items()}
"""V1 type of each number."""
TYPES |= {name: today for name, (_, today) in FORK_TYPES.items()}

PARAM_FIELDS = {"param": "name", "blob_share_mode": "share_mode", "blobs_lr": "lr_mult", "weight_decay": "decay_mult"}
"""Lists of a V1 layer, one value for each blob, and the field of `param` that holds the value today."""

SOURCES = {"DATA": "data_param", "IMAGE_DATA": "image_data_param", "WINDOW_DATA": "window_data_param"}
"""Types whose own message used to hold what is in transform_param now."""
TRANSFORM = frozenset({"scale", "mean_file", "crop_size", "mirror"})


def upgrade_v1(root: Message, report: Report) -> Message:
    """The net `root` with `layer` in place of `layers`."""
    return with_fields(root, [_upgrade(item, report) if item.name == "layers" else item for item in root.fields])


def _upgrade(item: Field, report: Report) -> Field:
    if not isinstance(item.value, Message):
        return renamed(item, "layer")
    layer = _move_transform(item.value)
    fields = _join_params(_join_lrn(layer), report)
    fields = [_typed(part, report) if part.name == "type" else part for part in fields]
    return renamed(item, "layer", with_fields(layer, fields))


def _typed(item: Field, report: Report) -> Field:
    """`type: CONVOLUTION`, or its number, as `type: "Convolution"`."""
    if not isinstance(item.value, Scalar):
        return item
    name = _type_name(item.value)
    if name is None:
        text = item.value.text
        report.error(f"there is no layer type {text} in 'layers'", item.value, *_type_notes(item.value))
        return item
    return renamed(item, "type", Scalar("string", TYPES[name], item.value.start, item.value.end))


def _type_name(value: Scalar) -> str | None:
    """The name of a V1 type given by name or number; None if there is none."""
    if value.kind == "number" and value.text.isdecimal():
        return NAMES.get(int(value.text))
    return value.text if value.kind == "identifier" and value.text in TYPES else None


def _type_notes(value: Scalar) -> tuple[str, ...]:
    if value.kind == "string":
        written = next((old for old, new in TYPES.items() if new == value.text), None)
        other = f"write type: {written}, or " if written else ""
        return (f"{other}write 'layer' in place of 'layers' to use type: \"{value.text}\"",)
    near = closest(value.text, TYPES)
    return (f"did you mean {near}?",) if near else (f"expected one of {', '.join(TYPES)}",)


def _join_params(fields: list[Field], report: Report) -> list[Field]:
    """The lists of PARAM_FIELDS as one `param { ... }` for each blob, where the first of them stood."""
    counts: dict[str, int] = {}
    params: list[list[Field]] = []
    others: list[Field] = []
    place = None
    for item in fields:
        if item.name not in PARAM_FIELDS:
            others.append(item)
            continue
        if isinstance(item.value, Message):
            report.error(
                f"{item.name!r} is one value for each blob in 'layers'", item, "param { ... } belongs in 'layer'"
            )
        place = len(others) if place is None else place
        index = counts[item.name] = counts.get(item.name, -1) + 1
        while index >= len(params):
            params.append([])
        params[index].append(renamed(item, PARAM_FIELDS[item.name]))
    if place is None:
        return others
    return [*others[:place], *(wrapped("param", members) for members in params), *others[place:]]


def _join_lrn(layer: Message) -> list[Field]:
    """The fields of a layer, those of type LRN_MAP as LRN within a channel: for a day in 2014 they were two types."""
    if text_of(layer, "type") != "LRN_MAP":
        return layer.fields
    kind = layer.first("type")
    assert kind is not None
    region = Field("norm_region", Scalar("identifier", "WITHIN_CHANNEL", kind.start, kind.end), kind.start, kind.end)
    lrn = Scalar("identifier", "LRN", kind.value.start, kind.value.end)
    today = {"lrn_map_param": ("lrn_param", None), "type": ("type", lrn)}
    fields = [renamed(item, *today.get(item.name, (item.name, None))) for item in layer.fields]
    for index, item in enumerate(fields):
        if item.name == "lrn_param" and isinstance(item.value, Message):
            fields[index] = renamed(item, item.name, with_fields(item.value, [*item.value.fields, region]))
            return fields
    return [*fields, wrapped("lrn_param", [region])]


def _move_transform(layer: Message) -> Message:
    """scale, mean_file, crop_size and mirror of a source's own message, moved to transform_param."""
    kind = layer.first("type")
    name = _type_name(kind.value) if kind and isinstance(kind.value, Scalar) else None
    moved: list[Field] = []
    fields: list[Field] = []
    for item in layer.fields:
        if item.name == SOURCES.get(name or "") and isinstance(item.value, Message):
            moved += [part for part in item.value.fields if part.name in TRANSFORM]
            kept = [part for part in item.value.fields if part.name not in TRANSFORM]
            item = renamed(item, item.name, with_fields(item.value, kept))
        fields.append(item)
    if not moved:
        return layer
    return with_fields(layer, _with_transform(fields, moved))


def _with_transform(fields: list[Field], moved: list[Field]) -> list[Field]:
    """`fields` with `moved` in their transform_param, where they win over what it holds."""
    names = {item.name for item in moved}
    for index, item in enumerate(fields):
        if item.name == "transform_param" and isinstance(item.value, Message):
            kept = [part for part in item.value.fields if part.name not in names]
            joined = renamed(item, item.name, with_fields(item.value, [*kept, *moved]))
            return [*fields[:index], joined, *fields[index + 1 :]]
    return [*fields, wrapped("transform_param", moved)]
