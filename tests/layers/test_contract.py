"""Every layer keeps the contract of `Layer`: one row each, checked by `netcc.testing.check_layer`."""

from __future__ import annotations

import pytest
from helpers.rows import Row, all_rows

from netcc.layers.base import SourceLayer
from netcc.layers.python_objects import allow_python
from netcc.layers.registry import layer_class, layer_types
from netcc.testing import check_layer, make_layer

ROWS = all_rows()
WITHOUT_FORWARD = {"EvalDetection", "HDF5Output"}
"""Layers whose forward pass is refused."""


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.type}-{row.fields}-{row.shapes[:1]}")
def test_contract(row: Row) -> None:
    with allow_python():
        layer = make_layer(row.type, row.fields, phase=row.phase, bottoms=len(row.shapes), tops=row.tops)
    check_layer(
        layer,
        row.shapes,
        tops=row.tops,
        integers=row.integers,
        gradient_tops=row.gradient_tops,
        gradient=row.gradient,
        batched=row.batched,
    )


@pytest.mark.parametrize("name", layer_types())
def test_every_layer_has_a_row(name: str) -> None:
    assert issubclass(layer_class(name), SourceLayer) or name in {row.type for row in ROWS} | WITHOUT_FORWARD


@pytest.mark.parametrize("name", [name for name in layer_types() if layer_class(name).any_layout])
def test_every_layer_that_takes_any_layout_is_tried_on_images(name: str) -> None:
    shapes = [shape for row in ROWS if row.type == name for shape in row.shapes]
    assert any(len(shape) == 4 and min(shape) > 1 for shape in shapes)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.type}-{row.fields}-{row.shapes[:1]}")
def test_declared_numbers_of_bottoms_and_tops_allow_the_row(row: Row) -> None:
    kind = layer_class(row.type)
    assert kind.bottoms.allows(len(row.shapes))
    assert kind.tops.allows(row.tops)
    assert not kind.one_top_per_bottom or row.tops == len(row.shapes)
