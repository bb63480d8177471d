"""Distances to codes (LeCun, Bottou, Bengio, Haffner 1998, equation 7): y = Σ (x − w)², or a Gaussian of it."""

from __future__ import annotations

import numpy as np

from netspec import ops
from netspec.engine.kernel import Memory, Run, Sizes
from netspec.engine.kernels.dense.units import Units


class Rbf(Units):
    """Differences to every code, squared and added up."""

    op_type, keeps = ops.dense.Rbf, ("x", "y")

    def scratch(self, n: int) -> Sizes:
        return {
            **super().scratch(n),
            "apart": (n, self.units, self.inputs),
            "dd": (n, self.units),
            "dc": (self.units, self.inputs),
        }

    def forward(self, m: Memory) -> Run:
        x, flatten = self.flat(m)
        y, apart, codes, width = m.y, m.scratch["apart"], m.w["weight"], self.op.width

        def run() -> None:
            flatten()
            np.subtract(x[:, None], codes, out=apart)
            np.einsum("nui,nui->nu", apart, apart, out=y)
            if width is not None:
                np.multiply(y, -0.5 / width**2, out=y)
                np.exp(y, out=y)

        return run

    def backward(self, m: Memory) -> Run:
        x, flatten = self.flat(m)
        assert m.dy is not None
        y, dy, apart, dd, dc = m.y, m.dy, m.scratch["apart"], m.scratch["dd"], m.scratch["dc"]
        codes, width, dw = m.w["weight"], self.op.width, m.dw.get("weight")
        dx, back = self.flat_gradient(m)

        def run() -> None:
            flatten()
            np.subtract(x[:, None], codes, out=apart)
            np.multiply(dy, 2.0, out=dd)
            if width is not None:
                np.multiply(dd, y, out=dd)
                np.multiply(dd, -0.5 / width**2, out=dd)
            if dx is not None:
                np.einsum("nu,nui->ni", dd, apart, out=dx)
                back()
            if dw is not None:
                np.einsum("nu,nui->ui", dd, apart, out=dc)
                np.subtract(dw, dc, out=dw)

        return run
