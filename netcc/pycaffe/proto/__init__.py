"""`caffe.proto`: the messages of Caffe, for google.protobuf and its text_format."""

from __future__ import annotations

# Scripts find it in google.protobuf, where the protobuf of their time left it.
import google.protobuf.text_format  # noqa: F401

from netcc.schema import caffe_pb2

__all__ = ["caffe_pb2"]
