"""A table's wiring without weights."""

from __future__ import annotations

import numpy as np

from netspec import ops
from netspec.engine.kernel import Array, Kernel, Memory, Run


class Connect(Kernel):
    """One strided run for each run of cells that stay side by side with one value."""

    op_type = ops.wiring.Connect

    def setup(self) -> None:
        cells = self.op.table.cells
        self.runs: list[tuple[int, int, int, float]] = []  # (first input, first output, length, value)
        for i, o, value in zip(cells.input.tolist(), cells.output.tolist(), cells.value.tolist(), strict=True):
            if self.runs:
                a, b, length, same = self.runs[-1]
                if (i, o, value) == (a + length, b + length, same):
                    self.runs[-1] = (a, b, length + 1, same)
                    continue
            self.runs.append((i, o, 1, value))
        self.strides = self.op.strides((self.xs[0][-1], *self.xs[0][:-1]))

    def _strided(self, x: Array) -> Array:
        return x[(slice(None), *(slice(None, None, s) for s in self.strides))]

    def forward(self, m: Memory) -> Run:
        x, y = self._strided(m.xs[0]), m.y
        pairs = [(x[..., i : i + n], y[..., o : o + n], value) for i, o, n, value in self.runs]

        def run() -> None:
            y.fill(0)
            for source, target, value in pairs:
                np.add(target, source if value == 1 else source * value, out=target)

        return run

    def backward(self, m: Memory) -> Run:
        dx, dy = m.dxs[0], m.dy
        if dx is None or dy is None:
            return lambda: None
        whole = self._strided(dx)
        pairs = [(dy[..., o : o + n], whole[..., i : i + n], value) for i, o, n, value in self.runs]

        def run() -> None:
            dx.fill(0)
            for source, target, value in pairs:
                np.add(target, source if value == 1 else source * value, out=target)

        return run
