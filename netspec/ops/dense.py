"""Layers of units: dense, and rbf, which measures distances."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Annotated, ClassVar

from netspec.diagnostics import Fault
from netspec.ops.arguments import Init, Initial
from netspec.ops.conv import FanIns, Wiring, check_table
from netspec.ops.operator import Begun, Cost, Emit, Names, Shapes, Trained, Weight, fixed
from netspec.settings.arguments import Count, Takes
from netspec.settings.readers import instance, number, optional
from netspec.shape import LEAST, SINGLE, Shape, show
from netspec.tables import Table


class Dense(Trained):
    """Every input number feeds every unit, or those that the table says; what it gets is flattened first."""

    name: ClassVar[str] = "dense"
    source: ClassVar[str] = "Rosenblatt 1958; Rumelhart, Hinton, Williams 1986"
    formula: ClassVar[str] = "y[j] = Σ w[j, i] · x[i] + b[j]"
    rule: ClassVar[str] = "units; maps are flattened first"

    units: Annotated[Count, "how many units come out"]
    table: Annotated[Wiring, "which input unit feeds which output unit"] = None

    def shape(self, xs: Shapes) -> Shape:
        inputs = prod(fixed(xs[0], self.name))
        if self.table is not None:
            check_table(self.table, inputs, self.units, show(xs[0]))
        return (self.units,)

    def weights(self, xs: Shapes) -> dict[str, Weight]:
        inputs = prod(fixed(xs[0], self.name))
        if self.table is not None and not self.table.is_full:
            kernel = Weight((self.table.weights,), "kernel", self.init, FanIns(self.table), self.units)
        else:
            kernel = Weight((self.units, inputs), "kernel", self.init, inputs, self.units)
        return {"weight": kernel} | ({"bias": self.bias_weight(self.units)} if self.with_bias else {})

    def cost(self, xs: Shapes, y: tuple[int, ...]) -> Cost:
        macs = self.table.trained if self.table is not None else prod(fixed(xs[0], self.name)) * self.units
        return Cost(macs + (self.units if self.with_bias else 0), macs)

    def onnx(self, emit: Emit, xs: Names, w: Mapping[str, str], shapes: Shapes, y: Shape) -> str:
        flat = emit("Flatten", xs[0], axis=1) if len(shapes[0]) > 1 else xs[0]
        bias = (w["bias"],) if self.with_bias else ()
        if self.table is None or self.table.is_full:
            return emit("Gemm", flat, w["weight"], *bias, transB=1)
        cells = self.table.cells  # by its connections: gather, multiply, add up by output
        kept, which = w["weight"], cells.weight.copy()
        still = which < 0
        if still.any():  # `=` and numbers stand behind the weights
            kept = emit("Concat", kept, emit.floats(cells.value[still]), axis=0)
            which[still] = range(self.table.weights, self.table.weights + int(still.sum()))
        columns = emit("Mul", emit("Gather", flat, emit.ints(cells.input.tolist()), axis=1),
                       emit("Gather", kept, emit.ints(which.tolist()), axis=0))  # fmt: skip
        turned = emit("Transpose", columns, perm=[1, 0])
        where = emit("Reshape", emit.ints(cells.output.tolist()), emit.ints([-1, 1]))
        spread = emit("Expand", where, emit("Shape", turned))
        zeros = emit(
            "ConstantOfShape", emit("Concat", emit.ints([self.units]), emit("Shape", flat, start=0, end=1), axis=0)
        )
        total = emit("Transpose", emit("ScatterElements", zeros, spread, turned, axis=0, reduction="add"), perm=[1, 0])
        return emit("Add", total, *bias) if bias else total


class Rbf(Begun):
    """Squared Euclidean distance to each unit's code; with a width the Gaussian of it."""

    name: ClassVar[str] = "rbf"
    source: ClassVar[str] = "Broomhead, Lowe 1988; LeCun et al. 1998, eq. 7 (fixed codes)"
    formula: ClassVar[str] = "d²[j] = Σ (x[i] − c[j, i])²; with width σ: exp(−d²/2σ²)"
    rule: ClassVar[str] = "units; maps are flattened first"

    units: Annotated[Count, "how many units come out"]
    codes: Annotated[
        Table | None,
        Takes("a connection table whose X is 1 and . is -1", optional(instance(Table))),
        "the codes of the units, in place of trained ones",
    ] = None
    width: Annotated[
        float | None, Takes("a number above 0", optional(number(LEAST, SINGLE))), "σ of exp(−d²/2σ²), in place of d²"
    ] = None
    init: Initial = Init("gaussian", 1.0)

    def shape(self, xs: Shapes) -> Shape:
        if self.codes is not None:
            try:
                check_table(self.codes, prod(fixed(xs[0], self.name)), self.units, show(xs[0]))
            except Fault as fault:
                fault.at = "codes" if fault.at == "table" else fault.at
                raise
        return (self.units,)

    def weights(self, xs: Shapes) -> dict[str, Weight]:
        inputs = prod(fixed(xs[0], self.name))
        role = "kernel" if self.codes is None else "fixed"
        return {"weight": Weight((self.units, inputs), role, self.init, inputs, self.units)}

    def cost(self, xs: Shapes, y: tuple[int, ...]) -> Cost:
        return Cost(prod(fixed(xs[0], self.name)) * self.units, 0)

    def onnx(self, emit: Emit, xs: Names, w: Mapping[str, str], shapes: Shapes, y: Shape) -> str:
        row = emit("Reshape", xs[0], emit.ints([-1, 1, prod(fixed(shapes[0], self.name))]))
        apart = emit("Sub", row, w["weight"])
        squared = emit("ReduceSum", emit("Mul", apart, apart), emit.ints([2]), keepdims=0)
        if self.width is None:
            return squared
        return emit("Exp", emit("Mul", squared, emit.floats(-0.5 / self.width**2)))
