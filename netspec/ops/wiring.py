"""A table's wiring as a layer of its own, with no weights."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from collections.abc import Mapping
from typing import Annotated, ClassVar

from netspec.diagnostics import Fault
from netspec.ops import window
from netspec.ops.arguments import Sizes
from netspec.ops.conv import check_table
from netspec.ops.operator import Emit, Names, Operator, Shapes, maps
from netspec.settings.arguments import Takes
from netspec.settings.readers import instance
from netspec.shape import Shape, linear, show
from netspec.tables import Table


class Connect(Operator):
    """Each output map is the sum of what ``=`` (as it is) and number cells (times that) pass on; none gives zeros."""

    name: ClassVar[str] = "connect"
    source: ClassVar[str] = "He, Zhang, Ren, Sun 2016, section 3.3 (shortcut A)"
    formula: ClassVar[str] = "y[o] = Σ cell[i, o] · x[i], every stride-th position"
    rule: ClassVar[str] = "the table's outputs x (size − 1) // stride + 1 on each axis"

    table: Annotated[Table, Takes("a connection table", instance(Table)), "which input map becomes which output map"]
    stride: Annotated[Sizes, "how far apart the places are that are taken"] = 1

    def strides(self, x: Shape) -> tuple[int, ...]:
        """The stride on each axis."""
        return window.each(self.stride, len(x) - 1, "stride") if len(x) > 1 else ()

    def shape(self, xs: Shapes) -> Shape:
        check_table(self.table, maps(xs[0]), self.table.outputs, show(xs[0]))
        if self.table.trained:
            raise Fault(
                "N217",
                f"connect only passes maps on, but table {self.table.name} has cells with weights",
                at="table",
                help="use a residual table of `=` and numbers, or a conv with `table:`",
            )
        rows = zip(xs[0][1:], self.strides(xs[0]), strict=True)
        return (self.table.outputs, *(linear(n, 1, s - 1, s) for n, s in rows))

    def onnx(self, emit: Emit, xs: Names, w: Mapping[str, str], shapes: Shapes, y: Shape) -> str:
        x, rank = xs[0], len(y) - 1
        if any(s > 1 for s in self.strides(shapes[0])):
            axes = emit.ints(list(range(2, 2 + rank)))
            x = emit(
                "Slice",
                x,
                emit.ints([0] * rank),
                emit.ints([2**31 - 1] * rank),
                axes,
                emit.ints(self.strides(shapes[0])),
            )
        if self.picks:  # each output one input, zeros behind
            cells = self.table.cells
            same = cells.input.tolist() == list(range(self.table.inputs))
            picked = x if same else emit("Gather", x, emit.ints(cells.input.tolist()), axis=1)
            missing = self.table.outputs - len(cells.input)
            return emit("Pad", picked, emit.ints([0, 0, *[0] * rank, 0, missing, *[0] * rank])) if missing else (
                emit("Identity", picked) if picked == xs[0] else picked)  # fmt: skip
        from netspec.tables.spread import matrix_of

        matrix = matrix_of(self.table)
        if not rank:
            return emit("Gemm", x, emit.floats(matrix), transB=1)
        return emit("Conv", x, emit.floats(matrix, (*matrix.shape, *(1,) * rank)), kernel_shape=[1] * rank)

    @property
    def picks(self) -> bool:
        """Whether the first outputs pass on one input each as it is, and the rest are zeros."""
        cells = self.table.cells
        return cells.output.tolist() == list(range(len(cells.output))) and bool((cells.value == 1).all())
