"""Single fields of a solver from outside its file: `base_lr=0.001`, `train_state.level=1`, `stepvalue=[5000, 7000]`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from google.protobuf.descriptor import FieldDescriptor

from netcc.errors import Diagnostic, PrototxtError, Source, Span
from netcc.prototxt.parse import parse
from netcc.prototxt.tree import Document, Field, Message, Node, Scalar
from netcc.prototxt.upgrade import upgrade_solver
from netcc.schema import caffe_pb2
from netcc.schema.bind import BoundSolver, bind

SETTING = re.compile(r"\s*((?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*)\s*=")
"""What stands before the value."""


def override(solver: BoundSolver, settings: Sequence[str], name: str = "--set") -> BoundSolver:
    """`solver` with the fields that `settings` give, one each; one given repeatedly is a list that takes the place of
    the solver's own. A string needs no quotes. `name` stands for the file in messages, a setting for a line of it.

    Raises PrototxtError for every fault, as for a file.
    """
    source = Source(name, "\n".join(setting.replace("\n", " ") for setting in settings))
    document = Document(source, _read_all(source))
    upgraded, _ = upgrade_solver(document)
    given, warnings = bind(upgraded, caffe_pb2.SolverParameter)
    message = caffe_pb2.SolverParameter()
    message.CopyFrom(solver.message)
    _put_over(message, given)
    return replace(solver, message=message, overrides=upgraded, warnings=(*solver.warnings, *warnings))


def _put_over(target: Any, given: Any) -> None:
    """Sets what `given` has in `target`, message by message, lists as a whole."""
    for field, value in given.ListFields():
        if isinstance(value, (str, bytes, bool, int, float)):
            setattr(target, field.name, value)
        elif hasattr(value, "ListFields"):
            getattr(target, field.name).SetInParent()
            _put_over(getattr(target, field.name), value)
        else:
            target.ClearField(field.name)
            getattr(target, field.name).extend(value)


def _read_all(source: Source) -> Message:
    """The tree of all settings; fields with dots before them are in messages. Raises PrototxtError for every fault."""
    root, faults, start = Message(), list[Diagnostic](), 0
    for line in source.text.split("\n"):
        try:
            for field in _read(source, start, line):
                _insert(root, field)
        except PrototxtError as error:
            faults += error.diagnostics
        start += len(line) + 1
    if faults:
        raise PrototxtError(faults)
    return root


def _insert(root: Message, field: Field) -> None:
    """Adds the field, or what is in its message to the one of the same name."""
    present = root.first(field.name) if isinstance(field.value, Message) and field.value.start < 0 else None
    if present is None or not (isinstance(present.value, Message) and isinstance(field.value, Message)):
        root.fields.append(field)
        return
    for inner in field.value.fields:
        _insert(present.value, inner)


def _read(source: Source, start: int, line: str) -> Iterator[Field]:
    """The field, or fields if the value is a list, of the setting that begins at `start`."""
    match = SETTING.match(line)
    if match is None:
        span = Span(source, start, start + len(line))
        raise PrototxtError(f"{line!r} sets no field", span=span, notes=["expected FIELD=VALUE, as base_lr=0.001"])
    names = match[1].split(".")
    values = _values(names[-1], source, start + match.end(), line[match.end() :], is_string=_is_string(names))
    for value in values:
        end = start + match.end(1)
        field = Field(names[-1], value, end - len(names[-1]), end)
        for outer in reversed(names[:-1]):
            field = Field(outer, Message([field]), start + match.start(1), start + match.start(1) + len(outer))
        yield field


def _values(name: str, source: Source, start: int, text: str, *, is_string: bool) -> list[Node]:
    """The value that stands at `start`, or those in a list there."""
    stripped = text.strip()
    if not stripped and not is_string:
        raise PrototxtError(f"{name!r} has no value", span=Span(source, start - 1, start))
    if is_string and stripped[:1] not in ('"', "'", "["):
        begin = start + text.index(stripped)
        return [Scalar("string", stripped.encode().decode("latin-1"), begin, begin + len(stripped))]
    # Blanks keep the value in its place; the field that it needs stands where name and equals sign are.
    try:
        document = parse(Source(source.name, " " * (start - 2) + "v:" + text))
    except PrototxtError as error:
        raise PrototxtError([_moved(fault, name, source) for fault in error.diagnostics]) from None
    if not document.root.fields or any(field.name != "v" for field in document.root.fields):
        span = Span(source, start, start + max(1, len(text)))
        raise PrototxtError("one value is expected here", span=span, notes=["give --set again for another field"])
    return [field.value for field in document.root.fields]


def _moved(fault: Diagnostic, name: str, source: Source) -> Diagnostic:
    """The fault with its place, and the name of the field, in the text that the user wrote."""
    span = Span(source, fault.span.start, fault.span.end) if fault.span else None
    return replace(fault, message=fault.message.replace("'v'", repr(name)), span=span)


def _is_string(names: Sequence[str]) -> bool:
    """Whether the field at the path `names` of a solver holds strings."""
    message: Any = caffe_pb2.SolverParameter.DESCRIPTOR
    field: Any = None
    for name in names:
        field = message.fields_by_name.get(name) if message else None
        message = field.message_type if field else None
    return bool(field) and field.type == FieldDescriptor.TYPE_STRING
