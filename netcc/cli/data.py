"""`netcc data`: makes databases to train with."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from netcc.errors import UsageError
from netcc.types import format_shape

if TYPE_CHECKING:
    from netcc.data.idx import LabelledImages
    from netcc.data.mnist import Database


@click.group()
def data() -> None:
    """Make databases to train with."""


@data.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--from", "folder", metavar="DIR", type=click.Path(path_type=Path), help="Take the IDX files of DIR.")
@click.option("--full", is_flag=True, help="Download all 70,000 digits.")
@click.option("--force", is_flag=True, help="Replace databases that exist.")
@click.option("--json", "as_json", is_flag=True, help="Print what was made as JSON.")
def mnist(out: Path, folder: Path | None, full: bool, force: bool, as_json: bool) -> None:
    """Write OUT/mnist_train_lmdb and OUT/mnist_test_lmdb.

    The images are those bundled with netcc (6,000 to train with, 1,000 to test with) unless --from or --full is given.

    \b
    Examples
      netcc data mnist .
      netcc data mnist build --from ~/mnist --force
    """
    from netcc.data.mnist import PARTS, write_mnist
    from netcc.data.staging import check_free

    if folder and full:
        raise UsageError("--from and --full exclude each other")
    check_free(out, list(PARTS), force)  # before a long download, not after
    digits = _digits(folder, full)
    with _progress(sum(map(len, digits.values())), quiet=as_json) as advance:
        made = write_mnist(out, digits, force=force, advance=advance)
    click.echo(_as_json(made) if as_json else "\n".join(map(_as_text, made)))


def _digits(folder: Path | None, full: bool) -> dict[str, LabelledImages]:
    from netcc.data.mnist import bundled_digits, digits_from, downloaded_digits

    if full:
        return downloaded_digits(lambda name: click.echo(f"downloading {name}.gz", err=True))
    return digits_from(folder) if folder else bundled_digits()


@contextmanager
def _progress(total: int, quiet: bool) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, nothing elsewhere."""
    if quiet or not sys.stderr.isatty():
        yield lambda records: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("writing", total=total)
        yield lambda records: bar.advance(task, records)


def _as_text(made: Database) -> str:
    return f"{made.path}: {made.records} images of {format_shape(made.shape)}"


def _as_json(made: list[Database]) -> str:
    databases = [{"path": str(item.path), "records": item.records, "shape": list(item.shape)} for item in made]
    return json.dumps({"databases": databases}, indent=2)
