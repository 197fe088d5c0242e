"""proto/caffe.proto says exactly what BVLC Caffe's schema says; what forks add keeps out of its way."""

import json
from pathlib import Path

import numpy as np
import pytest
from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto

from netcc.schema import caffe_pb2

FACTS = json.loads((Path(__file__).parents[1] / "facts" / "bvlc.json").read_text(encoding="utf-8"))

PRIVATE = range(10000, 11000)
FORK_NUMBERS = {"LayerParameter": range(200, 209), "BlobProto": range(10, 14), "SolverState": range(5, 7)}
"""Numbers outside the private range that fork fields keep: SSD's, and NVIDIA's arrays of half precision."""


@pytest.fixture(scope="module")
def schema():
    message = FileDescriptorProto()
    caffe_pb2.DESCRIPTOR.CopyToProto(message)
    return message


def described(field: FieldDescriptorProto) -> dict[str, object]:
    """A field as the facts write it."""
    facts: dict[str, object] = {
        "name": field.name,
        "number": field.number,
        "label": FieldDescriptorProto.Label.Name(field.label).removeprefix("LABEL_").lower(),
        "type": FieldDescriptorProto.Type.Name(field.type).removeprefix("TYPE_").lower(),
    }
    if field.type_name:
        facts["type_name"] = field.type_name.removeprefix(".caffe.")
    if field.options.packed:
        facts["packed"] = True
    if field.HasField("default_value"):
        facts["default"] = field.default_value
    return facts


def by_number(fields: list[dict[str, object]]) -> list[dict[str, object]]:
    """The fields in order of their numbers, defaults of type float as the number that float32 makes of them."""
    rounded = [
        {**field, "default": np.float32(field["default"])} if field["type"] == "float" and "default" in field else field
        for field in fields
    ]
    return sorted(rounded, key=lambda field: field["number"])


@pytest.mark.parametrize("name", sorted(FACTS["messages"]))
def test_the_fields_of_a_message_equal_the_facts(schema, name):
    (message,) = (message for message in schema.message_type if message.name == name)
    facts = FACTS["messages"][name]
    known = {fact["name"] for fact in facts}
    assert by_number([described(field) for field in message.field if field.name in known]) == by_number(facts)
    others = [field for field in message.field if field.name not in known]
    assert [field.name for field in others if not may_be_a_forks(field, name)] == []


def may_be_a_forks(field: FieldDescriptorProto, message: str) -> bool:
    """Whether a field beside the facts has a number that forks may have, and needs nothing of old nets."""
    kept = FORK_NUMBERS.get(message, range(0))
    return (field.number in PRIVATE or field.number in kept) and field.label != FieldDescriptorProto.LABEL_REQUIRED


@pytest.mark.parametrize("name", sorted(FACTS["enums"]))
def test_the_values_of_an_enum_equal_the_facts(schema, name):
    enums = {enum.name: enum for enum in schema.enum_type}
    enums |= {f"{message.name}.{enum.name}": enum for message in schema.message_type for enum in message.enum_type}
    values = {value.name: value.number for value in enums[name].value}
    facts = FACTS["enums"][name]
    assert {value: values.get(value) for value in facts} == facts
    assert len(set(values.values())) == len(values)


def test_the_first_value_of_an_enum_is_its_lowest(schema):
    # An enum field without a default has the first value: ParamSpec.share_mode is STRICT so.
    enums = [*schema.enum_type, *(enum for message in schema.message_type for enum in message.enum_type)]
    for enum in enums:
        assert enum.value[0].number == min(value.number for value in enum.value), enum.name


def fields(message: DescriptorProto) -> dict[str, tuple[int, int, str]]:
    return {field.name: (field.number, field.label, field.type_name.rpartition(".")[2]) for field in message.field}


def test_the_slim_schema_has_the_numbers_of_the_full_one(schema):
    from netcc.schema import weights_pb2

    slim = FileDescriptorProto()
    weights_pb2.DESCRIPTOR.CopyToProto(slim)
    full = {message.name: fields(message) for message in schema.message_type}
    enums = {"LayerType", "Type"}
    for message in slim.message_type:
        for name, (number, _, type_name) in fields(message).items():
            full_number, _, full_type = full[message.name][name]
            assert number == full_number, (message.name, name)
            assert full_type in {type_name, *enums}, (message.name, name)
