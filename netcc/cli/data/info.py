"""`netcc data info`: what is in a database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netcc.cli.data.options import force_option, path_type, progress_bar
from netcc.cli.options import json_option
from netcc.errors import UsageError
from netcc.types import format_shape

if TYPE_CHECKING:
    from netcc.data.tools.info import DatabaseInfo

BAR_WIDTH = 40
MOST_BARS = 40
MOST_SHAPES = 10


@click.command()
@click.argument("database", metavar="DB", type=path_type)
@click.option("--sheet", metavar="FILE", type=path_type, help="Write a PNG that shows the first images.")
@click.option("--count", type=click.IntRange(1, 2500), default=100, show_default=True, help="Images on the sheet.")
@click.option("--rgb", is_flag=True, help="Colours are stored as R, G, B (CIFAR-10), not B, G, R.")
@force_option
@json_option
def info(database: Path, sheet: Path | None, count: int, rgb: bool, force: bool, as_json: bool) -> None:
    """Count the images, sizes and labels of the database DB, an LMDB or a LevelDB.

    Where records say which objects are in their images (SSD), the objects of each label are counted.

    \b
    Examples
      netcc data info mnist_train_lmdb
      netcc data info train_lmdb --sheet first.png
    """
    from netcc.data.staging import check_free_file
    from netcc.data.tools.info import database_info

    if sheet is not None:
        if sheet.suffix.lower() != ".png":
            raise UsageError(f"--sheet writes a PNG: {sheet} should end with .png")
        check_free_file(sheet, force)
    with progress_bar("reading", quiet=as_json) as bar:
        result = database_info(database, count if sheet else 0, bar.advance, bar.begin)
    if sheet is not None:
        _write_sheet(sheet, result, rgb)
    click.echo(json.dumps(_as_json(result), indent=2) if as_json else "\n".join(_as_lines(result)))


def _write_sheet(sheet: Path, result: DatabaseInfo, rgb: bool) -> None:
    from netcc.atomic import atomic_write
    from netcc.data.tools.png import encode_png
    from netcc.data.tools.sheet import contact_sheet

    pictures, labels = zip(*result.first, strict=True)
    with atomic_write(sheet) as file:
        file.write(encode_png(contact_sheet(pictures, labels, rgb=rgb)))


def _as_json(result: DatabaseInfo) -> dict[str, Any]:
    return {
        "path": str(result.path),
        "backend": result.backend,
        "records": result.records,
        "bytes": result.value_bytes,
        "images": [
            {"shape": list(shape), "kind": kind, "records": number}
            for (shape, kind), number in result.images.most_common()
        ],
        "annotated": result.annotated,
        "labels": {str(label): result.labels[label] for label in sorted(result.labels)},
    }


def _as_lines(result: DatabaseInfo) -> list[str]:
    lines = [f"{result.path}: {result.backend.upper()} of {result.records} records, {result.value_bytes:,} bytes"]
    common = result.images.most_common(MOST_SHAPES)
    lines += [f"{number:>9} of {format_shape(shape)}, {kind}" for (shape, kind), number in common]
    if len(result.images) > len(common):
        lines.append(f"{'':>9} and {len(result.images) - len(common)} other sizes")
    if result.annotated:
        lines.append(f"{sum(result.labels.values())} objects in {result.annotated} annotated records")
    if not result.labels:
        return lines
    lines.append(_labels_line(result))
    return lines + _bars(_grouped(result))


def _labels_line(result: DatabaseInfo) -> str:
    if len(result.labels) == 1:
        return f"1 label, {min(result.labels)}"
    return f"{len(result.labels)} labels, from {min(result.labels)} to {max(result.labels)}"


def _grouped(result: DatabaseInfo) -> list[tuple[str, int]]:
    """Records of each label; many labels share a line in runs of the same length."""
    labels = sorted(result.labels)
    run = -(-len(labels) // MOST_BARS)
    groups = [labels[start : start + run] for start in range(0, len(labels), run)]
    return [(_range(group), sum(result.labels[label] for label in group)) for group in groups]


def _range(group: list[int]) -> str:
    return str(group[0]) if len(group) == 1 else f"{group[0]} .. {group[-1]}"


def _bars(groups: list[tuple[str, int]]) -> list[str]:
    most = max(number for _, number in groups)
    width = max(9, *(len(name) for name, _ in groups))
    return [f"{name:>{width}} {number:>9} {'#' * max(1, round(BAR_WIDTH * number / most))}" for name, number in groups]
