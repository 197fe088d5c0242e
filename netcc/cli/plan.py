"""`netcc plan`: the steps that a net runs, and the memory it needs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netcc.cli.columns import columns, size_text
from netcc.cli.options import (
    allow_python_option,
    exact_option,
    input_option,
    json_option,
    phase_option,
    state_options,
    strict_option,
)
from netcc.errors import UsageError
from netcc.types import TRAIN, Phase, Shape

if TYPE_CHECKING:
    from netcc.ir.graph import Graph
    from netcc.plan.plan import Plan
    from netcc.targets.options import MemoryUse, Options


class PlanCommand(click.Command):
    """Lets `--memory` stand alone, whatever follows it, where no use of memory does."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        following = [*args[1:], ""]
        alone = [arg == "--memory" and after not in ("fast", "low") for arg, after in zip(args, following, strict=True)]
        spelled = ["--memory=fast" if bare else arg for arg, bare in zip(args, alone, strict=True)]
        return super().parse_args(context, spelled)


@click.command(
    cls=PlanCommand,
    epilog="""\b
Examples
  netcc plan deploy.prototxt
  netcc plan train_val.prototxt --phase train --steps
  netcc plan zoo:resnet50 --memory
  netcc plan zoo:resnet50/train --memory low --input data=8,3,224,224
  netcc plan zoo:resnet50 --phase test --kernels --input data=8,3,224,224
  netcc plan train_val.prototxt --memory --input data=8,3,227,227 -o memory.png
""",
)
@click.argument("net")
@phase_option(TRAIN, "Phase to compile for.  [default: train]")
@input_option
@state_options
@strict_option
@exact_option
@allow_python_option
@click.option("--steps", is_flag=True, help="List every step and every piece of memory too.")
@click.option(
    "--memory",
    type=click.Choice(["fast", "low"]),
    help="Draw which buffer lies where and when, and what sharing saves.  [fast where nothing follows]",
)
@click.option("--kernels", is_flag=True, help="List how every layer is computed, and which together.")
@click.option("--keep-all", is_flag=True, help="With --memory or --kernels: every blob stays readable.")
@click.option("--all", "every", is_flag=True, help="With --memory: small buffers too.")
@click.option("-o", "--out", metavar="FILE", help="With --memory: draw it into a picture too (.png, .svg, .pdf).")
@json_option
def plan(
    net: str,
    phase: Phase,
    inputs: dict[str, Shape],
    level: int | None,
    stages: tuple[str, ...],
    strict: bool,
    steps: bool,
    memory: MemoryUse | None,
    kernels: bool,
    exact: bool,
    keep_all: bool,
    every: bool,
    out: str | None,
    as_json: bool,
) -> None:
    """Show how much memory NET takes to train and to infer.

    With --memory and --kernels: one plan, to train if NET has a loss in the phase TRAIN, else to infer.
    """
    from netcc.cli.reading import folder_of, read_net
    from netcc.report.shapes import graph_with_shapes
    from netcc.schema.select import select
    from netcc.targets.options import Options

    if not memory and (every or out or (keep_all and not kernels)):
        raise UsageError("--all and -o go with --memory, --keep-all with --memory or --kernels")
    definition, folder = select(read_net(net, strict=strict), phase, level, stages), folder_of(net)
    if memory or kernels:
        graph = graph_with_shapes(definition, inputs, folder)
        made = planned(graph, keep_all=keep_all, exact=exact, memory=memory or "fast")
        if kernels:
            show_kernels(made, as_json=as_json)
        if memory:
            fast = planned(graph, keep_all=keep_all, exact=exact) if memory == "low" else None
            show_memory(made, fast, every=every, out=out, as_json=as_json)
        return
    uses = {
        "training": Options(keep_all=False, keep_diffs=False, exact=exact),
        "training, memory low": Options(keep_all=False, keep_diffs=False, exact=exact, memory="low"),
        "training, every blob readable": Options(exact=exact),
        "inference": Options(keep_all=False, gradients=False, exact=exact),
        "inference, memory low": Options(keep_all=False, gradients=False, exact=exact, memory="low"),
        "inference, every blob readable": Options(gradients=False, exact=exact),
    }
    show_uses(
        {use: (graph_with_shapes(definition, inputs, folder), choice) for use, choice in uses.items()}, steps, as_json
    )


def show_uses(uses: dict[str, tuple[Graph, Options]], steps: bool, as_json: bool) -> None:
    """A row for each use; with `steps` all of the plan in which everything stays readable."""
    from netcc.plan.dump import dump_plan

    found = {}
    for use, (graph, options) in uses.items():
        made = made_for(graph, options)
        if steps and options.keep_all and options.gradients:
            click.echo(dump_plan(made))
        found[use] = sizes(made)
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    rows = [
        [[use], [str(row["steps"])], *([size_text(row[f"{part}_bytes"])] for part in ("parameter", "buffer", "total"))]
        for use, row in found.items()
    ]
    click.echo(columns(["use", "steps", "parameters", "blobs and buffers", "total"], rows, right={1, 2, 3, 4}))


def sizes(made: Plan) -> dict[str, Any]:
    """The steps of both passes, and bytes."""
    from netcc.plan.dump import total_bytes, unit_bytes

    arenas, total = made.memory.arenas, total_bytes(made)
    parameters = unit_bytes(sum(arenas.get(arena, 0) for arena in ("parameter", "parameter diff")))
    return {
        "steps": len(made.forward) + len(made.backward),
        "parameter_bytes": parameters,
        "buffer_bytes": total - parameters,
        "total_bytes": total,
    }


def made_for(graph: Graph, options: Options) -> Plan:
    from netcc.compiler import plan_graph

    return plan_graph(
        graph, keep_all=options.keep_all, gradients=options.gradients, exact=options.exact, memory=options.memory
    )


def planned(graph: Graph, *, keep_all: bool, exact: bool, memory: MemoryUse = "fast") -> Plan:
    """The plan to train, or to infer where nothing is learnt."""
    from netcc.targets.options import Options

    gradients = graph.phase == TRAIN and bool(graph.loss_values())
    return made_for(graph, Options(keep_all, keep_all, gradients, exact, memory=memory))


def show_kernels(made: Plan, *, as_json: bool) -> None:
    """How every layer is computed."""
    from netcc.report.kernels import kernel_rows

    found = kernel_rows(made)
    if as_json:
        click.echo(json.dumps([row.as_json() for row in found], indent=2))
        return
    rows = [
        [
            list(row.layers),
            list(row.types) or ["(order of memory)"],
            [f"{row.kernel}, once" if row.once else row.kernel],
            [row.layout],
            [str(row.slices)],
        ]
        for row in found
    ]
    click.echo(columns(["layers", "types", "computed by", "blobs", "slices"], rows, right={4}))


def show_memory(made: Plan, fast: Plan | None, *, every: bool, out: str | None, as_json: bool) -> None:
    """The timeline of a plan; for one that saves memory, beside the `fast` one."""
    from netcc.cli.memory_text import memory_text
    from netcc.report.memory import memory_table
    from netcc.report.memory_picture import draw_memory

    table = memory_table(made, fast)
    click.echo(json.dumps(table.as_json(), indent=2) if as_json else memory_text(table, every=every))
    if out:
        draw_memory(table, Path(out))
        click.echo(f"wrote {out}", err=as_json)
