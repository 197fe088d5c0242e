"""Nets written in Python: `L.Convolution(bottom, num_output=20, kernel_size=5)` is a layer, its value the layer's top.

>>> from netcc.pycaffe import NetSpec, layers as L, params as P
>>> net = NetSpec()
>>> net.data = L.Input(shape=dict(dim=[1, 1, 28, 28]))
>>> net.pool = L.Pooling(net.data, pool=P.Pooling.MAX, kernel_size=2, stride=2)
>>> [layer.name for layer in net.to_proto().layer]
['data', 'pool']

Behaves as python/caffe/net_spec.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, TypeAlias

from google.protobuf.message import Message

from netcc.errors import UsageError, closest
from netcc.layers.registry import layer_types
from netcc.schema import caffe_pb2


class NotATopError(UsageError, TypeError):
    """A layer was given a bottom that is not a top of another."""

    def __str__(self) -> str:
        return self.message


class FieldError(UsageError, AttributeError):
    """A field that the message lacks, or a value that does not fit it."""


class Top:
    """The blob number `n` that the layer `fn` makes."""

    def __init__(self, fn: Function, n: int) -> None:
        self.fn = fn
        self.n = n

    def to_proto(self) -> caffe_pb2.NetParameter:
        """The net of all layers that this blob needs."""
        return to_proto(self)


class Function:
    """A layer: its type, its bottoms (tops of other layers) and its fields.

    `ntop` is the number of tops (1 if not given); `in_place` gives the tops the names of the bottoms.
    Raises NotATopError for a bottom that is no Top.
    """

    def __init__(self, type_name: str, inputs: Iterable[Any], params: Mapping[str, Any]) -> None:
        self.type_name = type_name
        self.inputs: tuple[Top, ...] = tuple(inputs)
        for index, bottom in enumerate(self.inputs):
            if not isinstance(bottom, Top):
                raise NotATopError(f"{type_name} input {index} is not a Top (type is {type(bottom)})")
        self.params = dict(params)
        self.ntop: int = self.params.pop("ntop", 1)
        self.in_place: bool = self.params.pop("in_place", False)
        self.tops = tuple(Top(self, n) for n in range(self.ntop))

    def to_proto(self) -> caffe_pb2.NetParameter:
        """The net of this layer and all that it needs."""
        return to_proto(self)


Part: TypeAlias = Top | Function
"""What a net is made of: blobs, and layers without blobs."""


class NetSpec:
    """A net whose blobs are named as they are assigned: `net.conv1 = ...` or `net["conv1/relu"] = ...`."""

    tops: dict[str, Part]

    def __init__(self) -> None:
        super().__setattr__("tops", {})

    def __setattr__(self, name: str, value: Any) -> None:
        self.tops[name] = value

    def __getattr__(self, name: str) -> Any:
        if name not in self.tops:
            raise FieldError(f"the net has no blob {name!r} yet", suggestion=closest(name, self.tops))
        return self.tops[name]

    def __setitem__(self, name: str, value: Part) -> None:
        self.tops[name] = value

    def __getitem__(self, name: str) -> Any:
        return self.__getattr__(name)

    def to_proto(self) -> caffe_pb2.NetParameter:
        """The net of all layers that the assigned blobs need, in the order of assignment."""
        return _net(self.tops.values(), {part: name for name, part in self.tops.items()})


class Layers:
    """`layers.Convolution(bottom, ..., kernel_size=3)`: one function for each layer type.

    It gives the layer's only top, a tuple of tops, or the layer itself if it has none (`ntop=0`). Fields are those of
    the type's own message, else of the layer; `convolution_param=dict(...)` names a message, a list fills a repeated
    field.
    """

    def __getattr__(self, name: str) -> Any:
        def layer(*bottoms: Any, **fields: Any) -> Any:
            fn = Function(name, bottoms, fields)
            if fn.ntop == 0:
                return fn
            return fn.tops[0] if fn.ntop == 1 else fn.tops

        return layer


class Parameters:
    """`params.Pooling.MAX`: the constants of each parameter message, by the name of the layer type."""

    def __getattr__(self, name: str) -> Any:
        message = f"{name}Parameter"
        if not hasattr(caffe_pb2, message):
            suggestion = closest(name, param_name_dict())
            raise FieldError(f"there is no message {message}", suggestion=suggestion)
        return getattr(caffe_pb2, message)


layers = Layers()
params = Parameters()


def __getattr__(name: str) -> Any:
    """`_param_names`, which scripts look layer types up in, made when first asked for."""
    if name == "_param_names":
        return param_name_dict()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def to_proto(*tops: Part) -> caffe_pb2.NetParameter:
    """The net of all layers that `tops` need; blobs are named by type and number, as `Convolution1`."""
    return _net(tops, {})


@cache
def param_name_dict() -> dict[str, str]:
    """The field of LayerParameter for each type that has a message of its own, without `_param`: Pooling -> pooling."""
    fields = [field for field in caffe_pb2.LayerParameter.DESCRIPTOR.fields if field.name.endswith("_param")]
    kinds = {field.name: field.message_type for field in fields}
    names: dict[str, str] = {}
    for name, kind in kinds.items():
        if kind is not None:  # a fork's layer may use the message of an older one, which keeps the name
            names.setdefault(kind.name.removesuffix("Parameter"), name.removesuffix("_param"))
    return names


def assign_proto(message: Message, name: str, value: Any) -> None:
    """Sets the field `name` from Python's own kinds: a dict is a message, a list fills a repeated field.

    A value alone stands for a list of one. Raises FieldError if there is no such field or the value does not fit it.
    """
    field = message.DESCRIPTOR.fields_by_name.get(name)
    if field is None:
        known = list(message.DESCRIPTOR.fields_by_name)
        raise FieldError(f"{message.DESCRIPTOR.name} has no field {name!r}", suggestion=closest(name, known))
    target = getattr(message, name)
    if hasattr(target, "extend"):
        add = _add_message if field.message_type is not None else _add_value
        for item in value if isinstance(value, list | tuple) else [value]:
            add(target, name, item)
    elif field.message_type is not None:
        _fill(target, name, value)
    else:
        try:
            setattr(message, name, value)
        except (TypeError, ValueError) as error:
            raise FieldError(f"{message.DESCRIPTOR.name}.{name} cannot be {value!r}", notes=[str(error)]) from None


def _add_message(target: Any, name: str, value: Any) -> None:
    _fill(target.add(), name, value)


def _add_value(target: Any, name: str, value: Any) -> None:
    try:
        target.append(value)
    except (TypeError, ValueError) as error:
        raise FieldError(f"{name} cannot hold {value!r}", notes=[str(error)]) from None


def _fill(message: Any, name: str, fields: Any) -> None:
    if not isinstance(message, Message) or not isinstance(fields, Mapping):
        raise FieldError(f"{name} cannot be {fields!r}", notes=["a message is given as a dict"])
    message.SetInParent()
    for inner, value in fields.items():
        assign_proto(message, inner, value)


def _net(parts: Iterable[Part], names: Mapping[Part, str]) -> caffe_pb2.NetParameter:
    """All layers that `parts` need, each behind those it reads."""
    naming = _Naming(names)
    made: dict[Function, caffe_pb2.LayerParameter] = {}
    for part in parts:
        waiting = [_function(part)]  # a stack of our own: a net may be deeper than Python's recursion
        while waiting:
            fn = waiting[-1]
            missing = [bottom.fn for bottom in fn.inputs if bottom.fn not in made]
            if missing:
                waiting.extend(reversed(missing))
                continue
            waiting.pop()
            if fn not in made:
                made[fn] = _layer(fn, [made[bottom.fn].top[bottom.n] for bottom in fn.inputs], naming)
    net = caffe_pb2.NetParameter()
    net.layer.extend(made.values())
    return net


def _function(part: Part) -> Function:
    return part.fn if isinstance(part, Top) else part


def _layer(fn: Function, bottoms: list[str], naming: _Naming) -> caffe_pb2.LayerParameter:
    layer = caffe_pb2.LayerParameter(type=fn.type_name, bottom=bottoms)
    layer.top.extend(bottoms if fn.in_place else [naming.of(top) for top in fn.tops])
    layer.name = naming.of_layer(fn)
    own = f"{param_name_dict().get(fn.type_name, '')}_param"
    for name, value in fn.params.items():
        try:
            assign_proto(_home(layer, own, name), name, value)
        except FieldError as error:
            raise _with_type(error, fn.type_name) from None
    return layer


def _with_type(error: FieldError, name: str) -> FieldError:
    """Fields are missing where the name of a type is wrong: then it is said that there is no such type."""
    known = layer_types()
    if name in known:
        return error
    return FieldError(f"{error.message}; there is no layer type {name!r}", suggestion=closest(name, known))


def _home(layer: caffe_pb2.LayerParameter, own: str, name: str) -> Message:
    """The message that a field of a layer belongs to: the type's own if it knows the name, or if the layer does not."""
    field = layer.DESCRIPTOR.fields_by_name.get(own)
    if name.endswith("param") or field is None or field.message_type is None:
        return layer
    in_layer = name in layer.DESCRIPTOR.fields_by_name
    if in_layer and name not in field.message_type.fields_by_name:
        return layer
    message: Message = getattr(layer, own)
    return message


class _Naming:
    """Names of blobs and layers: those given, else type and number."""

    def __init__(self, given: Mapping[Part, str]) -> None:
        self._names = dict(given)
        self._numbers: Counter[str] = Counter()

    def of(self, top: Top) -> str:
        return self._of(top, top.fn.type_name)

    def of_layer(self, fn: Function) -> str:
        """A layer is named like its first top."""
        return self._of(fn.tops[0] if fn.tops and fn not in self._names else fn, fn.type_name)

    def _of(self, part: Part, kind: str) -> str:
        if part not in self._names:
            self._numbers[kind] += 1
            self._names[part] = f"{kind}{self._numbers[kind]}"
        return self._names[part]
