"""Depthwise convolutions on the value as it lies: places that see the same taps are a region, which is one pass.

One number a map is multiplied at a time, so there is no product for BLAS, and a pass over memory for each tap would
cost as much as the arithmetic. `einsum` multiplies and adds all taps in one pass, but wants the same taps at every
place: at a border some are missing. So each axis is parted into spans that see the same taps (first row, middle, last
row for 3 x 3 with a pad of 1), and spans of all axes together are regions: nine of a picture, and no padded copy of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby, product
from math import prod
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from netspec.engine.kernel import Array, Memory, Run, Sizes, bias_gradient, in_turn, nothing, ones
from netspec.engine.kernels.conv.compact import Spread
from netspec.engine.kernels.conv.convolution import Convolution

#: For each result along an axis its taps that see something, each with what lies under it.
Under = Sequence[list[tuple[int, int]]]


class Span(NamedTuple):
    """Results along an axis that see the same taps, evenly spread, and so are the taps."""

    results: slice
    taps: slice
    shape: tuple[int, int]  # results, taps
    first: int  # the cell under the first tap of the first result
    steps: tuple[int, int]  # cells from a result to the next, from a tap to the next


class Region(NamedTuple):
    """Results that see the same taps; positions that lie side by side in memory, as does what they see, are a run."""

    gather: str  # subscripts: of the taps and what is under them the results
    learn: str  # of the results and what is under their taps the taps
    under: Array
    taps: tuple[slice, ...]
    results: Array
    run: int  # positions


class Depthwise(Spread, Convolution):
    """One or more kernels a map. Backward gathers as forward does: a cell sees the results that it fed."""

    method = "regions"
    backwards = ("db", "dr", "sums", "piece", "given", "part")

    @classmethod
    def can(cls, plain: Convolution) -> bool:
        return plain.depthwise

    def geometry(self) -> None:
        super().geometry()
        self.times = self.outputs // self.inputs
        #: Positions of a row that one run of memory may hold.
        self.long = max(self.places[-1], self.sizes[-1]) if self.window.stride[-1] == 1 else 1
        self.there, self.back = [], []
        for axis, size in enumerate(self.sizes):
            under = self._under(axis)
            self.there.append(list(spans(under, 1)))
            self.back.append(list(spans(inverse(under, size), self.window.stride[axis])))

    def _under(self, axis: int) -> Under:
        """The taps of each place along an axis that lie on the map, with the cells under them."""
        size, taps, stride = self.sizes[axis], self.taps[axis], self.window.stride[axis]
        step, before = self.window.dilation[axis], self.window.pads[axis][0]
        starts = [place * stride - before for place in range(self.places[axis])]
        return [
            [(tap, start + tap * step) for tap in range(taps) if 0 <= start + tap * step < size] for start in starts
        ]

    # ---- weights

    def prepared(self) -> Sizes:
        return {**super().prepared(), "rows": (self.times, *self.taps, self.long * self.inputs)}

    def prepare(self, w: Mapping[str, Array], ready: Mapping[str, Array]) -> Run | None:
        dense, spread = self.spread_out(w, ready)
        kernel = dense.transpose(2, 1, 0)[:, :, None]
        rows = ready["rows"].reshape(self.times, prod(self.taps), -1, self.inputs)

        return in_turn([spread, partial(np.copyto, rows, kernel)])

    # ---- memory

    def scratch(self, n: int) -> Sizes:
        taps, several = prod(self.taps), self.times > 1
        result, given = (n, *self.places, self.inputs), (n, *self.sizes, self.inputs)
        return {
            "tap": result if several else (1,),
            "given": result if several else (1,),
            "part": given if several else (1,),
            "dr": (taps * self.long * self.inputs,),
            "piece": (taps * self.inputs,),
            "sums": (*self.taps, self.inputs),
            "db": (self.outputs,),
        }

    # ---- arithmetic

    def _gather(self, axes: Sequence[Sequence[Span]], source: Array, target: Array, rows: Array) -> Iterator[Run]:
        """The calls that give each result the sum of its taps times what lies under them."""
        if not all(span.shape[1] for axis in axes for span in axis):
            yield partial(target.fill, 0)
        for at in regions(axes, source, target):
            kernel = rows[at.taps][..., : at.run * self.inputs]
            yield partial(np.einsum, at.gather, at.under, kernel, out=at.results)

    def _each(self, value: Array, t: int) -> Array:
        """The results of a map's kernel number ``t``."""
        return value.reshape(*value.shape[:-1], self.inputs, self.times)[..., t]

    def forward(self, m: Memory) -> Run:
        y, bias, calls = m.y, m.w.get("bias"), list[Run]()
        for t in range(self.times):
            whole = y if self.times == 1 else m.scratch["tap"]
            calls += self._gather(self.there, m.xs[0], whole, m.w["rows"][t])
            if self.times > 1:
                calls.append(partial(np.copyto, self._each(y, t), whole))
        width = self.places[-1]
        lines = y.reshape(-1, width * self.outputs)

        def add_bias() -> None:
            if bias is not None:
                np.add(lines, np.tile(bias, width), out=lines)

        return in_turn([*calls, add_bias])

    def backward(self, m: Memory) -> Run:
        assert m.dy is not None
        calls: list[Run] = [bias_gradient(m)]
        dy, dx, several = m.dy, m.dxs[0], self.times > 1
        for t in range(self.times):
            if several:
                dy = m.scratch["given"]
                calls.append(partial(np.copyto, dy, self._each(m.dy, t)))
            if "weight" in m.dw:
                calls += self._learn(m, dy, t)
            if dx is not None:
                out = m.scratch["part"] if t else dx
                calls += self._gather(self.back, dy, out, m.w["rows"][t])
                calls.append(partial(np.add, dx, out, out=dx) if t else nothing)

        return in_turn(calls)

    def _learn(self, m: Memory, dy: Array, t: int) -> Iterator[Run]:
        """The calls that add to the gradient of each map's kernel number ``t``: by region, along runs, then across."""
        dr, piece, sums, total = m.scratch["dr"], m.scratch["piece"], m.scratch["sums"], m.dw["weight"][:, :, t]
        yield partial(sums.fill, 0)
        for at in regions(self.there, m.xs[0], dy):
            place = sums[at.taps]
            result = dr[: at.run * place.size].reshape(*place.shape[:-1], -1)
            yield partial(np.einsum, at.learn, at.under, at.results, out=result)
            if at.run > 1:
                lines = result.reshape(*place.shape[:-1], at.run, self.inputs)
                result = piece[: place.size].reshape(place.shape)
                yield partial(np.matmul, ones(at.run, dr), lines, out=result)
            yield partial(np.add, place, result, out=place)
        yield partial(np.add, total, sums.reshape(-1, self.inputs).T, out=total)


def inverse(under: Under, cells: int) -> Under:
    """For each cell the taps under which it lies, each with the result that it gives to."""
    found: list[list[tuple[int, int]]] = [[] for _ in range(cells)]
    for result, seen in enumerate(under):
        for tap, cell in seen:
            found[cell].append((tap, result))
    return [sorted(pairs) for pairs in found]


def spans(under: Under, every: int) -> Iterator[Span]:
    """The results along an axis by the taps that they see; only every so many of them can see the same."""
    for rest in range(min(every, len(under))):
        for taps, group in groupby(range(rest, len(under), every), key=lambda at: [tap for tap, _ in under[at]]):
            at = list(group)
            along, across = [under[place][0][1] for place in at[:2] if taps], [cell for _, cell in under[at[0]][:2]]
            first = along[0] if taps else 0
            yield Span(evenly(at), evenly(taps), (len(at), len(taps)), first, (step(along), step(across)))


def step(numbers: Sequence[int]) -> int:
    """From a number to the next; 0 where there is none."""
    return numbers[1] - numbers[0] if len(numbers) > 1 else 0


def evenly(numbers: Sequence[int]) -> slice:
    """Evenly spread numbers as a slice."""
    return slice(numbers[0], numbers[-1] + 1, step(numbers) or 1) if numbers else slice(0)


def regions(axes: Sequence[Sequence[Span]], source: Array, target: Array) -> Iterator[Region]:
    """The regions that have taps: results (n, places…, maps) in ``target``, cells of ``source`` under their taps."""
    rank, (image, *cell, item) = len(axes), source.strides
    for each in product(*axes):
        places, taps = ([span.shape[k] for span in each] for k in (0, 1))
        if not all(taps):
            continue
        shape = [len(source), *places, *taps, source.shape[-1]]
        strides = [image, *(c * span.steps[k] for k in (0, 1) for c, span in zip(cell, each, strict=True)), item]
        results = target[(slice(None), *(span.results for span in each))]
        outer, last, run = "hij"[:rank], each[-1], 1
        if places[-1] == 1 or last.steps[0] == last.results.step == 1:
            outer, run = outer[:-1], places[-1]
            del shape[rank], strides[rank]
            shape[-1] *= run
            results = results.reshape(*results.shape[:-2], -1)
        under = as_strided(source[(slice(None), *(slice(span.first, None) for span in each))], shape, strides)
        seen, result, kernel = f"n{outer}{'klm'[:rank]}x", f"n{outer}x", f"{'klm'[:rank]}x"
        yield Region(
            f"{seen},{kernel}->{result}",
            f"{seen},{result}->{kernel}",
            under,
            tuple(span.taps for span in each),
            results,
            run,
        )
