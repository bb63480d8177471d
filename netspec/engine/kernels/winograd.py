"""Convolutions of stride 1 with few multiplications along every axis, grouped and depthwise ones too.

Transformed (``transforms``), a convolution is a product of maps at every point. It runs a strip of rows at a time, so that
what is transformed stays in the cache.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from math import prod
from typing import NamedTuple

import numpy as np

from netspec.engine.kernel import Array, Memory, Run, Sizes, bias_gradient
from netspec.engine.kernels.conv import Conv
from netspec.engine.kernels.transforms import TAPS, Axis, Nest, kernel_transform, workspace

#: Numbers that the workspace of a strip should have, and how often its kernel's where that is more.
STRIP, HEAVY = 2**19, 8


class Strip(NamedTuple):
    """Some rows of results: which, and which of the input they read."""

    axes: list[Axis]
    results: slice
    read: slice


class Winograd(Conv):
    """A convolution whose taps are at most seven along each axis."""

    method = "winograd"

    @classmethod
    def can(cls, plain: Conv) -> bool:
        at = plain.window
        return all(n == 1 for n in (*at.stride, *at.dilation)) and 1 < max(at.kernel) <= TAPS and max(plain.places) > 1

    def geometry(self) -> None:
        super().geometry()
        self.axes = [Axis(n, k, p[0]) for n, k, p in zip(self.places, self.taps, self.window.pads, strict=True)]
        self.points = prod(axis.points for axis in self.axes)
        self.across = prod(axis.tiles for axis in self.axes[1:])  # tiles of a row of tiles
        row = [Axis(self.axes[0].tile, self.axes[0].taps, 0), *self.axes[1:]]
        self.row = *workspace(row, self.inputs, self.outputs), self.points * self.across * self.inputs, self.points * self.across * self.outputs
        self.cells = (self.points, self.groups, self.inputs // self.groups, self.outputs // self.groups)

    # ---- weights

    def prepared(self) -> Sizes:
        return {**super().prepared(), "u": self.cells}

    def prepare(self, w: Mapping[str, Array], ready: Mapping[str, Array]) -> Run | None:
        spread = super().prepare(w, ready)
        kernel = ready["dense"] if self.compact else w["weight"]
        g, taps = kernel_transform(self.axes, kernel.dtype), kernel.reshape(self.groups, prod(self.taps), -1)
        u = ready["u"].reshape(self.points, self.groups, -1).transpose(1, 0, 2)

        def run() -> None:
            if spread is not None:
                spread()
            np.matmul(g, taps, out=u)

        return run

    # ---- memory

    def _rows(self, n: int) -> int:
        """Rows of tiles, of all images together, that a strip has room for."""
        return max(n, min(n * self.axes[0].tiles, max(STRIP, HEAVY * prod(self.cells)) // sum(self.row)))

    def scratch(self, n: int) -> Sizes:
        rows = self._rows(n)
        return {
            **{name: (rows * size,) for name, size in zip(("one", "two", "added", "v", "m"), self.row, strict=True)},
            "du": self.cells, "dw": self.dense_shape(), "db": (self.outputs,),
        }  # fmt: skip

    def adding(self) -> Sizes:
        return {}

    def _strips(self, n: int) -> Iterator[Strip]:
        """The strips of a chunk."""
        first, *others = self.axes
        high = self._rows(n) // n * first.tile
        for start in range(0, first.results, high):
            axis = Axis(min(high, first.results - start), first.taps, max(0, first.before - start))
            begin = start - first.before
            yield Strip([axis, *others], slice(start, start + axis.results), slice(max(0, begin), max(0, min(begin + axis.read, self.sizes[0]))))

    # ---- arithmetic

    def forward(self, m: Memory) -> Run:
        calls: list[Run] = []
        for strip in self._strips(len(m.y)):
            nest, v, products = self._bound(strip, m)
            calls += [nest.sources(m.xs[0][:, strip.read], v), self._product(v, m.w["u"], products)]
            calls.append(nest.to_results(products, m.y[:, strip.results], m.w.get("bias")))

        def run() -> None:
            for call in calls:
                call()

        return run

    def backward(self, m: Memory) -> Run:
        assert m.dy is not None
        calls, dx, done = [bias_gradient(m)], m.dxs[0], 0
        turned = m.w["u"].transpose(0, 1, 3, 2)
        for strip in self._strips(len(m.dy)):
            nest, v, products = self._bound(strip, m)
            calls.append(nest.results(m.dy[:, strip.results], products))
            if "weight" in m.dw:
                calls += [nest.sources(m.xs[0][:, strip.read], v), self._learn(m, v, products)]
            if dx is not None:
                calls += [self._product(products, turned, v), nest.to_sources(v, dx[:, strip.read], max(0, done - strip.read.start))]
                done = max(done, strip.read.stop)

        def run() -> None:
            for call in calls:
                call()

        return run

    def _bound(self, strip: Strip, m: Memory) -> tuple[Nest, Array, Array]:
        """The transforms of a strip, and the places of what is transformed and of products: (points, tiles, images, maps)."""
        s, n = m.scratch, len(m.y)
        nest = Nest(strip.axes, n, (s["one"], s["two"]), s["added"])
        count = nest.points * nest.tiles * n
        return nest, s["v"][: count * self.inputs], s["m"][: count * self.outputs]

    def _by_group(self, flat: Array, maps: int) -> Array:
        """A transformed value as (points, groups, tiles · images, maps of a group)."""
        return flat.reshape(self.points, -1, self.groups, maps).transpose(0, 2, 1, 3)

    def _product(self, a: Array, u: Array, out: Array) -> Run:
        """The call that multiplies maps at every point, group by group; a group of one map is a number."""
        if u.shape[2:] == (1, 1):
            return partial(np.multiply, a.reshape(self.points, -1, self.groups), u.reshape(self.points, 1, self.groups), out=out.reshape(self.points, -1, self.groups))
        return partial(np.matmul, self._by_group(a, u.shape[2]), u, out=self._by_group(out, u.shape[3]))

    def _learn(self, m: Memory, v: Array, products: Array) -> Run:
        """The call that adds to the kernel's gradient; ``v`` is free afterwards."""
        du, made, total = m.scratch["du"], m.scratch["dw"].reshape(self.groups, prod(self.taps), -1), m.dw["weight"]
        back = np.ascontiguousarray(kernel_transform(self.axes, du.dtype).T)
        cells, parts = du.reshape(self.points, self.groups, -1).transpose(1, 0, 2), made.reshape(total.shape)
        _, _, inputs, outputs = self.cells
        if inputs == outputs == 1:
            flat, other = v.reshape(self.points, -1, self.groups), products.reshape(self.points, -1, self.groups)
            one, sums = np.ones((1, flat.shape[1]), dtype=v.dtype), du.reshape(self.points, 1, self.groups)

            def multiply() -> None:
                np.multiply(flat, other, out=flat)
                np.matmul(one, flat, out=sums)
        else:
            multiply = partial(np.matmul, self._by_group(v, inputs).transpose(0, 1, 3, 2), self._by_group(products, outputs), out=du)

        def run() -> None:
            multiply()
            np.matmul(back, cells, out=made)
            np.add(total, parts, out=total)

        return run
