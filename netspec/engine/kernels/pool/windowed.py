"""What pools with windows share: the views under each tap, joined one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from netspec import ops
from netspec.engine.kernel import Array, Kernel, Memory, Run, Sizes, rows
from netspec.engine.kernels.conv.windows import extent, reached
from netspec.ops.window import Window

Cut = tuple[slice, ...]


#: Maps up to which the cells of a row of windows are summed and filled by a product with ones.
NARROW = 16


def spans(window: Window, axis: int, size: int, places: int) -> list[tuple[slice, slice]]:
    """For each tap on an axis that finds cells: which places do, and the cells that they find."""
    stride, before = window.stride[axis], window.pads[axis][0]
    found = (reached(size, places, stride, t - before) for t in range(window.kernel[axis]))
    return [(cut, under) for cut, under in found if cut.stop > cut.start]


def along(window: Window, axis: int, value: Array, places: int) -> list[tuple[Cut, Array]]:
    """Each tap's places in a result (outer, places, …), and what they find in ``value`` (outer, size, …)."""
    return [((slice(None), cut), value[:, under]) for cut, under in spans(window, axis, value.shape[1], places)]


def combine(join: np.ufunc, start: float, out: Array, taps: Sequence[tuple[Cut, Array]]) -> Run:
    """The call that joins what lies under each window's taps."""
    first = next((i for i, (_, view) in enumerate(taps) if view.shape == out.shape), None)
    rest = [(out[cut], view) for i, (cut, view) in enumerate(taps) if i != first]

    def run() -> None:
        if first is None:
            out.fill(start)
        else:
            np.copyto(out, taps[first][1])
        for target, view in rest:
            join(target, view, out=target)

    return run


class Windowed(Kernel):
    """A window on each map; what lies outside is left out, tap by tap."""

    def setup(self) -> None:
        op = self.op.pool() if isinstance(self.op, ops.pool.Subsample) else self.op
        self.places, self.sizes, self.maps = self.y[:-1], self.xs[0][:-1], self.xs[0][-1]
        self.window = op.window((self.maps, *self.sizes))
        #: Whether every cell lies in just one window, and every window on the map, so that gradients are put there and
        #: not added.
        begins = all(before == 0 for before, _ in self.window.pads)
        self.parted = (
            begins and extent(self.window, self.places) == self.sizes and self.window.kernel == self.window.stride
        )

    def scratch(self, n: int) -> Sizes:
        return {"tap": (n, *self.places, self.maps)}

    def taps(self, value: Array) -> list[tuple[Cut, Array]]:
        """For each tap which windows have it on the map, and what lies under it: views of (n, sizes…, maps)."""
        at, found = self.window, []
        for tap in product(*map(range, at.kernel)):
            rows = zip(
                self.sizes, self.places, at.stride, (t - p[0] for t, p in zip(tap, at.pads, strict=True)), strict=True
            )
            spans = [reached(*row) for row in rows]
            if all(windows.stop > windows.start for windows, _ in spans):
                cut, under = zip(*spans, strict=True)
                found.append(((slice(None), *cut), value[(slice(None), *under)]))
        return found

    def put(self, target: Array, gradient: Array) -> None:
        """Give a view its gradient."""
        if self.parted:
            np.copyto(target, gradient)
        else:
            np.add(target, gradient, out=target)

    def clear(self, dx: Array) -> None:
        """Make room for gradients that are added."""
        if not self.parted:
            dx.fill(0)

    def add_up(self, m: Memory, out: Array) -> Run:
        """The call that sums the cells of each window; on maps of two axes rows first, in long stretches."""
        x = m.xs[0]
        if "half" not in m.scratch:
            return combine(np.add, 0, out, self.taps(x))
        half = m.scratch["half"]
        lines = combine(
            np.add,
            0,
            half.reshape(len(x), self.places[0], -1),
            along(self.window, 0, x.reshape(len(x), self.sizes[0], -1), self.places[0]),
        )
        if self.parted and self.maps <= NARROW:  # a product with ones is faster than many short additions
            flat, wide = rows(out), half.reshape(-1, self.window.kernel[1] * self.maps)
            same = np.tile(np.eye(self.maps, dtype=x.dtype), (self.window.kernel[1], 1))
            columns: Run = partial(np.matmul, wide, same, out=flat)
        else:
            columns = combine(
                np.add,
                0,
                out.reshape(-1, *out.shape[2:]),
                along(self.window, 1, half.reshape(-1, *half.shape[2:]), self.places[1]),
            )

        def run() -> None:
            lines()
            columns()

        return run

    def hand_back(self, m: Memory, factor: Array) -> Callable[[Array], None]:
        """What spreads a gradient times ``factor`` (by map, or by window and map) over the cells of each window."""
        assert m.dy is not None and m.dxs[0] is not None
        dy, dx, tap = m.dy, m.dxs[0], m.scratch["tap"]
        if "half" not in m.scratch:
            targets = [(target, tap[cut]) for cut, target in self.taps(dx)]

            def one_by_one(times: Array) -> None:
                self.clear(dx)
                np.multiply(dy, times, out=tap)
                for target, part in targets:
                    self.put(target, part)

            return one_by_one
        half = m.scratch["half"]
        lines = half.reshape(len(dx), self.places[0], -1)
        whole = [
            (target, lines[cut])
            for cut, target in along(self.window, 0, dx.reshape(len(dx), self.sizes[0], -1), self.places[0])
        ]
        cells = tap.reshape(-1, *tap.shape[2:])
        columns = [
            (target, cells[cut])
            for cut, target in along(self.window, 1, half.reshape(-1, *half.shape[2:]), self.places[1])
        ]
        narrow = self.parted and self.maps <= NARROW and factor.size == self.maps
        same = np.tile(np.eye(self.maps, dtype=dy.dtype), (1, self.window.kernel[1])) if narrow else tap

        def by_rows(times: Array) -> None:
            if narrow:
                np.matmul(rows(dy), same * times.reshape(-1, 1), out=half.reshape(-1, same.shape[1]))
            else:
                self.clear(half)
                np.multiply(dy, times, out=tap)
                for target, part in columns:
                    self.put(target, part)
            self.clear(dx)
            for target, part in whole:
                self.put(target, part)

        return by_rows

    def halves(self, n: int) -> Sizes:
        """Workspace of ``add_up`` and ``hand_back`` for maps of two axes."""
        return {"half": (n, self.places[0], self.sizes[1], self.maps)} if len(self.places) == 2 else {}

    def counts(self, dtype: np.dtype[Any]) -> Array:
        """How many cells of each window lie on the map: (1, places…, 1)."""
        found = np.zeros((1, *self.places, 1), dtype=dtype)
        for cut, _ in self.taps(np.zeros((1, *self.sizes, 1), dtype=dtype)):
            found[cut] += 1
        return found
