"""Convolutions of stride 1 with tall kernels: patches along all axes but the first, a product for each kernel row.

Patches of a row serve all rows of the kernel, so that an 11 × 11 kernel copies each number 11 times and not 121 times.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from math import prod

import numpy as np

from netspec.engine.kernel import Array, Memory, Run, Sizes, bias_gradient, in_turn, rows
from netspec.engine.kernels.conv.compact import Spread
from netspec.engine.kernels.conv.convolution import Convolution
from netspec.engine.kernels.conv.windows import patches
from netspec.engine.products import in_tiles, summed
from netspec.ops.window import Window


class RowPatches(Spread, Convolution):
    """Values lie as (rows, images, columns…, maps): what is under a row of the kernel is one block of memory."""

    method = "patches of rows"
    backwards = ("db", "dw", "dyp", "dcols", "three", "four")

    @classmethod
    def can(cls, plain: Convolution) -> bool:
        at = plain.window
        tall = len(at.kernel) > 1 and at.kernel[0] > 1
        overlap = all(max(p) < k for p, k in zip(at.pads, at.kernel, strict=True))
        return plain.unit_steps and plain.groups == 1 and tall and overlap

    def geometry(self) -> None:
        super().geometry()
        self.high, self.across = self.taps[0], prod(self.taps[1:])

    def prepared(self) -> Sizes:
        return {**super().prepared(), "turned": (self.high, self.across * self.outputs, self.inputs)}

    def prepare(self, w: Mapping[str, Array], ready: Mapping[str, Array]) -> Run | None:
        dense, spread = self.spread_out(w, ready)
        kernel = dense.reshape(-1, self.inputs, self.outputs)[::-1].transpose(0, 2, 1)
        turned = ready["turned"].reshape(kernel.shape)

        return in_turn([spread, partial(np.copyto, turned, kernel)])

    def scratch(self, n: int) -> Sizes:
        reads, gives = (
            (n, *self.places[1:], self.across * self.inputs),
            (n, *self.sizes[1:], self.across * self.outputs),
        )
        behind = [size + k - 1 for size, k in zip(self.sizes, self.taps, strict=True)]
        return {
            "xp": (n, *self.cover, self.inputs),
            "cols": (self.cover[0], *reads),
            "dyp": (n, *behind, self.outputs),
            "dcols": (behind[0], *gives),
            "one": (self.places[0], n, *self.places[1:], self.outputs),
            "two": (self.places[0], n, *self.places[1:], self.outputs),
            "three": (self.sizes[0], n, *self.sizes[1:], self.inputs),
            "four": (self.sizes[0], n, *self.sizes[1:], self.inputs),
            "dw": (self.across * self.inputs, self.outputs),
            "db": (self.outputs,),
        }

    def _gather(self, value: Array, whole: Array, cols: Array, before: list[int], places: tuple[int, ...]) -> Run:
        """The call that puts a value within zeros and its patches along all axes but the first into ``cols``."""
        part = whole[(slice(None), *(slice(b, b + size) for b, size in zip(before, value.shape[1:-1], strict=True)))]
        one_row = Window((1, *self.taps[1:]), self.window.stride, self.window.pads, self.window.dilation)
        source = np.moveaxis(patches(whole, one_row, (len(cols), *places)), 0, 1)
        target = cols.reshape(source.shape)

        def run() -> None:
            whole.fill(0)
            np.copyto(part, value)
            np.copyto(target, source)

        return run

    def _sum(self, cols: Array, kernels: Array, out: Array, more: Array) -> Run:
        """The call that sums the products of a kernel's rows."""
        high, flat, other = len(out), rows(out), rows(more)
        blocks = [rows(cols[i : i + high]) for i in range(self.high)]
        calls = [in_tiles(blocks[0], kernels[0], flat)]
        for block, kernel in zip(blocks[1:], kernels[1:], strict=True):
            calls += [in_tiles(block, kernel, other), partial(np.add, flat, other, out=flat)]
        return in_turn(calls)

    def _enter(self, m: Memory) -> tuple[Array, Run]:
        cols = m.scratch["cols"]
        return cols, self._gather(m.xs[0], m.scratch["xp"], cols, [p[0] for p in self.window.pads], self.places[1:])

    def forward(self, m: Memory) -> Run:
        cols, gather = self._enter(m)
        result, y, bias = m.scratch["one"], m.y, m.w.get("bias")
        product = self._sum(cols, self.kernel(m).reshape(self.high, -1, self.outputs), result, m.scratch["two"])
        source = np.moveaxis(result, 0, 1)

        def run() -> None:
            gather()
            product()
            if bias is None:
                np.copyto(y, source)
            else:
                np.add(source, bias, out=y)

        return run

    def backward(self, m: Memory) -> Run:
        assert m.dy is not None
        calls, dx = [bias_gradient(m)], m.dxs[0]
        if "weight" in m.dw:
            calls += self._learn(m, m.dy, m.dw["weight"].reshape(self.high, -1, self.outputs))
        if dx is not None:
            before = [k - 1 - p[0] for k, p in zip(self.taps, self.window.pads, strict=True)]
            cols, result = m.scratch["dcols"], m.scratch["three"]
            calls.append(self._gather(m.dy, m.scratch["dyp"], cols, before, self.sizes[1:]))
            calls.append(self._sum(cols, m.w["turned"], result, m.scratch["four"]))
            calls.append(partial(np.copyto, dx, np.moveaxis(result, 0, 1)))

        return in_turn(calls)

    def _learn(self, m: Memory, dy: Array, total: Array) -> list[Run]:
        """The calls that add to the kernel's gradient, row by row."""
        cols, gather = self._enter(m)
        given, result, places = m.scratch["one"], m.scratch["dw"], self.places[0]
        blocks = [rows(cols[i : i + places]).T for i in range(self.high)]
        learn = [summed(block, rows(given), row, result) for row, block in zip(total, blocks, strict=True)]
        return [gather, partial(np.copyto, given, np.moveaxis(dy, 0, 1)), *learn]
