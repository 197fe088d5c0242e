"""A text file that is written line by line, so that a run that is killed leaves all it said."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

from netcc.errors import OutputError


class LineFile:
    """Each `write` reaches the system at once. `append` keeps what the file holds already.

    Raises OutputError if the file cannot be opened or written.
    """

    def __init__(self, path: str | Path, *, append: bool = False) -> None:
        self.path = Path(path)
        try:
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
