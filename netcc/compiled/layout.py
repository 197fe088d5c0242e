"""A compiled net laid out for certain shapes of its inputs: memory, bound steps, and where inputs and outputs lie."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence

import numpy as np

from netcc.compiled.description import NetFacts, lay_out
from netcc.compiler import plan_graph
from netcc.runtime.executor import Executor, Resized
from netcc.types import Array, Shape

MOST_LAYOUTS = 4
"""So many combinations of input shapes keep their memory."""


class Layout:
    """The net for inputs of `shapes`, with `arrays` as parameters."""

    def __init__(
        self, facts: NetFacts, arrays: Sequence[Array], shapes: Mapping[str, Shape], random: np.random.Generator
    ) -> None:
        self._facts, self._arrays, self._shapes, self._random = facts, arrays, dict(shapes), random
        self._measured: dict[int, tuple[Shape, ...]] = {}
        self._install()

    def _install(self) -> None:
        self._laid = lay_out(self._facts, self._shapes, self._measured)
        plan = plan_graph(self._laid.graph, keep_all=False, gradients=False)
        parameters = dict(zip(self._laid.parameters, self._arrays, strict=True))
        self._executor = Executor(plan, self._random, parameters=parameters)
        self._inputs = {name: self._executor.array(plan.data[value]) for name, value in self._laid.inputs.items()}
        self._outputs = {name: self._executor.array(plan.data[value]) for name, value in self._laid.outputs.items()}

    def run(self, given: Mapping[str, Array]) -> dict[str, Array]:
        """One pass; the outputs by name, as arrays of their own."""
        for name, array in given.items():
            self._inputs[name][...] = array
        first = 0
        while True:
            try:
                self._executor.forward(first)
                break
            except Resized as resized:
                self._follow(resized)
                first = resized.index
        return {name: array.copy() for name, array in self._outputs.items()}

    def _follow(self, resized: Resized) -> None:
        """Lays the net out anew in the middle of a pass, for the measured shapes of a dynamic layer."""
        earlier = {index: shapes for index, shapes in self._measured.items() if index < resized.index}
        self._measured = {**earlier, resized.index: resized.shapes}
        old = self._executor
        self._install()
        self._executor.adopt(old, resized.index)


class Layouts:
    """The layouts that were used last, by the shapes of the inputs."""

    def __init__(self, facts: NetFacts, arrays: Sequence[Array], random: np.random.Generator) -> None:
        self._facts, self._arrays, self._random = facts, arrays, random
        self._kept: OrderedDict[tuple[Shape, ...], Layout] = OrderedDict()

    def get(self, shapes: Mapping[str, Shape]) -> Layout:
        """The layout for inputs of `shapes`. Raises ShapeError where they do not fit."""
        key = tuple(shapes[name] for name in self._facts.inputs)
        if key not in self._kept:
            self._kept[key] = Layout(self._facts, self._arrays, shapes, self._random)
        self._kept.move_to_end(key)
        while len(self._kept) > MOST_LAYOUTS:
            self._kept.popitem(last=False)
        return self._kept[key]

    def clear(self) -> None:
        self._kept.clear()
