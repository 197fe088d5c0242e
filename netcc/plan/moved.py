"""Layers that put numbers somewhere else, where storage has put these there already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from netcc.ir.graph import Node
from netcc.plan.plan import LayerStep, View
from netcc.plan.storage import is_view
from netcc.targets.base import InPlace, LayerTarget, Memory
from netcc.types import count


def without_moving(step: LayerStep) -> LayerStep:
    """`step`, or one that does nothing if nothing is left to be done."""
    if step.direction == "forward":
        inputs: Sequence[View | None] = step.bottoms
        outputs = step.tops
    else:
        inputs, outputs = step.bottom_diffs, step.top_diffs
    plain = type(step.target) is LayerTarget and step.target.memory == Memory()
    if not plain or step.parameters or not (_lies_there(step.node, inputs, outputs) or _handed_on(step)):
        return step
    return replace(step, target=InPlace(step.node.layer), parts=())


def _handed_on(step: LayerStep) -> bool:
    """Whether all diffs of the bottoms are that of the top, and lie where it does."""
    if step.direction == "forward" or not step.target.hands_on:
        return False
    wanted = [(index, view) for index, view in enumerate(step.bottom_diffs) if view is not None]
    return all(index in step.target.hands_on and view == step.top_diffs[0] for index, view in wanted)


def _lies_there(node: Node, inputs: Sequence[View | None], outputs: Sequence[View]) -> bool:
    """Whether the parts (None: not wanted) lie where they belong in the whole."""
    layer = node.layer
    if layer.joins_channels():
        return _are_ranges(inputs, outputs[0], 1)
    whole = inputs[0] if inputs else None
    axis = layer.cuts()
    if axis is not None and whole is not None:
        return _are_ranges(outputs, whole, axis % len(whole.shape))
    if whole is None or not is_view(node) or len(outputs) != 1:
        return False
    (top,) = outputs
    same = whole.slot is top.slot and whole.offset == top.offset and count(whole.shape) == count(top.shape)
    return same and (whole.strides is None) == (top.strides is None)


def _are_ranges(parts: Sequence[View | None], whole: View, axis: int) -> bool:
    start = 0
    for part in parts:
        if part is None:
            return False
        stop = start + part.shape[axis]
        if part != whole.range(axis, start, stop):
            return False
        start = stop
    return True
