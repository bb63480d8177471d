"""Joins: copies side by side, sums and products with axes that stretch."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from netspec import ops
from netspec.engine.kernel import Array, Kernel, Memory, Run, Sizes
from netspec.ops import Operator


class Concat(Kernel):
    """Each input into its run of maps."""

    op_type, copies = ops.join.Concat, True

    def _runs(self, whole: Array) -> list[Array]:
        ends = np.cumsum([x[-1] for x in self.xs])
        return [whole[..., end - x[-1] : end] for x, end in zip(self.xs, ends, strict=True)]

    def forward(self, m: Memory) -> Run:
        pairs = list(zip(self._runs(m.y), m.xs, strict=True))

        def run() -> None:
            for part, x in pairs:
                np.copyto(part, x)

        return run

    def backward(self, m: Memory) -> Run:
        assert m.dy is not None
        pairs = [(dx, part) for dx, part in zip(m.dxs, self._runs(m.dy), strict=True) if dx is not None]

        def run() -> None:
            for dx, part in pairs:
                np.copyto(dx, part)

        return run


class Stretched(Kernel):
    """Number by number; an input of fewer axes or of 1 along one stretches, and its gradient is summed there."""

    def wide(self, array: Array) -> Array:
        """Units seen as maps of size 1: (n, maps) to (n, 1, 1, maps)."""
        rank = len(self.y) + 1
        if array.ndim == rank:
            return array
        return array.reshape(array.shape[0], *(1,) * (rank - 2), array.shape[-1])

    def narrow(self, gradient: Array, dx: Array) -> None:
        """Sum a gradient over the axes along which ``dx`` was stretched."""
        target = self.wide(dx)
        axes = tuple(k for k in range(1, gradient.ndim) if target.shape[k] == 1 and gradient.shape[k] > 1)
        if axes:
            np.sum(gradient, axis=axes, keepdims=True, out=target)
        else:
            np.copyto(target, gradient)


class Add(Stretched):
    """The sum."""

    op_type: ClassVar[type[Operator]] = ops.join.Add
    sign = 1

    def scratch(self, n: int) -> Sizes:
        return {"t": (n, *self.y)}

    def forward(self, m: Memory) -> Run:
        first, *others = [self.wide(x) for x in m.xs]
        y, join = m.y, np.add if self.sign > 0 else np.subtract

        def run() -> None:
            if not others:
                np.copyto(y, first)
                return
            join(first, others[0], out=y)
            for other in others[1:]:
                join(y, other, out=y)

        return run

    def backward(self, m: Memory) -> Run:
        assert m.dy is not None
        dy, t = m.dy, m.scratch["t"]
        asked = [(i, dx) for i, dx in enumerate(m.dxs) if dx is not None]

        def run() -> None:
            for i, dx in asked:
                if i and self.sign < 0:
                    np.negative(dy, out=t)
                    self.narrow(t, dx)
                else:
                    self.narrow(dy, dx)

        return run


class Subtract(Add):
    """The first minus the others."""

    op_type, sign = ops.join.Subtract, -1


class Multiply(Stretched):
    """The product; each input's gradient is dy times all the others."""

    op_type, keeps = ops.join.Multiply, ("x",)

    def scratch(self, n: int) -> Sizes:
        return {"t": (n, *self.y)}

    def forward(self, m: Memory) -> Run:
        first, *others = [self.wide(x) for x in m.xs]
        y = m.y

        def run() -> None:
            np.copyto(y, first)
            for other in others:
                np.multiply(y, other, out=y)

        return run

    def backward(self, m: Memory) -> Run:
        assert m.dy is not None
        dy, t, xs = m.dy, m.scratch["t"], [self.wide(x) for x in m.xs]
        asked = [(i, dx) for i, dx in enumerate(m.dxs) if dx is not None]

        def run() -> None:
            for i, dx in asked:
                np.copyto(t, dy)
                for j, x in enumerate(xs):
                    if j != i:
                        np.multiply(t, x, out=t)
                self.narrow(t, dx)

        return run
