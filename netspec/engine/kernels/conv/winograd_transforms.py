"""Winograd's transforms F(tile, taps), nested over the axes of a value (Winograd 1980; Lavin, Gray 2016).

A value lies as (sizes…, images, maps), so that each axis is transformed by products of one small matrix with long runs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, partial, reduce
from math import prod
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from netspec.engine.kernel import Array, Run

#: Where polynomials are evaluated, besides infinity, in the order that loses the least of single precision (Barabasz,
#: Anderson, Soodhalter, Gregg 2020: Error analysis and improving the accuracy of Winograd convolution). More would lose
#: too much.
POINTS = (0, 1, -1, Fraction(1, 2), -2, 2, Fraction(-1, 2))
#: The most taps, and the most results that pay, of a tile.
TAPS, TILE = len(POINTS), 4


@cache
def transforms(tile: int, taps: int, dtype: np.dtype[np.floating]) -> tuple[Array, Array, Array]:
    """B, G, A of F(tile, taps): Aᵀ[(G·w) ⊙ (B·x)] are ``tile`` results of ``taps`` taps (Cook, Toom; Lavin, Gray,
    section 3).

    Shapes (points, points), (points, taps), (points, tile), with tile + taps - 1 points.
    """
    finite = [Fraction(p) for p in POINTS[: tile + taps - 2]]
    b, g, a = (np.zeros((len(finite) + 1, size), dtype=object) for size in (len(finite) + 1, taps, tile))
    for i, p in enumerate(finite):
        others = [q for q in finite if q != p]
        scale = prod(p - q for q in others)
        b[i, : len(finite)] = _polynomial(others)
        g[i] = [p**k / scale for k in range(taps)]
        a[i] = [p**k for k in range(tile)]
    b[-1], g[-1, -1], a[-1, -1] = _polynomial(finite), 1, 1
    return b.astype(dtype), g.astype(dtype), a.astype(dtype)


def _polynomial(roots: Sequence[Fraction]) -> list[Fraction]:
    """Coefficients of Π (x - root), the constant first."""
    found = [Fraction(1)]
    for root in roots:
        found = [low - root * same for low, same in zip([Fraction(0), *found], [*found, Fraction(0)], strict=True)]
    return found


@dataclass(frozen=True)
class Axis:
    """One axis of a convolution of stride 1: results, taps, and the most results that a tile may have. An axis with
    one tap is left as it is."""

    results: int
    taps: int
    largest: int = TILE

    @property
    def tile(self) -> int:
        """Results of a tile."""
        return 1 if self.taps == 1 else min(self.largest, len(POINTS) + 2 - self.taps)

    @property
    def tiles(self) -> int:
        """Tiles that cover the results."""
        return -(-self.results // self.tile)

    @property
    def points(self) -> int:
        """Points of a tile."""
        return self.tile + self.taps - 1

    @property
    def read(self) -> int:
        """Numbers that the tiles read."""
        return self.made + self.taps - 1

    @property
    def made(self) -> int:
        """Results that the tiles make."""
        return self.tiles * self.tile


@cache
def kernel_transform(axes: tuple[Axis, ...], dtype: np.dtype[np.floating]) -> Array:
    """G of all axes together: (points, taps)."""
    return reduce(np.kron, (transforms(axis.tile, axis.taps, np.dtype(float))[1] for axis in axes)).astype(dtype)


class Part(NamedTuple):
    """What lies in some maps of what is transformed: a view (images, sizes…, groups, maps of a group), the zeros before
    it on each axis, which of the parts of a group's maps it is, and how many of its rows have been written already."""

    value: Array
    before: tuple[int, ...]
    number: int = 0
    given: int = 0


@dataclass(frozen=True)
class Nest:
    """Transforms of ``images`` values over ``axes``; ``work`` are two arrays that stages fill in turn, ``added`` one
    more for stretches of tiles that overlap."""

    axes: Sequence[Axis]
    images: int
    work: tuple[Array, Array]
    added: Array

    @property
    def points(self) -> int:
        """Points of a tile of all axes."""
        return prod(axis.points for axis in self.axes)

    @property
    def tiles(self) -> int:
        """Tiles of one image."""
        return prod(axis.tiles for axis in self.axes)

    def sources(self, parts: Sequence[Part], out: Array) -> Run:
        """The call that transforms what a convolution reads, with B, into ``out`` (points, tiles, images, maps)."""
        return self._into(parts, [axis.read for axis in self.axes], 0, out)

    def results(self, y: Array, out: Array) -> Run:
        """The call that transforms results' gradients, with A, into ``out``."""
        whole = Part(y[..., None, :], (0,) * len(self.axes))
        return self._into([whole], [axis.made for axis in self.axes], 2, out)

    def _places(self, whole: Array, parts: Sequence[Part]) -> list[tuple[Array, Array]]:
        """Each part's maps in a value (sizes…, images, maps), less its zeros: (sizes…, images, groups, maps)."""
        groups, maps = parts[0].value.shape[-2:]
        split = whole.reshape(*whole.shape[:-1], groups, len(parts), maps)
        found = []
        for part in parts:
            place = split[..., part.number, :]
            found.append(
                (
                    place,
                    place[
                        tuple(slice(b, b + size) for b, size in zip(part.before, part.value.shape[1:-2], strict=True))
                    ],
                )
            )
        return found

    def _into(self, parts: Sequence[Part], sizes: Sequence[int], which: int, out: Array) -> Run:
        """The call that puts parts within zeros and transforms them with B (``which`` is 0) or A (2), axis by axis."""
        n, maps = self.images, len(parts) * prod(parts[0].value.shape[-2:])
        whole = _front(self.work[0], (*sizes, n, maps))
        borders, copies = [], []
        for part, (place, middle) in zip(parts, self._places(whole, parts), strict=True):
            ends = [b + size for b, size in zip(part.before, middle.shape, strict=False)]
            borders += [
                place[(slice(None),) * i + (cut,)]
                for i, b in enumerate(part.before)
                for cut in (slice(0, b), slice(ends[i], None))
            ]
            copies.append((middle, np.moveaxis(part.value, 0, -3)))
        borders = [border for border in borders if border.size]
        calls = []
        current, turn = whole, 1
        active = [i for i, axis in enumerate(self.axes) if axis.taps > 1]
        for i in active:
            axis, matrix = self.axes[i], transforms(self.axes[i].tile, self.axes[i].taps, whole.dtype)[which]
            points, tiles = [a.points for a in self.axes[: i + 1]], [a.tiles for a in self.axes[: i + 1]]
            long = prod(sizes[i + 1 :]) * n * maps
            target = _front(out if i == active[-1] else self.work[turn], (*points, *tiles, long))
            lines = current.reshape(*points[:-1], *tiles[:-1], sizes[i], long)
            calls.append(
                partial(np.matmul, matrix, _stretches(lines, axis, matrix.shape[1]), out=np.moveaxis(target, i, -2))
            )
            current, turn = target, 1 - turn

        def run() -> None:
            for border in borders:
                border.fill(0)
            for middle, source in copies:
                np.copyto(middle, source)
            for call in calls:
                call()

        return run

    def _back(
        self, flat: Array, sizes: Sequence[int], stage: Callable[[Axis, Array, Array], Run]
    ) -> tuple[Array, list[Run]]:
        """The calls that take a value back, the last axis first, and where it then lies: (sizes…, images, maps)."""
        maps = flat.size // (self.points * self.tiles * self.images)
        calls: list[Run] = []
        active = [i for i, axis in enumerate(self.axes) if axis.taps > 1]
        current, turn = flat, 1 - len(active) % 2
        for i in reversed(active):
            points, tiles = [a.points for a in self.axes[: i + 1]], [a.tiles for a in self.axes[: i + 1]]
            long = prod(sizes[i + 1 :]) * self.images * maps
            target = _front(self.work[turn], (*points[:-1], *tiles[:-1], sizes[i], long))
            calls.append(stage(self.axes[i], np.moveaxis(current.reshape(*points, *tiles, long), i, -2), target))
            current, turn = target, 1 - turn
        return current.reshape(*sizes, self.images, maps), calls

    def to_results(self, flat: Array, y: Array, bias: Array | None) -> Run:
        """The call that takes products back to results, with A."""

        def stage(axis: Axis, source: Array, target: Array) -> Run:
            a = transforms(axis.tile, axis.taps, y.dtype)[2]
            return partial(np.matmul, a.T, source, out=target.reshape(*source.shape[:-2], axis.tile, source.shape[-1]))

        whole, calls = self._back(flat, [axis.made for axis in self.axes], stage)
        part = np.moveaxis(whole[tuple(map(slice, y.shape[1:-1]))], -2, 0)

        def run() -> None:
            for call in calls:
                call()
            if bias is None:
                np.copyto(y, part)
            else:
                np.add(part, bias, out=y)

        return run

    def to_sources(self, flat: Array, parts: Sequence[Part]) -> Run:
        """The call that takes the gradient of what was read back, with B; tiles overlap and are added."""
        whole, calls = self._back(flat, [axis.read for axis in self.axes], self._overlapping)
        pairs = []
        for part, (_, middle) in zip(parts, self._places(whole, parts), strict=True):
            source, given = np.moveaxis(middle, -3, 0), part.given
            pairs.append((part.value[:, given:], source[:, given:], part.value[:, :given], source[:, :given]))

        def run() -> None:
            for call in calls:
                call()
            for new, source, seen, more in pairs:
                np.copyto(new, source)
                if seen.size:
                    np.add(seen, more, out=seen)

        return run

    def _overlapping(self, axis: Axis, source: Array, target: Array) -> Run:
        """The call that adds tiles up, in stretches that do not overlap."""
        t, b = axis.tile, transforms(axis.tile, axis.taps, source.dtype)[0]
        first, end = _stretches(target, axis, t), target[..., axis.made :, :]
        rest = []
        for k in range(t, axis.points, t):
            high = min(t, axis.points - k)
            made = _front(self.added, (*source.shape[:-2], high, source.shape[-1]))
            rest.append((b[:, k : k + high].T, made, _stretches(target[..., k:, :], axis, high)))

        def run() -> None:
            end.fill(0)
            np.matmul(b[:, :t].T, source, out=first)
            for matrix, made, stretch in rest:
                np.matmul(matrix, source, out=made)
                np.add(stretch, made, out=stretch)

        return run


def workspace(axes: Sequence[Axis], inputs: int, outputs: int) -> tuple[int, int, int]:
    """Numbers an image of ``Nest.work`` and ``Nest.added``."""
    points, tiles = prod(axis.points for axis in axes), prod(axis.tiles for axis in axes)
    stops = []
    for i, axis in enumerate(axes):
        if axis.taps > 1:
            done = prod(a.points * a.tiles for a in axes[:i])
            stops.append(done * max(prod(a.read for a in axes[i:]) * inputs, prod(a.made for a in axes[i:]) * outputs))
    added = max(points * tiles // axis.points * min(axis.tile, axis.taps - 1) for axis in axes)
    return max(stops[::2]), max(stops[1::2], default=1), added * inputs


def _stretches(lines: Array, axis: Axis, high: int) -> Array:
    """The last axis but one as (tiles, ``high``), a tile's length apart."""
    step = lines.strides[-2]
    return as_strided(
        lines,
        (*lines.shape[:-2], axis.tiles, high, lines.shape[-1]),
        (*lines.strides[:-2], axis.tile * step, step, lines.itemsize),
    )


def _front(flat: Array, shape: Sequence[int]) -> Array:
    """The first numbers of workspace in a shape."""
    return flat.reshape(-1)[: prod(shape)].reshape(shape)
