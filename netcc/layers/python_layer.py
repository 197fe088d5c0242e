"""The layer whose class the user wrote in Python."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from netcc.errors import LayerError
from netcc.layers.base import Count, Layer, Needs, Operands, ParameterSpec, Signature, pass_on
from netcc.layers.python_objects import PythonObject, objects_in_use
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Phase, Shape

_MESSAGE = "python_param"


@register("Python")
@dataclass(frozen=True)
class PythonLayer(Layer):
    """What class `layer` of the importable module `module` computes; it runs only where the caller allows it.

    The class has the methods setup(bottom, top), reshape(bottom, top), forward(bottom, top) and, where gradients are
    wanted, backward(top, propagate_down, bottom). `bottom` and `top` are lists of blobs with `data`, `diff`, `shape`
    and `reshape`. The object's `param_str` and `phase` are set beforehand, and `blobs.add_blob(...)` in setup adds a
    parameter. As in Caffe, reshape runs before every forward, and forward may reshape the tops as well.

    Diffs of bottoms and parameters are zero when backward begins. `share_in_parallel` has no meaning here.
    Behaves as include/caffe/layers/python_layer.hpp and python/caffe/_caffe.cpp.
    """

    bottoms = Count(0, None)
    tops = Count(0, None)
    dynamic = True
    brings_data = True
    example = 'python_param { module: "my_layers" layer: "MyLayer" }'

    object: PythonObject
    in_place_blobs: tuple[int, ...]
    """Where bottom and top of one index have the same name: they are one blob for the user's class."""

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.python_param
        for name in ("module", "layer"):
            if not getattr(fields, name):
                raise LayerError(f"a Python layer needs {name}", field=(_MESSAGE, name))
        objects = objects_in_use()
        if objects is None:
            notes = ["if you trust it: --allow-python on the command line, allow_python=True in Python"]
            if not message.bottom:
                notes.append("netcc deploy and compile need but its shapes (--input BLOB=N,C,H,W)")
            raise LayerError(
                f"a Python layer runs code of module {fields.module!r}, which is not allowed here",
                field=(_MESSAGE, "module"),
                notes=notes,
            )
        names = zip(message.bottom, message.top, strict=False)
        shared = tuple(index for index, (bottom, top) in enumerate(names) if bottom == top)
        return cls(objects.get(message, phase), shared)

    def is_function(self) -> bool:
        return False

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        self.object.shape(bottoms)
        filler = caffe_pb2.FillerParameter()
        parameters = tuple(
            ParameterSpec(f"blob {index}", blob.shape, filler, values=blob.data)
            for index, blob in enumerate(self.object.blobs)
        )
        return Signature(tops=self.object.top_shapes, parameters=parameters)

    def needs(self) -> Needs:
        return Needs(bottoms=range(len(self.object.bottoms)), tops=range(len(self.object.tops)))

    def measure(self, operands: Operands) -> tuple[Shape, ...]:
        """Runs the user's reshape and forward: only then the shapes are known.

        The results wait for `forward`, which comes at once, or after the net took the shapes that are told here.
        """
        user = self.object
        if user.results is None or user.top_shapes != tuple(top.shape for top in operands.tops):
            user.results = None
            for held, array in zip(
                (*user.bottoms, *user.tops, *user.blobs),
                (*operands.bottoms, *operands.tops, *operands.parameters),
                strict=True,
            ):
                held.hold(array)
            user.call("reshape", user.bottoms, user.tops)
            for index in self.in_place_blobs:
                pass_on(user.bottoms[index].data, user.tops[index].data)
            user.call("forward", user.bottoms, user.tops)
            user.results = [top.data for top in user.tops]
        return user.top_shapes

    def forward(self, operands: Operands) -> None:
        self.measure(operands)
        user = self.object
        for result, top, held in zip(user.results or (), operands.tops, user.tops, strict=True):
            pass_on(result, top)
            held.hold(top)
        user.results = None

    def backward(self, operands: Operands) -> None:
        user = self.object
        for held, array, diff in zip(
            (*user.bottoms, *user.tops, *user.blobs),
            (*operands.bottoms, *operands.tops, *operands.parameters),
            (*operands.bottom_diffs, *operands.top_diffs, *operands.parameter_diffs),
            strict=True,
        ):
            held.hold(array, diff)
        for diff in (*operands.bottom_diffs, *operands.parameter_diffs):
            if diff is not None:
                diff.fill(0)
        for index in self.in_place_blobs:
            pass_on(user.tops[index].diff, user.bottoms[index].diff)
        user.call("backward", user.tops, [diff is not None for diff in operands.bottom_diffs], user.bottoms)
