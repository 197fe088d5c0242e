"""Every spelling that protobuf's text format takes, and the tree it gives."""

import pytest

from netcc.errors import Source
from netcc.prototxt.parse import parse
from netcc.prototxt.tree import Document, Field, Message, Scalar


def read(text: str) -> Document:
    return parse(Source("t", text))


def number(text: str) -> Scalar:
    return Scalar("number", text)


def string(text: str) -> Scalar:
    return Scalar("string", text)


def field(name: str, *inner: Field) -> Field:
    return Field(name, Message(list(inner)))


A = Field("a", number("1"))
B = Field("b", number("2"))


@pytest.mark.parametrize(
    "text",
    [
        "a: 1 b: 2",
        "a:1\nb:2",
        "a : 1\r\nb : 2\r\n",
        "a: 1; b: 2;",
        "a: 1, b: 2,",
        "a: 1,b: 2",
        "\ufeffa: 1 b: 2",
        "\v\f\ta: 1 b: 2   \n\n",
        "a\n:\n1\nb\n:\n2",
    ],
)
def test_layout_and_separators_change_nothing(text: str) -> None:
    assert read(text).root.fields == [A, B]


@pytest.mark.parametrize(
    "text", ["m { a: 1 }", "m: { a: 1 }", "m < a: 1 >", "m: < a: 1 >", "m{a:1}", "m { a: 1 };", "m\n{\na:1,\n}"]
)
def test_a_message_has_braces_or_angles_and_maybe_a_colon(text: str) -> None:
    assert read(text).root.fields == [field("m", A)]


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("a: [1, 2]", [A, Field("a", number("2"))]),
        ("a: [1]", [A]),
        ("a: []", []),
        ("a []", []),
        ("a: [-1, 'x' \"y\"];", [Field("a", number("-1")), Field("a", string("xy"))]),
        ("m: [{ a: 1 }, < b: 2 >]", [field("m", A), field("m", B)]),
        ("m [{}]", [field("m")]),
    ],
)  # fmt: skip
def test_a_list_is_read_as_one_field_for_each_item(text: str, fields: list[Field]) -> None:
    assert read(text).root.fields == fields


@pytest.mark.parametrize(
    "text",
    [
        "0",
        "12",
        "-12",
        "0x1F",
        "-0x1f",
        "017",
        "1.",
        ".5",
        "-.5",
        "1.5",
        "1e3",
        "1E+3",
        "1.5e-3",
        "1f",
        "1.F",
        "1.5f",
        "08",
    ],
)
def test_numbers_keep_their_text(text: str) -> None:
    assert read(f"a: {text}").root.fields == [Field("a", number(text))]


def test_a_minus_may_stand_apart() -> None:
    assert read("a: - 5").root.fields == [Field("a", number("-5"))]
    assert read("a: -\n# c\ninf").root.fields[0].value == Scalar("identifier", "-inf")


@pytest.mark.parametrize("text", ["inf", "-inf", "nan", "-NaN", "Infinity", "-INFINITY", "true", "t", "MAX", "_x9"])
def test_names_keep_their_text(text: str) -> None:
    assert read(f"a: {text}").root.fields[0].value == Scalar("identifier", text)


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        ('"plain"', b"plain"),
        ("'it\"s'", b'it"s'),
        ('"it\'s # no { comment"', b"it's # no { comment"),
        ('"a" \'b\'\n"c"', b"abc"),
        ('"a" # between\n "b"', b"ab"),
        (r'"\a\b\f\n\r\t\v\?\\\'\""', b"\a\b\f\n\r\t\v?\\'\""),
        (r'"\0\7\12\1234"', b"\x00\x07\nS4"),
        (r'"\x4\x41B\X7a"', b"\x04ABz"),
        (r'"\u00e9\U0001F600"', "é😀".encode()),
        (r'"\ud83d\ude00"', "😀".encode()),
        ('"é😀"', "é😀".encode()),
        (r'"\xff\377"', b"\xff\xff"),
        ('""', b""),
    ],
)
def test_strings_are_decoded_to_bytes(literal: str, value: bytes) -> None:
    (item,) = read(f"a: {literal}").root.fields
    assert item.value == Scalar("string", value.decode("latin-1"))


def test_places_are_offsets_of_the_text() -> None:
    text = 'layer {\n  name: "x" "y" # c\n  pad : [1, -2]\n}\n'
    document = read(text)
    (layer,) = document.root.fields
    assert isinstance(layer.value, Message)
    spans = [layer, layer.value, *layer.value.fields, *(item.value for item in layer.value.fields)]
    shown = [text[span.start : span.end] for node in spans if (span := document.span(node))]
    assert shown == ["layer", text[6:-1], "name", "pad", "pad", '"x" "y"', "1", "-2"]


def test_a_message_of_one_name_is_found_by_it() -> None:
    root = read("a: 1 b: 2 a: 3").root
    assert [item.value for item in root.all("a")] == [number("1"), number("3")]
    assert root.first("b") == B
    assert root.first("c") is None


def test_an_empty_text_is_an_empty_tree() -> None:
    assert read("").root == Message()
    assert read("\n \n").root == Message()


def test_a_long_list_is_read() -> None:
    assert len(read(f"a: [{'1,' * 99_999} 1]").root.fields) == 100_000
