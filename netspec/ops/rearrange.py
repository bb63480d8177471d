"""Layers that move, cut or repeat numbers."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Annotated, ClassVar, Literal

from netspec.diagnostics import Fault
from netspec.ops import window
from netspec.ops.arguments import Sizes
from netspec.ops.operator import Emit, Names, Operator, Shapes, fixed, maps, spatial, zeros_around
from netspec.settings.arguments import Count, Real, Takes
from netspec.settings.readers import list_of, one_of, optional, sizes, whole
from netspec.shape import Shape, linear, show


class Flatten(Operator):
    """All numbers as units: maps, then depth, height, width."""

    name: ClassVar[str] = "flatten"
    formula: ClassVar[str] = "units = maps · height · width"
    rule: ClassVar[str] = "maps · height · width units"

    def shape(self, xs: Shapes) -> Shape:
        return (prod(fixed(xs[0], self.name)),)

    def onnx(self, emit: Emit, xs: Names, w: Mapping[str, str], shapes: Shapes, y: Shape) -> str:
        return emit("Flatten", xs[0], axis=1)


class Reshape(Operator):
    """The same numbers in another shape."""

    name: ClassVar[str] = "reshape"
    formula: ClassVar[str] = "numbers stay in their order: maps, depth, height, width"
    rule: ClassVar[str] = "the given one, of as many numbers"

    size: Annotated[Sizes, "the sizes of the result"]

    def shape(self, xs: Shapes) -> Shape:
        target = self.size if isinstance(self.size, tuple) else (self.size,)
        there = fixed(xs[0], self.name)
        if prod(target) != prod(there):
            raise Fault(
                "N216", f"{show(there)} has {prod(there)} numbers, but {show(target)} has {prod(target)}", at="size"
            )
        if len(target) > 4:
            raise Fault("N216", "a value has at most four axes: maps, depth, height and width", at="size")
        return target

    def onnx(self, emit: Emit, xs: Names, w: Mapping[str, str], shapes: Shapes, y: Shape) -> str:
        return emit("Reshape", xs[0], emit.ints([-1, *fixed(y, self.name)]))


class Shuffle(Operator):
    """Channel shuffle: of n maps the i·n/g + j-th comes to place j·g + i."""

    name: ClassVar[str] = "shuffle"
    source: ClassVar[str] = "Zhang, Zhou, Lin, Sun 2018 (ShuffleNet), section 3.1"
    formula: ClassVar[str] = "y[j·g + i] = x[i·n/g + j]"

    groups: Annotated[Count, "how many equal runs of maps are dealt out in turn"]

    def shape(self, xs: Shapes) -> Shape:
        if maps(xs[0]) % self.groups:
            raise Fault("N211", f"{maps(xs[0])} maps cannot be split into {self.groups} equal groups", at="groups")
        return xs[0]

    def onnx(self, emit: Emit, xs: Names, w: Mapping[str, str], shapes: Shapes, y: Shape) -> str:
        parted = emit("Reshape", xs[0], emit.ints([0, self.groups, maps(y) // self.groups, -1]))
        turned = emit("Transpose", parted, perm=[0, 2, 1, 3])
        return emit("Reshape", turned, emit("Shape", xs[0]))


class Upsample(Operator):
    """Each axis ``factor`` times as long, by repeating or by straight lines between pixel centres."""

    name: ClassVar[str] = "upsample"
    formula: ClassVar[str] = "size = factor · size"
    rule: ClassVar[str] = "the maps x factor · size on each axis"

    factor: Annotated[Sizes, "how many times as large each axis becomes"]
    mode: Annotated[
        Literal["nearest", "linear"],
        Takes("nearest or linear", one_of("nearest", "linear"), ("nearest", "linear")),
        "how what lies between is filled",
    ] = "nearest"

    def decided(self, xs: Shapes) -> list[str]:
        """How it fills in."""
        return [] if "mode" in self.given else [f"mode is {self.mode}"]

    def shape(self, xs: Shapes) -> Shape:
        sizes = spatial(xs[0], self.name)
        factors = window.each(self.factor, len(sizes), "factor")
        return (xs[0][0], *(linear(n, f, 0, 1) for n, f in zip(sizes, factors, strict=True)))

    def onnx(self, emit: Emit, xs: Names, w: Mapping[str, str], shapes: Shapes, y: Shape) -> str:
        factors = window.each(self.factor, len(y) - 1, "factor")
        scales = emit.floats([1.0, 1.0, *map(float, factors)])
        if self.mode == "nearest":
            return emit("Resize", xs[0], "", scales, mode="nearest", nearest_mode="floor",
                        coordinate_transformation_mode="asymmetric")  # fmt: skip
        return emit("Resize", xs[0], "", scales, mode="linear", coordinate_transformation_mode="half_pixel")


class Pad(Operator):
    """Zeros on both sides of each axis."""

    name: ClassVar[str] = "pad"
    formula: ClassVar[str] = "size = size + 2 · n"
    rule: ClassVar[str] = "the maps x size + 2 · n on each axis"

    size: Annotated[
        int | tuple[int, ...],
        Takes("a whole number of at least 0, or a size such as 0 x 2", sizes(0)),
        "zeros on both sides of each axis",
    ]

    def shape(self, xs: Shapes) -> Shape:
        sizes = spatial(xs[0], self.name)
        pads = window.each(self.size, len(sizes), "size")
        return (xs[0][0], *(linear(n, 1, 2 * p, 1) for n, p in zip(sizes, pads, strict=True)))

    def onnx(self, emit: Emit, xs: Names, w: Mapping[str, str], shapes: Shapes, y: Shape) -> str:
        pads = window.each(self.size, len(y) - 1, "size")
        return zeros_around(emit, xs[0], pads, pads)


class Crop(Operator):
    """The middle of each map, ``height x width`` large; ``depth`` stands behind them, as in ``crop(h, w, d)``."""

    name: ClassVar[str] = "crop"
    source: ClassVar[str] = "Ronneberger, Fischer, Brox 2015 (U-Net)"
    formula: ClassVar[str] = "from (size − n) // 2 on"
    rule: ClassVar[str] = "the maps x the given size"

    height: Annotated[Count, "what is left of the height; alone, of each axis"]
    width: Annotated[
        int | None, Takes("a whole number of at least 1", optional(whole(1))), "what is left of the width"
    ] = None
    depth: Annotated[
        int | None, Takes("a whole number of at least 1", optional(whole(1))), "what is left of the depth"
    ] = None

    def sizes(self, x: Shape) -> tuple[int, ...]:
        """What stays of each axis, in the value's order: depth, height, width; one number is for all."""
        axes = len(spatial(x, self.name))
        if self.width is None:
            if self.depth is not None:
                raise Fault("N203", "a crop with a depth needs a width too", at="depth")
            return (self.height,) * axes
        given = (self.height, self.width) if self.depth is None else (self.depth, self.height, self.width)
        if len(given) != axes:
            raise Fault("N203", f"crop {show(given)} has {len(given)} sizes, but the value has {axes} axes", at="width")
        return given

    def starts(self, x: Shape) -> tuple[int, ...]:
        """Where the middle begins on each axis."""
        kept = self.sizes(x)
        there = fixed(x, self.name)[1:]
        if any(k > n for k, n in zip(kept, there, strict=True)):
            raise Fault("N202", f"a crop of {show(kept)} does not fit into {show(there)}", at="height")
        return tuple((n - k) // 2 for n, k in zip(there, kept, strict=True))

    def shape(self, xs: Shapes) -> Shape:
        self.starts(xs[0])
        return (xs[0][0], *self.sizes(xs[0]))

    def onnx(self, emit: Emit, xs: Names, w: Mapping[str, str], shapes: Shapes, y: Shape) -> str:
        starts = self.starts(shapes[0])
        ends = [a + n for a, n in zip(starts, fixed(y, self.name)[1:], strict=True)]
        return emit("Slice", xs[0], emit.ints(starts), emit.ints(ends), emit.ints(list(range(2, 2 + len(starts)))))


class Slice(Operator):
    """Some of the maps, or units, in the order of the list."""

    name: ClassVar[str] = "slice"
    formula: ClassVar[str] = "y[j] = x[maps[j]]"
    rule: ClassVar[str] = "as many maps as listed x the size"

    maps: Annotated[
        list[int],
        Takes("a range or a list of maps, such as 0..47", list_of(whole(0), at_least=1)),
        "which maps or units, in this order",
    ]

    def shape(self, xs: Shapes) -> Shape:
        there = maps(xs[0])
        if max(self.maps) >= there:
            raise Fault("N216", f"there is no map {max(self.maps)}: maps are numbered 0 to {there - 1}", at="maps")
        return (len(self.maps), *xs[0][1:])

    def onnx(self, emit: Emit, xs: Names, w: Mapping[str, str], shapes: Shapes, y: Shape) -> str:
        return emit("Gather", xs[0], emit.ints(self.maps), axis=1)


class Scale(Operator):
    """Times a constant."""

    name: ClassVar[str] = "scale"
    formula: ClassVar[str] = "y = a · x"

    factor: Annotated[Real, "what each value is multiplied by"]

    def onnx(self, emit: Emit, xs: Names, w: Mapping[str, str], shapes: Shapes, y: Shape) -> str:
        return emit("Mul", xs[0], emit.floats(self.factor))


class Shift(Operator):
    """Plus a constant."""

    name: ClassVar[str] = "shift"
    formula: ClassVar[str] = "y = x + b"

    amount: Annotated[Real, "what is added to each value"]

    def onnx(self, emit: Emit, xs: Names, w: Mapping[str, str], shapes: Shapes, y: Shape) -> str:
        return emit("Add", xs[0], emit.floats(self.amount))
