"""How commands write text: to a file that appears whole, or to standard output."""

from __future__ import annotations

import click

from netcc.atomic import atomic_write
from netcc.errors import UsageError
from netcc.zoo.find import is_zoo_name

KEPT = "surrogateescape"
"""How bytes of comments that are not UTF-8 are kept."""


def write_text(text: str, path: str | None) -> None:
    """Writes `text` to the file at `path`, or prints it if there is none.

    Raises OutputError if that cannot be done, UsageError if `path` means a file of the zoo.
    """
    if path is None or path == "-":
        print_text(text)
        return
    if is_zoo_name(path):
        raise UsageError(f"{path} is not written over", notes=["`netcc zoo copy NAME DIR` makes a copy to work on"])
    with atomic_write(path) as file:
        file.write(text.encode("utf-8", KEPT))


def print_text(text: str) -> None:
    """Prints `text`, of which comments may be in another encoding (`netcc.prototxt.source.decode`)."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        click.echo(text.encode("utf-8", KEPT), nl=False)
    else:
        click.echo(text, nl=False)
