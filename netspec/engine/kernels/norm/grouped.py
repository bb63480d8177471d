"""Norms that stay within an image: over the maps of a position, or over a group of maps."""

from __future__ import annotations

from math import prod

import numpy as np

from netspec import ops
from netspec.engine.kernel import Array, Kernel, Memory, Run, Sizes, ones, rows


class Grouped(Kernel):
    """Zero mean and unit variance over some axes of one image, then gain and bias a map.

    The mean is taken away twice: the first one, in single precision, is only near where numbers are far from zero.
    """

    keeps = ()

    def parted(self, n: int) -> tuple[int, int, int, int]:
        """The shape of ``n`` images with the axes that are normalised as its axes 1 and 3."""
        raise NotImplementedError

    def parts(self, array: Array) -> Array:
        """The array seen in that shape."""
        return array.reshape(self.parted(len(array)))

    def rows(self, n: int) -> tuple[int, ...]:
        """Shape of one number a normalised set."""
        sets, _, groups, _ = self.parted(n)
        return (sets, 1, groups, 1)

    def saved(self, n: int) -> Sizes:
        return {"z": (n, *self.y), "inverse": self.rows(n)}

    def scratch(self, n: int) -> Sizes:
        sets = self.rows(n)
        inner = n * prod(self.y) // self.parted(n)[3]
        return {"t": (n, *self.y), "mean": sets, "mean2": sets, "inner": (inner,), "sum": (self.y[-1],)}

    def forward(self, m: Memory) -> Run:
        x, z, inverse = self.parts(m.xs[0]), self.parts(m.saved["z"]), m.saved["inverse"]
        t, mean, y, whole = self.parts(m.scratch["t"]), m.scratch["mean"], m.y, m.saved["z"]
        gain, bias, epsilon, inner = m.w.get("weight"), m.w.get("bias"), self.op.epsilon, m.scratch["inner"]

        def run() -> None:
            _mean(x, inner, mean)
            np.subtract(x, mean, out=z)
            _mean(z, inner, mean)
            np.subtract(z, mean, out=z)
            np.multiply(z, z, out=t)
            _mean(t, inner, inverse)
            np.add(inverse, epsilon, out=inverse)
            np.sqrt(inverse, out=inverse)
            np.divide(1, inverse, out=inverse)
            np.multiply(z, inverse, out=z)
            if gain is None or bias is None:
                np.copyto(y, whole)
            else:
                np.multiply(whole, gain, out=y)
                np.add(y, bias, out=y)

        return run

    def backward(self, m: Memory) -> Run:
        assert m.dy is not None
        z, whole, inverse, dy, dx = self.parts(m.saved["z"]), m.saved["z"], m.saved["inverse"], m.dy, m.dxs[0]
        t, mean, mean2, total = m.scratch["t"], m.scratch["mean"], m.scratch["mean2"], m.scratch["sum"]
        gain, dgain, dbias, inner = m.w.get("weight"), m.dw.get("weight"), m.dw.get("bias"), m.scratch["inner"]
        one, parts, out = ones(rows(dy).shape[0], dy), self.parts(t), None if dx is None else self.parts(dx)

        def run() -> None:
            if dgain is not None and dbias is not None:
                np.multiply(dy, whole, out=t)
                np.matmul(one, rows(t), out=total)
                np.add(dgain, total, out=dgain)
                np.matmul(one, rows(dy), out=total)
                np.add(dbias, total, out=dbias)
            if dx is None or out is None:
                return
            np.multiply(dy, 1 if gain is None else gain, out=dx)
            _mean(out, inner, mean)
            np.multiply(out, z, out=parts)
            _mean(parts, inner, mean2)
            np.multiply(z, mean2, out=parts)
            np.subtract(out, parts, out=out)
            np.subtract(out, mean, out=out)
            np.multiply(out, inverse, out=out)

        return run


def _mean(value: Array, inner: Array, out: Array) -> None:
    """The mean over axes 1 and 3: products with ones are the fastest; ``inner`` has room for sums along axis 3."""
    sets, high, groups, wide = value.shape
    sums = out.reshape(-1) if high == 1 else inner
    np.matmul(value.reshape(-1, wide), ones(wide, value), out=sums)
    if high > 1:
        np.matmul(ones(high, value), inner.reshape(sets, high, groups), out=out.reshape(sets, groups))
    np.divide(out, high * wide, out=out)


class LayerNorm(Grouped):
    """Over the maps at each position."""

    op_type = ops.norm.LayerNorm

    def parted(self, n: int) -> tuple[int, int, int, int]:
        return (n * prod(self.y[:-1]), 1, 1, self.y[-1])


class GroupNorm(Grouped):
    """Over a group's maps and all positions."""

    op_type = ops.norm.GroupNorm

    def parted(self, n: int) -> tuple[int, int, int, int]:
        return (n, prod(self.y[:-1]), self.op.groups, self.y[-1] // self.op.groups)
