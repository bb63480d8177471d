"""Activations of straight pieces: a threshold, a slope, a clip."""

from __future__ import annotations

from math import inf

import numpy as np

from netspec import ops
from netspec.engine.kernel import Array, Kernel, Memory, Run, Sizes, nothing, ones, rows
from netspec.engine.kernels.activation.pointwise import Pointwise


class Relu(Pointwise):
    """min(max(x, 0), max); the derivative at the corners is 0."""

    op_type, keeps = ops.activation.Relu, ("y",)

    def f(self, x: Array, y: Array, t: Array) -> None:
        np.clip(
            x, 0, inf if self.op.max is None else self.op.max, out=y
        )  # three times as fast as a maximum with a number

    def backward(self, m: Memory) -> Run:
        dx, dy, y, top = m.dxs[0], m.dy, m.y, self.op.max
        if dx is None or dy is None:
            return nothing
        above, below = (m.scratch[name].reshape(-1).view(np.bool_)[: y.size].reshape(y.shape) for name in ("d", "t"))

        def run() -> None:
            np.greater(y, 0, out=above)
            if top is not None:
                np.less(y, top, out=below)
                np.logical_and(above, below, out=above)
            np.multiply(dy, above, out=dx)

        return run


class LeakyRelu(Pointwise):
    """x or slope · x."""

    op_type, keeps = ops.activation.LeakyRelu, ("x",)

    def f(self, x: Array, y: Array, t: Array) -> None:
        np.minimum(x, 0, out=t)
        np.multiply(t, self.op.slope, out=t)
        np.maximum(x, 0, out=y)
        np.add(y, t, out=y)

    def slope(self, kept: Array, d: Array, t: Array) -> None:
        np.greater(kept, 0, out=d)
        np.multiply(d, 1 - self.op.slope, out=d)
        np.add(d, self.op.slope, out=d)


class PRelu(Kernel):
    """x or a · x, a trained a map: dx = dy · (1 or a), da = Σ dy · min(x, 0)."""

    op_type, keeps, elementwise = ops.activation.PRelu, ("x",), True

    def scratch(self, n: int) -> Sizes:
        return {"t": (n, *self.y), "sum": (self.y[-1],)}

    def forward(self, m: Memory) -> Run:
        x, y, t, a = m.xs[0], m.y, m.scratch["t"], m.w["weight"]

        def run() -> None:
            np.minimum(x, 0, out=t)
            np.multiply(t, a, out=t)
            np.maximum(x, 0, out=y)
            np.add(y, t, out=y)

        return run

    def backward(self, m: Memory) -> Run:
        assert m.dy is not None
        x, t, a, dy, dx, da, total = (
            m.xs[0],
            m.scratch["t"],
            m.w["weight"],
            m.dy,
            m.dxs[0],
            m.dw.get("weight"),
            m.scratch["sum"],
        )
        one = ones(rows(t).shape[0], t)

        def run() -> None:
            if da is not None:
                np.minimum(x, 0, out=t)
                np.multiply(t, dy, out=t)
                np.matmul(one, rows(t), out=total)
                np.add(da, total, out=da)
            if dx is not None:
                np.greater(x, 0, out=t)
                np.subtract(1, t, out=dx)
                np.multiply(dx, a, out=dx)
                np.add(dx, t, out=dx)
                np.multiply(dx, dy, out=dx)

        return run


class HardSigmoid(Pointwise):
    """min(max(x/6 + ½, 0), 1)."""

    op_type, keeps = ops.activation.HardSigmoid, ("x",)

    def f(self, x: Array, y: Array, t: Array) -> None:
        np.multiply(x, 1 / 6, out=t)
        np.add(t, 0.5, out=t)
        np.clip(t, 0, 1, out=y)

    def slope(self, kept: Array, d: Array, t: Array) -> None:
        np.abs(kept, out=t)
        np.less(t, 3, out=d)
        np.multiply(d, 1 / 6, out=d)


class HardSwish(Pointwise):
    """x · min(max(x/6 + ½, 0), 1); the derivative within is x/3 + ½."""

    op_type, keeps = ops.activation.HardSwish, ("x",)

    def f(self, x: Array, y: Array, t: Array) -> None:
        np.multiply(x, 1 / 6, out=t)
        np.add(t, 0.5, out=t)
        np.clip(t, 0, 1, out=t)
        np.multiply(x, t, out=y)

    def slope(self, kept: Array, d: Array, t: Array) -> None:
        np.abs(kept, out=t)
        np.less(t, 3, out=d)
        np.multiply(kept, 1 / 3, out=t)
        np.add(t, 0.5, out=t)
        np.multiply(d, t, out=d)
        np.greater_equal(kept, 3, out=t)
        np.add(d, t, out=d)


class Abs(Pointwise):
    """|x|."""

    op_type, keeps = ops.activation.Abs, ("x",)

    def f(self, x: Array, y: Array, t: Array) -> None:
        np.abs(x, out=y)

    def slope(self, kept: Array, d: Array, t: Array) -> None:
        np.sign(kept, out=d)
