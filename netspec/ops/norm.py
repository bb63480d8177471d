"""Normalisation: norm (batch), layer_norm, group_norm, and AlexNet's lrn."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Annotated, ClassVar

from netspec.diagnostics import Fault
from netspec.ops.arguments import Init
from netspec.ops.operator import Cost, Emit, Gained, Names, Operator, Shapes, Weight, maps, spatial
from netspec.settings.arguments import Count, Flag, Positive, Real, Share
from netspec.shape import Shape


class Affine(Gained):
    """A norm with a gain and a bias a map unless ``affine: false``."""

    epsilon: Annotated[Positive, "what is added to the variance, which may be 0"] = 1e-5
    affine: Annotated[Flag, "whether a trained gain and shift follow"] = True

    def weights(self, xs: Shapes) -> dict[str, Weight]:
        return self.gains(maps(xs[0])) if self.affine else {}

    def cost(self, xs: Shapes, y: tuple[int, ...]) -> Cost:
        return Cost(2 * prod(y) if self.affine else 0, 0)

    def scaled(self, emit: Emit, x: str, w: Mapping[str, str], y: Shape) -> str:
        """``x`` times the gains plus the biases."""
        if not self.affine:
            return x
        column = (maps(y), *(1,) * (len(y) - 1))
        return emit("Add", emit("Mul", x, emit.shaped(w["weight"], column)), emit.shaped(w["bias"], column))

    def centred(self, emit: Emit, x: str, axes: list[int]) -> str:
        """``(x − mean) / √(variance + ε)`` over ``axes``.

        The mean is taken away twice, since in single precision the first is only near.
        """
        over = emit.ints(axes)
        near = emit("Sub", x, emit("ReduceMean", x, over))
        apart = emit("Sub", near, emit("ReduceMean", near, over))
        variance = emit("ReduceMean", emit("Mul", apart, apart), over)
        return emit("Div", apart, emit("Sqrt", emit("Add", variance, emit.floats(self.epsilon))))


class Norm(Affine):
    """Batch normalisation, a map or unit at a time; running statistics while it is used."""

    name: ClassVar[str] = "norm"
    source: ClassVar[str] = "Ioffe, Szegedy 2015, algorithm 1"
    formula: ClassVar[str] = "y = gain · (x − mean) / √(variance + epsilon) + bias"

    momentum: Annotated[Share, "how much a step keeps of the running statistics"] = 0.9

    def decided(self, xs: Shapes) -> list[str]:
        """Its small number and its memory."""
        lines = [] if "epsilon" in self.given else [f"epsilon is {self.epsilon:g}"]
        return lines + (
            [] if "momentum" in self.given else [f"running statistics keep {self.momentum:g} of the old at each step"]
        )

    def weights(self, xs: Shapes) -> dict[str, Weight]:
        size = (maps(xs[0]),)
        return super().weights(xs) | {
            "running_mean": Weight(size, "state", Init("constant", 0.0)),
            "running_var": Weight(size, "state", Init("constant", 1.0)),
        }

    def onnx(self, emit: Emit, xs: Names, w: Mapping[str, str], shapes: Shapes, y: Shape) -> str:
        ones, zeros = emit.floats([1.0] * maps(y)), emit.floats([0.0] * maps(y))
        gains = (w["weight"], w["bias"]) if self.affine else (ones, zeros)
        return emit("BatchNormalization", xs[0], *gains, w["running_mean"], w["running_var"], epsilon=self.epsilon)


class LayerNorm(Affine):
    """Over the units, or over the maps at each position."""

    name: ClassVar[str] = "layer_norm"
    source: ClassVar[str] = "Ba, Kiros, Hinton 2016, eq. 3"
    formula: ClassVar[str] = "y = gain · (x − mean) / √(variance + epsilon) + bias, over the maps"

    def onnx(self, emit: Emit, xs: Names, w: Mapping[str, str], shapes: Shapes, y: Shape) -> str:
        return self.scaled(emit, self.centred(emit, xs[0], [1]), w, y)


class GroupNorm(Affine):
    """Over the maps of a group and all positions."""

    name: ClassVar[str] = "group_norm"
    source: ClassVar[str] = "Wu, He 2018, eq. 7"
    formula: ClassVar[str] = "y = gain · (x − mean) / √(variance + epsilon) + bias, over a group"
    first: ClassVar[tuple[str, ...]] = ("groups",)

    groups: Annotated[Count, "how many equal runs of maps there are, each normalised by itself"]

    def shape(self, xs: Shapes) -> Shape:
        if maps(xs[0]) % self.groups:
            raise Fault("N211", f"{maps(xs[0])} maps cannot be split into {self.groups} equal groups", at="groups")
        return xs[0]

    def onnx(self, emit: Emit, xs: Names, w: Mapping[str, str], shapes: Shapes, y: Shape) -> str:
        parted = emit("Reshape", xs[0], emit.ints([0, self.groups, -1]))
        normed = emit("Reshape", self.centred(emit, parted, [2]), emit("Shape", xs[0]))
        return self.scaled(emit, normed, w, y)


class Lrn(Operator):
    """Local response normalisation over neighbouring maps, as AlexNet, Caffe and ONNX compute it."""

    name: ClassVar[str] = "lrn"
    source: ClassVar[str] = "Krizhevsky, Sutskever, Hinton 2012, section 3.3 (their α is alpha/size here)"
    formula: ClassVar[str] = "y = x / (bias + alpha/size · Σ x²)^beta over `size` maps around"

    size: Annotated[Count, "how many maps around count"] = 5
    alpha: Annotated[Real, "the weight of the squares, over size"] = 1e-4
    beta: Annotated[Real, "the power of the sum"] = 0.75
    bias: Annotated[Positive, "what is added to the sum of squares"] = 1.0

    def shape(self, xs: Shapes) -> Shape:
        spatial(xs[0], self.name)
        return xs[0]

    def onnx(self, emit: Emit, xs: Names, w: Mapping[str, str], shapes: Shapes, y: Shape) -> str:
        # written out, since LRN of the standard takes two spatial axes only
        before, behind = (self.size - 1) // 2, self.size // 2
        rest = len(y) - 1
        squares = emit("Mul", xs[0], xs[0])
        flat = emit("Reshape", squares, emit.ints([0, 1, maps(y), -1]))
        mean = emit("AveragePool", flat, kernel_shape=[self.size, 1], strides=[1, 1],
                    pads=[before, 0, behind, 0], count_include_pad=1)  # fmt: skip
        wide = emit("Reshape", mean, emit("Shape", xs[0])) if rest else mean
        base = emit("Add", emit("Mul", wide, emit.floats(self.alpha)), emit.floats(self.bias))
        return emit("Div", xs[0], emit("Pow", base, emit.floats(self.beta)))

    def decided(self, xs: Shapes) -> list[str]:
        return [f"lrn divides alpha by size: alpha/size = {self.alpha / self.size:g} (the form of Caffe and ONNX)"]
