"""Parameter messages that packages add are bound, checked, copied, printed and saved as those of the schema."""

from __future__ import annotations

import enum
import os
import subprocess
import sys

import pytest
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from netcc.errors import LayerError, PrototxtError
from netcc.prototxt.format import format_message
from netcc.schema import caffe_pb2
from netcc.schema.bind import load_net
from netcc.schema.outside import ParameterMessage


class Side(enum.IntEnum):
    LEFT = 0
    RIGHT = 4


FIELDS = {
    "angle": 90.5,
    "turns": 2,
    "clockwise": True,
    "label": "none",
    "side": Side.RIGHT,
    "other_side": Side,
    "centre": [float],
    "limit": float,
    "weight_filler": caffe_pb2.FillerParameter,
}
OUTSIDE_TEST = ParameterMessage("outside_test_param", FIELDS)


def layer(fields: str) -> str:
    return f'layer {{ name: "a" type: "A" {fields} }}'


def test_defaults() -> None:
    fields = OUTSIDE_TEST.read(caffe_pb2.LayerParameter())
    assert (fields.angle, fields.turns, fields.clockwise, fields.label) == (90.5, 2, True, "none")
    assert (fields.side, fields.other_side, list(fields.centre)) == (Side.RIGHT, Side.LEFT, [])
    assert (fields.limit, fields.HasField("limit"), fields.weight_filler.type) == (0, False, "constant")


def test_binding_reads_every_kind() -> None:
    text = (
        'outside_test_param { angle: 1e-9 turns: -3 clockwise: false label: "x" side: LEFT centre: [0.5, 2] '
        'limit: inf weight_filler { type: "xavier" } }'
    )
    fields = OUTSIDE_TEST.read(load_net(layer(text)).message.layer[0])
    assert (fields.angle, fields.turns, fields.clockwise, fields.label) == (1e-9, -3, False, "x")
    assert (fields.side, list(fields.centre), fields.weight_filler.type) == (Side.LEFT, [0.5, 2], "xavier")
    assert fields.limit == float("inf")


@pytest.mark.parametrize(
    ("text", "message", "suggestion"),
    [
        ("outside_test_param { turns: 1.5 }", "'turns' expects an integer, found 1.5", None),
        ("outside_test_param { side: LEFTT }", "'side' cannot be LEFTT", "LEFT"),
        ("outside_test_param { turn: 1 }", "'outside_test_param' has no field 'turn'", "turns"),
        ("outside_test_parm { turns: 1 }", "'layer' has no field 'outside_test_parm'", "outside_test_param"),
        ("outside_test_param: 3", "'outside_test_param' expects a message { ... }, found the number 3", None),
        (
            "outside_test_param { } outside_test_param { }",
            "'outside_test_param' is given twice, and may be given once",
            None,
        ),
    ],
)
def test_faults_in_the_message_are_told_as_those_of_the_schema(text: str, message: str, suggestion: str) -> None:
    with pytest.raises(PrototxtError) as caught:
        load_net(layer(text))
    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.message, diagnostic.suggestion) == (message, suggestion)


def test_the_message_is_printed_under_its_name_and_saved() -> None:
    net = load_net(layer("outside_test_param { turns: 5 }")).message
    assert "  outside_test_param { turns: 5 }\n" in format_message(net)
    read = caffe_pb2.NetParameter.FromString(net.SerializeToString())
    assert OUTSIDE_TEST.read(read.layer[0]).turns == 5


def test_the_message_belongs_to_layers_alone() -> None:
    with pytest.raises(PrototxtError, match="has no field 'outside_test_param'"):
        load_net('name: "x" outside_test_param { }')


def compiled() -> type[Message]:
    """A message as protoc would have made it: an enum and a message of its own, and one of Caffe's."""
    file = FileDescriptorProto(name="mine.proto", package="mine", dependency=["caffe.proto"])
    message = file.message_type.add(name="Mine")
    message.enum_type.add(name="Mode").value.add(name="FAST", number=7)
    message.nested_type.add(name="Inner").field.add(name="x", number=1, label=1, type=FieldDescriptorProto.TYPE_INT32)
    for number, (name, type_name) in enumerate(
        [("inner", ".mine.Mine.Inner"), ("filler", ".caffe.FillerParameter"), ("again", ".mine.Mine")], 1
    ):
        message.field.add(
            name=name, number=number, label=1, type=FieldDescriptorProto.TYPE_MESSAGE, type_name=type_name
        )
    message.field.add(name="mode", number=9, label=1, type=FieldDescriptorProto.TYPE_ENUM, type_name=".mine.Mine.Mode")
    pool = DescriptorPool()
    pool.AddSerializedFile(caffe_pb2.DESCRIPTOR.serialized_pb)
    pool.AddSerializedFile(file.SerializeToString())
    return GetMessageClass(pool.FindMessageTypeByName("mine.Mine"))


def test_a_compiled_message_serves_as_well() -> None:
    mine = ParameterMessage("outside_compiled_param", compiled())
    text = 'outside_compiled_param { inner { x: 3 } again { mode: FAST } filler { type: "msra" } }'
    fields = mine.read(load_net(layer(text)).message.layer[0])
    assert (fields.inner.x, fields.again.mode, fields.filler.type) == (3, 7, "msra")


def test_a_compiled_message_that_refers_to_others_is_refused() -> None:
    file = FileDescriptorProto(name="two.proto", package="two")
    file.message_type.add(name="Other")
    file.message_type.add(name="Mine").field.add(name="other", number=1, label=1, type=11, type_name=".two.Other")
    pool = DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    with pytest.raises(LayerError) as caught:
        ParameterMessage("outside_referring_param", GetMessageClass(pool.FindMessageTypeByName("two.Mine")))
    assert caught.value.message == (
        "the field 'other' of the parameter message 'outside_referring_param' refers to 'two.Other', "
        "which is neither part of it nor of Caffe's schema"
    )


@pytest.mark.parametrize(
    ("name", "fields", "message"),
    [
        ("relu_param", {}, "the parameter message 'relu_param' exists in Caffe's schema"),
        ("my param", {}, "'my param' cannot be the name of a parameter message"),
        ("outside_bad_param", {"x": object}, "the field 'x' of a parameter message cannot hold <class 'object'>"),
        ("outside_bad_param", {"x": [1, 2]}, "the field 'x' of a parameter message cannot hold [1, 2]"),
        ("outside_test_param", {}, "two packages define the parameter message 'outside_test_param' differently"),
    ],
)
def test_definitions_that_are_refused(name: str, fields: dict[str, object], message: str) -> None:
    with pytest.raises(LayerError) as caught:
        ParameterMessage(name, fields)
    assert caught.value.message == message


def test_the_same_definition_again_is_the_same() -> None:
    assert ParameterMessage("outside_test_param", FIELDS).extension is OUTSIDE_TEST.extension


@pytest.mark.parametrize("implementation", ["upb", "python"])
def test_every_implementation_of_protobuf_will_do(implementation: str) -> None:
    code = (
        "from netcc.schema.bind import load_net; from netcc.schema.outside import ParameterMessage\n"
        "message = ParameterMessage('gain_param', {'factor': 2.5, 'sizes': [int]})\n"
        "net = load_net('layer { gain_param { sizes: 3 } }').message\n"
        "net = type(net).FromString(net.SerializeToString())\n"
        "print(message.read(net.layer[0]).factor, message.read(net.layer[0]).sizes[0])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION": implementation},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("2.5 3\n", "")
