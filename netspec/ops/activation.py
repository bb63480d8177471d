"""Activations: a number at a time, and softmax over the maps."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod, sqrt
from typing import Annotated, ClassVar

from netspec.ops.arguments import Init, Initial
from netspec.ops.operator import Begun, Cost, Emit, Names, Operator, Shapes, Weight, maps
from netspec.settings.arguments import Positive, Real, Takes
from netspec.settings.readers import number, optional
from netspec.shape import LEAST, SINGLE, Shape

__all__ = [
    "Abs", "Elu", "Gelu", "HardSigmoid", "HardSwish", "LeakyRelu", "LogSoftmax", "PRelu", "Relu", "Selu", "Sigmoid",
    "Silu", "Softmax", "Softplus", "Softsign", "Square", "Tanh",
]  # fmt: skip


class Plain(Operator):
    """An activation that ONNX has under the name ``kind``, with no arguments."""

    kind: ClassVar[str]

    def onnx(self, emit: Emit, xs: Names, w: Mapping[str, str], shapes: Shapes, y: Shape) -> str:
        return emit(self.kind, xs[0])


class Relu(Operator):
    """Rectifier; ``max: 6`` bounds it above."""

    name: ClassVar[str] = "relu"
    source: ClassVar[str] = "Nair, Hinton 2010"
    formula: ClassVar[str] = "y = min(max(x, 0), max)"

    max: Annotated[
        float | None, Takes("a number above 0", optional(number(LEAST, SINGLE))), "what it is bounded by above"
    ] = None

    def onnx(self, emit: Emit, xs: Names, w: Mapping[str, str], shapes: Shapes, y: Shape) -> str:
        if self.max is None:
            return emit("Relu", xs[0])
        return emit("Clip", xs[0], emit.floats(0.0), emit.floats(self.max))


class LeakyRelu(Operator):
    """Rectifier with a small slope below 0."""

    name: ClassVar[str] = "leaky_relu"
    source: ClassVar[str] = "Maas, Hannun, Ng 2013"
    formula: ClassVar[str] = "y = x if x > 0 else slope · x"

    slope: Annotated[Real, "the slope below 0"] = 0.01

    def onnx(self, emit: Emit, xs: Names, w: Mapping[str, str], shapes: Shapes, y: Shape) -> str:
        return emit("LeakyRelu", xs[0], alpha=self.slope)


class PRelu(Begun):
    """Rectifier with a trained slope a map below 0."""

    name: ClassVar[str] = "prelu"
    source: ClassVar[str] = "He, Zhang, Ren, Sun 2015, eq. 1"
    formula: ClassVar[str] = "y = x if x > 0 else a · x"

    init: Initial = Init("constant", 0.25)

    def weights(self, xs: Shapes) -> dict[str, Weight]:
        return {"weight": Weight((maps(xs[0]),), "gain", self.init)}

    def cost(self, xs: Shapes, y: tuple[int, ...]) -> Cost:
        return Cost(prod(y), 0)

    def onnx(self, emit: Emit, xs: Names, w: Mapping[str, str], shapes: Shapes, y: Shape) -> str:
        return emit("PRelu", xs[0], emit.shaped(w["weight"], (maps(y), *(1,) * (len(y) - 1))))


class Elu(Operator):
    """Exponential linear unit."""

    name: ClassVar[str] = "elu"
    source: ClassVar[str] = "Clevert, Unterthiner, Hochreiter 2016, eq. 15"
    formula: ClassVar[str] = "y = x if x > 0 else alpha · (exp x − 1)"

    alpha: Annotated[Positive, "what it tends to far below 0, with the sign turned"] = 1.0

    def onnx(self, emit: Emit, xs: Names, w: Mapping[str, str], shapes: Shapes, y: Shape) -> str:
        return emit("Elu", xs[0], alpha=self.alpha)


class Selu(Plain):
    """Self-normalising ELU with its two fixed constants."""

    name: ClassVar[str] = "selu"
    source: ClassVar[str] = "Klambauer, Unterthiner, Mayr, Hochreiter 2017, eq. 2"
    formula: ClassVar[str] = "y = 1.0507 · (x if x > 0 else 1.6733 · (exp x − 1))"
    kind: ClassVar[str] = "Selu"


class Gelu(Operator):
    """Gaussian error linear unit, the exact one."""

    name: ClassVar[str] = "gelu"
    source: ClassVar[str] = "Hendrycks, Gimpel 2016"
    formula: ClassVar[str] = "y = x/2 · (1 + erf(x/√2))"

    def onnx(self, emit: Emit, xs: Names, w: Mapping[str, str], shapes: Shapes, y: Shape) -> str:
        erf = emit("Erf", emit("Mul", xs[0], emit.floats(1 / sqrt(2))))
        return emit("Mul", emit("Mul", xs[0], emit.floats(0.5)), emit("Add", erf, emit.floats(1.0)))


class Silu(Operator):
    """Sigmoid-weighted linear unit (swish)."""

    name: ClassVar[str] = "silu"
    source: ClassVar[str] = "Elfwing, Uchibe, Doya 2017; Ramachandran, Zoph, Le 2017"
    formula: ClassVar[str] = "y = x · sigmoid(x)"

    def onnx(self, emit: Emit, xs: Names, w: Mapping[str, str], shapes: Shapes, y: Shape) -> str:
        return emit("Mul", xs[0], emit("Sigmoid", xs[0]))


class HardSwish(Plain):
    """Swish from straight pieces."""

    name: ClassVar[str] = "hard_swish"
    source: ClassVar[str] = "Howard et al. 2019 (MobileNetV3), section 5.2"
    formula: ClassVar[str] = "y = x · min(max(x/6 + 1/2, 0), 1)"
    kind: ClassVar[str] = "HardSwish"


class Sigmoid(Plain):
    """The logistic function."""

    name: ClassVar[str] = "sigmoid"
    source: ClassVar[str] = "Rumelhart, Hinton, Williams 1986, eq. 15"
    formula: ClassVar[str] = "y = 1 / (1 + exp(−x))"
    kind: ClassVar[str] = "Sigmoid"


class HardSigmoid(Operator):
    """Sigmoid from straight pieces."""

    name: ClassVar[str] = "hard_sigmoid"
    source: ClassVar[str] = "Howard et al. 2019 (MobileNetV3), section 5.2"
    formula: ClassVar[str] = "y = min(max(x/6 + 1/2, 0), 1)"

    def onnx(self, emit: Emit, xs: Names, w: Mapping[str, str], shapes: Shapes, y: Shape) -> str:
        return emit("HardSigmoid", xs[0], alpha=1 / 6, beta=0.5)


class Tanh(Operator):
    """Hyperbolic tangent; LeCun's has scale 1.7159 and slope 2/3."""

    name: ClassVar[str] = "tanh"
    source: ClassVar[str] = "LeCun, Bottou, Bengio, Haffner 1998, eq. 6 and appendix A"
    formula: ClassVar[str] = "y = scale · tanh(slope · x)"

    scale: Annotated[Real, "what the result is multiplied by"] = 1.0
    slope: Annotated[Real, "what the input is multiplied by"] = 1.0

    def onnx(self, emit: Emit, xs: Names, w: Mapping[str, str], shapes: Shapes, y: Shape) -> str:
        x = xs[0] if self.slope == 1 else emit("Mul", xs[0], emit.floats(self.slope))
        result = emit("Tanh", x)
        return result if self.scale == 1 else emit("Mul", result, emit.floats(self.scale))


class Softplus(Plain):
    """A smooth rectifier."""

    name: ClassVar[str] = "softplus"
    source: ClassVar[str] = "Dugas, Bengio, Bélisle, Nadeau, Garcia 2001"
    formula: ClassVar[str] = "y = log(1 + exp x)"
    kind: ClassVar[str] = "Softplus"


class Softsign(Plain):
    """A squashing function with slow tails."""

    name: ClassVar[str] = "softsign"
    source: ClassVar[str] = "Glorot, Bengio 2010"
    formula: ClassVar[str] = "y = x / (1 + |x|)"
    kind: ClassVar[str] = "Softsign"


class Abs(Plain):
    """Absolute value."""

    name: ClassVar[str] = "abs"
    source: ClassVar[str] = "Jarrett, Kavukcuoglu, Ranzato, LeCun 2009 (rectification)"
    formula: ClassVar[str] = "y = |x|"
    kind: ClassVar[str] = "Abs"


class Square(Operator):
    """The square."""

    name: ClassVar[str] = "square"
    source: ClassVar[str] = "energy models: Adelson, Bergen 1985"
    formula: ClassVar[str] = "y = x²"

    def onnx(self, emit: Emit, xs: Names, w: Mapping[str, str], shapes: Shapes, y: Shape) -> str:
        return emit("Mul", xs[0], xs[0])


class Softmax(Operator):
    """Probabilities over the units, or over the maps at each position."""

    name: ClassVar[str] = "softmax"
    source: ClassVar[str] = "Bridle 1990"
    formula: ClassVar[str] = "y[j] = exp x[j] / Σ exp x"

    def onnx(self, emit: Emit, xs: Names, w: Mapping[str, str], shapes: Shapes, y: Shape) -> str:
        return emit("Softmax", xs[0], axis=1)


class LogSoftmax(Operator):
    """The logarithm of softmax."""

    name: ClassVar[str] = "log_softmax"
    source: ClassVar[str] = "Bridle 1990"
    formula: ClassVar[str] = "y[j] = x[j] − log Σ exp x"

    def onnx(self, emit: Emit, xs: Names, w: Mapping[str, str], shapes: Shapes, y: Shape) -> str:
        return emit("LogSoftmax", xs[0], axis=1)
