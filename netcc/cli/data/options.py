"""What the commands of `netcc data` share: options, a bar, and how they say what they made."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from netcc.types import format_shape

if TYPE_CHECKING:
    from netcc.data.mnist import Database

Command = TypeVar("Command", bound=Callable[..., Any])

path_type = click.Path(path_type=Path)

force_option = click.option("--force", is_flag=True, help="Replace what exists.")

backend_option = click.option(
    "--backend", type=click.Choice(["lmdb", "leveldb"]), default="lmdb", show_default=True, help="Kind of database."
)


class ProgressBar:
    """Shows how far a command is; `begin` may tell the total later than at the start."""

    def begin(self, total: int) -> None:
        """There are `total` things to do."""

    def advance(self, number: int) -> None:
        """`number` more are done."""


@contextmanager
def progress_bar(
    what: str, total: int | None = None, *, quiet: bool = False, bytes_counted: bool = False
) -> Iterator[ProgressBar]:
    """A bar on a terminal, nothing elsewhere or where `quiet`."""
    if quiet or not sys.stderr.isatty():
        yield ProgressBar()
        return
    from netcc.cli.data.terminal import terminal_bar

    with terminal_bar(what, total, bytes_counted) as bar:
        yield bar


def echo_databases(made: Sequence[Database], as_json: bool) -> None:
    """Says what was made, a line for each database."""
    if as_json:
        databases = [{"path": str(item.path), "records": item.records, "shape": list(item.shape)} for item in made]
        click.echo(json.dumps({"databases": databases}, indent=2))
        return
    for item in made:
        click.echo(f"{item.path}: {item.records} images of {format_shape(item.shape)}")
