"""Pools of sums: the mean of a window, LeNet-5's sum with gain and bias, the mean of all positions."""

from __future__ import annotations

from functools import partial
from math import prod

import numpy as np

from netspec import ops
from netspec.engine.kernel import Kernel, Memory, Run, Sizes, nothing, ones, rows
from netspec.engine.kernels.pool.windowed import Windowed

#: Positions from which their mean is made row by row.
MANY = 1024


class AvgPool(Windowed):
    """The running sum over the count."""

    op_type = ops.pool.AvgPool

    def scratch(self, n: int) -> Sizes:
        return {**super().scratch(n), **self.halves(n)}

    def forward(self, m: Memory) -> Run:
        y, share = m.y, 1 / self.counts(m.y.dtype)
        add_up = self.add_up(m, y)

        def run() -> None:
            add_up()
            np.multiply(y, share, out=y)

        return run

    def backward(self, m: Memory) -> Run:
        if m.dxs[0] is None:
            return nothing
        assert m.dy is not None
        share = 1 / self.counts(m.dy.dtype)
        share = np.full(self.maps, share.flat[0]) if self.parted else share
        return partial(self.hand_back(m, share), share)


class Subsample(Windowed):
    """The sum, kept for the gain's gradient; then gain and bias."""

    op_type = ops.pool.Subsample

    def saved(self, n: int) -> Sizes:
        return {"total": (n, *self.places, self.maps)}

    def scratch(self, n: int) -> Sizes:
        return {**super().scratch(n), "sum": (self.maps,), **self.halves(n)}

    def forward(self, m: Memory) -> Run:
        y, total, share, gain, bias = m.y, m.saved["total"], 1 / prod(self.window.kernel), m.w["weight"], m.w["bias"]
        add_up = self.add_up(m, total)
        width = self.places[-1]  # rows of a map's positions: vectors of a few maps are slow to go along
        source, target = (array.reshape(-1, width * self.maps) for array in (total, y))

        def run() -> None:
            add_up()
            np.multiply(source, np.tile(gain * share, width), out=target)
            np.add(target, np.tile(bias, width), out=target)

        return run

    def backward(self, m: Memory) -> Run:
        assert m.dy is not None
        dy, seen, tap, total = m.dy, m.saved["total"], m.scratch["tap"], m.scratch["sum"]
        dw, db, gain, share = m.dw.get("weight"), m.dw.get("bias"), m.w["weight"], 1 / prod(self.window.kernel)
        one = ones(rows(dy).shape[0], dy)
        spread = self.hand_back(m, gain) if m.dxs[0] is not None else None

        def run() -> None:
            if dw is not None and db is not None:
                np.multiply(dy, seen, out=tap)
                np.matmul(one, rows(tap), out=total)
                np.multiply(total, share, out=total)
                np.add(dw, total, out=dw)
                np.matmul(one, rows(dy), out=total)
                np.add(db, total, out=db)
            if spread is not None:
                spread(gain * share)

        return run


class GlobalAvgPool(Kernel):
    """The mean over positions; of many row by row, as a long sum of numbers far from zero loses digits."""

    op_type = ops.pool.GlobalAvgPool

    def setup(self) -> None:
        first, *others = self.xs[0][:-1]
        self.rows, self.across = (first, prod(others)) if first * prod(others) > MANY else (1, first * prod(others))

    def scratch(self, n: int) -> Sizes:
        return {"lines": (n, self.rows, self.y[-1])} if self.rows > 1 else {}

    def forward(self, m: Memory) -> Run:
        y, maps = m.y, self.y[-1]
        x = m.xs[0].reshape(len(y), self.rows, self.across, maps)
        lines = m.scratch["lines"] if self.rows > 1 else y.reshape(len(y), 1, maps)
        along, down = ones(self.across, x), ones(self.rows, x)

        def run() -> None:
            np.matmul(along, x, out=lines)
            if self.rows > 1:
                np.matmul(down, lines, out=y)
            np.divide(y, self.rows * self.across, out=y)

        return run

    def backward(self, m: Memory) -> Run:
        dx = m.dxs[0]
        if dx is None:
            return nothing
        assert m.dy is not None
        flat, dy = dx.reshape(m.dy.shape[0], -1, m.dy.shape[1]), m.dy[:, None]
        return lambda: np.divide(dy, flat.shape[1], out=flat)
