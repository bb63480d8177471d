"""A layer of units with a nearly empty table: a small product for each of its blocks, no array of the dense size."""

from __future__ import annotations

import numpy as np

from netspec.engine.kernel import Array, Memory, Run, Sizes, bias_gradient
from netspec.engine.kernels.dense.units import Dense
from netspec.engine.kernels.table_blocks import Block, blocks


class Blocks(Dense):
    """Neighbouring units with all the inputs that any of them reads, block by block."""

    method = "blocks of a table"

    def setup(self) -> None:
        super().setup()
        assert self.table is not None
        self.blocks = blocks(self.table)

    def scratch(self, n: int) -> Sizes:
        high, wide = max(b.height for b in self.blocks), max(b.width for b in self.blocks)
        return {**super().scratch(n), "kernel": (high * wide,), "some": (n * wide,), "more": (n * wide,)}

    def _of(self, block: Block, m: Memory, x: Array) -> tuple[Array, Array]:
        """A block's inputs and its kernel (outputs, inputs), both in workspace that the next one takes over."""
        kernel = m.scratch["kernel"][: block.height * block.width].reshape(1, block.height, block.width)
        block.fill(kernel, m.w["weight"][:, None], 0)
        if isinstance(block.inputs, slice):
            return x[:, block.inputs], kernel[0]
        some = m.scratch["some"][: len(x) * block.width].reshape(len(x), block.width)
        np.take(x, block.inputs, axis=1, out=some, mode="clip")
        return some, kernel[0]

    def forward(self, m: Memory) -> Run:
        x, flatten = self.flat(m)
        y, bias = m.y, m.w.get("bias")

        def run() -> None:
            flatten()
            y.fill(0)
            for block in self.blocks:
                some, kernel = self._of(block, m, x)
                np.matmul(some, kernel.T, out=y[:, block.outputs])
            if bias is not None:
                np.add(y, bias, out=y)

        return run

    def backward(self, m: Memory) -> Run:
        assert m.dy is not None
        x, flatten = self.flat(m)
        dx, back = self.flat_gradient(m)
        dy, dw, n, bias = m.dy, m.dw.get("weight"), len(m.dy), bias_gradient(m)

        def run() -> None:
            bias()
            flatten()
            if dx is not None:
                dx.fill(0)
            for block in self.blocks:
                some, kernel = self._of(block, m, x)
                ours = dy[:, block.outputs]
                if dx is not None:
                    share = m.scratch["more"][: n * block.width].reshape(n, block.width)
                    np.matmul(ours, kernel, out=share)
                    dx[:, block.inputs] += share
                if dw is not None:
                    np.matmul(ours.T, some, out=kernel)
                    block.add(dw[:, None], kernel[None])
            if dx is not None:
                back()

        return run
