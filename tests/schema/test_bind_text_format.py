"""The same texts give the same messages as protobuf's own parser, and it reads what is printed here."""

import math

import pytest
from google.protobuf import text_format
from google.protobuf.message import Message
from helpers.messages import messages
from hypothesis import given, settings
from hypothesis import strategies as st

from netcc.errors import PrototxtError, Source
from netcc.prototxt.format import format_document, format_message
from netcc.prototxt.parse import parse
from netcc.schema import caffe_pb2
from netcc.schema.bind import bind

CLASSES = [
    caffe_pb2.NetParameter,
    caffe_pb2.SolverParameter,
    caffe_pb2.LayerParameter,
    caffe_pb2.Datum,
    caffe_pb2.BlobProto,
]
ANY_MESSAGE = st.sampled_from(CLASSES).flatmap(messages)


def bound(text: str, message_class: type[Message]) -> Message:
    return bind(parse(Source("t", text)), message_class)[0]


@given(ANY_MESSAGE, st.booleans(), st.booleans(), st.booleans())
@settings(deadline=None)
def test_what_protobuf_prints_is_bound_to_the_same_message(
    message: Message, one_line: bool, utf8: bool, angles: bool
) -> None:
    text = text_format.MessageToString(
        message, as_one_line=one_line, as_utf8=utf8, pointy_brackets=angles, use_short_repeated_primitives=one_line
    )
    assert bound(text, type(message)) == message


@given(ANY_MESSAGE)
@settings(deadline=None)
def test_protobuf_reads_what_is_printed_here(message: Message) -> None:
    text = format_message(message)
    assert text_format.Parse(text, type(message)()) == message
    assert bound(text, type(message)) == message
    assert format_document(parse(Source("t", text))) == text


VALUES = [
    "0", "1", "-1", "- 1", "00", "007", "08", "0x10", "-0x10", "0X1f", "1.", ".5", "1.5", "1e3", "1.f", "1f", "2.5F",
    "1e400", "1e39", "1e-50", "-0", "-0.0", "2147483647", "2147483648", "-2147483648", "-2147483649", "4294967295",
    "4294967296", "9223372036854775807", "9223372036854775808", "0xffffffff", "0x100000000", "037777777777",
    "123456789012345678901234", "inf", "-inf", "INF", "Infinity", "-infinity", "infinityf", "nanx", "true", "false",
    "True", "False", "TRUE", "t", "f", "T", "yes", "MAX", "AVE", "max", "LMDB", "3", "7", '"x"', "'x' \"y\"",
    '"\\x41\\102\\n"', '"\\xff"', '""', "é", '"é"', "_", "{ }", "< >", "[1]", "[1, 2]", "[]", "[true]", "['a', 'b']",
]  # fmt: skip
FIELDS = {
    "uint32": (caffe_pb2.ConvolutionParameter, "num_output"),
    "uint32s": (caffe_pb2.ConvolutionParameter, "kernel_size"),
    "int32": (caffe_pb2.SolverParameter, "max_iter"),
    "int32s": (caffe_pb2.SolverParameter, "test_iter"),
    "int64": (caffe_pb2.SolverParameter, "random_seed"),
    "int64s": (caffe_pb2.BlobShape, "dim"),
    "float": (caffe_pb2.SolverParameter, "base_lr"),
    "floats": (caffe_pb2.LayerParameter, "loss_weight"),
    "doubles": (caffe_pb2.BlobProto, "double_data"),
    "bool": (caffe_pb2.NetParameter, "force_backward"),
    "bools": (caffe_pb2.LayerParameter, "propagate_down"),
    "enum": (caffe_pb2.PoolingParameter, "pool"),
    "string": (caffe_pb2.NetParameter, "name"),
    "strings": (caffe_pb2.LayerParameter, "bottom"),
    "bytes": (caffe_pb2.Datum, "data"),
    "message": (caffe_pb2.NetParameter, "state"),
    "messages": (caffe_pb2.NetParameter, "layer"),
}
MORE_THAN_PROTOBUF = {
    # The definition of the text format and protobuf's C++ take these, its Python parser does not.
    "- 1": {"int32", "int32s", "int64", "int64s", "float", "floats", "doubles"},
    "007": {"enum"},
    # A list of one, or of none, for a field that does not repeat.
    "[1]": {"uint32", "int32", "int64", "float", "bool", "enum"},
    "[true]": {"bool"},
    "[]": {"uint32", "int32", "int64", "float", "bool", "enum", "string", "bytes", "message"},
}
LESS_THAN_PROTOBUF = {
    # Only its Python parser takes a suffix on infinity, and cuts numbers of names to 32 bits.
    "infinityf": {"float", "floats", "doubles"},
    "4294967296": {"enum"},
    "0x100000000": {"enum"},
}


@pytest.mark.parametrize("kind", FIELDS)
@pytest.mark.parametrize("value", VALUES)
def test_every_kind_of_value_is_taken_or_refused_alike(kind: str, value: str) -> None:
    message_class, field = FIELDS[kind]
    text = f"{field}: {value}"
    try:
        expected = text_format.Parse(text, message_class())
    except text_format.ParseError:
        expected = None
    try:
        made = bound(text, message_class)
    except PrototxtError:
        made = None
    if kind in MORE_THAN_PROTOBUF.get(value, ()):
        assert (expected, made is not None) == (None, True)
    elif kind in LESS_THAN_PROTOBUF.get(value, ()):
        assert (expected is not None, made) == (True, None)
    else:
        assert made == expected


@pytest.mark.parametrize("text", ["nan", "-nan", "NaN"])
def test_nan_is_nan(text: str) -> None:
    message, _ = bind(parse(Source("t", f"base_lr: {text}")), caffe_pb2.SolverParameter)
    assert math.isnan(message.base_lr)
