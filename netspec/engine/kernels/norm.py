"""Norms. ``norm`` needs sums over the whole batch, so it is a barrier; the others stay within an image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

import numpy as np

from netspec import ops
from netspec.engine.kernel import Array, Barrier, Kernel, Memory, Run, Sizes, nothing, ones, rows

#: Numbers that a vector of a few maps is repeated to, and that passes work on before the next stretch is begun.
WIDE, BLOCK = 1024, 2**16


class Norm(Barrier):
    """y = a·x + b with a, b from the batch; dx = k1·dy + k2·x + k0 (three numbers a map)."""

    op_type, keeps, elementwise = ops.norm.Norm, ("x",), True

    def setup(self) -> None:
        self.maps, self.positions = self.y[-1], prod(self.y[:-1])
        #: Positions that go together, so that NumPy runs along some hundred numbers and not along a few maps.
        self.run = max((f for f in range(1, WIDE // self.maps + 1) if self.positions % f == 0), default=1)
        self.high = max(1, BLOCK // (self.run * self.maps))

    def prepared(self) -> Sizes:
        return {"a": (self.run, self.maps), "b": (self.run, self.maps), "k": (3, self.run, self.maps), "moments": (2, self.maps)}

    def lines(self, array: Array) -> Array:
        """A value in rows of ``run`` positions."""
        return array.reshape(-1, self.run * self.maps)

    def blocks(self, *arrays: Array) -> list[tuple[Array, ...]]:
        """Values in rows of ``run`` positions, a stretch at a time."""
        lines = [self.lines(array) for array in arrays]
        return [tuple(line[i : i + self.high] for line in lines) for i in range(0, len(lines[0]), self.high)]

    def scratch(self, n: int) -> Sizes:
        return {"t": (self.high, self.run * self.maps), "sum": (self.maps,), "products": (self.run * self.maps,)}

    def totals(self) -> Sizes:
        return {"forward": (2, self.maps), "backward": (2, self.maps)}

    def forward_sums(self, m: Memory, totals: Array) -> Run:
        return self._sums(m, m.xs[0], totals)

    def _sums(self, m: Memory, value: Array, totals: Array) -> Run:
        """The call that adds a value's sums, and those of its products with the input."""
        x, other, total, products = self.lines(m.xs[0]), self.lines(value), m.scratch["sum"], m.scratch["products"]
        flat, parts = rows(value), products.reshape(self.run, self.maps)
        one, more = ones(len(flat), value), ones(self.run, value)

        def run() -> None:
            np.matmul(one, flat, out=total)
            np.add(totals[0], total, out=totals[0])
            np.einsum("nx,nx->x", x, other, out=products)  # in one pass, and nothing between
            np.matmul(more, parts, out=total)
            np.add(totals[1], total, out=totals[1])

        return run

    def forward_ready(self, parts: Sequence[Array], batch: int, m: Memory, ready: Mapping[str, Array], train: bool) -> Run:
        count, op, w = batch * self.positions, self.op, m.w

        def run() -> None:
            total = sum(parts[1:], parts[0].copy())
            mean = total[0] / count
            variance = np.maximum(total[1] / count - mean * mean, 0)
            gain, shift = self._gains(w)
            a = gain / np.sqrt(variance + op.epsilon)
            ready["a"][:], ready["b"][:] = a, shift - mean * a
            ready["moments"][:] = mean, variance
            if train:
                keep, unbiased = op.momentum, variance * (count / max(count - 1, 1))
                w["running_mean"][:] = keep * w["running_mean"] + (1 - keep) * mean
                w["running_var"][:] = keep * w["running_var"] + (1 - keep) * unbiased

        return run

    def from_running(self, w: Mapping[str, Array], ready: Mapping[str, Array]) -> Run:
        def run() -> None:
            gain, shift = self._gains(w)
            a = gain / np.sqrt(w["running_var"].astype(np.float64) + self.op.epsilon)
            ready["a"][:], ready["b"][:] = a, shift - w["running_mean"] * a

        return run

    def _gains(self, w: Mapping[str, Array]) -> tuple[Array, Array]:
        if self.op.affine:
            return w["weight"].astype(np.float64), w["bias"].astype(np.float64)
        return np.ones(self.maps), np.zeros(self.maps)

    def forward(self, m: Memory) -> Run:
        blocks, a, b = self.blocks(m.xs[0], m.y), m.w["a"].reshape(-1), m.w["b"].reshape(-1)

        def run() -> None:
            for x, y in blocks:
                np.multiply(x, a, out=y)
                np.add(y, b, out=y)

        return run

    def backward_sums(self, m: Memory, totals: Array) -> Run:
        assert m.dy is not None
        return self._sums(m, m.dy, totals)

    def backward_ready(self, parts: Sequence[Array], batch: int, m: Memory, ready: Mapping[str, Array]) -> Run:
        count, op, w, dw = batch * self.positions, self.op, m.w, m.dw

        def run() -> None:
            total = sum(parts[1:], parts[0].copy())
            mean, variance = ready["moments"].astype(np.float64)
            sigma = np.sqrt(variance + op.epsilon)
            dgain = (total[1] - mean * total[0]) / sigma
            k1 = self._gains(w)[0] / sigma
            k2 = -k1 * dgain / (sigma * count)
            for line, row in zip(ready["k"], (k1, k2, -k1 * total[0] / count - k2 * mean), strict=True):
                line[:] = row
            if "weight" in dw:
                dw["weight"][:] += dgain
                dw["bias"][:] += total[0]

        return run

    def backward(self, m: Memory) -> Run:
        if m.dxs[0] is None or m.dy is None:
            return nothing
        blocks, k = [(*block, m.scratch["t"][: len(block[0])]) for block in self.blocks(m.xs[0], m.dy, m.dxs[0])], m.w["k"].reshape(3, -1)

        def run() -> None:
            for x, dy, dx, t in blocks:
                np.multiply(dy, k[0], out=dx)
                np.multiply(x, k[1], out=t)
                np.add(dx, t, out=dx)
                np.add(dx, k[2], out=dx)

        return run


class Grouped(Kernel):
    """Zero mean and unit variance over some axes of one image, then gain and bias a map."""

    keeps = ()

    def parts(self, array: Array) -> Array:
        """The array seen with the axes that are normalised as its axes 1 and 3."""
        raise NotImplementedError

    def saved(self, n: int) -> Sizes:
        return {"z": (n, *self.y), "inverse": self.rows(n)}

    def rows(self, n: int) -> tuple[int, ...]:
        """Shape of one number a normalised set."""
        raise NotImplementedError

    def scratch(self, n: int) -> Sizes:
        return {"t": (n, *self.y), "mean": self.rows(n), "mean2": self.rows(n), "sum": (self.y[-1],)}

    def forward(self, m: Memory) -> Run:
        x, z, inverse = self.parts(m.xs[0]), self.parts(m.saved["z"]), m.saved["inverse"]
        t, mean, y, whole = self.parts(m.scratch["t"]), m.scratch["mean"], m.y, m.saved["z"]
        gain, bias, epsilon = m.w.get("weight"), m.w.get("bias"), self.op.epsilon

        def run() -> None:
            np.mean(x, axis=(1, 3), keepdims=True, out=mean)
            np.subtract(x, mean, out=z)
            np.multiply(z, z, out=t)
            np.mean(t, axis=(1, 3), keepdims=True, out=inverse)
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
        gain, dgain, dbias = m.w.get("weight"), m.dw.get("weight"), m.dw.get("bias")
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
            np.mean(out, axis=(1, 3), keepdims=True, out=mean)
            np.multiply(out, z, out=parts)
            np.mean(parts, axis=(1, 3), keepdims=True, out=mean2)
            np.multiply(z, mean2, out=parts)
            np.subtract(out, parts, out=out)
            np.subtract(out, mean, out=out)
            np.multiply(out, inverse, out=out)

        return run


class LayerNorm(Grouped):
    """Over the maps at each position."""

    op_type = ops.norm.LayerNorm

    def parts(self, array: Array) -> Array:
        return array.reshape(-1, 1, 1, array.shape[-1])

    def rows(self, n: int) -> tuple[int, ...]:
        return (n * prod(self.y[:-1]), 1, 1, 1)


class GroupNorm(Grouped):
    """Over a group's maps and all positions."""

    op_type = ops.norm.GroupNorm

    def parts(self, array: Array) -> Array:
        return array.reshape(array.shape[0], -1, self.op.groups, self.y[-1] // self.op.groups)

    def rows(self, n: int) -> tuple[int, ...]:
        return (n, 1, self.op.groups, 1)


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
