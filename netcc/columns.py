"""Text in aligned columns: readable on a terminal, in a file and by `awk`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

Row = Sequence[Sequence[str]]
"""The cells of a row; each cell is a list of lines."""


def columns(
    header: Sequence[str],
    rows: Sequence[Row],
    *,
    right: Collection[int] = (),
    total: bool = False,
    style: Callable[[str], str] = str,
) -> str:
    """Rows below a header, two spaces between columns; `right` names the columns of numbers.

    With `total`, a rule stands above the last row. `style` is what the line of the header gets, such as bold letters.
    """
    cells = [[[title] for title in header], *[list(map(list, row)) for row in rows]]
    widths = [max((len(line) for row in cells for line in row[column]), default=0) for column in range(len(header))]
    lines = [_lines(row, widths, right) for row in cells]
    rule = ["─" * (sum(widths) + 2 * (len(widths) - 1))]
    lines[0] = [style(line) for line in lines[0]]
    lines.insert(1, rule)
    if total:
        lines.insert(-1, rule)
    return "\n".join(line for row in lines for line in row)


def _lines(row: Row, widths: Sequence[int], right: Collection[int]) -> list[str]:
    height = max((len(cell) for cell in row), default=0)
    return [
        "  ".join(
            _pad(cell[index] if index < len(cell) else "", widths[column], column in right)
            for column, cell in enumerate(row)
        ).rstrip()
        for index in range(height)
    ]


def _pad(text: str, width: int, right: bool) -> str:
    return text.rjust(width) if right else text.ljust(width)


def size_text(size: int) -> str:
    """Bytes in the unit that leaves one to four digits before the point."""
    if size < 1024:
        return f"{size} B"
    power = min(3, (size.bit_length() - 1) // 10)
    return f"{size / 1024**power:.1f} {'KMG'[power - 1]}iB"
