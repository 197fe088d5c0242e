"""`netcc time`: how long every layer of a net takes, beside what the machine could do."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from netcc.cli.columns import columns
from netcc.cli.options import (
    allow_python_option,
    exact_option,
    input_option,
    json_option,
    memory_option,
    phase_option,
    state_options,
    strict_option,
)
from netcc.types import Phase, Shape

if TYPE_CHECKING:
    from netcc.report.timing import TimeRow, TimeTable
    from netcc.targets.options import MemoryUse


@click.command(
    epilog="""\b
Examples
  netcc time zoo:resnet50
  netcc time deploy.prototxt --batch 8 -o deploy.png
  netcc time train_val.prototxt --train --input data=64,3,227,227
  netcc time zoo:lenet --json | jq .totals
"""
)
@click.argument("net")
@click.option("--train", is_flag=True, help="Time training: backward and an update by SGD with momentum too.")
@phase_option(None, "Phase to compile for.  [default: test, train with --train]")
@click.option("--iterations", type=click.IntRange(min=1), default=10, show_default=True, help="Passes to time.")
@click.option("--batch", type=click.IntRange(min=1), help="Batch size of all inputs and data layers.")
@input_option
@state_options
@strict_option
@exact_option
@memory_option
@allow_python_option
@click.option("-o", "--out", metavar="FILE", help="Draw it as well (.png, .svg, .pdf).")
@json_option
def time(
    net: str,
    train: bool,
    phase: Phase | None,
    iterations: int,
    batch: int | None,
    inputs: dict[str, Shape],
    level: int | None,
    stages: tuple[str, ...],
    strict: bool,
    exact: bool,
    memory: MemoryUse,
    out: str | None,
    as_json: bool,
) -> None:
    """Show how long every layer of NET takes: median time, GFLOP/s, GB/s and the share of this machine's limits.

    The limits are measured first: the fastest product of matrices and the fastest copy. Inputs are random numbers; a
    data layer whose shape is given by --input needs no data, others are read and timed as they are.
    """
    from netcc.cli.reading import folder_of, read_net
    from netcc.report.timed_net import time_net
    from netcc.report.timing_picture import draw_times
    from netcc.solver.plot import load_figure
    from netcc.types import TEST, TRAIN

    if out:
        load_figure()  # a picture that cannot be drawn is no reason to wait
    chosen = phase if phase is not None else TRAIN if train else TEST
    bound = read_net(net, strict=strict)
    with progress(iterations) as passed:
        table = time_net(
            bound,
            chosen,
            iterations,
            train=train,
            batch=batch,
            inputs=inputs,
            level=level,
            stages=stages,
            folder=folder_of(net),
            exact=exact,
            memory=memory,
            passed=passed,
        )
    click.echo(json.dumps(table.as_json(), indent=2) if as_json else as_text(table))
    if out:
        draw_times(table, Path(out))
        click.echo(f"wrote {out}", err=as_json)


@contextmanager
def progress(iterations: int) -> Iterator[Callable[[], None]]:
    """Shows on a terminal which pass is running; yields what to call after each."""
    import sys

    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    shown = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*shown, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("limits of the machine, warming up", total=iterations + 1)

        def passed() -> None:
            bar.update(task, description="passes", advance=1)

        yield passed


def as_text(table: TimeTable) -> str:
    """A table for each pass, one by type, and the totals."""
    limits = table.limits
    title = (
        f"{table.name or '(no name)'}, {table.phase}, batch {table.batch}: {passes_text(table.passes)}, "
        f"{limits.threads} thread{'s' if limits.threads > 1 else ''}\n"
        f"this machine: products {limits.flops / 1e9:.0f} GFLOP/s, copies {limits.bytes_per_second / 1e9:.0f} GB/s"
    )
    parts = [title, f"forward\n{_pass_text(table, table.forward)}"]
    if table.backward:
        parts.append(f"backward\n{_pass_text(table, table.backward)}")
    parts += [f"by type\n{_type_text(table)}", totals_text(table)]
    return "\n\n".join(parts)


def passes_text(passes: int) -> str:
    return f"medians of {passes} passes" if passes > 1 else "one pass"


def _pass_text(table: TimeTable, rows: Sequence[TimeRow]) -> str:
    from netcc.report.timing import total

    seconds, limits = total(rows), table.limits
    cells = []
    for row in rows:
        _, bound = row.limit_seconds(limits)
        cells.append(
            [
                [row.name],
                [row.type],
                [_milliseconds(row.seconds)],
                [_percent(row.seconds, seconds)],
                [_rate(row.flop, row.seconds)],
                [_rate(row.bytes, row.seconds)],
                [f"{row.share_of_limit(limits):.0%} {bound}" if row.bytes else ""],
            ]
        )
    least = sum(row.limit_seconds(limits)[0] for row in rows)
    flop, moved = sum(row.flop for row in rows), sum(row.bytes for row in rows)
    last = [_milliseconds(seconds), "", _rate(flop, seconds), _rate(moved, seconds), _percent(least, seconds)]
    cells.append([["total"], [], *([cell] for cell in last)])
    header = ["layer", "type", "ms", "share", "GFLOP/s", "GB/s", "of limit"]
    return columns(header, cells, right={2, 3, 4, 5}, total=True)


def _type_text(table: TimeTable) -> str:
    passes = 2 if table.backward else 1
    rows = [
        [
            [name or "(fills)"],
            *([_milliseconds(part)] for part in parts[:passes]),
            [_percent(sum(parts), table.seconds)],
        ]
        for name, *parts in table.by_type()
    ]
    header = ["type", "forward ms", "backward ms"][: 1 + passes]
    return columns([*header, "share"], rows, right={1, 2, 3})


def totals_text(table: TimeTable) -> str:
    """`forward 3.21 ms, backward 6.50 ms, update 0.40 ms: 10.1 ms a step, 6,330 images/s`."""
    from netcc.report.timing import total

    parts = [f"forward {_milliseconds(total(table.forward))} ms"]
    if table.backward:
        parts += [f"backward {_milliseconds(total(table.backward))} ms", f"update {_milliseconds(table.update)} ms"]
    whole = f"{_milliseconds(table.seconds)} ms a step, " if table.backward else ""
    rate = table.batch / table.seconds
    images = f"{rate:,.0f}" if rate >= 10 else f"{rate:.2g}"
    return f"{', '.join(parts)}: {whole}{images} images/s"


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1e3:.2f}" if seconds < 1 else f"{seconds * 1e3:,.0f}"


def _percent(part: float, whole: float) -> str:
    return f"{part / whole:.0%}" if whole else ""


def _rate(amount: int, seconds: float) -> str:
    return f"{amount / seconds / 1e9:.1f}" if amount and seconds else ""
