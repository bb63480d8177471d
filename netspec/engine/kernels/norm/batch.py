"""Batch normalisation, which needs sums over the whole batch and so is a barrier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

import numpy as np

from netspec import ops
from netspec.engine.kernel import Array, Barrier, Memory, Run, Sizes, nothing, ones

#: Numbers that a vector of a few maps is repeated to, and that passes work on before the next stretch is begun.
WIDE, BLOCK = 1024, 2**19
#: Deviations between a mean and zero from which the mean is taken away before anything is multiplied.
FAR = 4


class Norm(Barrier):
    """y = a·(x − p) + b with a, b from the batch; dx = k1·dy + k2·(x − p) + k0 (three numbers a map).

    Squares minus the mean's square lose all digits where the mean is far from zero. So where any map's mean is ``FAR``
    deviations from zero, a chunk is summed again less its mean, and p is the mean; else it is 0 and costs nothing. The
    moments of chunks are merged (Chan, Golub, LeVeque 1983).
    """

    op_type, keeps, elementwise = ops.norm.Norm, ("x",), True

    def setup(self) -> None:
        self.maps, self.positions = self.y[-1], prod(self.y[:-1])
        #: Positions that go together, so that NumPy runs along some hundred numbers and not along a few maps.
        self.run = max((f for f in range(1, WIDE // self.maps + 1) if self.positions % f == 0), default=1)
        self.high = max(1, BLOCK // (self.run * self.maps))

    def prepared(self) -> Sizes:
        line = (self.run, self.maps)
        return {"a": line, "b": line, "pivot": line, "k": (3, *line), "moments": (2, self.maps), "far": (1,)}

    def lines(self, array: Array) -> Array:
        """A value in rows of ``run`` positions."""
        return array.reshape(-1, self.run * self.maps)

    def blocks(self, *arrays: Array) -> list[tuple[Array, ...]]:
        """Values in rows of ``run`` positions, a stretch at a time."""
        lines = [self.lines(array) for array in arrays]
        return [tuple(line[i : i + self.high] for line in lines) for i in range(0, len(lines[0]), self.high)]

    def scratch(self, n: int) -> Sizes:
        line = (self.run * self.maps,)
        return {"t": (self.high, *line), "sum": (2, self.maps), "near": line, "more": (2, *line), "sums": (2, *line)}

    def totals(self) -> Sizes:
        return {"forward": (3, self.maps), "backward": (2, self.maps)}

    def forward_sums(self, m: Memory, totals: Array) -> Run:
        lines, count, near = (
            self.lines(m.xs[0]),
            m.xs[0].size // self.maps,
            m.scratch["near"].reshape(self.run, self.maps),
        )

        def run() -> None:
            total, squares = self._summed(m, lines, lines, None)
            mean = total / count
            product = mean * total
            about = squares - product
            if (product > FAR * FAR * about).any():  # so much is taken away that digits are lost
                near[:] = mean
                total, squares = self._summed(m, lines, lines, m.scratch["near"])
                rest = total / count
                mean, about = near[0] + rest, squares - total * rest
            merge(totals, count, mean, about)

        return run

    def _summed(self, m: Memory, value: Array, other: Array, pivot: Array | None) -> Array:
        """The sums of a value's lines and of its products with another.

        A ``pivot`` is taken off the other first, and off the value where it is its own other.
        """
        sums = m.scratch["sums"]
        if pivot is None:
            _sum_up(value, other, sums)
        else:
            sums.fill(0)
            for i in range(0, len(value), self.high):
                two = np.subtract(other[i : i + self.high], pivot, out=m.scratch["t"][: len(other) - i])
                _sum_up(two if value is other else value[i : i + self.high], two, m.scratch["more"])
                np.add(sums, m.scratch["more"], out=sums)
        total = m.scratch["sum"]
        np.matmul(ones(self.run, sums), sums.reshape(2, self.run, self.maps), out=total)
        return total.astype(np.float64)

    def forward_ready(
        self, parts: Sequence[Array], batch: int, m: Memory, ready: Mapping[str, Array], train: bool
    ) -> Run:
        count, op, w = batch * self.positions, self.op, m.w

        def run() -> None:
            total = np.zeros((3, self.maps))
            for part in parts:
                if part[0, 0]:
                    merge(total, part[0, 0], part[1], part[2])
            mean, variance = total[1], np.maximum(total[2] / count, 0)
            self._ready(w, ready, mean, variance)
            if train:
                keep, unbiased = op.momentum, variance * (count / max(count - 1, 1))
                w["running_mean"][:] = keep * w["running_mean"].astype(np.float64) + (1 - keep) * mean
                w["running_var"][:] = keep * w["running_var"].astype(np.float64) + (1 - keep) * unbiased

        return run

    def from_running(self, w: Mapping[str, Array], ready: Mapping[str, Array]) -> Run:
        return lambda: self._ready(w, ready, *(w[name].astype(np.float64) for name in ("running_mean", "running_var")))

    def _ready(self, w: Mapping[str, Array], ready: Mapping[str, Array], mean: Array, variance: Array) -> None:
        gain, shift = self._gains(w)
        a = gain / np.sqrt(variance + self.op.epsilon)
        far = bool((mean * mean > FAR * FAR * (variance + self.op.epsilon)).any())
        ready["far"][:], ready["pivot"][:] = far, mean if far else 0
        rest = mean - ready["pivot"][0]
        ready["a"][:], ready["b"][:] = a, shift - rest * a
        ready["moments"][:] = rest, variance

    def _gains(self, w: Mapping[str, Array]) -> tuple[Array, Array]:
        if self.op.affine:
            return w["weight"].astype(np.float64), w["bias"].astype(np.float64)
        return np.ones(self.maps), np.zeros(self.maps)

    def forward(self, m: Memory) -> Run:
        blocks, a, b, pivot, far = (
            self.blocks(m.xs[0], m.y),
            m.w["a"].reshape(-1),
            m.w["b"].reshape(-1),
            m.w["pivot"].reshape(-1),
            m.w["far"],
        )

        def run() -> None:
            shifted = bool(far[0])
            for x, y in blocks:
                if shifted:
                    np.subtract(x, pivot, out=y)
                np.multiply(y if shifted else x, a, out=y)
                np.add(y, b, out=y)

        return run

    def backward_sums(self, m: Memory, totals: Array) -> Run:
        assert m.dy is not None
        x, dy, pivot, far = self.lines(m.xs[0]), self.lines(m.dy), m.w["pivot"].reshape(-1), m.w["far"]
        return lambda: np.add(totals, self._summed(m, dy, x, pivot if far[0] else None), out=totals)

    def backward_ready(self, parts: Sequence[Array], batch: int, m: Memory, ready: Mapping[str, Array]) -> Run:
        count, op, w, dw = batch * self.positions, self.op, m.w, m.dw

        def run() -> None:
            total = sum(parts[1:], parts[0].copy())
            rest, variance = ready["moments"].astype(np.float64)
            sigma = np.sqrt(variance + op.epsilon)
            dgain = (total[1] - rest * total[0]) / sigma
            k1 = self._gains(w)[0] / sigma
            k2 = -k1 * dgain / (sigma * count)
            for line, row in zip(ready["k"], (k1, k2, -k1 * total[0] / count - k2 * rest), strict=True):
                line[:] = row
            if "weight" in dw:
                dw["weight"][:] += dgain
                dw["bias"][:] += total[0]

        return run

    def backward(self, m: Memory) -> Run:
        if m.dxs[0] is None or m.dy is None:
            return nothing
        blocks, k = (
            [(*block, m.scratch["t"][: len(block[0])]) for block in self.blocks(m.xs[0], m.dy, m.dxs[0])],
            m.w["k"].reshape(3, -1),
        )
        pivot, far = m.w["pivot"].reshape(-1), m.w["far"]

        def run() -> None:
            shifted = bool(far[0])
            for x, dy, dx, t in blocks:
                np.multiply(dy, k[0], out=dx)
                if shifted:
                    np.subtract(x, pivot, out=t)
                np.multiply(t if shifted else x, k[1], out=t)
                np.add(dx, t, out=dx)
                np.add(dx, k[2], out=dx)

        return run


def merge(into: Array, count: float, mean: Array, squares: Array) -> None:
    """Join moments (count, mean, sum of squares about it) to those that ``into`` has (Chan, Golub, LeVeque 1983)."""
    have = into[0, 0]
    if have == 0:
        into[0], into[1], into[2] = count, mean, squares
        return
    share, move = count / (have + count), mean - into[1]
    into[0] += count
    into[1] += move * share
    into[2] += squares + move * move * (have * share)


def _sum_up(value: Array, other: Array, out: Array) -> None:
    """Sums over the lines of a value, and of its products with another."""
    np.matmul(ones(len(value), value), value, out=out[0])
    np.einsum("nx,nx->x", value, other, out=out[1])  # in one pass, and nothing between
