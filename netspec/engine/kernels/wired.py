"""What kernels with windows and tables share: compact weights spread out, patches and views under taps."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from itertools import product
from math import prod
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from netspec.engine.kernel import Array, Kernel, Memory, Run, Sizes, nothing
from netspec.tables import KernelTable, Table
from netspec.tables.spread import add_fixed, spread_cells, spread_taps


class Index(NamedTuple):
    """Of the dense kernel's numbers, flat: ``where`` the trained ones stand, ``source`` which compact one each is (``unique``
    where none stands twice), and the fixed ``constants``, if there are any."""

    where: Array
    source: Array
    unique: bool
    constants: Array | None


class Wired(Kernel):
    """Kernels with tables: the compact weights are what is trained; a dense form is made of them each step."""

    positions: ClassVar[bool] = False

    def setup(self) -> None:
        op = self.op
        self.inputs, self.outputs = self.xs[0][-1], self.y[-1]
        self.window = op.window((self.inputs, *self.xs[0][:-1]))
        self.taps = self.window.kernel
        self.groups = op.groups
        self.table = op.table if isinstance(op.table, Table) and not op.table.is_full else None
        self.compact = self.table is not None or isinstance(op.kernel, KernelTable)
        self.geometry()

    def geometry(self) -> None:
        """Sizes of patches."""

    @cached_property
    def index(self) -> Index:
        """Where each number of the dense kernel comes from; of the dense kernel's size, so made only where that is."""
        table, shape = self.table, self.weights["weight"].shape
        axes = len(self.window.kernel) if self.positions else 0
        ids = np.arange(1, prod(shape) + 1).reshape(shape)
        if isinstance(self.op.kernel, KernelTable):
            ids = spread_taps(self.op.kernel, ids)
        constants = np.zeros(1)
        if table is not None:
            ids = spread_cells(table, ids, axes)
            constants = np.zeros(ids.shape)
            add_fixed(table, constants, self.taps, axes)
        ids = self.run_form(ids).reshape(-1)
        where = np.flatnonzero(ids)
        source = ids[where] - 1
        fixed = table is not None and table.trained < table.connections
        return Index(where, source, len(np.unique(source)) == len(source), self.run_form(constants) if fixed else None)

    def run_form(self, weight: Array) -> Array:
        """(maps, inputs/groups, …taps) to (groups, taps · inputs/groups, maps/groups)."""
        g, rank = self.groups, len(self.taps)
        parted = weight.reshape(g, self.outputs // g, self.inputs // g, *self.taps)
        turned = parted.transpose(0, *range(3, 3 + rank), 2, 1)
        return np.ascontiguousarray(turned).reshape(g, -1, self.outputs // g)

    def file_form(self, weight: Array) -> Array:
        """The inverse of ``run_form``."""
        g, rank = self.groups, len(self.taps)
        parted = weight.reshape(g, *self.taps, self.inputs // g, self.outputs // g)
        turned = parted.transpose(0, rank + 2, rank + 1, *range(1, rank + 1))
        return np.ascontiguousarray(turned).reshape(self.weights["weight"].shape)

    def pack(self, name: str, weight: Array) -> Array:
        return self.run_form(weight) if name == "weight" and not self.compact else weight

    def unpack(self, name: str, weight: Array) -> Array:
        return self.file_form(weight) if name == "weight" and not self.compact else weight

    def dense_shape(self) -> tuple[int, ...]:
        """Shape of the dense kernel as it runs."""
        g = self.groups
        return (g, prod(self.taps) * self.inputs // g, self.outputs // g)

    def prepared(self) -> Sizes:
        return {"dense": self.dense_shape()} if self.compact else {}

    def prepare(self, w: Mapping[str, Array], ready: Mapping[str, Array]) -> Run | None:
        if not self.compact:
            return None
        dense, compact = ready["dense"].reshape(-1), w["weight"].reshape(-1)
        where, source, _, constants = self.index
        dense[:] = 0 if constants is None else constants.reshape(-1)

        def run() -> None:
            dense[where] = compact[source]

        return run

    def spread_out(self, w: Mapping[str, Array], ready: Mapping[str, Array]) -> tuple[Array, Run]:
        """The weights as they run, and the call that makes them: what else is made of them once a step follows it."""
        return ready["dense"] if self.compact else w["weight"], Wired.prepare(self, w, ready) or nothing

    def extras(self) -> Sizes:
        return {"weight": self.dense_shape()} if self.compact else {}

    def collect(self, name: str, total: Array, gradient: Array, ready: Mapping[str, Array]) -> Run | None:
        where, source, unique, _ = self.index
        flat, out = total.reshape(-1), gradient.reshape(-1)
        if unique:

            def run() -> None:
                out[source] = flat[where]
        else:

            def run() -> None:
                out[:] = np.bincount(source, weights=flat[where], minlength=len(out))

        return run

    def kernel(self, m: Memory) -> Array:
        """The weights as they run."""
        return m.w["dense"] if self.compact else m.w["weight"]


def patches(xp: Array, window: Any, places: tuple[int, ...]) -> Array:
    """(n, padded…, maps) seen as (n, places…, taps…, maps)."""
    n, *_, maps = xp.shape
    steps = xp.strides[1:-1]
    return as_strided(
        xp,
        (n, *places, *window.kernel, maps),
        (
            xp.strides[0],
            *(s * t for s, t in zip(steps, window.stride, strict=True)),
            *(s * d for s, d in zip(steps, window.dilation, strict=True)),
            xp.strides[-1],
        ),
    )


def tap_views(xp: Array, window: Any, places: tuple[int, ...]) -> list[Array]:
    """For each tap what lies under it: views (n, places…, maps) of the padded array."""
    views = []
    for tap in product(*map(range, window.kernel)):
        cut = tuple(
            slice(t * d, t * d + (m - 1) * s + 1, s)
            for t, d, m, s in zip(tap, window.dilation, places, window.stride, strict=True)
        )
        views.append(xp[(slice(None), *cut)])
    return views


def inner(xp: Array, window: Any, sizes: tuple[int, ...]) -> tuple[Array, tuple[slice, ...]]:
    """The part of a padded array that is the value itself, and which part of the value it holds."""
    starts = [p[0] for p in window.pads]
    kept = [min(n, size - a) for n, size, a in zip(sizes, xp.shape[1:-1], starts, strict=True)]
    view = xp[(slice(None), *(slice(a, a + n) for a, n in zip(starts, kept, strict=True)))]
    return view, (slice(None), *(slice(0, n) for n in kept))


def extent(window: Any, places: tuple[int, ...]) -> tuple[int, ...]:
    """What the windows cover of the padded value."""
    return tuple((m - 1) * s + r for m, s, r in zip(places, window.stride, window.reach, strict=True))


def reached(size: int, places: int, stride: int, offset: int) -> tuple[slice, slice]:
    """Of the windows along an axis, those whose tap at an offset lies on the map; and the cells that it takes there."""
    first, end = max(0, -(offset // stride)), min(places, (size - 1 - offset) // stride + 1)
    return slice(first, end), slice(first * stride + offset, max(0, (end - 1) * stride + offset + 1), stride)


def split_maps(view: Array, g: int) -> Array:
    """The last axis as (g, rest): a view whatever the strides."""
    return view.reshape(*view.shape[:-1], g, view.shape[-1] // g)


def add_taps(whole: Array, dx: Array, targets: list[Array], sources: list[Array], kernel: Any) -> Run:
    """The call that sums sources into the views of a padded value, and puts what lies within into ``dx``."""
    part = inner(whole, kernel.window, kernel.sizes) if whole is not dx else None

    def run() -> None:
        whole.fill(0)
        for target, source in zip(targets, sources, strict=True):
            np.add(target, source, out=target)
        if part is not None:
            dx.fill(0)
            np.copyto(dx[part[1]], part[0])

    return run
