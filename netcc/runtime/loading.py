"""Weights into a live net: layers are matched by name, and nothing is changed unless all of it fits.

Behaves as Net::CopyTrainedLayersFrom of src/caffe/net.cpp.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from netcc.errors import Diagnostic, WeightsError
from netcc.ir.graph import Graph, Node
from netcc.runtime.weights import LayerBlobs, read_caffemodel
from netcc.schema.blobs import fits
from netcc.types import Array, format_shape


@dataclass(frozen=True)
class LoadReport:
    """Layers by name: `loaded`, `filled` where the file has no such layer, `unused` where the net has none."""

    path: Path
    loaded: list[str] = field(default_factory=list)
    filled: list[str] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)


def load_weights(graph: Graph, arrays: Mapping[Node, Sequence[Array]], path: Path) -> LoadReport:
    """Copies the blobs of layers of the same name from `path` into `arrays`.

    Raises WeightsError with one fault for every layer that does not fit, naming both shapes; then nothing was copied.
    """
    layers = {layer.name: layer for layer in read_caffemodel(path)}
    nodes = {node.name: node for node in graph.nodes if arrays[node]}
    faults = [
        Diagnostic(f"{path}: {fault}", node.span())
        for name, node in nodes.items()
        if name in layers
        for fault in _misfits(node, layers[name])
    ]
    if faults:
        raise WeightsError(faults)
    report = LoadReport(path)
    for name, node in nodes.items():
        if name not in layers:
            report.filled.append(name)
            continue
        for target, blob in zip(arrays[node], layers[name].blobs, strict=True):
            np.copyto(target, blob.data.reshape(target.shape))
        report.loaded.append(name)
    report.unused.extend(name for name, layer in layers.items() if layer.blobs and name not in nodes)
    return report


def _misfits(node: Node, layer: LayerBlobs) -> list[str]:
    """What keeps the blobs of `layer` from going into `node`."""
    specs = node.signature.parameters
    if len(specs) != len(layer.blobs):
        return [f"layer {node.name!r} has {len(layer.blobs)} blobs in the file, the net has {len(specs)}"]
    return [
        f"layer {node.name!r}, {spec.name}: "
        f"{format_shape(blob.shape)} in the file, {format_shape(spec.shape)} in the net"
        for spec, blob in zip(specs, layer.blobs, strict=True)
        if not fits(blob, spec.shape)
    ]
