"""Convolutions by patches and products; compact tables are spread out once a step."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from math import prod

import numpy as np
from numpy.lib.stride_tricks import as_strided

from netspec import ops
from netspec.engine.kernel import Array, Memory, Run, Sizes, bias_gradient, in_turn, nothing, rows
from netspec.engine.kernels.conv.compact import Spread
from netspec.engine.kernels.conv.convolution import Convolution
from netspec.engine.kernels.conv.windows import add_taps, patches, split_maps, tap_views
from netspec.engine.products import add_product, in_tiles, transposed

#: Weights up to which a transposed kernel is kept.
TURNED = 2**17


class Patches(Spread, Convolution):
    """Patches as rows, one product for all positions of a chunk; on the array itself where it is its own patches."""

    op_type, method, overwrites = ops.conv.Conv, "patches", ("weight",)

    @classmethod
    def can(cls, plain: Convolution) -> bool:
        return True

    def geometry(self) -> None:
        super().geometry()
        plain = all(k == 1 for k in self.taps) and all(s == 1 for s in self.window.stride)
        whole = self.taps == self.sizes and prod(self.places) == 1
        #: Whether the value itself is the patches: a kernel of one tap, or one as large as the value.
        self.direct = (plain or whole) and not self.padded and self.groups == 1
        self.width = prod(self.taps) * self.inputs // self.groups
        #: Whether the kernel is transposed once a step: only so are the tiles of a product with it not packed.
        self.turns = prod(self.places) > 1 and self.width * self.outputs // self.groups <= TURNED

    def prepared(self) -> Sizes:
        turned = {"turned": (self.groups, self.outputs // self.groups, self.width)} if self.turns else {}
        return {**super().prepared(), **turned}

    def prepare(self, w: Mapping[str, Array], ready: Mapping[str, Array]) -> Run | None:
        dense, spread = self.spread_out(w, ready)
        return in_turn([spread, transposed(dense, ready.get("turned"))[1]])

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

    def _columns(self, m: Memory) -> tuple[Array, Run]:
        """Patches as rows ``(groups, n · places, taps · maps/groups)``, and the call that fills them."""
        if self.direct:
            return m.xs[0].reshape(1, -1, self.width), nothing
        xp, fill = self.within_zeros(m)
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
            flat = rows(y)
            multiply = in_tiles(cols[0], kernel[0], flat)

            def run() -> None:
                gather()
                multiply()
                if bias is not None:
                    np.add(flat, bias, out=flat)

            return run
        yg = m.scratch["yg"]
        multiply = in_tiles(cols, kernel, yg)
        back, target = yg.transpose(1, 0, 2), rows(y).reshape(-1, self.groups, self.outputs // self.groups)

        def grouped() -> None:
            gather()
            multiply()
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
        spread = self._add_up(m, cols) if dx is not None else nothing
        target = dx.reshape(1, -1, self.width) if dx is not None and self.direct else cols
        multiply = in_tiles(dyg, transposed(kernel, m.w.get("turned"))[0], target)

        def run() -> None:
            take()
            bias()
            if learn is not None:
                gather()
                learn()
            if dx is not None:
                multiply()
                spread()

        return run

    def _add_up(self, m: Memory, cols: Array) -> Run:
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
