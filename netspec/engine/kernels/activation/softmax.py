"""Softmax and its logarithm over the maps of each position."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from netspec import ops
from netspec.engine.kernel import Array, Kernel, Memory, Run, Sizes, nothing, ones
from netspec.ops import Operator

#: Maps up to which the largest is found by passes over all positions: NumPy goes along a short axis number by number.
SHORT = 128


class Softmax(Kernel):
    """exp(x − max) over its sum; dx = y · (dy − Σ dy · y)."""

    op_type: ClassVar[type[Operator]] = ops.activation.Softmax
    keeps = ("y",)

    def scratch(self, n: int) -> Sizes:
        return {"row": (n, *self.y[:-1], 1), "t": (n, *self.y)}

    def forward(self, m: Memory) -> Run:
        x, y, row, t = m.xs[0], m.y, m.scratch["row"], m.scratch["t"]

        def run() -> None:
            _largest(x, row, y, t)
            np.subtract(x, row, out=y)
            np.exp(y, out=y)
            _sum(y, row)
            np.divide(y, row, out=y)

        return run

    def backward(self, m: Memory) -> Run:
        y, dy, dx, row, t = m.y, m.dy, m.dxs[0], m.scratch["row"], m.scratch["t"]
        if dx is None or dy is None:
            return nothing

        def run() -> None:
            np.multiply(dy, y, out=t)
            _sum(t, row)
            np.subtract(dy, row, out=dx)
            np.multiply(dx, y, out=dx)

        return run


class LogSoftmax(Softmax):
    """x − log Σ exp x; dx = dy − exp(y) · Σ dy."""

    op_type = ops.activation.LogSoftmax

    def forward(self, m: Memory) -> Run:
        x, y, row, t = m.xs[0], m.y, m.scratch["row"], m.scratch["t"]

        def run() -> None:
            _largest(x, row, y, t)
            np.subtract(x, row, out=y)
            np.exp(y, out=t)
            _sum(t, row)
            np.log(row, out=row)
            np.subtract(y, row, out=y)

        return run

    def backward(self, m: Memory) -> Run:
        y, dy, dx, row, t = m.y, m.dy, m.dxs[0], m.scratch["row"], m.scratch["t"]
        if dx is None or dy is None:
            return nothing

        def run() -> None:
            _sum(dy, row)
            np.exp(y, out=t)
            np.multiply(t, row, out=t)
            np.subtract(dy, t, out=dx)

        return run


def _sum(x: Array, row: Array) -> None:
    """Sums along the last axis: a product with ones is the fastest."""
    np.matmul(x.reshape(-1, x.shape[-1]), ones(x.shape[-1], x)[:, None], out=row.reshape(-1, 1))


def _largest(x: Array, row: Array, one: Array, two: Array) -> None:
    """The largest along the last axis; ``one`` and ``two`` are workspace of the size of ``x``.

    For a short axis the maximum of ever longer windows is taken at every place, in passes over the whole array.
    """
    size = x.shape[-1]
    if size > SHORT:
        np.max(x, axis=-1, keepdims=True, out=row)
        return
    seen, target, other = x.reshape(-1), one.reshape(-1), two.reshape(-1)
    span = 1
    while span < size:
        step = min(span, size - span)
        longer = target[: len(seen) - step]
        np.maximum(seen[:-step], seen[step:], out=longer)
        seen, target, other, span = longer, other, target, span + step
    np.copyto(row.reshape(-1), seen[::size])
