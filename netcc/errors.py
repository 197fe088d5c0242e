"""What netcc says when something is wrong: where, what, what was expected, what may have been meant.

Everything that a user can get wrong is reported as a `NetccError`, which carries one `Diagnostic` for each fault.
"""

from __future__ import annotations

import difflib
import os
import stat
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import ClassVar, Literal


@dataclass(frozen=True)
class FileState:
    """What shows whether somebody wrote into a file: its size, and when it was last changed."""

    path: str
    size: int
    changed: int

    @classmethod
    def of(cls, path: str | os.PathLike[str]) -> FileState | None:
        """That of the file now; None where there is none, or one that has no lasting text, such as a pipe."""
        try:
            facts = os.stat(path)
        except (OSError, ValueError):
            return None
        return cls(os.path.abspath(path), facts.st_size, facts.st_mtime_ns) if stat.S_ISREG(facts.st_mode) else None

    def is_past(self) -> bool:
        """Whether something else stands at the path now."""
        now = FileState.of(self.path)
        return now is not None and now != self


@dataclass(frozen=True)
class Source:
    """A text and the name under which messages speak of it (a path, or `<text>`)."""

    name: str
    text: str = field(repr=False)
    file: FileState | None = field(default=None, repr=False, compare=False)
    """The file as it was when the text was read from it."""

    @cached_property
    def _line_starts(self) -> list[int]:
        starts = [0]
        starts.extend(index + 1 for index, char in enumerate(self.text) if char == "\n")
        return starts

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of `offset`, both counted from 1."""
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of line `number` (from 1), without its end."""
        start = self._line_starts[number - 1]
        end = self.text.find("\n", start)
        return self.text[start : end if end >= 0 else len(self.text)].rstrip("\r")


@dataclass(frozen=True)
class Span:
    """The part of a source from offset `start` up to, not including, `end`."""

    source: Source
    start: int
    end: int

    @property
    def line(self) -> int:
        return self.source.position(self.start)[0]

    @property
    def column(self) -> int:
        return self.source.position(self.start)[1]

    def __str__(self) -> str:
        return f"{self.source.name}:{self.line}:{self.column}"


@dataclass(frozen=True)
class Diagnostic:
    """One fault, warning or note.

    `message` says what is wrong in one sentence without a full stop; `span` where; `notes` what was expected or what to
    do, each one line; `suggestion` the name that was probably meant.
    """

    message: str
    span: Span | None = None
    notes: tuple[str, ...] = ()
    suggestion: str | None = None
    severity: Literal["error", "warning", "note"] = "error"

    def __str__(self) -> str:
        """`file:line:col: error: message`, the line with a caret, then the notes."""
        head = f"{self.severity}: {self.message}"
        lines = [f"{self.span}: {head}" if self.span else head]
        if self.span:
            lines += _quote(self.span)
        lines += [f"  {note}" for note in self.notes]
        if self.suggestion:
            lines.append(f"  did you mean {self.suggestion!r}?")
        if self.span and self.span.source.file and self.span.source.file.is_past():
            lines.append(f"  {self.span.source.name} has changed since it was read: this is what stood there")
        return "\n".join(lines)


def _quote(span: Span) -> list[str]:
    """The source line and a marker below the span; a long line is cut around the span."""
    line, column = span.line, span.column
    text = span.source.line(line).expandtabs(1)
    length = max(1, min(span.end - span.start, len(text) - column + 1))
    begin = max(0, column - 61)
    text = text[begin : begin + 120]
    marker = " " * (column - 1 - begin) + "^" + "~" * (min(length, 120 - (column - 1 - begin)) - 1)
    printable = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
    return [f"    {printable}", f"    {marker}"]


class NetccError(Exception):
    """The base of all errors that netcc raises on purpose."""

    exit_code: ClassVar[int] = 1

    def __init__(
        self,
        message: str | Sequence[Diagnostic],
        *,
        span: Span | None = None,
        notes: Iterable[str] = (),
        suggestion: str | None = None,
    ) -> None:
        if isinstance(message, str):
            message = [Diagnostic(message, span, tuple(notes), suggestion)]
        self.diagnostics: tuple[Diagnostic, ...] = tuple(message)
        Exception.__init__(self, self.diagnostics)  # of a class derived from another one too, no __init__ but this

    def __str__(self) -> str:
        return "\n".join(map(str, self.diagnostics))

    @property
    def message(self) -> str:
        """The first fault's sentence alone."""
        return self.diagnostics[0].message

    def located(self, span: Span | None, *notes: str) -> NetccError:
        """The same error with `span` where a fault has none yet, and with those of `notes` that it lacks."""
        moved = [
            replace(d, span=d.span or span, notes=tuple(dict.fromkeys((*d.notes, *notes)))) for d in self.diagnostics
        ]
        return type(self)(moved)


class PrototxtError(NetccError):
    """The text is not a net or solver definition: syntax, unknown fields, wrong kinds of values."""


class GraphError(NetccError):
    """The layers do not join into a net: a missing or doubled blob, a wrong number of bottoms or tops."""


class LayerError(NetccError):
    """A layer's own fields make no sense.

    `field` is the path of the offending field below the layer, as `("convolution_param", "kernel_size")`; whoever knows
    the text turns it into a position.
    """

    def __init__(
        self,
        message: str | Sequence[Diagnostic],
        *,
        field: tuple[str, ...] = (),
        span: Span | None = None,
        notes: Iterable[str] = (),
        suggestion: str | None = None,
    ) -> None:
        super().__init__(message, span=span, notes=notes, suggestion=suggestion)
        self.field = field


class ShapeError(LayerError):
    """The shapes that reach a layer do not fit it."""


class WeightsError(NetccError):
    """A weights or snapshot file cannot be read, or does not fit the net."""


class CompiledNetError(NetccError):
    """The file of a compiled net cannot be read: it is damaged, of another version, or something else."""


class DataError(NetccError):
    """A data source is missing, damaged or does not fit the net."""


class SolverError(NetccError):
    """The solver's fields contradict each other or ask for something that does not exist."""


class NumericsError(NetccError):
    """A value that must be finite is not."""


class MemoryShortageError(NetccError, MemoryError):
    """A net takes more memory than there is; a MemoryError too, as Python's."""


class OutputError(NetccError):
    """A result could not be written."""


class UsageError(NetccError):
    """A command or function was called with arguments that do not go together."""

    exit_code = 2


class UnknownNameError(UsageError, KeyError):
    """Something is asked for by a name that does not exist; a KeyError too, for whoever looks it up in a mapping."""


class ArrayError(UsageError, ValueError):
    """Numbers that are given do not fit: their shape, or values that are no numbers; a ValueError too, as NumPy's."""


class NetccWarning(UserWarning):
    """Something was passed over that the user should know of: `warnings.warn` tells it, a command prints it."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(str(diagnostic))
        self.diagnostic = diagnostic


def closest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate most like `name`, or None if none is near."""
    near = nearest(name, candidates, 1)
    return near[0] if near else None


def nearest(name: str, candidates: Iterable[str], most: int) -> list[str]:
    """At most `most` candidates like `name`, the nearest first; case does not count."""
    by_folded = {candidate.lower(): candidate for candidate in candidates}
    return [by_folded[near] for near in difflib.get_close_matches(name.lower(), by_folded, n=most, cutoff=0.6)]
