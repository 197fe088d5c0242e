"""Definitions of nets out of weights files."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.nets import inner_product, input_layer, layer

import netcc
from netcc.errors import Source, WeightsError
from netcc.prototxt.format import format_document
from netcc.prototxt.parse import parse
from netcc.report.recover import recovered
from netcc.schema import caffe_pb2, wire

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden" / "weights"

FANNED = (
    'name: "fanned"\n'
    + input_layer("x", 2, 3)
    + inner_product("ip", "x", "a", 4, 'param { name: "w" }')
    + layer("s", "Sigmoid", "a", "s")
    + layer("t", "TanH", "a", "t")
    + layer("sum", "Eltwise", "s t", "sum")
    + layer("again", "Concat", "sum sum", "again")
)


def test_splits_are_gone_and_shapes_are_told(tmp_path: Path) -> None:
    net = netcc.Net(FANNED, netcc.TEST)
    net.save(tmp_path / "w.caffemodel")
    text = recovered(tmp_path / "w.caffemodel")
    laid_out = format_document(parse(Source("<text>", FANNED)))
    assert text == laid_out.replace('layer {\n  name: "ip"', '# blobs: 4 x 3, 4\nlayer {\n  name: "ip"')
    again = netcc.Net(text, netcc.TEST, tmp_path / "w.caffemodel")
    assert [(node.name, node.type) for node in again.graph.nodes] == [
        (node.name, node.type) for node in net.graph.nodes
    ]


@pytest.mark.parametrize("name", ["lenet", "squeezenet_1_1"])
def test_a_net_of_the_zoo_comes_back(name: str, tmp_path: Path) -> None:
    source, path = ROOT / "zoo" / name / "deploy.prototxt", tmp_path / "w.caffemodel"
    netcc.Net(source, netcc.TEST, gradients=False).save(path)
    assert netcc.shapes(recovered(path), netcc.TEST) == netcc.shapes(source, netcc.TEST)


@pytest.mark.parametrize(("name", "blob"), [("v0", "1 x 1 x 1 x 4"), ("v1", "1 x 1 x 1 x 4")])
def test_old_files_come_in_the_spelling_of_today(name: str, blob: str) -> None:
    assert recovered(GOLDEN / f"oldweights_{name}.caffemodel").splitlines()[:5] == [
        'name: "old"', f"# blobs: 4 x 2 x 3 x 3, {blob}", "layer {", '  name: "c"', '  type: "Convolution"',
    ]  # fmt: skip


def test_a_loss_that_is_read_as_well(tmp_path: Path) -> None:
    text = recovered(GOLDEN / "losses.init.caffemodel")
    assert "Split" not in text
    assert text.count('bottom: "e1"') == 3
    assert "# blobs: 3 x 4, 3\n" in text


def test_fields_of_forks_are_told_not_guessed(tmp_path: Path) -> None:
    layer_message = caffe_pb2.LayerParameter(name="odd", type="Input", top=["x"])
    layer_message.input_param.shape.add().dim.append(3)
    unknown = b"".join([*wire.field(9000, [b"abc"]), *wire.field(106, [b"\xff\xff"])])  # 106: convolution_param
    number = caffe_pb2.NetParameter.DESCRIPTOR.fields_by_name["layer"].number
    path = tmp_path / "fork.caffemodel"
    path.write_bytes(b"".join(wire.field(number, [layer_message.SerializeToString() + unknown])))
    assert recovered(path).splitlines()[0] == "# left out: fields 106, 9000, of a fork"


def test_hdf5_has_no_definition() -> None:
    path = GOLDEN / "oldweights_hdf5.caffemodel.h5"
    with pytest.raises(WeightsError) as caught:
        recovered(path)
    assert str(caught.value) == (
        f"error: {path} has numbers alone: an HDF5 weights file does not say what its layers are\n"
        "  the .caffemodel of the same run does, and so does its prototxt"
    )
