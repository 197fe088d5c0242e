"""The story of netcc in one function: how the text of a net becomes a plan that runs.

    text -> syntax tree -> schema message -> graph -> shapes -> ready -> plan

Each stage has a room of its own; `docs/design.md` says what each may assume and must leave behind.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from netcc.errors import NetccWarning
from netcc.ir.build import build
from netcc.ir.graph import Graph
from netcc.ir.verify import verify_graph
from netcc.passes.gradients import mark_gradients
from netcc.passes.shapes import Probe, infer_shapes
from netcc.plan.lower import lower
from netcc.plan.plan import Plan
from netcc.plan.verify import verify_plan
from netcc.prototxt.format import format_message
from netcc.prototxt.tree import Document
from netcc.schema import caffe_pb2
from netcc.schema.bind import BoundNet, load_net
from netcc.schema.select import Definition, select
from netcc.targets.options import MemoryUse, Options
from netcc.types import Phase, Shape

NetSource: TypeAlias = "str | Path | Document | caffe_pb2.NetParameter | BoundNet"
"""A path, the text itself (anything with a line break or a brace), a tree, a message, or a net already bound."""


def compile_net(
    net: NetSource,
    phase: Phase,
    *,
    level: int | None = None,
    stages: Sequence[str] = (),
    shapes: Mapping[str, Shape] | None = None,
    probe: Probe | None = None,
    keep_all: bool = True,
    keep_diffs: bool | None = None,
    gradients: bool = True,
    exact: bool = False,
    optimize: bool = True,
    memory: MemoryUse = "fast",
    strict: bool = False,
) -> Plan:
    """Compiles `net` for one phase.

    `shapes` gives the shapes of inputs by blob name; `probe` asks data sources for theirs. `keep_all` leaves every
    blob readable after a pass, and `keep_diffs` (by default the same) every diff, at the price of memory; `gradients`
    adds a backward pass. `exact` leaves out algorithms that round more than a plain sum of products; `optimize` False
    leaves out all but the layers' own methods; `memory` "low" spends time to need less memory.
    A field that the schema lacks is warned of, or with `strict` an error.
    Raises a NetccError that names every fault of the stage that failed, with its position.
    """
    bound = bind_net(net, strict=strict)  # text to message: parse, upgrade legacy spellings, bind to the schema
    definition = select(bound, phase, level, stages)  # the layers of this phase alone
    graph = shaped_graph(definition, shapes, probe)
    return plan_graph(
        graph,
        keep_all=keep_all,
        keep_diffs=keep_diffs,
        gradients=gradients,
        exact=exact,
        optimize=optimize,
        memory=memory,
    )


def bind_net(net: NetSource, *, strict: bool = False) -> BoundNet:
    """Text to schema message, all legacy spellings upgraded, every field remembered by its place in the text.

    What is left out (a field that the schema lacks, an old one without a place today) is told by `NetccWarning`s;
    with `strict` an unknown field is an error. A net that is bound already was judged by whoever bound it.
    """
    if isinstance(net, BoundNet):
        return net
    if isinstance(net, caffe_pb2.NetParameter):
        net = format_message(net) + "\n"
    bound = load_net(net, unknown="error" if strict else "warn")
    for diagnostic in bound.warnings:
        warnings.warn(NetccWarning(diagnostic), stacklevel=3)
    return bound


def shaped_graph(
    definition: Definition,
    shapes: Mapping[str, Shape] | None = None,
    probe: Probe | None = None,
    measured: Mapping[int, tuple[Shape, ...]] | None = None,
) -> Graph:
    """Layers joined to a graph in which every blob and parameter has its shape."""
    graph = build(definition)
    infer_shapes(graph, shapes, probe, measured)
    return graph


def plan_graph(
    graph: Graph,
    *,
    keep_all: bool = True,
    keep_diffs: bool | None = None,
    gradients: bool = True,
    exact: bool = False,
    optimize: bool = True,
    memory: MemoryUse = "fast",
    whole: bool = True,
    verify: bool = False,
) -> Plan:
    """Marks the gradients worth computing, then lowers to steps over memory; `verify` checks every stage's law.

    `whole` False keeps layers apart so that a pass may begin and end at any of them.
    """
    mark_gradients(graph)
    if verify:
        verify_graph(graph)
    kept = keep_all if keep_diffs is None else keep_diffs
    plan = lower(graph, Options(keep_all, kept, gradients, exact, optimize, whole, memory))
    if verify:
        verify_plan(plan)
    return plan
