"""How commands read definitions: from a file, or from standard input where the name is `-`."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from netcc.cli.group import echo_diagnostics
from netcc.errors import Diagnostic, Source, UsageError
from netcc.prototxt.parse import parse
from netcc.prototxt.source import decode, locate, read_source
from netcc.prototxt.tree import Document
from netcc.schema.bind import BoundNet, load_net

STDIN = "-"


def read_text(name: str) -> Source:
    """The text of the file `name`. Raises UsageError if it cannot be read, PrototxtError if it is no text."""
    return decode("<stdin>", sys.stdin.buffer.read()) if name == STDIN else read_source(name)


def read_document(name: str) -> Document:
    """The syntax tree of the file `name`."""
    return parse(read_text(name))


def read_net(name: str, *, strict: bool = False) -> BoundNet:
    """The net in the file `name`; warnings go to stderr."""
    return bind_document(read_document(name), strict=strict)


def bind_document(document: Document, *, strict: bool = False) -> BoundNet:
    """The net that `document` defines; warnings go to stderr. With `strict` an unknown field is an error."""
    net = load_net(document, unknown="error" if strict else "warn")
    show_warnings(net.warnings)
    return net


def show_warnings(warnings: Iterable[Diagnostic]) -> None:
    for warning in warnings:
        echo_diagnostics(str(warning))


def folder_of(name: str) -> Path | None:
    """The folder in which a definition's relative paths are tried after the working directory."""
    return None if name == STDIN else locate(name).parent


def once_from_stdin(names: Iterable[str]) -> None:
    """Raises UsageError if standard input is asked for twice."""
    if list(names).count(STDIN) > 1:
        raise UsageError("- (standard input) can be read only once")
