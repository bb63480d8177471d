"""Locally connected layers: a product at each position."""

from __future__ import annotations

from math import prod

import numpy as np

from netspec import ops
from netspec.engine.kernel import Array, Memory, Run, Sizes
from netspec.engine.kernels.conv.compact import Spread
from netspec.engine.kernels.conv.windows import extent, inner, patches, split_maps, tap_views
from netspec.engine.products import add_product


class Local(Spread):
    """A product at each position, with its own kernels."""

    op_type, keeps, positions, overwrites = ops.conv.Local, ("x",), True, ("weight",)

    def geometry(self) -> None:
        self.places, self.sizes = self.y[:-1], self.xs[0][:-1]
        self.cover = extent(self.window, self.places)
        self.width = prod(self.taps) * self.inputs // self.groups

    def run_form(self, weight: Array) -> Array:
        g, rank, p = self.groups, len(self.taps), prod(self.places)
        parted = weight.reshape(p, g, self.outputs // g, self.inputs // g, *self.taps)
        turned = parted.transpose(0, 1, *range(4, 4 + rank), 3, 2)
        return np.ascontiguousarray(turned).reshape(self.dense_shape())

    def file_form(self, weight: Array) -> Array:
        g, rank, p = self.groups, len(self.taps), prod(self.places)
        parted = weight.reshape(p, g, *self.taps, self.inputs // g, self.outputs // g)
        turned = parted.transpose(0, 1, rank + 3, rank + 2, *range(2, rank + 2))
        return np.ascontiguousarray(turned).reshape(self.weights["weight"].shape)

    def dense_shape(self) -> tuple[int, ...]:
        return (prod(self.places), self.groups, self.width, self.outputs // self.groups)

    def pack(self, name: str, weight: Array) -> Array:
        if name == "bias":  # (maps, positions…) to (positions…, maps)
            return np.ascontiguousarray(np.moveaxis(weight, 0, -1))
        return super().pack(name, weight)

    def unpack(self, name: str, weight: Array) -> Array:
        return np.ascontiguousarray(np.moveaxis(weight, -1, 0)) if name == "bias" else super().unpack(name, weight)

    def scratch(self, n: int) -> Sizes:
        p, g = prod(self.places), self.groups
        return {
            "xp": (n, *self.cover, self.inputs), "cols": (p, g, n, self.width),
            "yg": (p, g, n, self.outputs // g),
        }  # fmt: skip

    def adding(self) -> Sizes:
        return {"weight": self.dense_shape()}

    def _columns(self, m: Memory) -> Run:
        xp, n, g, rank = m.scratch["xp"], m.y.shape[0], self.groups, len(self.taps)
        part, kept = inner(xp, self.window, self.sizes)
        x = m.xs[0][kept]
        view = split_maps(patches(xp, self.window, self.places), g)  # (n, places, taps, g, each)
        source = view.transpose(*range(1, 1 + rank), 1 + 2 * rank, 0, *range(1 + rank, 1 + 2 * rank), 2 + 2 * rank)
        target = m.scratch["cols"].reshape(*self.places, g, n, *self.taps, -1)

        def run() -> None:
            xp.fill(0)
            np.copyto(part, x)
            np.copyto(target, source)

        return run

    def _turned(self, m: Memory, value: Array) -> Array:
        """A value (n, places…, maps) seen as (positions, groups, n, maps/groups)."""
        n, g = value.shape[0], self.groups
        return value.reshape(n, -1, g, self.outputs // g).transpose(1, 2, 0, 3)

    def forward(self, m: Memory) -> Run:
        gather, cols, yg, kernel = self._columns(m), m.scratch["cols"], m.scratch["yg"], self.kernel(m)
        y, target, bias = m.y, self._turned(m, m.y), m.w.get("bias")

        def run() -> None:
            gather()
            np.matmul(cols, kernel, out=yg)
            np.copyto(target, yg)
            if bias is not None:
                np.add(y, bias, out=y)

        return run

    def backward(self, m: Memory) -> Run:
        assert m.dy is not None
        gather, cols, yg, kernel = self._columns(m), m.scratch["cols"], m.scratch["yg"], self.kernel(m)
        dy, source, db, dx = m.dy, self._turned(m, m.dy), m.dw.get("bias"), m.dxs[0]
        learn = add_product(m, "weight", cols.transpose(0, 1, 3, 2), yg) if "weight" in m.dw else None
        n, g, rank = m.y.shape[0], self.groups, len(self.taps)
        xp = m.scratch["xp"]
        targets = [split_maps(view, g) for view in tap_views(xp, self.window, self.places)] if dx is not None else []
        shaped = cols.reshape(*self.places, g, n, prod(self.taps), -1)
        back = [np.moveaxis(shaped[..., t, :], (rank, rank + 1), (rank + 1, 0)) for t in range(len(targets))]
        part, kept = inner(xp, self.window, self.sizes)

        def run() -> None:
            np.copyto(yg, source)
            if db is not None:
                for image in dy:
                    np.add(db, image, out=db)
            if learn is not None:
                gather()
                learn()
            if dx is not None:
                np.matmul(yg, kernel.transpose(0, 1, 3, 2), out=cols)
                xp.fill(0)
                for target, patch in zip(targets, back, strict=True):
                    np.add(target, patch, out=target)
                dx.fill(0)
                np.copyto(dx[kept], part)

        return run
