"""The message under which a net is saved: as Caffe has it in memory, Split layers and all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from netcc.ir.graph import Graph, Node, Value, is_automatic
from netcc.runtime.weights import write_caffemodel
from netcc.schema import caffe_pb2
from netcc.types import Array


def write_net(
    path: Path,
    graph: Graph,
    arrays: Mapping[Node, Sequence[Array]],
    diffs: Mapping[Node, Sequence[Array]] | None = None,
    *,
    hdf5: bool | None = None,
) -> None:
    """Writes the `.caffemodel` of `graph`, in HDF5 if asked for or, by default, if the name of `path` ends with .h5.

    Raises OutputError if that fails, WeightsError if HDF5 is asked for without h5py or the file would pass 2 GB; then
    nothing is left behind.
    """
    named = {node.name: blobs for node, blobs in arrays.items()}
    named_diffs = {node.name: blobs for node, blobs in diffs.items()} if diffs else None
    if not (path.suffix == ".h5" if hdf5 is None else hdf5):
        write_caffemodel(path, exported(graph), named, named_diffs)
        return
    from netcc.runtime.hdf5_weights import write_hdf5_weights

    write_hdf5_weights(path, [layer.name for layer in exported(graph).layer], named, _shared(graph), named_diffs)


def _shared(graph: Graph) -> dict[str, list[int]]:
    """The places of the parameters of each layer that belong to another place."""
    return {
        node.name: [
            index
            for index, parameter in enumerate(node.parameters)
            if (parameter.owner, parameter.index) != (node, index)
        ]
        for node in graph.nodes
    }


def exported(graph: Graph) -> caffe_pb2.NetParameter:
    """The layers with their phase and loss weights, and a Split layer behind every blob that is read more than once.

    Behaves as Net::ToProto of src/caffe/net.cpp and InsertSplits of src/caffe/util/insert_splits.cpp.
    """
    net = caffe_pb2.NetParameter(name=graph.name) if graph.name else caffe_pb2.NetParameter()
    next_split: Counter[Value] = Counter()
    for node in graph.nodes:
        layer = net.layer.add()
        layer.CopyFrom(node.message)
        layer.phase = int(graph.phase)
        for index, value in enumerate(node.inputs):
            if _readers(value) > 1:
                layer.bottom[index] = f"{_split_name(value)}_{next_split[value]}"
                next_split[value] += 1
        _set_loss_weights(layer, node)
        _fix_statistics(layer, node)
        for value in node.outputs:
            if _readers(value) > 1:
                _add_split(net, value)
                if value.loss_weight:
                    layer.ClearField("loss_weight")
                    next_split[value] += 1
    return net


def _readers(value: Value) -> int:
    """Layers that read the value; being a loss counts as one more."""
    return len(value.uses) + bool(value.loss_weight)


def _split_name(value: Value) -> str:
    return f"{value.name}_{value.producer.name}_{value.index}_split"


def _set_loss_weights(layer: caffe_pb2.LayerParameter, node: Node) -> None:
    if node.layer.is_loss and not layer.loss_weight:
        layer.loss_weight.append(1)


def _fix_statistics(layer: caffe_pb2.LayerParameter, node: Node) -> None:
    """Says that the parameters which the layer keeps by itself do not learn."""
    for index, spec in enumerate(node.signature.parameters):
        if not spec.learns:
            while len(layer.param) <= index:
                layer.param.add()
            layer.param[index].lr_mult = 0


def _add_split(net: caffe_pb2.NetParameter, value: Value) -> None:
    if is_automatic(value):
        return
    name, count = _split_name(value), _readers(value)
    split = net.layer.add(name=name, type="Split", bottom=[value.name])
    split.phase = net.layer[0].phase
    split.top.extend(f"{name}_{index}" for index in range(count))
    if value.loss_weight:
        split.loss_weight.extend([value.loss_weight] + [0.0] * (count - 1))
