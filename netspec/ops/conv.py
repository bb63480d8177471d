"""Convolutions: conv, deconv and the locally connected local, each with an optional connection table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Annotated, Any, ClassVar

from netspec.diagnostics import Fault
from netspec.ops import window
from netspec.ops.arguments import Pads, Sizes
from netspec.ops.operator import Cost, Emit, Names, Shapes, Trained, Weight, fixed, maps, spatial
from netspec.settings.arguments import Count, Takes
from netspec.settings.readers import either, instance, optional, sizes
from netspec.shape import Dim, Shape, linear, show
from netspec.tables import KernelTable, Table

Kernel = Annotated[
    int | tuple[int, ...] | KernelTable,
    Takes(
        "a whole number of at least 1, a size such as 3 x 1, or a kernel table", either(sizes(1), instance(KernelTable))
    ),
]
Wiring = Annotated[Table | None, Takes("a connection table", optional(instance(Table)))]


class Convolution(Trained):
    """What conv, deconv and local have in common."""

    maps: Annotated[Count, "how many maps come out"]
    kernel: Annotated[Kernel, "what of the input the window covers on each axis"]
    stride: Annotated[Sizes, "how far the window moves from one place to the next"] = 1
    pad: Annotated[Pads, "zeros on both sides of each axis; `same` keeps the size at stride 1"] = 0
    dilation: Annotated[Sizes, "how far apart the values are that the window covers"] = 1
    groups: Annotated[Count, "equal runs of maps, each wired to its own run of input maps"] = 1
    table: Annotated[Wiring, "which input map feeds which output map"] = None

    def window(self, x: Shape) -> window.Window:
        """The window on the axes of ``x``."""
        return window.make(len(spatial(x, self.name)), self.kernel, self.stride, self.pad, self.dilation)

    def checked(self, x: Shape) -> None:
        """Fault where table, groups or kernel do not fit what comes in."""
        spatial(x, self.name)
        inputs = maps(x)
        if self.table is not None:
            check_table(self.table, inputs, self.maps, f"{show(x)}")
            if self.groups > 1:
                raise Fault(
                    "N210",
                    "a layer takes groups or a table, not both",
                    at="groups",
                    help="put the groups into the table: `= groups(n)`",
                )
        if inputs % self.groups:
            raise Fault("N211", f"{inputs} input maps cannot be split into {self.groups} equal groups", at="groups")
        if self.maps % self.groups:
            raise Fault("N211", f"{self.maps} output maps cannot be split into {self.groups} equal groups", at="groups")
        if self.table is not None and self.table.weights != self.table.connections and not self.table.is_full:
            kernel = self.window(x).kernel
            if (self.table.trained != self.table.connections) and any(k % 2 == 0 for k in kernel):
                raise Fault("N213", f"an even kernel, {show(kernel)}, has no middle for `=` or a number", at="kernel")

    @property
    def taps(self) -> tuple[int, ...] | None:
        """Shape of one kernel's weights: its taps that exist, or None for all of them."""
        return (self.kernel.weights,) if isinstance(self.kernel, KernelTable) else None

    def pairs(self, inputs: int) -> int:
        """Connections between maps that have a kernel."""
        return self.table.trained if self.table is not None else inputs * self.maps // self.groups

    def uses(self, taps: int) -> int:
        """Products of one kernel at one position."""
        return self.kernel.count if isinstance(self.kernel, KernelTable) else taps

    def kernel_weight(self, x: Shape, taps: tuple[int, ...], positions: tuple[int, ...] = ()) -> Weight:
        """The kernels, (maps, inputs/groups, …taps); with a table only those that exist, (kernels, …taps)."""
        uses = self.uses(prod(taps))
        inputs = maps(x)
        kept = self.taps or taps
        if self.table is not None and not self.table.is_full:
            shape = (*positions, self.table.weights, *kept)
            return Weight(shape, "kernel", self.init, FanIns(self.table, uses), self.maps * uses)
        shape = (*positions, self.maps, inputs // self.groups, *kept)
        return Weight(shape, "kernel", self.init, inputs // self.groups * uses, self.maps // self.groups * uses)

    def decided(self, xs: Shapes) -> list[str]:
        """Padding sides, and how weights begin."""
        lines = super().decided(xs)
        if self.pad == "same":
            lines.append("pad: same is " + " x ".join(f"({a} before, {b} behind)" for a, b in self.window(xs[0]).pads))
        return lines


def check_table(table: Table, inputs: int, outputs: int, came: str) -> None:
    """Fault where a table's sizes are not those of the layer."""
    if table.inputs != inputs:
        raise Fault(
            "N204",
            f"table {table.name} wires {table.inputs} input maps, but {{x}} has {inputs}",
            at="table",
            label=f"{{x}} is {came}{{from}}",
            help=f"a table for {inputs} maps would start "
            f"`{table.kind} table {table.name}: {inputs} -> {table.outputs}`",
        )
    if table.outputs != outputs:
        raise Fault(
            "N205",
            f"table {table.name} wires {table.outputs} output maps, but the layer makes {outputs}",
            at="table",
            label=f"the layer makes {outputs}",
            help=f"a table for them would start `{table.kind} table {table.name}: {table.inputs} -> {outputs}`",
        )


class FanIns(Sequence[int]):
    """For each weight of a table, the connections of the output that it feeds times ``uses``.

    Worked out when weights begin: a large table that is only checked never needs them.
    """

    def __init__(self, table: Table, uses: int = 1) -> None:
        self.table, self.uses = table, uses

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        found = self.table.weight_fan_ins * self.uses
        return found if dtype is None else found.astype(dtype)

    @property
    def most(self) -> int:
        """The largest of them."""
        return self.uses * (
            self.table.fan_in if self.table.given is None else int(self.table.weight_fan_ins.max(initial=0))
        )

    def __len__(self) -> int:
        return self.table.weights

    def __getitem__(self, at: Any) -> Any:
        return self.__array__()[at].tolist()


class Conv(Convolution):
    """Convolution (cross-correlation, as everywhere), 1-D, 2-D or 3-D by its input."""

    name: ClassVar[str] = "conv"
    source: ClassVar[str] = "LeCun, Bottou, Bengio, Haffner 1998, section II"
    formula: ClassVar[str] = "y[o, p] = Σ w[o, i, t] · x[i, p·stride + t·dilation − pad] + b[o]"
    rule: ClassVar[str] = "maps x (size + pads − dilation·(kernel − 1) − 1) // stride + 1 on each axis"

    def shape(self, xs: Shapes) -> Shape:
        self.checked(xs[0])
        return (self.maps, *self.window(xs[0]).sizes(xs[0][1:]))

    def weights(self, xs: Shapes) -> dict[str, Weight]:
        kernel = {"weight": self.kernel_weight(xs[0], self.window(xs[0]).kernel)}
        return kernel | ({"bias": self.bias_weight(self.maps)} if self.with_bias else {})

    def cost(self, xs: Shapes, y: tuple[int, ...]) -> Cost:
        macs = prod(y[1:]) * self.pairs(maps(xs[0])) * self.uses(self.window(xs[0]).taps)
        return Cost(macs + (prod(y) if self.with_bias else 0), macs)

    def onnx(self, emit: Emit, xs: Names, w: Mapping[str, str], shapes: Shapes, y: Shape) -> str:
        at = self.window(shapes[0])
        return emit(
            "Conv", xs[0], w["weight"], *((w["bias"],) if self.with_bias else ()), kernel_shape=list(at.kernel),
            strides=list(at.stride), pads=pads(at), dilations=list(at.dilation), group=self.groups,
        )  # fmt: skip


def pads(at: window.Window) -> list[int]:
    """Pads in ONNX's order: all before, then all behind."""
    return [p[0] for p in at.pads] + [p[1] for p in at.pads]


class Deconv(Convolution):
    """Transposed convolution: the gradient of a conv with respect to its input, as a layer."""

    name: ClassVar[str] = "deconv"
    source: ClassVar[str] = "Zeiler, Krishnan, Taylor, Fergus 2010; Long, Shelhamer, Darrell 2015, section 3.3"
    formula: ClassVar[str] = "size = (size − 1)·stride − 2·pad + dilation·(k − 1) + 1; with same size·stride"
    rule: ClassVar[str] = "maps x (size − 1)·stride − 2·pad + dilation·(kernel − 1) + 1; with pad same size·stride"

    def trims(self, x: Shape) -> tuple[tuple[int, int], ...]:
        """What is cut off before and behind on each axis; below 0 it is zeros added (same, with a large stride).

        With ``same`` just what ``conv(pad: same)`` pads before, so that it is the transpose of that on size · stride.
        """
        at = self.window(x)
        if self.pad != "same":
            return at.pads
        return tuple((before, r - s - before) for r, s, (before, _) in zip(at.reach, at.stride, at.pads, strict=True))

    def decided(self, xs: Shapes) -> list[str]:
        """What is cut off, where the size decides it."""
        lines = Trained.decided(self, xs)
        if self.pad == "same":
            lines.append("pad: same cuts " + " x ".join(f"({a} before, {b} behind)" for a, b in self.trims(xs[0])))
        return lines

    def shape(self, xs: Shapes) -> Shape:
        self.checked(xs[0])
        at = self.window(xs[0])
        rows = zip(xs[0][1:], at.stride, at.reach, self.trims(xs[0]), strict=True)
        sizes: tuple[Dim, ...] = tuple(linear(n, s, r - s - sum(p), 1) for n, s, r, p in rows)
        if any(isinstance(n, int) and n < 1 for n in sizes):
            raise Fault("N202", f"padding leaves nothing of {show(xs[0][1:])}", at="pad", help="pad less")
        return (self.maps, *sizes)

    def weights(self, xs: Shapes) -> dict[str, Weight]:
        kernel = {"weight": self.kernel_weight(xs[0], self.window(xs[0]).kernel)}
        return kernel | ({"bias": self.bias_weight(self.maps)} if self.with_bias else {})

    def cost(self, xs: Shapes, y: tuple[int, ...]) -> Cost:
        positions = prod(fixed(xs[0], self.name)[1:])
        macs = positions * self.pairs(maps(xs[0])) * self.uses(self.window(xs[0]).taps)
        return Cost(macs + (prod(y) if self.with_bias else 0), macs)

    def onnx(self, emit: Emit, xs: Names, w: Mapping[str, str], shapes: Shapes, y: Shape) -> str:
        at, trims = self.window(shapes[0]), self.trims(shapes[0])
        groups, inputs = self.groups, maps(shapes[0])
        # ours is (maps, inputs/groups, …), ONNX's (inputs, maps/groups, …)
        rank = len(at.kernel)
        parted = emit.shaped(w["weight"], (groups, self.maps // groups, inputs // groups, *at.kernel))
        turned = emit("Transpose", parted, perm=[0, 2, 1, *range(3, 3 + rank)])
        kernel = emit("Reshape", turned, emit.ints([inputs, self.maps // groups, *at.kernel]))
        cut = [max(p[0], 0) for p in trims] + [max(p[1], 0) for p in trims]
        return emit(
            "ConvTranspose", xs[0], kernel, *((w["bias"],) if self.with_bias else ()), strides=list(at.stride),
            pads=cut, dilations=list(at.dilation), group=groups, output_padding=[max(-p[1], 0) for p in trims],
        )  # fmt: skip


class Local(Convolution):
    """Locally connected: as conv, but each position has kernels and biases of its own."""

    name: ClassVar[str] = "local"
    source: ClassVar[str] = "LeCun 1989; Taigman, Yang, Ranzato, Wolf 2014 (DeepFace)"
    formula: ClassVar[str] = "y[o, p] = Σ w[p, o, i, t] · x[i, p·stride + t·dilation − pad] + b[o, p]"
    rule: ClassVar[str] = (
        "maps x (size + pads − dilation·(kernel − 1) − 1) // stride + 1 on each axis, none of them free"
    )

    def shape(self, xs: Shapes) -> Shape:
        self.checked(xs[0])
        fixed(xs[0], self.name)
        return (self.maps, *self.window(xs[0]).sizes(xs[0][1:]))

    def weights(self, xs: Shapes) -> dict[str, Weight]:
        y = fixed(self.shape(xs), self.name)
        kernel = self.kernel_weight(xs[0], self.window(xs[0]).kernel, y[1:])
        fan_in = max(kernel.fan_in.most, 1) if isinstance(kernel.fan_in, FanIns) else kernel.fan_in
        weights = {"weight": Weight(kernel.shape, "kernel", self.init, fan_in, kernel.fan_out)}
        if self.with_bias:
            weights["bias"] = Weight(y, "bias", self.bias_weight(1).start)
        return weights

    def cost(self, xs: Shapes, y: tuple[int, ...]) -> Cost:
        macs = prod(y[1:]) * self.pairs(maps(xs[0])) * self.uses(self.window(xs[0]).taps)
        return Cost(macs + (prod(y) if self.with_bias else 0), macs)

    def onnx(self, emit: Emit, xs: Names, w: Mapping[str, str], shapes: Shapes, y: Shape) -> str:
        """Patches by a convolution with unit kernels, then one product a position."""
        at, (outputs, *places) = self.window(shapes[0]), fixed(y, self.name)
        inputs, positions, groups = maps(shapes[0]), prod(fixed(y, self.name)[1:]), self.groups
        taps = at.taps
        unit = [float(a == b) for a in range(taps) for b in range(taps)] * inputs
        patches = emit(
            "Conv", xs[0], emit.floats(unit, (inputs * taps, 1, *at.kernel)), kernel_shape=list(at.kernel),
            strides=list(at.stride), pads=pads(at), dilations=list(at.dilation), group=inputs,
        )  # fmt: skip
        width = inputs // groups * taps
        parted = emit("Reshape", patches, emit.ints([-1, groups, width, positions]))
        rows = emit("Transpose", parted, perm=[3, 1, 0, 2])  # (positions, groups, n, width)
        shaped = emit.shaped(w["weight"], (positions, groups, outputs // groups, width))
        kernels = emit("Transpose", shaped, perm=[0, 1, 3, 2])
        product = emit("Transpose", emit("MatMul", rows, kernels), perm=[2, 1, 3, 0])
        result = emit("Reshape", product, emit.ints([-1, outputs, *places]))
        return emit("Add", result, w["bias"]) if self.with_bias else result
