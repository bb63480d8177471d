"""Convolutions with few maps: one patch for t × t outputs, the kernel standing t² times in one larger matrix.

More multiplications, far fewer copies: a patch of (k + t − 1)² inputs serves t² outputs, and the products are wide.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from netspec.engine.kernel import Array, Memory, Run, Sizes, ones
from netspec.engine.kernels.conv.compact import Spread
from netspec.engine.kernels.conv.convolution import Convolution
from netspec.engine.kernels.conv.windows import add_taps
from netspec.engine.products import in_tiles, summed, transposed


class Tiles(Spread, Convolution):
    """A 2-D convolution of stride 1 whose places part into tiles of ``tile`` × ``tile``."""

    tile, method = 2, "tiles of 2"
    backwards = ("dm", "term", "sums")

    @classmethod
    def can(cls, plain: Convolution) -> bool:
        at = plain.window
        if len(at.kernel) != 2 or plain.groups > 1 or max(at.kernel) < 2 or not plain.unit_steps:
            return False
        return all(n % cls.tile == 0 for n in plain.places)

    def geometry(self) -> None:
        super().geometry()
        self.tiles = tuple(n // self.tile for n in self.places)
        self.patch = tuple(k + self.tile - 1 for k in self.taps)

    def _matrix(self) -> tuple[int, int]:
        return self.patch[0] * self.patch[1] * self.inputs, self.tile**2 * self.outputs

    def prepared(self) -> Sizes:
        return {**super().prepared(), "tiles": self._matrix(), "turned": self._matrix()[::-1]}

    def prepare(self, w: Mapping[str, Array], ready: Mapping[str, Array]) -> Run | None:
        dense, spread = self.spread_out(w, ready)
        kernel = dense.reshape(*self.taps, self.inputs, self.outputs)
        copies, (_, turn) = self._copies(ready["tiles"]), transposed(ready["tiles"], ready["turned"])

        def run() -> None:
            spread()
            for copy in copies:  # the rest of the matrix stays zero
                np.copyto(copy, kernel)
            turn()

        return run

    def _copies(self, matrix: Array) -> list[Array]:
        """Where the kernel stands in the matrix, once an output of the tile."""
        t, (a, b) = self.tile, self.taps
        whole = matrix.reshape(*self.patch, self.inputs, t, t, self.outputs)
        return [whole[i : i + a, j : j + b, :, i, j] for i, j in product(range(t), range(t))]

    def scratch(self, n: int) -> Sizes:
        count = n * self.tiles[0] * self.tiles[1]
        width, many = self._matrix()
        sizes: dict[str, tuple[int, ...]] = {
            "sums": (many,),
            "dm": (width, many),
            "term": (width, many),
            "cols": (count, width),
            "yt": (count, many),
        }
        return sizes | ({"xp": (n, *self.cover, self.inputs)} if self.padded else {})

    def _gather(self, m: Memory) -> Run:
        xp, fill = self.within_zeros(m)
        t, c = self.tile, self.inputs
        s0, s1, s2, s3 = xp.strides
        source = as_strided(xp, (len(xp), *self.tiles, self.patch[0], self.patch[1] * c), (s0, t * s1, t * s2, s1, s3))
        target = m.scratch["cols"].reshape(source.shape)

        def run() -> None:
            fill()
            np.copyto(target, source)

        return run

    def _by_tiles(self, tiles: Array, value: Array) -> tuple[Array, Array]:
        """Products by tile, and the value itself, seen alike: (n, tiles, t, tiles, t · maps)."""
        n, t, (a, b) = len(value), self.tile, self.tiles
        return tiles.reshape(n, a, b, t, t * self.outputs).transpose(0, 1, 3, 2, 4), value.reshape(
            n, a, t, b, t * self.outputs
        )

    def forward(self, m: Memory) -> Run:
        gather, cols, yt, kernel, bias = (
            self._gather(m),
            m.scratch["cols"],
            m.scratch["yt"],
            m.w["tiles"],
            m.w.get("bias"),
        )
        source, target = self._by_tiles(yt, m.y)
        lines, width = m.y.reshape(-1, self.places[1] * self.outputs), self.places[1]
        multiply = in_tiles(cols, kernel, yt)

        def run() -> None:
            gather()
            multiply()
            np.copyto(target, source)
            if bias is not None:
                np.add(lines, np.tile(bias, width), out=lines)  # along whole rows: a few maps are slow to go along

        return run

    def backward(self, m: Memory) -> Run:
        assert m.dy is not None
        gather, cols, yt, db, sums = (
            self._gather(m),
            m.scratch["cols"],
            m.scratch["yt"],
            m.dw.get("bias"),
            m.scratch["sums"],
        )
        target, source = self._by_tiles(yt, m.dy)
        dw, dx, dm = m.dw.get("weight"), m.dxs[0], m.scratch["dm"]
        learn = summed(cols.T, yt, dm, m.scratch["term"], fresh=True)
        multiply = in_tiles(yt, transposed(m.w["tiles"], m.w["turned"])[0], cols)
        windows, one, parts = self._copies(dm), ones(len(yt), yt), sums.reshape(self.tile**2, self.outputs)
        total = None if dw is None else dw.reshape(*self.taps, self.inputs, self.outputs)
        spread = self._spread(m, cols) if dx is not None else None

        def run() -> None:
            np.copyto(target, source)
            if db is not None:
                np.matmul(one, yt, out=sums)
                np.add(db, parts.sum(axis=0), out=db)
            if total is not None:
                gather()
                learn()
                for window in windows:
                    np.add(total, window, out=total)
            if spread is not None:
                multiply()
                spread()

        return run

    def _spread(self, m: Memory, cols: Array) -> Run:
        """Add the patches' gradients up where they came from, in stretches that do not overlap."""
        dx: Any = m.dxs[0]
        whole = m.scratch["xp"] if self.padded else dx
        t, c, (a, b) = self.tile, self.inputs, self.patch
        s0, s1, s2, s3 = whole.strides
        patches = cols.reshape(len(whole), *self.tiles, a, b * c)
        targets, sources = [], []
        for i, j in product(range(0, a, t), range(0, b, t)):
            high, wide = min(t, a - i), min(t, b - j)
            targets.append(
                as_strided(
                    whole[:, i:, j:],
                    (len(whole), self.tiles[0], high, self.tiles[1], wide * c),
                    (s0, t * s1, s1, t * s2, s3),
                )
            )
            sources.append(patches[:, :, :, i : i + high, j * c : (j + wide) * c].transpose(0, 1, 3, 2, 4))
        return add_taps(whole, dx, targets, sources, self)


class Tiles4(Tiles):
    """With tiles of 4 × 4."""

    tile, method = 4, "tiles of 4"
