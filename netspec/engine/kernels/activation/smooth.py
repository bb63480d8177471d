"""Activations by exponentials, hyperbolic tangents and the normal distribution."""

from __future__ import annotations

from math import pi, sqrt
from typing import ClassVar

import numpy as np

from netspec import ops
from netspec.engine.kernel import Array, Memory, Run
from netspec.engine.kernels.activation.pointwise import Pointwise
from netspec.engine.kernels.special import logistic, normal
from netspec.ops import Operator

_SELU = 1.0507009873554805, 1.6732632423543772


class Elu(Pointwise):
    """x or alpha · (exp x − 1)."""

    op_type: ClassVar[type[Operator]] = ops.activation.Elu
    keeps = ("x",)
    scale: ClassVar[float] = 1.0

    @property
    def alpha(self) -> float:
        """The depth of the floor."""
        return float(self.op.alpha)

    def f(self, x: Array, y: Array, t: Array) -> None:
        np.minimum(x, 0, out=t)
        np.expm1(t, out=t)
        np.multiply(t, self.alpha, out=t)
        np.maximum(x, 0, out=y)
        np.add(y, t, out=y)
        np.multiply(y, self.scale, out=y)

    def slope(self, kept: Array, d: Array, t: Array) -> None:
        np.minimum(kept, 0, out=t)
        np.exp(t, out=t)
        np.multiply(t, self.alpha, out=t)
        np.greater(kept, 0, out=d)
        np.subtract(1, d, out=d)
        np.multiply(t, d, out=t)  # the curve below 0
        np.subtract(1, d, out=d)
        np.add(d, t, out=d)
        np.multiply(d, self.scale, out=d)


class Selu(Elu):
    """ELU with its own scale and floor."""

    op_type = ops.activation.Selu
    scale: ClassVar[float] = _SELU[0]

    @property
    def alpha(self) -> float:
        return _SELU[1]


class Gelu(Pointwise):
    """x · Φ(x); the derivative is Φ(x) + x · φ(x)."""

    op_type, keeps = ops.activation.Gelu, ("x",)

    def f(self, x: Array, y: Array, t: Array) -> None:
        normal(x, t)
        np.multiply(x, t, out=y)

    def slope(self, kept: Array, d: Array, t: Array) -> None:
        np.multiply(kept, kept, out=t)
        np.multiply(t, -0.5, out=t)
        np.exp(t, out=t)
        np.multiply(t, kept, out=t)
        np.multiply(t, 1 / sqrt(2 * pi), out=t)
        normal(kept, d)
        np.add(d, t, out=d)


class Sigmoid(Pointwise):
    """½ + ½ · tanh(x/2): no overflow on either side."""

    op_type, keeps = ops.activation.Sigmoid, ("y",)

    def f(self, x: Array, y: Array, t: Array) -> None:
        logistic(x, y)

    def slope(self, kept: Array, d: Array, t: Array) -> None:
        np.subtract(1, kept, out=d)
        np.multiply(d, kept, out=d)


class Silu(Pointwise):
    """x · s; the derivative is s + x · s · (1 − s)."""

    op_type, keeps = ops.activation.Silu, ("x",)

    def f(self, x: Array, y: Array, t: Array) -> None:
        logistic(x, t)
        np.multiply(x, t, out=y)

    def slope(self, kept: Array, d: Array, t: Array) -> None:
        logistic(kept, t)
        np.subtract(1, t, out=d)
        np.multiply(d, kept, out=d)
        np.add(d, 1, out=d)
        np.multiply(d, t, out=d)


class Tanh(Pointwise):
    """scale · tanh(slope · x); the derivative is slope · (scale − y²/scale)."""

    op_type, keeps = ops.activation.Tanh, ("y",)

    def f(self, x: Array, y: Array, t: Array) -> None:
        if self.op.slope != 1:
            x = np.multiply(x, self.op.slope, out=t)
        np.tanh(x, out=y)
        if self.op.scale != 1:
            np.multiply(y, self.op.scale, out=y)

    def backward(self, m: Memory) -> Run:
        dx, dy, y, d = m.dxs[0], m.dy, m.y, m.scratch["d"]
        if dx is None or dy is None or self.op.scale != 1 or self.op.slope != 1:
            return super().backward(m)

        def run() -> None:  # dy - dy * y * y: a pass less than by way of the slope
            np.multiply(y, y, out=d)
            np.multiply(d, dy, out=d)
            np.subtract(dy, d, out=dx)

        return run

    def slope(self, kept: Array, d: Array, t: Array) -> None:
        np.multiply(kept, kept, out=d)
        np.multiply(d, -self.op.slope / self.op.scale, out=d)
        np.add(d, self.op.slope * self.op.scale, out=d)


class Softplus(Pointwise):
    """log(1 + exp x); the derivative is the sigmoid."""

    op_type, keeps = ops.activation.Softplus, ("x",)

    def f(self, x: Array, y: Array, t: Array) -> None:
        np.logaddexp(x, 0, out=y)

    def slope(self, kept: Array, d: Array, t: Array) -> None:
        logistic(kept, d)


class Softsign(Pointwise):
    """x / (1 + |x|); the derivative is its square over x²."""

    op_type, keeps = ops.activation.Softsign, ("x",)

    def f(self, x: Array, y: Array, t: Array) -> None:
        np.abs(x, out=t)
        np.add(t, 1, out=t)
        np.divide(x, t, out=y)

    def slope(self, kept: Array, d: Array, t: Array) -> None:
        np.abs(kept, out=d)
        np.add(d, 1, out=d)
        np.multiply(d, d, out=d)
        np.divide(1, d, out=d)


class Square(Pointwise):
    """x²."""

    op_type, keeps = ops.activation.Square, ("x",)

    def f(self, x: Array, y: Array, t: Array) -> None:
        np.multiply(x, x, out=y)

    def slope(self, kept: Array, d: Array, t: Array) -> None:
        np.multiply(kept, 2, out=d)
