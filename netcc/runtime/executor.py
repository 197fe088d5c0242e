"""Runs a plan: memory is allocated once, every step is bound to its arrays, and a pass is a loop over bound steps."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from netcc.errors import NetccError
from netcc.ir.graph import Node, Parameter
from netcc.layers.base import BatchReader, BatchWriter, Kind, Layer, Operands
from netcc.plan.memory import lifetimes
from netcc.plan.plan import AddStep, LayerStep, Plan, Slot, Step, View
from netcc.runtime.threads import blas_on_one_thread, run_together, thread_count
from netcc.types import Array, Shape, count

BoundStep: TypeAlias = tuple[Callable[[Any], None], Any]


class Executor:
    """A plan with memory behind it. `dtype` is the float type of all real numbers (float32, or float64 for checks).

    `parameters` gives arrays for parameters that live elsewhere already (of another net, or from before a reshape);
    they are used, not copied. The same holds for `parameter_diffs`.
    """

    def __init__(
        self,
        plan: Plan,
        random: np.random.Generator,
        *,
        dtype: npt.DTypeLike = np.float32,
        parameters: Mapping[Parameter, Array] | None = None,
        parameter_diffs: Mapping[Parameter, Array] | None = None,
        readers: Mapping[Node, BatchReader] | None = None,
        writers: Mapping[Node, BatchWriter] | None = None,
    ) -> None:
        self.plan = plan
        self.random = random
        self.dtype = np.dtype(dtype)
        self.readers = readers or {}
        self.writers = writers or {}
        self._memory: dict[Slot, Array] = {}
        for given, views in ((parameters, plan.parameters), (parameter_diffs, plan.parameter_diffs)):
            for parameter, array in (given or {}).items():
                if parameter in views:
                    self._memory[views[parameter].slot] = array.reshape(-1)
        self._allocate()
        forward = [step for step in plan.forward if isinstance(step, LayerStep)]
        self._sliced = any(step.parts for step in forward)
        if self._sliced:
            thread_count()  # a number of threads that makes no sense is said here, not as a fault of some layer
        self._forward: list[BoundStep] = []
        for index, step in enumerate(forward):
            operands = [self._operands(piece) for piece in step.pieces()]
            for piece in operands:
                step.node.layer.start(piece)
            self._forward.append(_together(_forward_kernel(index, step.node.layer), operands))
        self._backward: dict[bool, list[BoundStep]] = {}
        self._reached = 0
        self._run([self._bind(step) for step in plan.initial])

    def adopt(self, other: Executor, until: int) -> None:
        """Takes over what a pass of `other`, the same net in other shapes, left in memory before node `until`."""
        lives = lifetimes((*self.plan.forward, *self.plan.backward, *self.plan.backward_add))
        pairs = zip(self.plan.forward, other.plan.forward, strict=True)
        for index, (mine, theirs) in enumerate(pairs):
            if not (isinstance(mine, LayerStep) and isinstance(theirs, LayerStep)):
                continue
            views = [*zip(mine.state, theirs.state, strict=True)]
            if index < until or mine.node.layer.from_outside:
                views += zip(mine.tops, theirs.tops, strict=True)
                for piece, old_piece in zip(mine.pieces(), theirs.pieces(), strict=True):
                    views += zip(piece.saved, old_piece.saved, strict=True)
            for view, old in views:
                alive = view.slot.held or (view.slot in lives and lives[view.slot].last >= until)
                if alive and view.shape == old.shape:
                    np.copyto(self.array(view), other.array(old))

    def forward(self, start: int = 0, end: int | None = None) -> None:
        """Runs the nodes from index `start` up to and including `end` (the last by default).

        Raises Resized where a dynamic layer needs tops of another shape; all nodes before it have run then.
        """
        self._run(self._forward[start : None if end is None else end + 1])

    def backward(self, *, accumulate: bool = False) -> None:
        """Runs the backward pass; parameter diffs are overwritten, or added to with `accumulate`.

        Raises LayerError where a layer cannot give a wanted gradient.
        """
        self._check_backward()
        self._run(self._bound_backward(accumulate=accumulate))
        self._reached = 0

    def _bound_backward(self, *, accumulate: bool) -> list[BoundStep]:
        if accumulate not in self._backward:
            planned = self.plan.backward_add if accumulate else self.plan.backward
            self._backward[accumulate] = [self._bind(step) for step in planned]
        return self._backward[accumulate]

    def backward_part(self, first: int, last: int) -> None:
        """Runs the accumulating backward steps of the nodes from index `first` down to `last`, both included.

        A part that begins below where the last one ended goes on with the same pass; any other begins a new one.
        """
        self._check_backward()
        last_time = 2 * len(self.plan.graph.nodes) - 1
        if first >= self._reached:
            self._clear_sums([step for step in self.plan.backward_add if step.time >= last_time - first])
        self._reached = last
        times = range(last_time - first, last_time - last + 1)
        self._run([self._bind(step) for step in self.plan.backward_add if step.time in times])

    def _clear_sums(self, steps: Sequence[Step]) -> None:
        """Zeroes the diffs of blobs to which `steps` only add, without the node that would overwrite them."""
        kept = {view.slot for view in self.plan.parameter_diffs.values()}
        for step in steps:
            if isinstance(step, AddStep) and step.target.slot not in kept:
                self.array(step.target).fill(0)
            kept.update(step.writes())

    def _check_backward(self) -> None:
        if self.plan.no_backward is not None:
            raise self.plan.no_backward

    def timed_forward(self) -> list[tuple[Step, float]]:
        """Runs the forward pass; every step with the seconds that it took."""
        steps = [step for step in self.plan.forward if isinstance(step, LayerStep)]
        return self._timed(steps, self._forward)

    def timed_backward(self) -> list[tuple[Step, float]]:
        """Runs the backward pass, parameter diffs overwritten; every step with the seconds that it took."""
        self._check_backward()
        self._reached = 0
        return self._timed(self.plan.backward, self._bound_backward(accumulate=False))

    def _timed(self, planned: Sequence[Step], bound: Sequence[BoundStep]) -> list[tuple[Step, float]]:
        seconds: list[float] = []
        self._run([(_clocked(kernel, seconds), *rest) for kernel, *rest in bound])
        return list(zip(planned, seconds, strict=True))

    def array(self, view: View) -> Array:
        """The memory of `view` under its shape."""
        return self._memory[view.slot][view.offset : view.offset + count(view.shape)].reshape(view.shape)

    def carried(self) -> dict[str, tuple[Array, ...]]:
        """The live arrays that layers carry from one pass to the next, by the name of the layer."""
        steps = [step for step in self.plan.forward if isinstance(step, LayerStep) and step.state]
        return {step.node.name: tuple(map(self.array, step.state)) for step in steps}

    def _run(self, steps: Sequence[BoundStep]) -> None:
        # Numbers that are not finite are looked for by whoever asks for a loss, which says more than NumPy's warnings.
        with blas_on_one_thread() if self._sliced else nullcontext(), np.errstate(all="ignore"):
            try:
                for kernel, operands in steps:
                    kernel(operands)
            except NetccError as error:
                raise self._located(error, kernel, operands) from error.__cause__

    def _located(self, error: NetccError, kernel: Callable[[Any], None], operands: Any) -> NetccError:
        """`error` of a kernel with the layer that it belongs to, and its place in the text."""
        method = operands[0][0] if kernel is run_together else kernel
        owner = getattr(method, "__self__", None)
        layer = owner.layer if isinstance(owner, _Measuring) else owner
        for node in self.plan.graph.nodes:
            if node.layer is layer:
                return error.located(node.span(), f"in layer {node.name!r} ({node.type})")
        return error

    def _allocate(self) -> None:
        layout = self.plan.memory
        arenas: dict[str, Array] = {}
        for slot, offset in layout.offsets.items():
            if slot in self._memory:
                continue
            if slot.arena not in arenas:
                arenas[slot.arena] = _zeros(layout.arenas[slot.arena], self.dtype)
            units = arenas[slot.arena][offset : offset + slot.units]
            self._memory[slot] = units.view(self._dtype(slot.kind))[: slot.size]

    def _dtype(self, kind: Kind) -> np.dtype[Any]:
        return {
            "real": self.dtype,
            "index": np.dtype(np.int64),
            "byte": np.dtype(np.uint8),
            "bool": np.dtype(np.bool_),
        }[kind]

    def _bind(self, step: Step) -> BoundStep:
        if isinstance(step, LayerStep):
            return _together(step.node.layer.backward, [self._operands(piece) for piece in step.pieces()])
        if isinstance(step, AddStep):
            return _add, (self.array(step.target), self.array(step.part))
        return _fill, (self.array(step.target), step.number)

    def _operands(self, step: LayerStep) -> Operands:
        def arrays(views: Sequence[View]) -> tuple[Array, ...]:
            return tuple(self.array(view) for view in views)

        def wanted(views: Sequence[View | None]) -> tuple[Array | None, ...]:
            return tuple(self.array(view) if view else None for view in views)

        return Operands(
            bottoms=arrays(step.bottoms),
            tops=arrays(step.tops),
            parameters=arrays(step.parameters),
            saved=arrays(step.saved),
            scratch=arrays(step.scratch),
            state=arrays(step.state),
            top_diffs=arrays(step.top_diffs),
            bottom_diffs=wanted(step.bottom_diffs),
            parameter_diffs=wanted(step.parameter_diffs),
            random=self.random,
            reader=self.readers.get(step.node),
            writer=self.writers.get(step.node),
        )


class Resized(Exception):  # noqa: N818  # no error: the net has to follow
    """The tops of the dynamic layer at place `index` need other shapes."""

    def __init__(self, index: int, shapes: tuple[Shape, ...]) -> None:
        super().__init__(index, shapes)
        self.index = index
        self.shapes = shapes


def _forward_kernel(index: int, layer: Layer) -> Callable[[Operands], None]:
    return _Measuring(index, layer).forward if layer.dynamic else layer.forward


@dataclass(frozen=True)
class _Measuring:
    """The dynamic layer at place `index`; its forward raises Resized first if its tops do not fit."""

    index: int
    layer: Layer

    def forward(self, operands: Operands) -> None:
        shapes = self.layer.measure(operands)
        if shapes != tuple(top.shape for top in operands.tops):
            raise Resized(self.index, shapes)
        self.layer.forward(operands)


def _clocked(kernel: Callable[[Any], None], seconds: list[float]) -> Callable[[Any], None]:
    """`kernel`, which then appends to `seconds` how long it took."""

    def run(operands: Any) -> None:
        begin = time.perf_counter()
        kernel(operands)
        seconds.append(time.perf_counter() - begin)

    return run


def _together(kernel: Callable[[Operands], None], operands: Sequence[Operands]) -> BoundStep:
    """One call, or one for each slice of the batch at the same time."""
    if len(operands) == 1:
        return kernel, operands[0]
    return run_together, [(kernel, piece) for piece in operands]


def _zeros(size: int, dtype: npt.DTypeLike) -> Array:
    """Zeros that start on a cache line. The system gives memory only where it is touched."""
    item = np.dtype(dtype).itemsize
    raw = np.zeros(size * item + 64, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + size * item].view(dtype)


def _add(operands: tuple[Array, Array]) -> None:
    target, part = operands
    np.add(target, part, out=target)


def _fill(operands: tuple[Array, float]) -> None:
    target, number = operands
    target.fill(number)
