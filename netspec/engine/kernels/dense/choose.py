"""How a layer of units is run: plainly, with a table spread over a dense kernel, or in blocks of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

from netspec.engine.kernels.dense.blocks import Blocks
from netspec.engine.kernels.dense.plain import Plain
from netspec.engine.kernels.dense.spread import Spread
from netspec.engine.kernels.dense.units import Dense
from netspec.engine.kernels.table_blocks import blocks, cost
from netspec.ops import Weight
from netspec.tables import Table
from netspec.tables.pattern import recognise

#: Cells from which on a table's blocks are looked at; a smaller one is spread out.
LARGE = 2**16


def kind(table: Table | None, cells: int) -> type[Dense]:
    """The method for a table over so many cells."""
    if table is None or table.is_full:
        return Plain
    if cells < LARGE:
        return Spread
    found = blocks(table)
    if not found:
        return Spread
    return Blocks if recognise(table, True).kind == "sparse" or 2 * cost(found) <= cells else Spread


def dense(op: Any, xs: Sequence[tuple[int, ...]], y: tuple[int, ...], weights: Mapping[str, Weight]) -> Dense:
    """The kernel of a layer of units."""
    table = op.table if isinstance(op.table, Table) else None
    return kind(table, prod(xs[0]) * y[0])(op, xs, y, weights)
