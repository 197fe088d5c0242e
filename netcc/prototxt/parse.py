"""Text -> syntax tree: protobuf's text format, with all syntax faults of a file reported at once.

The grammar is grammar.lark. Its LALR tables drive `Machine`; `Builder` makes the nodes; at a token that cannot stand,
`Recovery` reports it and repairs the parse. What is accepted is what google/protobuf/text_format.cc accepts, less
extension names and Any, which Caffe's files do not use.
"""

from __future__ import annotations

import re
import sys

from netcc.errors import Diagnostic, PrototxtError, Source, Span
from netcc.prototxt.build import DEEPEST, Builder, TooDeepError
from netcc.prototxt.comments import attach_comments
from netcc.prototxt.machine import Machine, scan
from netcc.prototxt.recovery import MOST_FAULTS, Recovery, TooManyFaultsError
from netcc.prototxt.tables import END, load_tables
from netcc.prototxt.tree import Document

CONFLICT = re.compile(r"^<{7} .*$", re.MULTILINE)
"""The line above the first of two versions, as git leaves it in a file that it could not merge."""


def parse(source: Source) -> Document:
    """The tree of `source`, comments included; a source without fields gives an empty one.

    Raises `PrototxtError` with one diagnostic for each fault, in the order of the text; of a file with the marks of an
    unfinished merge, with one for each place that is to be merged.
    """
    try:
        return _parse(source)
    except PrototxtError:
        if conflicts := [_conflict(source, found) for found in CONFLICT.finditer(source.text)]:
            raise PrototxtError(conflicts[:MOST_FAULTS]) from None
        raise


def _conflict(source: Source, found: re.Match[str]) -> Diagnostic:
    note = "keep one of the two versions, and delete the three lines that mark them"
    return Diagnostic("a merge is not finished here", Span(source, found.start(), found.end()), (note,))


def _parse(source: Source) -> Document:
    faults: list[Diagnostic] = []
    machine = Machine(Builder(source, faults))
    try:
        _run(machine, source, faults)
    except TooManyFaultsError:
        faults.append(Diagnostic("there are more faults; mend these first"))
    if faults:
        raise PrototxtError(sorted(faults, key=_position))
    document: Document = machine.result
    attach_comments(document)
    return document


def _run(machine: Machine, source: Source, faults: list[Diagnostic]) -> None:
    """Feed all tokens, with whatever repairs it takes; `faults` says which."""
    recovery = Recovery(source, machine, faults)
    feed, end = machine.feed, load_tables().terminals.index(END)
    for token in scan(source.text):
        terminal = token.lastindex or 0
        try:
            if not feed(terminal, token):
                recovery.accept(token)
        except TooDeepError:
            opening = machine.values[-1]
            span = Span(source, opening.start(opening.lastindex), opening.end())
            raise PrototxtError(f"brackets are nested more than {DEEPEST} deep", span=span) from None
        if terminal == end:
            return


def _position(fault: Diagnostic) -> int:
    """Where a fault stands, for sorting; one without a place comes last."""
    return fault.span.start if fault.span else sys.maxsize
