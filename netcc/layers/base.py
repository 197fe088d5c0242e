"""What a layer is: attributes, a shape rule, forward and backward. Nothing else in netcc knows a layer by name.

A layer class is a frozen dataclass. Its instances hold attributes only: no arrays, no files, no state. `infer` turns
bottom shapes into a `Signature`; `forward` and `backward` are kernels that write into the arrays of `Operands`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Protocol, Self, TypeAlias, TypeVar

import numpy as np

from netcc.errors import LayerError, ShapeError
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape

Kind: TypeAlias = Literal["real", "index", "byte", "bool"]
"""What a buffer holds: numbers of the net's float type, int64 positions, small uint8 positions, or flags."""


Repeat: TypeAlias = Literal["never", "tops", "all"]
"""What of a forward call can be made again: nothing, the tops, or the saved buffers too."""


@dataclass(frozen=True, slots=True)
class Buffer:
    """Working memory that a layer asks for."""

    shape: Shape
    kind: Kind = "real"


@dataclass(frozen=True, slots=True)
class ParameterSpec:
    """A learnable blob that a layer asks for: `name` is for people ("weights"), `filler` sets its first values.

    `values` are the first values where the layer brings its own. With `learns` False the layer keeps the blob by itself
    (running statistics): forward may change it, backward is never asked for its gradient, and the solver leaves it
    alone, as with lr_mult: 0.
    """

    name: str
    shape: Shape
    filler: caffe_pb2.FillerParameter
    learns: bool = True
    values: Array | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Signature:
    """What the shape rule of a layer says for given bottom shapes.

    `saved` buffers carry facts from forward to backward, `state` buffers from one forward to the next; `scratch` is
    valid within one call and shared by all layers. `macs` are multiply-accumulates of one forward pass.
    """

    tops: tuple[Shape, ...]
    parameters: tuple[ParameterSpec, ...] = ()
    saved: tuple[Buffer, ...] = ()
    scratch: tuple[Buffer, ...] = ()
    state: tuple[Buffer, ...] = ()
    macs: int = 0


@dataclass(frozen=True, slots=True)
class Count:
    """How many bottoms or tops a layer takes; `most` None means any number."""

    least: int
    most: int | None

    def allows(self, number: int) -> bool:
        return self.least <= number and (self.most is None or number <= self.most)

    def __str__(self) -> str:
        if self.most == self.least:
            return str(self.least)
        return f"at least {self.least}" if self.most is None else f"{self.least} to {self.most}"


@dataclass(frozen=True, slots=True)
class Needs:
    """The forward values that backward reads: indices of bottoms and tops. All others may be overwritten before."""

    bottoms: Collection[int] = ()
    tops: Collection[int] = ()


class BatchReader(Protocol):
    """Where a data layer takes its batches from (see `netcc.data.source`)."""

    def shapes(self, tops: int) -> tuple[Shape, ...]: ...

    def read(self, tops: Sequence[Array]) -> None: ...


class BatchWriter(Protocol):
    """Where a layer leaves its batches that writes them to a file."""

    def write(self, bottoms: Sequence[Array]) -> None: ...


Call: TypeAlias = tuple[Callable[..., None], tuple[Any, ...]]

Together: TypeAlias = Callable[[Sequence[Call]], None]
"""Makes all calls, perhaps at the same time, and returns when all are done."""


Function = TypeVar("Function", bound=Callable[..., Any])


class Pick(Protocol):
    """Chooses who computes what a pure function over arrays defines: that function, or a twin of it."""

    def __call__(self, definition: Function, /) -> Function: ...


def definition_itself(definition: Function) -> Function:
    """Chooses no twin."""
    return definition


def in_turn(calls: Sequence[Call]) -> None:
    """Makes the calls one after the other."""
    for function, arguments in calls:
        function(*arguments)


@dataclass(slots=True)
class Operands:
    """The arrays of one layer call, all allocated beforehand.

    `backward` overwrites every array of `bottom_diffs` and `parameter_diffs` that is not None; None means not wanted.
    Only where `adds`, for which a target has to ask, says so of a bottom its diff is added to what is there.
    `top_diffs` are always there (zeros where no gradient arrives). Where a layer runs in place, bottom and top (and
    their diffs) are the same array. `together` shares out work within a call that is not a slice of the batch already.
    `pick` says who computes what a function of the layer's file defines (see `netcc.kernels.twins`).
    """

    bottoms: tuple[Array, ...] = ()
    tops: tuple[Array, ...] = ()
    parameters: tuple[Array, ...] = ()
    saved: tuple[Array, ...] = ()
    scratch: tuple[Array, ...] = ()
    state: tuple[Array, ...] = ()
    derived: tuple[Array, ...] = ()
    top_diffs: tuple[Array, ...] = ()
    bottom_diffs: tuple[Array | None, ...] = ()
    parameter_diffs: tuple[Array | None, ...] = ()
    adds: tuple[bool, ...] = ()
    random: np.random.Generator = field(default_factory=lambda: np.random.default_rng())
    reader: BatchReader | None = None
    writer: BatchWriter | None = None
    together: Together = in_turn
    pick: Pick = definition_itself


class Layer(ABC):
    """The base of all layers. Subclasses are frozen dataclasses registered with `@register("Type")`."""

    type: ClassVar[str]
    """The name in `type: "..."`; set by `register`."""

    fork: ClassVar[str] = ""
    """The forks of Caffe that the type comes from; empty where BVLC's Caffe has it."""

    example: ClassVar[str] = ""
    """The least that a net must say of the layer's parameters, for the catalogue."""

    bottoms: ClassVar[Count] = Count(1, 1)
    tops: ClassVar[Count] = Count(1, 1)

    in_place: ClassVar[bool] = False
    """Top 0 may share its array with bottom 0 (and their diffs likewise)."""

    any_layout: ClassVar[bool] = False
    """forward and backward take arrays whose axes lie in any order in memory, with gaps between them too, if only the
    axes from 2 on keep theirs: channels-last arrays under their usual shape, say. Buffers that have the shape of bottom
    0 lie as it does, all others as always."""

    is_loss: ClassVar[bool] = False
    """Top 0 has loss weight 1 unless the net says otherwise; bottom 1 holds labels and never gets a gradient."""

    is_metric: ClassVar[bool] = False
    """The tops say how good the bottoms are, compared with labels; nothing is computed from them."""

    predicts: ClassVar[str | None] = ""
    """For a loss: the type of the layer that makes of its bottom what it compares with labels ("Softmax"); empty if
    that is the bottom itself, None if it takes more than one layer."""

    batch_axis: ClassVar[int] = 0
    """The axis of bottom 0 that independent items lie along."""

    differentiable: ClassVar[bool] = True
    """False: no gradient passes from tops to bottoms (data, metrics)."""

    is_view: ClassVar[bool] = False
    """Every top holds the numbers of bottom 0 unchanged, perhaps under another shape; forward copies them if the arrays
    differ, and does nothing if they are the same memory. With one top, backward does the same for the diffs."""

    dynamic: ClassVar[bool] = False
    """The shapes of the tops depend on the numbers in the bottoms: `measure` tells them before every forward pass."""

    one_top_per_bottom: ClassVar[bool] = False
    """As many tops as bottoms (Caffe's EqualNumBottomTopBlobs)."""

    is_input: ClassVar[bool] = False
    """The caller fills the tops; they are the inputs of the net."""

    has_writer: ClassVar[bool] = False
    """Batches go to a file (see `netcc.runtime.sinks`)."""

    brings_data: ClassVar[bool] = False
    """Without bottoms the layer stands for data: where a net is used, its tops are given instead."""

    from_outside: ClassVar[bool] = False
    """The shapes of the tops may be given from outside (`--input`, a first record): see `SourceLayer`."""

    @classmethod
    @abstractmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        """Reads the attributes once; raises LayerError with the field's path where they make no sense."""

    @abstractmethod
    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        """The shape rule. Raises ShapeError where the bottoms do not fit."""

    @abstractmethod
    def forward(self, operands: Operands) -> None:
        """Computes the tops from the bottoms."""

    def backward(self, operands: Operands) -> None:
        """Computes the wanted diffs of bottoms and parameters from the diffs of the tops."""
        raise LayerError(f"{self.type} has no backward pass")

    def batchwise(self) -> bool:
        """Whether the rows of a batch do not know of each other.

        Then slices of the bottoms along axis 0 give the same slices of the tops and of the bottom diffs, parameter
        diffs add up over slices, and several slices may run at the same time, each with buffers of its own.
        """
        return False

    def is_identity(self) -> bool:
        """Whether every top holds the numbers of the only bottom, under its shape."""
        return False

    def is_function(self) -> bool:
        """Whether forward makes the same tops of the same bottoms and parameters, and changes nothing else."""
        return True

    def is_constant(self) -> bool:
        """Whether the tops follow from the layer and the shapes of its bottoms; no numbers are looked at."""
        return False

    def joins_channels(self) -> bool:
        """Whether top 0 holds the bottoms side by side on axis 1 of four, and backward hands out its diff likewise."""
        return False

    def hands_on(self) -> Collection[int]:
        """The bottoms whose diffs are the diff of top 0; backward may find some or all of them in its memory."""
        return ()

    def cuts(self) -> int | None:
        """The axis of bottom 0 of which the tops hold ranges, one behind the other, and their diffs those of its."""
        return None

    def is_affine(self, bottom: Shape) -> bool:
        """Whether every number of channel c, on axis 1 of a bottom of this shape, becomes gain[c] * x + shift[c]."""
        return False

    def affine(self, parameters: Sequence[Array]) -> tuple[Array | float, Array | float]:
        """The gain and the shift of a layer that `is_affine`: (channels), or one number for all."""
        raise LayerError(f"{self.type} is not affine")

    def needs(self) -> Needs:
        """What backward reads of the forward values."""
        return Needs()

    def repeats(self) -> Repeat:
        """What `repeat` makes once more after a forward pass. "never", unless it takes a few passes over memory."""
        return "never"

    def repeat(self, operands: Operands) -> None:
        """As `forward`, for the same bottoms and parameters, to the same bytes; changes nothing else.

        With "tops" it finds in `saved` what `forward` left there.
        """
        self.forward(operands)

    def measure(self, operands: Operands) -> tuple[Shape, ...]:
        """The shapes that the tops of a `dynamic` layer need for what the bottoms hold now.

        `infer` gives those at the start, before there are numbers. `operands.tops` still have the shapes of the last
        pass here; before `forward` runs they get the measured ones.
        """
        raise LayerError(f"{self.type} is not dynamic")

    def passes_on(self) -> bool:
        """Whether top 0 holds the numbers of bottom 0, perhaps under another shape."""
        return self.is_view

    def start(self, operands: Operands) -> None:
        """Runs once before the first forward pass: fills constants and the state."""

    def gradient_allowed(self, bottom: int) -> bool:
        """Whether `force_backward` asks for the gradient of `bottom` (Caffe's AllowForceBackward)."""
        return not (self.is_loss and bottom == 1)

    def gradient_by_default(self, bottom: int) -> bool:
        """Whether a gradient flows to `bottom` where the net does not say (`propagate_down`) and something learns."""
        return True


class SourceLayer(Layer):
    """A layer without bottoms whose shapes may come from outside: a flag, or the first record of its data."""

    bottoms: ClassVar[Count] = Count(0, 0)
    differentiable: ClassVar[bool] = False
    from_outside: ClassVar[bool] = True
    brings_data: ClassVar[bool] = True
    has_reader: ClassVar[bool] = False
    """Batches come from a source that netcc.data opens."""

    makes_data: ClassVar[bool] = False
    """The layer makes its batches by itself."""

    def is_function(self) -> bool:
        return False

    @abstractmethod
    def infer_given(self, given: Sequence[Shape | None], tops: int) -> Signature:
        """As `infer`, with the shape of some tops given from outside (None where not)."""

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        return self.infer_given([None] * tops, tops)


def canonical_axis(axis: int, rank: int, field: tuple[str, ...] = (), *, end: bool = False) -> int:
    """Counts a negative `axis` from the end and refuses one outside the blob; `end` admits `rank` itself."""
    least, most = -rank, rank if end else rank - 1
    if not least <= axis <= most:
        raise ShapeError(f"axis {axis} is outside a blob of {rank} axes (allowed: {least} to {most})", field=field)
    return axis + rank if axis < 0 else axis


def refuse_in_place(message: caffe_pb2.LayerParameter) -> None:
    """Raises LayerError if the layer, which cannot run in place, names its bottom as its top."""
    if message.bottom and message.top and message.bottom[0] == message.top[0]:
        raise LayerError(f"{message.type} cannot run in place", field=("top", "0"), notes=["give its top another name"])


def pass_on(source: Array, target: Array) -> None:
    """Copies `source` to `target`, under its shape; does nothing where both are the same memory."""
    if not same_memory(source, target):
        np.copyto(target, source.reshape(target.shape))


def same_memory(one: Array, other: Array) -> bool:
    """Whether two arrays begin at the same place; those of a plan then are the same numbers."""
    return bool(one.__array_interface__["data"][0] == other.__array_interface__["data"][0])


def same_shape(bottoms: Sequence[Shape], **signature: Any) -> Signature:
    """The signature of a layer whose top looks as its bottom."""
    return Signature(tops=(bottoms[0],), **signature)
