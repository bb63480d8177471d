"""Transposed convolutions: a product, then patches added up."""

from __future__ import annotations

from math import prod

import numpy as np

from netspec import ops
from netspec.engine.kernel import Array, Memory, Run, Sizes, bias_gradient, rows
from netspec.engine.kernels.conv.compact import Spread
from netspec.engine.kernels.conv.windows import extent, split_maps, tap_views
from netspec.engine.products import in_tiles


class Deconv(Spread):
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
        multiply = in_tiles(xg, wt, cols)

        def run() -> None:
            turn()
            take()
            multiply()
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
        learn = in_tiles(xg.transpose(0, 2, 1), cols, tmp)
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
                learn()
                np.add(grads, shaped, out=grads)
            if back is not None:
                np.matmul(cols, wt.transpose(0, 2, 1), out=xg)
                np.copyto(back, xg)

        return run
