"""Tables made of tables: transposed, united, intersected; by arithmetic where their rules allow, else cell by cell."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from dataclasses import replace
from typing import TYPE_CHECKING

from netspec.diagnostics import Fault
from netspec.tables.rules import Band, Places, Random, Runs, crossed, places
from netspec.tables.table import Table, make

if TYPE_CHECKING:  # `netspec check` of a spec without tables must not load NumPy
    import numpy as np
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
#: Most cells of a table that has to be laid out to be counted: a union, an intersection, a transposed random one.
MOST_LAID_OUT = 2**22


def laid_out(join: str, *tables: Table) -> tuple[int, int]:
    """How many cells have to be made to transpose or join tables, and what that takes, in cells.

    Both are 0 where arithmetic is enough.
    """
    rule = tables[0].rule
    if join == "transpose" and tables[0].given is None and not isinstance(rule, Random | Places):
        return 0, tables[0].inputs // 4 if isinstance(rule, Band) else 0
    if join != "transpose" and _joined_by_rule(join, *tables) is not None:
        return 0, 0
    if join == "&" and all(isinstance(table.rule, Runs) and table.is_plain for table in tables):
        count = min(table.connections for table in tables)
        return count, count + tables[0].outputs
    count = sum(table.connections for table in tables)
    return count, count + sum(map(_hashes, tables))


def _hashes(table: Table) -> int:
    """What finding the cells of a random table takes, in cells."""
    return table.inputs * table.outputs // 16 if isinstance(table.rule, Random) else 0


def transpose(table: Table) -> Table:
    """Inputs become outputs; cells keep their weights."""
    if table.is_full:
        return replace(table, inputs=table.outputs, outputs=table.inputs)
    rule = table.rule.transposed() if table.rule is not None else None
    if rule is not None:
        return replace(table, inputs=table.outputs, outputs=table.inputs, rule=rule)
    if table.is_plain and table.rule is not None:
        output, input_ = table.rule.places()
        keys = input_ * table.outputs + output
        keys.sort()
        return replace(
            table, inputs=table.outputs, outputs=table.inputs, rule=places(table.outputs, table.inputs, keys)
        )
    cells = table.cells
    return make(
        table.name,
        table.kind,
        table.outputs,
        table.inputs,
        (cells.input, cells.output, cells.weight, cells.value),
        table.names,
    )


def _joined_by_rule(join: str, a: Table, b: Table) -> Table | None:
    """What a full table makes of a join, whose cells need not be made."""
    if join == "|":
        return a if a.is_full else b if b.is_full and a.is_plain else None
    return a if b.is_full else b if a.is_full and b.is_plain else None


def union(a: Table, b: Table) -> Table:
    """The cells of both; ``a``'s where both have one. A name belongs to its table, so names stay apart."""
    import numpy as np

    _same_size(a, b)
    known = _joined_by_rule("|", a, b)
    if known is not None:
        return replace(known, kind=a.kind)
    if a.is_plain and b.is_plain:
        return replace(a, rule=places(a.inputs, a.outputs, _merged(_keys(a), _keys(b))))
    free = ~_within(_keys(b), _keys(a))
    shifted = np.where(b.cells.weight >= 0, b.cells.weight + a.weights, -1)
    columns = (
        np.concatenate([a.cells.output, b.cells.output[free]]),
        np.concatenate([a.cells.input, b.cells.input[free]]),
        np.concatenate([a.cells.weight, shifted[free]]),
        np.concatenate([a.cells.value, b.cells.value[free]]),
    )
    names = (*a.names, *((number + a.weights, word) for number, word in b.names))
    return make(a.name, a.kind, a.inputs, a.outputs, columns, names)


def intersection(a: Table, b: Table) -> Table:
    """``a``'s cells where ``b`` has one."""
    _same_size(a, b)
    known = _joined_by_rule("&", a, b)
    if known is not None:
        return replace(known, kind=a.kind)
    if a.is_plain and isinstance(a.rule, Runs) and isinstance(b.rule, Runs):
        return replace(a, rule=places(a.inputs, a.outputs, crossed(a.rule, b.rule)))
    if a.is_plain:
        keys = _keys(a)
        return replace(a, rule=places(a.inputs, a.outputs, keys[_within(keys, _keys(b))]))
    kept = _within(_keys(a), _keys(b))
    cells = a.cells
    columns = (cells.output[kept], cells.input[kept], cells.weight[kept], cells.value[kept])
    return make(a.name, a.kind, a.inputs, a.outputs, columns, a.names)


def _keys(table: Table) -> Ints:
    if isinstance(table.rule, Places):
        keys: Ints = table.rule.keys
        return keys
    output, input_ = (table.cells.output, table.cells.input) if table.rule is None else table.rule.places()
    return output * table.inputs + input_


def _merged(keys: Ints, others: Ints) -> Ints:
    """Keys in order, each once."""
    import numpy as np

    merged = np.concatenate([keys, others])
    merged.sort(kind="stable")  # two runs that are in order are merged
    return merged[np.diff(merged, prepend=-1) > 0]


def _within(keys: Ints, others: Ints) -> NDArray[np.bool_]:
    """Which of some keys are among others; both in their order."""
    import numpy as np

    if not len(others):
        return np.zeros(len(keys), dtype=bool)
    return np.asarray(others[np.minimum(np.searchsorted(others, keys), len(others) - 1)] == keys)


def _same_size(a: Table, b: Table) -> None:
    if (a.inputs, a.outputs) != (b.inputs, b.outputs):
        raise Fault(
            "N208",
            f"tables of {a.inputs} -> {a.outputs} and of {b.inputs} -> {b.outputs} cannot be combined",
            help="give both sides of `|` and `&` the same numbers of inputs and outputs",
        )
