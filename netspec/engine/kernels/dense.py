"""Products of units, and distances to codes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from math import prod

import numpy as np

from netspec import ops
from netspec.engine.kernel import Array, Kernel, Memory, Run, Sizes, add_product, bias_gradient, nothing
from netspec.engine.kernels.blocks import Block, blocks, cost
from netspec.tables import Table
from netspec.tables.pattern import recognise
from netspec.tables.spread import add_fixed, spread_cells

#: Cells from which on a table's blocks are looked at; a smaller one is spread out.
LARGE = 2**16


class Flat(Kernel):
    """A kernel that reads its input as units, in the order maps, depth, height, width."""

    def setup(self) -> None:
        self.inputs = prod(self.xs[0])
        self.units = self.y[0]
        self.maps_first = len(self.xs[0]) > 1 and prod(self.xs[0][:-1]) > 1

    def scratch(self, n: int) -> Sizes:
        return {"flat": (n, self.inputs), "dflat": (n, self.inputs)} if self.maps_first else {}

    def _flat(self, m: Memory) -> tuple[Array, Run]:
        """The input as rows of units, and the call that makes them."""
        x = m.xs[0]
        if not self.maps_first:
            return x.reshape(x.shape[0], -1), nothing
        flat = m.scratch["flat"]
        return flat, partial(np.copyto, flat.reshape(x.shape[0], x.shape[-1], *x.shape[1:-1]), np.moveaxis(x, -1, 1))

    def _back(self, m: Memory, dx: Array) -> tuple[Array, Run]:
        """Where the gradient of the rows goes, and the call that puts it into ``dx``."""
        if not self.maps_first:
            return dx.reshape(dx.shape[0], -1), nothing
        flat = m.scratch["dflat"]
        return flat, partial(np.copyto, np.moveaxis(dx, -1, 1), flat.reshape(dx.shape[0], dx.shape[-1], *dx.shape[1:-1]))


class Dense(Flat):
    """One product; a table's compact weights are spread out once a step, or taken one by one where that is cheaper."""

    op_type, keeps = ops.dense.Dense, ("x",)

    def setup(self) -> None:
        super().setup()
        table = self.op.table if isinstance(self.op.table, Table) and not self.op.table.is_full else None
        self.table = table
        self.blocks: list[Block] = []
        if table is not None and self.inputs * self.units >= LARGE:
            found = blocks(table)
            if recognise(table, True).kind == "sparse" or 2 * cost(found) <= self.inputs * self.units:
                self.blocks = found
        self.sparse = bool(self.blocks)
        if table is not None and not self.sparse:
            ids = spread_cells(table, np.arange(1, table.weights + 1)).reshape(-1)
            self.where = np.flatnonzero(ids)
            self.source = ids[self.where] - 1
            self.constants = np.zeros((self.units, self.inputs))
            add_fixed(table, self.constants, ())

    def prepared(self) -> Sizes:
        return {"dense": (self.units, self.inputs)} if self.table is not None and not self.sparse else {}

    def prepare(self, w: Mapping[str, Array], ready: Mapping[str, Array]) -> Run | None:
        if "dense" not in ready:
            return None
        dense, compact = ready["dense"].reshape(-1), w["weight"]
        dense[:] = self.constants.reshape(-1)
        where, source = self.where, self.source

        def run() -> None:
            dense[where] = compact[source]

        return run

    def extras(self) -> Sizes:
        return {"weight": (self.units, self.inputs)} if self.table is not None and not self.sparse else {}

    def collect(self, name: str, total: Array, gradient: Array, ready: Mapping[str, Array]) -> Run | None:
        flat, where, source = total.reshape(-1), self.where, self.source

        def run() -> None:
            gradient[:] = np.bincount(source, weights=flat[where], minlength=len(gradient))

        return run

    def scratch(self, n: int) -> Sizes:
        sizes = {**super().scratch(n), "db": (self.units,)}
        if self.sparse:
            high, wide = max(b.height for b in self.blocks), max(b.width for b in self.blocks)
            return {**sizes, "kernel": (high * wide,), "some": (n * wide,), "more": (n * wide,)}
        return sizes

    def adding(self) -> Sizes:
        return {} if self.sparse else {"weight": (self.units, self.inputs)}

    def forward(self, m: Memory) -> Run:
        x, flatten = self._flat(m)
        y, bias = m.y, m.w.get("bias")
        if self.sparse:
            return self._sparse_forward(m, x, flatten)
        kernel = m.w["dense" if self.table is not None else "weight"].T

        def run() -> None:
            flatten()
            np.matmul(x, kernel, out=y)
            if bias is not None:
                np.add(y, bias, out=y)

        return run

    def backward(self, m: Memory) -> Run:
        x, flatten = self._flat(m)
        assert m.dy is not None
        dy, dw, bias = m.dy, m.dw.get("weight"), bias_gradient(m)
        dx, back = self._back(m, m.dxs[0]) if m.dxs[0] is not None else (None, nothing)
        if self.sparse:
            return self._sparse_backward(m, x, flatten, dx, back)
        kernel = m.w["dense" if self.table is not None else "weight"]
        learn = add_product(m, "weight", dy.T, x) if dw is not None else nothing

        def run() -> None:
            bias()
            if dw is not None:
                flatten()
                learn()
            if dx is not None:
                np.matmul(dy, kernel, out=dx)
                back()

        return run

    def _of(self, block: Block, m: Memory, x: Array) -> tuple[Array, Array]:
        """A block's inputs and its kernel (outputs, inputs), both in workspace that the next one takes over."""
        kernel = m.scratch["kernel"][: block.height * block.width].reshape(1, block.height, block.width)
        block.fill(kernel, m.w["weight"][:, None], 0)
        if isinstance(block.inputs, slice):
            return x[:, block.inputs], kernel[0]
        some = m.scratch["some"][: len(x) * block.width].reshape(len(x), block.width)
        np.take(x, block.inputs, axis=1, out=some, mode="clip")
        return some, kernel[0]

    def _sparse_forward(self, m: Memory, x: Array, flatten: Run) -> Run:
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

    def _sparse_backward(self, m: Memory, x: Array, flatten: Run, dx: Array | None, back: Run) -> Run:
        assert m.dy is not None
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
                    made = m.scratch["more"][: n * block.width].reshape(n, block.width)
                    np.matmul(ours, kernel, out=made)
                    dx[:, block.inputs] += made
                if dw is not None:
                    np.matmul(ours.T, some, out=kernel)
                    block.add(dw[:, None], kernel[None])
            if dx is not None:
                back()

        return run


class Rbf(Flat):
    """Differences to every code, squared and added up."""

    op_type, keeps = ops.dense.Rbf, ("x", "y")

    def scratch(self, n: int) -> Sizes:
        return {**super().scratch(n), "apart": (n, self.units, self.inputs), "dd": (n, self.units), "dc": (self.units, self.inputs)}

    def forward(self, m: Memory) -> Run:
        x, flatten = self._flat(m)
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
        x, flatten = self._flat(m)
        assert m.dy is not None
        y, dy, apart, dd, dc = m.y, m.dy, m.scratch["apart"], m.scratch["dd"], m.scratch["dc"]
        codes, width, dw = m.w["weight"], self.op.width, m.dw.get("weight")
        dx, back = self._back(m, m.dxs[0]) if m.dxs[0] is not None else (None, nothing)

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
