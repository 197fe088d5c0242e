"""The table of times as a picture: a bar for each layer, and how near it comes to the limits of the machine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from netcc.report.timing import TimeRow, TimeTable, total
from netcc.solver.plot import load_figure, plain, save_figure

FORWARD_COLOR, BACKWARD_COLOR = "#1f4e8c", "#c8641e"
LONGEST = 60
"""Inches: where more rows would need more, they stand closer."""


def draw_times(table: TimeTable, picture: Path) -> None:
    """Draws `table` into the file `picture`. Raises OutputError if matplotlib is missing or the file is refused."""
    names = list(dict.fromkeys(row.name for row in (*table.forward, *reversed(table.backward))))
    height = min(LONGEST, 1.8 + 0.2 * len(names))
    figure = load_figure()(figsize=(11, height), layout="constrained")
    figure.suptitle(_title(table), x=0.01, ha="left", fontsize=11)
    times, shares = figure.subplots(1, 2, sharey=True, width_ratios=(3, 2))
    places = {name: place for place, name in enumerate(names)}
    _bars(times, table, places)
    _dots(shares, table, places)
    times.set_yticks(range(len(names)), [plain(name) for name in names], fontsize=7)
    times.set_ylim(len(names) - 0.4, -0.6)
    save_figure(figure, picture)


def _title(table: TimeTable) -> str:
    limits = table.limits
    return (
        f"{plain(table.name)}, {table.phase}, batch {table.batch}: {table.seconds * 1e3:.1f} ms, "
        f"{table.batch / table.seconds:,.0f} images/s "
        f"({limits.flops / 1e9:.0f} GFLOP/s, {limits.bytes_per_second / 1e9:.0f} GB/s)"
    )


def _passes(table: TimeTable) -> list[tuple[str, str, Sequence[TimeRow]]]:
    found = [("forward", FORWARD_COLOR, table.forward), ("backward", BACKWARD_COLOR, table.backward)]
    return [item for item in found if item[2]]


def _bars(axes: Any, table: TimeTable, places: dict[str, int]) -> None:
    start = [0.0] * len(places)
    for name, color, rows in _passes(table):
        own = [0.0] * len(places)
        for row in rows:
            own[places[row.name]] += row.seconds * 1e3
        label = f"{name} {total(rows) * 1e3:.1f} ms"
        axes.barh(range(len(places)), own, left=start, height=0.72, color=color, label=label)
        start = [before + more for before, more in zip(start, own, strict=True)]
    axes.set_xlabel("milliseconds")
    axes.legend(frameon=False, fontsize=9, loc="best")
    _tidy(axes)


def _dots(axes: Any, table: TimeTable, places: dict[str, int]) -> None:
    """Filled where products are the limit, hollow where memory is."""
    for _, color, rows in _passes(table):
        for row in (row for row in rows if row.bytes):
            _, bound = row.limit_seconds(table.limits)
            face = color if bound == "compute" else "white"
            share = 100 * row.share_of_limit(table.limits)
            axes.plot(share, places[row.name], "o", markersize=4, color=color, markerfacecolor=face)
    axes.axvline(100, color="#9a9a9a", linewidth=1)
    axes.set_xlim(left=0)
    axes.set_xlabel("% of the limit (filled: compute, hollow: memory)")
    _tidy(axes)


def _tidy(axes: Any) -> None:
    axes.grid(True, axis="x", color="#e6e6e6", linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
