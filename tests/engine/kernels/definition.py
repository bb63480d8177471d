"""A convolution as docs/language.md defines it, number by number: what every way to run one is held against.

Kernels are as files have them, (outputs, inputs of a group, taps…); values are channels last.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from netspec.ops import Operator
from netspec.tables import Table

Array = np.ndarray[Any, np.dtype[Any]]


def each(value: Any, rank: int) -> tuple[int, ...]:
    """A number for all axes, or one for each."""
    return value if isinstance(value, tuple) else (value,) * rank


@dataclass(frozen=True)
class Definition:
    """y[p, o] = Σ w[o, c, t] · x[p · stride + t · dilation − pad, c], where that is a cell; ``own`` kernels at each
    position."""

    op: Operator
    sizes: tuple[int, ...]
    places: tuple[int, ...]
    taps: tuple[int, ...]
    own: bool = False

    def pairs(self) -> Iterator[tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]]:
        """Each tap of each position with the cell under it."""
        op: Any = self.op
        rank = len(self.sizes)
        stride, dilation = each(op.stride, rank), each(getattr(op, "dilation", 1), rank)
        before = [
            d * (k - 1) // 2 if op.pad == "same" else each(op.pad, rank)[i]
            for i, (k, d) in enumerate(zip(self.taps, dilation, strict=True))
        ]
        for place in product(*map(range, self.places)):
            for tap in product(*map(range, self.taps)):
                cell = tuple(
                    p * s + t * d - b for p, s, t, d, b in zip(place, stride, tap, dilation, before, strict=True)
                )
                if all(0 <= c < size for c, size in zip(cell, self.sizes, strict=True)):
                    yield place, tap, cell

    def _kernel(self, w: Array, place: tuple[int, ...], tap: tuple[int, ...]) -> Array:
        """The matrices (groups, outputs, inputs) of a tap, a view."""
        groups = self.op.groups  # type: ignore[attr-defined]
        at = w[place] if self.own else w
        return at[(slice(None), slice(None), *tap)].reshape(groups, -1, at.shape[1])

    def forward(self, x: Array, w: Array, bias: Array | None) -> Array:
        """The result; ``bias`` is (outputs), or (outputs, positions…) of a layer with kernels of its own."""
        groups, outputs = self.op.groups, w.shape[len(self.places) if self.own else 0]  # type: ignore[attr-defined]
        y = np.zeros((len(x), *self.places, outputs))
        if bias is not None:
            y += np.moveaxis(bias, 0, -1)
        for place, tap, cell in self.pairs():
            seen = x[(slice(None), *cell)].reshape(len(x), groups, -1)
            y[(slice(None), *place)] += np.einsum("ngc,goc->ngo", seen, self._kernel(w, place, tap)).reshape(
                len(x), outputs
            )
        return y

    def backward(self, x: Array, w: Array, dy: Array) -> tuple[Array, Array]:
        """The gradients of the input and of the kernel."""
        groups, dx, dw = self.op.groups, np.zeros_like(x), np.zeros_like(w)  # type: ignore[attr-defined]
        for place, tap, cell in self.pairs():
            seen, given = (a[(slice(None), *at)].reshape(len(x), groups, -1) for a, at in ((x, cell), (dy, place)))
            back = np.einsum("ngo,goc->ngc", given, self._kernel(w, place, tap))
            dx[(slice(None), *cell)] += back.reshape(len(x), -1)
            part = np.einsum("ngo,ngc->goc", given, seen)
            target = dw[place] if self.own else dw
            target[(slice(None), slice(None), *tap)] += part.reshape(-1, part.shape[-1])
        return dx, dw


def full(table: Table, compact: Array) -> Array:
    """A table's weights (number, taps…) as (outputs, inputs, taps…): what is fixed stands at the middle tap, alone."""
    taps = compact.shape[1:]
    dense = np.zeros((table.outputs, table.inputs, *taps))
    middle = tuple(n // 2 for n in taps)
    for output, source, weight, value in rows(table):
        if weight >= 0:
            dense[output, source] = compact[weight]
        else:
            dense[(output, source, *middle)] = value
    return dense


def summed(table: Table, dense: Array, compact: Array) -> Array:
    """A dense gradient as the compact weights': cells with the same letter add up."""
    made = np.zeros(compact.shape)
    for output, source, weight, _ in rows(table):
        if weight >= 0:
            made[weight] += dense[output, source]
    return made


def rows(table: Table) -> Iterator[tuple[int, int, int, float]]:
    """A table's cells: output, input, the weight's number (below 0 where it is fixed), the fixed value."""
    cells = table.cells
    return zip(cells.output.tolist(), cells.input.tolist(), cells.weight.tolist(), cells.value.tolist(), strict=True)
