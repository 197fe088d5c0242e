"""Data layers of forks: shapes from fields and from outside; no forward pass."""

from __future__ import annotations

import pytest

import netcc
from netcc.errors import LayerError, ShapeError
from netcc.layers.base import SourceLayer
from netcc.testing import make_layer, run_layer
from netcc.types import Shape

IMAGES = (4, 3, 8, 9)


def source(kind: str, fields: str, tops: int) -> SourceLayer:
    layer = make_layer(kind, fields, bottoms=0, tops=tops)
    assert isinstance(layer, SourceLayer)
    assert layer.has_reader == (kind == "AnnotatedData")
    return layer


@pytest.mark.parametrize(
    ("kind", "fields", "given", "shapes"),
    [
        ("AnnotatedData", "", (IMAGES, None), (IMAGES, (1, 1, 1, 8))),
        ("AnnotatedData", "", (IMAGES, (1, 1, 7, 8)), (IMAGES, (1, 1, 7, 8))),
        ("AnnotatedData", "", (IMAGES, None, (4, 1, 8, 9)), (IMAGES, (1, 1, 1, 8), (4, 1, 8, 9))),
        ("ImageLabelmapData", "", (IMAGES, (4, 1, 8, 9)), (IMAGES, (4, 1, 8, 9))),
        ("VideoData", "", (IMAGES, None), (IMAGES, (4,))),
        ("DenseImageData", "", (IMAGES, None), (IMAGES, (4, 1, 8, 9))),
        (
            "DenseImageData",
            "dense_image_data_param { batch_size: 2 new_height: 5 new_width: 6 is_color: false }",
            (None, None),
            ((2, 1, 5, 6), (2, 1, 5, 6)),
        ),
        (
            "DenseImageData",
            "dense_image_data_param { batch_size: 2 new_height: 5 new_width: 6 crop_height: 3 crop_width: 4 }",
            (None, None),
            ((2, 3, 3, 4), (2, 1, 3, 4)),
        ),
        (
            "ImageSegData",
            "image_data_param { batch_size: 2 label_type: PIXEL } transform_param { crop_size: 7 }",
            (None, None, None),
            ((2, 3, 7, 7), (2, 1, 7, 7), (2, 1, 1, 2)),
        ),
        ("ImageSegData", "", (IMAGES, None), (IMAGES, (4, 1, 8, 9))),
        ("CustomData", "", (IMAGES, (4, 2)), (IMAGES, (4, 2))),
    ],
)
def test_shapes(kind: str, fields: str, given: tuple[Shape | None, ...], shapes: tuple[Shape, ...]) -> None:
    assert source(kind, fields, len(given)).infer_given(given, len(given)).tops == shapes


@pytest.mark.parametrize(
    "kind",
    [
        "AnnotatedData",
        "VideoData",
        "DenseImageData",
        "ImageSegData",
        "SegData",
        "CustomData",
        "ImgReader",
        "FloatReader",
        "MultiLabelImageData",
        "BoxData",
        "LaneData",
        "MILData",
        "ImageLabelmapData",
    ],
)
def test_without_shapes_the_flag_is_named_and_nothing_is_read(kind: str) -> None:
    layer = source(kind, "", 2)
    with pytest.raises(ShapeError) as caught:
        layer.infer([], 2)
    assert caught.value.diagnostics[0].notes == ("give `--input t0=64,3,227,227` (with your sizes)",)
    with pytest.raises(LayerError) as fault:
        run_layer(layer, given=[(1, 1, 2, 2), (1, 1, 2, 2)], tops=2)
    unread = f"netcc does not read the data of {kind} layers"
    read = f"a forward pass through {kind} layers needs its data source"
    assert fault.value.message == (read if kind == "AnnotatedData" else unread)


def test_shapes_of_a_detector() -> None:
    text = """layer { name: "data" type: "AnnotatedData" top: "data" top: "label"
        data_param { source: "nowhere" batch_size: 32 backend: LMDB } annotated_data_param { } }
    layer { name: "c" type: "Convolution" bottom: "data" top: "c"
        convolution_param { num_output: 2 kernel_size: 3 } }"""
    table = netcc.shapes(text, inputs={"data": (32, 3, 300, 300)})
    assert [layer.tops for layer in table.layers] == [
        (("data", (32, 3, 300, 300)), ("label", (1, 1, 1, 8))),
        (("c", (32, 2, 298, 298)),),
    ]
