"""`netcc data mnist`: databases of handwritten digits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from netcc.cli.data.options import backend_option, echo_databases, force_option, path_type, progress_bar
from netcc.cli.options import json_option
from netcc.errors import UsageError

if TYPE_CHECKING:
    from netcc.data.database_writer import Backend
    from netcc.data.idx import LabelledImages


@click.command()
@click.argument("out", type=path_type)
@click.option("--from", "folder", metavar="DIR", type=path_type, help="Take the IDX files of DIR.")
@click.option("--full", is_flag=True, help="Download all 70,000 digits.")
@backend_option
@force_option
@json_option
def mnist(out: Path, folder: Path | None, full: bool, backend: Backend, force: bool, as_json: bool) -> None:
    """Write OUT/mnist_train_lmdb and OUT/mnist_test_lmdb (or _leveldb).

    The images are those bundled with netcc (6,000 to train with, 1,000 to test with) unless --from or --full is given.

    \b
    Examples
      netcc data mnist .
      netcc data mnist build --from ~/mnist --force
    """
    from netcc.data.mnist import PARTS, database_names, write_mnist
    from netcc.data.staging import check_free

    if folder and full:
        raise UsageError("--from and --full exclude each other")
    check_free(out, database_names(PARTS, backend), force)  # before a long download, not after
    digits = _digits(folder, full)
    with progress_bar("writing", sum(map(len, digits.values())), quiet=as_json) as bar:
        made = write_mnist(out, digits, backend=backend, force=force, advance=bar.advance)
    echo_databases(made, as_json)


def _digits(folder: Path | None, full: bool) -> dict[str, LabelledImages]:
    from netcc.data.mnist import bundled_digits, digits_from, downloaded_digits

    if full:
        return downloaded_digits(lambda name: click.echo(f"downloading {name}.gz", err=True))
    return digits_from(folder) if folder else bundled_digits()
