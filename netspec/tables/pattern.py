"""What a table IS, and so how a layer with it runs best; the engine and the compiler ask here and nowhere else."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from dataclasses import dataclass

from netspec.tables.table import Table

#: From this many cells a unit table is run by its connections where fewer than a tenth of them are there.
LARGE = 2**20
SPARSE = 0.1


@dataclass(frozen=True)
class Pattern:
    """``kind`` is full, fixed, depthwise, grouped, even, sparse or spread; ``groups`` counts equal blocks."""

    kind: str
    reason: str
    groups: int = 1


def recognise(table: Table, units: bool = False) -> Pattern:
    """The cheapest way to run a table; ``units`` where it wires numbers, not maps."""
    if table.is_full:
        return Pattern("full", "every output takes every input")
    if table.fixed:
        return Pattern("fixed", "only `=` and numbers, nothing to train")
    plain = table.weights == table.trained == table.connections
    blocks = _blocks(table) if plain else 0
    if blocks == 1:
        return Pattern("full", "every output takes every input")
    if blocks == table.inputs:
        return Pattern("depthwise", f"each of {table.inputs} inputs feeds outputs of its own", blocks)
    if blocks:
        return Pattern("grouped", f"{blocks} equal blocks that share nothing", blocks)
    if units and is_thin(table):
        return sparse(table)
    fan_in = table.fan_in
    if plain and not units and table.least_fan_in == fan_in and fan_in * 4 <= table.inputs:
        return Pattern(
            "even", f"each output takes {fan_in} of {table.inputs} inputs: gathered, then grouped", table.outputs
        )
    return spread(table)


def is_thin(table: Table) -> bool:
    """Whether a table of units is large, and few of its cells are there."""
    cells = table.inputs * table.outputs
    return cells >= LARGE and table.connections < SPARSE * cells


def sparse(table: Table) -> Pattern:
    """How a thin table of units runs: no matrix of all its cells is made."""
    return Pattern("sparse", f"{_share(table)}: cheaper one by one than as a dense matrix")


def spread(table: Table) -> Pattern:
    """How any table can run."""
    return Pattern("spread", f"{_share(table)}: its compact weights are spread over a dense kernel")


def _share(table: Table) -> str:
    return f"{table.connections:,} of {table.inputs * table.outputs:,} connections"


def _blocks(table: Table) -> int:
    """How many equal, full, disjoint runs of maps the table parts into; 0 where it does not."""
    import numpy as np

    fan_in = table.fan_in
    if not fan_in or table.connections != fan_in * table.outputs or table.inputs % fan_in:
        return 0
    blocks = table.inputs // fan_in
    if table.outputs % blocks:
        return 0
    first = np.arange(table.outputs) // (table.outputs // blocks) * fan_in
    inputs = first[:, None] + np.arange(fan_in)
    return blocks if np.array_equal(table.cells.input.reshape(table.outputs, fan_in), inputs) else 0
