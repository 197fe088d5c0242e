"""`netcc upgrade`: old spellings become today's, comments kept."""

from __future__ import annotations

import click

from netcc.errors import UsageError


@click.command(
    epilog="""\b
Examples
  netcc upgrade old.prototxt > new.prototxt
  netcc upgrade --write net.prototxt solver.prototxt
"""
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("-o", "--out", metavar="OUT", help="Write to this file instead of printing.")
@click.option("-w", "--write", is_flag=True, help="Write back to each FILE.")
@click.pass_context
def upgrade(context: click.Context, files: tuple[str, ...], out: str | None, write: bool) -> None:
    """Rewrite old spellings of nets and solvers to today's.

    What was changed is said on standard error. Files that are up to date are only laid out anew.
    """
    from netcc.cli.outcome import Outcome
    from netcc.cli.reading import STDIN, once_from_stdin, read_document, show_warnings
    from netcc.cli.writing import write_text
    from netcc.prototxt.format import format_document
    from netcc.prototxt.kinds import kind_of
    from netcc.prototxt.upgrade import upgrade_net, upgrade_solver

    if write and out:
        raise UsageError("--write and --out exclude each other")
    if out and len(files) > 1:
        raise UsageError("--out takes one FILE; use --write to upgrade many in place")
    if write and STDIN in files:
        raise UsageError("--write needs files: what came from standard input has no place to be written to")
    once_from_stdin(files)
    outcome = Outcome()
    for file in files:
        with outcome.guard():
            document = read_document(file)
            rewrite = upgrade_solver if kind_of(document) == "solver" else upgrade_net
            upgraded, notes = rewrite(document)
            show_warnings(notes)
            write_text(format_document(upgraded), file if write else out)
    context.exit(outcome.exit_code)
