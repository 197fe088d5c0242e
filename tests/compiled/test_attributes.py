"""Attributes of layers as JSON: every layer type there is, and what is no attribute."""

from __future__ import annotations

import enum
import json
import math
from dataclasses import dataclass, replace
from typing import Any

import pytest
from helpers.rows import Row, all_rows

from netcc.compiled.attributes import AttributeFault, from_json, to_json
from netcc.layers.python_objects import allow_python
from netcc.schema import caffe_pb2
from netcc.testing import make_layer
from netcc.types import Shape


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


@dataclass(frozen=True)
class Inner:
    sizes: Shape
    ratio: float | None


@dataclass(frozen=True)
class Everything:
    number: int
    share: float
    flag: bool
    text: str
    colour: Colour
    pair: tuple[int, float]
    inner: Inner | None
    several: tuple[Inner, ...]
    filler: caffe_pb2.FillerParameter


EXAMPLE = Everything(
    3,
    math.inf,
    True,
    "naïve",
    Colour.BLUE,
    (1, 2.5),
    Inner((1, 2), None),
    (Inner((), 0.1),),
    caffe_pb2.FillerParameter(type="gaussian", std=0.25),
)


def there_and_back(instance: Any) -> Any:
    return from_json(type(instance), json.loads(json.dumps(to_json(instance), allow_nan=False)))


def test_all_kinds_of_fields_come_back() -> None:
    assert there_and_back(EXAMPLE) == EXAMPLE
    assert there_and_back(replace(EXAMPLE, inner=None, several=(), share=-math.inf)).share == -math.inf


def test_a_whole_number_in_a_float_field_comes_back_as_a_float() -> None:
    assert type(there_and_back(replace(EXAMPLE, share=2)).share) is float


@pytest.mark.parametrize("row", all_rows(), ids=lambda row: f"{row.type}-{row.fields}-{row.shapes[:1]}")
def test_every_layer_comes_back(row: Row) -> None:
    with allow_python():
        layer = make_layer(row.type, row.fields, phase=row.phase, bottoms=len(row.shapes), tops=row.tops)
    if row.type == "Python":
        with pytest.raises(AttributeFault, match="attribute 'object' is of a type that JSON cannot hold"):
            to_json(layer)
    else:
        assert there_and_back(layer) == layer


WRONG: list[tuple[str, Any, str]] = [
    ("number", "3", "attribute 'number' is '3', expected a whole number"),
    ("number", True, "attribute 'number' is True, expected a whole number"),
    ("share", None, "attribute 'share' is None, expected a number"),
    ("share", "1.5", "attribute 'share' is '1.5', expected a number"),
    ("flag", 1, "attribute 'flag' is 1, expected true or false"),
    ("text", 1, "attribute 'text' is 1, expected a text"),
    ("colour", "GREEN", "attribute 'colour' is 'GREEN', expected one of RED, BLUE"),
    ("colour", [], "attribute 'colour' is [], expected one of RED, BLUE"),
    ("pair", [1], "attribute 'pair' is [1], expected a list of the right length"),
    ("pair", {"0": 1}, "attribute 'pair' is {'0': 1}, expected a list of the right length"),
    ("inner", 5, "Inner has the attributes sizes, ratio, not 5"),
    ("inner", {"sizes": [1]}, "Inner has the attributes sizes, ratio, not sizes"),
    ("filler", {"sort": 1}, "attribute 'filler' is {'sort': 1}, expected the fields of a FillerParameter"),
    ("filler", [1], "attribute 'filler' is [1], expected the fields of a FillerParameter"),
]


@pytest.mark.parametrize(("name", "value", "message"), WRONG, ids=lambda part: str(part)[:30])
def test_what_is_no_attribute(name: str, value: Any, message: str) -> None:
    with pytest.raises(AttributeFault) as caught:
        from_json(Everything, {**to_json(EXAMPLE), name: value})
    assert caught.value.message == message
