"""What can be known of a net is told although some of its layers are wrong."""

from __future__ import annotations

import pytest

import netcc
from netcc.ir.table import LayerRow, ShapeTable

X = 'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 dim: 8 dim: 8 } } }\n'
MYSTERY = 'layer { name: "mystery" type: "Mystery" bottom: "x" top: "m" top: "n" }\n'


def inner_product(name: str, bottom: str, fields: str = "num_output: 5") -> str:
    return (
        f'layer {{ name: "{name}" type: "InnerProduct" bottom: "{bottom}" top: "{name}" '
        f"inner_product_param {{ {fields} }} }}\n"
    )


def known(text: str, **inputs: tuple[int, ...]) -> ShapeTable:
    return netcc.shapes(text, inputs=inputs, keep_going=True)


def row(table: ShapeTable, name: str) -> LayerRow:
    (found,) = (layer for layer in table.layers if layer.name == name)
    return found


def test_an_unknown_type_hides_only_what_depends_on_it() -> None:
    table = known(
        X + MYSTERY + inner_product("a", "n") + 'layer { name: "r" type: "ReLU" bottom: "a" top: "a" }\n'
        + inner_product("b", "x")
    )  # fmt: skip
    assert [fault.message for fault in table.faults] == ["unknown layer type 'Mystery'"]
    assert row(table, "mystery") == LayerRow("mystery", "Mystery", ("x",), (("m", None), ("n", None)), (), None, 0)
    assert row(table, "a").tops == row(table, "r").tops == (("a", None),)
    assert row(table, "b").tops == (("b", (2, 5)),)
    assert (table.unknown_layers, table.parameter_count) == (3, 5 * 3 * 8 * 8 + 5)


def test_given_shapes_make_the_rest_known() -> None:
    text = X + MYSTERY + inner_product("a", "n")
    table = known(text, m=(2, 1), n=(2, 7))
    assert row(table, "mystery").tops == (("m", (2, 1)), ("n", (2, 7)))
    assert row(table, "mystery").macs is None
    assert row(table, "a").parameters[0].shape == (5, 7)
    assert [fault.message for fault in table.faults] == ["unknown layer type 'Mystery'"]
    assert row(known(text, n=(2, 7)), "a").tops == (("a", None),)


def test_faults_of_attributes_wiring_and_shapes_are_all_told() -> None:
    table = known(
        X + inner_product("attributes", "x", "axis: 1") + inner_product("wiring", "nothing")
        + inner_product("shape", "x", "num_output: 5 axis: 7") + inner_product("after", "shape")
    )  # fmt: skip
    assert [fault.message for fault in table.faults] == [
        "InnerProduct needs num_output",
        "unknown bottom blob 'nothing' (layer 'wiring', bottom index 0)",
        "axis 7 is outside a blob of 4 axes (allowed: -4 to 3)",
    ]
    assert [layer.name for layer in table.layers if layer.tops[0][1] is None] == [
        "attributes",
        "wiring",
        "shape",
        "after",
    ]


def test_a_net_without_faults_gives_the_same_table() -> None:
    text = X + inner_product("a", "x")
    assert known(text) == netcc.shapes(text)
    assert known(text).faults == ()


def test_a_shape_for_a_blob_that_does_not_exist_is_refused() -> None:
    with pytest.raises(netcc.NetccError) as caught:
        known(X + MYSTERY, k=(1,))
    assert caught.value.message == "a shape is given for 'k', which no data or input layer produces"


def test_without_keep_going_the_faults_are_raised() -> None:
    with pytest.raises(netcc.NetccError, match="unknown layer type 'Mystery'"):
        netcc.shapes(X + MYSTERY)


def test_params_of_an_unknown_layer_are_no_fault() -> None:
    table = known(X + MYSTERY.replace("}", "param { lr_mult: 1 } }") + inner_product("a", "n"), m=(2, 1), n=(2, 7))
    assert [fault.message for fault in table.faults] == ["unknown layer type 'Mystery'"]
    assert row(table, "a").tops == (("a", (2, 5)),)
