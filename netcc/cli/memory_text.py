"""The timeline of memory as text: a row for each buffer, a bar while it is needed, and what that takes."""

from __future__ import annotations

from collections.abc import Sequence

from netcc.cli.columns import columns, size_text
from netcc.report.memory import BufferRow, MemoryTable

WIDTH = 48
"""Columns that stand for the steps of a pass."""

SMALL = 0.005
"""Buffers below this share of the arena are told together, unless all are asked for."""

LONGEST_NAME = 40

LEVELS = " ▁▂▃▄▅▆▇█"


def memory_text(table: MemoryTable, *, every: bool = False) -> str:
    """Rows in the order in which buffers are needed, the memory alive over time, and the totals."""
    in_time = sorted(table.buffers, key=lambda row: (not row.held, row.first, row.offset))
    shown = [row for row in in_time if every or row.bytes >= SMALL * table.arena]
    small = [row for row in table.buffers if row not in shown]
    rows = [_cells(row, len(table.steps)) for row in shown]
    if small:
        size = size_text(sum(row.bytes for row in small))
        rows.append([[f"({len(small)} smaller)"], [], [], [size], []])
    rows.append([["alive"], [], [], [], [_levels(table)]])
    header = ["buffer", "role", "offset", "size", f"steps 0 to {len(table.steps) - 1}"]
    title = f"{table.name or '(no name)'}, {table.phase}: buffers {len(table.buffers)}, steps {len(table.steps)}"
    return f"{title}\n\n{columns(header, rows, right={2, 3}, total=True)}\n\n{totals_text(table)}"


def totals_text(table: MemoryTable) -> str:
    share = f" ({table.saved / table.separate:.0%})" if table.separate else ""
    return "\n".join(
        [
            *_low_lines(table),
            f"one arena of {size_text(table.arena)}; each buffer on its own {size_text(table.separate)}: "
            f"{size_text(table.saved)} saved{share}",
            f"lower bound of the lifetimes: {size_text(table.lower_bound)}, at {table.fullest!r}; "
            f"the arena is {table.ratio:.2f} times that",
            f"parameters and their gradients: {size_text(table.parameters)} more",
        ]
    )


def _low_lines(table: MemoryTable) -> list[str]:
    """What a plan that saves memory saves, and what that costs."""
    if table.fast_arena is None:
        return []
    lines = [f"memory low: the arena of the plan for speed is {size_text(table.fast_arena)}"]
    if table.again:
        layers = f"{len(table.again)} layer{'s' if len(table.again) > 1 else ''}"
        lines.append(f"computed again for the backward pass: {layers}, {size_text(table.again_bytes)} of blobs")
    return lines


def _cells(row: BufferRow, steps: int) -> Sequence[Sequence[str]]:
    bar = _bar(row.first, row.last, steps)
    name = row.name if len(row.name) <= LONGEST_NAME else f"{row.name[: LONGEST_NAME - 1]}…"
    return [[name], ["held" if row.held else row.role], [f"{row.offset:,}"], [size_text(row.bytes)], [bar]]


def _bar(first: int, last: int, steps: int) -> str:
    """A stretch of the columns; at least one, however short the life."""
    width = min(WIDTH, steps)
    start, end = first * width // steps, (last * width // steps) + 1
    return " " * start + "█" * (end - start)


def _levels(table: MemoryTable) -> str:
    """The most that is alive in the steps of each column."""
    steps, width = len(table.steps), min(WIDTH, len(table.steps))
    peaks = [0] * width
    for time, size in enumerate(table.alive):
        column = time * width // steps
        peaks[column] = max(peaks[column], size)
    return "".join(LEVELS[-(-peak * (len(LEVELS) - 1) // table.lower_bound)] if peak else " " for peak in peaks)
