"""What a net predicts: found in the graph from its losses, metrics and blobs that no layer reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from netcc.errors import GraphError, UnknownNameError, closest
from netcc.ir.graph import Graph, Node, Value, is_automatic


@dataclass(frozen=True)
class Prediction:
    """A blob that is wanted of the net in use. `loss` is the layer that compares it with labels, if that is known."""

    value: Value
    loss: Node | None = None

    @property
    def activation(self) -> str:
        """The type of the layer that makes of the blob what its loss makes of it; empty if it is wanted as it is."""
        return self.loss.layer.predicts or "" if self.loss else ""


HINT = "--output BLOB names a blob that is wanted"


def predictions(graph: Graph, outputs: Sequence[str] = (), hint: str = HINT) -> list[Prediction]:
    """The blobs called `outputs`, or if there are none what the losses compare with labels and what nobody reads.

    A loss that weighs less than another of its type with the same labels is a helper of training, as in GoogLeNet, and
    left out. Raises UnknownNameError for a name that no blob has, GraphError with `hint` if it cannot be told what is
    predicted.
    """
    if outputs:
        return [_named(graph, name) for name in outputs]
    found = [Prediction(value) for value in graph.outputs() if _is_result(value)]
    losses = [node for node in graph.nodes if is_loss(node)]
    for loss in _main(losses) or [node for node in graph.nodes if node.layer.is_metric]:
        if loss.layer.predicts is None and not found:
            raise GraphError(
                f"what the net predicts cannot be told from its loss {loss.name!r} ({loss.type})",
                span=loss.span(),
                notes=[hint],
            )
        if loss.layer.predicts is not None:
            found += [Prediction(value, loss if is_loss(loss) else None) for value in _learned(loss)]
    if not found:
        raise GraphError("the net predicts nothing", notes=[hint])
    return list({prediction.value: prediction for prediction in reversed(found)}.values())[::-1]


def is_loss(node: Node) -> bool:
    """Whether training makes a top of the layer small."""
    return node.layer.is_loss or any(value.loss_weight for value in node.outputs)


def needed(values: Iterable[Value]) -> set[Node]:
    """The layers that `values` are computed by, all the way from the inputs."""
    nodes: set[Node] = set()
    waiting = [value.producer for value in values]
    while waiting:
        node = waiting.pop()
        if node not in nodes:
            nodes.add(node)
            waiting += [value.producer for value in node.inputs]
    return nodes


def _named(graph: Graph, name: str) -> Prediction:
    blobs = graph.blobs()
    if name not in blobs:
        raise UnknownNameError(f"the net has no blob {name!r}", suggestion=closest(name, blobs))
    return Prediction(blobs[name])


def _is_result(value: Value) -> bool:
    """Whether an unread blob is computed for people who use the net, not for those who train it."""
    node = value.producer
    return bool(node.inputs) and not (is_loss(node) or node.layer.is_metric or is_automatic(value))


def _main(losses: Sequence[Node]) -> list[Node]:
    """The losses less those that weigh less than another of the same type with the same labels."""
    heaviest: dict[tuple[object, ...], float] = {}
    for loss in losses:
        kind = _kind(loss)
        heaviest[kind] = max(heaviest.get(kind, 0.0), _weight(loss))
    return [loss for loss in losses if _weight(loss) == heaviest[_kind(loss)]]


def _kind(loss: Node) -> tuple[object, ...]:
    return (loss.type, *(value for value in loss.inputs if not _learns([value])))


def _weight(loss: Node) -> float:
    return max((abs(value.loss_weight) for value in loss.outputs), default=0.0)


def _learned(node: Node) -> Iterator[Value]:
    """The bottoms of a loss that come out of layers which learn; else its first, for there must be one."""
    learned = [value for value in node.inputs if _learns([value])]
    yield from learned or node.inputs[:1]


def _learns(values: Iterable[Value]) -> bool:
    return any(_has_parameters(node) for node in needed(values))


def _has_parameters(node: Node) -> bool:
    return bool(node.signature.parameters)
