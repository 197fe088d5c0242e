"""What holds of every text: no crash, the same language as the grammar read by Lark, and print undone by parse."""

from functools import cache
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lark import Lark
from lark.exceptions import UnexpectedInput

from netcc.errors import PrototxtError, Source
from netcc.prototxt.format import format_document
from netcc.prototxt.parse import parse
from netcc.prototxt.recovery import MOST_FAULTS
from netcc.prototxt.tables import GRAMMAR
from netcc.prototxt.tree import Document

PIECES = [
    "a", "b_1:", "c :", "layer", "-", "1", "0x1f", "017", "1.", ".5e-3", "2f", "1.5.2", "3x", "inf", '"s"', "'t'", '"',
    "'", '"\\n"', '"\\q"', "{", "}", "<", ">", "[", "]", ",", ";", ":", "=", "#", "# c", "\n", "\n  ", " ", "\t",
    "\r\n", "é", "\u00a0", "\0", "/", "\\", "a: 1", 'b: "x"', "c { d: 1 }", "e: [1, 2]", "f: [{ g: 1 }, < h: 2 >]",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=30).map("".join)
SPACED = st.lists(st.sampled_from(PIECES), max_size=30).map(" ".join)


def parsed(text: str) -> Document | PrototxtError:
    try:
        return parse(Source("t", text))
    except PrototxtError as error:
        return error


@given(TEXTS | SPACED | st.text())
@example("a: [1, {")
@example("a [1 , , <")
@example("{" * 101)
@example("a: \ud800")
def test_any_text_gives_a_tree_or_faults_that_can_be_shown(text: str) -> None:
    result = parsed(text)
    if isinstance(result, PrototxtError):
        assert 1 <= len(result.diagnostics) <= MOST_FAULTS + 1
        assert str(result).startswith("t:")


@cache
def lark() -> Lark:
    return Lark(Path(GRAMMAR).read_text(encoding="ascii"), parser="lalr", lexer="basic", start="document")


@given(SPACED)
def test_the_tables_read_the_language_of_the_grammar(text: str) -> None:
    try:
        lark().parse(text)
    except UnexpectedInput:
        with pytest.raises(PrototxtError):
            parse(Source("t", text))
        return
    result = parsed(text)
    if isinstance(result, PrototxtError):
        beyond_grammar = ("is not an escape sequence", "cannot stand before", "list items are separated by ','")
        assert all(any(part in fault.message for part in beyond_grammar) for fault in result.diagnostics)


@given(TEXTS | SPACED)
def test_print_is_undone_by_parse(text: str) -> None:
    document = parsed(text)
    if isinstance(document, PrototxtError):
        return
    printed = format_document(document)
    again = parse(Source("t", printed))
    assert again == document
    assert format_document(again) == printed
