"""Convolutions whose table is nearly empty: a block of outputs reads only the maps that feed it.

Maps are planes, taps are shifts:

Planes lie one behind the other with their zeros, so that what a tap sees of all positions is one run of numbers:
``y[o, r] = Σ w[o, c, tap] · x[c, r + shift(tap)]``. Nothing of the size of the dense kernel is ever made.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from math import prod

import numpy as np

from netspec.engine.kernel import Array, Memory, Run, Sizes, bias_gradient
from netspec.engine.kernels.conv.convolution import Convolution
from netspec.engine.kernels.conv.windows import inner
from netspec.engine.kernels.table_blocks import Block, blocks
from netspec.tables import KernelTable


class SparseBlocks(Convolution):
    """A 2-D convolution of stride 1 with a table."""

    method = "blocks of a table"

    @classmethod
    def can(cls, plain: Convolution) -> bool:
        at = plain.window
        return (
            len(at.kernel) == 2 and plain.groups == 1 and plain.unit_steps
            and plain.table is not None and plain.table.connections > 0 and not isinstance(plain.op.kernel, KernelTable)
        )  # fmt: skip

    def geometry(self) -> None:
        super().geometry()
        assert self.table is not None
        self.blocks = blocks(self.table, prod(self.taps))
        self.shifts = [i * self.cover[1] + j for i, j in product(*map(range, self.taps))]
        self.middle = (self.taps[0] // 2) * self.taps[1] + self.taps[1] // 2
        self.plane = prod(self.cover)

    def scratch(self, n: int) -> Sizes:
        long, taps = n * self.plane, len(self.shifts)
        high, wide = max(b.height for b in self.blocks), max(b.width for b in self.blocks)
        return {
            "x": (self.inputs, long), "y": (self.outputs, long), "db": (self.outputs,), "kernel": (taps, high * wide),
            "some": (wide, long), "part": (high, long), "stack": (taps * high, long), "more": (wide, long),
        }  # fmt: skip

    def _planes(self, value: Array, planes: Array) -> Array:
        """Planes (maps, n · rows · columns) seen as a padded value (n, rows, columns, maps)."""
        return planes.reshape(planes.shape[0], value.shape[0], *self.cover).transpose(1, 2, 3, 0)

    def _read(self, m: Memory) -> Run:
        """The call that lays the input out as planes within zeros."""
        x, planes = m.xs[0], m.scratch["x"]
        part, kept = inner(self._planes(x, planes), self.window, self.sizes)
        source = x[kept]

        def run() -> None:
            planes.fill(0)
            np.copyto(part, source)

        return run

    def _valid(self, value: Array, planes: Array) -> Array:
        """The positions of planes that windows begin at, seen as a value."""
        return self._planes(value, planes)[:, : self.places[0], : self.places[1]]

    def _of(self, block: Block, m: Memory) -> tuple[Array, Array]:
        """A block's inputs and its kernel, both in workspace that the next one takes over."""
        planes = m.scratch["x"]
        some = planes[block.inputs] if isinstance(block.inputs, slice) else m.scratch["some"][: block.width]
        if not isinstance(block.inputs, slice):
            np.take(planes, block.inputs, axis=0, out=some, mode="clip")
        return some, self._kernel(block, m)

    def _kernel(self, block: Block, m: Memory) -> Array:
        """A block's kernel (taps, outputs, inputs)."""
        taps = len(self.shifts)
        kernel = (
            m.scratch["kernel"]
            .reshape(-1)[: taps * block.height * block.width]
            .reshape(taps, block.height, block.width)
        )
        block.fill(kernel, m.w["weight"].reshape(-1, taps), self.middle)
        return kernel

    def forward(self, m: Memory) -> Run:
        read, planes, y, bias, part = self._read(m), m.scratch["y"], m.y, m.w.get("bias"), m.scratch["part"]
        result, reach = self._valid(y, planes), planes.shape[1] - self.shifts[-1]

        def run() -> None:
            read()
            planes.fill(0)
            for block in self.blocks:
                some, kernel = self._of(block, m)
                total, term = planes[block.outputs, :reach], part[: block.height, :reach]
                for tap, shift in enumerate(self.shifts):
                    np.matmul(kernel[tap], some[:, shift : shift + reach], out=term if tap else total)
                    if tap:
                        np.add(total, term, out=total)
            if bias is None:
                np.copyto(y, result)
            else:
                np.add(result, bias, out=y)

        return run

    def backward(self, m: Memory) -> Run:
        assert m.dy is not None
        read, bias, planes, dy, dx, dw = (
            self._read(m),
            bias_gradient(m),
            m.scratch["y"],
            m.dy,
            m.dxs[0],
            m.dw.get("weight"),
        )
        target, reach = self._valid(dy, planes), planes.shape[1] - self.shifts[-1]
        gradient = None if dw is None else dw.reshape(-1, len(self.shifts))
        whole = m.scratch["x"]
        back = inner(self._planes(dx, whole), self.window, self.sizes) if dx is not None else None
        hand = self._hand_back(m)

        def run() -> None:
            bias()
            planes.fill(0)
            np.copyto(target, dy)
            if gradient is not None:
                read()
                for block in self.blocks:
                    some, term = self._of(block, m)
                    ours = planes[block.outputs, :reach]
                    for tap, shift in enumerate(self.shifts):
                        np.matmul(ours, some[:, shift : shift + reach].T, out=term[tap])
                    block.add(gradient, term)
            if dx is not None and back is not None:
                whole.fill(0)
                for block in self.blocks:
                    hand(block)
                dx.fill(0)
                np.copyto(dx[back[1]], back[0])

        return run

    def _hand_back(self, m: Memory) -> Callable[[Block], None]:
        """What adds a block's gradient to its inputs' planes: one product with the shifted gradients of its outputs."""
        planes, whole, stack, more = m.scratch["y"], m.scratch["x"], m.scratch["stack"], m.scratch["more"]
        long = planes.shape[1]

        def hand(block: Block) -> None:
            kernel = self._kernel(block, m)
            taps, high, wide = kernel.shape
            shifted = stack[: taps * high].reshape(taps, high, long)
            for part, shift in zip(shifted, self.shifts, strict=True):
                part[:, :shift] = 0
                np.copyto(part[:, shift:], planes[block.outputs, : long - shift])
            term = more[:wide]
            np.matmul(kernel.reshape(taps * high, wide).T, shifted.reshape(taps * high, long), out=term)
            if isinstance(block.inputs, slice):
                np.add(whole[block.inputs], term, out=whole[block.inputs])
            else:
                some = m.scratch["some"][:wide]
                np.take(whole, block.inputs, axis=0, out=some, mode="clip")
                np.add(some, term, out=some)
                whole[block.inputs] = some

        return hand
