"""Phase selection: from the whole definition to the layers of one phase, level and set of stages.

It happens before wiring, since the data layers of TRAIN and TEST give their tops the same names.
Behaves as Net::FilterNet and Net::StateMeetsRule of src/caffe/net.cpp.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from netcc.errors import LayerError, Span
from netcc.prototxt.tree import Document, Field
from netcc.schema import caffe_pb2
from netcc.schema.bind import BoundNet, locate
from netcc.types import Phase


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a layer stands in its text."""

    document: Document
    field: Field

    def span(self, *path: str) -> Span | None:
        """The span of the field at `path` below the layer; of its nearest ancestor where it is absent.

        A number in the path ("0", "1") picks one of repeated fields.
        """
        return locate(self.document, self.field, [int(name) if name.isdecimal() else name for name in path])


@dataclass(frozen=True, slots=True)
class LayerDefinition:
    message: caffe_pb2.LayerParameter
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Definition:
    """One net for one phase: only its layers, no include or exclude left to obey."""

    name: str
    phase: Phase
    layers: list[LayerDefinition] = field(default_factory=list)
    force_backward: bool = False


def select(bound: BoundNet, phase: Phase, level: int | None = None, stages: Sequence[str] | None = None) -> Definition:
    """The layers of `bound` that the rules admit. The net's own `state` gives defaults for `level` and `stages`.

    Raises LayerError where a layer has both include and exclude rules.
    """
    net = bound.message
    state = caffe_pb2.NetState()
    state.CopyFrom(net.state)
    state.phase = int(phase)
    if level is not None:
        state.level = level
    if stages:
        state.stage.extend(stage for stage in stages if stage not in state.stage)
    definition = Definition(net.name, phase, [], net.force_backward)
    for index, layer in enumerate(net.layer):
        node = bound.layer_nodes[index] if index < len(bound.layer_nodes) else None
        origin = Origin(bound.document, node) if node else None
        if layer.include and layer.exclude:
            raise LayerError(
                f"layer {layer.name!r} has both include and exclude rules; give one kind",
                span=origin.span("exclude") if origin else None,
            )
        if _admitted(layer, state):
            definition.layers.append(LayerDefinition(layer, origin))
    return definition


def _admitted(layer: caffe_pb2.LayerParameter, state: caffe_pb2.NetState) -> bool:
    if layer.include:
        return any(meets(rule, state) for rule in layer.include)
    return not any(meets(rule, state) for rule in layer.exclude)


def meets(rule: caffe_pb2.NetStateRule, state: caffe_pb2.NetState) -> bool:
    """Whether `state` satisfies every condition of `rule`."""
    if rule.HasField("phase") and rule.phase != state.phase:
        return False
    if rule.HasField("min_level") and state.level < rule.min_level:
        return False
    if rule.HasField("max_level") and state.level > rule.max_level:
        return False
    if any(stage not in state.stage for stage in rule.stage):
        return False
    return not any(stage in state.stage for stage in rule.not_stage)
