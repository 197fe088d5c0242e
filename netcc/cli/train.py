"""`netcc train`: runs a solver, shows how it goes, and leaves weights, a log, metrics and curves."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from netcc.cli.group import INTERRUPTED
from netcc.cli.options import allow_python_option, json_option, strict_option
from netcc.errors import UsageError

if TYPE_CHECKING:
    from netcc.cli.progress import Progress
    from netcc.cli.training import Order, Summary
    from netcc.schema.bind import BoundNet, BoundSolver


@click.command(
    epilog="""\b
Examples
  netcc train solver.prototxt
  netcc train net.prototxt solver.prototxt --max-iter 1000 --seed 1 --out out
  netcc train solver.prototxt --weights pretrained.caffemodel
  netcc train solver.prototxt --snapshot lenet_iter_5000.solverstate

\b
Ctrl-C (or SIGTERM) ends the iteration, writes a snapshot and says how to go on; once more stops at once.
SIGHUP writes a snapshot and goes on. Log, metrics and curves are named as the snapshots are:
PREFIX.log, PREFIX.metrics.jsonl, PREFIX.png.
"""
)
@click.argument("files", nargs=-1, required=True, metavar="[NET] SOLVER")
@click.option("--snapshot", metavar="FILE", help="Go on from this .solverstate.")
@click.option("--weights", multiple=True, metavar="FILE", help="Begin with these weights; may be repeated.")
@click.option("--max-iter", type=click.IntRange(min=0), help="End at this iteration, whatever the solver says.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), help="Seed of everything random.")
@click.option("--out", metavar="DIR", help="Folder for all results.  [default: that of snapshot_prefix]")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but what went wrong.")
@strict_option
@allow_python_option
@json_option
@click.pass_context
def train(
    context: click.Context,
    files: tuple[str, ...],
    snapshot: str | None,
    weights: tuple[str, ...],
    max_iter: int | None,
    seed: int | None,
    out: str | None,
    quiet: bool,
    strict: bool,
    as_json: bool,
) -> None:
    """Train the net that SOLVER names, or NET in its place.

    The two files are told apart by what is in them, in whatever order they are given.
    """
    from netcc.cli.training import Order, run

    if len(files) > 2:
        raise UsageError(f"expected a solver and perhaps a net, found {len(files)} files")
    if snapshot and weights:
        raise UsageError(
            "--snapshot and --weights exclude each other", notes=["a snapshot brings its own weights along"]
        )
    net, solver = read_files(files, strict=strict)
    order = Order(
        solver,
        net,
        Path(snapshot) if snapshot else None,
        weights,
        max_iter,
        seed,
        Path(out) if out else None,
        strict,
    )
    summary = run(order, choose_progress(quiet))
    if as_json:
        click.echo(json.dumps(summary.as_json(), indent=2))
    elif not quiet:
        click.echo(as_text(summary))
    if summary.stopped:
        click.echo(f"to go on:\n  {resume_command(files, order, summary)}", err=True)
        context.exit(INTERRUPTED)


def read_files(files: tuple[str, ...], *, strict: bool = False) -> tuple[BoundNet | None, BoundSolver]:
    """The net, if one is given, and the solver. Raises UsageError unless one file is a solver and the other a net."""
    from netcc.cli.reading import bind_document, once_from_stdin, read_document
    from netcc.prototxt.kinds import kind_of
    from netcc.schema.bind import load_solver

    once_from_stdin(files)
    documents = [read_document(name) for name in files]
    kinds = [kind_of(document) for document in documents]
    if kinds.count("solver") > 1:
        raise UsageError(f"{files[0]} and {files[1]} are both solvers; expected a solver and perhaps a net")
    if "solver" not in kinds and "net" in kinds:
        what = "is a net" if len(files) == 1 else "are nets"
        raise UsageError(
            f"no solver is given: {' and '.join(files)} {what}",
            notes=["give the solver as well: netcc train NET SOLVER"],
        )
    place = kinds.index("solver") if "solver" in kinds else len(files) - 1
    solver = load_solver(documents.pop(place))
    return (bind_document(documents[0], strict=strict) if documents else None), solver


def choose_progress(quiet: bool) -> Progress:
    """A bar on a terminal, lines elsewhere, nothing if nothing is wanted."""
    from netcc.cli.progress import Lines, Silent, TerminalBar

    if quiet:
        return Silent()
    return TerminalBar() if sys.stderr.isatty() else Lines()


def as_text(summary: Summary) -> str:
    """How the run went, in a few lines; the scores of the last test come last but for the files."""
    from netcc.cli.progress import duration

    end = "stopped" if summary.stopped else "done"
    lines = [
        f"{end} at iteration {summary.iteration} after {duration(summary.seconds)}: "
        f"{summary.images_per_second:,.0f} images/s, seed {summary.seed}"
    ]
    for index, test in sorted(summary.tests.items()):
        which = f" net {index}" if index else ""
        when = f" (at iteration {test.iteration})" if test.iteration != summary.iteration else ""
        lines += [f"test{which} {score.name}: {score.value:.6g}{when}" for score in test.scores]
    lines += summary.notes
    lines.append("wrote " + ", ".join(map(str, summary.results.files())))
    return "\n".join(lines)


def resume_command(files: tuple[str, ...], order: Order, summary: Summary) -> str:
    """The command that goes on where the run was stopped."""
    words = ["netcc", "train", *files, "--snapshot", str(summary.results.state)]
    for flag, value in (("--max-iter", order.max_iter), ("--seed", order.seed), ("--out", order.out)):
        if value is not None:
            words += [flag, str(value)]
    return shlex.join(words)
