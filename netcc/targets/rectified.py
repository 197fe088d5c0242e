"""Where the reader of what a ReLU gives takes out of its gradient what does not pass the ReLU.

A ReLU joined to a convolution masks the diff of its top before anything else. Where Concat puts several such tops side
by side, that means going through ranges of channels, in short runs of memory; the only reader of the whole has just
written all of it. And a maximum that is not above zero hands nothing back, so pooling masks its own, smaller diff.
"""

from __future__ import annotations

from netcc.ir.graph import Node
from netcc.kernels.pooling import MaxPooling
from netcc.kernels.twins import target
from netcc.kernels.windows import PoolingGeometry
from netcc.layers.activation import ReLU
from netcc.layers.convolution import Convolution
from netcc.layers.pooling import MAX, Pooling
from netcc.targets.convolution import geometry_of
from netcc.targets.options import Options


def hand_down_masks(nodes: list[Node], options: Options) -> None:
    """Sets `rectifies` and `rectified` where that saves time and no diff between stays readable."""
    if not options.gradients or options.keep_diffs or target() != "numpy":
        return
    for node in nodes:
        if _masks_below(node):
            (value,) = node.inputs
            joint = value.producer
            joined = joint.layer.joins_channels() and all(joint.propagate)
            values = [value, *joint.inputs] if joined else [value]
            if any(len(one.uses) != 1 or one.loss_weight for one in values):
                continue
            makers = [one.producer for one in values[1:] or values]
            if (joined or isinstance(node.layer, Pooling)) and all(map(_is_rectified, makers)):
                node.rectifies = True
                for maker in makers:
                    maker.rectified = True


def _masks_below(node: Node) -> bool:
    """Whether the target of `node` can mask the diff of its only bottom."""
    if len(node.inputs) != 1 or len(node.inputs[0].shape) != 4 or not node.propagate[0]:
        return False
    layer, shape = node.layer, node.inputs[0].shape
    if isinstance(layer, Pooling) and layer.method == MAX and len(node.outputs) == 1:
        return MaxPooling.allows(PoolingGeometry.of(shape, layer.fields.window(shape[2:]), floor=layer.floor))
    pools = any(isinstance(part.layer, Pooling) for part in node.absorbed)
    return geometry_of(node, (shape,)) is not None and not pools


def _is_rectified(node: Node) -> bool:
    """Whether `node` is a convolution with just a ReLU that clears what is below zero."""
    clears = [type(part.layer) is ReLU and part.layer.negative_slope == 0 for part in node.absorbed]
    planar = len(node.inputs) == 1 and geometry_of(node, (node.inputs[0].shape,)) is not None
    return isinstance(node.layer, Convolution) and planar and clears == [True] and node.runs_backward
