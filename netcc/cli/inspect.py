"""`netcc inspect`: what is in a weights file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from netcc.cli.columns import columns, size_text
from netcc.cli.options import json_option
from netcc.errors import UsageError
from netcc.types import Shape

if TYPE_CHECKING:
    from netcc.report.weights import BlobRow, LayerWeights, WeightsTable


@click.command(
    epilog="""\b
Examples
  netcc inspect lenet_iter_10000.caffemodel
  netcc inspect vgg.caffemodel --json | jq '.layers[] | select(.blobs[].not_finite > 0) | .name'
  netcc inspect lost.caffemodel --prototxt -o found.prototxt
  netcc inspect lenet.netcc
  netcc inspect lost.caffemodel --prototxt | netcc deploy - --input data=1,3,227,227
"""
)
@click.argument("weights")
@click.option("--prototxt", is_flag=True, help="Print the definition of the net that the file was written by.")
@click.option("-o", "--out", metavar="FILE", help="Write the definition to this file instead of printing it.")
@json_option
def inspect(weights: str, prototxt: bool, out: str | None, as_json: bool) -> None:
    """Show the layers in WEIGHTS, their blobs, and how the numbers in them are spread.

    WEIGHTS is a .caffemodel of any generation of Caffe, or its HDF5 form. Least, greatest, mean and deviation are those
    of the finite numbers; zeros are a share of all. Of a compiled net (.netcc) the layers with their shapes are shown.
    """
    from netcc.cli.writing import write_text
    from netcc.compiled.archive import is_compiled

    if out and not prototxt:
        raise UsageError("--out goes with --prototxt")
    if prototxt and as_json:
        raise UsageError("--prototxt and --json exclude each other")
    if is_compiled(weights):
        if prototxt:
            raise UsageError(f"{weights} is a compiled net, of which there is no definition")
        _show_compiled(weights, as_json)
        return
    if prototxt:
        from netcc.report.recover import recovered

        write_text(recovered(weights), out)
        return
    from netcc.report.weights import weights_table

    table = weights_table(weights)
    click.echo(json.dumps(table.as_json(), indent=2) if as_json else as_text(table))


def _show_compiled(path: str, as_json: bool) -> None:
    from netcc.compiled.net import load

    with load(path) as net:
        click.echo(json.dumps(net.as_json(), indent=2) if as_json else str(net))


HEADER = ("layer", "type", "blob", "shape", "count", "least", "greatest", "mean", "deviation", "zeros")


def as_text(table: WeightsTable) -> str:
    """The table in columns below a title; layers without blobs are counted in it."""
    filled = sum(bool(layer.blobs) for layer in table.layers)
    title = f"{table.path.name} ({table.format}, {size_text(table.size)}): "
    title += f"{len(table.layers)} layers, {filled} with blobs"
    header, rows = list(HEADER), [row for layer in table.layers for row in _rows(layer)]
    total = [["total"], [], [], [], [f"{table.parameter_count:,}"], *[[] for _ in range(5)], [f"{table.not_finite:,}"]]
    if table.not_finite:
        title += "\n" + click.style(f"{table.not_finite:,} numbers are not finite", fg="red", bold=True)
        header.append("not finite")
    cells = [row[: len(header)] for row in [*rows, total]]
    return f"{title}\n\n{columns(header, cells, right=range(4, len(header)), total=True)}"


def _rows(layer: LayerWeights) -> list[list[list[str]]]:
    names = [[layer.name], [layer.type]]
    return [[*(names if index == 0 else [[], []]), *_cells(index, blob)] for index, blob in enumerate(layer.blobs)]


def _cells(index: int, blob: BlobRow) -> list[list[str]]:
    numbers = blob.statistics
    if blob.shape is None or numbers is None:
        return [[f"[{index}]"], ["of another layer"], *[[] for _ in range(7)]]
    spread = [numbers.least, numbers.greatest, numbers.mean, numbers.deviation]
    return [
        [f"[{index}]"],
        [_compact(blob.shape)],
        [f"{blob.count:,}"],
        *([] if value is None else [f"{value:.4g}"] for value in spread),
        [f"{numbers.zeros:.1%}"] if numbers.zeros else [],
        [f"{numbers.not_finite:,}"] if numbers.not_finite else [],
    ]


def _compact(shape: Shape) -> str:
    return "x".join(map(str, shape)) if shape else "scalar"
