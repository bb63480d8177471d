"""AlexNet's norm over neighbouring maps (Krizhevsky, Sutskever, Hinton 2012, section 3.3)."""

from __future__ import annotations

import numpy as np

from netspec import ops
from netspec.engine.kernel import Array, Kernel, Memory, Run, Sizes, nothing


class Lrn(Kernel):
    """y = x · s^−β, s = k + α/n Σ x²; dx = dy·s^−β − 2αβ/n · x · Σ dy·y/s over the mirrored window."""

    op_type, keeps = ops.norm.Lrn, ("x",)

    def setup(self) -> None:
        self.before, self.behind = (self.op.size - 1) // 2, self.op.size // 2

    def saved(self, n: int) -> Sizes:
        return {"s": (n, *self.y)}

    def scratch(self, n: int) -> Sizes:
        return {"t": (n, *self.y), "u": (n, *self.y)}

    def _window(self, source: Array, out: Array, before: int, behind: int) -> None:
        """out[c] = Σ source[c − before … c + behind]."""
        maps = source.shape[-1]
        np.copyto(out, source)
        for shift in range(1, max(before, behind) + 1):
            if shift >= maps:
                break
            if shift <= before:
                np.add(out[..., shift:], source[..., :-shift], out=out[..., shift:])
            if shift <= behind:
                np.add(out[..., :-shift], source[..., shift:], out=out[..., :-shift])

    def forward(self, m: Memory) -> Run:
        x, y, s, t, op = m.xs[0], m.y, m.saved["s"], m.scratch["t"], self.op

        def run() -> None:
            np.multiply(x, x, out=t)
            self._window(t, s, self.before, self.behind)
            np.multiply(s, op.alpha / op.size, out=s)
            np.add(s, op.bias, out=s)
            np.power(s, -op.beta, out=t)
            np.multiply(x, t, out=y)

        return run

    def backward(self, m: Memory) -> Run:
        x, s, t, u, dy, dx, op = m.xs[0], m.saved["s"], m.scratch["t"], m.scratch["u"], m.dy, m.dxs[0], self.op
        if dx is None or dy is None:
            return nothing

        def run() -> None:
            np.power(s, -op.beta, out=t)
            np.multiply(t, dy, out=dx)
            np.multiply(dx, x, out=t)
            np.divide(t, s, out=t)
            self._window(t, u, self.behind, self.before)
            np.multiply(u, x, out=u)
            np.multiply(u, 2 * op.alpha * op.beta / op.size, out=u)
            np.subtract(dx, u, out=dx)

        return run
