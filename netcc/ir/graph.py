"""The graph: nodes (layers), values (blobs, one for each write) and parameters, as plain object references.

Legacy spellings, phases and text are gone here; what remains of them is `Node.origin`, which knows where in the text a
node stands, for messages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from netcc.errors import Span
from netcc.layers.base import Layer, Signature
from netcc.schema import caffe_pb2
from netcc.schema.select import Origin
from netcc.types import Array, Layout, Phase, Shape, count


@dataclass(eq=False)
class Value:
    """One write of a blob. A layer in place reads one value of a name and writes the next (`version` + 1)."""

    name: str
    producer: Node
    index: int
    version: int = 0
    shape: Shape = ()
    uses: list[Use] = field(default_factory=list)
    loss_weight: float = 0.0
    needs_gradient: bool = False
    layout: Layout = "plain"

    def __repr__(self) -> str:
        return f"Value({self.name!r}, version={self.version}, shape={self.shape})"


@dataclass(frozen=True, eq=False)
class Use:
    """Bottom `index` of `node` reads the value."""

    node: Node
    index: int


@dataclass(eq=False)
class Parameter:
    """A learnable blob. Layers that share it hold the same object; `owner` made it first.

    `lr_mult` and `decay_mult` scale the solver's rate and weight decay for it. `values`, where a layer brings its own,
    come first in place of the filler's.
    """

    owner: Node
    index: int
    name: str
    shape: Shape
    filler: caffe_pb2.FillerParameter
    lr_mult: float = 1.0
    decay_mult: float = 1.0
    share_name: str = ""
    values: Array | None = None
    uses: list[Use] = field(default_factory=list)

    @property
    def learns(self) -> bool:
        return self.lr_mult != 0

    def __repr__(self) -> str:
        return f"Parameter({self.owner.name!r}, {self.name!r}, shape={self.shape})"


@dataclass(eq=False)
class Node:
    """A layer of the net in its place. `propagate[i]` says whether backward computes a gradient for input i.

    In the copy of a graph that is lowered, `place` is the layer's index in the original, and `absorbed` are the layers
    behind it that are computed together with it. The diff of its top is `rectified` if it comes without what the ReLU
    behind it holds back, since the reader of its top `rectifies` the diff of bottom 0.
    """

    name: str
    layer: Layer
    message: caffe_pb2.LayerParameter
    origin: Origin | None = None
    inputs: list[Value] = field(default_factory=list)
    outputs: list[Value] = field(default_factory=list)
    parameters: list[Parameter] = field(default_factory=list)
    signature: Signature = field(default_factory=lambda: Signature(tops=()))
    propagate: list[bool] = field(default_factory=list)
    learn: list[bool] = field(default_factory=list)
    runs_backward: bool = False
    place: int = -1
    absorbed: list[Node] = field(default_factory=list)
    rectified: bool = False
    rectifies: bool = False

    @property
    def type(self) -> str:
        return self.message.type

    def span(self, *path: str) -> Span | None:
        """Where in the text the field at `path` below this layer stands."""
        return self.origin.span(*path) if self.origin else None

    def in_place(self, output: int) -> bool:
        """Whether the net's author wrote top `output` over the bottom of the same index."""
        return output < len(self.inputs) and self.inputs[output].name == self.outputs[output].name

    def __repr__(self) -> str:
        return f"Node({self.name!r}, {self.type})"


@dataclass(eq=False)
class Graph:
    """A net for one phase: nodes in the order of the file, which is a topological order."""

    name: str
    phase: Phase
    nodes: list[Node] = field(default_factory=list)
    force_backward: bool = False

    def append(self, layer: Layer, message: caffe_pb2.LayerParameter, bottoms: Sequence[Value]) -> list[Value]:
        """Adds a layer that reads `bottoms`; returns the values that it writes, called as `message` calls its tops."""
        node = Node(message.name, layer, message, inputs=list(bottoms))
        for index, value in enumerate(bottoms):
            value.uses.append(Use(node, index))
        versions = {value.name: value.version for value in bottoms}
        node.outputs = [Value(name, node, index, versions.get(name, -1) + 1) for index, name in enumerate(message.top)]
        self.nodes.append(node)
        return node.outputs

    def blobs(self) -> dict[str, Value]:
        """The last value of every blob name, in order of first appearance (what Caffe shows after a forward pass)."""
        return {value.name: value for node in self.nodes for value in node.outputs}

    def parameters(self) -> list[Parameter]:
        """Every parameter once, in order of its first appearance."""
        return list(dict.fromkeys(parameter for node in self.nodes for parameter in node.parameters))

    def inputs(self) -> list[Value]:
        """The blobs that the caller fills: the tops of Input layers, in order."""
        return [value for node in self.nodes if node.layer.is_input for value in node.outputs]

    def outputs(self) -> list[Value]:
        """The blobs that no layer reads, in alphabetical order as src/caffe/net.cpp lists them."""
        unread = [value for node in self.nodes for value in node.outputs if not value.uses and not is_automatic(value)]
        return sorted(unread, key=lambda value: value.name)

    def loss_values(self) -> list[Value]:
        return [value for node in self.nodes for value in node.outputs if value.loss_weight]

    def parameter_count(self) -> int:
        return sum(count(parameter.shape) for parameter in self.parameters())


AUTOMATIC = "(automatic)"
"""The name that src/caffe/net.cpp gives to the top of a loss layer whose author gave it none."""


def is_automatic(value: Value) -> bool:
    return value.name == AUTOMATIC
