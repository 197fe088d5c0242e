"""`caffe.proto`: the messages of Caffe, for google.protobuf and its text_format."""

from __future__ import annotations

from netcc.schema import caffe_pb2

__all__ = ["caffe_pb2"]
