"""Malformed examples, and exactly what is said of each: where, what, and what was expected."""

from textwrap import dedent

import pytest

from netcc.errors import Diagnostic, PrototxtError, Source
from netcc.prototxt.build import DEEPEST
from netcc.prototxt.parse import parse
from netcc.prototxt.recovery import MOST_FAULTS

A_VALUE = "expected a number, a string, a name or '{'"
A_FIELD = "expected 'name: value' or 'name { ... }'"
IN_QUOTES = "a string must stand in quotes"

EXAMPLES = {
    # brackets
    'layer { name: "a"': ["1:7 the bracket of 'layer' is never closed; expected '}'"],
    "a < b: 1": ["1:3 the bracket of 'a' is never closed; expected '>'"],
    "a: {": ["1:4 the bracket of 'a' is never closed; expected '}'"],
    "a { b {": [
        "1:3 the bracket of 'a' is never closed; expected '}'",
        "1:7 the bracket of 'b' is never closed; expected '}'",
    ],
    "a: 1 }": ["1:6 '}' closes nothing; no bracket is open here"],
    "a: 1 ]": ["1:6 ']' closes nothing; no bracket is open here"],
    "}\na: 1\n}": [
        "1:1 '}' closes nothing; no bracket is open here",
        "3:1 '}' closes nothing; no bracket is open here",
    ],
    "a {\n  b: 1\n>\nc: 1": ["3:1 '>' cannot close the '{' of line 1; expected '}'"],
    "a < b: 1 }": ["1:10 '}' cannot close the '<' of line 1; expected '>'"],
    "{ a: 1 }\nb: 2": [f"1:1 '{{' without a name before it; {A_FIELD}"],
    # values
    "a:": [f"1:1 'a' has no value; {A_VALUE}"],
    "a:\nb: 1\nc :": [f"1:1 'a' has no value; {A_VALUE}", f"3:1 'c' has no value; {A_VALUE}"],
    "a { b: }": [f"1:5 'b' has no value; {A_VALUE}"],
    "a: ;": [f"1:1 'a' has no value; {A_VALUE}"],
    "a: -\nb: 1": ["1:4 '-' without a number behind it"],
    "a: -foo": ["1:5 '-' cannot stand before 'foo'; expected a number, inf or nan"],
    "a: 1 2": [f"1:6 expected a field, found '2'; {A_FIELD}"],
    'a: 1 "s"': [f'1:6 expected a field, found "s"; {A_FIELD}'],
    "a: 1;; b: 2": [f"1:6 expected a field, found ';'; {A_FIELD}"],
    "a: b/c": [f"1:5 '/' cannot stand here; {IN_QUOTES}"],
    "a: b-1": [f"1:5 expected a field, found '-'; {IN_QUOTES}"],
    # colons
    "kernel_size 3\na: 1": ["1:13 expected ':' after 'kernel_size', found '3'"],
    "pool MAX": ["1:6 expected ':' after 'pool', found 'MAX'"],
    'name "x"': ["1:6 expected ':' after 'name', found \"x\""],
    "a = 3": ["1:3 expected ':' after 'a', found '='"],
    "a [1, 2]": ["1:3 expected ':' after 'a', before a list of values"],
    "a": [f"1:1 'a' is neither a field with a value nor a message; {A_FIELD}"],
    "a b: 1": [f"1:1 'a' is neither a field with a value nor a message; {A_FIELD}"],
    "a { b }": [f"1:5 'b' is neither a field with a value nor a message; {A_FIELD}"],
    'layer\n  name: "x"\n}\nb: 1': [f"1:1 'layer' is neither a field with a value nor a message; {A_FIELD}"],
    # numbers
    "a: 1x\nb: 0x\nc: 1.5.2\nd: 1e\ne: .5.5": [
        "1:4 '1x' is not a number",
        "2:4 '0x' is not a number",
        "3:4 '1.5.2' is not a number",
        "4:4 '1e' is not a number",
        "5:4 '.5.5' is not a number",
    ],
    # strings
    'a: "xyz\nb: 1': ['1:4 a string is not closed; expected " before the end of the line'],
    "a: 'xyz\"": ["1:4 a string is not closed; expected ' before the end of the line"],
    'a: "x\\': ['1:4 a string is not closed; expected " before the end of the line'],
    # characters
    "a: @\nb: $": ["1:4 '@' cannot stand here", "2:4 '$' cannot stand here"],
    "@": ["1:1 '@' cannot stand here"],
    "\u00a0a: 1": ["1:1 the character U+00A0 cannot stand here"],
    "a: é": ["1:4 'é' cannot stand here"],
    "a: 1\0": ["1:5 the character U+0000 cannot stand here"],
    # lists
    "a: [1, 2\nb: 1": ["1:4 '[' is never closed; expected ']' before 'b:'"],
    "a: [": ["1:4 '[' is never closed; expected ']' before the end of the file"],
    "a: [1 2]": ["1:7 expected ',' or ']' in a list, found '2'"],
    "a: [1,]": ["1:6 expected another item of the list, found ']'"],
    "a: [1; 2]": ["1:6 list items are separated by ','"],
    "a: [1, {b: 1}]": ["1:8 a list holds either values or messages"],
    "a: [{b: 1}, 2]": ["1:13 a list holds either values or messages"],
    "a: [@]": ["1:5 '@' cannot stand here"],
    "layer { [foo.bar]: 3 }": [f"1:9 expected a field, found '['; {A_FIELD}"],
}

ESCAPES = {
    '"x\\q"': "6: \\q is not an escape sequence",
    '"\\x"': "5: \\x needs 1 or 2 hexadecimal digits",
    '"\\u12"': "5: \\u needs 4 hexadecimal digits",
    '"\\U0012"': "5: \\U needs 8 hexadecimal digits",
    '"\\400"': "5: the octal escape \\400 is more than one byte",
    '"\\ud800"': "5: \\ud800 is not a Unicode character",
    '"\\ud800\\n"': "5: \\ud800 is not a Unicode character",
    '"\\U00110000"': "5: \\U00110000 is not a Unicode character",
    '"ok" "\\q"': "10: \\q is not an escape sequence",
}


def faults(text: str) -> tuple[Diagnostic, ...]:
    with pytest.raises(PrototxtError) as caught:
        parse(Source("t", text))
    return caught.value.diagnostics


def told(fault: Diagnostic) -> str:
    assert fault.span is not None
    return f"{fault.span.line}:{fault.span.column} " + "; ".join([fault.message, *fault.notes])


@pytest.mark.parametrize("text", EXAMPLES)
def test_each_fault_is_told_once_at_its_place(text: str) -> None:
    assert [told(fault) for fault in faults(text)] == EXAMPLES[text]


@pytest.mark.parametrize("literal", ESCAPES)
def test_a_bad_escape_is_told_at_its_place(literal: str) -> None:
    (fault,) = faults(f"a: {literal}")
    assert fault.span is not None
    assert f"{fault.span.column}: {fault.message}" == ESCAPES[literal]


def test_the_indentation_tells_which_bracket_is_not_closed() -> None:
    text = dedent("""\
        name: "n"
        layer {
          name: "a"
          convolution_param {
            num_output: 3
        }
        layer {
          name: "b"
        }
        """)
    assert [told(fault) for fault in faults(text)] == [
        "4:21 the bracket of 'convolution_param' is never closed; expected '}'"
    ]


def test_without_indentation_the_outermost_open_bracket_is_told() -> None:
    text = 'layer {\nname: "a"\nparam {\n}\nlayer {\n}\n'
    assert [told(fault) for fault in faults(text)] == ["1:7 the bracket of 'layer' is never closed; expected '}'"]


def test_all_faults_of_a_file_come_at_once_in_order() -> None:
    text = 'name: "net\nlayer {\n  bottom "x"\n  top: \n  pad: 1x\n  stride: [1 2]\n}\n}\n'
    assert [told(fault).split(";")[0] for fault in faults(text)] == [
        "1:7 a string is not closed",
        "3:10 expected ':' after 'bottom', found \"x\"",
        "4:3 'top' has no value",
        "5:8 '1x' is not a number",
        "6:14 expected ',' or ']' in a list, found '2'",
        "8:1 '}' closes nothing",
    ]


def test_the_whole_message_shows_the_line_and_a_mark() -> None:
    with pytest.raises(PrototxtError) as caught:
        parse(Source("net.prototxt", 'layer {\n  name "conv"\n}\n'))
    assert str(caught.value) == (
        "net.prototxt:2:8: error: expected ':' after 'name', found \"conv\"\n      name \"conv\"\n           ^~~~~~"
    )


def test_an_unfinished_merge_is_told_as_such() -> None:
    merge = f"{'<' * 7} HEAD\nb: 1\n{'=' * 7}\nb: 2\n{'>' * 7} other words\n"
    with pytest.raises(PrototxtError) as caught:
        parse(Source("net.prototxt", "a: 1\n" + merge + "c { }\n" + merge))
    assert [item.span.line for item in caught.value.diagnostics if item.span] == [2, 8]
    assert str(caught.value.diagnostics[0]) == (
        f"net.prototxt:2:1: error: a merge is not finished here\n    {'<' * 7} HEAD\n    ^~~~~~~~~~~~\n"
        "  keep one of the two versions, and delete the three lines that mark them"
    )


def test_a_file_of_nothing_but_faults_is_cut_short() -> None:
    shown = faults("@\n" * 1000)
    assert len(shown) == MOST_FAULTS + 1
    assert shown[-1].message == "there are more faults; mend these first"


@pytest.mark.parametrize(("opening", "closing"), ["{}", "<>"])
def test_nesting_is_bounded(opening: str, closing: str) -> None:
    parse(Source("t", f"a {opening} " * DEEPEST + closing * DEEPEST))
    (fault,) = faults(f"a {opening} " * (DEEPEST + 1))
    assert fault.message == f"brackets are nested more than {DEEPEST} deep"
    assert fault.span is not None
    assert (fault.span.start, fault.span.end) == (4 * DEEPEST + 2, 4 * DEEPEST + 3)


def test_a_hundred_thousand_brackets_are_no_crash() -> None:
    (fault,) = faults("a{" * 100_000)
    assert "nested" in fault.message


@pytest.mark.parametrize("text", ["\n" * 200_000, " " * 200_000, "#\n" * 100_000, "#" * 200_000])
def test_long_runs_of_nothing_are_read(text: str) -> None:
    assert parse(Source("t", text)).root.fields == []


@pytest.mark.parametrize(
    "text", ["a: " + '"' * 200_001, "a" * 200_000, "a: " + "1" * 200_000 + "x", "a: [" + "1 " * 100_000]
)
def test_long_runs_of_nonsense_are_faults(text: str) -> None:
    assert faults(text)
