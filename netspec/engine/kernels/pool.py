"""Pools: the views under each tap, combined one after the other."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import prod
from typing import Any

import numpy as np

from netspec import ops
from netspec.engine.kernel import Array, Kernel, Memory, Run, Sizes, nothing, ones, rows
from netspec.engine.kernels.wired import extent, inner, tap_views

#: Maps up to which the cells of a row of windows are summed and filled by a product with ones.
NARROW = 16


class Windowed(Kernel):
    """A window on each map, over a padded copy where there is padding."""

    fill = 0.0

    def setup(self) -> None:
        op = self.op.pool() if isinstance(self.op, ops.pool.Subsample) else self.op
        self.places, self.sizes, self.maps = self.y[:-1], self.xs[0][:-1], self.xs[0][-1]
        self.window = op.window((self.maps, *self.sizes))
        self.cover = extent(self.window, self.places)
        self.padded = self.cover != self.sizes
        #: Whether every cell lies in just one window, so that gradients are put there and not added.
        self.parted = not self.padded and self.window.kernel == self.window.stride and max(self.window.dilation) == 1

    def scratch(self, n: int) -> Sizes:
        sizes: dict[str, tuple[int, ...]] = {"tap": (n, *self.places, self.maps), "rest": (n, *self.places, self.maps)}
        if self.padded:
            sizes |= {"xp": (n, *self.cover, self.maps), "dxp": (n, *self.cover, self.maps)}
        return sizes

    def enter(self, m: Memory) -> tuple[list[Array], Run]:
        """The views under the taps, and the call that fills what they look at."""
        x = m.xs[0]
        if not self.padded:
            return tap_views(x, self.window, self.places), nothing
        xp = m.scratch["xp"]
        part, kept = inner(xp, self.window, self.sizes)
        source, value = x[kept], self.fill

        def run() -> None:
            xp.fill(value)
            np.copyto(part, source)

        return tap_views(xp, self.window, self.places), run

    def leave(self, m: Memory) -> tuple[list[Array], Run, Run]:
        """The views that gradients are added to, the call that clears them, the call that hands them on."""
        dx = m.dxs[0]
        assert dx is not None
        if not self.padded:
            return tap_views(dx, self.window, self.places), nothing if self.parted else lambda: dx.fill(0), nothing
        dxp = m.scratch["dxp"]
        part, kept = inner(dxp, self.window, self.sizes)
        target = dx[kept]

        def hand_on() -> None:
            dx.fill(0)
            np.copyto(target, part)

        return tap_views(dxp, self.window, self.places), lambda: dxp.fill(0), hand_on

    def put(self, target: Array, gradient: Array) -> None:
        """Give a view its gradient."""
        if self.parted:
            np.copyto(target, gradient)
        else:
            np.add(target, gradient, out=target)

    def add_up(self, views: list[Array], m: Memory, out: Array) -> Run:
        """The call that sums the cells of each window; where windows part a map, rows first, in long stretches."""

        def one_by_one() -> None:
            np.copyto(out, views[0])
            for view in views[1:]:
                np.add(out, view, out=out)

        if "half" not in m.scratch:
            return one_by_one
        (a, b), maps, x, half = self.window.kernel, self.maps, m.xs[0], m.scratch["half"]
        lines = x.reshape(len(x), self.places[0], a, -1)
        line, cells, flat, wide = half.reshape(len(x), self.places[0], -1), half.reshape(*out.shape[:-1], b, maps), rows(out), half.reshape(-1, b * maps)
        narrow = maps <= NARROW  # a product with ones is faster than many short additions
        pairs = np.tile(np.eye(maps, dtype=x.dtype), (b, 1))

        def run() -> None:
            np.copyto(line, lines[:, :, 0])
            for i in range(1, a):
                np.add(line, lines[:, :, i], out=line)
            if narrow:
                np.matmul(wide, pairs, out=flat)
                return
            np.copyto(out, cells[..., 0, :])
            for j in range(1, b):
                np.add(out, cells[..., j, :], out=out)

        return run

    def hand_back(self, m: Memory, factor: Array) -> Callable[[Array], None]:
        """What spreads a gradient times ``factor`` (a number a map, or a window and a map) over the cells of each window."""
        assert m.dy is not None and m.dxs[0] is not None
        outs, clear, hand_on = self.leave(m)
        dy, dx, tap = m.dy, m.dxs[0], m.scratch["tap"]

        def one_by_one(times: Array) -> None:
            clear()
            np.multiply(dy, times, out=tap)
            for out in outs:
                self.put(out, tap)
            hand_on()

        if "half" not in m.scratch or self.maps > NARROW or factor.size != self.maps:
            return one_by_one
        (a, b), maps, half = self.window.kernel, self.maps, m.scratch["half"]
        lines, line = dx.reshape(len(dx), self.places[0], a, -1), half.reshape(len(dx), self.places[0], 1, -1)
        flat, wide, pairs = rows(dy), half.reshape(-1, b * maps), np.tile(np.eye(maps, dtype=dy.dtype), (1, b))

        def by_rows(times: Array) -> None:
            np.matmul(flat, pairs * times.reshape(-1, 1), out=wide)
            np.copyto(lines, line)

        return by_rows

    def halves(self, n: int) -> Sizes:
        """Workspace of ``add_up`` and ``hand_back`` where windows part a map of two axes."""
        return {"half": (n, self.places[0], self.sizes[1], self.maps)} if self.parted and len(self.places) == 2 else {}

    def counts(self, dtype: np.dtype[Any]) -> Array:
        """How many cells of each window lie on the map: (1, places…, 1)."""
        whole = np.zeros((1, *self.cover, 1), dtype=dtype)
        inner(whole, self.window, self.sizes)[0][...] = 1
        return np.asarray(np.sum(tap_views(whole, self.window, self.places), axis=0))


class MaxPool(Windowed):
    """The running maximum; the gradient goes to the first of equals."""

    op_type, keeps, fill = ops.pool.MaxPool, ("x", "y"), -np.inf

    def forward(self, m: Memory) -> Run:
        views, fill = self.enter(m)
        y = m.y

        def run() -> None:
            fill()
            np.copyto(y, views[0])
            for view in views[1:]:
                np.maximum(y, view, out=y)

        return run

    def backward(self, m: Memory) -> Run:
        if m.dxs[0] is None:
            return nothing
        views, fill = self.enter(m)
        outs, clear, hand_on = self.leave(m)
        assert m.dy is not None
        y, dy, tap, rest, parted = m.y, m.dy, m.scratch["tap"], m.scratch["rest"], self.parted

        def run() -> None:
            fill()
            clear()
            np.copyto(rest, dy)
            for view, out in zip(views, outs, strict=True):
                if parted and out is outs[-1]:
                    np.copyto(out, rest)  # who was no maximum gets what is left, which is nothing
                    break
                np.equal(view, y, out=tap)
                np.multiply(tap, rest, out=tap)
                np.subtract(rest, tap, out=rest)
                self.put(out, tap)
            hand_on()

        return run


class AvgPool(Windowed):
    """The running sum over the count."""

    op_type = ops.pool.AvgPool

    def scratch(self, n: int) -> Sizes:
        return {**super().scratch(n), **self.halves(n)}

    def forward(self, m: Memory) -> Run:
        views, fill = self.enter(m)
        y, share = m.y, 1 / self.counts(m.y.dtype)
        add_up = self.add_up(views, m, y)

        def run() -> None:
            fill()
            add_up()
            np.multiply(y, share, out=y)

        return run

    def backward(self, m: Memory) -> Run:
        if m.dxs[0] is None:
            return nothing
        assert m.dy is not None
        share = 1 / self.counts(m.dy.dtype)
        share = np.full(self.maps, share.flat[0]) if self.parted else share
        return partial(self.hand_back(m, share), share)


class LpPool(Windowed):
    """(Σ |x|^p)^(1/p); dx = dy · y^(1−p) · |x|^(p−1) · sign x."""

    op_type, keeps = ops.pool.LpPool, ("x", "y")

    def forward(self, m: Memory) -> Run:
        views, fill = self.enter(m)
        y, tap, p = m.y, m.scratch["tap"], self.op.p

        def run() -> None:
            fill()
            y.fill(0)
            for view in views:
                np.abs(view, out=tap)
                np.power(tap, p, out=tap)
                np.add(y, tap, out=y)
            np.power(y, 1 / p, out=y)

        return run

    def backward(self, m: Memory) -> Run:
        if m.dxs[0] is None:
            return nothing
        views, fill = self.enter(m)
        outs, clear, hand_on = self.leave(m)
        assert m.dy is not None
        y, dy, tap, rest, p = m.y, m.dy, m.scratch["tap"], m.scratch["rest"], self.op.p

        def run() -> None:
            fill()
            clear()
            np.maximum(y, np.finfo(y.dtype).tiny, out=rest)
            np.power(rest, 1 - p, out=rest)
            np.multiply(rest, dy, out=rest)
            for view, out in zip(views, outs, strict=True):
                np.abs(view, out=tap)
                np.power(tap, p - 1, out=tap)
                np.copysign(tap, view, out=tap)
                np.multiply(tap, rest, out=tap)
                self.put(out, tap)
            hand_on()

        return run


class Subsample(Windowed):
    """The sum, kept for the gain's gradient; then gain and bias."""

    op_type = ops.pool.Subsample

    def saved(self, n: int) -> Sizes:
        return {"total": (n, *self.places, self.maps)}

    def scratch(self, n: int) -> Sizes:
        return {**super().scratch(n), "sum": (self.maps,), **self.halves(n)}

    def forward(self, m: Memory) -> Run:
        views, fill = self.enter(m)
        y, total, share, gain, bias = m.y, m.saved["total"], 1 / prod(self.window.kernel), m.w["weight"], m.w["bias"]
        add_up = self.add_up(views, m, total)
        width = self.places[-1]  # rows of a map's positions: vectors of a few maps are slow to go along
        source, target = (array.reshape(-1, width * self.maps) for array in (total, y))

        def run() -> None:
            fill()
            add_up()
            np.multiply(source, np.tile(gain * share, width), out=target)
            np.add(target, np.tile(bias, width), out=target)

        return run

    def backward(self, m: Memory) -> Run:
        assert m.dy is not None
        dy, seen, tap, total = m.dy, m.saved["total"], m.scratch["tap"], m.scratch["sum"]
        dw, db, gain, share = m.dw.get("weight"), m.dw.get("bias"), m.w["weight"], 1 / prod(self.window.kernel)
        one = ones(rows(dy).shape[0], dy)
        spread = self.hand_back(m, gain) if m.dxs[0] is not None else None

        def run() -> None:
            if dw is not None and db is not None:
                np.multiply(dy, seen, out=tap)
                np.matmul(one, rows(tap), out=total)
                np.multiply(total, share, out=total)
                np.add(dw, total, out=dw)
                np.matmul(one, rows(dy), out=total)
                np.add(db, total, out=db)
            if spread is not None:
                spread(gain * share)

        return run


class GlobalAvgPool(Kernel):
    """The mean over positions."""

    op_type = ops.pool.GlobalAvgPool

    def forward(self, m: Memory) -> Run:
        x, y = m.xs[0].reshape(m.y.shape[0], -1, m.y.shape[1]), m.y
        return lambda: np.mean(x, axis=1, out=y)

    def backward(self, m: Memory) -> Run:
        dx = m.dxs[0]
        if dx is None:
            return nothing
        assert m.dy is not None
        flat, dy = dx.reshape(m.dy.shape[0], -1, m.dy.shape[1]), m.dy[:, None]
        return lambda: np.divide(dy, flat.shape[1], out=flat)


class GlobalMaxPool(Kernel):
    """The largest over positions; the gradient goes to the first of equals."""

    op_type, keeps = ops.pool.GlobalMaxPool, ("x",)

    def forward(self, m: Memory) -> Run:
        x, y = m.xs[0].reshape(m.y.shape[0], -1, m.y.shape[1]), m.y
        return lambda: np.max(x, axis=1, out=y)

    def backward(self, m: Memory) -> Run:
        dx = m.dxs[0]
        if dx is None:
            return nothing
        assert m.dy is not None
        dy = m.dy
        x = m.xs[0].reshape(dy.shape[0], -1, dy.shape[1])
        flat = dx.reshape(x.shape)

        def run() -> None:
            flat.fill(0)
            np.put_along_axis(flat, np.argmax(x, axis=1)[:, None], dy[:, None], axis=1)

        return run
