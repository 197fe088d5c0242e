"""`netcc data cifar10`: databases of small coloured images in ten classes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from netcc.cli.data.options import backend_option, echo_databases, force_option, path_type, progress_bar
from netcc.cli.options import json_option
from netcc.errors import UsageError

if TYPE_CHECKING:
    from netcc.data.database_writer import Backend
    from netcc.types import Array


@click.command()
@click.argument("out", type=path_type)
@click.option("--from", "folder", metavar="DIR", type=path_type, help="Take the official binary files of DIR.")
@click.option("--full", is_flag=True, help="Download them (162 MB).")
@backend_option
@force_option
@json_option
def cifar10(out: Path, folder: Path | None, full: bool, backend: Backend, force: bool, as_json: bool) -> None:
    """Write OUT/cifar10_train_lmdb and OUT/cifar10_test_lmdb.

    The images are those of data_batch_1.bin to data_batch_5.bin and test_batch.bin, their colours in the order R, G, B.

    \b
    Examples
      netcc data cifar10 . --from cifar-10-batches-bin
      netcc data cifar10 build --full
    """
    from netcc.data.staging import check_free
    from netcc.data.tools.cifar10 import database_names, write_cifar10

    if (folder is None) == (not full):
        raise UsageError("give either --from DIR or --full", notes=["CIFAR-10 does not come with netcc"])
    check_free(out, database_names(backend), force)  # before a long download, not after
    batches = _batches(folder, as_json)
    with progress_bar("writing", sum(map(len, batches.values())), quiet=as_json) as bar:
        made = write_cifar10(out, batches, backend=backend, force=force, advance=bar.advance)
    echo_databases(made, as_json)


def _batches(folder: Path | None, quiet: bool) -> dict[str, Array]:
    if folder is not None:
        from netcc.data.tools.cifar10 import batches_from

        return batches_from(folder)
    from netcc.data.tools.cifar10_download import ADDRESS, BYTES, download_batches

    click.echo(f"downloading {ADDRESS}", err=True)
    with progress_bar("downloading", BYTES, quiet=quiet, bytes_counted=True) as bar:
        return download_batches(bar.advance)
