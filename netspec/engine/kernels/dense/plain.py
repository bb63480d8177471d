"""A layer of units as one product: y = x · Wᵀ + b, dW = dyᵀ · x, dx = dy · W."""

from __future__ import annotations

from functools import partial

import numpy as np

from netspec.engine.kernel import Array, Memory, Run, Sizes, bias_gradient, in_turn, nothing
from netspec.engine.kernels.dense.units import Dense
from netspec.engine.products import STREAMED, add_product, in_tiles, tile_of


class Product(Dense):
    """One product with a kernel (units, inputs), wherever that comes from."""

    overwrites = ("weight",)

    def kernel(self, m: Memory) -> Array:
        """The weights as they run."""
        raise NotImplementedError

    def scratch(self, n: int) -> Sizes:
        across = {"across": (self.inputs, n)} if self.units * self.inputs <= STREAMED else {}
        return {**super().scratch(n), **across}

    def adding(self) -> Sizes:
        return {"weight": (self.units, self.inputs)}

    def forward(self, m: Memory) -> Run:
        x, flatten = self.flat(m)
        y, bias = m.y, m.w.get("bias")
        multiply = self._product(m, x)

        def run() -> None:
            flatten()
            multiply()
            if bias is not None:
                np.add(y, bias, out=y)

        return run

    def _product(self, m: Memory, x: Array) -> Run:
        kernel, y, across = self.kernel(m), m.y, m.scratch.get("across")
        if across is None or tile_of(self.units, self.inputs, len(y)) is None:
            return in_tiles(x, kernel.T, y)
        # of the forms of x · Wᵀ, BLAS packs the plain one alone
        return in_turn([partial(np.copyto, across, x.T), in_tiles(kernel, across, y.T)])

    def backward(self, m: Memory) -> Run:
        assert m.dy is not None
        x, flatten = self.flat(m)
        dx, back = self.flat_gradient(m)
        dy, bias = m.dy, bias_gradient(m)
        trained = "weight" in m.dw
        learn = add_product(m, "weight", dy.T, x) if trained else nothing
        multiply = in_tiles(dy, self.kernel(m), dx) if dx is not None else nothing

        def run() -> None:
            bias()
            if trained:
                flatten()
                learn()
            if dx is not None:
                multiply()
                back()

        return run


class Plain(Product):
    """Every unit takes every input: the weights themselves are the kernel."""

    method = "one product"

    def kernel(self, m: Memory) -> Array:
        return m.w["weight"]
