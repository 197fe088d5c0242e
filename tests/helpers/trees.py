"""Strategies for syntax trees as the parser makes them."""

from __future__ import annotations

import string

from hypothesis import strategies as st

from netcc.errors import Source
from netcc.prototxt.tree import Document, Field, Message, Scalar

NAMES = st.text(string.ascii_letters + "_", min_size=1, max_size=6)
NUMBERS = st.sampled_from(["0", "-7", "0x1F", "1.5", ".5", "1e-3", "2.f", "-0.25", "017"])
COMMENTS = st.text(st.characters(blacklist_categories=["C", "Z"]) | st.just(" "), max_size=8).map(
    lambda text: f"#{text}".rstrip()
)
SCALARS = (
    st.builds(Scalar, st.just("number"), NUMBERS)
    | st.builds(Scalar, st.just("identifier"), NAMES | st.just("-inf"))
    | st.builds(Scalar, st.just("string"), st.text(st.characters(max_codepoint=255), max_size=8))
)


def with_blank_lines(comments: list[str]) -> list[str]:
    """No two blank lines in a row: the parser keeps one."""
    return [text for index, text in enumerate(comments) if text or comments[index - 1 : index] != [""]]


LEADING = st.lists(COMMENTS | st.just(""), max_size=3).map(with_blank_lines)
FIELDS = st.deferred(
    lambda: st.builds(Field, NAMES, SCALARS | MESSAGES, comments=LEADING, trailing=st.none() | COMMENTS)
)


def finished(fields: list[Field], comments: list[str], trailing: str | None) -> Message:
    """A message without blank lines at its beginning and end."""
    first = fields[0].comments if fields else comments
    while first[:1] == [""]:
        first.pop(0)
    while comments[-1:] == [""]:
        comments.pop()
    return Message(fields, comments=comments, trailing=trailing)


MESSAGES = st.builds(finished, st.lists(FIELDS, max_size=4), LEADING, st.none() | COMMENTS)
DOCUMENTS = st.builds(
    lambda fields, comments: Document(Source("made", ""), finished(fields, comments, None)),
    st.lists(FIELDS, max_size=4),
    LEADING,
)
