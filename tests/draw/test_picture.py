"""What a picture of a net shows."""

from __future__ import annotations

import pytest
from helpers.nets import inner_product, input_layer, layer

import netcc
from netcc.draw.dot import TIMES, as_dot
from netcc.draw.picture import Arrow, Picture, picture
from netcc.schema.bind import load_net
from netcc.types import TEST, Phase

CONVOLUTION = 'convolution_param { num_output: 4 kernel_size: 3 weight_filler { type: "xavier" } }'
NET = (
    'name: "a \\"small\\" net"\n'
    + input_layer("data", 1, 3, 8, 8)
    + layer("conv", "Convolution", "data", "conv", f"param {{ lr_mult: 1 }} param {{ lr_mult: 2 }} {CONVOLUTION}")
    + layer("relu", "ReLU", "conv", "conv")
    + layer("pool", "Pooling", "conv", "pool", "pooling_param { kernel_size: 2 stride: 2 }")
    + inner_product("<ip>", "pool", "ip", 5)
    + layer("sum", "Eltwise", "ip ip", "sum")
)


def drawn(text: str, *phases: Phase, rates: bool = False) -> Picture:
    net = load_net(text)
    tables = {phase: netcc.shapes(text, phase, keep_going=True) for phase in phases}
    return picture(net.message.name, net.message.layer, tables, rates=rates)


def arrows(made: Picture) -> list[tuple[str, str | None, str]]:
    names = [box.parts[0].name for box in made.boxes]
    return [(names[arrow.start], None if arrow.end is None else names[arrow.end], arrow.blob) for arrow in made.arrows]


def test_layers_in_place_stand_in_the_box_above_and_blobs_have_shapes() -> None:
    made = drawn(NET, TEST)
    assert [[part.name for part in box.parts] for box in made.boxes] == [
        ["data"], ["conv", "relu"], ["pool"], ["<ip>"], ["sum"],
    ]  # fmt: skip
    assert made.arrows == [
        Arrow(0, 1, "data", (1, 3, 8, 8)),
        Arrow(1, 2, "conv", (1, 4, 6, 6)),
        Arrow(2, 3, "pool", (1, 4, 3, 3)),
        Arrow(3, 4, "ip", (1, 5)),
        Arrow(3, 4, "ip", (1, 5)),
        Arrow(4, None, "sum", (1, 5)),
    ]


def test_kinds_settings_and_parameters() -> None:
    parts = {part.name: part for box in drawn(NET, TEST, rates=True).boxes for part in box.parts}
    assert {name: part.kind for name, part in parts.items()} == {
        "data": "data", "conv": "window", "relu": "simple", "pool": "pool", "<ip>": "product", "sum": "other",
    }  # fmt: skip
    assert parts["conv"].settings == ("num_output 4", "kernel_size 3", "lr_mult 1, 2")
    assert parts["conv"].parameters == ((4, 3, 3, 3), (4,))
    assert parts["pool"].settings == ("kernel_size 2", "stride 2")


def test_without_shapes_the_kinds_are_the_same() -> None:
    made = drawn(NET)
    assert {part.kind for box in made.boxes for part in box.parts} == {
        "data", "window", "simple", "pool", "product", "other",
    }  # fmt: skip
    assert {arrow.shape for arrow in made.arrows} == {None}


def data(phase: str, rows: int) -> str:
    shapes = f"shape {{ dim: {rows} dim: 2 }} shape {{ dim: {rows} }}"
    return layer("d", "DummyData", "", "x t", f"include {{ phase: {phase} }} dummy_data_param {{ {shapes} }}")


BOTH = (
    data("TRAIN", 8)
    + data("TEST", 4)
    + inner_product("ip", "x", "y", 3)
    + layer("a", "Accuracy", "y t", "a", "include { phase: TEST }")
    + layer("l", "SoftmaxWithLoss", "y t", "l")
)  # fmt: skip


def test_both_phases_in_one_picture_meet_where_layers_are_in_both() -> None:
    made = drawn(BOTH, *Phase)
    assert arrows(made) == [
        ("d", "ip", "x"), ("d", "ip", "x"), ("ip", "a", "y"), ("d", "a", "t"),
        ("ip", "l", "y"), ("d", "l", "t"), ("d", "l", "t"), ("a", None, "a"), ("l", None, "l"),
    ]  # fmt: skip
    assert [arrow.shape for arrow in made.arrows[:2]] == [(8, 2), (4, 2)]
    assert made.arrows[3].start == 1  # the accuracy reads the labels of its own phase alone
    assert [box.parts[0].kind for box in made.boxes] == ["data", "data", "product", "metric", "loss"]
    assert made.boxes[0].parts[0].settings[0] == "TRAIN only"


def test_an_unknown_type_is_drawn_like_any_other() -> None:
    made = drawn(input_layer("x", 1, 2) + layer("odd", "Unheard", "x", "y"), TEST)
    assert made.boxes[1].parts[0].kind == "other"
    assert made.arrows[-1] == Arrow(1, None, "y", None)


def test_the_text_is_that_of_graphviz_with_every_name_quoted() -> None:
    text = as_dot(drawn(NET, TEST), "LR")
    lines = text.splitlines()
    assert lines[0] == 'digraph "a \\"small\\" net" {'
    assert "rankdir=LR" in lines[1]
    assert '<B>&lt;ip&gt;</B>  InnerProduct<BR/><FONT POINT-SIZE="9">num_output 5</FONT>' in text
    assert '<FONT POINT-SIZE="9">185 parameters: 5x36 + 5</FONT>' in text.replace(TIMES, "x")
    assert '  n0 -> n1 [label=" 1x3x8x8" tooltip="data 1x3x8x8"]' in [line.replace(TIMES, "x") for line in lines]
    assert text.endswith("}\n")
    assert text.count("<TABLE") == 5


@pytest.mark.parametrize("value", ["true", "1e-05", "MAX"])
def test_values_are_shown_as_texts_of_nets_spell_them(value: str) -> None:
    fields = {
        "true": "scale_param { bias_term: true }",
        "1e-05": "batch_norm_param { eps: 1e-05 }",
        "MAX": "pooling_param { pool: MAX kernel_size: 2 }",
    }[value]
    kind = {"true": "Scale", "1e-05": "BatchNorm", "MAX": "Pooling"}[value]
    made = drawn(input_layer("x", 1, 2, 4, 4) + layer("l", kind, "x", "y", fields), TEST)
    assert any(setting.endswith(f" {value}") for setting in made.boxes[1].parts[0].settings)
