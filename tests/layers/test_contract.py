"""Every layer keeps the contract of `Layer`: one row each, checked by `netcc.testing.check_layer`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from netcc.layers.base import SourceLayer
from netcc.layers.registry import layer_class, layer_types
from netcc.testing import check_layer, make_layer
from netcc.types import TEST, TRAIN, Phase, Shape


@dataclass(frozen=True)
class Row:
    """A layer and the bottoms it is tried on. `gradient_tops`: how many tops pass a gradient back (None: all)."""

    type: str
    fields: str
    shapes: tuple[Shape, ...]
    tops: int = 1
    phase: Phase = TRAIN
    integers: Mapping[int, int] = field(default_factory=dict)
    gradient_tops: int | None = None
    batched: bool = True


def convolutions(type_name: str) -> list[Row]:
    image, odd = (3, 4, 7, 6), (2, 2, 9, 5)
    windows = [
        ("kernel_size: 3", image),
        ("kernel_size: 3 stride: 2 pad: 1", image),
        ("kernel_size: 3 stride: 2 pad: 1", odd),
        ("kernel_size: 3 dilation: 2 pad: 2", odd),
        ("kernel_h: 3 kernel_w: 1 pad_w: 2 stride_h: 2 stride_w: 3", image),
        ("kernel_size: 1", image),
        ("kernel_size: 1 stride: 2", image),
        ("kernel_size: 3 pad: 1 bias_term: false", image),
        ("kernel_size: 3 pad: 1 group: 2", image),
        ("kernel_size: 3 pad: 1 group: 4", image),
        ("kernel_size: 1 group: 2", image),
        ("kernel_size: 2 pad: 1", (2, 3, 5)),
        ("kernel_size: 2 stride: 2 pad: 1", (2, 2, 5, 4, 6)),
        ("kernel_size: 2", (3, 5)),
        ("kernel_size: 3 axis: 2", (2, 2, 4, 6, 5)),
        ("kernel_size: 3 axis: -3", (2, 2, 4, 6, 5)),
    ]
    rows = [Row(type_name, f"convolution_param {{ num_output: 4 {window} }}", (shape,)) for window, shape in windows]
    return [*rows, Row(type_name, "convolution_param { num_output: 2 kernel_size: 3 }", (image,) * 2, tops=2)]


def poolings() -> list[Row]:
    windows = [
        "kernel_size: 2 stride: 2",
        "kernel_size: 3 stride: 2",
        "kernel_size: 3 stride: 2 pad: 1",
        "kernel_size: 3 pad: 1",
        "kernel_size: 3 stride: 2 round_mode: FLOOR",
        "kernel_h: 2 kernel_w: 3 stride_h: 1 stride_w: 4",
        "kernel_size: 7 stride: 2",
        "global_pooling: true",
    ]
    return [
        Row("Pooling", f"pooling_param {{ pool: {method} {window} }}", ((2, 3, 7, 6),))
        for method in ("MAX", "AVE")
        for window in windows
    ]


ROWS = [
    Row("ReLU", "", ((3, 4),)),
    Row("ReLU", "relu_param { negative_slope: 0.1 }", ((3, 4),)),
    Row("ReLU", "relu_param { negative_slope: -0.1 }", ((3, 4),)),
    Row("Sigmoid", "", ((3, 4, 2),)),
    Row("TanH", "", ((3, 4, 2),)),
    Row("Dropout", "", ((5, 4),)),
    Row("Dropout", "dropout_param { dropout_ratio: 0 }", ((5, 4),)),
    Row("Dropout", "dropout_param { dropout_ratio: 0.7 }", ((5, 4),), phase=TEST),
    Row("InnerProduct", "inner_product_param { num_output: 3 }", ((3, 4, 2),)),
    Row("InnerProduct", "inner_product_param { num_output: 3 bias_term: false }", ((3, 4),)),
    Row("InnerProduct", "inner_product_param { num_output: 3 transpose: true axis: -1 }", ((3, 4, 2),)),
    *convolutions("Convolution"),
    *convolutions("Deconvolution"),
    *poolings(),
    Row("Pooling", "pooling_param { kernel_size: 3 stride: 2 pad: 1 }", ((2, 3, 7, 6),), tops=2, gradient_tops=1),
    Row("Pooling", "pooling_param { kernel_size: 2 stride: 3 }", ((2, 3, 7, 6),), tops=2, gradient_tops=1),
    Row("Pooling", "pooling_param { global_pooling: true }", ((2, 2, 16, 17),), tops=2, gradient_tops=1),
    Row("Softmax", "", ((3, 4),)),
    Row("Softmax", "softmax_param { axis: 2 }", ((3, 4, 5, 2),)),
    Row("Softmax", "softmax_param { axis: 0 }", ((3, 4),)),
    Row("SoftmaxWithLoss", "", ((3, 4), (3,)), integers={1: 4}),
    Row("SoftmaxWithLoss", "softmax_param { axis: -1 }", ((3, 5, 4), (3, 5)), integers={1: 4}),
    Row("SoftmaxWithLoss", "loss_param { ignore_label: 1 }", ((3, 4, 5), (3, 5)), 2, integers={1: 4}, gradient_tops=1),
    Row("SoftmaxWithLoss", "loss_param { normalization: NONE }", ((3, 4, 5, 2), (3, 1, 5, 2)), integers={1: 4}),
    Row("Accuracy", "", ((3, 4), (3,)), integers={1: 4}),
    Row("Accuracy", "accuracy_param { top_k: 2 ignore_label: 1 }", ((3, 4, 5), (3, 5)), tops=2, integers={1: 4}),
    Row("Flatten", "", ((3, 4, 2),)),
    Row("Flatten", "flatten_param { axis: 0 end_axis: -2 }", ((3, 4, 2),)),
    Row("Reshape", "reshape_param { shape { dim: 0 dim: -1 } }", ((3, 4, 2),)),
    Row("Split", "", ((3, 4),), tops=3),
    Row("Silence", "", ((3, 4), (2, 2)), tops=0),
    Row("Concat", "", ((3, 4, 2), (3, 1, 2), (3, 2, 2))),
    Row("Concat", "concat_param { axis: 0 }", ((3, 4), (2, 4)), batched=False),
    Row("Slice", "", ((3, 4, 2),), tops=2),
    Row("Slice", "slice_param { axis: -1 slice_point: 1 slice_point: 4 }", ((3, 6),), tops=3),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.type}-{row.fields}-{row.shapes[0]}")
def test_contract(row: Row) -> None:
    layer = make_layer(row.type, row.fields, phase=row.phase, bottoms=len(row.shapes), tops=row.tops)
    check_layer(
        layer,
        row.shapes,
        tops=row.tops,
        integers=row.integers,
        gradient_tops=row.gradient_tops,
        batched=row.batched,
    )


@pytest.mark.parametrize("name", layer_types())
def test_every_layer_has_a_row(name: str) -> None:
    assert issubclass(layer_class(name), SourceLayer) or name in {row.type for row in ROWS}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.type}-{row.fields}-{row.shapes[0]}")
def test_declared_numbers_of_bottoms_and_tops_allow_the_row(row: Row) -> None:
    kind = layer_class(row.type)
    assert kind.bottoms.allows(len(row.shapes))
    assert kind.tops.allows(row.tops)
    assert not kind.one_top_per_bottom or row.tops == len(row.shapes)
