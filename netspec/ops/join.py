"""Joins: several values become one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from netspec.diagnostics import Fault
from netspec.ops.operator import Emit, Names, Operator, Shapes
from netspec.shape import Dim, Shape, same, show


class Join(Operator):
    """What takes several values."""

    joins: ClassVar[bool] = True

    def rows(self, emit: Emit, xs: Names, shapes: Shapes, y: Shape) -> list[str]:
        """The inputs with units seen as maps of size 1, so that axes meet."""
        return [
            x if len(shape) == len(y) else emit("Unsqueeze", x, emit.ints(list(range(len(shape) + 1, len(y) + 1))))
            for x, shape in zip(xs, shapes, strict=True)
        ]


class Concat(Join):
    """Maps, or units, one after the other; all other sizes equal."""

    name: ClassVar[str] = "concat"
    source: ClassVar[str] = "Szegedy et al. 2015 (GoogLeNet), section 4"
    formula: ClassVar[str] = "maps = Σ maps"
    rule: ClassVar[str] = "the sum of the maps x the size that all have"

    def shape(self, xs: Shapes) -> Shape:
        for other in xs[1:]:
            if len(other) != len(xs[0]) or not all(map(same, other[1:], xs[0][1:])):
                raise Fault(
                    "N215",
                    f"concat gets values of {_and(xs)}: all sizes except the maps must be equal",
                    help=_size_help(xs),
                )
        total = sum(x[0] for x in xs if isinstance(x[0], int))
        return (total, *xs[0][1:])

    def onnx(self, emit: Emit, xs: Names, w: Mapping[str, str], shapes: Shapes, y: Shape) -> str:
        return emit("Concat", *xs, axis=1) if len(xs) > 1 else emit("Identity", xs[0])


class Stretched(Join):
    """Number by number on equal shapes, where an axis of 1 stretches and units count as maps of size 1."""

    kind: ClassVar[str]
    rule: ClassVar[str] = "the shape that all have; one of maps x 1 x 1, or of units, goes over all positions"

    def shape(self, xs: Shapes) -> Shape:
        rank = max(map(len, xs))
        wide = [x + (1,) * (rank - len(x)) if len(x) == 1 else x for x in xs]
        axes: list[Dim] = []
        for sizes in zip(*wide, strict=False):
            large = [n for n in sizes if n != 1]
            if not all(same(n, large[0]) for n in large):
                axes = []
                break
            axes.append(large[0] if large else 1)
        if len(axes) != rank or any(len(x) != rank for x in wide):
            raise Fault("N215", f"{self.name} gets values of {_and(xs)}: shapes must be equal", help=_size_help(xs))
        return tuple(axes)

    def onnx(self, emit: Emit, xs: Names, w: Mapping[str, str], shapes: Shapes, y: Shape) -> str:
        result, *others = self.rows(emit, xs, shapes, y)
        for other in others:
            result = emit(self.kind, result, other)
        return result if len(xs) > 1 else emit("Identity", result)


class Add(Stretched):
    """The sum."""

    name: ClassVar[str] = "add"
    source: ClassVar[str] = "He, Zhang, Ren, Sun 2016, eq. 1"
    formula: ClassVar[str] = "y = Σ x"
    kind: ClassVar[str] = "Add"


class Subtract(Stretched):
    """The first minus the others."""

    name: ClassVar[str] = "subtract"
    formula: ClassVar[str] = "y = x₁ − x₂ − …"
    kind: ClassVar[str] = "Sub"


class Multiply(Stretched):
    """The product: gates."""

    name: ClassVar[str] = "multiply"
    source: ClassVar[str] = "Hu, Shen, Sun 2018, eq. 4 (squeeze and excitation)"
    formula: ClassVar[str] = "y = Π x"
    kind: ClassVar[str] = "Mul"


def _and(xs: Shapes) -> str:
    shapes = [show(x) for x in xs]
    return " and ".join([", ".join(shapes[:-1]), shapes[-1]] if len(shapes) > 1 else shapes)


def _size_help(xs: Shapes) -> str:
    if len({len(x) for x in xs}) == 1 and len({x[1:] for x in xs}) == 1:
        return "give both the same number of maps: a conv(maps, 1), or `concat`"
    return "make the sizes equal: look at strides and padding"
