"""HDF5Data, ImageData, WindowData: what their fields say of their shapes, without any file; HDF5Output likewise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from netcc.errors import LayerError, ShapeError
from netcc.layers.base import SourceLayer
from netcc.testing import make_layer, run_layer
from netcc.types import Array, Shape


def source(kind: str, fields: str, tops: int = 2) -> SourceLayer:
    layer = make_layer(kind, fields, bottoms=0, tops=tops)
    assert isinstance(layer, SourceLayer)
    assert layer.has_reader
    return layer


class Counter:
    """Fills tops with their index."""

    def shapes(self, tops: int) -> tuple[Shape, ...]:
        return ((2, 1), (2,))[:tops]

    def read(self, tops: Sequence[Array]) -> None:
        for index, top in enumerate(tops):
            top.fill(index)


@pytest.mark.parametrize(
    ("fields", "shapes"),
    [
        ("image_data_param { batch_size: 5 new_height: 8 new_width: 9 }", ((5, 3, 8, 9), (5,))),
        ("image_data_param { new_height: 8 new_width: 9 is_color: false }", ((1, 1, 8, 9), (1,))),
        (
            "image_data_param { batch_size: 2 new_height: 8 new_width: 9 } transform_param { crop_size: 6 }",
            ((2, 3, 6, 6), (2,)),
        ),
    ],
)
def test_image_data_knows_its_size_from_fields(fields: str, shapes: tuple[Shape, ...]) -> None:
    assert source("ImageData", fields).infer([], 2).tops == shapes


def test_shapes_from_outside_win() -> None:
    layer = source("ImageData", "image_data_param { batch_size: 5 new_height: 8 new_width: 9 }")
    assert layer.infer_given([(7, 1, 2, 2), None], 2).tops == ((7, 1, 2, 2), (7,))
    window = source("WindowData", "window_data_param { batch_size: 4 } transform_param { crop_size: 6 }")
    assert window.infer_given([(7, 1, 2, 2), None], 2).tops == ((7, 1, 2, 2), (7,))


def test_window_data_is_a_square_in_colour() -> None:
    layer = source("WindowData", "window_data_param { batch_size: 4 } transform_param { crop_size: 6 }")
    assert layer.infer([], 2).tops == ((4, 3, 6, 6), (4,))


def test_hdf5_data_takes_its_shapes_from_outside() -> None:
    layer = source("HDF5Data", "hdf5_data_param { batch_size: 4 }", 3)
    given = ((4, 2), (4,), (4, 3, 3))
    assert layer.infer_given(given, 3).tops == given
    with pytest.raises(ShapeError) as caught:
        layer.infer_given([(4, 2), None, None], 3)
    assert str(caught.value) == (
        "error: the shape of top 't1' is not known: no data source is at hand\n"
        "  give `--input t1=64,3,227,227` (with your sizes)"
    )


def test_batches_come_from_the_reader() -> None:
    layer = source("HDF5Data", "hdf5_data_param { batch_size: 2 }")
    result = run_layer(layer, given=[(2, 1), (2,)], tops=2, reader=Counter())
    np.testing.assert_array_equal(result.tops[1], [1, 1])
    with pytest.raises(LayerError) as caught:
        run_layer(layer, given=[(2, 1), (2,)], tops=2)
    assert caught.value.message == "a forward pass through HDF5Data layers needs its data source"


@pytest.mark.parametrize(
    ("kind", "fields", "message"),
    [
        ("HDF5Data", "", "HDF5Data needs a positive batch_size"),
        ("HDF5Data", "hdf5_data_param { batch_size: 1 } transform_param { }", "HDF5Data does not transform its data"),
        ("ImageData", "image_data_param { batch_size: 0 }", "ImageData needs a positive batch_size"),
        ("ImageData", "image_data_param { new_height: 3 }", "new_height and new_width go together"),
        ("ImageData", "image_data_param { new_width: 3 }", "new_height and new_width go together"),
        ("WindowData", "window_data_param { batch_size: 2 }", "WindowData needs a positive crop_size"),
        ("WindowData", "transform_param { crop_size: 2 }", "WindowData needs a positive batch_size"),
    ],
)
def test_refused_fields(kind: str, fields: str, message: str) -> None:
    with pytest.raises(LayerError) as caught:
        make_layer(kind, fields, bottoms=0, tops=2)
    assert caught.value.message == message


def test_hdf5_output_without_a_net() -> None:
    layer = make_layer("HDF5Output", 'hdf5_output_param { file_name: "out.h5" }', bottoms=2, tops=0)
    assert layer.infer([(4, 2, 3), (4,)], 0).tops == ()
    with pytest.raises(ShapeError) as caught:
        layer.infer([(4, 2), (3,)], 0)
    assert caught.value.message == "data and labels must have one item each for the other, not 4 x 2 and 3"
    with pytest.raises(LayerError) as fault:
        run_layer(layer, [np.zeros((4, 2)), np.zeros(4)], tops=0)
    assert fault.value.message == "a forward pass through HDF5Output layers needs a net that writes files"
    with pytest.raises(ShapeError) as caught:
        layer.infer([(4, 1, 1, 1, 1), (4,)], 0)
    assert caught.value.message == "HDF5Output takes at most 4 axes, not 5"
    with pytest.raises(LayerError) as fault:
        make_layer("HDF5Output", "", bottoms=2, tops=0)
    assert fault.value.message == "HDF5Output needs a file_name"
