"""The pool of powers, between the mean and the largest."""

from __future__ import annotations

import numpy as np

from netspec import ops
from netspec.engine.kernel import Memory, Run, nothing
from netspec.engine.kernels.pool.windowed import Windowed


class LpPool(Windowed):
    """(Σ |x|^p)^(1/p); dx = dy · (|x| / y)^(p−1) · sign x, and 0 where x is."""

    op_type, keeps = ops.pool.LpPool, ("x", "y")

    def forward(self, m: Memory) -> Run:
        y, p = m.y, self.op.p
        parts = [(view, m.scratch["tap"][cut], y[cut]) for cut, view in self.taps(m.xs[0])]

        def run() -> None:
            y.fill(0)
            for view, tap, target in parts:
                np.abs(view, out=tap)
                np.power(tap, p, out=tap)
                np.add(target, tap, out=target)
            np.power(y, 1 / p, out=y)

        return run

    def backward(self, m: Memory) -> Run:
        dx = m.dxs[0]
        if dx is None:
            return nothing
        assert m.dy is not None
        views = zip(self.taps(m.xs[0]), self.taps(dx), strict=True)
        parts = [(view, m.scratch["tap"][cut], m.y[cut], m.dy[cut], target) for (cut, view), (_, target) in views]
        least, p = np.finfo(m.y.dtype).tiny, self.op.p

        def run() -> None:
            self.clear(dx)
            for view, tap, top, dy, target in parts:
                np.maximum(top, least, out=tap)
                np.divide(view, tap, out=tap)
                np.clip(tap, -1, 1, out=tap)  # a sum of powers that are too small for numbers is 0
                if p != 2:
                    np.abs(tap, out=tap)
                    np.power(tap, p - 1, out=tap, where=tap > 0)
                    np.copysign(tap, view, out=tap)
                np.multiply(tap, dy, out=tap)
                self.put(target, tap)

        return run
