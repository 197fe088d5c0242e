"""BatchReindex, Filter, Embed and Parameter: layers that choose and look up."""

from __future__ import annotations

import numpy as np
import pytest

import netcc
from netcc.errors import LayerError, ShapeError
from netcc.testing import make_layer, run_layer

ITEMS = np.arange(8.0).reshape(4, 2)


def test_items_repeat_and_their_gradients_add_up() -> None:
    layer = make_layer("BatchReindex", bottoms=2)
    result = run_layer(layer, [ITEMS, [2, 0, 2]], top_diffs=[[[1, 2], [3, 4], [5, 6]]])
    np.testing.assert_array_equal(result.tops[0], ITEMS[[2, 0, 2]])
    np.testing.assert_array_equal(result.bottom_diffs[0], [[3, 4], [0, 0], [6, 8], [0, 0]])
    assert result.bottom_diffs[1] is None


@pytest.mark.parametrize(
    ("index", "message"),
    [
        (4, "index 4 (number 1 of the bottom) is not from 0 to 3"),
        (-1, "index -1 (number 1 of the bottom) is not from 0 to 3"),
        (np.nan, "index nan (number 1 of the bottom) is not from 0 to 3"),
    ],
)
def test_an_index_outside_the_batch(index: float, message: str) -> None:
    with pytest.raises(LayerError) as caught:
        run_layer(make_layer("BatchReindex", bottoms=2), [ITEMS, [0, index]])
    assert caught.value.message == message


def test_refused_shapes_of_indices() -> None:
    with pytest.raises(ShapeError) as caught:
        make_layer("BatchReindex", bottoms=2).infer([(4, 2), (3, 1)], 1)
    assert caught.value.message == "the indices of BatchReindex must have one axis, not 3 x 1"


def test_filter_keeps_the_whole_batch_until_there_are_numbers() -> None:
    layer = make_layer("Filter", bottoms=3, tops=2)
    assert layer.infer([(4, 2), (4, 3, 3), (4, 1, 1)], 2).tops == ((4, 2), (4, 3, 3))


def test_filter_passes_on_what_the_selector_marks() -> None:
    layer = make_layer("Filter", bottoms=2)
    result = run_layer(layer, [ITEMS, [0, 0.5, 0, -1]], top_diffs=[[[1, 2], [3, 4]]])
    np.testing.assert_array_equal(result.tops[0], ITEMS[[1, 3]])
    np.testing.assert_array_equal(result.bottom_diffs[0], [[0, 0], [1, 2], [0, 0], [3, 4]])
    assert result.bottom_diffs[1] is None


def test_a_net_follows_the_selector() -> None:
    net = netcc.Net(
        """layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 4 dim: 2 } } }
        layer { name: "s" type: "Input" top: "s" input_param { shape { dim: 4 } } }
        layer { name: "f" type: "Filter" bottom: "x" bottom: "s" top: "y" }
        layer { name: "n" type: "Reduction" bottom: "y" top: "n" }""",
        netcc.TEST,
    )
    for marks in ([1, 0, 0, 1], [0, 0, 0, 0], [1, 1, 1, 1], [0, 1, 0, 0]):
        chosen = ITEMS[np.array(marks, bool)]
        assert net.forward(x=ITEMS, s=marks)["n"] == chosen.sum()
        np.testing.assert_array_equal(net.blobs["y"].data, chosen)


def test_refused_filters() -> None:
    with pytest.raises(LayerError) as caught:
        make_layer("Filter", bottoms=2, tops=2)
    assert caught.value.message == "Filter gives one top for each bottom but the selector: 2 bottoms, 2 tops"
    layer = make_layer("Filter", bottoms=2)
    with pytest.raises(ShapeError) as caught:
        layer.infer([(4, 2), (4, 2)], 1)
    assert caught.value.message == "the selector must have one number for each item, not 4 x 2"
    with pytest.raises(ShapeError) as caught:
        layer.infer([(3, 2), (4,)], 1)
    assert caught.value.message == "the selector is for 4 items, but bottom 0 is 3 x 2"


def test_embed_looks_rows_up() -> None:
    layer = make_layer("Embed", "embed_param { input_dim: 4 num_output: 2 }")
    top_diff = np.arange(1.0, 7).reshape(3, 2)
    result = run_layer(layer, [[3, 0, 3]], [ITEMS, [100, 200]], [top_diff])
    np.testing.assert_array_equal(result.tops[0], [[106, 207], [100, 201], [106, 207]])
    weights, bias = result.parameter_diffs
    np.testing.assert_array_equal(weights, [[3, 4], [0, 0], [0, 0], [6, 8]])
    np.testing.assert_array_equal(bias, [9, 12])


def test_embed_has_a_row_for_each_input() -> None:
    layer = make_layer("Embed", "embed_param { input_dim: 5 num_output: 3 bias_term: false }")
    signature = layer.infer([(2, 7)], 1)
    assert signature.tops == ((2, 7, 3),)
    assert [parameter.shape for parameter in signature.parameters] == [(5, 3)]


def test_refused_embeddings() -> None:
    for fields, message in (
        ("input_dim: 4", "Embed needs a positive num_output"),
        ("num_output: 4", "Embed needs a positive input_dim"),
    ):
        with pytest.raises(LayerError) as caught:
            make_layer("Embed", f"embed_param {{ {fields} }}")
        assert caught.value.message == message
    with pytest.raises(LayerError) as caught:
        run_layer(make_layer("Embed", "embed_param { input_dim: 4 num_output: 1 }"), [[[0, 1], [4, 0]]])
    assert caught.value.message == "input 4 (number 2 of the bottom) is not from 0 to 3"


def test_a_parameter_is_a_blob_that_learns() -> None:
    layer = make_layer("Parameter", "parameter_param { shape { dim: 2 } }", bottoms=0)
    result = run_layer(layer, [], [[5, 6]], [[1, -1]])
    np.testing.assert_array_equal(result.tops[0], [5, 6])
    np.testing.assert_array_equal(result.parameter_diffs[0], [1, -1])


def test_a_parameter_begins_as_zero_or_as_its_filler_says() -> None:
    text = 'layer {{ name: "p" type: "Parameter" top: "p" parameter_param {{ shape {{ dim: 2 }} {} }} }}'
    plain = netcc.Net(text.format(""), netcc.TEST)
    np.testing.assert_array_equal(plain.forward()["p"], [0, 0])
    filled = netcc.Net(text.format('blob_filler { type: "constant" value: 3 }'), netcc.TEST)
    np.testing.assert_array_equal(filled.forward()["p"], [3, 3])


def test_refused_parameters() -> None:
    with pytest.raises(LayerError) as caught:
        make_layer("Parameter", "parameter_param { shape { dim: 2 dim: -1 } }", bottoms=0)
    assert caught.value.message == "2 x -1 is no shape"
