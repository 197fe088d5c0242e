"""A net that runs, shaped like pycaffe's Net."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from netcc.arrays import as_numbers, copy_into
from netcc.blob import Blob
from netcc.compiler import NetSource, bind_net, plan_graph, shaped_graph
from netcc.data.bad_records import BadRecords, Policy, bad_records_for
from netcc.data.readers.memory import MemorySource
from netcc.errors import NetccError, UsageError, closest
from netcc.ir.graph import Graph, Node, Parameter, Value
from netcc.ir.table import shape_table
from netcc.layers.python_objects import objects_for_net, using
from netcc.plan.plan import Plan
from netcc.runtime.executor import Executor, Resized
from netcc.runtime.export import write_net
from netcc.runtime.live import ValueStorage, parameter_storages
from netcc.runtime.loading import LoadReport, Mismatch, load_weights
from netcc.runtime.named import Named, ParameterBlobs, unknown_blob, unknown_layer, unknown_parameters
from netcc.runtime.parameters import carry_over, fill_parameters, share_by_name
from netcc.runtime.run_state import Running, RunState
from netcc.runtime.settings import float_type, memory_use, phase_of, refused_shapes
from netcc.runtime.sinks import Sinks
from netcc.runtime.sources import Sources
from netcc.schema.bind import BoundNet
from netcc.schema.select import select
from netcc.targets.options import MemoryUse
from netcc.types import Array, Phase, Shape


class Net:
    r'''A compiled net with memory, parameters and data sources.

    `net` is a path, a text, a message or a bound net; `weights` a `.caffemodel` whose layers are copied by name, with
    `mismatch` for those whose shapes differ (see `copy_from`).
    `shapes` gives the shapes of input blobs; `seed` makes fillers, dropout and data order repeatable.
    `share` is a net whose parameters layers of the same name use. With `keep_all=False` only outputs stay readable
    and memory is reused (a layer that takes the next one along then may sum in another order), with `keep_diffs=False`
    that of diffs only (by default it is as `keep_all`);
    `gradients=False` leaves the backward pass out. `exact=True` leaves out algorithms that round
    more than plain sums of products do; `optimize=False` leaves out all but the layers' own methods, in plain order.
    `memory="low"` spends time to need less memory: unless `keep_all=True` asks for them, blobs do not stay, weights are
    made ready in every pass (as they are for larger batches anyway), and what is cheap is computed again for the
    backward pass, to the same bytes.
    A field that the schema lacks is left out with a NetccWarning; `strict=True` makes it an error.
    `allow_python=True` lets layers of type Python run code of the modules that they name.
    `sources` are iterables of arrays by the name of the data or Input layer that they feed (see
    `netcc.data.iterable.IterableSource`). With `on_bad_record="skip"` records that cannot be used are passed over,
    with a NetccWarning each, and counted in `bad_records`; with "error" the first one ends the pass.

    A net prints its table; as a context manager it closes its data at last.

    >>> import netcc
    >>> text = """name: "tiny"
    ... layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }
    ... layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y" inner_product_param { num_output: 4 } }"""
    >>> net = netcc.Net(text, netcc.TEST)
    >>> net.params["ip"][0].data[...] = 1
    >>> net.forward(x=[[1, 2, 3], [4, 5, 6]])["y"]
    array([[ 6.,  6.,  6.,  6.],
           [15., 15., 15., 15.]], dtype=float32)
    >>> net
    tiny, TEST: 2 layers
    <BLANKLINE>
    layer  type          tops   parameters   count  MACs  memory
    ────────────────────────────────────────────────────────────
    x      Input         x 2x3                              24 B
    ip     InnerProduct  y 2x4  weights 4x3     12    24    32 B
                                bias 4           4
    ────────────────────────────────────────────────────────────
    total                                       16    24    56 B

    Raises a NetccError (PrototxtError, GraphError, ShapeError, DataError, WeightsError ...) that names every fault.
    '''

    def __init__(
        self,
        net: NetSource,
        phase: Phase | int,
        weights: str | Path | None = None,
        *,
        level: int | None = None,
        stages: Sequence[str] = (),
        shapes: Mapping[str, Shape] | None = None,
        seed: int | None = None,
        dtype: npt.DTypeLike = np.float32,
        share: Net | None = None,
        keep_all: bool | None = None,
        keep_diffs: bool | None = None,
        gradients: bool = True,
        exact: bool = False,
        optimize: bool = True,
        memory: MemoryUse = "fast",
        strict: bool = False,
        allow_python: bool = False,
        mismatch: Mismatch = "error",
        sources: Mapping[str, Iterable[Any]] | None = None,
        on_bad_record: Policy | BadRecords | None = None,
    ) -> None:
        self._bound = bind_net(net, strict=strict)
        self.phase = phase_of(phase)
        self._definition = select(self._bound, self.phase, level, stages)
        self._given: dict[str, Shape] = dict(shapes or {})
        self._pending: dict[str, Array] = {}
        self._measured: dict[int, tuple[Shape, ...]] = {}
        self._spare_diffs: dict[str, Array] = {}
        self._dtype = float_type(dtype)
        self._memory, self._gradients = memory_use(memory), gradients
        self._keep_all = memory != "low" if keep_all is None else keep_all
        self._keep_diffs = self._keep_all if keep_diffs is None else keep_diffs
        self._whole = True
        self._exact, self._optimize = exact or self._dtype == np.float64, optimize
        fills, draws = np.random.SeedSequence(seed).spawn(2)
        self._random = np.random.default_rng(draws)
        self.bad_records = bad_records_for(on_bad_record)
        base = _folder_of(self._bound.source.name)
        self._sources = Sources(self.phase, self._random, base, sources, self.bad_records)
        self._sinks = Sinks()
        self._python_objects = objects_for_net(allow_python)
        self._closed = False
        try:
            self._sources.check_given(self._definition)
            graph = self._shaped_graph(self._given, {})
            self._shares = share is not None
            shared = share_by_name(graph, share.graph, share.parameter_arrays()) if share else {}
            self._install(graph, shared, {})
            fill_parameters(self.parameter_arrays(), np.random.default_rng(fills), given=shared)
            self.weights_report: LoadReport | None = None
            if weights is not None:
                self.weights_report = self.copy_from(weights, mismatch)
        except BaseException:
            self.close()
            raise

    def _shaped_graph(self, given: Mapping[str, Shape], measured: Mapping[int, tuple[Shape, ...]]) -> Graph:
        with using(self._python_objects):
            return shaped_graph(self._definition, given, self._sources.probe, measured)

    def _install(self, graph: Graph, parameters: Mapping[Parameter, Array], diffs: Mapping[Parameter, Array]) -> None:
        """Plans `graph` and gives it memory."""
        plan = plan_graph(
            graph,
            keep_all=self._keep_all,
            keep_diffs=self._keep_diffs,
            gradients=self._gradients,
            exact=self._exact,
            optimize=self._optimize,
            memory=self._memory,
            whole=self._whole,
        )
        readers = {node: self._sources.open(node) for node in graph.nodes if self._sources.feeds(node)}
        executor = Executor(
            plan,
            self._random,
            dtype=self._dtype,
            parameters=parameters,
            parameter_diffs=diffs,
            readers=readers,
            writers=self._sinks.writers(graph.nodes),
            shared=self._shares,
        )
        old: Executor | None = getattr(self, "_executor", None)
        if old is not None:
            executor.lender.take_over(old.lender)
        self.plan: Plan = plan
        self._executor: Executor = executor
        self._values = graph.blobs()
        self._overwritten: list[tuple[Value, Value]] = []
        for first in graph.inputs():
            last = self._values[first.name]
            if not self._keep_all and last.uses:
                self._values[first.name] = first  # `last` has no memory to keep between passes
            elif last is not first:
                self._overwritten.append((first, last))
        self._nodes = {node.name: index for index, node in enumerate(graph.nodes)}
        self.blobs: Named[Blob] = Named(
            ((name, Blob(ValueStorage(self, name))) for name in self._values),
            lambda name: unknown_blob(self.graph, self._values, name),
        )
        self.params: Named[list[Blob]] = Named(
            (
                (node.name, ParameterBlobs(map(Blob, parameter_storages(self, node)), node.name))
                for node in graph.nodes
                if node.parameters
            ),
            lambda name: unknown_parameters(self.graph, name),
        )
        self.inputs: list[str] = [value.name for value in graph.inputs()]
        self.outputs: list[str] = [value.name for value in graph.outputs()]

    @property
    def graph(self) -> Graph:
        return self.plan.graph

    @property
    def bound(self) -> BoundNet:
        """The definition that the net was made from, all phases."""
        return self._bound

    @property
    def name(self) -> str:
        return self.graph.name

    @property
    def loss(self) -> float:
        """The weighted sum of all losses of the last forward pass."""
        return sum(
            value.loss_weight * float(self._executor.array(self.plan.data[value]).sum())
            for value in self.graph.loss_values()
        )

    def forward(self, start: str | None = None, end: str | None = None, **inputs: npt.ArrayLike) -> dict[str, Array]:
        """Runs the net, or its layers from `start` to `end`, and returns the outputs by name (live arrays).

        Keyword arguments are copied into the input blobs; a new shape makes the net follow.
        Raises UsageError for a name that does not exist, ArrayError for what are no numbers, ShapeError where a layer
        cannot take a new shape; then the inputs are as they were.
        """
        if self._closed:
            raise UsageError("the net is closed, and its data with it", notes=["make another to run it"])
        first, last = self._range(start, end)
        if start or end:
            self._keep_apart()
        self._take(inputs)
        if first == 0:
            self._feed_overwritten()
        while True:
            try:
                self._executor.forward(first, last)
                break
            except Resized as resized:
                self._follow(resized)
                first = resized.index
        names = [value.name for value in self.graph.nodes[last].outputs] if end else self.outputs
        return {name: self.blobs[name].data for name in names}

    def backward(self, start: str | None = None, end: str | None = None, **diffs: npt.ArrayLike) -> dict[str, Array]:
        """Runs the backward pass from layer `start` down to `end`; parameter diffs are added to what they hold.

        Keyword arguments are copied into the diffs of the named outputs first. Returns the diffs of the inputs.
        """
        if not self._gradients:
            raise UsageError("this net was made without gradients; make it with gradients=True to run backward")
        if diffs and not self._keep_diffs:
            raise UsageError("this net reuses the memory of diffs; make it with keep_diffs=True to give some to it")
        last, first = self._range(end, start)
        if start or end:
            if not self._keep_diffs:
                raise UsageError("this net reuses the memory of diffs; make it with keep_diffs=True to run it in parts")
            self._keep_apart()
        for name, numbers in diffs.items():
            _check_name("output", name, self.outputs)
            copy_into(self.blobs[name].diff, numbers, f"the diff of output {name!r}")
        if start or end:
            self._executor.backward_part(first, last)
        else:
            self._executor.backward(accumulate=True)
            self._show_overwritten()
        names = [value.name for value in self.graph.nodes[last].inputs] if end else self.inputs
        return {name: self.blobs[name].diff for name in names}

    def _keep_apart(self) -> None:
        """Lays the net out anew so that passes can begin and end at any layer; what it holds is carried over."""
        joined = self._whole and (bool(self.plan.streams) or any(node.absorbed for node in self.plan.lowered.nodes))
        self._whole = False
        if joined:
            old, blobs, params = self._executor, self.blobs, self.params
            self._install(self.graph, self.parameter_arrays(), self.parameter_diff_arrays())
            self.blobs, self.params = blobs, params
            self._executor.take_over(old)

    def _feed_overwritten(self) -> None:
        """What the user put into a blob is the input, also where a layer in place has memory of its own for its top."""
        for first, last in self._overwritten:
            np.copyto(self._executor.array(self.plan.data[first]), self._executor.array(self.plan.data[last]))

    def _show_overwritten(self) -> None:
        """After a backward pass the diff of an input is its own, not that of what was written over it."""
        for first, last in self._overwritten:
            if first in self.plan.diffs and last in self.plan.diffs:
                np.copyto(self._executor.array(self.plan.diffs[last]), self._executor.array(self.plan.diffs[first]))

    def gradient(self, *, accumulate: bool = False) -> None:
        """The backward pass as a solver runs it: parameter diffs are overwritten, or added to with `accumulate`."""
        self._executor.backward(accumulate=accumulate)

    def clear_param_diffs(self) -> None:
        """Sets the diffs of all parameters to zero."""
        for array in self.parameter_diff_arrays().values():
            array.fill(0)

    def reshape(self) -> None:
        """Follows new shapes of input blobs at once (`forward` does so by itself). Parameters keep their numbers.

        Raises ShapeError where a layer cannot take them; then the net keeps the shapes that it had.
        """
        pending, self._pending = self._pending, {}
        given = {**self._given, **{name: array.shape for name, array in pending.items()}}
        kept = {name: self.blobs[name].data for name in self._held_inputs()}
        try:
            self._lay_out(given, {})
        except NetccError as error:
            shapes = {name: (array.shape, self.blobs[name].shape) for name, array in pending.items()}
            raise refused_shapes(shapes, error) from error.__cause__
        self._given = given
        for name, numbers in {**kept, **pending}.items():
            if self.blobs[name].shape == numbers.shape:
                self.blobs[name].data[...] = numbers

    def _follow(self, resized: Resized) -> None:
        """Lays the net out anew in the middle of a pass, for the measured shapes of one dynamic layer."""
        later = {index: shapes for index, shapes in self._measured.items() if index < resized.index}
        old = self._executor
        self._lay_out(self._given, {**later, resized.index: resized.shapes})
        self._executor.adopt(old, resized.index)

    def _lay_out(self, given: Mapping[str, Shape], measured: Mapping[int, tuple[Shape, ...]]) -> None:
        """Plans the net for other shapes; parameters, their diffs and the blobs that users hold stay."""
        graph = self._shaped_graph(given, measured)
        parameters = carry_over(graph, self.graph, self.parameter_arrays())
        diffs = carry_over(graph, self.graph, self.parameter_diff_arrays())
        blobs, params = self.blobs, self.params
        self._install(graph, parameters, diffs)
        self.blobs, self.params, self._measured = blobs, params, dict(measured)

    def copy_from(self, weights: str | Path, mismatch: Mismatch = "error") -> LoadReport:
        """Copies the parameters of layers of the same name from a `.caffemodel`; says what was loaded.

        `mismatch`: what becomes of a layer whose shapes differ: "error", "skip" or, with as many numbers, "reshape".
        Raises WeightsError naming the layer and both shapes where they may not differ, or where file and net have no
        layer in common (unless `mismatch` is "skip"); then nothing has been changed.
        """
        report = load_weights(self.graph, self.node_arrays(), Path(weights), mismatch)
        if mismatch != "skip":
            report.check_related()
        return report

    def share_with(self, other: Net) -> None:
        """From now on layers use the parameters of the layers of the same name in `other`; diffs stay apart.

        Raises ShapeError naming the layer where they differ. As Net::ShareTrainedLayersWith of src/caffe/net.cpp.
        """
        shared = share_by_name(self.graph, other.graph, other.parameter_arrays())
        self._shares = True
        blobs, params, old = self.blobs, self.params, self._executor
        self._install(self.graph, {**self.parameter_arrays(), **shared}, self.parameter_diff_arrays())
        self.blobs, self.params = blobs, params
        self._executor.adopt(old, len(self.graph.nodes))

    def set_input_arrays(self, data: npt.ArrayLike, labels: npt.ArrayLike) -> None:
        """Gives the net's MemoryData layer its numbers: data of shape (n, channels, height, width) and n labels.

        n must be a multiple of the layer's batch size. Raises UsageError if the net has no such layer.
        """
        for node in self.graph.nodes:
            source = self._sources.opened.get(node.name)
            if isinstance(source, MemorySource):
                source.set_arrays(np.asarray(data), np.asarray(labels))
                return
        raise UsageError("the net has no MemoryData layer to give arrays to; pass inputs to forward() by name instead")

    def save(self, path: str | Path) -> None:
        """Writes a `.caffemodel` that Caffe reads, in HDF5 if `path` ends with .h5; it appears whole or not at all."""
        write_net(Path(path), self.graph, self.node_arrays())

    def node_index(self, layer: str) -> int:
        """The place of a layer in the net. Raises UsageError with a did-you-mean."""
        if not isinstance(layer, str):
            raise UsageError(
                f"a layer is named by its name, not by a {type(layer).__name__}",
                notes=["inputs are given by theirs: forward(data=...)"],
            )
        if layer not in self._nodes:
            raise unknown_layer(self._nodes, layer)
        return self._nodes[layer]

    def _range(self, first: str | None, last: str | None) -> tuple[int, int]:
        """The places of two layers, by default the ends of the net. Raises UsageError if the second comes earlier."""
        begin = self.node_index(first) if first is not None else 0
        end = self.node_index(last) if last is not None else len(self.graph.nodes) - 1
        if begin > end:
            raise UsageError(f"layer {first!r} comes after {last!r}: there is nothing between them to run")
        return begin, end

    def node_arrays(self) -> dict[Node, list[Array]]:
        """The live parameter arrays of every layer, under the layer's own shapes."""
        return {
            node: [
                self._executor.parameter(parameter, spec.shape)
                for parameter, spec in zip(node.parameters, node.signature.parameters, strict=True)
            ]
            for node in self.graph.nodes
        }

    def parameter_arrays(self) -> dict[Parameter, Array]:
        """The live array of every parameter, each once."""
        return {parameter: self._executor.parameter(parameter) for parameter in self.plan.parameters}

    def parameter_diff_arrays(self) -> dict[Parameter, Array]:
        """The live gradient of every parameter, each once; empty without gradients."""
        return {parameter: self._executor.array(view) for parameter, view in self.plan.parameter_diffs.items()}

    def run_state(self) -> RunState:
        """Where the net stands between two passes, beyond its parameters."""
        return self._running().capture()

    def restore_run_state(self, state: RunState) -> list[str]:
        """Goes to where `run_state` was asked for; returns what does not fit and begins anew, in words."""
        return self._running().restore(state)

    def _running(self) -> Running:
        return Running(self._random, self._sources.opened, self._executor.carried())

    def close(self) -> None:
        """Closes the data sources and puts files that the net wrote in their place.

        The net can be used as a context manager instead. Raises OutputError where a file cannot be written.
        Parameters stay readable; a net that reads or writes data cannot run any more.
        """
        self._closed |= bool(self._sources.opened) or self._sinks.in_use
        self._sources.close()
        self._sinks.close()

    def let_go(self) -> None:
        """Puts files in their place as `close` does, but waits for no thread: sources go with the last who holds them.

        This is for the garbage collector: whoever it interrupts may hold what a thread needs.
        """
        self._sinks.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __str__(self) -> str:
        """All layers with their shapes, parameters, multiply-accumulates and memory."""
        return str(shape_table(self.graph))

    def __repr__(self) -> str:
        """As `str`, but the middle of a long net is left out."""
        return repr(shape_table(self.graph))

    def _repr_html_(self) -> str:
        return shape_table(self.graph)._repr_html_()

    def _take(self, inputs: Mapping[str, npt.ArrayLike]) -> None:
        """Copies the arrays into the input blobs, all or none; the net follows their shapes."""
        for name in inputs:
            _check_name("input", name, self.inputs)
        arrays = {name: as_numbers(numbers, f"input {name!r}") for name, numbers in inputs.items()}
        for name, array in arrays.items():
            self.blobs[name].reshape(*array.shape)
        if self._pending:
            self.reshape()
        for name, array in arrays.items():
            self.blobs[name].data[...] = array

    def _held_inputs(self) -> list[str]:
        return [value.name for node in self.graph.nodes if node.layer.from_outside for value in node.outputs]

    def _value(self, name: str) -> Value:
        return self._values[name]


def _check_name(kind: str, name: str, names: Sequence[str]) -> None:
    if name not in names:
        notes = [f"{kind}s: {', '.join(names) or 'none'}"]
        raise UsageError(f"{name!r} is not an {kind} of the net", notes=notes, suggestion=closest(name, names))


def _folder_of(source_name: str) -> Path | None:
    """The folder of the net's file, if it came from one."""
    path = Path(source_name)
    return path.parent if path.is_file() else None
