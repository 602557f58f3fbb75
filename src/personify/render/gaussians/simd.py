"""Sixteen float32 numbers as one value inside numba kernels; LLVM maps it to AVX-512, AVX2 or NEON registers.

Numba vectorises plain loops only if nothing has to stay in registers from one loop to the next, which a pixel block
that accumulates nine sums needs. `Lanes` is a numba type with the operators +, -, *, /, unary -, >=, >, <= (one side
may be a float32), `Mask` is what comparisons give, with & and ~. Everything here is called from compiled code only.
"""

from __future__ import annotations

import operator
import struct
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from llvmlite import ir
from numba import extending, njit, types
from numba.extending import models, overload, register_model

intrinsic: Any = extending.intrinsic  # its annotations describe the compiler's side of a call, not the kernel's
WIDTH = 16
# What arithmetic may assume. Reordering of sums is not in it: rounding by a magic number (exp2) breaks under it.
FLAGS = ("nsz", "contract", "arcp")

_F32, _I32 = ir.FloatType(), ir.IntType(32)
_FLOATS, _INTS = ir.VectorType(_F32, WIDTH), ir.VectorType(_I32, WIDTH)
_BITS, _WORD = ir.VectorType(ir.IntType(1), WIDTH), ir.IntType(WIDTH)


class LanesType(types.Type):
    """Numba's type of sixteen float32 numbers."""

    def __init__(self) -> None:
        super().__init__(name="float32x16")


class MaskType(types.Type):
    """Numba's type of sixteen truth values."""

    def __init__(self) -> None:
        super().__init__(name="bool1x16")


Lanes, Mask = LanesType(), MaskType()


@register_model(LanesType)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _FLOATS)


@register_model(MaskType)
class _MaskModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _BITS)


def _constant(values: Sequence[float]) -> ir.Constant:
    return ir.Constant(_FLOATS, [_rounded(value) for value in values])


def _rounded(value: float) -> float:
    """LLVM refuses float constants that float32 cannot hold exactly."""
    return float(struct.unpack("f", struct.pack("f", value))[0])


def _broadcast(builder: Any, value: Any) -> Any:
    undefined = ir.Constant(_FLOATS, ir.Undefined)
    first = builder.insert_element(undefined, value, ir.Constant(_I32, 0))
    return builder.shuffle_vector(first, undefined, ir.Constant(_INTS, [0] * WIDTH))


def _function(result: Any, emit: Callable[..., Any], *, arguments: int) -> Any:
    """An intrinsic of one or two arguments; float32 numbers among them are repeated in every lane."""

    def build(*given: Any) -> Any:
        kinds = [kind if isinstance(kind, LanesType | MaskType) else types.float32 for kind in given]

        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            lanes = [
                _broadcast(builder, value) if kind is types.float32 else value
                for kind, value in zip(signature.args, values, strict=True)
            ]
            return emit(builder, *lanes)

        return result(*kinds), generate

    if arguments == 1:
        return intrinsic(lambda typing, a: build(a))
    return intrinsic(lambda typing, a, b: build(a, b))


def _operator(symbol: Any, function: Any, kind: type) -> None:
    """Let a Python operator call a function when one of its sides is of our kind."""

    @overload(symbol, strict=False)
    def choose(a: Any, b: Any) -> Any:
        if isinstance(a, kind) or isinstance(b, kind):
            return lambda a, b: function(a, b)
        return None


def _unary(symbol: Any, function: Any, kind: type) -> None:
    @overload(symbol, strict=False)
    def choose(a: Any) -> Any:
        return (lambda a: function(a)) if isinstance(a, kind) else None


def _compare(symbol: str) -> Any:
    return _function(Mask, lambda builder, a, b: builder.fcmp_ordered(symbol, a, b), arguments=2)


_add = _function(Lanes, lambda builder, a, b: builder.fadd(a, b, flags=FLAGS), arguments=2)
_subtract = _function(Lanes, lambda builder, a, b: builder.fsub(a, b, flags=FLAGS), arguments=2)
_multiply = _function(Lanes, lambda builder, a, b: builder.fmul(a, b, flags=FLAGS), arguments=2)
_divide = _function(Lanes, lambda builder, a, b: builder.fdiv(a, b, flags=FLAGS), arguments=2)
_negate = _function(Lanes, lambda builder, a: builder.fneg(a), arguments=1)
_at_least, _more, _at_most = _compare(">="), _compare(">"), _compare("<=")
_and = _function(Mask, lambda builder, a, b: builder.and_(a, b), arguments=2)
_not = _function(Mask, lambda builder, a: builder.not_(a), arguments=1)
for _symbol, _body in (
    (operator.add, _add), (operator.sub, _subtract), (operator.mul, _multiply), (operator.truediv, _divide),
    (operator.iadd, _add), (operator.isub, _subtract),
    (operator.ge, _at_least), (operator.gt, _more), (operator.le, _at_most),
):  # fmt: skip
    _operator(_symbol, _body, LanesType)
_operator(operator.and_, _and, MaskType)
_unary(operator.neg, _negate, LanesType)
_unary(operator.invert, _not, MaskType)

minimum = _function(
    Lanes, lambda builder, a, b: builder.select(builder.fcmp_ordered("<", a, b), a, b), arguments=2
)  # the second argument where the first is not a number
maximum = _function(Lanes, lambda builder, a, b: builder.select(builder.fcmp_ordered(">", a, b), a, b), arguments=2)


@intrinsic
def zeros(typing: Any) -> Any:
    """Sixteen zeros."""
    return Lanes(), lambda context, builder, signature, values: _constant([0] * WIDTH)


@intrinsic
def columns(typing: Any) -> Any:
    """Column of each lane in a block of 4 x 4 pixels: 0 1 2 3 0 1 2 3 ..."""
    return Lanes(), lambda context, builder, signature, values: _constant([i % 4 for i in range(WIDTH)])


@intrinsic
def rows(typing: Any) -> Any:
    """Row of each lane in a block of 4 x 4 pixels: 0 0 0 0 1 1 1 1 ..."""
    return Lanes(), lambda context, builder, signature, values: _constant([i // 4 for i in range(WIDTH)])


@intrinsic
def select(typing: Any, mask: Any, a: Any, b: Any) -> Any:
    """``a`` where the mask is true, else ``b``."""
    return Lanes(Mask, Lanes, Lanes), lambda context, builder, signature, values: builder.select(*values)


@intrinsic
def some(typing: Any, mask: Any) -> Any:
    """Whether any lane is true."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.icmp_unsigned("!=", builder.bitcast(values[0], _WORD), ir.Constant(_WORD, 0))

    return types.boolean(Mask), generate


@intrinsic
def total(typing: Any, a: Any) -> Any:
    """Sum of the lanes, always in the same order."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        value, width = values[0], WIDTH
        while width > 1:
            half = ir.VectorType(_I32, width // 2)
            low = ir.Constant(half, list(range(width // 2)))
            high = ir.Constant(half, list(range(width // 2, width)))
            value = builder.fadd(builder.shuffle_vector(value, value, low), builder.shuffle_vector(value, value, high))
            width //= 2
        return builder.extract_element(value, ir.Constant(_I32, 0))

    return types.float32(Lanes), generate


@intrinsic
def totals(typing: Any, values: Any) -> Any:
    """Sums of the lanes of each of up to sixteen values of a tuple, as lanes of one; always in the same order.

    Halves of two values are added at once, then quarters of four, and so on, which takes a third of the work that
    `total` takes for each.
    """

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        lanes = [builder.extract_value(given[0], i) for i in range(len(signature.args[0]))]
        half = WIDTH // 2
        while half:
            low = ir.Constant(_INTS, [i for i in range(2 * WIDTH) if not i & half])
            high = ir.Constant(_INTS, [i for i in range(2 * WIDTH) if i & half])
            lanes += [_constant([0] * WIDTH)] * (len(lanes) % 2)
            lanes = [
                builder.fadd(builder.shuffle_vector(a, b, low), builder.shuffle_vector(a, b, high))
                for a, b in zip(lanes[::2], lanes[1::2], strict=True)
            ]
            half //= 2
        return lanes[0]

    return Lanes(values), generate


@intrinsic
def exp2(typing: Any, a: Any) -> Any:
    """2^a for -126 <= a <= 126, to 2e-7; other lanes hold anything, so mask them.

    The nearest integer becomes the exponent's bits, a polynomial does the rest, which lies in [-1/2, 1/2].
    """

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        magic = _constant([12582912.0] * WIDTH)  # 1.5 * 2^23: adding it rounds to an integer
        shifted = builder.fadd(values[0], magic)
        rest = builder.fsub(values[0], builder.fsub(shifted, magic))
        power = _constant([1.5403530e-4] * WIDTH)
        for factor in (1.3333558e-3, 9.6181291e-3, 5.5504109e-2, 2.4022651e-1, 6.9314718e-1, 1.0):
            power = builder.fmul(power, rest, flags=("contract",))
            power = builder.fadd(power, _constant([factor] * WIDTH), flags=("contract",))
        exponent = builder.shl(builder.bitcast(shifted, _INTS), ir.Constant(_INTS, [23] * WIDTH))
        return builder.bitcast(builder.add(builder.bitcast(power, _INTS), exponent), _FLOATS)

    return Lanes(Lanes), generate


def _address(context: Any, builder: Any, kind: Any, array: Any, index: Any) -> Any:
    data = context.make_array(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [index]), _FLOATS.as_pointer())


@intrinsic
def load(typing: Any, array: Any, index: Any) -> Any:
    """``array[index : index + 16]`` of a one-dimensional contiguous float32 array; not checked."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.load(_address(context, builder, signature.args[0], *values), align=4)

    return Lanes(array, types.uint64), generate


@intrinsic
def store(typing: Any, array: Any, index: Any, value: Any) -> Any:
    """``array[index : index + 16] = value``; not checked."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        builder.store(values[2], _address(context, builder, signature.args[0], *values[:2]), align=4)
        return context.get_dummy_value()

    return types.void(array, types.uint64, Lanes), generate


@intrinsic
def prefetch(typing: Any, array: Any, index: Any) -> Any:
    """Fetch the cache line of ``array[index]`` of a one-dimensional array ahead of its use."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, values[0]).data
        byte = ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [byte, _I32, _I32, _I32])
        function = builder.module.globals.get("llvm.prefetch.p0") or ir.Function(
            builder.module, kind, "llvm.prefetch.p0"
        )
        read, locality, cache = (ir.Constant(_I32, value) for value in (0, 3, 1))
        builder.call(function, [builder.bitcast(builder.gep(data, [values[1]]), byte), read, locality, cache])
        return context.get_dummy_value()

    return types.void(array, types.uint64), generate


@intrinsic
def bits(typing: Any, a: Any) -> Any:
    """The 32 bits of a float32 as an integer."""
    return types.int32(types.float32), lambda context, builder, signature, values: builder.bitcast(values[0], _I32)


@intrinsic
def from_bits(typing: Any, a: Any) -> Any:
    """The float32 that 32 bits stand for."""
    return types.float32(types.int32), lambda context, builder, signature, values: builder.bitcast(values[0], _F32)


@njit(cache=True, nogil=True, forceinline=True)
def log2(a: Any) -> Any:
    """Base-2 logarithm of a positive normal float32, to 3e-7; a plain function, which numba vectorises in loops."""
    one = np.float32(1)
    exponent = (bits(a) - np.int32(0x3F3504F3)) >> np.int32(23)
    mantissa = from_bits(np.int32(bits(a) - (exponent << np.int32(23))))  # between the roots of 1/2 and 2
    t = (mantissa - one) / (mantissa + one)
    q = t * t
    series = np.float32(0.22222222) * q + np.float32(0.28571429)
    series = ((series * q + np.float32(0.4)) * q + np.float32(0.66666667)) * q + np.float32(2)
    return np.float32(exponent) + series * t * np.float32(1.4426950408889634)


@njit(cache=True, nogil=True)
def aligned_zeros(size: Any) -> Any:
    """[size] float32 zeros that start at a cache line, so that no block of sixteen straddles two."""
    raw = np.zeros(size + WIDTH, np.float32)
    return raw[((64 - (raw.ctypes.data & 63)) & 63) >> 2 :]
