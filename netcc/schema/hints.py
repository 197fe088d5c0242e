"""What was probably meant by a field that does not exist."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from google.protobuf.descriptor import Descriptor

from netcc.errors import closest
from netcc.prototxt.kinds import SOLVER_FIELDS
from netcc.prototxt.tree import Field
from netcc.schema.outside import outside_names

ALIASES = {
    "batch": "batch_size",
    "bias": "bias_term",
    "decay": "decay_mult",
    "dilate": "dilation",
    "groups": "group",
    "kernel": "kernel_size",
    "kernelsize": "kernel_size",
    "learning_rate": "base_lr",
    "lr": "lr_mult",
    "max_iterations": "max_iter",
    "outputs": "num_output",
    "padding": "pad",
    "policy": "lr_policy",
    "ratio": "dropout_ratio",
    "slope": "negative_slope",
    "steps": "stepvalue",
    "strides": "stride",
}
"""Names of other programs, or shortened ones, and Caffe's."""
REPLACED = {
    "blobs_lr": "write param { lr_mult: ... } for each blob",
    "weight_decay": "write param { decay_mult: ... } for each blob",
    "blob_share_mode": "write param { share_mode: ... } for each blob",
}
"""Fields of old layers that `layer` has in another form."""
ROOTS = {"LayerParameter": "the layer", "NetParameter": "the net", "SolverParameter": "the solver"}
MOST_NAMES = 4
"""Places that are named at most."""
FEW_NAMES = 12
"""So many fields are listed where nothing better can be said."""

Place: TypeAlias = tuple[Field | None, Descriptor]
"""A message within a definition: the field that holds it (None for the whole definition) and what it may hold."""


def place_name(place: Place) -> str:
    """How messages to users call a message: by its field, the outermost by what it is."""
    field, descriptor = place
    return repr(field.name) if field else ROOTS.get(descriptor.name, descriptor.name)


def hint(name: str, path: Sequence[Place]) -> tuple[tuple[str, ...], str | None]:
    """Notes and a suggestion for the field `name`, unknown in the last message of `path` (the outermost is first)."""
    message = path[-1][1]
    names = [*(field.name for field in message.fields), *outside_names(message)]
    if name in REPLACED and message.name == "LayerParameter":
        return (REPLACED[name],), None
    alias = ALIASES.get(name, name)
    if alias in names:
        return (), alias
    if places := _elsewhere(alias, path):
        called = "it" if alias == name else repr(alias)
        return (f"{called} belongs in {_either(places)}",), None
    if name in SOLVER_FIELDS and path[0][1].name == "NetParameter":
        return ("it belongs in the solver's file",), None
    if suggestion := closest(name, names):
        return (), suggestion
    return (f"expected {', '.join(sorted(names))}",) if len(names) <= FEW_NAMES else (), None


def _elsewhere(name: str, path: Sequence[Place]) -> list[str]:
    """The messages near by that have a field `name`: those inside, those around, those beside."""
    if inside := _children(name, path[-1][1]):
        return inside
    for place in reversed(path[:-1]):
        if name in place[1].fields_by_name:
            return [place_name(place)]
    return _children(name, path[-2][1]) if len(path) > 1 else []


def _children(name: str, message: Descriptor) -> list[str]:
    """The fields of `message` that hold a message with a field `name`; legacy ones are left out."""
    return [
        repr(field.name)
        for field in message.fields
        if field.message_type is not None and name in field.message_type.fields_by_name and field.name != "layers"
    ]


def _either(places: list[str]) -> str:
    if len(places) > MOST_NAMES:
        places = [*places[:MOST_NAMES], "another"]
    *others, last = places
    return f"{', '.join(others)} or {last}" if others else last
