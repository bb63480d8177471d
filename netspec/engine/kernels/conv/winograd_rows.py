"""3 × 3 convolutions with half the multiplications: F(4, 3) over the rows (Winograd 1980; Lavin, Gray 2016).

A value lies as (rows, images, columns, maps) with a border of zeros. Six rows make a tile of four results; the three
columns of a window lie beside each other, so that a window is one run of 3 · maps numbers and no patch is ever copied.
Windows overlap, which BLAS forbids, and so are taken in three interleaved sets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import as_strided

from netspec.engine.kernel import Array, Memory, Run, Sizes, bias_gradient
from netspec.engine.kernels.conv.convolution import Convolution
from netspec.engine.kernels.conv.winograd_transforms import transforms
from netspec.engine.products import add_product, in_tiles

TILE, POINTS = 4, 6
B, G, A = transforms(TILE, 3, np.dtype(float))


@dataclass(frozen=True)
class Side:
    """One direction: sizes of the result, maps in and out, zeros before the first row and before the first column."""

    rows: int
    columns: int
    inputs: int
    outputs: int
    before: tuple[int, int]

    @property
    def tiles(self) -> int:
        """Tiles of four rows."""
        return -(-self.rows // TILE)

    def count(self, n: int) -> int:
        """Windows of ``n`` images, those across the border of two images among them."""
        return self.tiles * n * (self.columns + 2)

    def scratch(self, n: int) -> dict[str, tuple[int, ...]]:
        """The bordered value, its transform, the products, the bordered result."""
        third = self.count(n) // 3 + 1
        return {
            "value": (TILE * self.tiles + 2, n, self.columns + 2, self.inputs),
            "v": (POINTS, 3 * third + 2, self.inputs),
            "m": (POINTS, 3 * third, self.outputs),
            "result": (TILE * self.tiles, n, self.columns + 2, self.outputs),
        }

    def enter(self, x: Array, s: Mapping[str, Array]) -> Run:
        """The call that borders a value and transforms it into ``v``."""
        value, v, (top, left) = s["value"], s["v"], self.before
        n, high, wide, maps = x.shape
        middle, source = value[top : top + high, :, left : left + wide], x.transpose(1, 0, 2, 3)
        border = [value[:top], value[top + high :], value[:, :, :left], value[:, :, left + wide :]]
        count, long = self.count(n), n * (self.columns + 2) * maps
        step = value.strides[0]
        tiles = as_strided(value, (self.tiles, POINTS, long), (TILE * step, step, value.itemsize))
        out, rest, b = (
            v[:, :count].reshape(POINTS, self.tiles, long).transpose(1, 0, 2),
            v[:, count:],
            B.astype(x.dtype),
        )

        return _transform(border, middle, source, b, tiles, out, rest)

    def leave(self, s: Mapping[str, Array], kernel: Array, y: Array, bias: Array | None) -> Run:
        """The call that multiplies ``v`` with the transformed kernel (6, 3 · inputs, outputs), the result in ``y``."""
        v, m, result = s["v"], s["m"], s["result"]
        n, high, wide, maps = y.shape
        third, size = m.shape[1] // 3, v.itemsize
        windows = as_strided(
            v, (POINTS, 3, third, 3 * self.inputs), (v.strides[0], size * self.inputs, 3 * size * self.inputs, size)
        )
        products = m.reshape(POINTS, third, 3, maps).transpose(0, 2, 1, 3)
        long = n * (self.columns + 2) * maps
        tiles = m[:, : self.count(n)].reshape(POINTS, self.tiles, long).transpose(1, 0, 2)
        rows, part = result.reshape(self.tiles, TILE, long), result[:high, :, :wide].transpose(1, 0, 2, 3)
        a, multiply = np.ascontiguousarray(A.T).astype(y.dtype), in_tiles(windows, kernel[:, None], products)

        def run() -> None:
            multiply()
            np.matmul(a, tiles, out=rows)
            if bias is None:
                np.copyto(y, part)
            else:
                np.add(part, bias, out=y)

        return run


def _transform(
    border: list[Array], middle: Array, source: Array, matrix: Array, tiles: Array, out: Array, rest: Array
) -> Run:
    """The call that puts a value within zeros and its tiles, through a matrix, into ``out``, with ``rest`` zero."""

    def run() -> None:
        for part in border:
            part.fill(0)
        np.copyto(middle, source)
        np.matmul(matrix, tiles, out=out)
        rest.fill(0)

    return run


class WinogradRows(Convolution):
    """A 3 × 3 convolution of stride 1; its gradient is summed over chunks in the transformed kernel's shape."""

    method, transformed, overwrites = "winograd by rows", True, ("weight",)

    @classmethod
    def can(cls, plain: Convolution) -> bool:
        at = plain.window
        return (
            at.kernel == (3, 3)
            and plain.groups == 1
            and not plain.compact
            and plain.unit_steps
            and all(max(p) <= 2 for p in at.pads)
            and min(plain.places) >= 4
        )

    def geometry(self) -> None:
        super().geometry()
        (top, _), (left, _) = self.window.pads
        (rows, columns), (high, wide) = self.places, self.sizes
        self.ahead = Side(rows, columns, self.inputs, self.outputs, (top, left))
        self.back = Side(high, wide, self.outputs, self.inputs, (2 - top, 2 - left))

    def prepared(self) -> Sizes:
        return {"u": (POINTS, 3 * self.inputs, self.outputs), "u_back": (POINTS, 3 * self.outputs, self.inputs)}

    def prepare(self, w: Mapping[str, Array], ready: Mapping[str, Array]) -> Run | None:
        kernel, g, flipped = (
            w["weight"].reshape(3, -1),
            G.astype(w["weight"].dtype),
            G[:, ::-1].astype(w["weight"].dtype),
        )
        u, back = ready["u"].reshape(POINTS, -1), ready["u_back"].reshape(POINTS, 3, self.outputs, self.inputs)
        turned = u.reshape(POINTS, 3, self.inputs, self.outputs)[:, ::-1].transpose(0, 1, 3, 2)

        def run() -> None:
            np.matmul(flipped, kernel, out=u)  # u is the place for it until it gets its own numbers
            np.copyto(back, turned)
            np.matmul(g, kernel, out=u)

        return run

    def extras(self) -> Sizes:
        return {"weight": (POINTS, 3, self.outputs, self.inputs)}

    def collect(self, name: str, total: Array, gradient: Array, ready: Mapping[str, Array]) -> Run | None:
        g, out = np.ascontiguousarray(G.T).astype(total.dtype), gradient.reshape(3, 3, self.inputs, self.outputs)
        made = ready["u"].reshape(-1)[: gradient.size].reshape(3, -1)  # nothing reads it any more in this step
        flipped = made.reshape(3, 3, self.outputs, self.inputs)[::-1, ::-1].transpose(0, 1, 3, 2)
        source = total.reshape(POINTS, -1)

        def run() -> None:
            np.matmul(g, source, out=made)
            np.copyto(out, flipped)

        return run

    def scratch(self, n: int) -> Sizes:
        ahead, back = self.ahead.scratch(n), self.back.scratch(n)
        sizes: dict[str, tuple[int, ...]] = {"db": (self.outputs,)}
        return sizes | {f"a_{k}": s for k, s in ahead.items()} | {f"b_{k}": s for k, s in back.items()}

    def workspace(self, n: int, backward: bool) -> Sizes:
        side = "b_" if backward else "a_"
        return {
            name: shape
            for name, shape in self.scratch(n).items()
            if name.startswith(side) or (name == "db" and backward)
        }

    def adding(self) -> Sizes:
        return self.extras()

    def forward(self, m: Memory) -> Run:
        s = {name[2:]: array for name, array in m.scratch.items() if name.startswith("a_")}
        enter, leave = self.ahead.enter(m.xs[0], s), self.ahead.leave(s, m.w["u"], m.y, m.w.get("bias"))

        def run() -> None:
            enter()
            leave()

        return run

    def backward(self, m: Memory) -> Run:
        assert m.dy is not None
        s = {name[2:]: array for name, array in m.scratch.items() if name.startswith("b_")}
        bias, dx = bias_gradient(m), m.dxs[0]
        enter = self.back.enter(m.dy, s)
        leave = self.back.leave(s, m.w["u_back"], dx, None) if dx is not None else None
        kernel = self._kernel_gradient(m, s)

        def run() -> None:
            bias()
            enter()
            if leave is not None:
                leave()
            if kernel is not None:
                kernel()

        return run

    def _kernel_gradient(self, m: Memory, s: Mapping[str, Array]) -> Run | None:
        """dU = Vᵀ · (A · x) a point and a column of the kernel; V is that of the result's gradient."""
        x = m.xs[0]
        if "weight" not in m.dw:
            return None
        n, high, wide, maps = x.shape
        side, v, points, value = self.back, s["v"], s["m"], s["result"]
        middle, source = value[:high, :, :wide], x.transpose(1, 0, 2, 3)
        border = [value[high:], value[:, :, wide:]]
        count, long = side.count(n), n * (side.columns + 2) * maps
        tiles, rest = value.reshape(side.tiles, TILE, long), points[:, count:]
        out = points[:, :count].reshape(POINTS, side.tiles, long).transpose(1, 0, 2)
        size = v.itemsize
        shifted = as_strided(
            v, (POINTS, 3, count, self.outputs), (v.strides[0], size * self.outputs, size * self.outputs, size)
        )
        transform = _transform(border, middle, source, A.astype(x.dtype), tiles, out, rest)
        learn = add_product(m, "weight", shifted.transpose(0, 1, 3, 2), points[:, None, :count])

        def run() -> None:
            transform()
            learn()

        return run
