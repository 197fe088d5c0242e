"""`netcc features`: what a net computes for its data, as databases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from netcc.cli.data.options import backend_option, force_option, progress_bar
from netcc.cli.options import allow_python_option, json_option, on_bad_record_option, state_options, strict_option
from netcc.errors import UsageError
from netcc.types import format_shape

if TYPE_CHECKING:
    from netcc.data.database_writer import Backend


@click.command(
    epilog="""\b
Examples
  netcc features lenet.caffemodel train_val.prototxt ip1 ip1_lmdb 16
  netcc features w.caffemodel net.prototxt fc6,fc7 fc6_lmdb,fc7_lmdb 100
"""
)
@click.argument("weights")
@click.argument("net")
@click.argument("blobs")
@click.argument("databases", metavar="DBS")
@click.argument("batches", type=click.IntRange(min=1))
@backend_option
@click.option("--seed", type=click.IntRange(min=0), help="Seed of what is random in the net.")
@state_options
@strict_option
@allow_python_option
@on_bad_record_option
@force_option
@json_option
def features(
    weights: str,
    net: str,
    blobs: str,
    databases: str,
    batches: int,
    backend: Backend,
    seed: int | None,
    level: int | None,
    stages: tuple[str, ...],
    strict: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Run NET over BATCHES batches of its test data and write BLOBS to the databases DBS.

    BLOBS and DBS are names with commas between them, as many of one as of the other. Each row of a blob becomes a
    Datum of floats, as Caffe's extract_features writes them; NET is built for phase TEST.
    """
    from netcc.cli.reading import read_net
    from netcc.cli.test import require_source
    from netcc.data.staging import check_free
    from netcc.runtime.features import extract_features
    from netcc.runtime.net import Net
    from netcc.types import TEST

    targets = _targets(blobs, databases)
    for _, folder in targets:
        check_free(folder.parent, [folder.name], force)
    bound = read_net(net, strict=strict)
    require_source(bound, level, stages)
    with (
        Net(bound, TEST, weights, level=level, stages=stages, seed=seed, gradients=False) as made,
        progress_bar("extracting", batches, quiet=as_json) as bar,
    ):
        results = extract_features(made, targets, batches, backend=backend, force=force, advance=bar.advance)
    if as_json:
        content = [
            {"blob": item.blob, "path": str(item.path), "records": item.records, "shape": list(item.shape)}
            for item in results
        ]
        click.echo(json.dumps({"databases": content}, indent=2))
        return
    for item in results:
        click.echo(f"{item.path}: {item.records} rows of {item.blob}, {format_shape(item.shape)}")


def _targets(blobs: str, databases: str) -> list[tuple[str, Path]]:
    """Each blob with its database. Raises UsageError unless there is one for one, each another."""
    names, folders = blobs.split(","), databases.split(",")
    if len(names) != len(folders):
        raise UsageError(f"{len(names)} blobs but {len(folders)} databases", notes=["give a database for each blob"])
    if len({Path(folder).absolute() for folder in folders}) < len(folders):
        raise UsageError("two blobs cannot go to one database")
    return [(name, Path(folder)) for name, folder in zip(names, folders, strict=True)]
