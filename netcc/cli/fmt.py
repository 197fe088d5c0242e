"""`netcc fmt`: one way to lay out a prototxt, comments kept."""

from __future__ import annotations

import click

from netcc.errors import UsageError


@click.command(
    epilog="""\b
Examples
  netcc fmt train.prototxt                 print it laid out
  netcc fmt -w *.prototxt                  lay out the files themselves
  netcc fmt --check --diff net.prototxt    show what is laid out otherwise
"""
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("-w", "--write", is_flag=True, help="Write the files instead of printing.")
@click.option("--check", is_flag=True, help="Name the files that are laid out otherwise; exit with 1 if there are any.")
@click.option("--diff", is_flag=True, help="Print what would change.")
@click.pass_context
def fmt(context: click.Context, files: tuple[str, ...], write: bool, check: bool, diff: bool) -> None:
    """Lay out each FILE in the usual way and print it.

    A file that does not parse is left as it is, and its faults are shown.
    """
    from netcc.cli.outcome import Outcome
    from netcc.cli.reading import STDIN, once_from_stdin, read_text
    from netcc.cli.writing import print_text, write_text
    from netcc.prototxt.format import format_document
    from netcc.prototxt.parse import parse

    if write and (check or diff):
        raise UsageError("--write excludes --check and --diff")
    if write and STDIN in files:
        raise UsageError("--write needs files: what came from standard input has no place to be written to")
    once_from_stdin(files)
    outcome = Outcome()
    for file in files:
        with outcome.guard():
            source = read_text(file)
            laid_out = format_document(parse(source))
            changed = laid_out != source.text
            if check and changed:
                outcome.found()
                click.echo(source.name)
            if diff and changed:
                print_text(difference(source.name, source.text, laid_out))
            if write and changed:
                write_text(laid_out, file)
            elif not (check or diff or write):
                write_text(laid_out, None)
    context.exit(outcome.exit_code)


def difference(name: str, before: str, after: str) -> str:
    """What would change, as a unified diff."""
    from difflib import unified_diff

    lines = unified_diff(before.splitlines(keepends=True), after.splitlines(keepends=True), name, f"{name} (laid out)")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
