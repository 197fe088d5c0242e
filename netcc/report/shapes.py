"""Shapes of a net without running it, and without its data where their shapes are given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from netcc.compiler import NetSource, bind_net, shaped_graph
from netcc.errors import NetccError, ShapeError
from netcc.ir.graph import Graph, Node
from netcc.ir.table import ShapeTable, shape_table
from netcc.layers import python_objects
from netcc.report.known import known_table
from netcc.runtime.sources import Sources, has_reader
from netcc.schema.select import Definition, select
from netcc.types import TRAIN, Phase, Shape


def shapes(
    net: NetSource,
    phase: Phase = TRAIN,
    *,
    inputs: Mapping[str, Shape] | None = None,
    level: int | None = None,
    stages: Sequence[str] = (),
    strict: bool = False,
    keep_going: bool = False,
    allow_python: bool = False,
) -> ShapeTable:
    """The shapes, parameters, multiply-accumulates and memory of every layer of `net` (path, text, tree or message).

    Tops of data layers take their shapes from `inputs` (by blob name), else from the first record of the data if it
    is at hand. A field that the schema lacks is warned of, or with `strict` an error.
    `allow_python` lets layers of type Python run code of the modules that they name.
    >>> import netcc
    >>> table = netcc.shapes("zoo/lenet/deploy.prototxt")
    >>> table.parameter_count, table.macs
    (431080, 2293000)
    >>> table.layers[1].tops
    (('conv1', (1, 20, 24, 24)),)

    Raises the NetccError of the stage that failed, with positions; with `keep_going` faults of layers (an unknown type,
    shapes that do not fit) are listed in the table beside all that can be known in spite of them.
    """
    bound = bind_net(net, strict=strict)
    definition, folder = select(bound, phase, level, stages), _folder(bound.source.name)
    with python_objects.allow_python(allow_python):
        if keep_going:
            return known_table(definition, inputs or {}, TolerantProbe(phase, folder))
        return shape_table(graph_with_shapes(definition, inputs, folder))


def graph_with_shapes(definition: Definition, inputs: Mapping[str, Shape] | None, folder: Path | None) -> Graph:
    """As `netcc.compiler.shaped_graph`, asking the data for what `inputs` lacks; data that are not there are no fault
    by themselves. `folder` is that of the net's file: relative paths are tried there too."""
    probe = TolerantProbe(definition.phase, folder)
    try:
        return shaped_graph(definition, inputs, probe)
    except ShapeError as error:
        raise error.located(None, *probe.complaints) from None


def _folder(source_name: str) -> Path | None:
    """The folder of the net's file, if it came from one."""
    path = Path(source_name)
    return path.parent if path.is_file() else None


class TolerantProbe:
    """Asks data sources for shapes; one that cannot be read gives none, and `complaints` says why."""

    def __init__(self, phase: Phase, folder: Path | None) -> None:
        self.phase = phase
        self.folder = folder
        self.complaints: list[str] = []

    def __call__(self, node: Node) -> tuple[Shape, ...] | None:
        if not has_reader(node):
            return None
        sources = Sources(self.phase, np.random.default_rng(), self.folder)
        try:
            return sources.probe(node)
        except NetccError as error:
            self.complaints.append(f"its data could not be asked: {error.message}")
            return None
        finally:
            sources.close()
