"""Layers in text, without what only training reads: fillers, rates, rules, weights of losses. Comments stay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netcc.prototxt.edits import renamed, with_fields
from netcc.prototxt.tree import Field, Message, Scalar
from netcc.schema import caffe_pb2
from netcc.types import Shape

TRAINING = frozenset({"include", "exclude", "phase", "loss_weight", "propagate_down", "blobs"})
"""Fields of a layer that say when it is there and how it learns."""
SHARING = frozenset({"name", "share_mode"})
"""Fields of `param` that say whose parameter it is."""
_LAYER = caffe_pb2.LayerParameter.DESCRIPTOR
_FILLER = caffe_pb2.FillerParameter.DESCRIPTOR


def trimmed(layer: Field) -> Field:
    """The layer as a net in use needs it."""
    message = layer.value
    assert isinstance(message, Message)
    params = iter(_trimmed_params([item for item in message.fields if item.name == "param"]))
    kept = (next(params, None) if item.name == "param" else item for item in message.fields)
    fields = [_without_fillers(item, _LAYER) for item in kept if item is not None and item.name not in TRAINING]
    return renamed(layer, "layer", with_fields(message, _less_empty(fields, message.fields)))


def input_layer(name: str, shape: Shape, comments: Sequence[str] = ()) -> Field:
    """A layer that the caller fills, called as its blob."""
    dims = [Field("dim", Scalar("number", str(size))) for size in shape]
    parameters = Message([Field("shape", Message(dims))])
    return new_layer(name, "Input", (), name, [Field("input_param", parameters)], comments)


def new_layer(
    name: str, kind: str, bottoms: Sequence[str], top: str, fields: Sequence[Field] = (), comments: Sequence[str] = ()
) -> Field:
    """A layer that was in no text."""
    named = [("name", name), ("type", kind), *(("bottom", bottom) for bottom in bottoms), ("top", top)]
    strings = [Field(key, Scalar("string", text.encode("utf-8").decode("latin-1"))) for key, text in named]
    return Field("layer", Message([*strings, *fields]), comments=list(comments))


def _trimmed_params(params: Sequence[Field]) -> list[Field]:
    """Those of a layer's `param` that say what is shared; they count from the first, so some may be empty."""
    kept = [_only(item, SHARING) for item in params]
    while kept and _is_default(kept[-1]):
        kept.pop()
    return kept


def _only(item: Field, names: frozenset[str]) -> Field:
    assert isinstance(item.value, Message)
    return renamed(item, item.name, with_fields(item.value, [part for part in item.value.fields if part.name in names]))


def _is_default(item: Field) -> bool:
    return isinstance(item.value, Message) and not item.value.fields


def _without_fillers(item: Field, parent: Any) -> Field:
    """The field less all fillers in it, wherever they are."""
    known = parent.fields_by_name.get(item.name)
    kind = known.message_type if known is not None else None
    if kind is None or not isinstance(item.value, Message):
        return item
    fields = [_without_fillers(part, kind) for part in item.value.fields if not _is_filler(part, kind)]
    return renamed(item, item.name, with_fields(item.value, _less_empty(fields, item.value.fields)))


def _is_filler(item: Field, parent: Any) -> bool:
    known = parent.fields_by_name.get(item.name)
    return known is not None and known.message_type is not None and known.message_type.full_name == _FILLER.full_name


def _less_empty(fields: Sequence[Field], before: Sequence[Field]) -> list[Field]:
    """`fields` less the messages that had something in them before and have nothing now."""
    full = {(item.name, item.start) for item in before if isinstance(item.value, Message) and item.value.fields}
    return [item for item in fields if not (_is_default(item) and (item.name, item.start) in full - _counted(fields))]


def _counted(fields: Sequence[Field]) -> set[tuple[str, int]]:
    """Those whose place among others of their name matters, empty or not."""
    return {(item.name, item.start) for item in fields if item.name == "param"}
