"""Runs a plan: memory is allocated once, every step is bound to its arrays, and a pass is a loop over bound steps."""

from __future__ import annotations

import time
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from netcc.errors import NetccError
from netcc.ir.graph import Node, Parameter
from netcc.layers.base import BatchReader, BatchWriter, Layer, Operands
from netcc.plan.memory import plan_lifetimes
from netcc.plan.plan import AddStep, Direction, FillStep, LayerStep, Plan, RecomputeStep, Step, View
from netcc.runtime.adding import adding
from netcc.runtime.arenas import Arenas, shaped
from netcc.runtime.derivation import Derivation
from netcc.runtime.lending import Lender
from netcc.runtime.threads import blas_on_one_thread, call_together, run_together, thread_count
from netcc.targets.relayout import Relayout
from netcc.types import Array, Shape

BoundStep: TypeAlias = tuple[Callable[[Any], None], Any, "Node | None"]
"""A kernel, what it is called with, and the node that it belongs to."""


class Executor:
    """A plan with memory behind it. `dtype` is the float type of all real numbers (float32, or float64 for checks).

    `parameters` gives arrays for parameters that live elsewhere already (of another net, or from before a reshape);
    they are used, not copied; `shared` says that somebody else may change them at any time. The same holds for
    `parameter_diffs`.
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
        shared: bool = False,
    ) -> None:
        self.plan = plan
        self.random = random
        self.readers = readers or {}
        self.writers = writers or {}
        self.lender = Lender()
        elsewhere = {
            views[parameter].slot: array.reshape(-1)
            for given, views in ((parameters, plan.parameters), (parameter_diffs, plan.parameter_diffs))
            for parameter, array in (given or {}).items()
            if parameter in views
        }
        self._arenas = Arenas(plan, dtype, elsewhere)
        forward = [step for step in plan.forward if isinstance(step, LayerStep)]
        self._sliced = any(step.parts or step.target.shares for step in (*forward, *plan.constant))
        self._lasting = {view.slot for step in plan.constant for view in (*step.bottoms, *step.tops)}
        if self._sliced:
            thread_count()  # a number of threads that makes no sense is said here, not as a fault of some layer
        self._places = [step.node.place for step in forward]
        self._forward: list[BoundStep] = []
        self._forward += map(self._bind_forward, forward)
        self._constant = [self._bind_forward(step) for step in plan.constant]
        self._derivation = Derivation(plan.derive, self.array)
        self._shared, self._derived = shared, False
        self._forward_chains = self._chained(plan.forward, self._forward)
        self._backward: dict[bool, list[BoundStep]] = {}
        self._backward_chains: dict[bool, list[BoundStep]] = {}
        self._reached = 0
        self._run([self._bind(step) for step in plan.initial])

    def adopt(self, other: Executor, until: int) -> None:
        """Takes over what a pass of `other`, the same net in other shapes, left in memory before node `until`."""
        lives = plan_lifetimes(self.plan)
        pairs = zip(self.plan.forward, other.plan.forward, strict=True)
        times = {step.node: step.time for step in self.plan.forward if isinstance(step, LayerStep)}
        first = min((time for node, time in times.items() if node.place >= until), default=len(times))
        for mine, theirs in pairs:
            if not (isinstance(mine, LayerStep) and isinstance(theirs, LayerStep)):
                continue
            views = [*zip(mine.state, theirs.state, strict=True)]
            if mine.node.place < until or mine.node.layer.from_outside:
                views += zip(mine.tops, theirs.tops, strict=True)
                for piece, old_piece in zip(mine.pieces(), theirs.pieces(), strict=True):
                    views += zip(piece.saved, old_piece.saved, strict=True)
            for view, old in views:
                alive = view.slot.held or (view.slot in lives and lives[view.slot].last >= first)
                if alive and view.shape == old.shape:
                    np.copyto(self.array(view), other.array(old))

    def take_over(self, other: Executor) -> None:
        """Copies what `other` holds, a plan of the same graph in which more layers are joined."""
        pairs: list[tuple[View, View]] = []
        for mine, theirs in ((self.plan.data, other.plan.data), (self.plan.diffs, other.plan.diffs)):
            pairs += [(mine[value], theirs[value]) for value in mine if value in theirs]
        before = _steps_by_name(other.plan)
        for name, step in _steps_by_name(self.plan).items():
            if name in before:
                old_step = before[name]
                pairs += zip(step.state, old_step.state, strict=False)
                if isinstance(step.node.layer, Relayout):
                    pairs += zip(step.tops, old_step.tops, strict=True)
                for piece, old_piece in zip(step.pieces(), old_step.pieces(), strict=False):
                    pairs += zip(piece.saved, old_piece.saved, strict=False)
        for view, old in pairs:
            if view.shape == old.shape and old.slot in other._arenas:
                np.copyto(self.array(view), other.array(old))

    def forward(self, start: int = 0, end: int | None = None) -> None:
        """Runs the nodes of the net from index `start` up to and including `end` (the last by default).

        Raises Resized where a dynamic layer needs tops of another shape; all nodes before it have run then.
        """
        self._derive_kept()
        if start == 0 and end in (None, len(self.plan.graph.nodes) - 1):
            self._run(self._forward_chains)
            return
        first = bisect_left(self._places, start)
        last = len(self._places) if end is None else bisect_right(self._places, end)
        self._run(self._with_derived("forward", self._forward[first:last]))

    def _derive_kept(self) -> None:
        """Makes anew what is the same in all passes, if parameters may have changed."""
        if self._derivation.kept or self._constant:
            if self.lender.settle() or self._shared or not self._derived:
                self._run([(run_together, self._derivation.kept, None)])
                self._run(self._constant)
            self._derived = True

    def _with_derived(self, direction: Direction, bound: Sequence[BoundStep]) -> list[BoundStep]:
        """`bound`, steps run one by one, each with what it needs derived in every pass before it."""
        result: list[BoundStep] = []
        for kernel, operands, node in bound:
            if calls := self._derivation.before(node, direction):
                result.append((run_together, calls, node))
            result.append((kernel, operands, node))
        return result

    def backward(self, *, accumulate: bool = False) -> None:
        """Runs the backward pass; parameter diffs are overwritten, or added to with `accumulate`.

        Raises LayerError where a layer cannot give a wanted gradient.
        """
        self._check_backward()
        if accumulate not in self._backward_chains:
            planned = self.plan.backward_add if accumulate else self.plan.backward
            self._backward_chains[accumulate] = self._chained(planned, self._bound_backward(accumulate=accumulate))
        self._run(self._backward_chains[accumulate])
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
        nodes = self.plan.lowered.nodes
        places = [node.place for node in reversed(nodes)]
        begin = len(nodes)

        def place(step: Step) -> int:
            return places[bisect_left(self.plan.backward_times, step.time)]

        if first >= self._reached:
            self._clear_sums([step for step in self.plan.backward_add if step.time >= begin and place(step) <= first])
        self._reached = last
        pairs = zip(self.plan.backward_add, self._bound_backward(accumulate=True), strict=True)
        bound = [one for step, one in pairs if step.time >= begin and last <= place(step) <= first]
        self._run(self._with_derived("backward", bound))

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
        """Runs the forward pass; every step with the seconds that it took.

        What is derived from parameters in every pass counts as a step of its own.
        """
        self._derive_kept()
        return self._timed([step for step in self.plan.forward if isinstance(step, LayerStep)], self._forward)

    def timed_backward(self) -> list[tuple[Step, float]]:
        """Runs the backward pass, parameter diffs overwritten; every step with the seconds that it took."""
        self._check_backward()
        self._reached = 0
        return self._timed(self.plan.backward, self._bound_backward(accumulate=False))

    def _timed(self, planned: Sequence[Step], bound: Sequence[BoundStep]) -> list[tuple[Step, float]]:
        """Runs the steps one by one, those of a stream round by round."""
        made = {(step.node, step.direction): step for step in self.plan.derive}
        clocked: list[BoundStep] = []
        rounds: list[list[BoundStep]] = []
        timed: list[Step] = []
        seconds = [0.0] * (len(planned) + len(made))
        for step, one in zip(planned, bound, strict=True):
            steps = self._with_derived(step.direction, [one]) if isinstance(step, LayerStep) else [one]
            if len(steps) > 1 and isinstance(step, LayerStep):
                clocked.append(_clocked(steps[0], seconds, len(timed)))
                timed.append(made[step.node, step.direction])
            in_rounds = _rounds(one, step.rounds) if isinstance(step, LayerStep) and step.rounds > 1 else []
            within = any(first < step.time <= last for first, last in self.plan.streams)
            if not within:
                clocked += chain.from_iterable(rounds)
                rounds = [[] for _ in in_rounds]  # a step within that has none does nothing
            for calls, call in zip(rounds, in_rounds, strict=True):
                calls.append(_clocked(call, seconds, len(timed)))
            if not in_rounds:
                clocked.append(_clocked(one, seconds, len(timed)))
            timed.append(step)
        self._run([*clocked, *chain.from_iterable(rounds)])
        return list(zip(timed, seconds, strict=False))

    def array(self, view: View) -> Array:
        """The memory of `view` under its shape."""
        return self._arenas.array(view)

    def blob(self, view: View) -> Array:
        """As `array`, for somebody who may write to it."""
        memory = self._arenas.slot(view.slot)
        return shaped(self.lender.lend(memory) if view.slot in self._lasting else memory, view)

    def parameter(self, parameter: Parameter, shape: Shape | None = None) -> Array:
        """The live array of `parameter`, perhaps under another shape; whoever holds it may write to it."""
        memory = self.lender.lend(self._arenas.slot(self.plan.parameters[parameter].slot))
        return memory.reshape(parameter.shape if shape is None else shape)

    def carried(self) -> dict[str, tuple[Array, ...]]:
        """The live arrays that layers carry from one pass to the next, by the name of the layer."""
        steps = [step for step in self.plan.forward if isinstance(step, LayerStep) and step.state]
        return {step.node.name: tuple(map(self.array, step.state)) for step in steps}

    def _run(self, steps: Sequence[BoundStep]) -> None:
        # Numbers that are not finite are looked for by whoever asks for a loss, which says more than NumPy's warnings.
        with blas_on_one_thread() if self._sliced else nullcontext(), np.errstate(all="ignore"):
            _run_in_turn(steps)

    def _bind_forward(self, step: LayerStep) -> BoundStep:
        operands = [self._operands(piece) for piece in step.pieces()]
        for piece, arrays in zip(step.pieces(), operands, strict=True):
            piece.target.start(arrays)
        return _together(list(map(_forward_kernel, step.pieces(), operands)), operands, step.node)

    def _bind(self, step: Step) -> BoundStep:
        if isinstance(step, LayerStep):
            operands = [self._operands(piece) for piece in step.pieces()]
            kernels = [
                piece.target.bound_backward(arrays) for piece, arrays in zip(step.pieces(), operands, strict=True)
            ]
            return _together(kernels, operands, step.node)
        if isinstance(step, RecomputeStep):
            pieces = step.step.pieces()
            kernels = [piece.target.repeat for piece in pieces]
            return _together(kernels, [self._operands(piece) for piece in pieces], step.step.node)
        if isinstance(step, AddStep):
            return *adding(self.array(step.target), self.array(step.part)), None
        if isinstance(step, FillStep):
            return _fill, (self.array(step.target), step.number), None
        raise AssertionError(f"{step.name} is no step of a pass")

    def _chained(self, planned: Sequence[Step], bound: Sequence[BoundStep]) -> list[BoundStep]:
        """`bound`, the steps `planned`, with the steps of a chain made one, and what is derived in every pass."""
        result: list[BoundStep] = []
        groups = self._derivation.groups()
        last = -1
        slices: list[list[BoundStep]] = []
        for step, (kernel, operands, node) in zip(planned, bound, strict=True):
            if group := groups.pop(step.time, None):
                result.append((run_together, group, None))
            span = self.plan.spans.get(step.time)
            if span is None or not isinstance(step, LayerStep):
                result.append((kernel, operands, node))
                continue
            if span[1] != last:
                last, slices = span[1], [[] for _ in operands]
                lanes = [slices[first : first + step.rounds] for first in range(0, len(slices), step.rounds)]
                result.append((run_together, [(_run_slices, lane) for lane in lanes], None))
            for links, call in zip(slices, operands, strict=True):
                links.append((*call, node))
        return result

    def _operands(self, step: LayerStep) -> Operands:
        def arrays(views: Sequence[View]) -> tuple[Array, ...]:
            return tuple(self.array(view) for view in views)

        def wanted(views: Sequence[View | None]) -> tuple[Array | None, ...]:
            return tuple(self.array(view) if view else None for view in views)

        node = self.plan.graph.nodes[step.node.place]
        return Operands(
            bottoms=arrays(step.bottoms),
            tops=arrays(step.tops),
            parameters=arrays(step.parameters),
            saved=arrays(step.saved),
            scratch=arrays(step.scratch),
            state=arrays(step.state),
            derived=arrays(step.derived),
            top_diffs=arrays(step.top_diffs),
            bottom_diffs=wanted(step.bottom_diffs),
            parameter_diffs=wanted(step.parameter_diffs),
            adds=step.adds,
            random=self.random,
            reader=self.readers.get(node),
            writer=self.writers.get(node),
            together=call_together,
            pick=step.target.pick,
        )


class Resized(Exception):  # noqa: N818  # no error: the net has to follow
    """The tops of the dynamic layer at place `index` need other shapes."""

    def __init__(self, index: int, shapes: tuple[Shape, ...]) -> None:
        super().__init__(index, shapes)
        self.index = index
        self.shapes = shapes


def _steps_by_name(plan: Plan) -> dict[tuple[str, int], LayerStep]:
    """The forward steps by the name of their layer and how many of that name came before."""
    found: dict[tuple[str, int], LayerStep] = {}
    names: Counter[str] = Counter()
    for step in plan.forward:
        if isinstance(step, LayerStep):
            found[step.node.name, names[step.node.name]] = step
            names[step.node.name] += 1
    return found


def _forward_kernel(step: LayerStep, operands: Operands) -> Callable[[Operands], None]:
    layer = step.node.layer
    return _Measuring(step.node.place, layer).forward if layer.dynamic else step.target.bound_forward(operands)


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


def _clocked(step: BoundStep, seconds: list[float], index: int) -> BoundStep:
    """`step`, which then adds to `seconds[index]` how long it took."""
    kernel, given, node = step

    def run(operands: Any) -> None:
        begin = time.perf_counter()
        kernel(operands)
        seconds[index] += time.perf_counter() - begin

    return run, given, node


def _rounds(step: BoundStep, rounds: int) -> list[BoundStep]:
    """A step of a stream as one call for each round, which has a slice of every lane."""
    kernel, slices, node = step
    return [(kernel, slices[index::rounds], node) for index in range(rounds)]


def _together(kernels: Sequence[Callable[[Operands], None]], operands: Sequence[Operands], node: Node) -> BoundStep:
    """One call, or one for each slice of the batch at the same time."""
    if len(operands) == 1:
        return kernels[0], operands[0], node
    return run_together, list(zip(kernels, operands, strict=True)), node


def _run_in_turn(steps: Sequence[BoundStep]) -> None:
    """Runs the steps one after the other; a fault names the layer that it belongs to."""
    for kernel, operands, node in steps:
        try:
            kernel(operands)
        except NetccError as error:
            if node is None:
                raise
            raise error.located(node.span(), f"in layer {node.name!r} ({node.type})") from error.__cause__


def _run_slices(slices: Sequence[Sequence[BoundStep]]) -> None:
    """Runs each slice through its steps before the next."""
    for steps in slices:
        _run_in_turn(steps)


def _fill(operands: tuple[Array, float]) -> None:
    target, number = operands
    target.fill(number)
