"""The filler that a layer uses where its message has none."""

from __future__ import annotations

from google.protobuf.message import Message

from netcc.schema import caffe_pb2


def constant_unless_given(fields: Message, name: str, value: float) -> caffe_pb2.FillerParameter:
    """The filler in field `name` of `fields`; if it is absent, the constant `value`."""
    if fields.HasField(name):
        given: caffe_pb2.FillerParameter = getattr(fields, name)
        return given
    return caffe_pb2.FillerParameter(type="constant", value=value)
