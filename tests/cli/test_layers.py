"""`netcc layers`."""

from __future__ import annotations

import json

from helpers.commands import Run

from netcc.layers.registry import layer_types

TILE = """\
Tile (BVLC; family tile)

"""
REST = """

bottoms: 1
tops: 1

tile_param {
  axis:  int (default 1)
  tiles: int
}

example:

layer {
  name: "tile"
  type: "Tile"
  bottom: "x"
  top: "tile"
  tile_param { tiles: 3 }
}
"""


def test_all_are_listed(run: Run) -> None:
    lines = run("layers").stdout.splitlines()
    assert lines[0].split() == ["type", "family", "origin", "what", "it", "does"]
    assert [line.split()[0] for line in lines[2:]] == layer_types()
    (softmax,) = (line for line in lines if line.startswith("Softmax "))
    assert softmax.split(maxsplit=3)[1:3] == ["softmax", "BVLC"]
    assert "y = exp(x) / sum exp(x)" in softmax


def test_one_is_shown(run: Run) -> None:
    shown = run("layers", "Tile")
    assert shown.exit_code == 0
    assert shown.stdout.startswith(TILE)
    assert shown.stdout.endswith(REST)
    assert "Behaves as src/caffe/layers/tile_layer.cpp" in shown.stdout


def test_messages_within_parameters_are_shown(run: Run) -> None:
    shown = run("layers", "InnerProduct").stdout
    assert "  weight_filler: FillerParameter\n" in shown.replace("  FillerParameter", " FillerParameter")
    assert "FillerParameter {\n  type:" in shown
    assert "FAN_IN, FAN_OUT, AVERAGE (default FAN_IN)" in shown


def test_several_are_shown(run: Run) -> None:
    shown = run("layers", "ReLU", "ELU").stdout
    assert shown.index("ReLU (BVLC") < shown.index("ELU (BVLC")


def test_a_type_that_does_not_exist(run: Run) -> None:
    shown = run("layers", "Poolin")
    assert (shown.exit_code, shown.stdout) == (1, "")
    assert shown.stderr.startswith("error: unknown layer type 'Poolin'\n  near names: Pooling, ")
    assert shown.stderr.endswith("  did you mean 'Pooling'?\n")


def test_json(run: Run) -> None:
    every = json.loads(run("layers", "--json").stdout)["layers"]
    assert [item["type"] for item in every] == layer_types()
    (one,) = json.loads(run("layers", "Concat", "--json").stdout)["layers"]
    assert (one["origin"], one["bottoms"], one["tops"], one["in_place"]) == ("BVLC", [1, None], [1, 1], False)
    assert {
        "name": "axis",
        "kind": "int",
        "default": "1",
        "repeated": False,
        "fork": False,
        "message": None,
    } in one["parameters"][0]["fields"]
