"""Depthwise convolutions by whole rows: a tap is one multiplied and added pass along all positions and maps of a row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from math import gcd, prod
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from netspec.engine.kernel import Array, Memory, Run, Sizes, bias_gradient, in_turn, nothing, ones
from netspec.engine.kernels.conv import Conv


class Taps(NamedTuple):
    """Taps of a row that lie evenly in one plane: columns that leave the same rest when divided by the stride."""

    plane: int
    first: int  # column of the first tap in its plane
    step: int
    taps: slice


class Depthwise(Conv):
    """One or more kernels a map. Columns lie parted by the stride, so that every tap reads a run of memory."""

    method = "rows of a map"
    backwards = ("db", "dyp", "dr", "sums", "given", "part")

    @classmethod
    def can(cls, plain: Conv) -> bool:
        return bool(plain.depthwise)

    def geometry(self) -> None:
        super().geometry()
        self.times, self.width = self.outputs // self.inputs, self.places[-1]
        self.stride, self.dilation = self.window.stride[-1], self.window.dilation[-1]
        self.planes = (*self.cover[:-1], self.stride, -(-self.cover[-1] // self.stride))
        self.unit = all(s == 1 for s in self.window.stride) and all(p[0] < r for p, r in zip(self.window.pads, self.window.reach, strict=True))

    def rows_of_taps(self) -> Iterator[Taps]:
        """The taps of a row of the kernel, plane by plane."""
        common = gcd(self.stride, self.dilation)
        every = self.stride // common
        for first in range(min(every, self.taps[-1])):
            column, plane = divmod(first * self.dilation, self.stride)
            yield Taps(plane, column, self.dilation // common, slice(first, None, every))

    # ---- weights

    def prepared(self) -> Sizes:
        wide = max(self.width, self.sizes[-1])
        return {**super().prepared(), "rows": (self.times, *self.taps, wide * self.inputs)}

    def prepare(self, w: Mapping[str, Array], ready: Mapping[str, Array]) -> Run | None:
        dense, spread = self.spread_out(w, ready)
        kernel = dense.transpose(2, 1, 0)[:, :, None]
        rows = ready["rows"].reshape(self.times, prod(self.taps), -1, self.inputs)

        return in_turn([spread, partial(np.copyto, rows, kernel)])

    # ---- memory

    def scratch(self, n: int) -> Sizes:
        made = (n, *self.places, self.inputs)
        padded = (n, *(size + reach - 1 for size, reach in zip(self.sizes, self.window.reach, strict=True)), self.inputs)
        return {
            "xp": (n, *self.planes, self.inputs) if self.padded or self.stride > 1 else (1,), "dyp": padded if self.unit else (n, *self.planes, self.inputs),
            "tap": made, "more": made if self.stride > 1 else (1,), "given": made if self.times > 1 else (1,),
            "part": (n, *self.sizes, self.inputs) if self.times > 1 and self.unit else (1,),
            "dr": (*self.taps, self.width * self.inputs), "sums": (prod(self.taps), 1, self.inputs), "db": (self.outputs,),
        }  # fmt: skip

    def adding(self) -> Sizes:
        return {}

    def _parted(self, whole: Array, value: Array, copy: Callable[[Array, Array], None]) -> Run:
        """The call that copies between a value and its place among zeros, column by column of the stride."""
        s, before = self.stride, self.window.pads[-1][0]
        outer = tuple(slice(p[0], p[0] + size) for p, size in zip(self.window.pads[:-1], self.sizes[:-1], strict=True))
        pairs: list[tuple[Array, Array]] = []
        for plane in range(s):
            first = (plane - before) % s  # the first column of the value in this plane
            start, count = (first + before) // s, len(range(first, min(self.sizes[-1], self.cover[-1] - before), s))
            target = whole[:, ..., plane, start : start + count, :][(slice(None), *outer)]
            kept = tuple(slice(0, n) for n in target.shape[1:-2])
            pairs.append((target, value[(slice(None), *kept, slice(first, first + count * s, s))]))

        def run() -> None:
            for target, source in pairs:
                copy(target, source)

        return run

    def _enter(self, m: Memory) -> tuple[Array, Run]:
        if not self.padded and self.stride == 1:
            return m.xs[0].reshape(-1, *self.sizes[:-1], 1, self.sizes[-1], self.inputs), nothing
        xp = m.scratch["xp"]
        copy = self._parted(xp, m.xs[0], np.copyto)

        def fill() -> None:
            xp.fill(0)
            copy()

        return xp, fill

    def _windows(self, xp: Array, taps: Taps) -> Array:
        """Rows under the taps: (n, places but the last, taps…, positions · maps)."""
        *outer, _, column, item = xp.strides[1:]
        at, count = self.window, len(range(self.taps[-1])[taps.taps])
        origin = xp[(slice(None),) * len(self.places) + (taps.plane, slice(taps.first, None))]
        return as_strided(
            origin, (len(xp), *self.places[:-1], *self.taps[:-1], count, self.width * self.inputs),
            (xp.strides[0], *(s * t for s, t in zip(outer, at.stride, strict=False)), *(s * d for s, d in zip(outer, at.dilation, strict=False)),
             taps.step * column, item),
        )  # fmt: skip

    # ---- arithmetic

    def _letters(self) -> tuple[str, str, str]:
        """Subscripts of windows, kernels and results."""
        rank = len(self.places)
        outer, taps = "hij"[: rank - 1], "klm"[:rank]
        return f"n{outer}{taps}x", f"{taps}x", f"n{outer}x"

    def _each(self, value: Array, t: int) -> Array:
        """The results of a map's kernel number ``t``."""
        return value.reshape(*value.shape[:-1], self.inputs, self.times)[..., t]

    def forward(self, m: Memory) -> Run:
        xp, fill = self._enter(m)
        y, bias, windows, kernels, results = m.y, m.w.get("bias"), *self._letters()
        signature = f"{windows},{kernels}->{results}"
        calls: list[Run] = [fill]
        for t in range(self.times):
            whole = y if self.times == 1 else m.scratch["tap"]
            out, more = self._lines(whole), m.scratch["more"]
            for number, taps in enumerate(self.rows_of_taps()):
                rows = m.w["rows"][t][..., taps.taps, : self.width * self.inputs]
                target = self._lines(more) if number else out
                calls.append(partial(np.einsum, signature, self._windows(xp, taps), rows, out=target))
                if number:
                    calls.append(partial(np.add, out, target, out=out))
            if self.times > 1:
                calls.append(partial(np.copyto, self._each(y, t), whole))
        lines = y.reshape(-1, self.width * self.outputs)

        def run() -> None:
            for call in calls:
                call()
            if bias is not None:
                np.add(lines, np.tile(bias, self.width), out=lines)

        return run

    def _lines(self, value: Array) -> Array:
        """A value like the result of one kernel a map, by rows: (n, places but the last, positions · maps)."""
        return value.reshape(-1, *self.places[:-1], self.width * self.inputs)

    def backward(self, m: Memory) -> Run:
        assert m.dy is not None
        calls: list[Run] = [bias_gradient(m)]
        xp, fill = self._enter(m)
        if "weight" in m.dw:
            calls.append(fill)
        for t in range(self.times):
            dy = m.dy
            if self.times > 1:
                dy = m.scratch["given"]
                calls.append(partial(np.copyto, dy, self._each(m.dy, t)))
            if "weight" in m.dw:
                calls += self._learn(m, xp, dy, t)
            if m.dxs[0] is not None:
                calls.append((self._turned if self.unit else self._spread)(m, dy, m.dxs[0], t))

        return in_turn(calls)

    def _learn(self, m: Memory, xp: Array, dy: Array, t: int) -> Iterator[Run]:
        """The calls that add to the gradient of each map's kernel number ``t``: sums along rows, then over their positions."""
        windows, kernels, results = self._letters()
        dr, sums, total = m.scratch["dr"], m.scratch["sums"], m.dw["weight"][:, :, t]
        for taps in self.rows_of_taps():
            yield partial(np.einsum, f"{windows},{results}->{kernels}", self._windows(xp, taps), self._lines(dy), out=dr[..., taps.taps, :])
        one, lines, made = ones(self.width, dr)[None], dr.reshape(prod(self.taps), self.width, self.inputs), sums[:, 0].T
        yield partial(np.matmul, one, lines, out=sums)
        yield partial(np.add, total, made, out=total)

    def _turned(self, m: Memory, dy: Array, dx: Array, t: int) -> Run:
        """The call for stride 1: the turned kernel over the result's gradient."""
        dyp, at, n = m.scratch["dyp"], self.window, len(dx)
        start = [r - 1 - p[0] for r, p in zip(at.reach, at.pads, strict=True)]
        part = dyp[(slice(None), *(slice(a, a + size) for a, size in zip(start, self.places, strict=True)))]
        within = part.shape != dyp.shape
        dyp = dyp if within else dy
        strides, long = dyp.strides, self.sizes[-1] * self.inputs
        windows = as_strided(
            dyp, (n, *self.sizes[:-1], *self.taps, long),
            (*strides[: len(self.sizes)], *(s * d for s, d in zip(strides[1:], at.dilation, strict=False)), dyp.itemsize),
        )  # fmt: skip
        rows = m.w["rows"][t][(slice(None, None, -1),) * len(self.taps)][..., :long]
        lines = dx.reshape(n, *self.sizes[:-1], long)
        out = lines if t == 0 else m.scratch["part"].reshape(lines.shape)
        source, kernels, results = self._letters()
        signature, kept = f"{source},{kernels}->{results}", dy[(slice(None), *map(slice, part.shape[1:-1]))]

        def run() -> None:
            if within:
                dyp.fill(0)
                np.copyto(part, kept)
            np.einsum(signature, windows, rows, out=out)
            if out is not lines:
                np.add(lines, out, out=lines)

        return run

    def _spread(self, m: Memory, dy: Array, dx: Array, t: int) -> Run:
        """The call for other strides: a tap after the other, added where it came from."""
        whole, tap, lines = m.scratch["dyp"], self._lines(m.scratch["tap"]), self._lines(dy)
        pairs = []
        for taps in self.rows_of_taps():
            windows, rows = self._windows(whole, taps), m.w["rows"][t][..., taps.taps, : self.width * self.inputs]
            for index in np.ndindex(rows.shape[:-1]):
                pairs.append((rows[index], windows[(slice(None),) * len(self.places) + index]))
        back = self._parted(whole, dx, lambda target, source: np.copyto(source, target))

        def run() -> None:
            if t == 0:
                whole.fill(0)
                dx.fill(0)
            for row, target in pairs:
                np.multiply(lines, row, out=tap)
                np.add(target, tap, out=target)
            if t == self.times - 1:
                back()

        return run
