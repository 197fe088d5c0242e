"""Weights into a live net: layers are matched by name, and nothing is changed unless all of it fits.

Behaves as Net::CopyTrainedLayersFrom of src/caffe/net.cpp, but for what a caller allows in its `Mismatch`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias, get_args

import numpy as np

from netcc.errors import Diagnostic, UsageError, WeightsError, closest
from netcc.ir.graph import Graph, Node
from netcc.runtime.weights import LayerBlobs, read_caffemodel
from netcc.schema.blobs import BlobArray, fits
from netcc.types import Array, count, format_shape

Mismatch: TypeAlias = Literal["error", "skip", "reshape"]
"""What becomes of a layer whose blobs have other shapes in the file: an error; left as it is ("skip"); or, with as many
numbers, taken in their order ("reshape")."""

MISMATCHES: tuple[Mismatch, ...] = get_args(Mismatch)

MOST_NAMES = 8
"""Layers that a line of a report names."""


class MisfitError(WeightsError):
    """Layers of a file do not fit those of the net."""


class UnrelatedError(MisfitError):
    """A file and a net have no layer in common."""


@dataclass(frozen=True)
class LoadReport:
    """What became of the layers, by name.

    `loaded`; of these `reshaped`; `skipped` where the shapes differ, with the reason; `filled` where the file has no
    such layer; `unused` where the net has none. `suggestions`: for a filled layer the unused one that may be meant.
    """

    path: Path
    loaded: list[str] = field(default_factory=list)
    filled: list[str] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)
    reshaped: list[str] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    suggestions: dict[str, str] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether file and net have the same layers of the same shapes."""
        return not (self.filled or self.unused or self.reshaped or self.skipped)

    def check_related(self) -> None:
        """Raises UnrelatedError if the file has none of the net's layers, and the net has some that need weights."""
        if self.filled and not (self.loaded or self.skipped):
            theirs, ours = _names(self.unused) or "no layer with weights", _names(self.filled)
            raise UnrelatedError(
                f"{self.path} has the weights of another net: none of its layers is in this one",
                notes=[f"in the file: {theirs}", f"in the net: {ours}"],
            )

    def lines(self) -> list[str]:
        """The report for users: a line for each kind that there is."""
        layers = "1 layer" if len(self.loaded) == 1 else f"{len(self.loaded)} layers"
        lines = [f"{self.path}: {layers} loaded"]
        if self.reshaped:
            lines.append(f"  reshaped: {_names(self.reshaped)}")
        lines += [f"  skipped: {reason}" for reason in self.skipped.values()]
        if self.filled:
            lines.append(f"  not in the file, left as they are: {_names(self.filled)}")
        if self.unused:
            lines.append(f"  not in the net, unused: {_names(self.unused)}")
        lines += [f"  is {theirs!r} of the file {ours!r} of the net?" for ours, theirs in self.suggestions.items()]
        return lines


def split_names(files: str) -> list[str]:
    """The names in one string, with commas between, as Caffe's `--weights` has them."""
    return [name.strip() for name in files.split(",") if name.strip()]


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more


def load_weights(
    graph: Graph, arrays: Mapping[Node, Sequence[Array]], path: Path, mismatch: Mismatch = "error"
) -> LoadReport:
    """Copies the blobs of layers of the same name from `path` into `arrays`.

    Raises MisfitError with one fault for every layer that does not fit and may not be passed over, naming both shapes;
    then nothing was copied.
    """
    if mismatch not in MISMATCHES:
        raise UsageError(f"mismatch is {mismatch!r}; expected one of: {', '.join(MISMATCHES)}")
    layers = {layer.name: layer for layer in read_caffemodel(path)}
    nodes = {node.name: node for node in graph.nodes if arrays[node]}
    faults = {name: _misfits(node, layers[name], mismatch) for name, node in nodes.items() if name in layers}
    if mismatch != "skip" and any(faults.values()):
        found = [(nodes[name], fault) for name in faults for fault in faults[name]]
        raise MisfitError([Diagnostic(f"{path}: {fault}", node.span()) for node, fault in found])
    report = LoadReport(path)
    for name, node in nodes.items():
        if name not in layers:
            report.filled.append(name)
        elif faults[name]:
            report.skipped[name] = "; ".join(faults[name])
        else:
            report.loaded.append(name)
            if _copy(node, arrays[node], layers[name]):
                report.reshaped.append(name)
    report.unused.extend(name for name, layer in layers.items() if layer.blobs and name not in nodes)
    report.suggestions.update(_suggestions(report))
    return report


def _copy(node: Node, targets: Sequence[Array], layer: LayerBlobs) -> bool:
    """Fills `targets`; says whether the shape of one was another in the file."""
    reshaped = False
    for spec, target, blob in zip(node.signature.parameters, targets, _blobs(node, layer), strict=True):
        if blob is not None:
            np.copyto(target, blob.data.reshape(target.shape))
            reshaped |= not fits(blob, spec.shape)
    return reshaped


def _blobs(node: Node, layer: LayerBlobs) -> list[BlobArray | None]:
    """The blobs of `layer`, with None for those at the end that an HDF5 file leaves to other layers."""
    absent = len(node.signature.parameters) - len(layer.blobs) if layer.own_only else 0
    return [*layer.blobs, *[None] * absent]


def _misfits(node: Node, layer: LayerBlobs, mismatch: Mismatch) -> list[str]:
    """What keeps the blobs of `layer` from going into `node`."""
    specs, blobs = node.signature.parameters, _blobs(node, layer)
    if len(specs) != len(blobs):
        return [f"layer {node.name!r} has {len(blobs)} blobs in the file, the net has {len(specs)}"]
    return list(_misfitting_blobs(node, blobs, mismatch))


def _misfitting_blobs(node: Node, blobs: Sequence[BlobArray | None], mismatch: Mismatch) -> Iterator[str]:
    for index, (spec, blob) in enumerate(zip(node.signature.parameters, blobs, strict=True)):
        if blob is None:
            parameter = node.parameters[index]
            if (parameter.owner, parameter.index) == (node, index):
                yield f"layer {node.name!r}, {spec.name}: not in the file, which leaves out shared parameters"
        elif not fits(blob, spec.shape) and not (mismatch == "reshape" and blob.data.size == count(spec.shape)):
            in_file, in_net = format_shape(blob.shape), format_shape(spec.shape)
            yield f"layer {node.name!r}, {spec.name}: {in_file} in the file, {in_net} in the net"


def _suggestions(report: LoadReport) -> Iterator[tuple[str, str]]:
    """For fine-tuning a last layer often got an ending, as in `fc8_flickr`: that says more than likeness."""
    for name in report.filled:
        endings = [other for other in report.unused if name.startswith(other) or other.startswith(name)]
        near = max(endings, key=len) if endings else closest(name, report.unused)
        if near:
            yield name, near
