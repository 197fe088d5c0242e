"""`caffe.Net`: a net under all the names that python/caffe/pycaffe.py and _caffe.cpp give its users."""

from __future__ import annotations

import os
import warnings
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy.typing as npt

from netcc.blob import Blob
from netcc.errors import NetccWarning, UsageError, closest
from netcc.layers.python_layer import PythonLayer
from netcc.pycaffe.batches import batches, copy_into, run_all, run_backward_all
from netcc.pycaffe.layer import NativeLayer
from netcc.pycaffe.machine import log, next_seed
from netcc.pycaffe.split import SplitStorage
from netcc.pycaffe.wiring import Wiring
from netcc.runtime import net as runtime
from netcc.runtime.export import write_net
from netcc.runtime.loading import UnrelatedError
from netcc.runtime.named import Named, unknown_blob, unknown_layer
from netcc.types import Array, Phase

T = TypeVar("T")
Hook = Callable[[int], Any]
"""Called with the number of a layer, before or after it runs."""


class Net:
    """`Net(file, phase, level=0, stages=None, weights=None)`, or as in older scripts `Net(file, weights, phase)`.

    `phase` is caffe.TRAIN or caffe.TEST. Layers of type Python run the code that the net names, as in Caffe.
    Raises a NetccError that names every fault of the net or of the weights.
    """

    def __init__(
        self,
        network_file: str | os.PathLike[str],
        phase: int | str | os.PathLike[str],
        level: int | None = None,
        stages: Sequence[str] | None = None,
        weights: str | os.PathLike[str] | None = None,
    ) -> None:
        if isinstance(phase, str | os.PathLike):
            if level is None:
                notes = ["Net(file, phase, weights=...) or Net(file, weights, phase)"]
                raise UsageError("the phase is missing", notes=notes)
            weights, number, level = phase, level, None
        else:
            number = phase
        made = runtime.Net(
            Path(network_file),
            _phase(number),
            level=level or 0,
            stages=list(stages or ()),
            seed=next_seed(),
            allow_python=True,
        )
        self._hold(made)
        if weights is not None:
            self.copy_from(weights)

    @classmethod
    def of(cls, net: runtime.Net) -> Self:
        """The view of a net that exists already, such as a solver's."""
        view = cls.__new__(cls)
        view._hold(net)
        return view

    def _hold(self, net: runtime.Net) -> None:
        self._runtime = net
        self._wiring = Wiring.of(net.graph)
        self._hooks: dict[str, list[Hook]] = {moment: [] for moment in _MOMENTS}
        self._when_shared: list[Callable[[], None]] = []
        self._letting_go = weakref.finalize(self, net.let_go)

    @cached_property
    def blobs(self) -> Named[Blob]:
        """All blobs by name, in the order of the layers. Their data and diff are live arrays."""
        names, runtime = self._wiring.blob_names, self._runtime  # not self: the view is to go with its last holder
        return Named(zip(names, self._blobs, strict=True), lambda name: unknown_blob(runtime.graph, names, name))

    @cached_property
    def _blobs(self) -> list[Blob]:
        own = self._runtime.blobs
        return [
            own[name] if name == source else Blob(SplitStorage(own[source], name))
            for name, source in zip(self._wiring.blob_names, self._wiring.sources, strict=True)
        ]

    @property
    def params(self) -> dict[str, list[Blob]]:
        """The parameters of each layer that has some."""
        return self._runtime.params

    @cached_property
    def layers(self) -> list[Any]:
        """All layers in order: the user's own objects where they are written in Python, else `type` and `blobs`."""
        return [self._layer(number) for number in range(len(self._wiring.layers))]

    def _layer(self, number: int) -> Any:
        wired = self._wiring.layers[number]
        blobs = self.params.get(wired.name, [])
        layer = self._runtime.graph.nodes[wired.node].layer if wired.node is not None else None
        if not isinstance(layer, PythonLayer):
            return NativeLayer(wired.type, blobs)
        for held, blob in zip(layer.object.blobs, blobs, strict=True):
            held.hold(blob.data, blob.diff)
        return layer.object.user

    @property
    def layer_dict(self) -> Named[Any]:
        """The layers by name."""
        return self._by_layer(self.layers)

    def _by_layer(self, things: Iterable[T]) -> Named[T]:
        names = self._layer_names
        return Named(zip(names, things, strict=True), lambda name: unknown_layer(names, name))

    @property
    def blob_loss_weights(self) -> dict[str, float]:
        """The loss weight of each blob, 0 for those that are no loss."""
        return dict(zip(self._wiring.blob_names, self._wiring.loss_weights, strict=True))

    @property
    def inputs(self) -> list[str]:
        """The blobs that the caller fills."""
        return self._runtime.inputs

    @property
    def outputs(self) -> list[str]:
        """The blobs that no layer reads, in alphabetical order."""
        return [self._wiring.blob_names[number] for number in self._outputs]

    @property
    def top_names(self) -> dict[str, list[str]]:
        """The tops of each layer."""
        return self._by_layer(self._names(layer.tops) for layer in self._wiring.layers)

    @property
    def bottom_names(self) -> dict[str, list[str]]:
        """The bottoms of each layer."""
        return self._by_layer(self._names(layer.bottoms) for layer in self._wiring.layers)

    def _names(self, numbers: Sequence[int]) -> list[str]:
        return [self._wiring.blob_names[number] for number in numbers]

    @property
    def _blob_names(self) -> list[str]:
        return list(self._wiring.blob_names)

    @property
    def _blob_loss_weights(self) -> list[float]:
        return list(self._wiring.loss_weights)

    @property
    def _layer_names(self) -> list[str]:
        return [layer.name for layer in self._wiring.layers]

    @property
    def _inputs(self) -> list[int]:
        return [self._wiring.blob_names.index(name) for name in self.inputs]

    @property
    def _outputs(self) -> list[int]:
        return self._wiring.outputs()

    def _bottom_ids(self, layer: int) -> list[int]:
        return list(self._wiring.layers[layer].bottoms)

    def _top_ids(self, layer: int) -> list[int]:
        return list(self._wiring.layers[layer].tops)

    def forward(
        self,
        blobs: Sequence[str] | None = None,
        start: str | None = None,
        end: str | None = None,
        **inputs: npt.ArrayLike,
    ) -> dict[str, Array]:
        """Runs the layers from `start` to `end`, both included; returns the outputs and those of `blobs` (live arrays).

        Inputs are given all or none, each with the batch size of its blob.
        """
        first = self._layer_number(start) if start is not None else 0
        last = self._layer_number(end) if end is not None else len(self._wiring.layers) - 1
        wanted = [*(self._names(self._top_ids(last)) if end is not None else self.outputs), *(blobs or ())]
        self._check_blobs(wanted)
        if inputs:
            self._fill("input", self.inputs, inputs)
        self._forward(first, last)
        return {name: self.blobs[name].data for name in wanted}

    def backward(
        self,
        diffs: Sequence[str] | None = None,
        start: str | None = None,
        end: str | None = None,
        **top_diffs: npt.ArrayLike,
    ) -> dict[str, Array]:
        """Runs the layers backward from `start` down to `end`; returns the diffs of the inputs and those of `diffs`.

        With `end`, the diffs of that layer's bottoms instead of the inputs'. `top_diffs` are the diffs of all outputs,
        else they stay as they are (for a loss, its weight). Diffs of parameters are added to what they hold.
        """
        first = self._layer_number(start) if start is not None else len(self._wiring.layers) - 1
        last = self._layer_number(end) if end is not None else 0
        wanted = [*(self._names(self._bottom_ids(last)) if end is not None else self.inputs), *(diffs or ())]
        self._check_blobs(wanted)
        if top_diffs:
            self._fill("output", self.outputs, top_diffs)
        self._backward(first, last)
        return {name: self.blobs[name].diff for name in wanted}

    def forward_all(self, blobs: Sequence[str] | None = None, **inputs: npt.ArrayLike) -> dict[str, Array]:
        """Runs the net over any number of rows, batch by batch; returns copies of what `forward` does, row by row."""
        return run_all(self, list(blobs or ()), inputs)

    def forward_backward_all(
        self, blobs: Sequence[str] | None = None, diffs: Sequence[str] | None = None, **arrays: npt.ArrayLike
    ) -> tuple[dict[str, Array], dict[str, Array]]:
        """As `forward_all`, with a backward pass for each batch. `arrays` are inputs, and diffs of outputs."""
        return run_backward_all(self, list(blobs or ()), list(diffs or ()), arrays)

    def _batch(self, blobs: Mapping[str, npt.ArrayLike]) -> Iterator[dict[str, Array]]:
        """Arrays of any number of rows in batches of the net's size; zeros fill up the last."""
        return batches(self, blobs)

    def _fill(self, kind: str, names: Sequence[str], given: Mapping[str, npt.ArrayLike]) -> None:
        """Copies arrays into the data of all inputs or the diffs of all outputs."""
        notes = [f"{kind}s: {', '.join(names) or 'none'}"]
        for name in given:
            if name not in names:
                raise UsageError(f"{name!r} is not an {kind} of the net", notes=notes, suggestion=closest(name, names))
        for name in names:
            if name not in given:
                raise UsageError(
                    f"nothing is given for the {kind} {name!r}", notes=[*notes, "give all of them or none"]
                )
        for name, numbers in given.items():
            blob = self.blobs[name]
            copy_into(blob.data if kind == "input" else blob.diff, numbers, f"{kind} {name!r}")

    def _layer_number(self, name: str) -> int:
        names = self._layer_names
        if name not in names:
            raise unknown_layer(names, name)
        return names.index(name)

    def _check_blobs(self, names: Sequence[str]) -> None:
        for name in names:
            self.blobs[name]  # raises where there is none

    def _forward(self, start: int, end: int) -> float:
        """Runs the layers of these numbers, both included; returns the sum of their losses."""
        if self._hooks["before forward"] or self._hooks["after forward"]:
            for number in range(start, end + 1):
                self._tell("before forward", number)
                self._run(number, number)
                self._tell("after forward", number)
        else:
            self._run(start, end)
        return sum(
            self._wiring.loss_weights[number] * float(self._blobs[number].data.sum())
            for layer in self._wiring.layers[start : end + 1]
            for number in layer.tops
            if self._wiring.loss_weights[number]
        )

    def _backward(self, start: int, end: int) -> None:
        """Runs the layers of these numbers backward, both included; `start` is the higher one."""
        if self._hooks["before backward"] or self._hooks["after backward"]:
            for number in range(start, end - 1, -1):
                self._tell("before backward", number)
                self._run_backward(number, number)
                self._tell("after backward", number)
        else:
            self._run_backward(start, end)

    def _run(self, start: int, end: int) -> None:
        nodes = self._nodes(start, end)
        if nodes:
            names, last = self._runtime.graph.nodes, len(self._runtime.graph.nodes) - 1
            self._runtime.forward(
                start=names[nodes[0]].name if nodes[0] else None,
                end=names[nodes[-1]].name if nodes[-1] != last else None,
            )

    def _run_backward(self, start: int, end: int) -> None:
        nodes = self._nodes(end, start)
        if nodes:
            names, last = self._runtime.graph.nodes, len(self._runtime.graph.nodes) - 1
            self._runtime.backward(
                start=names[nodes[-1]].name if nodes[-1] != last else None,
                end=names[nodes[0]].name if nodes[0] else None,
            )

    def _nodes(self, first: int, last: int) -> list[int]:
        """The nodes behind the layers from `first` to `last`; Splits have none, for nothing is left for them to do."""
        if not 0 <= first <= last < len(self._wiring.layers):
            raise UsageError(f"layers {first} to {last} are asked for; the net has 0 to {len(self._wiring.layers) - 1}")
        return [layer.node for layer in self._wiring.layers[first : last + 1] if layer.node is not None]

    def before_forward(self, run: Hook) -> None:
        """Calls `run` with the number of each layer before it runs forward."""
        self._hooks["before forward"].append(run)

    def after_forward(self, run: Hook) -> None:
        """Calls `run` with the number of each layer when it has run forward."""
        self._hooks["after forward"].append(run)

    def before_backward(self, run: Hook) -> None:
        """Calls `run` with the number of each layer before it runs backward."""
        self._hooks["before backward"].append(run)

    def after_backward(self, run: Hook) -> None:
        """Calls `run` with the number of each layer when it has run backward."""
        self._hooks["after backward"].append(run)

    def _tell(self, moment: str, layer: int) -> None:
        for run in self._hooks[moment]:
            run(layer)

    @property
    def is_hooked(self) -> bool:
        """Whether somebody wants to be called for every layer."""
        return any(self._hooks.values())

    def when_shared(self, run: Callable[[], None]) -> None:
        """Calls `run` whenever the net has got the parameters of another one."""
        self._when_shared.append(run)

    def reshape(self) -> None:
        """Follows the shapes that input blobs were given; parameters keep their numbers."""
        self._runtime.reshape()

    def clear_param_diffs(self) -> None:
        """Sets the diffs of all parameters to zero."""
        self._runtime.clear_param_diffs()

    def copy_from(self, weights: str | os.PathLike[str]) -> None:
        """Copies the parameters of layers of the same name from a `.caffemodel`, binary or HDF5.

        As Caffe it goes on if there are none, but warns. Raises WeightsError where shapes differ.
        """
        try:
            report = self._runtime.copy_from(Path(weights))
        except UnrelatedError as error:
            (told,) = error.diagnostics
            warnings.warn(NetccWarning(replace(told, severity="warning")), stacklevel=2)
        else:
            for name in report.unused:
                log(f"Ignoring source layer {name}")

    def share_with(self, other: Net) -> None:
        """From now on the layers use the parameters of the layers of the same name in `other`; diffs stay apart."""
        if not isinstance(other, Net):
            raise UsageError(f"a net shares with another net, not with {type(other).__name__}")
        self._runtime.share_with(other._runtime)
        for run in self._when_shared:
            run()

    def set_input_arrays(self, data: Array, labels: Array) -> None:
        """Gives the MemoryData layer its numbers: (n, channels, height, width) and n labels."""
        self._runtime.set_input_arrays(data, labels)

    _set_input_arrays = set_input_arrays

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the parameters as a `.caffemodel`; in HDF5 if `path` ends with .h5."""
        self._runtime.save(Path(path))

    def save_hdf5(self, path: str | os.PathLike[str]) -> None:
        """Writes the parameters in HDF5, whatever the name of the file."""
        write_net(Path(path), self._runtime.graph, self._runtime.node_arrays(), hdf5=True)

    load_hdf5 = copy_from

    def __repr__(self) -> str:
        graph = self._runtime.graph
        sizes = f"{len(self._layer_names)} layers, {graph.parameter_count():,} parameters"
        return f"Net({graph.name!r}, {graph.phase.name}, {sizes})"

    def _repr_html_(self) -> str:
        return self._runtime._repr_html_()


_MOMENTS = ("before forward", "after forward", "before backward", "after backward")


def _phase(number: int) -> Phase:
    try:
        return Phase(number)
    except ValueError:
        raise UsageError(f"there is no phase {number!r}", notes=["caffe.TRAIN is 0, caffe.TEST is 1"]) from None
