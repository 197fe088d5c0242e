"""Vectors for numba: several channels of a pixel in one register, said in the code instead of hoped for.

Left to itself the compiler gives up on loops that read an image at nine places and write at one, since the places might
be the same. A kernel of this package therefore works on *lanes*: as many neighbouring elements as a register of this
processor holds. `load` and `store` take an array and an offset in elements from its first one; nothing checks that
offset, and the array's own shape and strides play no part. The usual signs of arithmetic work between lanes.

Every such function also takes a pattern: `whole(x)`, a register full of the elements of x, or `rest(x, count)`, where
only the first `count` of them are there, for the channels that are left over. So a kernel is written once and called
with either.

A product may be fused with the sum it goes into, which rounds once instead of twice; `rounded` forbids it where bytes
must be those of NumPy.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import llvmlite.binding
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.datamodel.models import PrimitiveModel
from numba.core.imputils import lower_builtin
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, register_model

from netcc.kernels.fast.compiled import part
from netcc.types import Array


def _register_bytes() -> int:
    features = llvmlite.binding.get_host_cpu_features()
    return 64 if features.get("avx512f") else 32 if features.get("avx") else 16


REGISTER_BYTES = _register_bytes()


class Lanes(types.Type):
    """The type of `count` elements of `dtype` in one register."""

    def __init__(self, dtype: Any, count: int) -> None:
        self.dtype = dtype
        self.count = count
        super().__init__(name=f"Lanes({dtype}, {count})")


class Pattern(types.Type):
    """The type of what says how many lanes are there: all of them, or those of a mask."""

    def __init__(self, dtype: Any, count: int, whole: bool) -> None:
        self.dtype = dtype
        self.count = count
        self.whole = whole
        super().__init__(name=f"Pattern({dtype}, {count}, {whole})")

    def lanes(self, dtype: Any = None) -> Lanes:
        return Lanes(dtype or self.dtype, self.count)


@register_model(Lanes)
class _LanesModel(PrimitiveModel):
    def __init__(self, manager: Any, kind: Lanes) -> None:
        element = manager.lookup(kind.dtype).get_value_type()
        super().__init__(manager, kind, ir.VectorType(element, kind.count))


@register_model(Pattern)
class _PatternModel(PrimitiveModel):
    def __init__(self, manager: Any, kind: Pattern) -> None:
        super().__init__(manager, kind, ir.VectorType(ir.IntType(1), kind.count))


def _count(array: Any) -> int:
    return REGISTER_BYTES * 8 // int(array.dtype.bitwidth)


def _arithmetic(sign: Callable[..., Any], instruction: str) -> None:
    @infer_global(sign)
    class _Template(AbstractTemplate):
        key = sign

        def generic(self, args: Any, kws: Any) -> Any:
            if len(args) == 2 and isinstance(args[0], Lanes) and args[0] == args[1]:
                return signature(args[0], *args)
            return None

    @lower_builtin(sign, Lanes, Lanes)
    def _lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return getattr(builder, instruction)(*args, flags=("contract",))


_arithmetic(operator.add, "fadd")
_arithmetic(operator.sub, "fsub")
_arithmetic(operator.mul, "fmul")
_arithmetic(operator.truediv, "fdiv")


def _place(context: Any, builder: Any, array: Any, value: Any, offset: Any, kind: Any) -> Any:
    start = context.make_array(array)(context, builder, value).data
    place = builder.gep(start, [offset], inbounds=True)
    return builder.bitcast(place, context.get_value_type(kind).as_pointer())


def _splat(builder: Any, value: Any, count: int) -> Any:
    index = ir.IntType(32)
    empty = ir.Constant(ir.VectorType(value.type, count), ir.Undefined)
    first = builder.insert_element(empty, value, index(0))
    return builder.shuffle_vector(first, empty, ir.Constant(ir.VectorType(index, count), None))


@intrinsic
def width(typing: Any, array: Any) -> Any:
    """How many of the array's elements a register holds."""
    count = _count(array)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return context.get_constant(types.intp, count)

    return types.intp(array), generate


@intrinsic
def whole(typing: Any, array: Any) -> Any:
    """The pattern of a full register of the array's elements."""
    kind = Pattern(array.dtype, _count(array), True)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return ir.Constant(context.get_value_type(kind), [1] * kind.count)

    return kind(array), generate


@intrinsic
def rest(typing: Any, array: Any, count: Any) -> Any:
    """The pattern of the first `count` elements of a register."""
    kind = Pattern(array.dtype, _count(array), False)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        index = ir.IntType(32)
        numbers = ir.Constant(ir.VectorType(index, kind.count), list(range(kind.count)))
        return builder.icmp_signed("<", numbers, _splat(builder, builder.trunc(args[1], index), kind.count))

    return kind(array, types.intp), generate


@intrinsic
def recast(typing: Any, pattern: Any, array: Any) -> Any:
    """The same lanes, for elements of another array."""
    kind = Pattern(array.dtype, pattern.count, pattern.whole)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return args[0]

    return kind(pattern, array), generate


@intrinsic
def zeros(typing: Any, pattern: Any) -> Any:
    """Zero in every lane."""
    kind = pattern.lanes()

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return ir.Constant(context.get_value_type(kind), None)

    return kind(pattern), generate


@intrinsic
def spread(typing: Any, number: Any, pattern: Any) -> Any:
    """The number in every lane."""
    kind = pattern.lanes()

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _splat(builder, context.cast(builder, args[0], number, kind.dtype), kind.count)

    return kind(number, pattern), generate


@intrinsic
def load(typing: Any, array: Any, offset: Any, pattern: Any) -> Any:
    """The lanes from `offset` on; zero where the pattern has none."""
    kind = pattern.lanes(array.dtype)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        place = _place(context, builder, array, args[0], args[1], kind)
        align = array.dtype.bitwidth // 8
        if pattern.whole:
            return builder.load(place, align=align)
        vector = context.get_value_type(kind)
        name = f"llvm.masked.load.v{kind.count}{_letters(array.dtype)}.p0"
        arguments = [vector.as_pointer(), ir.IntType(32), args[2].type, vector]
        function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(vector, arguments), name)
        return builder.call(function, [place, ir.IntType(32)(align), args[2], ir.Constant(vector, None)])

    return kind(array, types.intp, pattern), generate


@intrinsic
def store(typing: Any, array: Any, offset: Any, value: Any, pattern: Any) -> Any:
    """Writes the lanes of the pattern from `offset` on."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        place = _place(context, builder, array, args[0], args[1], value)
        align = array.dtype.bitwidth // 8
        if pattern.whole:
            builder.store(args[2], place, align=align)
        else:
            vector = context.get_value_type(value)
            name = f"llvm.masked.store.v{value.count}{_letters(value.dtype)}.p0"
            arguments = [vector, vector.as_pointer(), ir.IntType(32), args[3].type]
            function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(ir.VoidType(), arguments), name)
            builder.call(function, [args[2], place, ir.IntType(32)(align), args[3]])
        return context.get_dummy_value()

    return types.void(array, types.intp, value, pattern), generate


def _of_compiler(name: str) -> Any:
    """A function of the compiler's own, lane by lane."""

    @intrinsic
    def function(typing: Any, value: Any) -> Any:
        def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            kind = context.get_value_type(value)
            full = f"llvm.{name}.v{value.count}{_letters(value.dtype)}"
            return builder.call(
                cgutils.get_or_insert_function(builder.module, ir.FunctionType(kind, [kind]), full), args
            )

        return value(value), generate

    return function


rounded = _of_compiler("arithmetic.fence")
"""The lanes as they are: what made them is not fused with what they go into."""

square_root = _of_compiler("sqrt")
"""The square root of every lane, rounded correctly."""

nearest = _of_compiler("rint")
"""The nearest whole number of every lane."""


@intrinsic
def widened(typing: Any, value: Any) -> Any:
    """The lanes as float64."""
    kind = Lanes(types.float64, value.count)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return args[0] if value == kind else builder.fpext(args[0], context.get_value_type(kind))

    return kind(value), generate


@part
def pixel(array: Any, place: int, there: bool, pattern: Any) -> Any:
    """The lanes of a pixel that may lie beyond the border: zeros then."""
    if there:
        return load(array, place, pattern)
    return zeros(pattern)


def narrow(array: Array) -> bool:
    """Whether the array has fewer channels than a register has lanes."""
    return bool(array.shape[-1] * array.itemsize < REGISTER_BYTES)


@part
def steps(array: Any) -> Any:
    """How many elements images, rows and pixels of an array (images, height, width, channels) lie apart."""
    item = array.itemsize
    return array.strides[0] // item, array.strides[1] // item, array.strides[2] // item


def _letters(dtype: Any) -> str:
    """How the compiler's own functions name an element."""
    return f"{'f' if isinstance(dtype, types.Float) else 'i'}{dtype.bitwidth}"


def _comparison(sign: str) -> Any:
    @intrinsic
    def compare(typing: Any, left: Any, right: Any) -> Any:
        def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            return builder.fcmp_ordered(sign, *args)

        return Lanes(types.boolean, left.count)(left, right), generate

    return compare


above = _comparison(">")
"""Where `left` is greater; false where one of the two is no number."""

below = _comparison("<")
"""Where `left` is less; false where one of the two is no number."""


@intrinsic
def same(typing: Any, left: Any, right: Any) -> Any:
    """Where integers are equal."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.icmp_unsigned("==", *args)

    return Lanes(types.boolean, left.count)(left, right), generate


@intrinsic
def choose(typing: Any, condition: Any, yes: Any, no: Any) -> Any:
    """`yes` where the condition holds, else `no`."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.select(*args)

    return yes(condition, yes, no), generate


@intrinsic
def there(typing: Any, pattern: Any, value: Any, otherwise: Any) -> Any:
    """`value` in the lanes of the pattern, `otherwise` in those beyond."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.select(*args)

    return value(pattern, value, otherwise), generate


@intrinsic
def total(typing: Any, value: Any) -> Any:
    """The sum of all lanes, halves added to halves."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _halved(builder, args[0], value.count, builder.fadd)

    return value.dtype(value), generate


@intrinsic
def highest(typing: Any, value: Any) -> Any:
    """The largest of all lanes, if all are numbers."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        def larger(one: Any, other: Any) -> Any:
            return builder.select(builder.fcmp_ordered(">", one, other), one, other)

        return _halved(builder, args[0], value.count, larger)

    return value.dtype(value), generate


def _halved(builder: Any, value: Any, count: int, combine: Callable[..., Any]) -> Any:
    index = ir.IntType(32)
    while count > 1:
        count //= 2
        halves = (ir.Constant(ir.VectorType(index, count), list(range(start, start + count))) for start in (0, count))
        value = combine(*(builder.shuffle_vector(value, value, half) for half in halves))
    return builder.extract_element(value, index(0))


@intrinsic
def power_of_two(typing: Any, value: Any) -> Any:
    """2 to the power of every lane: whole numbers, as large as exponents of the type may be."""
    bits, shift, bias = (32, 23, 127) if value.dtype == types.float32 else (64, 52, 1023)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        kind = ir.VectorType(ir.IntType(bits), value.count)
        exponent = builder.add(builder.fptosi(args[0], kind), ir.Constant(kind, [bias] * value.count))
        moved = builder.shl(exponent, ir.Constant(kind, [shift] * value.count))
        return builder.bitcast(moved, context.get_value_type(value))

    return value(value), generate


@intrinsic
def is_double(typing: Any, pattern: Any) -> Any:
    """Whether the pattern is one of float64."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return context.get_constant(types.boolean, pattern.dtype == types.float64)

    return types.boolean(pattern), generate
