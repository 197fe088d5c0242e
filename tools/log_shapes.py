"""Whether netcc finds the shapes that Caffe found: `python tools/log_shapes.py DIR [--json]`.

Caffe's log has the definition of each net that it makes and the shape of each top. All logs below a folder are read;
data take the logged shapes, and every other top is compared. A definition that the log cuts off is taken from the file
that the log names, if it has the logged layers, each as far as the log goes; else those in the log are compared. The
exit status is 1 if any shape differs.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path, PurePath

from caffe_logs import LEGACY_AXES, LoggedNet, logged_nets

from netcc.errors import NetccError
from netcc.ir.build import build_partial
from netcc.layers.opaque import Opaque
from netcc.report.known import known_table
from netcc.schema.bind import load_net
from netcc.schema.select import Definition, LayerDefinition, select
from netcc.types import Phase, Shape, format_shape

MARK = b"Top shape"
LAYER = "\nlayer {"
LONG = 20_000
"""Bytes of a logged definition from which it may have been cut off."""
PARTS = 3
"""So many parts of the path in the log a file must share: SSD's folders have many a `SSD_300x300/train.prototxt`."""


@dataclass
class Compared:
    """What became of one logged net. `equal` counts tops by the type of their layer; `given` those that data, Python
    code and layers that netcc lacks took from the log; `unknown` the types of the last; `refused` says why nothing
    could be compared."""

    log: str
    name: str = ""
    definition: str = "log"
    equal: dict[str, int] = field(default_factory=dict)
    given: int = 0
    unknown: list[str] = field(default_factory=list)
    different: list[str] = field(default_factory=list)
    refused: str = ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints what was compared; the exit status."""
    parser = argparse.ArgumentParser(description="Whether netcc finds the shapes that Caffe's logs tell of.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", action="store_true", help="one object a net instead of the table")
    given = parser.parse_args(arguments)
    if not given.folder.is_dir():
        parser.error(f"{given.folder} is not a folder")
    results = [compare(net, path, given.folder) for path in logs(given.folder) for net in logged_nets(path)]
    print(json.dumps([asdict(result) for result in results], indent=1) if given.json else table(results))
    return 1 if any(result.different for result in results) else 0


def logs(folder: Path) -> Iterator[Path]:
    """Files with shapes in them, in the order of their paths."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and MARK in path.read_bytes():
            yield path


def compare(net: LoggedNet, path: Path, folder: Path) -> Compared:
    """Infers the shapes of a logged net and holds each against that of the log."""
    result = Compared(str(path.relative_to(folder)))
    try:
        definition = logged_definition(net) or found_definition(net, folder, result)
        result.name = definition.name
        _compare_tops(net, definition, result)
    except NetccError as error:
        result.refused = str(error.diagnostics[0])
    return result


def logged_definition(net: LoggedNet) -> Definition | None:
    """The definition in the log, if it is whole."""
    try:
        definition = _selected(net.text, net.phase)
    except NetccError:
        if len(net.text) < LONG:
            raise
        return None
    return definition if _has_layers(definition, net) else None


def found_definition(net: LoggedNet, folder: Path, result: Compared) -> Definition:
    """The definition in the file of the folder that the log names, if it is the one that Caffe had.

    If there is none, what the log has of it: the first layers of a net are a net too.
    """
    begun = _selected(net.text[: net.text.rfind(LAYER) + 1], net.phase)
    for path in _named(net.file, folder):
        definition = definition_in(path, net.phase)
        if definition is None or not _has_layers(definition, net):
            continue
        if all(_alike(one, other) for one, other in zip(begun.layers, definition.layers, strict=False)):
            result.definition = str(path.relative_to(folder))
            return definition
    result.definition = "log, cut off"
    return begun


def _named(file: str, folder: Path) -> list[Path]:
    """Prototxts of the folder whose paths end as `file` does, three parts at least; the longest end first."""
    wanted = PurePath(file).parts[::-1]
    found = []
    for path in prototxts(folder):
        parts = path.parts[::-1]
        same = next((index for index, (one, other) in enumerate(zip(wanted, parts, strict=False)) if one != other), 99)
        if wanted and same >= min(PARTS, len(wanted)):
            found.append((-same, path))
    return [path for _, path in sorted(found)]


def _has_layers(definition: Definition, net: LoggedNet) -> bool:
    """Whether the log tells of these layers in this order. What was `input:` once is a layer now, and none there."""
    logged = [layer.name for layer in net.own_layers()]
    names = [one.message.name for one in definition.layers if one.message.type != "Input" or one.message.name in logged]
    return names == logged


def _alike(one: LayerDefinition, other: LayerDefinition) -> bool:
    """Whether two layers have the same fields, but for those that have nothing to do with shapes."""
    if not one.message.bottom:
        return one.message.name == other.message.name
    texts = []
    for layer in (one, other):
        message = type(layer.message)()
        message.CopyFrom(layer.message)
        for name in ("param", "include", "exclude", "phase"):
            message.ClearField(name)
        for part in (message.convolution_param, message.inner_product_param):
            part.ClearField("weight_filler")
            part.ClearField("bias_filler")
        texts.append(message.SerializeToString(deterministic=True))
    return texts[0] == texts[1]


@cache
def prototxts(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*prototxt*") if path.is_file() and not path.is_symlink())


@cache
def definition_in(path: Path, phase: Phase) -> Definition | None:
    try:
        return select(load_net(path, unknown="warn"), phase)
    except NetccError:
        return None


def _selected(text: str, phase: Phase) -> Definition:
    return select(load_net(text, unknown="warn"), phase)


def _compare_tops(net: LoggedNet, definition: Definition, result: Compared) -> None:
    logged = {layer.name: layer for layer in net.own_layers()}
    shapes = {top: shape for layer in logged.values() for top, shape in zip(layer.tops, layer.shapes, strict=False)}
    graph = build_partial(definition).graph
    outside = [node for node in graph.nodes if node.layer.from_outside]
    given = {value.name: shapes[value.name] for node in outside for value in node.outputs if value.name in shapes}
    result.unknown = sorted({node.message.type for node in outside if isinstance(node.layer, Opaque)})
    found = known_table(definition, given, lambda node: None)
    taken = {node.name for node in outside}
    for row in found.layers:
        shapes_of_row = logged[row.name].shapes if row.name in logged else []
        for (top, shape), expected in zip(row.tops, shapes_of_row, strict=False):
            if row.name in taken:
                result.given += 1
            elif _same(shape, expected, legacy=net.legacy):
                result.equal[row.type] = result.equal.get(row.type, 0) + 1
            else:
                ours = "unknown" if shape is None else format_shape(shape)
                result.different.append(f"{row.name} ({row.type}), {top}: {ours}, in the log {format_shape(expected)}")


def _same(shape: Shape | None, expected: Shape, *, legacy: bool) -> bool:
    if shape is None or not legacy:
        return shape == expected
    return shape + (1,) * (LEGACY_AXES - len(shape)) == expected


def table(results: Sequence[Compared]) -> str:
    """Counts by log, then what differs and what could not be compared."""
    lines = ["   nets  equal  given  different", ""]
    for log, nets in _by_log(results).items():
        lines.append(_counts(nets) + f"  {log}")
    lines += ["", _counts(results) + "  all"]
    types: Counter[str] = Counter()
    for result in results:
        types.update(result.equal)
    if types:
        lines += ["", "equal by type: " + ", ".join(f"{name} {number}" for name, number in types.most_common())]
    for result in results:
        lines += [f"different  {result.log}: {what}" for what in result.different]
        if result.refused:
            lines.append(f"not compared  {result.log}: {result.refused}")
        if result.unknown:
            lines.append(f"taken from the log  {result.log}: {', '.join(result.unknown)}")
    return "\n".join(lines)


def _counts(results: Sequence[Compared]) -> str:
    equal, given = sum(sum(one.equal.values()) for one in results), sum(one.given for one in results)
    compared = sum(not one.refused for one in results)
    return f"{compared:7d}{equal:7d}{given:7d}{sum(len(one.different) for one in results):11d}"


def _by_log(results: Sequence[Compared]) -> Mapping[str, list[Compared]]:
    logs: dict[str, list[Compared]] = {}
    for result in results:
        logs.setdefault(result.log, []).append(result)
    return logs


if __name__ == "__main__":
    sys.exit(main())
