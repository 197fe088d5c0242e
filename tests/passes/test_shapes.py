"""Shapes of blobs and parameters, sharing by name, shapes given from outside."""

import pytest
from helpers.nets import inner_product, input_layer, layer, shaped

from netcc.errors import GraphError, LayerError, NetccError, ShapeError, UsageError

X = input_layer("x", 2, 4)


def shared(one: str, two: str, outputs: int = 4) -> str:
    return (
        X
        + inner_product("a", "x", "a", 4, f"param {{ {one} }}")
        + inner_product("b", "a", "b", outputs, f"param {{ {two} }}")
    )


def message_of(text: str, kind: type[NetccError]) -> str:
    with pytest.raises(kind) as caught:
        shaped(text)
    return caught.value.message


def test_every_blob_and_parameter_has_its_shape() -> None:
    graph = shaped(X + inner_product("ip", "x", "y", 5))
    assert graph.blobs()["y"].shape == (2, 5)
    assert [parameter.shape for parameter in graph.parameters()] == [(5, 4), (5,)]
    assert graph.parameter_count() == 25


def test_a_shape_given_from_outside_wins() -> None:
    assert shaped(X + inner_product("ip", "x", "y", 5), shapes={"x": (7, 2, 3)}).blobs()["y"].shape == (7, 5)


def test_a_shape_for_a_blob_that_is_no_source_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        shaped(input_layer("data", 2, 4) + layer("r", "ReLU", "data", "y"), shapes={"dta": (1, 4)})
    assert str(caught.value).splitlines() == [
        "error: a shape is given for 'dta', which no data or input layer produces",
        "  sources of this net: data",
        "  did you mean 'data'?",
    ]


def test_parameters_of_one_name_are_one_object() -> None:
    graph = shaped(shared('name: "w"', 'name: "w"'))
    first, second = graph.nodes[1], graph.nodes[2]
    assert first.parameters[0] is second.parameters[0]
    assert first.parameters[1] is not second.parameters[1]
    assert [use.node.name for use in first.parameters[0].uses] == ["a", "b"]
    assert len(graph.parameters()) == 3


def test_a_multiplier_of_one_side_holds_for_both() -> None:
    assert shaped(shared('name: "w" lr_mult: 3', 'name: "w"')).parameters()[0].lr_mult == 3
    assert shaped(shared('name: "w"', 'name: "w" decay_mult: 2')).parameters()[0].decay_mult == 2


def test_different_multipliers_are_refused() -> None:
    text = shared('name: "w" lr_mult: 1', 'name: "w" lr_mult: 2')
    assert (
        message_of(text, GraphError) == "parameter 'w' is shared by layers 'a' and 'b' with different lr_mult: 1 and 2"
    )


def test_shared_shapes_must_be_equal_or_of_equal_count() -> None:
    strict = shared('name: "w"', 'name: "w"', outputs=5)
    assert message_of(strict, ShapeError) == (
        "parameter 'w' is shared by layers 'a' and 'b' with different shapes: 4 x 4 and 5 x 4"
    )
    transposed = (
        X
        + inner_product("a", "x", "a", 2, 'param { name: "w" }')
        + inner_product("b", "a", "b", 4, 'param { name: "w" share_mode: PERMISSIVE }')
    )
    assert [parameter.shape for parameter in shaped(transposed).parameters()] == [(2, 4), (2,), (4,)]
    assert message_of(shared('name: "w"', 'name: "w" share_mode: PERMISSIVE', outputs=5), ShapeError) == (
        "parameter 'w' is shared by layers 'a' and 'b' with different sizes: 4 x 4 and 5 x 4"
    )


def test_more_param_blocks_than_parameters_are_refused() -> None:
    text = X + inner_product("ip", "x", "y", 5, "param { } param { } param { }")
    assert message_of(text, LayerError) == "layer 'ip' has 3 param blocks, but InnerProduct has 2 parameters here"


def test_a_shape_that_does_not_fit_names_layer_and_bottoms() -> None:
    conv = layer("conv", "Convolution", "x", "y", "convolution_param { num_output: 2 kernel_size: 5 }")
    with pytest.raises(ShapeError) as caught:
        shaped(input_layer("x", 2, 1, 3, 3) + conv)
    (fault,) = caught.value.diagnostics
    assert fault.span is not None
    assert fault.span.line == 2
    assert "in layer 'conv' (Convolution), bottoms: 'x' 2 x 1 x 3 x 3" in fault.notes
