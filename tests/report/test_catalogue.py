"""The catalogue says what is so, of every layer."""

from __future__ import annotations

from pathlib import Path

import pytest

from netcc.errors import GraphError
from netcc.ir.build import build
from netcc.layers.registry import layer_class, layer_types
from netcc.report.catalogue import FieldEntry, entries, entry
from netcc.report.layers_page import main, page
from netcc.schema.bind import load_net
from netcc.schema.select import select
from netcc.types import TRAIN

ROOT = Path(__file__).resolve().parents[2]

_BVLC = """
    AbsVal Accuracy ArgMax BatchNorm BatchReindex Bias BNLL Clip Concat ContrastiveLoss Convolution Crop Data
    Deconvolution Dropout DummyData Eltwise ELU Embed EuclideanLoss Exp Filter Flatten HDF5Data HDF5Output HingeLoss
    Im2col ImageData InfogainLoss InnerProduct Input Log LRN LSTM LSTMUnit MemoryData MultinomialLogisticLoss MVN
    Parameter Pooling Power PReLU Python Reduction ReLU Reshape RNN Scale Sigmoid SigmoidCrossEntropyLoss Silence
    Slice Softmax SoftmaxWithLoss Split SPP Swish TanH Threshold Tile WindowData
"""
BVLC = frozenset(_BVLC.split())
"""The types of BVLC Caffe 1.0."""


def test_all_types_of_caffe_are_there() -> None:
    assert BVLC - set(layer_types()) == set()


@pytest.mark.parametrize("name", layer_types())
def test_origin(name: str) -> None:
    assert (entry(name).origin == "BVLC") == (name in BVLC)


@pytest.mark.parametrize("name", layer_types())
def test_the_example_is_a_net(name: str) -> None:
    item = entry(name)
    message = load_net(item.example).message
    (layer,) = message.layer
    assert layer.type == name
    sources = dict.fromkeys(layer.bottom)
    inputs = "".join(
        f'layer {{ name: "{blob}" type: "Input" top: "{blob}" input_param {{ shape {{ dim: 1 }} }} }}\n'
        for blob in sources
    )
    definition = select(load_net(inputs + item.example), TRAIN)
    if name == "Python":
        with pytest.raises(GraphError, match="which is not allowed here"):
            build(definition)
    else:
        assert type(build(definition).nodes[-1].layer) is layer_class(name)


@pytest.mark.parametrize("name", layer_types())
def test_the_text_says_what_the_layer_does(name: str) -> None:
    item = entry(name)
    assert item.text[:1].isprintable()
    assert len(item.summary) > 10
    assert not item.text.startswith(f"{layer_class(name).__name__}("), "the docstring that dataclass makes says nothing"


@pytest.mark.parametrize(
    ("name", "messages"),
    [
        ("Convolution", ["convolution_param"]),
        ("SoftmaxWithLoss", ["softmax_param", "loss_param"]),
        ("ReLU", ["relu_param"]),
        ("TanH", []),
        ("Data", ["data_param", "transform_param"]),
        ("HDF5Data", ["hdf5_data_param"]),
    ],
)
def test_parameters_are_those_that_the_class_reads(name: str, messages: list[str]) -> None:
    assert {message.name for message in entry(name).parameters} == set(messages)


def test_fields_have_kind_and_default() -> None:
    (message,) = entry("Pooling").parameters
    fields = {field.name: field for field in message.fields}
    assert fields["stride"] == FieldEntry("stride", "int", "1", repeated=False, fork=False)
    assert fields["kernel_size"] == FieldEntry("kernel_size", "int", "", repeated=False, fork=False)
    assert fields["round_mode"] == FieldEntry("round_mode", "CEIL, FLOOR", "CEIL", repeated=False, fork=False)
    assert fields["ceil_mode"] == FieldEntry("ceil_mode", "bool", "true", repeated=False, fork=True)
    (scale,) = entry("Scale").parameters
    filler = next(field for field in scale.fields if field.name == "filler")
    assert filler == FieldEntry("filler", "FillerParameter", "", repeated=False, fork=False, message="FillerParameter")
    assert "FillerParameter" in {message.name for message in entry("Scale").nested}
    (spp,) = entry("SPP").parameters
    assert not any(field.fork for field in spp.fields)


def test_a_message_that_forks_brought_is_not_marked_field_by_field() -> None:
    (message,) = entry("ROIPooling").parameters
    assert {field.name for field in message.fields} >= {"pooled_h", "pooled_w"}
    assert not any(field.fork for field in message.fields)


def test_summary_is_the_first_sentence() -> None:
    assert (
        entry("ReLU").summary
        == "y = x for x > 0, else negative_slope * x; the gradient at 0 is that of the negative side."
    )
    assert entry("TanH").summary == "y = tanh(x)."


def test_the_page_is_current(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "layers.md"
    assert main([str(path)]) == 0
    assert path.read_text(encoding="utf-8") == page() == (ROOT / "docs" / "layers.md").read_text(encoding="utf-8")
    assert main(["--check", str(path)]) == 0
    path.write_text(page().replace("Pooling", "Poling"))
    assert main(["--check", str(path)]) == 1
    assert capsys.readouterr().err == f"{path} is out of date: run `make docs`\n"
    assert main([]) == 2


def test_the_page_has_every_type_once() -> None:
    text = page()
    for item in entries(outside=False):
        assert text.count(f"\n## {item.type}\n") == 1
        assert text.count(f"[{item.type}](#{item.type.lower()})") == 1
