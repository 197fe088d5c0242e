"""The table of a net for people: as text in columns, and as HTML for notebooks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from html import escape

from netcc.columns import columns, size_text
from netcc.ir.table import LayerRow, ShapeTable
from netcc.types import Shape

HEADER = ("layer", "type", "tops", "parameters", "count", "MACs", "memory")
NUMBERS = {4, 5, 6}

MOST_SHOWN = 60
"""Layers that are shown where a table appears by itself; those in the middle are left out of longer ones."""

Cells = list[list[str]]


def table_text(table: ShapeTable, *, most: int | None = None, style: Callable[[str], str] = str) -> str:
    """The table in columns below a title; MACs and memory are those of a whole batch.

    `most` is how many layers are shown, all by default. `style` is for the line of the header.
    """
    rows = [*_rows(table, most), _total(table)]
    return f"{title(table)}\n\n{columns(HEADER, rows, right=NUMBERS, total=True, style=style)}"


def table_html(table: ShapeTable, *, most: int | None = MOST_SHOWN) -> str:
    """The table as HTML, for notebooks."""
    head = f"<thead><tr>{''.join(f'<th>{name}</th>' for name in HEADER)}</tr></thead>"
    body = f"<tbody>{''.join(map(_html_row, _rows(table, most)))}</tbody>"
    foot = f"<tfoot>{_html_row(_total(table), 'th')}</tfoot>"
    return f"<p>{escape(title(table))}</p><table>{head}{body}{foot}</table>"


def title(table: ShapeTable) -> str:
    """Name, phase and number of layers."""
    text = f"{table.name or '(no name)'}, {table.phase.name}: {len(table.layers)} layers"
    if table.unknown_layers:
        text += f", {table.unknown_layers} of unknown shape; totals are of what is known"
    return text


def _rows(table: ShapeTable, most: int | None) -> Iterator[Cells]:
    layers: Sequence[LayerRow] = table.layers
    left_out = 0 if most is None else max(0, len(layers) - most)
    first = (len(layers) - left_out + 1) // 2
    yield from map(_cells, layers[:first])
    if left_out:
        yield [[f"... {left_out} more ..."], *[[] for _ in HEADER[1:]]]
    yield from map(_cells, layers[first + left_out :])


def _cells(layer: LayerRow) -> Cells:
    return [
        [layer.name],
        [layer.type],
        [f"{name} {_compact(shape)}" for name, shape in layer.tops],
        [f"{item.name} {_compact(item.shape)}{' (shared)' if item.shared else ''}" for item in layer.parameters],
        [f"{item.count:,}" for item in layer.parameters],
        ["?"] if layer.macs is None else [f"{layer.macs:,}"] if layer.macs else [],
        [size_text(layer.activation_bytes)] if layer.activation_bytes else [],
    ]


def _total(table: ShapeTable) -> Cells:
    memory = size_text(table.activation_bytes)
    return [["total"], [], [], [], [f"{table.parameter_count:,}"], [f"{table.macs:,}"], [memory]]


def _compact(shape: Shape | None) -> str:
    if shape is None:
        return "?"
    return "x".join(map(str, shape)) if shape else "scalar"


def _html_row(cells: Cells, tag: str = "td") -> str:
    parts = []
    for column, lines in enumerate(cells):
        align = "right" if column in NUMBERS else "left"
        parts.append(f'<{tag} style="text-align: {align}">{"<br>".join(map(escape, lines))}</{tag}>')
    return f"<tr>{''.join(parts)}</tr>"
