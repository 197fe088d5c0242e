"""The plan: a flat list of steps over slots of memory. No decision is left for the time it runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from netcc.errors import LayerError
from netcc.ir.graph import Graph, Node, Parameter, Value
from netcc.layers.base import Kind
from netcc.targets.base import Target
from netcc.targets.options import Options
from netcc.types import Layout, Shape, count

Role: TypeAlias = Literal["data", "diff", "parameter", "parameter diff", "saved", "scratch", "state", "derived"]
Direction: TypeAlias = Literal["forward", "backward"]

ELEMENT_BYTES: dict[Kind, int] = {"real": 4, "index": 8, "byte": 1, "bool": 1}
"""Bytes of an element, where real numbers are float32."""


@dataclass(eq=False)
class Slot:
    """A piece of memory of `size` elements. A `held` slot keeps its contents between passes and shares with none."""

    name: str
    role: Role
    size: int
    kind: Kind = "real"
    held: bool = False

    @property
    def arena(self) -> str:
        """The arena it lies in."""
        return self.role if self.role in ("parameter", "parameter diff") else "buffers"

    @property
    def units(self) -> int:
        """How much memory it takes, in units as large as a real number, of which the smallest have 4 bytes."""
        return -(-self.size * ELEMENT_BYTES[self.kind] // ELEMENT_BYTES["real"])

    def __repr__(self) -> str:
        return f"Slot({self.name!r}, {self.role}, {self.size})"


@dataclass(frozen=True, slots=True)
class View:
    """A slot, or the part of it from element `offset` on, read under a shape.

    `strides` says, for each axis, how many elements lie from one index to the next; None: the axes lie in order.
    """

    slot: Slot
    shape: Shape
    offset: int = 0
    strides: Shape | None = None

    def rows(self, start: int, stop: int) -> View:
        """The rows from `start` up to, not including, `stop` of axis 0."""
        inner = self.shape[1:]
        stride = count(inner) if self.strides is None else self.strides[0]
        return View(self.slot, (stop - start, *inner), self.offset + start * stride, self.strides)

    def channels(self, start: int, stop: int) -> View:
        """The channels from `start` up to, not including, `stop` of a view whose channels lie innermost."""
        assert self.strides is not None
        batch, _, *size = self.shape
        return View(self.slot, (batch, stop - start, *size), self.offset + start, self.strides)

    def range(self, axis: int, start: int, stop: int) -> View | None:
        """The range of an axis, if it can be read as blobs are: without gaps, or with its channels innermost."""
        if axis == 0:
            return self.rows(start, stop)
        if self.strides is not None:
            return self.channels(start, stop) if axis == 1 else None
        if count(self.shape[:axis]) != 1:
            return None
        shape = (*self.shape[:axis], stop - start, *self.shape[axis + 1 :])
        return View(self.slot, shape, self.offset + start * count(self.shape[axis + 1 :]))

    def touches(self, other: View) -> bool:
        """Whether two views of one slot may have elements in common; disjoint ranges of rows or channels have not."""
        if self.strides is None or self.strides != other.strides:
            return self.offset < other.end and other.offset < self.end
        by_row, by_pixel = self.strides[0], self.strides[-1]
        rows, channels = (
            [(place, place + view.shape[axis]) for view, place in zip((self, other), places, strict=True)]
            for axis, places in (
                (0, [view.offset // by_row for view in (self, other)]),
                (1, [view.offset % by_pixel for view in (self, other)]),
            )
        )
        return all(one[0] < two[1] and two[0] < one[1] for one, two in (rows, channels))

    @property
    def end(self) -> int:
        """The place behind its last element."""
        if self.strides is None:
            return self.offset + count(self.shape)
        steps = zip(self.shape, self.strides, strict=True)
        return self.offset + 1 + sum((length - 1) * stride for length, stride in steps)

    @property
    def dense(self) -> bool:
        """Whether it covers the whole slot, perhaps in another order."""
        return self.offset == 0 and count(self.shape) == self.slot.size


@dataclass(frozen=True, slots=True)
class LayerStep:
    """One call of a layer's kernel. The fields are those of `netcc.layers.base.Operands`.

    `time` orders lifetimes: it is i for the i-th of n nodes forward, 2n - 1 - i backward, or later where something is
    computed again before.
    A step with `parts` runs those instead of itself, at the same time if there are threads: slices of the batch, each
    with saved and scratch buffers of its own. Within a stream the parts of one lane, `rounds` of them, use the same
    memory one after the other.
    """

    node: Node
    target: Target
    direction: Direction
    time: int
    bottoms: tuple[View, ...] = ()
    tops: tuple[View, ...] = ()
    parameters: tuple[View, ...] = ()
    saved: tuple[View, ...] = ()
    scratch: tuple[View, ...] = ()
    state: tuple[View, ...] = ()
    derived: tuple[View, ...] = ()
    top_diffs: tuple[View, ...] = ()
    bottom_diffs: tuple[View | None, ...] = ()
    parameter_diffs: tuple[View | None, ...] = ()
    adds: tuple[bool, ...] = ()
    parts: tuple[LayerStep, ...] = ()
    rounds: int = 1

    @property
    def name(self) -> str:
        return f"{self.direction} {self.node.name}"

    def pieces(self) -> tuple[LayerStep, ...]:
        """The calls that are made: the parts, or the step itself."""
        return self.parts or (self,)

    def reads(self) -> Iterator[Slot]:
        """Slots whose contents the kernel may look at."""
        if self.parts:
            for part in self.parts:
                yield from part.reads()
            return
        if self.direction == "forward":
            bottoms = () if self.node.layer.is_constant() else self.bottoms
            yield from (view.slot for view in (*bottoms, *self.parameters, *self.derived))
            return
        needs = self.target.needs()
        yield from (self.bottoms[index].slot for index in needs.bottoms)
        yield from (self.tops[index].slot for index in needs.tops)
        yield from (view.slot for view in (*self.parameters, *self.derived, *self.saved, *self.top_diffs))
        yield from (view.slot for view, adds in zip(self.bottom_diffs, self.adds, strict=False) if view and adds)

    def writes(self) -> Iterator[Slot]:
        """Slots that the kernel overwrites."""
        if self.parts:
            for part in self.parts:
                yield from part.writes()
            return
        if self.direction == "forward":
            yield from (view.slot for view in (*self.tops, *self.saved, *self.scratch, *self.state))
            return
        yield from (view.slot for view in self.scratch)
        yield from (view.slot for view in (*self.bottom_diffs, *self.parameter_diffs) if view)


@dataclass(frozen=True, slots=True)
class AddStep:
    """target += part: a gradient that arrives from several sides, or is summed over passes.

    `deferrable`: the gradient of a parameter, which nobody reads within the pass.
    """

    target: View
    part: View
    time: int
    deferrable: bool = False

    @property
    def name(self) -> str:
        return f"add into {self.target.slot.name}"

    def reads(self) -> Iterator[Slot]:
        yield self.target.slot
        yield self.part.slot

    def writes(self) -> Iterator[Slot]:
        yield self.target.slot


@dataclass(frozen=True, slots=True)
class FillStep:
    """target = number: the loss weight in the diff of a loss, or 0 where no gradient arrives."""

    target: View
    number: float
    time: int

    @property
    def name(self) -> str:
        return f"fill {self.target.slot.name} with {self.number:g}"

    def reads(self) -> Iterator[Slot]:
        return iter(())

    def writes(self) -> Iterator[Slot]:
        yield self.target.slot


@dataclass(frozen=True, slots=True)
class DeriveStep:
    """What a target makes of its parameters before it runs: weights in another order, folded or transformed.

    `time` is that of the step before which it runs, together with others of the same time.
    """

    node: Node
    target: Target
    direction: Direction
    parameters: tuple[View, ...]
    derived: tuple[View, ...]
    time: int

    @property
    def name(self) -> str:
        return f"derive {self.node.name}"

    @property
    def kept(self) -> bool:
        """Whether what it makes lasts until parameters change; else every pass makes it."""
        return all(view.slot.held for view in self.derived)

    def reads(self) -> Iterator[Slot]:
        return (view.slot for view in self.parameters)

    def writes(self) -> Iterator[Slot]:
        return (view.slot for view in self.derived)


@dataclass(frozen=True, slots=True)
class RecomputeStep:
    """The tops of a forward `step` computed once more, in the backward pass, just before they are read at `time`."""

    step: LayerStep
    time: int

    @property
    def name(self) -> str:
        return f"compute {self.step.node.name} again"

    def reads(self) -> Iterator[Slot]:
        for piece in self.step.pieces():
            yield from (view.slot for view in (*piece.bottoms, *piece.parameters))
            if piece.target.repeats() == "tops":
                yield from (view.slot for view in piece.saved)

    def writes(self) -> Iterator[Slot]:
        for piece in self.step.pieces():
            yield from (view.slot for view in (*piece.tops, *piece.scratch))
            if piece.target.repeats() == "all":
                yield from (view.slot for view in piece.saved)


Step: TypeAlias = LayerStep | AddStep | FillStep | DeriveStep | RecomputeStep


@dataclass(frozen=True, slots=True)
class MemoryMap:
    """Where each slot lies: an offset into an arena, and the arenas' sizes, all in units as large as a real number.

    Parameters and their diffs have arenas of their own, so that a solver can treat them as one long vector.
    """

    offsets: dict[Slot, int]
    arenas: dict[str, int]


@dataclass(eq=False)
class Plan:
    """Steps in order, and where the user's blobs are.

    `graph` is the net as its author wrote it; steps belong to the nodes of `lowered`, its copy that passes changed.
    `derive` runs before `forward` where parameters may have changed, and after it `constant`, the steps of layers that
    look at no data; those of `derive` that are not `kept` run in every pass, at their times. `backward` overwrites
    parameter diffs, `backward_add` adds to what they hold; `initial` runs once before all.
    `backward_times` has, for the last node of `lowered`, the one before it and so on, the time of its backward step;
    steps that belong to it may come before, after that of the node above.
    `spans` has, for the time of every step in a chain, the times of the chain's first and last step; a stream, of which
    `streams` has the times, is a chain too.
    Where a layer cannot give a wanted gradient, both are empty and `no_backward` says why: as in Caffe, the net still
    runs forward.
    """

    graph: Graph
    lowered: Graph
    options: Options = field(default_factory=Options)
    initial: list[FillStep] = field(default_factory=list)
    derive: list[DeriveStep] = field(default_factory=list)
    constant: list[LayerStep] = field(default_factory=list)
    forward: list[Step] = field(default_factory=list)
    backward: list[Step] = field(default_factory=list)
    backward_add: list[Step] = field(default_factory=list)
    data: dict[Value, View] = field(default_factory=dict)
    diffs: dict[Value, View] = field(default_factory=dict)
    parameters: dict[Parameter, View] = field(default_factory=dict)
    parameter_diffs: dict[Parameter, View] = field(default_factory=dict)
    backward_times: list[int] = field(default_factory=list)
    spans: dict[int, tuple[int, int]] = field(default_factory=dict)
    streams: list[tuple[int, int]] = field(default_factory=list)
    no_backward: LayerError | None = None
    memory: MemoryMap = field(default_factory=lambda: MemoryMap({}, {}))

    def slots(self) -> list[Slot]:
        """Every slot once, in order of first use."""
        views = [*self.data.values(), *self.diffs.values(), *self.parameters.values(), *self.parameter_diffs.values()]
        found = dict.fromkeys(view.slot for view in views)
        for step in (*self.derive, *self.constant, *self.forward, *self.backward, *self.backward_add):
            found.update(dict.fromkeys((*step.writes(), *step.reads())))
            if isinstance(step, LayerStep):
                for piece in step.pieces():
                    found.update(dict.fromkeys(view.slot for view in (*piece.bottoms, *piece.tops, *step.state)))
        return list(found)


def new_slot(
    name: str, role: Role, shape: Shape, *, kind: Kind = "real", held: bool = False, layout: Layout = "plain"
) -> View:
    """A new slot for `shape`, seen under it."""
    return View(Slot(name, role, count(shape), kind, held), shape, strides=strides_of(shape, layout))


def strides_of(shape: Shape, layout: Layout) -> Shape | None:
    """How many elements lie from one index of each axis to the next; None for plain order."""
    if layout == "plain":
        return None
    _, channels, height, width = shape
    return (channels * height * width, 1, channels * width, channels)
