"""A net timed: shapes and batch as wanted, inputs in place of data that are not at hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from netcc.errors import NetccError, ShapeError, UsageError
from netcc.ir.graph import Graph, Node, Value
from netcc.report.limits import measure_limits
from netcc.report.shapes import graph_with_shapes
from netcc.report.timing import TimeTable, backward_rows, forward_rows
from netcc.runtime.net import Net
from netcc.runtime.sources import has_reader
from netcc.runtime.timing import time_passes
from netcc.schema import caffe_pb2
from netcc.schema.bind import BoundNet
from netcc.schema.select import select
from netcc.solver.optimizer import Optimizer
from netcc.targets.options import MemoryUse
from netcc.types import Phase, Shape

UPDATE = caffe_pb2.SolverParameter(base_lr=1e-6, lr_policy="fixed", momentum=0.9, weight_decay=0.0005)
"""The solver whose update a training step is timed with; so small a rate that numbers stay as they are."""


def time_net(
    net: BoundNet,
    phase: Phase,
    passes: int,
    *,
    train: bool = False,
    batch: int | None = None,
    inputs: Mapping[str, Shape] | None = None,
    level: int | None = None,
    stages: Sequence[str] = (),
    folder: Path | None = None,
    exact: bool = False,
    memory: MemoryUse = "fast",
    passed: Callable[[], None] = lambda: None,
) -> TimeTable:
    """Times `passes` passes of `net` forward, with `train` backward and an update too.

    `batch` replaces the first size of all inputs. A data layer of which a top has its shape in `inputs` gives random
    numbers; others read their data. `folder` is that of the net's file; `exact` and `memory` are as for Net. `passed`
    is called after each pass.
    Raises the NetccError of whatever stage fails.
    """
    given = {name: (batch or shape[0], *shape[1:]) for name, shape in (inputs or {}).items()}
    net = with_batch(net, batch)
    graph = graph_with_shapes(select(net, phase, level, stages), given, folder)
    if not graph.nodes:
        raise UsageError(f"nothing to time: the net has no layers in phase {phase.name}")
    if train and not graph.loss_values():
        notes = ["is it a net for use? the one for training ends with a loss, as in zoo:lenet/train"]
        raise UsageError(f"nothing to train: the net has no loss in phase {phase.name}", notes=notes)
    net = with_inputs(net, graph, given)
    limits = measure_limits()
    with Net(
        net,
        phase,
        level=level,
        stages=stages,
        shapes=given,
        seed=0,
        keep_all=train and memory == "fast",  # as the nets of a Solver
        keep_diffs=False,
        gradients=train,
        exact=exact,
        memory=memory,
    ) as made:
        fill_inputs(made)
        update = None
        if train:
            optimizer = Optimizer(made, UPDATE)
            update = lambda: optimizer.apply(UPDATE.base_lr, 0)  # noqa: E731
        times = time_passes(made, passes, backward=train, update=update, passed=passed)
        rows = forward_rows(times), backward_rows(times)
        return TimeTable(made.name, phase.name, batch_of(made), passes, limits, *rows, times.update)


def with_batch(net: BoundNet, batch: int | None) -> BoundNet:
    """`net` with `batch` as the first size of its inputs and as the batch size of its data layers."""
    if batch is None:
        return net
    message = _copy(net)
    for layer in message.layer:
        for shape in layer.input_param.shape if layer.type == "Input" else ():
            if shape.dim:
                shape.dim[0] = batch
        for field, value in layer.ListFields():
            if field.message_type and not field.is_repeated and "batch_size" in field.message_type.fields_by_name:
                value.batch_size = batch
    return replace(net, message=message)


def with_inputs(net: BoundNet, graph: Graph, shapes: Mapping[str, Shape]) -> BoundNet:
    """`net` with an Input layer in place of every data layer of `graph` of which a top has its shape in `shapes`."""
    replaced = {
        node.message.SerializeToString(): node
        for node in graph.nodes
        if has_reader(node) and any(value.name in shapes for value in node.outputs)
    }
    message = _copy(net)
    for layer in message.layer:
        node = replaced.get(layer.SerializeToString())
        if node is not None:
            layer.CopyFrom(_input(layer, node))
    return replace(net, message=message)


def fill_inputs(net: Net) -> None:
    """Standard normal numbers into the inputs of `net`, zeros into those that only say labels; zeros into all where a
    layer refuses such numbers, as one that looks words up does."""
    random = np.random.default_rng(0)
    for value in net.graph.inputs():
        data = net.blobs[value.name].data
        data[...] = 0 if _says_labels(value) else random.standard_normal(data.shape, dtype=np.float32)
    try:
        net.forward()
    except NetccError:
        for value in net.graph.inputs():
            net.blobs[value.name].data[...] = 0


def _copy(net: BoundNet) -> caffe_pb2.NetParameter:
    message = caffe_pb2.NetParameter()
    message.CopyFrom(net.message)
    return message


def _input(layer: caffe_pb2.LayerParameter, node: Node) -> caffe_pb2.LayerParameter:
    made = caffe_pb2.LayerParameter(
        name=layer.name, type="Input", top=layer.top, include=layer.include, exclude=layer.exclude
    )
    for value in node.outputs:
        made.input_param.shape.add(dim=value.shape)
    return made


def _says_labels(value: Value) -> bool:
    """Whether it is one number an image, or all that read it take it beside their scores: losses and metrics."""
    return len(value.shape) < 2 or all(
        use.index > 0 and (use.node.layer.is_loss or not use.node.layer.differentiable) for use in value.uses
    )


def batch_of(net: Net) -> int:
    """Images of one pass: the first size of the first blob."""
    for node in net.graph.nodes:
        for value in node.outputs:
            if value.shape:
                return value.shape[0]
    raise ShapeError("the net has no blobs")
