"""`tools/corpus.py`: what it says of a small folder in which every stage is missed once."""

from __future__ import annotations

import json
from pathlib import Path

import corpus
import pytest
from google.protobuf.message import Message
from guesses import first_number

from netcc.schema import caffe_pb2

DATA = 'layer { name: "d" type: "Data" top: "data" top: "label" data_param { batch_size: 4 } %s }\n'
SCORE = 'layer { name: "fc" type: "InnerProduct" bottom: "%s" top: "fc" inner_product_param { num_output: 5 } }\n'
FILES = {
    "good.prototxt": DATA % "transform_param { crop_size: 24 }"
    + SCORE % "data"
    + 'layer { name: "l" type: "SoftmaxWithLoss" bottom: "fc" bottom: "label" top: "l" }\n',
    "maps.prototxt": DATA % ""
    + 'layer { name: "c" type: "Convolution" bottom: "data" top: "c" '
    + "convolution_param { num_output: 5 kernel_size: 1 } }\n"
    + 'layer { name: "l" type: "SoftmaxWithLoss" bottom: "c" bottom: "label" top: "l" }\n',
    "code.prototxt": 'layer { name: "p" type: "Python" top: "data" python_param { module: "m" layer: "L" } }\n'
    + 'layer { name: "q" type: "Python" bottom: "data" top: "q" python_param { module: "m" layer: "L" } }\n'
    + SCORE % "q",
    "solver.prototxt": 'net: "good.prototxt"\nbase_lr: 0.1\n',
    "syntax.prototxt": 'layer { name: "x" type: }\n',
    "template.prototxt": "layer { inner_product_param { num_output: ${N} } }\n",
    "bound.prototxt": 'layer { name: "x" type: "Data" top: "d" data_param { batch_size: "four" } }\n',
    "wiring.prototxt": DATA % "" + SCORE % "date",
    "shape.prototxt": 'input: "x"\ninput_shape { dim: 2 }\nlayer { name: "r" type: "Reshape" bottom: "x" top: "r" '
    "reshape_param { shape { dim: 3 } } }\n",
    "stage.prototxt": DATA % 'include { stage: "deploy" } transform_param { crop_size: 9 }' + SCORE % "data",
    "unfed.prototxt": 'layer { name: "r" type: "ReLU" bottom: "x" top: "y" include { stage: "s" } }\n' + SCORE % "y",
    "labelmap.prototxt": 'item { name: "cat" label: 1 }\n',
    "notes.md": "layer { a solver is not read from here }\n",
    "prototxt.md": "layer { nor from here }\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def outcomes(folder: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, object]]:
    assert corpus.main([str(folder), "--json"]) == 0
    return {one["path"]: one for one in json.loads(capsys.readouterr().out)}


def test_each_file_goes_as_far_as_it_can(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = outcomes(folder, capsys)
    assert {name: (one["kind"], one["reached"]) for name, one in found.items()} == {
        "good.prototxt": ("net", "shapes"),
        "maps.prototxt": ("net", "shapes"),
        "code.prototxt": ("net", "shapes"),
        "solver.prototxt": ("solver", "bind"),
        "syntax.prototxt": ("net", "none"),
        "template.prototxt": ("template", "none"),
        "bound.prototxt": ("net", "parse"),
        "wiring.prototxt": ("net", "bind"),
        "shape.prototxt": ("net", "wire"),
        "stage.prototxt": ("net", "shapes"),
        "unfed.prototxt": ("net", "bind"),
    }
    assert found["code.prototxt"]["behind_python"] == 2


def test_the_table_counts_stages_and_causes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert corpus.main([str(folder)]) == 0
    shown = capsys.readouterr().out
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    assert lines[0] == "10 definitions, 1 templates that are no definitions yet"
    assert "nets parse 8 of 9 88.9 %" in lines
    assert "nets shapes 4 of 9 44.4 %" in lines
    assert "solvers bind 1 of 1 100.0 %" in lines
    assert "all complete 5 of 10 50.0 %" in lines
    cause = lines.index("2 after bind: unknown bottom blob NAME (layer NAME, bottom index N)")
    assert lines[cause + 1] == "unfed.prototxt"


def test_a_failure_of_netcc_is_told_apart(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(corpus, "wired", failing)
    assert corpus.main([str(folder)]) == corpus.EXIT_FAULT
    assert "fault of netcc: ZeroDivisionError: by zero" in capsys.readouterr().out


def test_what_is_no_folder_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        corpus.main([str(tmp_path / "none")])
    assert "none is not a folder" in capsys.readouterr().err


def test_numbers_are_found_in_any_part_of_a_layer() -> None:
    layer: Message = caffe_pb2.LayerParameter()
    assert first_number(layer, "crop_size") == 0
    layer = caffe_pb2.LayerParameter()
    layer.transform_param.resize_param.add(height=300)
    layer.data_param.batch_size = 7
    assert first_number(layer, "crop_size", "height") == 300
    assert first_number(layer, "batch_size") == 7
