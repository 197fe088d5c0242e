"""The bar that commands of `netcc data` show on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from netcc.cli.data.options import ProgressBar


class _TerminalBar(ProgressBar):
    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task

    def begin(self, total: int) -> None:
        self._progress.update(self._task, total=total)

    def advance(self, number: int) -> None:
        self._progress.advance(self._task, number)


@contextmanager
def terminal_bar(what: str, total: int | None, bytes_counted: bool) -> Iterator[ProgressBar]:
    """What is done, how much of it, and the time left; it goes away at the end."""
    count = DownloadColumn() if bytes_counted else MofNCompleteColumn()
    columns = (TextColumn("{task.description}"), BarColumn(), count, TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield _TerminalBar(progress, progress.add_task(what, total=total))
