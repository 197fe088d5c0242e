"""`tools/log_shapes.py`: the shapes of logs as several Caffes write them, held against netcc's."""

from __future__ import annotations

import json
from pathlib import Path

import caffe_logs
import log_shapes
import pytest

from netcc.types import Phase

DEFINITION = """name: "Small"
state {
  phase: TEST
}
layer {
  name: "data"
  type: "Data"
  top: "data"
  top: "label"
  data_param {
    source: "nowhere"
    batch_size: 4
  }
}
layer {
  name: "fc one"
  type: "InnerProduct"
  bottom: "data"
  top: "fc"
  inner_product_param {
    num_output: 5
  }
}
layer {
  name: "relu"
  type: "ReLU"
  bottom: "fc"
  top: "fc"
}
layer {
  name: "loss"
  type: "SoftmaxWithLoss"
  bottom: "fc"
  bottom: "label"
  top: "loss"
}
layer {
  name: "odd"
  type: "Odd"
  bottom: "fc"
  top: "odd"
  param {
    lr_mult: 1
  }
}
"""
LAYERS = [
    ("data", [], ["data 4 3 8 8 (768)", "label 4 (4)"]),
    ("fc one", ["data"], ["fc 4 5 (20)"]),
    ("relu", ["fc"], ["fc 4 5 (20)"]),
    ("fc_relu_0_split", ["fc"], ["fc_relu_0_split_0 4 5 (20)", "fc_relu_0_split_1 4 5 (20)"]),
    ("loss", ["fc_relu_0_split_0", "label"], ["loss (1)"]),
    ("odd", ["fc_relu_0_split_1"], ["odd 4 9 (36)"]),
]


def log(definition: str = DEFINITION, layers: list[tuple[str, list[str], list[str]]] = LAYERS, thread: int = 7) -> str:
    """The log of one net as Caffe 1.0 writes it."""

    def line(message: str) -> str:
        return f"I0604 12:55:39.981535 {thread:5d} net.cpp:49] {message}\n"

    text = line("Initializing net from parameters: ") + definition
    for name, bottoms, tops in layers:
        text += line(f"Creating Layer {name}") + "".join(line(f"{name} <- {bottom}") for bottom in bottoms)
        shapes = [top.partition(" ") for top in tops]
        text += "".join(line(f"{name} -> {top}" + " (in-place)" * (top in bottoms)) for top, _, _ in shapes)
        text += line(f"Setting up {name}") + "".join(line(f"Top shape: {shape}") for _, _, shape in shapes)
        text += line("Memory required for data: 3088")
    return text + line("Network initialization done.")


def compared(folder: Path, capsys: pytest.CaptureFixture[str], text: str) -> dict[str, object]:
    (folder / "train.log").write_text(text)
    log_shapes.main([str(folder), "--json"])
    (one,) = json.loads(capsys.readouterr().out)
    return dict(one)


def test_a_log_that_agrees(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compared(tmp_path, capsys, log()) == {
        "log": "train.log",
        "name": "Small",
        "definition": "log",
        "equal": {"InnerProduct": 1, "ReLU": 1, "SoftmaxWithLoss": 1},
        "given": 3,
        "unknown": ["Odd"],
        "different": [],
        "refused": "",
    }


def test_a_log_that_does_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = [
        (name, bottoms, [top.replace("fc 4 5 (20)", "fc 4 6 (24)") for top in tops]) for name, bottoms, tops in LAYERS
    ]
    (tmp_path / "bad.log").write_text(log(layers=wrong))
    (tmp_path / "good.log").write_text(log())
    assert log_shapes.main([str(tmp_path)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "   nets  equal  given  different",
        "",
        "      1      1      3          2  bad.log",
        "      1      3      3          0  good.log",
        "",
        "      2      4      6          2  all",
        "",
        "equal by type: SoftmaxWithLoss 2, InnerProduct 1, ReLU 1",
        "different  bad.log: fc one (InnerProduct), fc: 4 x 5, in the log 4 x 6",
        "different  bad.log: relu (ReLU), fc: 4 x 5, in the log 4 x 6",
        "taken from the log  bad.log: Odd",
        "taken from the log  good.log: Odd",
    ]


def test_blobs_of_four_axes_and_inputs_that_are_no_layers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    definition = """input: "data" input_dim: 2 input_dim: 3 input_dim: 8 input_dim: 8
    layers { name: "fc" type: INNER_PRODUCT bottom: "data" top: "fc" inner_product_param { num_output: 5 } }
    """
    found = compared(tmp_path, capsys, log(definition, [("fc", ["data"], ["fc 2 5 1 1 (10)"])]))
    assert (found["equal"], found["different"]) == ({"InnerProduct": 1}, [])


def long_net(outputs: int) -> tuple[str, list[tuple[str, list[str], list[str]]]]:
    """A definition that is too long for a log, and what is logged of its layers."""
    definition = 'name: "Long"\nstate {\n  phase: TRAIN\n}\nlayer {\n  name: "data"\n  type: "Input"\n  top: "b0"\n}\n'
    layers = [("data", list[str](), ["b0 2 3 8 8 (384)"])]
    for index in range(1, 241):
        definition += f'layer {{\n  name: "r{index}"\n  type: "ReLU"\n  bottom: "b{index - 1}"\n  top: "b{index}"\n'
        definition += f"  relu_param {{\n    negative_slope: 0.{index}\n  }}\n}}\n"
        layers.append((f"r{index}", [f"b{index - 1}"], [f"b{index} 2 3 8 8 (384)"]))
    definition += 'layer {\n  name: "fc"\n  type: "InnerProduct"\n  bottom: "b240"\n  top: "fc"\n'
    definition += f"  inner_product_param {{\n    num_output: {outputs}\n  }}\n}}\n"
    return definition, [*layers, ("fc", ["b240"], ["fc 2 7 (14)"])]


@pytest.mark.parametrize(
    ("path", "text", "source", "equal"),
    [
        ("net/train.prototxt", long_net(7)[0], "net/train.prototxt", {"ReLU": 240, "InnerProduct": 1}),
        ("other/train.prototxt", long_net(7)[0], "log, cut off", {"ReLU": 236}),
        ("net/train.prototxt", long_net(7)[0].replace("0.2\n", "0.9\n"), "log, cut off", {"ReLU": 236}),
        ("net/train.prototxt", long_net(7)[0].replace('"r240"', '"last"'), "log, cut off", {"ReLU": 236}),
    ],
    ids=["the file that the log names", "another file", "other fields", "other layers"],
)
def test_a_definition_that_the_log_cuts_off(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], path: str, text: str, source: str, equal: dict[str, int]
) -> None:
    definition, layers = long_net(7)
    source_line = "I0604 12:55:39.1     7 solver.cpp:91] Creating training net from net file: net/train.prototxt\n"
    cut = definition[: definition.index('"r237"')] + '"r2\n'
    (tmp_path / path).parent.mkdir()
    (tmp_path / path).write_text(text)
    found = compared(tmp_path, capsys, source_line + log(cut, layers))
    assert (found["definition"], found["equal"], found["different"]) == (source, equal, [])


def test_other_manners_of_writing(tmp_path: Path) -> None:
    nvidia = log().replace("Creating Layer odd", "Created Layer odd (5)")
    nvidia = nvidia.replace("Top shape: 4 9 (36)", "TEST Top shape for layer 5 'odd' 4 9 (36)")
    first, second = log().splitlines(), log(thread=8).splitlines()
    half = next(index for index, line in enumerate(first) if "Setting up relu" in line)
    threads = "\n".join(first[:half] + second[:half] + first[half:] + second[half:])
    notebook = json.dumps({"cells": [{"outputs": [{"text": [line + "\n" for line in first]}], "source": ["x"]}]})
    for name, text, nets in [("a.log", nvidia, 1), ("b.log", threads, 2), ("c.ipynb", notebook, 1)]:
        (tmp_path / name).write_text(text)
        found = caffe_logs.logged_nets(tmp_path / name)
        assert [net.phase for net in found] == [Phase.TEST] * nets
        assert [layer.name for layer in found[-1].own_layers()] == ["data", "fc one", "relu", "loss", "odd"]
        assert found[-1].own_layers()[-1].shapes == [(4, 9)]


def test_texts_that_are_no_definition(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "broken.ipynb").write_text("{ Top shape")
    found = compared(tmp_path, capsys, log("[printed before]\n"))
    assert found["equal"] == {}
    assert "expected a field" in str(found["refused"])
