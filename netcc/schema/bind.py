"""Syntax tree -> schema message: every field is checked against its descriptor, all faults of a file come at once.

What is accepted, and the value it gives, is what google/protobuf/text_format gives for the same text.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from google.protobuf.message import Message as ProtobufMessage

from netcc.errors import Diagnostic, PrototxtError, Source, Span, UsageError
from netcc.prototxt.kinds import Kind, kind_of, telling_field
from netcc.prototxt.parse import parse
from netcc.prototxt.source import read_source
from netcc.prototxt.tree import Document, Field, Message
from netcc.prototxt.upgrade import upgrade_net, upgrade_solver
from netcc.schema import caffe_pb2
from netcc.schema.binder import Binder, Unknown

EXPECTED = {
    "net": "expected a net: layer { ... }",
    "solver": "expected a solver: net or train_net, base_lr, lr_policy, max_iter ...",
}
COLON_IN_PATH = re.compile(r"([A-Za-z]:[\\/]|zoo:)[^\n{]*$")
"""A path on Windows, or a file of the zoo, whose colon does not make it a text."""

M = TypeVar("M", bound=ProtobufMessage)


@dataclass(frozen=True, slots=True)
class BoundNet:
    """A net definition in today's spelling: the message, and the text that each part of it comes from.

    `layer_nodes[i]` is the node of `message.layer[i]` in `document`, the upgraded tree.
    """

    message: caffe_pb2.NetParameter
    document: Document
    warnings: tuple[Diagnostic, ...] = ()
    layer_nodes: list[Field] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "layer_nodes", list(self.document.root.all("layer")))

    @property
    def source(self) -> Source:
        return self.document.source


@dataclass(frozen=True, slots=True)
class BoundSolver:
    """A solver definition in today's spelling, and the text it comes from; `overrides` are fields from elsewhere."""

    message: caffe_pb2.SolverParameter
    document: Document
    warnings: tuple[Diagnostic, ...] = ()
    overrides: Document | None = None

    @property
    def source(self) -> Source:
        return self.document.source


def load_net(net: str | os.PathLike[str] | Document, *, unknown: Unknown = "error") -> BoundNet:
    """Read, upgrade and bind a net: a path, its text (a str with a line break, a brace or a colon), or its tree.

    Raises `UsageError` if there is no such file, `PrototxtError` for all that is wrong with the definition.
    """
    document = _document(net, "net")
    upgraded, notes = upgrade_net(document)
    message, warnings = bind(upgraded, caffe_pb2.NetParameter, unknown=unknown)
    return BoundNet(message, upgraded, (*_losses(notes), *warnings))


def load_solver(solver: str | os.PathLike[str] | Document, *, unknown: Unknown = "error") -> BoundSolver:
    """Read, upgrade and bind a solver, as `load_net` does a net."""
    document = _document(solver, "solver")
    upgraded, notes = upgrade_solver(document)
    message, warnings = bind(upgraded, caffe_pb2.SolverParameter, unknown=unknown)
    return BoundSolver(message, upgraded, (*_losses(notes), *warnings))


def _losses(notes: list[Diagnostic]) -> list[Diagnostic]:
    """What an upgrade left out; that it changed the spelling needs no word."""
    return [note for note in notes if note.severity == "warning"]


def bind(document: Document, message_class: type[M], *, unknown: Unknown = "error") -> tuple[M, tuple[Diagnostic, ...]]:
    """The message that `document` spells, and warnings.

    A field that the schema lacks is an error, or with `unknown="warn"` a warning and left out. Raises `PrototxtError`
    with one diagnostic for each fault, in the order of the text, then the warnings.
    """
    message = message_class()
    binder = Binder(document, unknown)
    binder.bind(document.root, message)
    if binder.errors:
        faults = sorted(binder.errors, key=lambda error: error.span.start if error.span else -1)
        raise PrototxtError([*faults, *binder.warnings])
    return message, tuple(binder.warnings)


def locate(document: Document, node: Field | Message, path: Sequence[str | int]) -> Span | None:
    """Where the field at `path` below `node` stands, from its name to the end of its value.

    A number in the path picks one of repeated fields (from 0). Where the path leads nowhere, the place of the last
    field that exists; None if that was made by the program.
    """
    found: Field | Message = node
    for index, name in enumerate(path):
        if isinstance(name, int):
            continue
        message = found.value if isinstance(found, Field) else found
        following = path[index + 1] if index + 1 < len(path) else 0
        place = following if isinstance(following, int) else 0
        matches = list(message.all(name)) if isinstance(message, Message) else []
        if place >= len(matches):
            break
        found = matches[place]
    return _field_span(document, found)


def _field_span(document: Document, node: Field | Message) -> Span | None:
    span = document.span(node)
    if span and isinstance(node, Field) and not isinstance(node.value, Message) and node.value.end >= 0:
        return Span(document.source, node.start, node.value.end)
    return span


def _document(definition: str | os.PathLike[str] | Document, wanted: Kind) -> Document:
    """The tree of a net or solver; refuses an empty one, and the one where the other is wanted."""
    document = definition if isinstance(definition, Document) else parse(source_of(definition))
    if not document.root.fields:
        name, blank = document.source.name, not document.source.text.strip()
        reason = "the file is empty" if blank else "there are only comments in it"
        raise PrototxtError(f"{name}: {reason}", notes=[f"expected a {wanted} definition"])
    kind = kind_of(document)
    if kind not in (wanted, "unknown"):
        raise _other_kind(document, kind, wanted)
    return document


def source_of(definition: str | os.PathLike[str]) -> Source:
    """The text itself if `definition` looks like one, else that of the file of that name."""
    if not isinstance(definition, str | os.PathLike):
        raise UsageError(
            f"a definition cannot be of type {type(definition).__name__}",
            notes=["expected a path or the text itself (a str), a tree, or a message"],
        )
    if isinstance(definition, str) and not COLON_IN_PATH.match(definition) and set(definition) & set("\n{:"):
        return Source("<text>", definition)
    return read_source(definition)


def _other_kind(document: Document, kind: Kind, wanted: Kind) -> PrototxtError:
    item = telling_field(document, kind)
    span = document.span(item) if item else None
    shown = f" ({item.name!r}{f' on line {span.line}' if span else ''})" if item else ""
    return PrototxtError(f"this is a {kind} definition{shown}, not a {wanted}", span=span, notes=[EXPECTED[wanted]])
