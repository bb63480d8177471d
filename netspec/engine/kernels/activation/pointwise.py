"""What every activation is made from: a function and its derivative, side by side."""

from __future__ import annotations

import numpy as np

from netspec.engine.kernel import Array, Kernel, Memory, Run, Sizes, nothing


class Pointwise(Kernel):
    """A number at a time: ``y = f(x)``; ``slope`` is its derivative from what is kept."""

    elementwise = True

    def f(self, x: Array, y: Array, t: Array) -> None:
        """Write f(x) to ``y``; ``t`` is workspace."""
        raise NotImplementedError

    def slope(self, kept: Array, d: Array, t: Array) -> None:
        """Write f' to ``d``, from x or y (``keeps``)."""
        raise NotImplementedError

    def scratch(self, n: int) -> Sizes:
        return {"d": (n, *self.y), "t": (n, *self.y)}

    def forward(self, m: Memory) -> Run:
        x, y, t = m.xs[0], m.y, m.scratch["t"]
        return lambda: self.f(x, y, t)

    def backward(self, m: Memory) -> Run:
        dx = m.dxs[0]
        if dx is None:
            return nothing
        kept, dy, d, t = m.y if self.keeps == ("y",) else m.xs[0], m.dy, m.scratch["d"], m.scratch["t"]
        assert dy is not None

        def run() -> None:
            self.slope(kept, d, t)
            np.multiply(d, dy, out=dx)

        return run
