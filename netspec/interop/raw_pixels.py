"""The preparation of pictures as standard operators: a model that takes uint8 pictures of any size and needs nothing of netspec.

Pillow's resampling is written out as products with its own coefficients, in double precision, rounded where Pillow
rounds: onnxruntime's `Resize` differs from it by up to five levels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from onnx import TensorProto

from netspec.diagnostics import Fault
from netspec.settings import Data, steps

if TYPE_CHECKING:
    from netspec.interop.export import Writer

#: Bits behind the point of Pillow's coefficients for bytes (Resample.c).
BITS = 22
#: How far each filter reaches, in cells of the coarser side.
SUPPORT = {"box": 0.5, "bilinear": 1.0, "bicubic": 2.0, "lanczos": 3.0}


def maps_read(data: Data, shape: Sequence[Any]) -> int:
    """Maps of the pictures that a model takes: three, red, green and blue, unless all of the net is grey."""
    return 3 if shape[0] == 3 or any(isinstance(step, steps.Grayscale) for step in data.prepare) else 1


def prepare(data: Data, picture: str, shape: Sequence[Any], writer: Writer) -> str:
    """The value that the net reads, float32 and maps first, of pictures uint8, or float32 before a `range`, (N, height, width, maps).

    ``shape`` is the net's input. Raises Fault N607 where it is no picture.
    """
    if len(shape) not in (1, 3):
        raise Fault("N607", f"the net reads {len(shape)} axes, and a picture has maps, height and width")
    writer.prefix = "prepare"
    chain = _Chain(writer, writer("Transpose", picture, perm=[0, 3, 1, 2]), maps_read(data, shape), data.span is None)
    before, after = data.tested()
    for step in before:
        chain.add(step)
    if isinstance(data.test, steps.TenCrop):
        chain.ten(data.test)
    elif data.test is not None:
        chain.add(data.test)
    for step in after:
        chain.add(step)
    return chain.end(shape)


def answer(data: Data, value: str, end: str, writer: Writer) -> str:
    """The mean over ten crops, of probabilities; the value itself where there are none."""
    if not isinstance(data.test, steps.TenCrop):
        return value
    value = writer("Exp", value) if end == "log_softmax" else value
    crops = data.test.crops
    parts = writer.several("Split", crops, value, axis=0, num_outputs=crops)
    value = writer("Mean", *parts)
    return writer("Log", value) if end == "log_softmax" else value


class _Chain:
    """A value under way, (N, maps, height, width): bytes until the first step that makes other numbers."""

    def __init__(self, writer: Writer, value: str, maps: int, whole: bool) -> None:
        self.writer, self.value, self.maps, self.bytes = writer, value, maps, whole

    def add(self, step: Any) -> None:
        """One more step."""
        do: dict[type, Callable[[Any], None]] = {
            steps.Resize: self._resize, steps.CenterCrop: self._center_crop, steps.Grayscale: self._grayscale, steps.Invert: self._invert,
            steps.Scale: lambda step: self._number("Mul", step.factor), steps.Normalize: self._normalize, steps.Subtract: self._subtract,
            steps.Range: self._range,
        }  # fmt: skip
        next(change for kind, change in do.items() if isinstance(step, kind))(step)

    def end(self, shape: Sequence[Any]) -> str:
        """The value in the net's shape; another size of picture is an error of the runtime's."""
        write, value = self.writer, self._float()
        if len(shape) == 1:
            return write("Flatten", value, axis=1)
        if self.maps == 1 and shape[0] == 3:
            value = write("Concat", value, value, value, axis=1)
        fixed = [n if isinstance(n, int) else 1 for n in shape]
        return write("Expand", value, write.ints([1, *fixed]))

    def ten(self, step: steps.TenCrop) -> None:
        """Ten crops one after the other along the batch: corners, middle, and their mirrors."""
        write, n = self.writer, step.size
        height, width = self._size(2), self._size(3)
        bottom, right = (write("Sub", size, write.ints([n])) for size in (height, width))
        top = write.ints([0])
        middle = [self._before(edge, step) for edge in (bottom, right)]
        places = [(top, top), (top, right), (bottom, top), (bottom, right), (middle[0], middle[1])]
        crops = [self._cut(y, x, n, n) for y, x in places]
        ends = write.ints([-1]), write.ints([-(2**62)]), write.ints([3]), write.ints([-1])
        self.value = write("Concat", *crops, *(write("Slice", crop, *ends) for crop in crops), axis=0)

    # ---- sizes

    def _size(self, axis: int) -> str:
        """The size of an axis as it is, int64."""
        return self.writer("Shape", self.value, start=axis, end=axis + 1)

    def _cut(self, top: str, left: str, height: int, width: int) -> str:
        write = self.writer
        starts = write("Concat", top, left, axis=0)
        return write("Slice", self.value, starts, write("Add", starts, write.ints([height, width])), write.ints([2, 3]))

    def _center_crop(self, step: Any) -> None:
        write, (height, width) = self.writer, step.sizes()
        top, left = (self._before(write("Sub", self._size(axis), write.ints([want])), step) for axis, want in ((2, height), (3, width)))
        self.value = self._cut(top, left, height, width)

    def _before(self, spare: str, step: Any) -> str:
        """Rows or columns before a crop, as the step's own ``before`` has them."""
        write = self.writer
        if not isinstance(step, steps.FirstCenterCrop | steps.FirstTenCrop):
            rest = write("Mod", spare, write.ints([4]))
            spare = write("Add", spare, write("Div", rest, write.ints([3])))
        return write("Div", spare, write.ints([2]))

    def _shortened(self, step: Any, sizes: tuple[str, str]) -> list[str]:
        """Height and width where the shorter side gets the step's length, as its own ``scaled`` has them."""
        write, short = self.writer, self.writer("Min", *sizes)
        scaled = [write("Mul", size, write.ints([step.short])) for size in sizes]
        if not isinstance(step, steps.FirstResize):
            return [write("Div", size, short) for size in scaled]
        whole = write("Cast", short, to=TensorProto.DOUBLE)
        parts = [write("Round", write("Div", write("Cast", size, to=TensorProto.DOUBLE), whole)) for size in scaled]
        return [write("Max", write("Cast", part, to=TensorProto.INT64), write.ints([1])) for part in parts]

    def _resize(self, step: Any) -> None:
        write, sizes = self.writer, (self._size(2), self._size(3))
        if step.short is None:
            wanted = [write.ints([step.height]), write.ints([step.width or step.height])]
        else:
            wanted = self._shortened(step, sizes)
        if step.filter == "nearest":
            for axis, have, want in ((3, sizes[1], wanted[1]), (2, sizes[0], wanted[0])):
                self.value = write("Gather", self.value, self._nearest(have, want), axis=axis)
            return
        value = write("Cast", self.value, to=TensorProto.DOUBLE)
        down = self._coefficients(sizes[0], wanted[0], step.filter)
        across = write("Transpose", self._coefficients(sizes[1], wanted[1], step.filter), perm=[1, 0])

        def rows_first() -> str:
            return self._rounded(write("MatMul", down, self._rounded(write("MatMul", value, across))))

        def columns_first() -> str:
            return self._rounded(write("MatMul", self._rounded(write("MatMul", down, value)), across))

        less_high, less_wide = (write("Sub", have, want) for have, want in zip(sizes, wanted, strict=True))  # Pillow 13's order
        much = write("Greater", less_high, write("Max", write("Mul", less_wide, write.ints([2])), write.ints([0])))
        value = write.choice(write("Squeeze", much, write.ints([0])), columns_first, rows_first)
        self.value = write("Cast", value, to=TensorProto.UINT8 if self.bytes else TensorProto.FLOAT)

    def _rounded(self, sums: str) -> str:
        """Sums as Pillow keeps them between its two passes: bytes again, or single precision."""
        write = self.writer
        if not self.bytes:
            return write("Cast", write("Cast", sums, to=TensorProto.FLOAT), to=TensorProto.DOUBLE)
        whole = write("Floor", write("Mul", write("Add", sums, write.doubles(2.0 ** (BITS - 1))), write.doubles(2.0**-BITS)))
        return write("Clip", whole, write.doubles(0.0), write.doubles(255.0))

    def _nearest(self, have: str, want: str) -> str:
        """The cell that each place takes: Pillow adds the scale up, place by place."""
        write = self.writer
        scale = write("Div", *(write("Cast", size, to=TensorProto.DOUBLE) for size in (have, want)))
        first = write("Mul", scale, write.doubles([0.5]))
        rest = write("Expand", scale, write("Sub", want, write.ints([1])))
        sums = write("CumSum", write("Concat", first, rest, axis=0), write.scalar(0))
        return write("Cast", sums, to=TensorProto.INT64)

    def _coefficients(self, have: str, want: str, name: str) -> str:
        """Weights (places, cells) of one axis, double: `precompute_coeffs` of Pillow's Resample.c."""
        write = self.writer
        cells, places = (self._count(size) for size in (have, want))
        scale = write("Div", *(write("Cast", size, to=TensorProto.DOUBLE) for size in (have, want)))
        coarse = write("Max", scale, write.doubles([1.0]))
        reach = write("Mul", coarse, write.doubles([SUPPORT[name]]))
        center = write("Mul", write("Add", write("Unsqueeze", places, write.ints([1])), write.doubles([0.5])), scale)
        low = write("Floor", write("Add", write("Sub", center, reach), write.doubles([0.5])))
        high = write("Floor", write("Add", write("Add", center, reach), write.doubles([0.5])))
        within = write("And", write("GreaterOrEqual", cells, low), write("Less", cells, high))
        at = write("Mul", write("Add", write("Sub", cells, center), write.doubles([0.5])), write("Div", write.doubles([1.0]), coarse))
        weights = write("Where", within, FILTERS[name](write, at), write.doubles([0.0]))
        weights = write("Div", weights, write("ReduceSum", weights, write.ints([1]), keepdims=1))
        if not self.bytes:
            return weights
        size = write("Floor", write("Add", write("Mul", write("Abs", weights), write.doubles(2.0**BITS)), write.doubles(0.5)))
        return write("Mul", write("Sign", weights), size)

    def _count(self, size: str) -> str:
        """0, 1, 2 … below a size, double."""
        write = self.writer
        return write("Cast", write("Range", write.scalar(0), write("Squeeze", size, write.ints([0])), write.scalar(1)), to=TensorProto.DOUBLE)

    # ---- numbers

    def _float(self) -> str:
        if self.bytes:
            self.value, self.bytes = self.writer("Cast", self.value, to=TensorProto.FLOAT), False
        return self.value

    def _number(self, kind: str, number: float | list[float]) -> None:
        numbers = np.atleast_1d(np.asarray(number, dtype=np.float32))
        self.value = self.writer(kind, self._float(), self.writer.floats(numbers, (1, len(numbers), 1, 1)))
        self.maps = max(self.maps, len(numbers))

    def _range(self, step: Any) -> None:
        write = self.writer
        self._number("Sub", step.low)
        self._number("Mul", 255 / (step.high - step.low))
        self.value = write("Clip", self.value, write.floats(0.0), write.floats(255.0))

    def _normalize(self, step: Any) -> None:
        self._number("Sub", step.mean)
        self._number("Div", step.std)

    def _subtract(self, step: Any) -> None:
        if step.value is None:
            raise Fault("N703", "subtract(mean) needs the training set's mean", help="train first: the mean is kept with the weights")
        self._number("Sub", step.value)

    def _invert(self, step: Any) -> None:
        write = self.writer
        self.value = write("Sub", write.floats(255.0), write("Cast", self.value, to=TensorProto.FLOAT))
        if self.bytes:
            self.value = write("Cast", self.value, to=TensorProto.UINT8)

    def _grayscale(self, step: Any) -> None:
        if self.maps == 1:
            return
        write, weights = self.writer, (19595, 38470, 7471) if self.bytes else (0.299, 0.587, 0.114)
        value = write("Cast", self.value, to=TensorProto.DOUBLE) if self.bytes else self.value
        constant = (write.doubles if self.bytes else write.floats)(np.reshape(weights, (1, 3, 1, 1)))
        value = write("ReduceSum", write("Mul", value, constant), write.ints([1]), keepdims=1)
        if self.bytes:
            value = write("Floor", write("Mul", write("Add", value, write.doubles(2.0**15)), write.doubles(2.0**-16)))
            value = write("Cast", value, to=TensorProto.UINT8)
        self.value, self.maps = value, 1


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

    inner, outer = polynomial(a + 2, -(a + 3), 0.0, 1.0), write("Mul", polynomial(1.0, -5.0, 8.0, -4.0), write.doubles([a]))
    outer = write("Where", write("Less", x, write.doubles([2.0])), outer, write.doubles([0.0]))
    return write("Where", write("Less", x, write.doubles([1.0])), inner, outer)


def _lanczos(write: Writer, at: str) -> str:
    def sinc(value: str) -> str:
        turned = write("Mul", value, write.doubles([np.pi]))
        zero = write("Equal", value, write.doubles([0.0]))
        return write("Where", zero, write.doubles([1.0]), write("Div", write("Sin", turned), write("Where", zero, write.doubles([1.0]), turned)))

    within = write("And", write("GreaterOrEqual", at, write.doubles([-3.0])), write("Less", at, write.doubles([3.0])))
    value = write("Mul", sinc(at), sinc(write("Div", at, write.doubles([3.0]))))
    return write("Where", within, value, write.doubles([0.0]))


def _box(write: Writer, at: str) -> str:
    within = write("And", write("Greater", at, write.doubles([-0.5])), write("LessOrEqual", at, write.doubles([0.5])))
    return write("Where", within, write.doubles([1.0]), write.doubles([0.0]))


#: The filters of Pillow's Resample.c.
FILTERS: dict[str, Callable[[Writer, str], str]] = {"box": _box, "bilinear": _triangle, "bicubic": _cubic, "lanczos": _lanczos}
