"""`netcc log`: the numbers of a run as tables."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netcc.cli.options import json_option
from netcc.errors import OutputError, UsageError

if TYPE_CHECKING:
    from netcc.solver.history import Table


@click.command(
    epilog="""\b
Examples
  netcc log lenet.log
  netcc log caffe.INFO --csv --only test > test.csv
  netcc log lenet.log -o tables        writes tables/lenet.log.train and tables/lenet.log.test
  netcc log lenet.metrics.jsonl --json | jq .test

\b
Columns are those of Caffe's parse_log.py: NumIters, Seconds since the start, LearningRate, then the outputs of
the net by name. The rate is that of the row's own iteration (parse_log.py has the one displayed before it).
"""
)
@click.argument("log")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV: the training table, an empty line, the test table.")
@click.option("--only", type=click.Choice(["train", "test"]), help="One of the tables alone.")
@click.option("-o", "--out", metavar="DIR", help="Write LOG.train and LOG.test there, as CSV.")
@json_option
def log(log: str, as_csv: bool, only: str | None, out: str | None, as_json: bool) -> None:
    """Print what a run displayed and how its tests went, from LOG.

    LOG is a log of Caffe, or a log or metrics file that `netcc train` left.
    """
    from netcc.solver.history import read_history, test_table, train_table

    if as_csv and as_json:
        raise UsageError("--csv and --json exclude each other")
    rows = read_history(log)
    tables = {"train": train_table(rows), "test": test_table(rows)}
    tables = {name: table for name, table in tables.items() if only in (None, name)}
    if out is not None:
        write_tables(tables, Path(out), Path(log).name)
    elif as_json:
        click.echo(json.dumps({name: table.as_json() for name, table in tables.items()}, indent=2))
    elif as_csv:
        click.echo("\n".join(csv_text(table) for table in tables.values()), nl=False)
    else:
        click.echo("\n\n".join(text(name, table) for name, table in tables.items()))


def write_tables(tables: dict[str, Table], folder: Path, name: str) -> None:
    """Each table as NAME.train or NAME.test in `folder`, which is made if need be. Raises OutputError."""
    from netcc.atomic import atomic_write

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make the folder {folder}: {(error.strerror or str(error)).lower()}") from error
    for end, table in tables.items():
        with atomic_write(folder / f"{name}.{end}") as file:
            file.write(csv_text(table).encode())


def csv_text(table: Table) -> str:
    """The table with a header; a number that is not known is `nan`."""
    import csv
    import io

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows([number(value, "nan") for value in row] for row in table.rows)
    return text.getvalue()


def text(name: str, table: Table) -> str:
    from netcc.cli.columns import columns

    if not table.rows:
        return f"{name}: nothing"
    body = [[[number(value, "-")] for value in row] for row in table.rows]
    return columns(table.columns, body, right=range(len(table.columns)))


def number(value: Any, unknown: str) -> str:
    """As many digits as float32 has; iterations whole."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return unknown
    return str(value) if isinstance(value, int) else f"{value:.7g}"
