"""The facts of a net as the JSON of its file and back."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from google.protobuf.message import DecodeError

from netcc.compiled.attributes import AttributeFault, from_json, to_json
from netcc.compiled.description import LayerFacts, NetFacts, ParameterFacts
from netcc.errors import CompiledNetError, NetccError
from netcc.layers.registry import layer_class
from netcc.schema import caffe_pb2
from netcc.types import Phase, Shape

T = TypeVar("T")

BITS_OF_AN_AXIS = 48
"""Larger sizes are taken for damage."""


def facts_to_json(facts: NetFacts) -> dict[str, Any]:
    """What `facts_from_json` reads."""
    return {
        "name": facts.name,
        "phase": facts.phase.name,
        "inputs": [{"name": name, "shape": list(shape)} for name, shape in facts.inputs.items()],
        "outputs": [{"name": name, "value": place} for name, place in facts.outputs.items()],
        "parameters": [
            {"layer": item.layer, "name": item.name, "shape": list(item.shape)} for item in facts.parameters
        ],
        "layers": [_layer_to_json(layer) for layer in facts.layers],
    }


def _layer_to_json(layer: LayerFacts) -> dict[str, Any]:
    data: dict[str, Any] = {"name": layer.name, "type": layer.layer.type}
    try:
        data["attributes"] = to_json(layer.layer)
    except AttributeFault:
        # A layer that holds more than attributes is made from its message again: one of the user's own in Python.
        data["message"] = base64.b64encode(layer.message.SerializeToString(deterministic=True)).decode("ascii")
    return {
        **data,
        "bottoms": list(layer.bottoms),
        "tops": list(layer.tops),
        "parameters": list(layer.parameters),
    }


class FactsFault(NetccError):  # noqa: N818  # named after what it is about
    """The JSON describes no net."""


def facts_from_json(data: Any) -> NetFacts:
    """The net that `data` describes. Raises FactsFault where it describes none, LayerError where a layer is refused."""
    with _expecting("a net"):
        phase = Phase[data["phase"]]
        parameters = [
            ParameterFacts(_text(item["layer"]), _text(item["name"]), _shape(item["shape"]))
            for item in data["parameters"]
        ]
        layers: list[LayerFacts] = []
        count = 0
        for item in data["layers"]:
            layers.append(_layer_from_json(item, phase, count, len(parameters)))
            count += len(layers[-1].tops)
        used = {place for layer in layers for place in layer.parameters}
        if len(used) != len(parameters):
            raise FactsFault("a parameter is used by no layer")
        inputs = {_text(item["name"]): _shape(item["shape"]) for item in data["inputs"]}
        fed = {name for layer in layers if layer.layer.is_input for name in layer.tops}
        if fed != inputs.keys():
            raise FactsFault("the inputs are not those of the layers")
        outputs = {_text(item["name"]): _place(item["value"], count) for item in data["outputs"]}
        return NetFacts(_text(data["name"]), phase, tuple(layers), tuple(parameters), inputs, outputs)


def _layer_from_json(data: Any, phase: Phase, values: int, parameters: int) -> LayerFacts:
    name = _text(data["name"])
    cls = layer_class(_text(data["type"]))
    tops = _several(_text, data["tops"])
    message = caffe_pb2.LayerParameter(name=name, type=cls.type, top=tops)
    if "message" in data:
        message.ParseFromString(base64.b64decode(_text(data["message"])))
        layer = cls.from_message(message, phase)
    else:
        try:
            layer = from_json(cls, data["attributes"])
        except AttributeFault as fault:
            raise FactsFault(f"layer {name!r}: {fault.message}") from None
    bottoms = _several(lambda place: _place(place, values), data["bottoms"])
    if not (layer.bottoms.allows(len(bottoms)) and layer.tops.allows(len(tops))):
        raise FactsFault(f"layer {name!r}: {cls.type} does not take {len(bottoms)} bottoms and {len(tops)} tops")
    return LayerFacts(
        name, layer, bottoms, tops, _several(lambda place: _place(place, parameters), data["parameters"]), message
    )


@contextmanager
def _expecting(what: str) -> Iterator[None]:
    """Within the block what is missing, or of another kind, is a FactsFault."""
    try:
        yield
    except (KeyError, TypeError, AttributeError, ValueError, DecodeError) as error:
        raise FactsFault(f"it does not describe {what}: {type(error).__name__} {error}") from None


def _several(read: Callable[[Any], T], data: Any) -> tuple[T, ...]:
    if not isinstance(data, list):
        raise TypeError(f"{data!r} is no list")
    return tuple(map(read, data))


def _text(data: Any) -> str:
    if not isinstance(data, str):
        raise TypeError(f"{data!r} is no text")
    return data


def _number(data: Any, least: int, end: int) -> int:
    if type(data) is not int or not least <= data < end:
        raise ValueError(f"{data!r} is no whole number from {least} to {end - 1}")
    return data


def _place(data: Any, end: int) -> int:
    return _number(data, 0, end)


def _shape(data: Any) -> Shape:
    return _several(lambda size: _number(size, 1, 1 << BITS_OF_AN_AXIS), data)


def as_damage(fault: NetccError, path: object) -> CompiledNetError:
    """What a user is told whose file has a description that describes no net."""
    return CompiledNetError(
        f"{path} does not describe a net that this netcc knows: {fault.message}",
        notes=[*fault.diagnostics[0].notes, "compile the net again"],
        suggestion=fault.diagnostics[0].suggestion,
    )
