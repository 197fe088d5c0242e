"""The timeline of memory as a picture: every buffer a rectangle, steps to the right, places in the arena upwards."""

from __future__ import annotations

from pathlib import Path

from netcc.report.memory import MemoryTable
from netcc.solver.plot import load_figure, plain, save_figure

COLORS = {
    "data": "#1f4e8c",
    "diff": "#c8641e",
    "saved": "#2e8b57",
    "scratch": "#b8b8b8",
    "state": "#8e44ad",
    "derived": "#b8860b",
}
OTHER = "#606060"
MIB = 2**20


def draw_memory(table: MemoryTable, picture: Path) -> None:
    """Draws `table` into the file `picture`. Raises OutputError if matplotlib is missing or the file is refused."""
    figure = load_figure()(figsize=(11, 6), layout="constrained")
    axes = figure.subplots()
    axes.set_title(_title(table), loc="left", fontsize=11)
    for role in dict.fromkeys(row.role for row in table.buffers):
        rows = [row for row in table.buffers if row.role == role]
        axes.bar(
            [row.first for row in rows],
            [row.bytes / MIB for row in rows],
            width=[row.last - row.first + 1 for row in rows],
            bottom=[row.offset / MIB for row in rows],
            align="edge",
            color=COLORS.get(role, OTHER),
            edgecolor="white",
            linewidth=0.3,
            label=role,
        )
    edges = range(len(table.alive) + 1)
    axes.stairs([size / MIB for size in table.alive], edges, color="black", linewidth=1.2, label="alive in all")
    axes.axhline(table.lower_bound / MIB, color="black", linewidth=0.8, linestyle=":", label="lower bound")
    axes.set_xlim(0, len(table.steps))
    axes.set_ylim(0, 1.03 * max(table.arena / MIB, 1e-6))
    axes.set_xlabel(_passes(table))
    axes.set_ylabel("MiB")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    figure.legend(loc="outside lower center", ncols=8, frameon=False, fontsize=9)
    save_figure(figure, picture)


def _title(table: MemoryTable) -> str:
    return (
        f"{plain(table.name)}, {table.phase}: arena {table.arena / MIB:.1f} MiB, "
        f"{table.ratio:.2f} times the lower bound; {table.separate / MIB:.1f} MiB without sharing"
    )


def _passes(table: MemoryTable) -> str:
    back = len(table.steps) - table.forward
    return f"steps: {table.forward} forward, {back} backward" if back else f"steps: {table.forward} forward"
