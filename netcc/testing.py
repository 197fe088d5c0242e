"""Helpers to test layers, those of netcc and your own: build one from text, run it alone, check that it keeps its word.

layer = make_layer("Pooling", "pooling_param { kernel_size: 2 stride: 2 }")
check_layer(layer, [(2, 3, 6, 6)])
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from netcc.errors import Source
from netcc.layers.base import BatchReader, Buffer, Layer, Operands, Signature, SourceLayer
from netcc.layers.registry import layer_class
from netcc.prototxt.parse import parse
from netcc.schema import caffe_pb2
from netcc.schema.bind import bind
from netcc.types import TRAIN, Array, Phase, Shape

Lay: TypeAlias = Callable[[Array], Array]
"""Puts an array into another order in memory, under the same shape."""

_STEP = 1e-5
"""Half the distance of the points of a central difference; kinks of a layer must be further away than this."""


def as_it_lies(array: Array) -> Array:
    """The array itself."""
    return array


def channels_last(array: Array) -> Array:
    """A copy whose axis 1 is the innermost in memory, with a gap after each run of it."""
    if array.ndim < 2:
        return array
    order = np.moveaxis(array, 1, -1)
    wide = np.zeros((*order.shape[:-1], order.shape[-1] + 3), array.dtype)
    _spoil(wide)
    laid = np.moveaxis(wide[..., : order.shape[-1]], -1, 1)
    np.copyto(laid, array)
    return laid


def make_layer(type_name: str, fields: str = "", *, phase: Phase = TRAIN, bottoms: int = 1, tops: int = 1) -> Layer:
    """The layer that `layer { type: "type_name" fields }` describes, with so many bottoms and tops named b0.. and t0...

    Raises PrototxtError for wrong `fields`, LayerError as the layer does.
    """
    message = caffe_pb2.LayerParameter(
        type=type_name, bottom=[f"b{i}" for i in range(bottoms)], top=[f"t{i}" for i in range(tops)]
    )
    given, _ = bind(parse(Source("<fields>", fields)), caffe_pb2.LayerParameter)
    message.MergeFrom(given)
    return layer_class(type_name).from_message(message, phase)


@dataclass
class Result:
    """What one layer did: the arrays after `forward` and, if it ran, `backward` (None: no such gradient)."""

    signature: Signature
    operands: Operands
    tops: tuple[Array, ...]
    bottom_diffs: tuple[Array | None, ...]
    parameter_diffs: tuple[Array | None, ...]


def run_layer(
    layer: Layer,
    bottoms: Sequence[npt.ArrayLike] = (),
    parameters: Sequence[npt.ArrayLike] | None = None,
    top_diffs: Sequence[npt.ArrayLike] | None = None,
    *,
    dtype: npt.DTypeLike = np.float64,
    tops: int = 1,
    given: Sequence[Shape | None] | None = None,
    reader: BatchReader | None = None,
    in_place: bool = False,
    wanted: Sequence[bool] | None = None,
    seed: int = 0,
    lay: Lay = as_it_lies,
) -> Result:
    """Runs `layer` alone: start, forward and, with `top_diffs`, backward.

    `parameters` None draws them from `seed` (those that do not learn are positive); `given` are shapes from outside
    and `reader` the batches for a SourceLayer; `in_place` lets top 0 share the memory of bottom 0; `wanted` says for
    which bottoms and parameters, in this order, a gradient is asked (None: all that the layer allows). All memory that
    the layer must write itself is NaN beforehand. `lay` puts bottoms, tops, their diffs, and buffers of the shape of
    bottom 0 into another order in memory.
    """
    arrays = [lay(np.array(bottom, dtype)) for bottom in bottoms]
    shapes = [array.shape for array in arrays]
    if given is not None and isinstance(layer, SourceLayer):
        signature = layer.infer_given(given, tops)
    else:
        signature = layer.infer(shapes, tops)
    operands = _allocate(layer, signature, arrays, parameters, np.dtype(dtype), in_place=in_place, seed=seed, lay=lay)
    operands.reader = reader
    layer.start(operands)
    if layer.dynamic:
        signature = replace(signature, tops=layer.measure(operands))
        operands.tops = tuple(np.full(shape, np.nan, dtype) for shape in signature.tops)
    layer.forward(operands)
    if top_diffs is not None:
        learns = [spec.learns for spec in signature.parameters]
        _prepare_backward(layer, operands, top_diffs, learns, in_place=in_place, wanted=wanted, lay=lay)
        layer.backward(operands)
    return Result(signature, operands, operands.tops, operands.bottom_diffs, operands.parameter_diffs)


def _allocate(
    layer: Layer,
    signature: Signature,
    bottoms: Sequence[Array],
    parameters: Sequence[npt.ArrayLike] | None,
    dtype: npt.DTypeLike,
    *,
    in_place: bool,
    seed: int,
    lay: Lay,
) -> Operands:
    if parameters is None:
        parameters = _draw_parameters(signature, seed)
    tops = [lay(np.full(shape, np.nan, dtype)) for shape in signature.tops]
    if in_place:
        tops[0] = bottoms[0].reshape(signature.tops[0])

    def buffers(wanted: Sequence[Buffer]) -> tuple[Array, ...]:
        arrays = [_buffer(buffer, dtype) for buffer in wanted]
        return tuple(lay(array) if bottoms and array.shape == bottoms[0].shape else array for array in arrays)

    return Operands(
        bottoms=tuple(bottoms),
        tops=tuple(tops),
        parameters=tuple(np.array(parameter, dtype) for parameter in parameters),
        saved=buffers(signature.saved),
        scratch=buffers(signature.scratch),
        state=buffers(signature.state),
        random=np.random.default_rng(seed + 1),
    )


def _draw_parameters(signature: Signature, seed: int) -> list[Array]:
    random = np.random.default_rng(seed)
    return [random.uniform(-1 if spec.learns else 0.5, 1, spec.shape) for spec in signature.parameters]


def _buffer(buffer: Buffer, dtype: npt.DTypeLike) -> Array:
    """Memory full of what nobody should read."""
    dtypes: dict[str, npt.DTypeLike] = {"real": dtype, "index": np.int64, "byte": np.uint8, "bool": np.bool_}
    array = np.empty(buffer.shape, dtypes[buffer.kind])
    _spoil(array)
    return array


def _spoil(array: Array) -> None:
    array.fill({"f": np.nan, "i": -(1 << 40), "u": 251, "b": True}[array.dtype.kind])


def _prepare_backward(
    layer: Layer,
    operands: Operands,
    top_diffs: Sequence[npt.ArrayLike],
    learns: Sequence[bool],
    *,
    in_place: bool,
    wanted: Sequence[bool] | None,
    lay: Lay,
) -> None:
    bottoms = operands.bottoms
    allowed = [layer.differentiable and layer.gradient_allowed(i) for i in range(len(bottoms))]
    flags = [*allowed, *learns] if wanted is None else list(wanted)
    operands.top_diffs = tuple(
        lay(np.array(diff, top.dtype).reshape(top.shape)) for diff, top in zip(top_diffs, operands.tops, strict=True)
    )
    diffs = [
        np.full(array.shape, np.nan, array.dtype) if flag else None
        for array, flag in zip((*bottoms, *operands.parameters), flags, strict=True)
    ]
    bottom_diffs = [None if diff is None else lay(diff) for diff in diffs[: len(bottoms)]]
    if in_place and diffs[0] is not None:
        bottom_diffs[0] = operands.top_diffs[0].reshape(bottoms[0].shape)
    operands.bottom_diffs = tuple(bottom_diffs)
    operands.parameter_diffs = tuple(diffs[len(bottoms) :])


def check_layer(
    layer: Layer,
    shapes: Sequence[Shape],
    *,
    tops: int = 1,
    integers: Mapping[int, int] | None = None,
    gradient_tops: int | None = None,
    gradient: bool = True,
    batched: bool = True,
    seed: int = 0,
) -> None:
    """Asserts that `layer` keeps the contract of `Layer` on bottoms of `shapes`.

    `integers[i] = n` fills bottom i with whole numbers below n; `gradient_tops` is how many tops pass a gradient back
    (all if None); `gradient` False leaves out the comparison with central differences; `batched` repeats all with a
    first axis of 1. Checked: every number of tops and diffs is written; bottoms, learning parameters and top diffs are
    not; gradients are right; backward reads nothing but what `needs` declares and gives the same twice; leaving out
    one gradient changes no other; float32 agrees with float64; in place, where allowed, agrees with not in place;
    slices of the batch, another order in memory, a second pass and `repeat`, where the layer says so, give the same.
    """
    case = _Case(layer, _draw(shapes, integers or {}, seed), tops, gradient_tops, seed)
    case.check_forward()
    if case.has_gradient:
        case.check_backward()
        case.check_left_out()
        if gradient:
            case.check_gradient()
    if layer.is_function():
        case.check_function()
    case.check_single_precision()
    case.check_repeat()
    if layer.in_place and 0 not in layer.needs().bottoms:
        case.check_in_place()
    if layer.batchwise() and shapes[0][0] > 1:
        case.check_slices()
    if layer.any_layout:
        case.check_layout()
    if batched and shapes[0][0] != 1:
        single = [(1, *shape[1:]) for shape in shapes]
        check_layer(
            layer, single, tops=tops, integers=integers, gradient_tops=gradient_tops, gradient=gradient, batched=False
        )


def _draw(shapes: Sequence[Shape], integers: Mapping[int, int], seed: int) -> list[Array]:
    """Bottoms whose numbers all differ and are not 0, so that no small step meets a kink or a tie."""
    random = np.random.default_rng(seed)
    bottoms = []
    for index, shape in enumerate(shapes):
        size = int(np.prod(shape, dtype=np.int64))
        if index in integers:
            bottoms.append(random.integers(integers[index], size=shape).astype(np.float64))
        else:
            numbers = (np.arange(size) + 0.37 + 0.19 * index) / max(size, 1) * 4 - 2
            bottoms.append(random.permutation(numbers).reshape(shape))
    return bottoms


class _Case:
    """A layer with bottoms, top diffs and parameters, and what it gives for them."""

    def __init__(self, layer: Layer, bottoms: list[Array], tops: int, gradient_tops: int | None, seed: int) -> None:
        self._layer, self._bottoms, self._count, self._seed = layer, bottoms, tops, seed
        random = np.random.default_rng(seed + 2)
        forward = run_layer(layer, bottoms, tops=tops, seed=seed)
        self._learns = [spec.learns for spec in forward.signature.parameters]
        self.has_gradient = layer.differentiable or any(self._learns)
        self._parameters = _draw_parameters(forward.signature, seed)
        carrying = tops if gradient_tops is None else gradient_tops
        self._top_diffs = [
            random.uniform(-1, 1, top.shape) if index < carrying else np.zeros(top.shape)
            for index, top in enumerate(forward.tops)
        ]
        self._result = self._run() if self.has_gradient else forward

    def _run(self, bottoms: Sequence[Array] | None = None, **options: object) -> Result:
        return run_layer(
            self._layer,
            self._bottoms if bottoms is None else bottoms,
            self._parameters,
            self._top_diffs if self.has_gradient else None,
            tops=self._count,
            seed=self._seed,
            **options,  # type: ignore[arg-type]  # the options of run_layer, by name
        )

    def _diffs(self, result: Result) -> tuple[Array | None, ...]:
        return (*result.bottom_diffs, *result.parameter_diffs)

    def check_forward(self) -> None:
        for index, top in enumerate(self._result.tops):
            assert not np.isnan(top).any(), f"top {index} is not wholly written"
        _assert_same(self._result.operands.bottoms, self._bottoms, "forward or backward changed bottom")
        for index, (found, given) in enumerate(zip(self._result.operands.parameters, self._parameters, strict=True)):
            if self._learns[index]:
                _assert_same([found], [given], f"forward or backward changed parameter {index}, array")

    def check_backward(self) -> None:
        first = self._diffs(self._result)
        for index, diff in enumerate(first):
            assert diff is None or not np.isnan(diff).any(), f"diff {index} is not wholly written"
        _assert_same(self._result.operands.top_diffs, self._top_diffs, "backward changed top diff")
        again = self._run()
        self._hide(again.operands)
        self._layer.backward(again.operands)
        _assert_same(self._diffs(again), first, "a second backward that sees only what it needs changed diff")

    def _hide(self, operands: Operands) -> None:
        """Spoils all that backward has no right to read, and all that it must write."""
        needs = self._layer.needs()
        hidden = [bottom for index, bottom in enumerate(operands.bottoms) if index not in needs.bottoms]
        hidden += [top for index, top in enumerate(operands.tops) if index not in needs.tops]
        for array in (*hidden, *operands.scratch, *operands.bottom_diffs, *operands.parameter_diffs):
            if array is not None:
                _spoil(array)

    def check_function(self) -> None:
        operands = self._run().operands
        tops, parameters = ([array.copy() for array in arrays] for arrays in (operands.tops, operands.parameters))
        self._layer.forward(operands)
        _assert_same(operands.tops, tops, "a second forward changed top")
        _assert_same(operands.parameters, parameters, "forward changed parameter")

    def check_left_out(self) -> None:
        everything = self._diffs(self._result)
        present = [diff is not None for diff in everything]
        for index in np.flatnonzero(present):
            wanted = [flag and place != index for place, flag in enumerate(present)]
            others = [diff if flag else None for diff, flag in zip(everything, wanted, strict=True)]
            _assert_same(self._diffs(self._run(wanted=wanted)), others, f"leaving out diff {index} changed diff")

    def check_gradient(self) -> None:
        """Central differences of sum(tops * top diffs) along a random direction in each array."""
        random = np.random.default_rng(self._seed + 3)
        arrays = [*self._bottoms, *self._parameters]
        for index, diff in enumerate(self._diffs(self._result)):
            if diff is None:
                continue
            start = arrays[index].copy()
            direction = random.uniform(-1, 1, start.shape)
            arrays[index][...] = start + _STEP * direction
            above = self._tops()
            arrays[index][...] = start - _STEP * direction
            below = self._tops()
            arrays[index][...] = start
            changes = zip(above, below, self._top_diffs, strict=True)
            expected = sum(np.sum((a - b) * diff) for a, b, diff in changes) / (2 * _STEP)
            np.testing.assert_allclose(
                np.sum(diff * direction), expected, rtol=1e-6, atol=1e-7, err_msg=f"diff {index} is no gradient"
            )

    def _tops(self) -> tuple[Array, ...]:
        return run_layer(self._layer, self._bottoms, self._parameters, tops=self._count, seed=self._seed).tops

    def check_single_precision(self) -> None:
        single = self._run(dtype=np.float32)
        pairs = zip((*single.tops, *self._diffs(single)), (*self._result.tops, *self._diffs(self._result)), strict=True)
        for index, (narrow, wide) in enumerate(pairs):
            if narrow is None or wide is None:
                continue
            assert narrow.dtype == np.float32
            scale = max(1.0, float(np.abs(wide).max(initial=0)))
            message = f"float32 differs from float64 in array {index}"
            np.testing.assert_allclose(narrow, wide, rtol=1e-4, atol=1e-5 * scale, err_msg=message)

    def check_slices(self) -> None:
        """The first row of the batch and the rest of it, run apart, give what the whole batch gives."""
        whole, top_diffs, parts = self._result, self._top_diffs, []
        for rows in (slice(0, 1), slice(1, None)):
            self._top_diffs = [diff[rows] for diff in top_diffs]
            parts.append(self._run([bottom[rows] for bottom in self._bottoms]))
        self._top_diffs = top_diffs
        joined = [np.concatenate(tops) for tops in zip(*(part.tops for part in parts), strict=True)]
        _assert_close(joined, whole.tops, "a slice of the batch gives another top")
        for index, diff in enumerate(whole.bottom_diffs):
            pieces = [piece for part in parts if (piece := part.bottom_diffs[index]) is not None]
            if diff is not None:
                _assert_close([np.concatenate(pieces)], [diff], "a slice of the batch gives another bottom diff")
        for index, diff in enumerate(whole.parameter_diffs):
            pieces = [piece for part in parts if (piece := part.parameter_diffs[index]) is not None]
            if diff is not None:
                _assert_close([pieces[0] + pieces[1]], [diff], "slices do not add up to the parameter diff")

    def check_layout(self) -> None:
        laid = self._run(lay=channels_last)
        _assert_close(laid.tops, self._result.tops, "channels-last arrays give another top")
        for index, (found, diff) in enumerate(zip(self._diffs(laid), self._diffs(self._result), strict=True)):
            if found is not None and diff is not None:
                _assert_close([found], [diff], f"channels-last arrays give another diff {index}")

    def check_repeat(self) -> None:
        """What can be made again after a forward pass comes out the same, and nothing else changes."""
        if self._layer.repeats() == "never":
            return
        first = self._run()
        made = self._run()
        again = [*made.operands.tops, *(made.operands.saved if self._layer.repeats() == "all" else ())]
        for array in again:
            _spoil(array)
        self._layer.repeat(made.operands)
        for part in ("bottoms", "tops", "saved", "parameters"):
            _assert_same(getattr(made.operands, part), getattr(first.operands, part), f"repeat changes {part}")

    def check_in_place(self) -> None:
        shared = self._run(in_place=True)
        _assert_same(shared.tops, self._result.tops, "working in place changed top")
        _assert_same(self._diffs(shared), self._diffs(self._result), "working in place changed diff")


def _assert_same(found: Sequence[Array | None], expected: Sequence[Array | None], message: str) -> None:
    for index, (one, other) in enumerate(zip(found, expected, strict=True)):
        assert (one is None) == (other is None), f"{message} {index}"
        if one is not None and other is not None:
            np.testing.assert_array_equal(one, other, err_msg=f"{message} {index}")


def _assert_close(found: Sequence[Array], expected: Sequence[Array], message: str) -> None:
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12, err_msg=message)
