"""A text file that is written line by line, so that a run that is killed leaves all it said."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Self

from netcc.errors import OutputError


class LineFile:
    """Each `write` reaches the system at once. `append` keeps what the file holds already, less a last line cut short.

    Raises OutputError if the file cannot be opened or written.
    """

    def __init__(self, path: str | Path, *, append: bool = False) -> None:
        self.path = Path(path)
        try:
            if append:
                _drop_cut_line(self.path)
            self._file = self.path.open("a" if append else "w", encoding="utf-8", buffering=1)
        except OSError as error:
            raise self._fault(error) from error

    def write(self, line: str) -> None:
        """Writes `line` and an end of line."""
        try:
            self._file.write(line + "\n")
        except OSError as error:
            raise self._fault(error) from error

    def close(self) -> None:
        """Closes the file; a second call does nothing."""
        try:
            self._file.close()
        except OSError as error:
            raise self._fault(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _fault(self, error: OSError) -> OutputError:
        return OutputError(f"cannot write {self.path}: {(error.strerror or str(error)).lower()}")


LONGEST_LINE = 1 << 20


def _drop_cut_line(path: Path) -> None:
    """Cuts the file behind its last end of line: what follows was being written when a run was killed."""
    if not path.is_file():
        return
    with path.open("rb+") as file:
        size = file.seek(0, os.SEEK_END)
        begin = max(0, size - LONGEST_LINE)
        file.seek(begin)
        tail = file.read()
        if not tail.endswith(b"\n") and (begin == 0 or b"\n" in tail):
            file.truncate(begin + tail.rfind(b"\n") + 1)
