"""String literals: the bytes behind the escapes, and back.

The bytes of a string are held as text with one character for each byte (latin-1), as in `Scalar.text`.
"""

from __future__ import annotations

import re

ESCAPE = re.compile(
    r"\\(?:(?P<octal>[0-7]{1,3})|[xX](?P<hexadecimal>[0-9A-Fa-f]{1,2})|u(?P<short>[0-9A-Fa-f]{4})"
    r"|U(?P<long>[0-9A-Fa-f]{8})|(?P<letter>[abfnrtv?'\"\\])|(?P<bad>.))",
    re.DOTALL,
)
LETTERS = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
ESCAPED = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}
HIGH_SURROGATES = range(0xD800, 0xDC00)
LOW_SURROGATES = range(0xDC00, 0xE000)


class EscapeError(ValueError):
    """An escape that means nothing: what is wrong with it, and its offset and length in the literal."""

    def __init__(self, message: str, offset: int, length: int) -> None:
        super().__init__(message)
        self.offset = offset
        self.length = length


def decode_literal(literal: str) -> str:
    """The bytes, as latin-1 text, of one quoted piece of a string.

    Characters outside ASCII stand for their UTF-8 bytes, as do `\\u` and `\\U`. Raises `EscapeError`.
    """
    body = literal[1:-1]
    if "\\" not in body:
        return body if body.isascii() else _utf8(body)
    pieces = []
    begin = 1
    while match := ESCAPE.search(literal, begin, len(literal) - 1):
        pieces.append(_utf8(literal[begin : match.start()]))
        piece, begin = _decode_escape(match)
        pieces.append(piece)
    pieces.append(_utf8(literal[begin:-1]))
    return "".join(pieces)


def _decode_escape(match: re.Match[str]) -> tuple[str, int]:
    """The bytes of one escape and the offset behind it."""
    octal, hexadecimal, letter = match["octal"], match["hexadecimal"], match["letter"]
    if letter:
        return LETTERS.get(letter, letter), match.end()
    if hexadecimal:
        return chr(int(hexadecimal, 16)), match.end()
    if octal:
        if int(octal, 8) > 0xFF:
            raise EscapeError(f"the octal escape {match[0]!s} is more than one byte", match.start(), len(match[0]))
        return chr(int(octal, 8)), match.end()
    if match["bad"]:
        raise EscapeError(_complaint(match["bad"]), match.start(), len(match[0]))
    return _decode_unicode(match)


def _complaint(letter: str) -> str:
    digits = {"x": "1 or 2", "X": "1 or 2", "u": "4", "U": "8"}.get(letter)
    return f"\\{letter} needs {digits} hexadecimal digits" if digits else f"\\{letter} is not an escape sequence"


def _decode_unicode(match: re.Match[str]) -> tuple[str, int]:
    """A `\\u` or `\\U` escape; two `\\u` of a surrogate pair are one character."""
    point, end = int(match["short"] or match["long"], 16), match.end()
    following = ESCAPE.match(match.string, end)
    if point in HIGH_SURROGATES and following and following["short"]:
        low = int(following["short"], 16)
        if low in LOW_SURROGATES:
            point = 0x10000 + (point - HIGH_SURROGATES.start) * 0x400 + (low - LOW_SURROGATES.start)
            end = following.end()
    if point > 0x10FFFF or point in HIGH_SURROGATES or point in LOW_SURROGATES:
        raise EscapeError(f"{match[0]} is not a Unicode character", match.start(), len(match[0]))
    return _utf8(chr(point)), end


def _utf8(text: str) -> str:
    """One character for each UTF-8 byte; a lone surrogate, which no file holds, becomes a question mark."""
    return text.encode("utf-8", "replace").decode("latin-1")


def decode_utf8(text: str) -> str:
    """The text behind `text`, latin-1 characters that are UTF-8 bytes. Raises UnicodeDecodeError."""
    return text if text.isascii() else text.encode("latin-1").decode("utf-8")


def encode_literal(text: str) -> str:
    """The canonical literal for the bytes of `text`: double quotes, readable UTF-8 as it is, other bytes in octal."""
    try:
        readable = decode_utf8(text)
    except UnicodeDecodeError:
        readable = text
        return '"' + "".join(_encode_byte(char) for char in readable) + '"'
    return '"' + "".join(_encode_character(char) for char in readable) + '"'


def _encode_character(char: str) -> str:
    if char in ESCAPED:
        return ESCAPED[char]
    return char if char.isprintable() else "".join(f"\\{byte:03o}" for byte in char.encode())


def _encode_byte(char: str) -> str:
    if char in ESCAPED:
        return ESCAPED[char]
    return char if " " <= char <= "~" else f"\\{ord(char):03o}"
