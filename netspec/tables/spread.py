"""Compact weights over a whole kernel: what `lower_tables` does once, and the engine at every step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from netspec.tables.kernel import KernelTable
from netspec.tables.table import Table

if TYPE_CHECKING:
    from netspec.tables.table import Array


def spread_taps(kernel: KernelTable, weights: Array) -> Array:
    """(…, weights of the kernel) to (…, height, width), zeros where no tap is."""
    taps = np.asarray(kernel.taps)
    spread = np.where(taps >= 0, weights[..., np.maximum(taps, 0)], 0)
    return np.ascontiguousarray(spread.reshape(*weights.shape[:-1], *kernel.size), dtype=weights.dtype)


def spread_cells(table: Table, compact: Array, positions: int = 0) -> Array:
    """``(positions…, kernels, taps…)`` to ``(positions…, outputs, inputs, taps…)``; what is fixed stays 0."""
    if table.is_full:
        return compact
    at, taps = compact.shape[:positions], compact.shape[positions + 1 :]
    dense = np.zeros((*at, table.outputs, table.inputs, *taps), dtype=compact.dtype)
    cells = table.cells
    every: tuple[Any, ...] = (slice(None),) * positions
    trained = cells.weight >= 0
    dense[(*every, cells.output[trained], cells.input[trained])] = compact[(*every, cells.weight[trained])]
    return dense


def add_fixed(table: Table, dense: Array, taps: tuple[int, ...], positions: int = 0) -> None:
    """Put ``=`` and numbers into a dense kernel: in its middle tap."""
    cells = table.cells
    every: tuple[Any, ...] = (slice(None),) * positions
    fixed = cells.weight < 0
    middle = tuple(k // 2 for k in taps)
    dense[(*every, cells.output[fixed], cells.input[fixed], *middle)] = cells.value[fixed]


def matrix_of(table: Table) -> Array:
    """A table of `=` and numbers alone as (outputs, inputs)."""
    matrix = np.zeros((table.outputs, table.inputs), dtype=np.float32)
    add_fixed(table, matrix, ())
    return matrix
