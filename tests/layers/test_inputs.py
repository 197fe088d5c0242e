"""Layers where data enters: shapes from fields, from outside, and what they are filled with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from netcc.errors import LayerError, ShapeError
from netcc.layers.base import SourceLayer
from netcc.testing import make_layer, run_layer
from netcc.types import Array, Shape


def source(kind: str, fields: str = "", tops: int = 1) -> SourceLayer:
    layer = make_layer(kind, fields, bottoms=0, tops=tops)
    assert isinstance(layer, SourceLayer)
    return layer


def test_input_shapes() -> None:
    one = source("Input", "input_param { shape { dim: 2 dim: 3 } }", 3)
    assert one.infer([], 3).tops == ((2, 3),) * 3
    each = source("Input", "input_param { shape { dim: 2 } shape { dim: 3 } }", 2)
    assert each.infer([], 2).tops == ((2,), (3,))
    scalar = source("Input", "input_param { shape { } }")
    assert scalar.infer([], 1).tops == ((),)
    assert one.is_input


def test_input_shapes_from_outside_win() -> None:
    layer = source("Input", "input_param { shape { dim: 2 } }", 2)
    assert layer.infer_given([None, (5, 6)], 2).tops == ((2,), (5, 6))
    assert source("Input").infer_given([(4,)], 1).tops == ((4,),)


def test_refused_inputs() -> None:
    with pytest.raises(LayerError) as caught:
        source("Input", "input_param { shape { dim: 1 } shape { dim: 2 } }", 3).infer([], 3)
    assert caught.value.message == "2 shapes for 3 tops: give one for all, or one for each"
    assert caught.value.field == ("input_param", "shape")
    with pytest.raises(ShapeError) as caught:
        source("Input").infer([], 1)
    assert str(caught.value) == (
        "error: an Input layer without input_param { shape { ... } } has no shape of its own\n"
        "  give `--input t0=64,3,227,227` (with your sizes)"
    )
    with pytest.raises(LayerError) as caught:
        source("Input", "input_param { shape { dim: -1 } }")
    assert caught.value.message == "every axis needs a size of at least 1"


def dummy(fields: str, tops: int = 1) -> SourceLayer:
    return source("DummyData", f"dummy_data_param {{ {fields} }}", tops)


def test_dummy_constants_are_filled_once() -> None:
    layer = dummy('shape { dim: 2 } data_filler { type: "constant" value: 2.5 }', 2)
    result = run_layer(layer, tops=2)
    for top in result.tops:
        np.testing.assert_array_equal(top, [2.5, 2.5])
    result.tops[0][0] = 7
    layer.forward(result.operands)
    np.testing.assert_array_equal(result.tops[0], [7, 2.5])


def test_dummy_random_numbers_are_drawn_anew() -> None:
    layer = dummy('shape { dim: 50 } shape { dim: 3 } data_filler { type: "gaussian" } data_filler { }', 2)
    result = run_layer(layer, tops=2)
    first = result.tops[0].copy()
    assert first.std() > 0.5
    layer.forward(result.operands)
    assert (result.tops[0] != first).all()
    np.testing.assert_array_equal(result.tops[1], [0, 0, 0])


def test_dummy_without_filler_is_zero() -> None:
    np.testing.assert_array_equal(run_layer(dummy("shape { dim: 2 dim: 3 }")).tops[0], np.zeros((2, 3)))


def test_dummy_old_sizes() -> None:
    assert dummy("num: 2 channels: 3 height: 1 width: 4", 2).infer([], 2).tops == ((2, 3, 1, 4),) * 2
    layer = dummy("num: 2 num: 5 channels: 3 height: 1 width: 4 width: 6", 2)
    assert layer.infer([], 2).tops == ((2, 3, 1, 4), (5, 3, 1, 6))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("shape { dim: 1 } data_filler { } data_filler { }", "2 fillers for 3 tops: give one for all, or one for each"),
        ("shape { dim: 1 } shape { dim: 1 }", "2 shapes for 3 tops: give one for all, or one for each"),
        ("", "0 shapes for 3 tops: give one for all, or one for each"),
        ("num: 1", "0 values of channels for 3 tops: give one for all, or one for each"),
        (
            "shape { dim: 1 } num: 1 channels: 1 height: 1 width: 1",
            "shape and the old num, channels, height, width exclude each other",
        ),
        ('shape { dim: 1 } data_filler { type: "gausian" }', "unknown filler type 'gausian'"),
    ],
)
def test_refused_dummies(fields: str, message: str) -> None:
    with pytest.raises(LayerError) as caught:
        dummy(fields, 3)
    assert caught.value.message == message


class Counter:
    """A reader that gives batches of 0, 1, 2..."""

    def __init__(self) -> None:
        self.batches = 0

    def shapes(self, tops: int) -> tuple[Shape, ...]:
        return ((2, 3), (2,))[:tops]

    def read(self, tops: Sequence[Array]) -> None:
        for top in tops:
            top.fill(self.batches)
        self.batches += 1


@pytest.mark.parametrize(
    ("kind", "fields", "given"),
    [
        ("Data", "data_param { batch_size: 2 }", (2, 3, 4, 5)),
        ("MemoryData", "memory_data_param { batch_size: 2 channels: 3 height: 4 width: 5 }", None),
    ],
)
def test_layers_with_readers_pass_their_batches_on(kind: str, fields: str, given: Shape | None) -> None:
    layer = source(kind, fields, 2)
    assert layer.has_reader
    assert layer.infer_given([given, None], 2).tops == ((2, 3, 4, 5), (2,))
    with pytest.raises(LayerError) as caught:
        run_layer(layer, tops=2, given=[given, None])
    assert caught.value.message == f"a forward pass through {kind} layers needs its data source"


def test_reader_fills_the_tops() -> None:
    layer = source("Data", "data_param { batch_size: 2 }", 2)
    reader = Counter()
    result = run_layer(layer, tops=2, given=[(2, 3), None], reader=reader)
    np.testing.assert_array_equal(result.tops[0], np.zeros((2, 3)))
    layer.forward(result.operands)
    np.testing.assert_array_equal(result.tops[1], [1, 1])


def test_data_shapes() -> None:
    layer = source("Data", "data_param { batch_size: 2 }", 2)
    assert source("Data", "data_param { batch_size: 2 }").infer_given([(2, 9)], 1).tops == ((2, 9),)
    assert layer.infer_given([(4, 1, 2, 2), (4, 1)], 2).tops == ((4, 1, 2, 2), (4, 1))
    with pytest.raises(ShapeError) as caught:
        layer.infer([], 2)
    assert str(caught.value) == (
        "error: the shape of the batches is not known: no data source is at hand\n"
        "  give `--input t0=64,3,227,227` (with your sizes)"
    )


def test_refused_data() -> None:
    with pytest.raises(LayerError) as caught:
        source("Data")
    assert caught.value.message == "Data needs a positive batch_size"
    with pytest.raises(LayerError) as caught:
        source("MemoryData", "memory_data_param { batch_size: 2 channels: 3 height: 4 }", 2)
    assert caught.value.message == "MemoryData needs a positive width"
    assert caught.value.field == ("memory_data_param", "width")
