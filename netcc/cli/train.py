"""`netcc train`: runs a solver, shows how it goes, and leaves weights, a log, metrics and curves."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from netcc.cli.group import INTERRUPTED
from netcc.cli.options import (
    allow_python_option,
    exact_option,
    json_option,
    memory_option,
    mismatch_option,
    on_bad_record_option,
    strict_option,
)
from netcc.cli.signals import EFFECTS, Effect
from netcc.errors import UsageError

if TYPE_CHECKING:
    from netcc.cli.progress import Progress
    from netcc.cli.training import Summary
    from netcc.runtime.loading import Mismatch
    from netcc.schema.bind import BoundNet, BoundSolver
    from netcc.targets.options import MemoryUse

EFFECT = click.Choice(EFFECTS)


@click.command(
    epilog="""\b
Examples
  netcc train solver.prototxt
  netcc train net.prototxt solver.prototxt --max-iter 1000 --seed 1 --out out
  netcc train solver.prototxt --weights pretrained.caffemodel --mismatch skip
  netcc train solver.prototxt --snapshot lenet_iter_5000.solverstate
  netcc train solver.prototxt --resume auto --keep 2
  netcc train solver.prototxt --set base_lr=0.001 --set stepvalue=[5000,7000]
  netcc train solver.prototxt --patience 5 --watch accuracy

\b
Ctrl-C (or SIGTERM) ends the iteration, writes a snapshot and says how to go on; once more stops at once.
SIGHUP writes a snapshot and goes on. A run that goes on from its snapshot ends with the same bytes as one
that was never stopped. Log, metrics and curves are named as the snapshots are: PREFIX.log,
PREFIX.metrics.jsonl, PREFIX.png.
"""
)
@click.argument("files", nargs=-1, required=True, metavar="[NET] SOLVER")
@click.option("--snapshot", metavar="FILE", help="Go on from this .solverstate.")
@click.option(
    "--resume", metavar="auto|FILE", help="Go on from FILE; auto: from the newest good snapshot, if there is one."
)
@click.option("--weights", multiple=True, metavar="FILE,...", help="Begin with these weights; may be repeated.")
@mismatch_option
@click.option("--max-iter", type=click.IntRange(min=0), help="End at this iteration, whatever the solver says.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), help="Seed of everything random.")
@click.option("--set", "settings", multiple=True, metavar="FIELD=VALUE", help="Set a solver field; may be repeated.")
@click.option("--keep", type=click.IntRange(min=1), metavar="N", help="Keep the last N snapshots, remove older ones.")
@click.option("--patience", type=click.IntRange(min=1), metavar="N", help="End after N tests without improvement.")
@click.option("--watch", metavar="NAME", help="Test output for --patience; NAME:min or NAME:max says what is better.")
@click.option("--sigint-effect", "sigint", type=EFFECT, default="stop", show_default=True, help="What Ctrl-C does.")
@click.option("--sighup-effect", "sighup", type=EFFECT, default="snapshot", show_default=True, help="What SIGHUP does.")
@click.option("--out", metavar="DIR", help="Folder for all results.  [default: that of snapshot_prefix]")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but what went wrong.")
@strict_option
@exact_option
@memory_option
@allow_python_option
@on_bad_record_option
@json_option
@click.pass_context
def train(
    context: click.Context,
    files: tuple[str, ...],
    snapshot: str | None,
    resume: str | None,
    weights: tuple[str, ...],
    mismatch: Mismatch,
    max_iter: int | None,
    seed: int | None,
    settings: tuple[str, ...],
    keep: int | None,
    patience: int | None,
    watch: str | None,
    sigint: Effect,
    sighup: Effect,
    out: str | None,
    quiet: bool,
    strict: bool,
    exact: bool,
    memory: MemoryUse,
    as_json: bool,
) -> None:
    """Train the net that SOLVER names, or NET in its place.

    The two files are told apart by what is in them, in whatever order they are given.
    """
    from netcc.cli.resuming import AUTO, choose_snapshot, resume_command
    from netcc.cli.training import Order, run
    from netcc.schema.override import override

    if len(files) > 2:
        raise UsageError(f"expected a solver and perhaps a net, found {len(files)} files")
    if weights and (snapshot or resume not in (None, AUTO)):
        option = "--snapshot" if snapshot else "--resume"
        raise UsageError(
            f"{option} and --weights exclude each other", notes=["a snapshot brings its own weights along"]
        )
    if watch and patience is None:
        raise UsageError("--watch says what --patience looks at; give both")
    net, solver = read_files(files, strict=strict)
    order = Order(
        override(solver, settings) if settings else solver,
        net,
        weights=weights,
        mismatch=mismatch,
        max_iter=max_iter,
        seed=seed,
        out=Path(out) if out else None,
        strict=strict,
        exact=exact,
        memory=memory,
        patience=patience,
        watch=watch,
        keep=keep,
        sigint=sigint,
        sighup=sighup,
        settings=settings,
    )
    order = replace(order, snapshot=choose_snapshot(snapshot, resume, order.prefix, quiet=quiet))
    summary = run(order, choose_progress(quiet))
    if as_json:
        click.echo(json.dumps(summary.as_json(), indent=2))
    elif not quiet:
        click.echo(as_text(summary))
    if summary.stopped and not summary.early:
        click.echo(f"to go on:\n  {resume_command(files, order, summary.results.state)}", err=True)
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

    end = "stopped early" if summary.early else "stopped" if summary.stopped else "done"
    lines = [
        f"{end} at iteration {summary.iteration} after {duration(summary.seconds)}: "
        f"{summary.images_per_second:,.0f} images/s, seed {summary.seed}"
    ]
    for index, test in sorted(summary.tests.items()):
        which = f" net {index}" if index else ""
        when = f" (at iteration {test.iteration})" if test.iteration != summary.iteration else ""
        lines += [f"test{which} {score.name}: {score.value:.6g}{when}" for score in test.scores]
    lines += [summary.early] if summary.early else []
    lines += summary.notes
    lines.append("wrote " + ", ".join(map(str, summary.results.files())))
    return "\n".join(lines)
