"""`netcc shapes`: what is in a net, layer by layer."""

from __future__ import annotations

import json
from functools import partial

import click

from netcc.cli.options import allow_python_option, input_option, json_option, phase_option, state_options, strict_option
from netcc.ir.table import ShapeTable
from netcc.ir.table_text import table_text
from netcc.types import TRAIN, Phase, Shape


@click.command(
    epilog="""\b
Examples
  netcc shapes deploy.prototxt
  netcc shapes train_val.prototxt --phase test --input data=50,3,227,227
  netcc shapes deploy.prototxt --json | jq .totals
  netcc shapes others.prototxt --keep-going --input rois=300,512,7,7
"""
)
@click.argument("net")
@phase_option(TRAIN, "Phase whose layers are shown.  [default: train]")
@input_option
@state_options
@strict_option
@allow_python_option
@click.option("--keep-going", is_flag=True, help="Show what can be known in spite of unknown or faulty layers.")
@json_option
@click.pass_context
def shapes(
    context: click.Context,
    net: str,
    phase: Phase,
    inputs: dict[str, Shape],
    level: int | None,
    stages: tuple[str, ...],
    strict: bool,
    keep_going: bool,
    as_json: bool,
) -> None:
    """Show shapes, parameters, MACs and memory of every layer of NET.

    MACs are multiply-accumulates of one forward pass over the batch; memory is that of the tops.

    No data are needed: shapes of data layers come from --input, or from the first record if the data are at hand.
    """
    from netcc.cli.group import WRONG_INPUT, echo_diagnostics
    from netcc.cli.reading import read_net
    from netcc.report.shapes import shapes as shapes_of

    table = shapes_of(
        read_net(net, strict=strict), phase, inputs=inputs, level=level, stages=stages, keep_going=keep_going
    )
    for fault in table.faults:
        echo_diagnostics(str(fault))
    click.echo(json.dumps(table.as_json(), indent=2) if as_json else as_text(table))
    context.exit(WRONG_INPUT if table.faults else 0)


def as_text(table: ShapeTable) -> str:
    """The table in columns below a title, the header in bold letters."""
    return table_text(table, style=partial(click.style, bold=True))
