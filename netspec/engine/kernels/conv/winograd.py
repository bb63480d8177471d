"""Convolutions with few multiplications along every axis, with strides and groups too.

Transformed (``transforms``), a convolution is a product of maps at every point. One with a stride is one of stride 1
over the planes that the stride parts a map into, as if they were so many maps more. It runs a strip of rows at a time,
so that what is transformed stays in the cache.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import product
from math import prod
from typing import NamedTuple

import numpy as np

from netspec.engine.kernel import Array, Memory, Run, Sizes, bias_gradient, in_turn
from netspec.engine.kernels.conv.compact import Spread
from netspec.engine.kernels.conv.convolution import Convolution
from netspec.engine.kernels.conv.windows import reached, split_maps
from netspec.engine.kernels.conv.winograd_transforms import TAPS, TILE, Axis, Nest, Part, kernel_transform, workspace
from netspec.engine.products import in_tiles, transposed

#: Numbers that the workspace of a strip should have, and how often its kernel's where that is more.
STRIP, HEAVY = 2**19, 8
#: Pairs of maps up to which a transposed kernel is kept.
TURNED = 2**14
#: Positions up to which tiles of kernels of at most so many taps have two results along an axis: four would leave fewer
#: products, but kernels more than twice as large to transform and to read.
TINY_PLACES, TINY_TAPS, SMALL_TILE = 49, 3, 2


class Strip(NamedTuple):
    """Some rows of results: which, and their axes."""

    axes: list[Axis]
    results: slice


class Winograd(Spread, Convolution):
    """A convolution whose taps in a plane are at most seven along each axis."""

    method, overwrites = "winograd", ("weight",)
    backwards = ("db", "du", "dw")

    @classmethod
    def can(cls, plain: Convolution) -> bool:
        at = plain.window
        taps = max(-(-k // s) for k, s in zip(at.kernel, at.stride, strict=True))
        return not plain.depthwise and max(at.dilation) == 1 and 1 < taps <= TAPS and max(plain.places) > 1

    def geometry(self) -> None:
        super().geometry()
        at = self.window
        self.within = tuple(-(-k // s) for k, s in zip(self.taps, at.stride, strict=True))
        tile = SMALL_TILE if prod(self.places) <= TINY_PLACES and max(self.within) <= TINY_TAPS else TILE
        self.axes = [Axis(n, taps, tile) for n, taps in zip(self.places, self.within, strict=True)]
        self.planes = list(product(*map(range, at.stride)))
        #: Whether some cells lie behind all planes' ends and are never read.
        reach = [s * axis.read - p[0] for s, axis, p in zip(at.stride, self.axes, at.pads, strict=True)]
        self.leaves = any(end < size for end, size in zip(reach, self.sizes, strict=True))
        self.points = prod(axis.points for axis in self.axes)
        self.across = prod(axis.tiles for axis in self.axes[1:])  # tiles of a row of tiles
        self.read = len(self.planes) * self.inputs  # maps of all planes
        row = [Axis(self.axes[0].tile, self.axes[0].taps, tile), *self.axes[1:]]
        self.row = (
            *workspace(row, self.read, self.outputs),
            self.points * self.across * self.read,
            self.points * self.across * self.outputs,
        )
        self.cells = (self.points, self.groups, self.read // self.groups, self.outputs // self.groups)
        #: Whether the kernel is transposed once a step: only so are the tiles of a product with it not packed.
        self.turns = self.cells[2] * self.cells[3] <= TURNED

    # ---- weights

    def prepared(self) -> Sizes:
        return {
            **super().prepared(),
            "u": self.cells,
            **({"turned": (*self.cells[:2], self.cells[3], self.cells[2])} if self.turns else {}),
            **({} if len(self.planes) == 1 else {"planes": self._planes_shape()}),
        }

    def _planes_shape(self) -> tuple[int, ...]:
        """Of the kernel over planes, with zeros where a plane has a tap less."""
        return (self.groups, *self.within, len(self.planes), self.inputs // self.groups, self.outputs // self.groups)

    def _by_plane(self, kernel: Array, planes: Array) -> list[tuple[Array, Array]]:
        """A kernel's taps and their places in its form over planes."""
        taps = kernel.reshape(self.groups, *self.taps, *planes.shape[-2:])
        pairs = []
        for number, rest in enumerate(self.planes):
            part = taps[(slice(None), *(slice(r, None, s) for r, s in zip(rest, self.window.stride, strict=True)))]
            pairs.append((part, planes[..., number, :, :][(slice(None), *map(slice, part.shape[1:-2]))]))
        return pairs

    def prepare(self, w: Mapping[str, Array], ready: Mapping[str, Array]) -> Run | None:
        kernel, spread = self.spread_out(w, ready)
        planes = ready.get("planes", kernel)
        pairs = self._by_plane(kernel, planes) if "planes" in ready else []
        g, taps = kernel_transform(tuple(self.axes), kernel.dtype), planes.reshape(self.groups, prod(self.within), -1)
        u = ready["u"].reshape(self.points, self.groups, -1).transpose(1, 0, 2)
        _, turn = transposed(ready["u"], ready.get("turned"))

        def run() -> None:
            spread()
            for part, place in pairs:  # all else stays zero
                np.copyto(place, part)
            np.matmul(g, taps, out=u)
            turn()

        return run

    # ---- memory

    def _rows(self, n: int) -> int:
        """Rows of tiles, of all images together, that a strip has room for."""
        return max(n, min(n * self.axes[0].tiles, max(STRIP, HEAVY * prod(self.cells)) // sum(self.row)))

    def scratch(self, n: int) -> Sizes:
        rows = self._rows(n)
        return {
            **{name: (rows * size,) for name, size in zip(("one", "two", "added", "v", "m"), self.row, strict=True)},
            "du": self.cells, "db": (self.outputs,),
            **({"dw": self._planes_shape()} if len(self.planes) > 1 or self.stretches(n) > 1 else {}),
        }  # fmt: skip

    def adding(self) -> Sizes:
        return {"weight": self._planes_shape()} if len(self.planes) == 1 else {}

    def stretches(self, n: int) -> int:
        return -(-self.axes[0].tiles // (self._rows(n) // n))

    def _strips(self, n: int) -> Iterator[Strip]:
        """The strips of a chunk: whole rows of tiles, so that no tile is cut and every strip is the same arithmetic."""
        first, *others = self.axes
        high = self._rows(n) // n * first.tile
        for start in range(0, first.results, high):
            axis = Axis(min(high, first.results - start), first.taps, first.largest)
            yield Strip([axis, *others], slice(start, start + axis.results))

    def _parts(self, value: Array, strip: Strip, done: int = 0) -> list[Part]:
        """What a strip reads of an input, plane by plane; ``done`` is the row up to which tiles' planes are written."""
        split, parts = split_maps(value, self.groups), []
        starts = [strip.results.start] + [0] * (len(self.axes) - 1)
        for number, rest in enumerate(self.planes):
            found = [
                reached(size, axis.read, s, r - p[0] + s * start)
                for size, axis, s, r, p, start in zip(
                    self.sizes, strip.axes, self.window.stride, rest, self.window.pads, starts, strict=True
                )
            ]
            view = split[(slice(None), *(cells for _, cells in found))]
            before = tuple(min(places.start, axis.read) for (places, _), axis in zip(found, strip.axes, strict=True))
            parts.append(Part(view, before, number, min(max(0, done - strip.results.start - before[0]), view.shape[1])))
        return parts

    # ---- arithmetic

    def forward(self, m: Memory) -> Run:
        calls: list[Run] = []
        for strip in self._strips(len(m.y)):
            nest, v, products = self._bound(strip, m)
            calls += [nest.sources(self._parts(m.xs[0], strip), v), self._product(v, m.w["u"], products)]
            calls.append(nest.to_results(products, m.y[:, strip.results], m.w.get("bias")))

        return in_turn(calls)

    def backward(self, m: Memory) -> Run:
        assert m.dy is not None
        calls, dx, done = [bias_gradient(m)], m.dxs[0], 0
        turned, _ = transposed(m.w["u"], m.w.get("turned"))
        if dx is not None and self.leaves:
            calls.append(partial(dx.fill, 0))
        for number, strip in enumerate(self._strips(len(m.dy))):
            nest, v, products = self._bound(strip, m)
            calls.append(nest.results(m.dy[:, strip.results], products))
            if "weight" in m.dw:
                learn = self._learn(m, v, products, m.fresh and number == 0)
                calls += [nest.sources(self._parts(m.xs[0], strip), v), learn]
            if dx is not None:
                # the last rows that a strip reads are the next one's first: there gradients are added, below they are
                # put
                calls += [self._product(products, turned, v), nest.to_sources(v, self._parts(dx, strip, done))]
                done = strip.results.start + strip.axes[0].read

        return in_turn(calls)

    def _bound(self, strip: Strip, m: Memory) -> tuple[Nest, Array, Array]:
        """A strip's transforms, and where their results and the products lie: (points, tiles, images, maps)."""
        s, n = m.scratch, len(m.y)
        nest = Nest(strip.axes, n, (s["one"], s["two"]), s["added"])
        count = nest.points * nest.tiles * n
        return nest, s["v"][: count * self.read], s["m"][: count * self.outputs]

    def _by_group(self, flat: Array, maps: int) -> Array:
        """A transformed value as (points, groups, tiles · images, maps of a group)."""
        return flat.reshape(self.points, -1, self.groups, maps).transpose(0, 2, 1, 3)

    def _product(self, a: Array, u: Array, out: Array) -> Run:
        """The call that multiplies maps at every point, group by group."""
        return in_tiles(self._by_group(a, u.shape[2]), u, self._by_group(out, u.shape[3]))

    def _learn(self, m: Memory, v: Array, products: Array, fresh: bool) -> Run:
        """The call that adds to the kernel's gradient; the first one, ``fresh``, puts it there."""
        du, total, form = m.scratch["du"], m.dw["weight"], (self.groups, prod(self.within), -1)
        _, _, inputs, outputs = self.cells
        multiply = in_tiles(self._by_group(v, inputs).transpose(0, 1, 3, 2), self._by_group(products, outputs), du)
        cells = du.reshape(self.points, self.groups, -1).transpose(1, 0, 2)
        back = partial(np.matmul, kernel_transform(tuple(self.axes), du.dtype).T, cells)
        if fresh and len(self.planes) == 1:
            return in_turn([multiply, partial(back, out=total.reshape(form))])
        made = m.scratch["dw" if "dw" in m.scratch else "adding:weight"]
        calls: list[Run] = [multiply, partial(back, out=made.reshape(form))]
        for part, place in self._by_plane(total, made):
            calls.append(partial(np.copyto, part, place) if fresh else partial(np.add, part, place, out=part))
        return in_turn(calls)
