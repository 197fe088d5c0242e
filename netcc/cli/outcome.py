"""What becomes of a command over many files: a fault in one does not keep the others from being looked at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from netcc.cli.group import WRONG_INPUT, show
from netcc.errors import NetccError


class Outcome:
    """Shows errors as they come and remembers the exit code that they call for."""

    def __init__(self) -> None:
        self.exit_code = 0

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Shows a NetccError of the block instead of letting it end the command."""
        try:
            yield
        except NetccError as error:
            show(error)
            self.exit_code = max(self.exit_code, error.exit_code)

    def found(self) -> None:
        """Notes that the command found what it looks for, which is no error but calls for exit code 1."""
        self.exit_code = max(self.exit_code, WRONG_INPUT)
