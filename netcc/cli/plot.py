"""`netcc plot`: the curves of runs as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from netcc.errors import UsageError


@click.command(
    epilog="""\b
Examples
  netcc plot lenet.log                              draws lenet.png
  netcc plot sgd.metrics.jsonl adam.metrics.jsonl -o runs.png --lr
  netcc plot caffe.INFO -o caffe.svg
"""
)
@click.argument("logs", nargs=-1, required=True, metavar="LOG...")
@click.option("-o", "--out", metavar="FILE", help="The picture (.png, .svg, .pdf).  [default: LOG.png, or curves.png]")
@click.option("--lr", is_flag=True, help="Draw the learning rate as well.")
def plot(logs: tuple[str, ...], out: str | None, lr: bool) -> None:
    """Draw loss, test scores and perhaps the learning rate of runs; several LOGs go into one picture.

    A LOG is a log of Caffe, or a log or metrics file that `netcc train` left.
    """
    from netcc.solver.compare import draw_comparison
    from netcc.solver.history import read_history
    from netcc.solver.plot import draw_curves

    picture = Path(out) if out else default_picture(logs)
    if str(picture) in logs:
        raise UsageError(f"{picture} is a log to read; give the picture another name")
    runs = [read_history(log) for log in logs]
    if len(runs) == 1:
        draw_curves(runs[0], picture, lr=lr)
    else:
        draw_comparison(dict(zip(labels(logs), runs, strict=True)), picture, lr=lr)
    click.echo(f"wrote {picture}")


def default_picture(logs: Sequence[str]) -> Path:
    """The picture of one log stands beside it, that of several in the working directory."""
    return Path(logs[0]).with_name(f"{stem(logs[0])}.png") if len(logs) == 1 else Path("curves.png")


def labels(logs: Sequence[str]) -> list[str]:
    """What the legend calls the runs: their names as far as these differ, else the paths."""
    names = [stem(log) for log in logs]
    if len(set(names)) == len(names):
        return names
    paths = [str(Path(log).with_name(stem(log))) for log in logs]
    return paths if len(set(paths)) == len(paths) else [f"{index}: {log}" for index, log in enumerate(logs, 1)]


def stem(log: str) -> str:
    """The name of a log less the endings that netcc gives."""
    name = Path(log).name
    for ending in (".metrics.jsonl", ".jsonl", ".log", ".txt"):
        if name.endswith(ending) and name != ending:
            return name.removesuffix(ending)
    return name
