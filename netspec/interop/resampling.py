"""Pillow's resampling written out in standard operators: products with its own coefficients.

In double precision, and rounded where Pillow rounds; onnxruntime's `Resize` differs from it by up to five levels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from onnx import TensorProto

from netspec.interop.writer import Writer

#: Bits behind the point of Pillow's coefficients for bytes (Resample.c).
BITS = 22
#: How far each filter reaches, in cells of the coarser side.
SUPPORT = {"box": 0.5, "bilinear": 1.0, "bicubic": 2.0, "lanczos": 3.0}


def resampled(write: Writer, value: str, sizes: Sequence[str], asked: Sequence[str], name: str, as_bytes: bool) -> str:
    """A value (N, maps, height, width) of ``sizes`` in the size ``asked``, both int64; ``as_bytes`` if of bytes."""
    if name == "nearest":
        for axis, side, size in ((3, sizes[1], asked[1]), (2, sizes[0], asked[0])):
            value = write("Gather", value, _nearest(write, side, size), axis=axis)
        return value
    numbers = write("Cast", value, to=TensorProto.DOUBLE)
    down = _coefficients(write, sizes[0], asked[0], name, as_bytes)
    across = write("Transpose", _coefficients(write, sizes[1], asked[1], name, as_bytes), perm=[1, 0])

    def rows_first() -> str:
        return _rounded(
            write, write("MatMul", down, _rounded(write, write("MatMul", numbers, across), as_bytes)), as_bytes
        )

    def columns_first() -> str:
        return _rounded(
            write, write("MatMul", _rounded(write, write("MatMul", down, numbers), as_bytes), across), as_bytes
        )

    less_high, less_wide = (write("Sub", side, size) for side, size in zip(sizes, asked, strict=True))
    # Pillow 13's order
    much = write("Greater", less_high, write("Max", write("Mul", less_wide, write.ints([2])), write.ints([0])))
    numbers = write.choice(write("Squeeze", much, write.ints([0])), columns_first, rows_first)
    return write("Cast", numbers, to=TensorProto.UINT8 if as_bytes else TensorProto.FLOAT)


def _rounded(write: Writer, sums: str, as_bytes: bool) -> str:
    """Sums as Pillow keeps them between its two passes: bytes again, or single precision."""
    if not as_bytes:
        return write("Cast", write("Cast", sums, to=TensorProto.FLOAT), to=TensorProto.DOUBLE)
    rounded = write(
        "Floor", write("Mul", write("Add", sums, write.doubles(2.0 ** (BITS - 1))), write.doubles(2.0**-BITS))
    )
    return write("Clip", rounded, write.doubles(0.0), write.doubles(255.0))


def _nearest(write: Writer, side: str, size: str) -> str:
    """The cell that each place takes: Pillow adds the scale up, place by place."""
    scale = write("Div", *(write("Cast", n, to=TensorProto.DOUBLE) for n in (side, size)))
    first = write("Mul", scale, write.doubles([0.5]))
    rest = write("Expand", scale, write("Sub", size, write.ints([1])))
    sums = write("CumSum", write("Concat", first, rest, axis=0), write.scalar(0))
    return write("Cast", sums, to=TensorProto.INT64)


def _coefficients(write: Writer, side: str, size: str, name: str, as_bytes: bool) -> str:
    """Weights (places, cells) of one axis, double: `precompute_coeffs` of Pillow's Resample.c."""
    cells, places = (_count(write, n) for n in (side, size))
    scale = write("Div", *(write("Cast", n, to=TensorProto.DOUBLE) for n in (side, size)))
    coarse = write("Max", scale, write.doubles([1.0]))
    reach = write("Mul", coarse, write.doubles([SUPPORT[name]]))
    center = write("Mul", write("Add", write("Unsqueeze", places, write.ints([1])), write.doubles([0.5])), scale)
    low = write("Floor", write("Add", write("Sub", center, reach), write.doubles([0.5])))
    high = write("Floor", write("Add", write("Add", center, reach), write.doubles([0.5])))
    within = write("And", write("GreaterOrEqual", cells, low), write("Less", cells, high))
    at = write(
        "Mul",
        write("Add", write("Sub", cells, center), write.doubles([0.5])),
        write("Div", write.doubles([1.0]), coarse),
    )
    weights = write("Where", within, FILTERS[name](write, at), write.doubles([0.0]))
    weights = write("Div", weights, write("ReduceSum", weights, write.ints([1]), keepdims=1))
    if not as_bytes:
        return weights
    rounded = write(
        "Floor", write("Add", write("Mul", write("Abs", weights), write.doubles(2.0**BITS)), write.doubles(0.5))
    )
    return write("Mul", write("Sign", weights), rounded)


def _count(write: Writer, size: str) -> str:
    """0, 1, 2 … below a size, double."""
    return write(
        "Cast",
        write("Range", write.scalar(0), write("Squeeze", size, write.ints([0])), write.scalar(1)),
        to=TensorProto.DOUBLE,
    )


def _triangle(write: Writer, at: str) -> str:
    return write("Max", write("Sub", write.doubles([1.0]), write("Abs", at)), write.doubles([0.0]))


def _cubic(write: Writer, at: str) -> str:
    """Keys' cubic with a = -1/2, as Pillow writes it."""
    a, x = -0.5, write("Abs", at)

    def polynomial(first: float, *rest: float) -> str:
        value = write("Add", write("Mul", x, write.doubles([first])), write.doubles([rest[0]]))
        for factor in rest[1:]:
            value = write("Add", write("Mul", value, x), write.doubles([factor]))
        return value

    inner, outer = (
        polynomial(a + 2, -(a + 3), 0.0, 1.0),
        write("Mul", polynomial(1.0, -5.0, 8.0, -4.0), write.doubles([a])),
    )
    outer = write("Where", write("Less", x, write.doubles([2.0])), outer, write.doubles([0.0]))
    return write("Where", write("Less", x, write.doubles([1.0])), inner, outer)


def _lanczos(write: Writer, at: str) -> str:
    def sinc(value: str) -> str:
        turned = write("Mul", value, write.doubles([np.pi]))
        zero = write("Equal", value, write.doubles([0.0]))
        return write(
            "Where",
            zero,
            write.doubles([1.0]),
            write("Div", write("Sin", turned), write("Where", zero, write.doubles([1.0]), turned)),
        )

    within = write("And", write("GreaterOrEqual", at, write.doubles([-3.0])), write("Less", at, write.doubles([3.0])))
    value = write("Mul", sinc(at), sinc(write("Div", at, write.doubles([3.0]))))
    return write("Where", within, value, write.doubles([0.0]))


def _box(write: Writer, at: str) -> str:
    within = write("And", write("Greater", at, write.doubles([-0.5])), write("LessOrEqual", at, write.doubles([0.5])))
    return write("Where", within, write.doubles([1.0]), write.doubles([0.0]))


#: The filters of Pillow's Resample.c.
FILTERS: dict[str, Callable[[Writer, str], str]] = {
    "box": _box,
    "bilinear": _triangle,
    "bicubic": _cubic,
    "lanczos": _lanczos,
}
