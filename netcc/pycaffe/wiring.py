"""The layers and blobs of a net under Caffe's numbers, with the Split layers that Caffe inserts.

pycaffe's users see these by index and name (`net._layer_names`, `net.blobs["data_data_0_split_1"]`), so they are made
up here from the graph, which has none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from netcc.ir.graph import AUTOMATIC, Graph
from netcc.runtime.export import exported
from netcc.schema import caffe_pb2


@dataclass(frozen=True)
class WiredLayer:
    """One layer. `node` is its place in the graph, None for a Split; bottoms and tops are numbers of blobs."""

    name: str
    type: str
    node: int | None
    bottoms: tuple[int, ...]
    tops: tuple[int, ...]


@dataclass
class Wiring:
    """All layers and blobs, numbered as `Net::Init` of src/caffe/net.cpp numbers them.

    `sources[i]` is the blob that the numbers of blob i are in: itself, or the one that a Split passes on.
    """

    layers: list[WiredLayer] = field(default_factory=list)
    blob_names: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    loss_weights: list[float] = field(default_factory=list)

    @classmethod
    def of(cls, graph: Graph) -> Wiring:
        """The wiring of `graph`, whose shapes do not matter."""
        wiring, latest = cls(), dict[str, int]()
        for layer, node in _with_nodes(graph):
            bottoms = tuple(latest[name] for name in layer.bottom)
            names = list(layer.top)
            if node is not None:
                names += [AUTOMATIC] * (len(graph.nodes[node].outputs) - len(names))
            tops = []
            for place, name in enumerate(names):
                in_place = place < len(bottoms) and layer.bottom[place] == name
                source = name if node is not None else wiring.sources[bottoms[0]]
                number = bottoms[place] if in_place else wiring._add(name, source)
                latest[name] = number
                tops.append(number)
                if place < len(layer.loss_weight):
                    wiring.loss_weights[number] = layer.loss_weight[place]
            wiring.layers.append(WiredLayer(layer.name, layer.type, node, bottoms, tuple(tops)))
        return wiring

    def _add(self, name: str, source: str) -> int:
        self.blob_names.append(name)
        self.sources.append(source)
        self.loss_weights.append(0.0)
        return len(self.blob_names) - 1

    def outputs(self) -> list[int]:
        """The blobs that no layer reads, in alphabetical order; tops that have no name do not count."""
        kept: set[int] = set()
        for layer in self.layers:  # in order: what is written in place is unread again
            kept.difference_update(layer.bottoms)
            kept.update(layer.tops)
        named = (number for number in kept if self.blob_names[number] != AUTOMATIC)
        return sorted(named, key=lambda number: self.blob_names[number])


def _with_nodes(graph: Graph) -> Iterator[tuple[caffe_pb2.LayerParameter, int | None]]:
    """Every layer that Caffe would have, and the place of its node."""
    place = 0
    for layer in exported(graph).layer:
        is_node = place < len(graph.nodes) and graph.nodes[place].name == layer.name
        yield layer, place if is_node else None
        place += is_node
