"""Pools: the maximum, mean or norm under a window, LeCun's subsampling, and pools over all positions."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Annotated, ClassVar

from netspec.diagnostics import Fault
from netspec.ops import window
from netspec.ops.arguments import Pads, Sizes
from netspec.ops.operator import Cost, Emit, Gained, Names, Operator, Shapes, Weight, maps, spatial, zeros_around
from netspec.settings.arguments import Flag, Positive, Takes
from netspec.settings.readers import optional, sizes
from netspec.shape import Shape


class Pool(Operator):
    """A window on each map; ``stride`` is the window's size unless said, and padding is not counted."""

    rule: ClassVar[str] = (
        "the maps x (size + pads − window) // stride + 1 on each axis; "
        "with ceil rounded up, as long as a window begins inside"
    )

    size: Annotated[Sizes, "what the window covers on each axis"]
    stride: Annotated[
        int | tuple[int, ...] | None,
        Takes("a whole number of at least 1, or a size such as 2 x 1", optional(sizes(1))),
        "how far the window moves; by its own size unless said",
    ] = None
    pad: Annotated[Pads, "places on both sides of each axis, which do not count"] = 0
    ceil: Annotated[Flag, "whether the last window may reach beyond the edge: sizes are rounded up"] = False

    def window(self, x: Shape) -> window.Window:
        """The window on the axes of ``x``."""
        rank = len(spatial(x, self.name))
        try:
            at = window.make(rank, self.size, self.stride or self.size, self.pad, 1, self.ceil)
        except Fault as fault:
            fault.at = "size" if fault.at == "kernel" else fault.at
            raise
        if any(max(p) >= k for p, k in zip(at.pads, at.kernel, strict=True)):
            raise Fault("N214", "a pool cannot pad as much as its window: some windows would see nothing", at="pad")
        return at

    def shape(self, xs: Shapes) -> Shape:
        try:
            return (xs[0][0], *self.window(xs[0]).sizes(xs[0][1:]))
        except Fault as fault:
            fault.at = "size" if fault.at == "kernel" else fault.at
            raise

    def decided(self, xs: Shapes) -> list[str]:
        lines = ["stride is the window's size"] if self.stride is None else []
        return lines + (["padding is not counted"] if any(map(any, self.window(xs[0]).pads)) else [])

    def _emit(self, emit: Emit, kind: str, x: str, shapes: Shapes, **more: object) -> str:
        at = self.window(shapes[0])
        pads = [*(p[0] for p in at.pads), *at.ends]
        return emit(kind, x, kernel_shape=list(at.kernel), strides=list(at.stride), pads=pads, **more)


class MaxPool(Pool):
    """The largest number under the window."""

    name: ClassVar[str] = "maxpool"
    source: ClassVar[str] = "Weng, Ahuja, Huang 1992; Krizhevsky, Sutskever, Hinton 2012, section 3.4 (overlapping)"
    formula: ClassVar[str] = "y = max x"

    def onnx(self, emit: Emit, xs: Names, w: Mapping[str, str], shapes: Shapes, y: Shape) -> str:
        return self._emit(emit, "MaxPool", xs[0], shapes)


class AvgPool(Pool):
    """The mean under the window, padding not counted."""

    name: ClassVar[str] = "avgpool"
    source: ClassVar[str] = "LeCun 1989"
    formula: ClassVar[str] = "y = Σ x / n, n the cells of the window that lie on the map"

    def onnx(self, emit: Emit, xs: Names, w: Mapping[str, str], shapes: Shapes, y: Shape) -> str:
        return self._emit(emit, "AveragePool", xs[0], shapes, count_include_pad=0)


class LpPool(Pool):
    """The p-norm under the window."""

    name: ClassVar[str] = "lppool"
    source: ClassVar[str] = "Sermanet, Chintala, LeCun 2012"
    formula: ClassVar[str] = "y = (Σ |x|^p)^(1/p)"

    p: Annotated[Positive, "the power of the norm"] = 2.0

    def onnx(self, emit: Emit, xs: Names, w: Mapping[str, str], shapes: Shapes, y: Shape) -> str:
        at = self.window(shapes[0])  # through a mean with padding counted: any p, any rank
        power = emit("Pow", emit("Abs", xs[0]), emit.floats(self.p))
        rank = len(at.kernel)
        padded = zeros_around(emit, power, [p[0] for p in at.pads], at.ends)
        mean = emit("AveragePool", padded, kernel_shape=list(at.kernel), strides=list(at.stride), pads=[0] * 2 * rank)
        total = emit("Mul", mean, emit.floats(float(at.taps)))
        return emit("Pow", total, emit.floats(1 / self.p))


class Subsample(Gained):
    """LeNet's: the average under the window times a trained gain a map, plus a trained bias a map."""

    name: ClassVar[str] = "subsample"
    source: ClassVar[str] = "LeCun, Bottou, Bengio, Haffner 1998, section II.B (S2)"
    formula: ClassVar[str] = "y = gain · mean x + bias"
    rule: ClassVar[str] = "the maps x size // window on each axis"
    #: Of so many maps, or a multiple, onnxruntime is quicker with a convolution (`benchmarks/subsample.py`).
    BLOCK: ClassVar[int] = 16

    size: Annotated[Sizes, "what the window covers on each axis, and how far it moves"]

    def pool(self) -> AvgPool:
        """The average it begins with."""
        return AvgPool(size=self.size)

    def shape(self, xs: Shapes) -> Shape:
        spatial(xs[0], self.name)
        return self.pool().shape(xs)

    def weights(self, xs: Shapes) -> dict[str, Weight]:
        return self.gains(maps(xs[0]))

    def cost(self, xs: Shapes, y: tuple[int, ...]) -> Cost:
        return Cost(prod(y) * (self.pool().window(xs[0]).taps + 1), 0)

    def onnx(self, emit: Emit, xs: Names, w: Mapping[str, str], shapes: Shapes, y: Shape) -> str:
        at = self.pool().window(shapes[0])
        if len(at.kernel) == 2 and maps(y) % self.BLOCK == 0:
            return self._convolved(emit, xs[0], w, at, maps(y))
        mean = self.pool().onnx(emit, xs, {}, shapes, y)
        column = (maps(y), *(1,) * (len(y) - 1))
        return emit("Add", emit("Mul", mean, emit.shaped(w["weight"], column)), emit.shaped(w["bias"], column))

    def _convolved(self, emit: Emit, x: str, w: Mapping[str, str], at: window.Window, count: int) -> str:
        """As one depthwise convolution, each of whose taps is the gain's share: runtimes compute the kernel once."""
        share = emit("Mul", emit.shaped(w["weight"], (count, 1, 1, 1)), emit.floats(1 / at.taps))
        kernel = emit("Expand", share, emit.ints((count, 1, *at.kernel)))
        return emit("Conv", x, kernel, w["bias"], kernel_shape=list(at.kernel), strides=list(at.stride), group=count)


class GlobalPool(Operator):
    """Over all positions of a map; gives one unit a map."""

    rule: ClassVar[str] = "as many units as maps"

    def shape(self, xs: Shapes) -> Shape:
        spatial(xs[0], self.name)
        return xs[0][:1]


class GlobalAvgPool(GlobalPool):
    """The mean of each map."""

    name: ClassVar[str] = "global_avgpool"
    source: ClassVar[str] = "Lin, Chen, Yan 2014, section 3.2"
    formula: ClassVar[str] = "y = mean x over all positions"

    def onnx(self, emit: Emit, xs: Names, w: Mapping[str, str], shapes: Shapes, y: Shape) -> str:
        return emit("Flatten", emit("GlobalAveragePool", xs[0]), axis=1)


class GlobalMaxPool(GlobalPool):
    """The largest number of each map."""

    name: ClassVar[str] = "global_maxpool"
    source: ClassVar[str] = "Oquab, Bottou, Laptev, Sivic 2015"
    formula: ClassVar[str] = "y = max x over all positions"

    def onnx(self, emit: Emit, xs: Names, w: Mapping[str, str], shapes: Shapes, y: Shape) -> str:
        return emit("Flatten", emit("GlobalMaxPool", xs[0]), axis=1)
