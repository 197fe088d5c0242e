"""What a picture of a net shows: boxes of layers, arrows of blobs between them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from netcc.errors import NetccError
from netcc.ir.table import LayerRow, ShapeTable
from netcc.layers.base import Layer, SourceLayer
from netcc.layers.registry import layer_class
from netcc.layers.window import PoolingFields, WindowFields
from netcc.schema import caffe_pb2
from netcc.types import Phase, Shape

KINDS = ("data", "window", "pool", "product", "learning", "simple", "loss", "metric", "other")
"""What a layer is, as far as its colour goes."""
_PHASE = caffe_pb2.NetStateRule.DESCRIPTOR.fields_by_name["phase"]
LONG = 24
"""Characters of a value that is shown."""


@dataclass(frozen=True)
class Part:
    """A layer in a box: the box's own, or one that works in place on what it makes."""

    name: str
    type: str
    kind: str
    settings: tuple[str, ...] = ()
    parameters: tuple[Shape, ...] = ()


@dataclass
class Box:
    """A layer and those that work in place behind it."""

    parts: list[Part]


@dataclass(frozen=True)
class Arrow:
    """A blob on its way; `shape` is None where it is not known, `end` where nobody reads it."""

    start: int
    end: int | None
    blob: str
    shape: Shape | None


@dataclass
class Picture:
    """Boxes by number, and arrows between them."""

    name: str
    boxes: list[Box] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)


def picture(
    name: str,
    layers: Iterable[caffe_pb2.LayerParameter],
    tables: Mapping[Phase, ShapeTable],
    *,
    rates: bool = False,
) -> Picture:
    """The picture of a net of these `layers`, with the shapes that `tables` know.

    With `rates` the multipliers of learning rates are shown where they are not 1.
    """
    painter = _Painter(name, tables, rates)
    for layer in layers:
        painter.add(layer)
    return painter.finished()


class _Painter:
    """Knows, for each blob, the boxes that make it: one, or in a picture of both phases one in each."""

    def __init__(self, name: str, tables: Mapping[Phase, ShapeTable], rates: bool) -> None:
        self.drawn = Picture(name)
        self.rates = rates
        self.rows = {(phase, row.name): row for phase, table in tables.items() for row in table.layers}
        self.phases: list[set[Phase]] = []
        self.makers: dict[str, list[int]] = {}
        self.shapes: dict[tuple[int, str], Shape | None] = {}
        self.read: set[tuple[int, str]] = set()

    def add(self, layer: caffe_pb2.LayerParameter) -> None:
        phases = _phases(layer)
        row = next((self.rows[phase, layer.name] for phase in sorted(phases) if (phase, layer.name) in self.rows), None)
        part = _part(layer, row, self.rates)
        above = self._makers(layer.bottom[0], phases) if layer.bottom else []
        if _works_in_place(layer) and len(above) == 1:
            (number,) = above
            self.drawn.boxes[number].parts.append(part)
        else:
            number = self._box(part, layer, phases)
        for index, blob in enumerate(layer.top):
            self.shapes[number, blob] = row.tops[index][1] if row and index < len(row.tops) else None
            beside = [other for other in self.makers.get(blob, []) if not self.phases[other] & phases]
            self.makers[blob] = [*beside, number]

    def _box(self, part: Part, layer: caffe_pb2.LayerParameter, phases: set[Phase]) -> int:
        """A box of its own, and the arrows that lead there."""
        number = len(self.drawn.boxes)
        self.drawn.boxes.append(Box([part]))
        self.phases.append(phases)
        for blob in layer.bottom:
            for maker in self._makers(blob, phases):
                self.drawn.arrows.append(Arrow(maker, number, blob, self.shapes.get((maker, blob))))
                self.read.add((maker, blob))
        return number

    def _makers(self, blob: str, phases: set[Phase]) -> list[int]:
        return [maker for maker in self.makers.get(blob, []) if self.phases[maker] & phases]

    def finished(self) -> Picture:
        """With arrows to nowhere for the blobs that nobody reads."""
        made = [(number, blob) for number, blob in self.shapes if number in self.makers[blob]]
        ends = [key for key in made if key not in self.read]
        self.drawn.arrows += [Arrow(number, None, blob, self.shapes[number, blob]) for number, blob in ends]
        return self.drawn


def _works_in_place(layer: caffe_pb2.LayerParameter) -> bool:
    return len(layer.bottom) == 1 and list(layer.bottom) == list(layer.top)


def _part(layer: caffe_pb2.LayerParameter, row: LayerRow | None, rates: bool) -> Part:
    shapes = tuple(parameter.shape for parameter in row.parameters) if row else ()
    phases = _phases(layer)
    settings = [*(f"{phase.name} only" for phase in phases if len(phases) == 1), *_settings(layer)]
    if rates and any(param.lr_mult != 1 for param in layer.param):
        settings.append(f"lr_mult {', '.join(f'{param.lr_mult:g}' for param in layer.param)}")
    return Part(layer.name, layer.type, _kind(layer), tuple(settings), shapes)


def _phases(layer: caffe_pb2.LayerParameter) -> set[Phase]:
    """The phases that a layer is in."""
    if layer.include:
        return {phase for phase in Phase for rule in layer.include if not rule.HasField("phase") or rule.phase == phase}
    excluded = {rule.phase for rule in layer.exclude if rule.ListFields() == [(_PHASE, rule.phase)]}
    return {phase for phase in Phase if phase not in excluded}


def _kind(layer: caffe_pb2.LayerParameter) -> str:
    """The kind of a layer by its traits. One that cannot be made is like any other."""
    try:
        found: type[Layer] = layer_class(layer.type)
    except NetccError:
        return "other"
    if issubclass(found, SourceLayer) or found.is_input or not layer.bottom:
        return "data"
    if found.is_loss or any(layer.loss_weight):
        return "loss"
    if found.is_metric:
        return "metric"
    attributes = {str(item.type) for item in fields(found)}  # type: ignore[arg-type]  # a dataclass, as all layers are
    if WindowFields.__name__ in attributes:
        return "window"
    if PoolingFields.__name__ in attributes:
        return "pool"
    if found.in_place:
        return "simple"
    return "product" if any("FillerParameter" in kind for kind in attributes) else "other"


def _settings(layer: caffe_pb2.LayerParameter) -> Collection[str]:
    """The settings that the text gives, but for first values and where data lie."""
    said = []
    for message, value in layer.ListFields():
        if message.message_type is not None and message.name.endswith("_param") and not _is_list(value):
            said += [f"{item.name} {_shown(item, content)}" for item, content in value.ListFields() if _is_plain(item)]
    return said


def _is_plain(item: Any) -> bool:
    return item.message_type is None and item.name not in ("source", "mean_file", "param_str")


def _is_list(value: Any) -> bool:
    return not isinstance(value, str | bytes) and hasattr(value, "__len__") and not hasattr(value, "ListFields")


def _shown(item: Any, value: Any) -> str:
    values = [_one(item, each) for each in (value if _is_list(value) else [value])]
    text = " ".join(values)
    return text if len(text) <= LONG else f"{text[: LONG - 1]}…"


def _one(item: Any, value: Any) -> str:
    if item.enum_type is not None:
        return str(item.enum_type.values_by_number[value].name)
    return f"{value:g}" if isinstance(value, float) else str(value).lower() if isinstance(value, bool) else str(value)
