"""How commands write text: to a file that appears whole, or to standard output."""

from __future__ import annotations

import click

from netcc.atomic import atomic_write


def write_text(text: str, path: str | None) -> None:
    """Writes `text` to the file at `path`, or prints it if there is none. Raises OutputError if that cannot be done."""
    if path is None or path == "-":
        click.echo(text, nl=False)
        return
    with atomic_write(path) as file:
        file.write(text.encode("utf-8"))
