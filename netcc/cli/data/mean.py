"""`netcc data mean`: the mean image of a database."""

from __future__ import annotations

import json
from pathlib import Path

import click

from netcc.cli.data.options import force_option, path_type, progress_bar
from netcc.cli.options import json_option
from netcc.types import format_shape


@click.command()
@click.argument("database", metavar="DB", type=path_type)
@click.argument("out", type=path_type, required=False)
@force_option
@json_option
def mean(database: Path, out: Path | None, force: bool, as_json: bool) -> None:
    """Write the mean image of the database DB to OUT, a .binaryproto for mean_file.

    Prints the mean of each channel too, for mean_value; without OUT only these.

    \b
    Examples
      netcc data mean train_lmdb mean.binaryproto
    """
    from netcc.data.staging import check_free_file
    from netcc.data.tools.mean import mean_image, write_mean

    if out is not None:
        check_free_file(out, force)
    with progress_bar("reading", quiet=as_json) as bar:
        result = mean_image(database, bar.advance, bar.begin)
    if out is not None:
        write_mean(out, result, force=force)
    if as_json:
        content = {"records": result.records, "shape": list(result.image.shape), "mean_value": result.values}
        click.echo(json.dumps(content, indent=2))
        return
    click.echo(f"mean of {result.records} images of {format_shape(result.image.shape)}")
    for value in result.values:
        click.echo(f"mean_value: {value:.6g}")
