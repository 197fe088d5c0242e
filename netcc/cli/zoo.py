"""`netcc zoo`: the nets that come with netcc."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from netcc.cli.columns import columns, size_text
from netcc.cli.options import json_option

if TYPE_CHECKING:
    from netcc.zoo.index import ZooEntry


@click.group(
    invoke_without_command=True,
    epilog="""\b
Examples
  netcc zoo
  netcc zoo show resnet50
  netcc zoo copy lenet nets
  netcc shapes zoo:resnet50
  netcc plan zoo:alexnet/train --input data=16,3,227,227
""",
)
@json_option
@click.pass_context
def zoo(context: click.Context, as_json: bool) -> None:
    """List the nets that come with netcc, or show or copy one.

    Wherever a net is asked for, zoo:NAME is the net for use, zoo:NAME/train that for training, and zoo:NAME/solver its
    recipe. Numbers are for one example: parameters that are learned, millions of multiply-accumulates, memory of all
    blobs. --json and the pages have them to the last digit.
    """
    if context.invoked_subcommand is not None:
        return
    from netcc.zoo.index import zoo_entries

    entries = zoo_entries()
    click.echo(json.dumps({"nets": list(map(_json, entries))}, indent=2) if as_json else _listing(entries))


@zoo.command()
@click.argument("name")
def show(name: str) -> None:
    """Show the page of the net NAME: paper, stages, parameters, how to train it.

    On a terminal the page is laid out for its width; elsewhere it is Markdown.
    """
    from netcc.zoo.find import net_folder

    page = (net_folder(name) / "README.md").read_text(encoding="utf-8")
    if not is_terminal():
        click.echo(page, nl=False)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console().print(Markdown(page, hyperlinks=False))


@zoo.command()
@click.argument("name")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace files that exist.")
def copy(name: str, folder: Path, force: bool) -> None:
    """Copy the files of the net NAME to DIR."""
    from netcc.zoo.copy import copy_net

    for path in copy_net(name, folder, force=force):
        click.echo(path)


def is_terminal() -> bool:
    """Whether somebody reads along."""
    return sys.stdout.isatty()


def _listing(entries: list[ZooEntry]) -> str:
    rows = [
        [
            [entry.name],
            [", ".join("x".join(map(str, shape)) for shape in entry.inputs)],
            [f"{entry.parameters:,}"],
            [_millions(entry.macs)],
            [size_text(entry.activation_bytes)],
        ]
        for entry in entries
    ]
    return columns(["name", "input", "parameters", "M MACs", "memory"], rows, right={2, 3, 4})


def _millions(number: int) -> str:
    millions = number / 1e6
    return f"{millions:,.{0 if millions >= 100 else 1 if millions >= 1 else 3}f}"


def _json(entry: ZooEntry) -> dict[str, object]:
    shapes = [list(shape) for shape in entry.inputs]
    return {**vars(entry), "inputs": shapes}
