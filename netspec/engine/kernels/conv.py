"""Convolutions by patches and products: conv, deconv, local; compact tables spread out once a step."""

from __future__ import annotations

from functools import partial
from math import prod

import numpy as np
from numpy.lib.stride_tricks import as_strided

from netspec import ops
from netspec.engine.kernel import Array, Memory, Run, Sizes, add_product, bias_gradient, nothing, rows
from netspec.engine.kernels.wired import Wired, add_taps, extent, inner, patches, split_maps, tap_views


class Conv(Wired):
    """Patches as rows, one product for all positions of a chunk; on the array itself where it is its own patches."""

    op_type, keeps, method = ops.conv.Conv, ("x",), "patches"

    @classmethod
    def can(cls, plain: Conv) -> bool:
        """Whether this method can run a convolution."""
        return True

    def geometry(self) -> None:
        self.places = self.y[:-1]
        self.sizes = self.xs[0][:-1]
        self.cover = extent(self.window, self.places)
        self.padded = any(map(any, self.window.pads))
        plain = all(k == 1 for k in self.taps) and all(s == 1 for s in self.window.stride)
        whole = self.taps == self.sizes and prod(self.places) == 1
        #: Whether the value itself is the patches: a kernel of one tap, or one as large as the value.
        self.direct = (plain or whole) and not self.padded and self.groups == 1
        self.depthwise = self.groups == self.inputs and self.groups > 1
        self.width = prod(self.taps) * self.inputs // self.groups

    def scratch(self, n: int) -> Sizes:
        sizes: dict[str, tuple[int, ...]] = {"db": (self.outputs,)}
        if self.padded:
            sizes["xp"] = (n, *self.cover, self.inputs)
        rows_ = n * prod(self.places)
        if not self.direct:
            sizes["cols"] = (self.groups, rows_, self.width)
        if self.groups > 1:
            sizes["yg"] = (self.groups, rows_, self.outputs // self.groups)
        return sizes

    def adding(self) -> Sizes:
        return {"weight": self.dense_shape()}

    def _enter(self, m: Memory) -> tuple[Array, Run]:
        """The padded input, and the call that fills it."""
        x = m.xs[0]
        if not self.padded:
            return x, nothing
        xp = m.scratch["xp"]
        part, kept = inner(xp, self.window, self.sizes)
        source = x[kept]

        def fill() -> None:
            xp.fill(0)
            np.copyto(part, source)

        return xp, fill

    def _columns(self, m: Memory) -> tuple[Array, Run]:
        """Patches as rows ``(groups, n · places, taps · maps/groups)``, and the call that fills them."""
        if self.direct:
            return m.xs[0].reshape(1, -1, self.width), nothing
        xp, fill = self._enter(m)
        n, cols = xp.shape[0], m.scratch["cols"]
        view = patches(xp, self.window, self.places)
        strides = view.strides
        g, each = self.groups, self.inputs // self.groups
        source = as_strided(view, (g, *view.shape[:-1], each), (strides[-1] * each, *strides))
        target = cols.reshape(g, n, *self.places, *self.taps, each)

        def run() -> None:
            fill()
            np.copyto(target, source)

        return cols, run

    def forward(self, m: Memory) -> Run:
        cols, gather = self._columns(m)
        kernel, y, bias = self.kernel(m), m.y, m.w.get("bias")
        if self.groups == 1:
            flat, cols2, kernel2 = rows(y), cols[0], kernel[0]

            def run() -> None:
                gather()
                np.matmul(cols2, kernel2, out=flat)
                if bias is not None:
                    np.add(flat, bias, out=flat)

            return run
        yg = m.scratch["yg"]
        back, target = yg.transpose(1, 0, 2), rows(y).reshape(-1, self.groups, self.outputs // self.groups)

        def grouped() -> None:
            gather()
            np.matmul(cols, kernel, out=yg)
            np.copyto(target, back)
            if bias is not None:
                np.add(y, bias, out=y)

        return grouped

    def backward(self, m: Memory) -> Run:
        bias = bias_gradient(m)
        cols, gather = self._columns(m)
        assert m.dy is not None
        g, kernel, dx = self.groups, self.kernel(m), m.dxs[0]
        take: Run = nothing
        if g == 1:
            dyg = rows(m.dy)[None]
        else:
            dyg = m.scratch["yg"]
            source = rows(m.dy).reshape(-1, g, self.outputs // g).transpose(1, 0, 2)
            take = partial(np.copyto, dyg, source)
        learn = add_product(m, "weight", cols.transpose(0, 2, 1), dyg) if "weight" in m.dw else None
        kernel_t = kernel.transpose(0, 2, 1)
        spread = self._scatter(m, cols) if dx is not None else nothing
        target = dx.reshape(1, -1, self.width) if dx is not None and self.direct else cols

        def run() -> None:
            take()
            bias()
            if learn is not None:
                gather()
                learn()
            if dx is not None:
                np.matmul(dyg, kernel_t, out=target)
                spread()

        return run

    def _scatter(self, m: Memory, cols: Array) -> Run:
        """Add the patches' gradients up where they came from."""
        dx = m.dxs[0]
        assert dx is not None
        if self.direct:
            return nothing
        n, g, each = dx.shape[0], self.groups, self.inputs // self.groups
        whole = m.scratch["xp"] if self.padded else dx
        shaped = cols.reshape(g, n, *self.places, -1, each)
        views = tap_views(whole, self.window, self.places)
        sources = [np.moveaxis(shaped[..., t, :], 0, -2) for t in range(len(views))]
        targets = [view.reshape(*view.shape[:-1], g, each) if g == 1 else split_maps(view, g) for view in views]
        return add_taps(whole, dx, targets, sources, self)


class Deconv(Wired):
    """The gradient of a convolution run forward: a product, then patches added up."""

    op_type, keeps = ops.conv.Deconv, ("x",)

    def geometry(self) -> None:
        self.places, self.sizes = self.xs[0][:-1], self.y[:-1]
        self.trims = self.op.trims((self.inputs, *self.xs[0][:-1]))
        self.cover = extent(self.window, self.places)

    def scratch(self, n: int) -> Sizes:
        g, rows_ = self.groups, n * prod(self.places)
        return {
            "xg": (g, rows_, self.inputs // g), "cols": (g, rows_, prod(self.taps) * self.outputs // g),
            "yp": (n, *self.cover, self.outputs), "dw": (g, self.inputs // g, prod(self.taps) * self.outputs // g),
            "db": (self.outputs,), "wt": (g, self.inputs // g, prod(self.taps) * self.outputs // g),
        }  # fmt: skip

    def _parts(self, m: Memory, value: Array, yp: Array) -> tuple[list[Array], list[Array], Array, Array]:
        """Targets in the padded result and sources among the patches; the cut of both that is the value."""
        g, each, n = self.groups, self.outputs // self.groups, yp.shape[0]
        shaped = m.scratch["cols"].reshape(g, n, *self.places, -1, each)
        views = [split_maps(view, g) for view in tap_views(yp, self.window, self.places)]
        sources = [np.moveaxis(shaped[..., t, :], 0, -2) for t in range(len(views))]
        cut, kept = [slice(None)], [slice(None)]
        for (before, _), have, want in zip(self.trims, self.cover, self.sizes, strict=True):
            size = min(have - before, want)
            cut.append(slice(before, before + size))
            kept.append(slice(0, size))
        return views, sources, yp[tuple(cut)], value[tuple(kept)]

    def _turned(self, m: Memory) -> Run:
        """Kernels as (groups, inputs, taps · outputs) in ``wt``."""
        g, taps = self.groups, prod(self.taps)
        source = self.kernel(m).reshape(g, taps, self.inputs // g, self.outputs // g).transpose(0, 2, 1, 3)
        target = m.scratch["wt"].reshape(source.shape)
        return lambda: np.copyto(target, source)

    def _x(self, m: Memory) -> Run:
        source = rows(m.xs[0]).reshape(-1, self.groups, self.inputs // self.groups).transpose(1, 0, 2)
        return lambda: np.copyto(m.scratch["xg"], source)

    def forward(self, m: Memory) -> Run:
        yp, y, cols, xg, wt = m.scratch["yp"], m.y, m.scratch["cols"], m.scratch["xg"], m.scratch["wt"]
        targets, sources, part, value = self._parts(m, y, yp)
        turn, take, bias = self._turned(m), self._x(m), m.w.get("bias")

        def run() -> None:
            turn()
            take()
            np.matmul(xg, wt, out=cols)
            yp.fill(0)
            for target, source in zip(targets, sources, strict=True):
                np.add(target, source, out=target)
            y.fill(0)
            np.copyto(value, part)
            if bias is not None:
                np.add(y, bias, out=y)

        return run

    def backward(self, m: Memory) -> Run:
        assert m.dy is not None
        yp, cols, xg, wt, tmp = (m.scratch[k] for k in ("yp", "cols", "xg", "wt", "dw"))
        views, patches_, part, value = self._parts(m, m.dy, yp)
        turn, take, bias = self._turned(m), self._x(m), bias_gradient(m)
        dw, dx = m.dw.get("weight"), m.dxs[0]
        g, taps = self.groups, prod(self.taps)
        shaped = tmp.reshape(g, self.inputs // g, taps, self.outputs // g).transpose(0, 2, 1, 3)
        grads = None if dw is None else dw.reshape(shaped.shape)
        back = None if dx is None else rows(dx).reshape(-1, g, self.inputs // g).transpose(1, 0, 2)

        def run() -> None:
            turn()
            bias()
            yp.fill(0)
            np.copyto(part, value)
            for view, patch in zip(views, patches_, strict=True):
                np.copyto(patch, view)
            if grads is not None:
                take()
                np.matmul(xg.transpose(0, 2, 1), cols, out=tmp)
                np.add(grads, shaped, out=grads)
            if back is not None:
                np.matmul(cols, wt.transpose(0, 2, 1), out=xg)
                np.copyto(back, xg)

        return run


class Local(Wired):
    """A product at each position, with its own kernels."""

    op_type, keeps, positions = ops.conv.Local, ("x",), True

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
