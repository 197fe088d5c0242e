"""`netcc draw`: a net as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from netcc.cli.group import echo_diagnostics
from netcc.cli.options import allow_python_option, input_option, state_options, strict_option
from netcc.errors import UsageError
from netcc.types import Phase, Shape

if TYPE_CHECKING:
    from netcc.draw.dot import Direction


@click.command(
    epilog="""\b
Examples
  netcc draw deploy.prototxt -o net.svg
  netcc draw train_val.prototxt -o net.png --phase all --rankdir LR --display-lrm
  netcc draw train_val.prototxt --input data=64,3,227,227 -o net.pdf
  netcc draw zoo:googlenet | dot -Tx11
"""
)
@click.argument("net")
@click.option("-o", "--out", metavar="FILE", help="The picture (.svg, .png, .pdf, .dot ...).  [default: .dot, printed]")
@click.option("--format", "kind", metavar="NAME", help="Format of the picture.  [default: as the ending of FILE says]")
@click.option(
    "--rankdir",
    type=click.Choice(["TB", "BT", "LR", "RL"], case_sensitive=False),
    default="TB",
    show_default=True,
    help="Where the net runs: top to bottom, left to right, or back.",
)
@click.option(
    "--phase",
    type=click.Choice(["train", "test", "all"], case_sensitive=False),
    default="all",
    show_default=True,
    help="Phase whose layers are drawn.",
)
@click.option("--display-lrm", "--display_lrm", "rates", is_flag=True, help="Show multipliers of learning rates.")
@input_option
@state_options
@strict_option
@allow_python_option
def draw(
    net: str,
    out: str | None,
    kind: str | None,
    rankdir: Direction,
    phase: str,
    rates: bool,
    inputs: dict[str, Shape],
    level: int | None,
    stages: tuple[str, ...],
    strict: bool,
) -> None:
    """Draw NET: layers as boxes, blobs as arrows with their shapes.

    Layers that work in place stand in the box of the layer whose blob they change. Shapes of data come from --input, or
    from the data if they are at hand; where they are not, the picture has none. Graphviz draws all but .dot files.
    """
    from netcc.atomic import atomic_write
    from netcc.cli.reading import read_net
    from netcc.draw.dot import as_dot
    from netcc.draw.picture import picture
    from netcc.draw.render import check_format, render
    from netcc.report.shapes import shapes
    from netcc.schema.select import select

    ending = Path(out).suffix.removeprefix(".") if out else "dot"
    if not (kind or ending):
        raise UsageError(f"{out} has no ending that tells a format", notes=["give one, or --format"])
    chosen = check_format(kind or ending)
    bound = read_net(net, strict=strict)
    phases = list(Phase) if phase == "all" else [Phase[phase.upper()]]
    tables = {each: shapes(bound, each, inputs=inputs, level=level, stages=stages, keep_going=True) for each in phases}
    for fault in dict.fromkeys(table.faults[0].message for table in tables.values() if table.faults):
        echo_diagnostics(f"warning: not all shapes are shown: {fault}")
    layers = list(bound.message.layer)
    if phase != "all":
        layers = [layer.message for layer in select(bound, phases[0], level, stages).layers]
    drawn = render(as_dot(picture(bound.message.name, layers, tables, rates=rates), rankdir), chosen)
    if out is None or out == "-":
        click.echo(drawn, nl=False)
        return
    with atomic_write(out) as file:
        file.write(drawn)
    click.echo(f"wrote {out}")
