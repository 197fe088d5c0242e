"""`netcc plan`: the steps that a net runs, and the memory it needs."""

from __future__ import annotations

import click

from netcc.cli.columns import columns, size_text
from netcc.cli.options import allow_python_option, input_option, phase_option, state_options, strict_option
from netcc.types import TRAIN, Phase, Shape


@click.command(
    epilog="""\b
Examples
  netcc plan deploy.prototxt
  netcc plan train_val.prototxt --phase train --steps
"""
)
@click.argument("net")
@phase_option(TRAIN, "Phase to compile for.  [default: train]")
@input_option
@state_options
@strict_option
@allow_python_option
@click.option("--steps", is_flag=True, help="List every step and every piece of memory too.")
def plan(
    net: str,
    phase: Phase,
    inputs: dict[str, Shape],
    level: int | None,
    stages: tuple[str, ...],
    strict: bool,
    steps: bool,
) -> None:
    """Show how much memory NET takes to train and to infer."""
    from netcc.cli.reading import folder_of, read_net
    from netcc.compiler import plan_graph
    from netcc.plan.dump import arena_bytes, dump_plan, total_bytes
    from netcc.report.shapes import graph_with_shapes
    from netcc.schema.select import select

    definition = select(read_net(net, strict=strict), phase, level, stages)
    uses = {
        "training": {"keep_all": False, "gradients": True},
        "training, every blob readable": {"keep_all": True, "gradients": True},
        "inference": {"keep_all": False, "gradients": False},
        "inference, every blob readable": {"keep_all": True, "gradients": False},
    }
    rows = []
    for use, choice in uses.items():
        made = plan_graph(graph_with_shapes(definition, inputs, folder_of(net)), **choice)
        if steps and choice == {"keep_all": True, "gradients": True}:
            click.echo(dump_plan(made))
        arenas = made.memory.arenas
        parameters = sum(arena_bytes(arena, arenas.get(arena, 0)) for arena in ("parameter", "parameter diff"))
        total = total_bytes(made)
        count = len(made.forward) + len(made.backward)
        rows.append([[use], [str(count)], [size_text(parameters)], [size_text(total - parameters)], [size_text(total)]])
    click.echo(columns(["use", "steps", "parameters", "blobs and buffers", "total"], rows, right={1, 2, 3, 4}))
