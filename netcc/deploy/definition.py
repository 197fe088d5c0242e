"""The layers that a net in use is made of."""

from __future__ import annotations

from collections.abc import Sequence

from netcc.schema.bind import BoundNet
from netcc.schema.select import Definition, LayerDefinition, Origin, select
from netcc.types import TEST


def definition_in_use(bound: BoundNet, level: int | None = None, stages: Sequence[str] = ()) -> Definition:
    """The layers of phase TEST, and the data layers of other phases for blobs that nothing else brings."""
    definition = select(bound, TEST, level, stages)
    produced = {top for layer in definition.layers for top in layer.message.top}
    missing = {name for layer in definition.layers for name in layer.message.bottom} - produced
    borrowed = []
    for message, node in zip(bound.message.layer, bound.layer_nodes, strict=True):
        if not message.bottom and missing & set(message.top) and not produced & set(message.top):
            borrowed.append(LayerDefinition(message, Origin(bound.document, node)))
            produced.update(message.top)
    return Definition(definition.name, definition.phase, [*borrowed, *definition.layers], definition.force_backward)
