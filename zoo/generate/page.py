"""The page of a net, with a table of what netcc finds in its stages."""

from __future__ import annotations

import textwrap

import netcc
from netcc.cli.columns import size_text
from netcc.ir.table import LayerRow, ShapeTable
from netcc.types import Shape
from zoo.generate.net import ZooNet

WIDTH = 120
IMAGE_AXES = 3
PASSIVE = ("ReLU", "Dropout", "Input", "BatchNorm", "Scale", "Softmax")
"""Layers that have no row of their own in the table of a net without stages, unless they hold all that is learned."""


def page(net: ZooNet, deploy: str, stages: list[tuple[str, str]]) -> str:
    table = netcc.shapes(deploy, netcc.TEST)
    parts = [f"# {net.title}", *prose(net.text), *prose(f"Paper: {net.paper}"), _files(net), *prose(_first_steps(net))]
    parts += ["## Stages", stage_table(table, stages or own_stages(table)), *prose(_totals(net, table)), "## Training"]
    parts += [*_data(net), *prose(net.training), f"    netcc train zoo:{net.name}/solver"]
    return "\n\n".join(parts) + "\n"


def learned(layers: list[LayerRow] | tuple[LayerRow, ...]) -> int:
    """Parameters that are learned; BatchNorm's running sums are not."""
    items = (item for layer in layers if layer.type != "BatchNorm" for item in layer.parameters)
    return sum(item.count for item in items if not item.shared)


def prose(text: str) -> list[str]:
    """The paragraphs of a text, filled to the width of a page."""
    paragraphs = [" ".join(paragraph.split()) for paragraph in text.strip().split("\n\n")]
    return [textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False) for text in paragraphs if text]


def _files(net: ZooNet) -> str:
    rows = [
        ("deploy.prototxt", f"for use: `zoo:{net.name}`"),
        ("train.prototxt", f"with data and losses, phases TRAIN and TEST: `zoo:{net.name}/train`"),
        ("solver.prototxt", f"the recipe: `zoo:{net.name}/solver`"),
    ]
    return "\n".join(["| file | what |", "| --- | --- |", *(f"| `{file}` | {what} |" for file, what in rows)])


def own_stages(table: ShapeTable) -> list[tuple[str, str]]:
    """One stage for each layer that changes shapes or learns; the passive ones behind it belong to it."""
    stages: list[tuple[str, str]] = []
    for layer in table.layers:
        if layer.type not in PASSIVE or not stages:
            stages.append((layer.name, layer.name))
        else:
            stages[-1] = (stages[-1][0], layer.name)
    return stages


def stage_table(table: ShapeTable, stages: list[tuple[str, str]]) -> str:
    """Output, parameters and MACs of each stage, given by its label and its last layer; then their totals."""
    lines = ["| stage | output | parameters | MACs |", "| --- | --- | ---: | ---: |"]
    ends = {last: label for label, last in stages}
    part: list[LayerRow] = []
    for layer in table.layers:
        part.append(layer)
        if layer.name in ends:
            lines.append(_row(ends[layer.name], part))
            part = []
    if part:
        lines.append(_row("the rest" if len(part) > 1 else part[0].name, part))
    macs = sum(layer.macs or 0 for layer in table.layers)
    lines.append(f"| **total** | | **{learned(table.layers):,}** | **{macs:,}** |")
    return "\n".join(lines)


def _row(label: str, layers: list[LayerRow]) -> str:
    count, macs = learned(layers), sum(layer.macs or 0 for layer in layers)
    shapes = ", ".join(_shape(shape) for _, shape in layers[-1].tops if shape is not None)
    cells = [label, shapes, f"{count:,}" if count else "", f"{macs:,}" if macs else ""]
    return f"| {' | '.join(cells)} |"


def _shape(shape: Shape) -> str:
    return " x ".join(map(str, shape))


def _first_steps(net: ZooNet) -> str:
    name = net.name
    return f"`netcc shapes zoo:{name}` shows every layer, and `netcc zoo copy {name} DIR` copies the files to work on."


def _totals(net: ZooNet, table: ShapeTable) -> str:
    statistics = table.parameter_count - learned(table.layers)
    beside = f" BatchNorm keeps {statistics:,} running sums beside them, which are not learned." if statistics else ""
    in_training = ""
    if net.train_parameters is not None:
        in_training = f" The net in training, with its auxiliary parts, has {net.train_parameters:,}."
    axes = "Outputs are examples x channels x height x width. " if len(net.input) == IMAGE_AXES else ""
    return (
        f"Parameters: {net.parameters:,}.{in_training}{beside} Source of this number: {net.source}\n\n"
        f"{axes}MACs are multiply-accumulates (one multiplication and one addition each) for one example; the blobs "
        f"take {size_text(table.activation_bytes)} if all are kept."
    )


def _data(net: ZooNet) -> list[str]:
    """What the training data are, and how they are made."""
    if net.database is None:
        return []
    commands = textwrap.dedent(net.database.commands).strip()
    made = [textwrap.indent(commands, "    ")] if commands else []
    return [*prose(f"Data: {net.database.how}"), *made]
