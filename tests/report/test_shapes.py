"""`netcc.shapes`: the numbers of a net without running it."""

from __future__ import annotations

from pathlib import Path

import pytest

import netcc
from netcc.errors import ShapeError
from netcc.ir.table import ParameterRow

NET = """\
name: "n"
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 4 dim: 3 } } }
layer {
  name: "a"
  type: "InnerProduct"
  bottom: "x"
  top: "a"
  param { name: "w" lr_mult: 2 decay_mult: 0 }
  inner_product_param { num_output: 3 bias_term: false }
}
layer { name: "r" type: "ReLU" bottom: "a" top: "a" include { phase: TEST } }
layer {
  name: "b"
  type: "InnerProduct"
  bottom: "a"
  top: "b"
  param { name: "w" }
  inner_product_param { num_output: 3 }
}
"""

DATA = """\
layer {
  name: "d" type: "Data" top: "data" top: "label"
  data_param { source: "nosuch_lmdb" batch_size: 2 backend: LMDB }
}
"""


def test_rows_and_totals() -> None:
    table = netcc.shapes(NET, netcc.TEST)
    assert [layer.name for layer in table.layers] == ["x", "a", "r", "b"]
    assert table.layers[1].tops == (("a", (4, 3)),)
    assert table.layers[1].parameters == (ParameterRow("weights", (3, 3), 2, 0, shared=False),)
    assert table.layers[3].parameters == (
        ParameterRow("weights", (3, 3), 2, 0, shared=True),
        ParameterRow("bias", (3,), 1, 1, shared=False),
    )
    assert table.parameter_count == 9 + 3
    assert table.parameter_bytes == 4 * 12
    assert table.macs == 2 * 4 * 3 * 3
    assert table.activation_bytes == 4 * (12 + 12 + 12), "the ReLU in place costs nothing"


def test_phase_and_input_shapes() -> None:
    table = netcc.shapes(NET, netcc.TRAIN, inputs={"x": (7, 3)})
    assert [layer.name for layer in table.layers] == ["x", "a", "b"]
    assert table.layers[2].tops == (("b", (7, 3)),)


def test_json_says_the_same(tmp_path: Path) -> None:
    (tmp_path / "net.prototxt").write_text(NET)
    table = netcc.shapes(tmp_path / "net.prototxt", netcc.TEST)
    shown = table.as_json()
    assert shown["totals"] == {
        "parameters": table.parameter_count,
        "parameter_bytes": table.parameter_bytes,
        "macs": table.macs,
        "activation_bytes": table.activation_bytes,
    }
    assert shown["layers"][3]["bottoms"] == ["a"]
    assert [item["shared"] for item in shown["layers"][3]["parameters"]] == [True, False]


def test_data_that_are_missing_are_asked_for_by_name() -> None:
    with pytest.raises(ShapeError) as caught:
        netcc.shapes(DATA)
    assert caught.value.message == "the shape of the batches is not known: no data source is at hand"
    assert caught.value.diagnostics[0].notes == (
        "give `--input data=64,3,227,227` (with your sizes)",
        "in layer 'd' (Data)",
        "its data could not be asked: database nosuch_lmdb does not exist",
    )


def test_data_that_cannot_be_read_do_not_keep_shapes_from_being_given() -> None:
    leveldb = DATA.replace("LMDB", "LEVELDB")
    with pytest.raises(ShapeError) as caught:
        netcc.shapes(leveldb)
    assert "give `--input data=64,3,227,227` (with your sizes)" in caught.value.diagnostics[0].notes
    assert netcc.shapes(leveldb, inputs={"data": (2, 3, 4, 4)}).layers[0].tops[1] == ("label", (2,))


def test_data_are_not_asked_where_shapes_are_given() -> None:
    table = netcc.shapes(DATA, inputs={"data": (2, 3, 4, 4)})
    assert table.layers[0].tops == (("data", (2, 3, 4, 4)), ("label", (2,)))
