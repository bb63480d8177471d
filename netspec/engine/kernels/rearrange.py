"""Layers that move, cut or repeat numbers: views, and copies from one to the other."""

from __future__ import annotations

from math import prod

import numpy as np

from netspec import ops
from netspec.engine.kernel import Array, Kernel, Memory, Run, Sizes, nothing
from netspec.ops import window


class Reordered(Kernel):
    """All numbers in the order maps, depth, height, width, whatever the shape."""

    def scratch(self, n: int) -> Sizes:
        return {"flat": (n, prod(self.y))}

    @staticmethod
    def _first(array: Array) -> Array:
        return np.moveaxis(array, -1, 1)

    def _move(self, source: Array, target: Array, flat: Array) -> Run:
        outgoing, incoming = self._first(source), self._first(target)
        there, back = flat.reshape(outgoing.shape), flat.reshape(incoming.shape)

        def run() -> None:
            np.copyto(there, outgoing)
            np.copyto(incoming, back)

        return run

    def forward(self, m: Memory) -> Run:
        return self._move(m.xs[0], m.y, m.scratch["flat"])

    def backward(self, m: Memory) -> Run:
        if m.dxs[0] is None or m.dy is None:
            return nothing
        return self._move(m.dy, m.dxs[0], m.scratch["flat"])


class Flatten(Reordered):
    """To units."""

    op_type = ops.rearrange.Flatten


class Reshape(Reordered):
    """To another shape."""

    op_type = ops.rearrange.Reshape


class Shuffle(Kernel):
    """Maps as (g, n/g), turned."""

    op_type = ops.rearrange.Shuffle

    def _pairs(self, x: Array, y: Array) -> list[tuple[Array, Array]]:
        """Group by group what belongs together: long runs, where the turned whole would have runs of g."""
        g, each = self.op.groups, self.y[-1] // self.op.groups
        return [(x[..., i * each : (i + 1) * each], y[..., i::g]) for i in range(g)]

    def forward(self, m: Memory) -> Run:
        pairs = self._pairs(m.xs[0], m.y)

        def run() -> None:
            for source, target in pairs:
                np.copyto(target, source)

        return run

    def backward(self, m: Memory) -> Run:
        if m.dxs[0] is None or m.dy is None:
            return nothing
        pairs = self._pairs(m.dxs[0], m.dy)

        def run() -> None:
            for target, source in pairs:
                np.copyto(target, source)

        return run


class Upsample(Kernel):
    """One small matrix an axis: rows of ones for nearest, of two weights for linear."""

    op_type = ops.rearrange.Upsample

    def setup(self) -> None:
        sizes = self.xs[0][:-1]
        factors = window.each(self.op.factor, len(sizes), "factor")
        self.matrices = [_matrix(n, f, self.op.mode) for n, f in zip(sizes, factors, strict=True)]

    def scratch(self, n: int) -> Sizes:
        """One array a step between input and result."""
        shapes, shape = {}, list(self.xs[0])
        for axis, matrix in enumerate(self.matrices[:-1]):
            shape[axis] = matrix.shape[0]
            shapes[f"t{axis}"] = (n, *shape)
        return shapes

    def _steps(self, m: Memory, first: Array, last: Array) -> list[Array]:
        return [first, *(m.scratch[f"t{axis}"] for axis in range(len(self.matrices) - 1)), last]

    @staticmethod
    def _along(array: Array, axis: int) -> Array:
        shape = array.shape
        return array.reshape(prod(shape[: axis + 1]), shape[axis + 1], prod(shape[axis + 2 :]))

    def forward(self, m: Memory) -> Run:
        steps = self._steps(m, m.xs[0], m.y)
        calls = [
            (matrix.astype(m.y.dtype), self._along(a, axis), self._along(b, axis))
            for axis, (matrix, a, b) in enumerate(zip(self.matrices, steps[:-1], steps[1:], strict=True))
        ]

        def run() -> None:
            for matrix, a, b in calls:
                np.matmul(matrix, a, out=b)

        return run

    def backward(self, m: Memory) -> Run:
        if m.dxs[0] is None or m.dy is None:
            return nothing
        steps = self._steps(m, m.dxs[0], m.dy)
        calls = [
            (np.ascontiguousarray(matrix.T.astype(m.dy.dtype)), self._along(a, axis), self._along(b, axis))
            for axis, (matrix, a, b) in enumerate(zip(self.matrices, steps[:-1], steps[1:], strict=True))
        ]

        def run() -> None:
            for matrix, a, b in reversed(calls):
                np.matmul(matrix, b, out=a)

        return run


def _matrix(size: int, factor: int, mode: str) -> Array:
    """(size · factor, size): how much of each pixel goes into each new one (pixel centres, edges held)."""
    matrix = np.zeros((size * factor, size))
    for i in range(size * factor):
        if mode == "nearest":
            matrix[i, i // factor] = 1
            continue
        at = min(max((i + 0.5) / factor - 0.5, 0.0), size - 1.0)
        low = min(int(at), size - 1)
        matrix[i, low] += 1 - (at - low)
        matrix[i, min(low + 1, size - 1)] += at - low
    return matrix


class Cut(Kernel):
    """A part of one array is the other: copies both ways."""

    def part(self, whole: Array) -> Array:
        """The part of the larger array."""
        raise NotImplementedError

    larger_in = True

    def forward(self, m: Memory) -> Run:
        return self._copy(m.xs[0], m.y, self.larger_in)

    def backward(self, m: Memory) -> Run:
        if m.dxs[0] is None or m.dy is None:
            return nothing
        return self._copy(m.dy, m.dxs[0], not self.larger_in)

    def _copy(self, source: Array, target: Array, cut: bool) -> Run:
        if cut:
            view = self.part(source)
            return lambda: np.copyto(target, view)
        place = self.part(target)

        def run() -> None:
            target.fill(0)
            np.copyto(place, source)

        return run


class Pad(Cut):
    """Zeros around."""

    op_type, larger_in = ops.rearrange.Pad, False

    def part(self, whole: Array) -> Array:
        pads = window.each(self.op.size, len(self.y) - 1, "size")
        return whole[(slice(None), *(slice(p, n - p) for p, n in zip(pads, self.y[:-1], strict=True)))]


class Crop(Cut):
    """The middle."""

    op_type = ops.rearrange.Crop

    def part(self, whole: Array) -> Array:
        starts = self.op.starts((self.xs[0][-1], *self.xs[0][:-1]))
        return whole[(slice(None), *(slice(a, a + n) for a, n in zip(starts, self.y[:-1], strict=True)))]


class Slice(Kernel):
    """Some maps; a map that is taken twice gets both gradients."""

    op_type = ops.rearrange.Slice

    def forward(self, m: Memory) -> Run:
        x, y, maps = m.xs[0], m.y, np.asarray(self.op.maps)
        if (np.diff(maps) == 1).all():
            part = x[..., maps[0] : maps[-1] + 1]
            return lambda: np.copyto(y, part)
        return lambda: np.take(x, maps, axis=-1, out=y, mode="clip")

    def backward(self, m: Memory) -> Run:
        dx, dy, maps = m.dxs[0], m.dy, self.op.maps
        if dx is None or dy is None:
            return nothing

        def run() -> None:
            dx.fill(0)
            for j, i in enumerate(maps):
                np.add(dx[..., i], dy[..., j], out=dx[..., i])

        return run


class Scale(Kernel):
    """Times a constant, both ways."""

    op_type = ops.rearrange.Scale

    def forward(self, m: Memory) -> Run:
        return _times(m.xs[0], self.op.factor, m.y)

    def backward(self, m: Memory) -> Run:
        return nothing if m.dxs[0] is None or m.dy is None else _times(m.dy, self.op.factor, m.dxs[0])


def _times(source: Array, factor: float, target: Array) -> Run:
    return lambda: np.multiply(source, factor, out=target)


class Shift(Kernel):
    """Plus a constant; the gradient passes."""

    op_type = ops.rearrange.Shift

    def forward(self, m: Memory) -> Run:
        x, y, amount = m.xs[0], m.y, self.op.amount
        return lambda: np.add(x, amount, out=y)

    def backward(self, m: Memory) -> Run:
        dx, dy = m.dxs[0], m.dy
        return nothing if dx is None or dy is None else lambda: np.copyto(dx, dy)
