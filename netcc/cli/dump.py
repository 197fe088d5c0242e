"""`netcc dump`: what a net looks like after any stage of compilation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from netcc.cli.options import allow_python_option, input_option, phase_option, state_options, strict_option
from netcc.types import TRAIN, Phase, Shape

if TYPE_CHECKING:
    from netcc.schema.select import Definition

STAGES = ("syntax", "modern", "schema", "graph", "shaped", "ready", "plan")


@click.command(
    epilog="""\b
Stages
  syntax   the text as it was read
  modern   no old spelling left
  schema   the layers of one phase, as messages
  graph    who reads what
  shaped   every blob and parameter with its shape
  ready    which gradients are computed
  plan     the steps that run, and their memory

\b
Example
  netcc dump train_val.prototxt --until graph --phase test
"""
)
@click.argument("file")
@click.option(
    "--until", "stage", type=click.Choice(STAGES), default="plan", show_default=True, help="Stage to stop after."
)
@phase_option(TRAIN, "Phase to compile for.  [default: train]")
@input_option
@state_options
@strict_option
@allow_python_option
def dump(
    file: str,
    stage: str,
    phase: Phase,
    inputs: dict[str, Shape],
    level: int | None,
    stages: tuple[str, ...],
    strict: bool,
) -> None:
    """Show the net in FILE as it is after a stage of compilation."""
    from netcc.cli.reading import bind_document, read_document
    from netcc.prototxt.format import format_document

    document = read_document(file)
    if stage == "syntax":
        click.echo(format_document(document), nl=False)
        return
    net = bind_document(document, strict=strict)
    if stage == "modern":
        click.echo(format_document(net.document), nl=False)
        return
    from netcc.schema.select import select

    definition = select(net, phase, level, stages)
    click.echo(compiled_text(definition, stage, inputs, file), nl=False)


def compiled_text(definition: Definition, stage: str, inputs: dict[str, Shape], file: str) -> str:
    """The text of a stage after phase selection."""
    from netcc.cli.reading import folder_of
    from netcc.compiler import plan_graph
    from netcc.ir.build import build
    from netcc.ir.dump import dump_graph
    from netcc.passes.gradients import mark_gradients
    from netcc.plan.dump import dump_plan
    from netcc.report.shapes import graph_with_shapes

    if stage == "schema":
        return schema_text(definition)
    if stage == "graph":
        return dump_graph(build(definition))
    graph = graph_with_shapes(definition, inputs, folder_of(file))
    if stage == "plan":
        return dump_plan(plan_graph(graph))
    if stage == "ready":
        mark_gradients(graph)
    return dump_graph(graph)


def schema_text(definition: Definition) -> str:
    """The layers of one phase as a net message without rules."""
    from netcc.prototxt.format import format_message
    from netcc.schema import caffe_pb2

    net = caffe_pb2.NetParameter(name=definition.name)
    if definition.force_backward:
        net.force_backward = True
    for layer in definition.layers:
        copy = net.layer.add()
        copy.CopyFrom(layer.message)
        copy.ClearField("include")
        copy.ClearField("exclude")
    return format_message(net)
