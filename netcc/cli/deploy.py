"""`netcc deploy`: the net for use, made from a net for training; or whether two files agree."""

from __future__ import annotations

from functools import partial

import click

from netcc.cli.group import WRONG_INPUT, echo_diagnostics
from netcc.cli.options import allow_python_option, input_option, state_options, strict_option
from netcc.errors import ShapeError, UsageError
from netcc.types import TEST, Shape


@click.command(
    epilog="""\b
Examples
  netcc deploy train_val.prototxt -o deploy.prototxt
  netcc deploy train_val.prototxt --input data=1,3,227,227 --batch 10
  netcc deploy train_val.prototxt --output fc7 --scores
  netcc deploy train_val.prototxt --check deploy.prototxt && echo they agree
"""
)
@click.argument("net", metavar="TRAIN_VAL")
@click.option("-o", "--out", metavar="FILE", help="Write to this file instead of printing.")
@click.option("--check", "used", metavar="DEPLOY", help="Compare with this file instead; exit with 1 if they differ.")
@input_option
@click.option("--output", "outputs", metavar="BLOB", multiple=True, help="A blob that is wanted; may be repeated.")
@click.option("--scores", is_flag=True, help="Leave scores as they are: add no Softmax or Sigmoid.")
@click.option("--batch", type=click.IntRange(1), metavar="N", help="Items at once.  [default: 1]")
@state_options
@strict_option
@allow_python_option
@click.pass_context
def deploy(
    context: click.Context,
    net: str,
    out: str | None,
    used: str | None,
    inputs: dict[str, Shape],
    outputs: tuple[str, ...],
    scores: bool,
    batch: int | None,
    level: int | None,
    stages: tuple[str, ...],
    strict: bool,
) -> None:
    """Make the net for use of the net for training TRAIN_VAL.

    Data layers become inputs; losses, metrics and what only these need go, and so do fillers, rates and rules. What a
    loss makes of scores stays: a Softmax, a Sigmoid. Names, order and comments are those of TRAIN_VAL. What was done is
    said on standard error.

    The shapes of inputs come from --input, or from the data if they are at hand.
    """
    from netcc.cli.reading import folder_of, read_net
    from netcc.cli.writing import write_text
    from netcc.deploy.compare import differences
    from netcc.deploy.deploy import deploy as deployed
    from netcc.deploy.deploy import deployed_graph
    from netcc.report.shapes import TolerantProbe, graph_with_shapes
    from netcc.schema.select import select

    if used and out:
        raise UsageError("--check writes nothing: it excludes --out")
    trained = read_net(net, strict=strict)
    make = partial(
        deployed,
        trained,
        outputs=outputs,
        activations=not scores,
        batch=batch,
        level=level,
        stages=stages,
        probe=TolerantProbe(TEST, folder_of(net)),
    )
    if used is None:
        done = make(inputs=inputs)
        write_text(done.text, out)
        click.echo("\n".join(done.lines()), err=True)
        return
    graph = graph_with_shapes(select(read_net(used, strict=strict), TEST), {}, folder_of(used))
    try:
        done = make(inputs=inputs)
    except ShapeError:  # the data are not at hand: the shapes of the net for use will do
        read = {top for layer in trained.message.layer if not layer.bottom for top in layer.top}
        borrowed = {value.name: value.shape for value in graph.inputs() if value.name in read}
        if not borrowed.keys() - inputs.keys():
            raise
        done = make(inputs={**borrowed, **inputs})
    found = differences(deployed_graph(done.text), graph)
    for difference in found:
        echo_diagnostics(str(difference))
    click.echo(f"{used} and {net} {'differ' if found else 'agree'}")
    context.exit(WRONG_INPUT if found else 0)
