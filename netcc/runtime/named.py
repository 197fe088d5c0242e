"""What a net has by name, with errors that say what else there is."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, SupportsIndex, TypeVar, overload

from netcc.blob import Blob
from netcc.errors import UnknownNameError, UsageError, closest
from netcc.ir.graph import Graph

T = TypeVar("T")
Complaint = Callable[[str], UsageError]

ADVICE = "write into its array: ....data[...] = numbers"


class Named(OrderedDict[str, T]):
    """Things by name, in the order of the net. A name that does not exist raises UnknownNameError, a KeyError.

    Things cannot be replaced. A copy is the user's own and may be changed.
    """

    _complaint: Complaint | None = None

    def __init__(
        self, items: Iterable[tuple[str, T]] | Mapping[str, T] = (), complaint: Complaint | None = None
    ) -> None:
        super().__init__(items)
        self._complaint = complaint

    def __missing__(self, name: str) -> T:
        raise self._complaint(name) if self._complaint else KeyError(name)

    def __setitem__(self, name: str, thing: T) -> None:
        if self._complaint:
            raise UsageError(f"{name!r} cannot be replaced", notes=[ADVICE])
        super().__setitem__(name, thing)

    def __copy__(self) -> Named[T]:
        return self.copy()

    def __repr__(self) -> str:
        return f"{{{', '.join(f'{name!r}: {thing!r}' for name, thing in self.items())}}}"


class ParameterBlobs(list[Blob]):
    """The parameters of a layer. An index that does not exist raises UnknownParameterError, an IndexError."""

    def __init__(self, blobs: Iterable[Blob], layer: str) -> None:
        super().__init__(blobs)
        self.layer = layer

    @overload
    def __getitem__(self, index: SupportsIndex) -> Blob: ...
    @overload
    def __getitem__(self, index: slice) -> list[Blob]: ...
    def __getitem__(self, index: SupportsIndex | slice) -> Blob | list[Blob]:
        try:
            return super().__getitem__(index)
        except IndexError:
            raise UnknownParameterError(self.layer, len(self), index) from None

    def __setitem__(self, index: Any, blob: Any) -> None:
        raise UsageError(f"parameter [{index}] of layer {self.layer!r} cannot be replaced", notes=[ADVICE])


class UnknownParameterError(UsageError, IndexError):
    """A parameter is asked for by an index that its layer lacks."""

    def __init__(self, layer: str, count: int, index: object) -> None:
        has = "1 parameter, [0]" if count == 1 else f"{count} parameters, [0] to [{count - 1}]"
        super().__init__(f"layer {layer!r} has no parameter [{index}]", notes=[f"it has {has}"])


def unknown_blob(graph: Graph, names: Iterable[str], name: str) -> UnknownNameError:
    """What is said where a net whose blobs are `names` has none called `name`."""
    notes = [
        f"{name!r} is a layer; its tops: {', '.join(value.name for value in node.outputs) or 'none'}"
        for node in graph.nodes
        if node.name == name
    ]
    near = None if notes else closest(name, names)
    return UnknownNameError(f"the net has no blob {name!r}", notes=notes, suggestion=near)


def unknown_layer(names: Iterable[str], name: str) -> UnknownNameError:
    """What is said where a net whose layers are `names` has none called `name`."""
    return UnknownNameError(f"the net has no layer {name!r}", suggestion=closest(name, names))


def unknown_parameters(graph: Graph, name: str) -> UnknownNameError:
    """What is said where the parameters of a layer `name` are asked for that has none, or does not exist."""
    nodes = {node.name: node for node in graph.nodes}
    if name in nodes:
        return UnknownNameError(f"layer {name!r} ({nodes[name].type}) has no parameters")
    with_some = [node.name for node in graph.nodes if node.parameters]
    return UnknownNameError(f"the net has no layer {name!r}", suggestion=closest(name, with_some))
