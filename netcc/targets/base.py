"""A target: how one node, or one slice of its batch, is computed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from netcc.layers.base import Buffer, Layer, Needs, Operands, Pick, Repeat, definition_itself
from netcc.types import Array, Layout

LayoutNeed: TypeAlias = Literal["plain", "channels last", "any"]
"""What a target asks of the blobs of four axes around it; `any` means one layout, whichever, for all of them."""


Arrays: TypeAlias = Sequence[Array]
Computation: TypeAlias = Callable[[Operands], None]


@dataclass(frozen=True, slots=True)
class Memory:
    """Working memory of a target: see `netcc.layers.base.Signature`.

    `derived` arrays are made from the parameters by `Target.derive` before forward runs, once for all slices of the
    batch, and `derived_backward` by `Target.derive_backward` before backward does.
    """

    saved: tuple[Buffer, ...] = ()
    scratch: tuple[Buffer, ...] = ()
    state: tuple[Buffer, ...] = ()
    derived: tuple[Buffer, ...] = ()
    derived_backward: tuple[Buffer, ...] = ()


class Target(ABC):
    """One way to compute a node. Made when the plan is, for given shapes; holds no arrays.

    Bottoms, tops and their diffs are arrays with Caffe's axes, whatever their layout in memory.
    """

    name: str
    """What `netcc plan` prints."""

    layout: LayoutNeed = "plain"

    memory: Memory

    sliced: bool = False
    """Rows of the batch do not know of each other: slices of it can be computed at the same time."""

    shares: bool = False
    """Not sliced, but a call shares its work out by `Operands.together`."""

    hands_on: Collection[int] = ()
    """As `Layer.hands_on`; where it `changes_diff`, what that becomes is handed on."""

    adds_diffs: bool = False
    """Backward can add to the diffs of bottoms where `Operands.adds` asks for it."""

    changes_diff: bool = False
    """Backward may write over the diff of top 0."""

    pick: Pick = staticmethod(definition_itself)
    """What its operands get as `pick`."""

    @abstractmethod
    def forward(self, operands: Operands) -> None:
        """As `Layer.forward`."""

    @abstractmethod
    def backward(self, operands: Operands) -> None:
        """As `Layer.backward`."""

    def bound_forward(self, operands: Operands) -> Computation:
        """`forward` for these operands, the same in every pass: what finds its way in them may find it once."""
        return self.forward

    def bound_backward(self, operands: Operands) -> Computation:
        """`backward` likewise."""
        return self.backward

    @abstractmethod
    def needs(self) -> Needs:
        """As `Layer.needs`."""

    def repeats(self) -> Repeat:
        """As `Layer.repeats`."""
        return "never"

    def repeat(self, operands: Operands) -> None:
        """As `Layer.repeat`."""
        self.forward(operands)

    def derive(self, parameters: Arrays, derived: Arrays) -> None:
        """Fills `derived` from `parameters`, in the order of the node's."""

    def derive_backward(self, parameters: Arrays, derived: Arrays) -> None:
        """Fills what `backward` finds as its `derived`."""

    def derive_parts(self, parameters: Arrays, derived: Arrays) -> list[tuple[Arrays, Arrays]]:
        """What `derive` is to be called with: once, or part by part, which may be at the same time."""
        return [(parameters, derived)]

    def derive_backward_parts(self, parameters: Arrays, derived: Arrays) -> list[tuple[Arrays, Arrays]]:
        """The same for `derive_backward`."""
        return [(parameters, derived)]

    def start(self, operands: Operands) -> None:
        """As `Layer.start`."""


class LayerTarget(Target):
    """The layer's own methods."""

    name = "layer"

    def __init__(self, layer: Layer, memory: Memory, *, sliced: bool, pick: Pick = definition_itself) -> None:
        self.layer = layer
        self.pick = pick
        self.memory = memory
        self.sliced = sliced
        self.layout = "any" if layer.any_layout else "plain"
        self.hands_on = layer.hands_on()
        self.forward = layer.forward  # type: ignore[method-assign]  # no call between the plan and the kernel
        self.backward = layer.backward  # type: ignore[method-assign]
        self.start = layer.start  # type: ignore[method-assign]
        self.repeat = layer.repeat  # type: ignore[method-assign]

    def forward(self, operands: Operands) -> None:
        self.layer.forward(operands)

    def backward(self, operands: Operands) -> None:
        self.layer.backward(operands)

    def needs(self) -> Needs:
        return self.layer.needs()

    def repeats(self) -> Repeat:
        return self.layer.repeats()


class InPlace(LayerTarget):
    """A layer that moves numbers, all of which are where it would move them: nothing is done."""

    name = "in place"

    def __init__(self, layer: Layer) -> None:
        super().__init__(layer, Memory(), sliced=False)
        self.forward = self.backward = self.repeat = _do_nothing  # type: ignore[method-assign]

    def repeats(self) -> Repeat:
        return "all"


def _do_nothing(operands: Operands) -> None:
    pass


def ignoring(call: Callable[[], None]) -> Computation:
    """`call`, which knows its operands already."""
    return lambda _: call()


def is_trivial(shape: Sequence[int]) -> bool:
    """Whether a blob looks the same in both layouts."""
    return len(shape) != 4 or shape[1] == 1 or shape[2] * shape[3] == 1


def layout_of(needed: LayoutNeed, shape: Sequence[int], offered: Layout) -> Layout:
    """The layout of a blob of `shape` beside a target that needs `needed`, where its neighbour has `offered`."""
    if len(shape) != 4:
        return "plain"
    return offered if needed == "any" else needed
