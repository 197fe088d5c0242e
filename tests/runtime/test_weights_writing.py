from pathlib import Path

import numpy as np
import pytest

from netcc.errors import OutputError, WeightsError
from netcc.runtime.weights import read_caffemodel, write_caffemodel
from netcc.schema import caffe_pb2, wire

GOLDEN = Path(__file__).parents[1] / "golden" / "weights"


def definition(path: Path) -> caffe_pb2.NetParameter:
    """The net in a weights file without its weights."""
    net = caffe_pb2.NetParameter.FromString(path.read_bytes())
    for layer in net.layer:
        layer.ClearField("blobs")
    return net


def small_net() -> caffe_pb2.NetParameter:
    return caffe_pb2.NetParameter(name="net", layer=[{"name": "ip1", "type": "InnerProduct"}, {"name": "ip2"}])


@pytest.mark.parametrize(
    "name",
    [
        "nofirst_iter_4.caffemodel",
        "losses.init.caffemodel",
        "interop_adadelta_mlp_iter_5.caffemodel",
        "interop_nesterov_bn_iter_5.caffemodel",
    ],
)
def test_the_file_is_caffes_byte_for_byte(name, tmp_path):
    blobs = {layer.name: [blob.data for blob in layer.blobs] for layer in read_caffemodel(GOLDEN / name)}
    write_caffemodel(tmp_path / name, definition(GOLDEN / name), blobs)
    assert (tmp_path / name).read_bytes() == (GOLDEN / name).read_bytes()


def test_gradients_are_written_beside_the_weights(tmp_path):
    weights = np.arange(6, dtype=np.float32).reshape(2, 3)
    write_caffemodel(tmp_path / "weights", small_net(), {"ip1": [weights]}, {"ip1": [-weights]})
    blob = read_caffemodel(tmp_path / "weights")[0].blobs[0]
    np.testing.assert_array_equal(blob.data, weights)
    np.testing.assert_array_equal(blob.diff, -weights)
    net = caffe_pb2.NetParameter.FromString((tmp_path / "weights").read_bytes())
    assert list(net.layer[0].blobs[0].diff) == [0, -1, -2, -3, -4, -5]


def test_blobs_in_the_definition_are_replaced_and_it_stays_as_it_was(tmp_path):
    net = small_net()
    net.layer[0].blobs.add(data=[9], shape={"dim": [1]})
    before = net.SerializeToString()
    write_caffemodel(tmp_path / "weights", net, {"ip2": [np.ones(2, np.float32)]})
    assert [len(layer.blobs) for layer in read_caffemodel(tmp_path / "weights")] == [0, 1]
    assert net.SerializeToString() == before


def test_only_name_and_layers_of_the_net_are_kept(tmp_path):
    net = small_net()
    net.state.level = 3
    net.force_backward = True
    write_caffemodel(tmp_path / "weights", net, {})
    assert caffe_pb2.NetParameter.FromString((tmp_path / "weights").read_bytes()) == small_net()


def test_doubles_stay_doubles(tmp_path):
    values = np.array([1 / 3, 1e-300])
    write_caffemodel(tmp_path / "weights", small_net(), {"ip1": [values]})
    np.testing.assert_array_equal(read_caffemodel(tmp_path / "weights")[0].blobs[0].data, values, strict=True)


def test_blobs_of_an_unknown_layer_are_refused(tmp_path):
    with pytest.raises(WeightsError) as caught:
        write_caffemodel(tmp_path / "weights", small_net(), {"ip11": []})
    assert str(caught.value) == "error: the net has no layer 'ip11' to write blobs of\n  did you mean 'ip1'?"
    assert list(tmp_path.iterdir()) == []


def test_gradients_of_another_shape_are_refused(tmp_path):
    ones = np.ones((2, 3), np.float32)
    with pytest.raises(WeightsError) as caught:
        write_caffemodel(tmp_path / "weights", small_net(), {"ip1": [ones]}, {"ip1": [ones.T]})
    assert caught.value.message == "layer 'ip1': gradients of shape 3 x 2 for blobs of shape 2 x 3"


def test_a_file_past_protobufs_limit_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(wire, "LIMIT", 100)
    path = tmp_path / "weights"
    with pytest.raises(WeightsError) as caught:
        write_caffemodel(path, small_net(), {"ip1": [np.ones(100, np.float32)]})
    assert caught.value.message == f"cannot write {path}: its 447 bytes pass 2 GB, the limit of protobuf files"
    assert list(tmp_path.iterdir()) == []


def test_a_failure_keeps_the_last_snapshot(tmp_path):
    path = tmp_path / "folder"
    path.mkdir()
    with pytest.raises(OutputError) as caught:
        write_caffemodel(path, small_net(), {})
    assert caught.value.message == f"cannot write {path}: it is a folder"
