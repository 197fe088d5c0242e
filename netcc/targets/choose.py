"""Which target computes a node.

Families announce themselves by the class of the layer; the first that wants the node gets it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TypeAlias

from netcc.ir.graph import Node
from netcc.kernels.geometry import small_strips
from netcc.kernels.twins import picker
from netcc.layers.base import Layer, Pick, definition_itself
from netcc.targets.base import LayerTarget, Memory, Target
from netcc.targets.options import Options
from netcc.types import Shape

Maker: TypeAlias = Callable[[Node, tuple[Shape, ...], Options], "Target | None"]
"""Makes the target of a node for bottoms of the given shapes; None where the layer's own methods serve better."""

Absorber: TypeAlias = Callable[[Node, Node, Options], bool]
"""Whether the first node can be computed together with the second, which reads its only top."""

_makers: list[tuple[type[Layer], Maker]] = []
_absorbers: list[tuple[type[Layer], Absorber]] = []


def makes(layer: type[Layer]) -> Callable[[Maker], Maker]:
    """The decorated function makes targets for nodes of this class of layers and of its subclasses."""

    def add(maker: Maker) -> Maker:
        _makers.append((layer, maker))
        return maker

    return add


def absorbs(layer: type[Layer]) -> Callable[[Absorber], Absorber]:
    """The decorated function says what targets of this class of layers can take over from the layers behind."""

    def add(absorber: Absorber) -> Absorber:
        _absorbers.append((layer, absorber))
        return absorber

    return add


def choose(node: Node, options: Options, rows: int | None = None) -> Target:
    """The target of `node`, or with `rows` of a slice of its batch."""
    shapes = tuple(value.shape if rows is None else (rows, *value.shape[1:]) for value in node.inputs)
    if options.optimize and not node.layer.dynamic:
        _load()
        for layer, maker in _makers:
            if isinstance(node.layer, layer):
                with small_strips(options.memory == "low"):
                    target = maker(node, shapes, options)
                if target is not None:
                    return target
    return _by_layer(node, shapes, rows, picker() if options.optimize else definition_itself)


def can_absorb(node: Node, follower: Node, options: Options) -> bool:
    """Whether some family takes `follower` over into the target of `node`."""
    _load()
    return any(isinstance(node.layer, layer) and absorber(node, follower, options) for layer, absorber in _absorbers)


def _by_layer(node: Node, shapes: tuple[Shape, ...], rows: int | None, pick: Pick) -> LayerTarget:
    layer = node.layer
    signature = node.signature if rows is None else layer.infer(shapes, len(node.outputs))
    memory = Memory(signature.saved, signature.scratch, signature.state)
    sliced = bool(node.inputs) and not signature.state and not layer.dynamic and layer.batchwise()
    return LayerTarget(layer, memory, sliced=sliced, pick=pick)


@cache
def _load() -> None:
    package = import_module("netcc.targets")
    for module in iter_modules(package.__path__):
        import_module(f"{package.__name__}.{module.name}")
