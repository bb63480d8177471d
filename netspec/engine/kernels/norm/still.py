"""A frozen batch norm: training changes neither its gains nor its statistics, so it needs no sums over the batch."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from netspec.engine.kernel import Array, Kernel, Memory, Run, Sizes, nothing
from netspec.engine.kernels.norm.batch import Norm


class StillNorm(Kernel):
    """y = a·(x − p) + b from the running statistics, in training as in use; dx = a·dy."""

    elementwise = True

    def setup(self) -> None:
        self.norm = Norm(self.op, self.xs, self.y, self.weights)

    def prepared(self) -> Sizes:
        return self.norm.prepared()

    def prepare(self, w: Mapping[str, Array], ready: Mapping[str, Array]) -> Run:
        return self.norm.from_running(w, ready)

    def forward(self, m: Memory) -> Run:
        return self.norm.forward(m)

    def backward(self, m: Memory) -> Run:
        if m.dxs[0] is None or m.dy is None:
            return nothing
        blocks, a = self.norm.blocks(m.dy, m.dxs[0]), m.w["a"].reshape(-1)

        def run() -> None:
            for dy, dx in blocks:
                np.multiply(dy, a, out=dx)

        return run
