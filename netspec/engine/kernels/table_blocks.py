"""A sparse table as blocks, each a small dense product: neighbouring outputs with all inputs that any of them reads.

Cells that a block has and the table has not cost arithmetic and no memory: a block's kernel is made when it is needed,
and only the weights that exist are kept, trained and summed up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from netspec.engine.kernel import Array
from netspec.tables import Table

#: Outputs that a block may have; and what a block costs besides its products, in multiply-adds a row.
SIZES, EACH = (8, 16, 32, 64, 128), 4096


@dataclass(frozen=True)
class Block:
    """``inputs`` is a slice where they are neighbours; ``places`` is where each cell stands in (outputs, inputs), flat.

    ``weights`` are the numbers of the trained cells' weights (a slice where they follow each other), ``trained`` their
    cells; ``fixed`` and ``values`` those that are not trained.
    """

    outputs: slice
    inputs: slice | Array
    width: int
    places: Array
    weights: slice | Array
    trained: Array | slice
    fixed: Array
    values: Array

    @property
    def height(self) -> int:
        """Its outputs."""
        return int(self.outputs.stop - self.outputs.start)

    def fill(self, kernel: Array, compact: Array, middle: int) -> None:
        """Write the block's kernel ``(taps, outputs, inputs)`` from the compact weights ``(weights, taps)``."""
        flat = kernel.reshape(kernel.shape[0], -1)
        flat.fill(0)
        flat[:, self.places[self.trained]] = compact[self.weights].T
        if len(self.fixed):
            flat[middle, self.places[self.fixed]] = self.values

    def add(self, gradient: Array, dense: Array) -> None:
        """Add a kernel's gradient ``(taps, outputs, inputs)`` to the compact one ``(weights, taps)``."""
        cells = dense.reshape(dense.shape[0], -1)[:, self.places[self.trained]].T
        if isinstance(self.weights, slice):
            gradient[self.weights] += cells
        else:
            np.add.at(gradient, self.weights, cells)


def blocks(table: Table, taps: int = 1) -> list[Block]:
    """The table in blocks of the size that costs least."""
    choices = {size: _cut(table, size) for size in SIZES}
    return min(choices.values(), key=lambda found: cost(found, taps) + EACH * len(found))


def cost(found: Sequence[Block], taps: int = 1) -> int:
    """Multiply-adds a row of all blocks."""
    return sum(block.height * block.width for block in found) * taps


def _cut(table: Table, size: int) -> list[Block]:
    """Blocks of ``size`` outputs each; outputs that nothing feeds have none.

    Tall blocks make long products and read inputs that few of their outputs want; low ones waste less and are more
    calls.
    """
    cells = table.cells  # in the order of outputs: a block's cells follow each other
    found = []
    for first in range(0, table.outputs, size):
        stop = min(first + size, table.outputs)
        here = slice(*np.searchsorted(cells.output, [first, stop]).tolist())
        inputs = np.unique(cells.input[here])
        if not len(inputs):
            continue
        places = (cells.output[here] - first) * len(inputs) + np.searchsorted(inputs, cells.input[here])
        weight, value = cells.weight[here], cells.value[here]
        trained, fixed = np.flatnonzero(weight >= 0), np.flatnonzero(weight < 0)
        ids = weight[trained]
        follow = len(ids) > 0 and bool((np.diff(ids) == 1).all())
        beside = inputs[-1] - inputs[0] + 1 == len(inputs)
        found.append(
            Block(
                slice(first, stop),
                slice(int(inputs[0]), int(inputs[-1]) + 1) if beside else inputs,
                len(inputs),
                places,
                slice(int(ids[0]), int(ids[-1]) + 1) if follow else ids,
                slice(None) if not len(fixed) else trained,
                fixed,
                value[fixed],
            )
        )
    return found
