"""A connection table: which input feeds which output, and with whose weight, as compact index arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import Fault
from netspec.tables.rules import Band, Places, Random, Rule, Runs, crossed, places

if TYPE_CHECKING:  # `netspec check` of a spec without tables must not load NumPy
    import numpy as np
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Array = NDArray[Any]

#: Most connections of one table; the arrays of more would not fit any machine this runs on.
MOST_CONNECTIONS = 2**28
#: Most cells of a table that has to be laid out to be counted: a union, an intersection, a transposed random one.
MOST_LAID_OUT = 2**22


@dataclass(frozen=True, eq=False)
class Cells:
    """The cells that are not empty, ordered by output, then input; four arrays of one length.

    ``weight`` is the number of the cell's weight, or -1 where the cell has a fixed ``value``.
    """

    output: Ints
    input: Ints
    weight: Ints
    value: Floats


@dataclass(frozen=True, eq=False)
class Table:
    """One table ``inputs -> outputs``: full (every cell its own weight), or as a ``rule`` says, or of ``given`` cells.

    Its figures are known without its cells, which are made when they are first asked for. ``names`` are the letters of the
    weights that were given one, by number.
    """

    name: str
    kind: str
    inputs: int
    outputs: int
    given: Cells | None = None
    names: tuple[tuple[int, str], ...] = ()
    rule: Rule | None = None

    def __str__(self) -> str:
        return self.name

    @cached_property
    def cells(self) -> Cells:
        """The cells, ordered by output, then input."""
        if self.given is not None:
            return self.given
        import numpy as np

        count = self.connections
        output, input_ = self.rule.places() if self.rule is not None else np.divmod(np.arange(count), self.inputs)
        if self.rule is not None and self.rule.equal:
            return Cells(output, input_, np.full(count, -1), np.ones(count))
        return Cells(output, input_, np.arange(count), np.full(count, np.nan))

    @property
    def is_full(self) -> bool:
        """Whether every output takes every input with a weight of its own."""
        return self.given is None and self.rule is None

    @property
    def is_plain(self) -> bool:
        """Whether it is made by rule and every cell is an ``X``."""
        return self.given is None and not (self.rule is not None and self.rule.equal)

    @property
    def connections(self) -> int:
        """Cells that are not empty."""
        if self.given is not None:
            return len(self.given.output)
        return self.inputs * self.outputs if self.rule is None else self.rule.connections

    @cached_property
    def weights(self) -> int:
        """Different weights: each X and each name."""
        if self.given is not None:
            return int(self.given.weight.max(initial=-1)) + 1
        return self.connections if self.is_plain else 0

    @cached_property
    def trained(self) -> int:
        """Cells that have a weight, not a fixed value."""
        return self.weights if self.given is None else int((self.given.weight >= 0).sum())

    @cached_property
    def fan_ins(self) -> Ints:
        """Connections of each output."""
        import numpy as np

        if self.given is not None:
            return np.bincount(self.given.output, minlength=self.outputs)
        return np.full(self.outputs, self.inputs) if self.rule is None else self.rule.fan_ins()

    @property
    def fan_in(self) -> int:
        """The most connections of any output."""
        return self._extremes[0]

    @property
    def least_fan_in(self) -> int:
        """The fewest connections of any output."""
        return self._extremes[1]

    @cached_property
    def _extremes(self) -> tuple[int, int]:
        if self.given is None:
            return (self.inputs, self.inputs) if self.rule is None else (self.rule.most, self.rule.least)
        import numpy as np

        starts = np.flatnonzero(np.diff(self.given.output, prepend=-1))
        counts = np.diff(starts, append=len(self.given.output))
        return int(counts.max(initial=0)), int(counts.min()) if len(counts) == self.outputs else 0

    @cached_property
    def unfed(self) -> tuple[int, ...]:
        """The first outputs, up to six, that no input feeds."""
        if self.least_fan_in:
            return ()
        import numpy as np

        found: list[int] = []
        output = self.given.output if self.given is not None else self.cells.output if isinstance(self.rule, Places) else None
        for start in range(0, self.outputs, 2**18):  # in portions: there may be far more outputs than cells
            end = min(start + 2**18, self.outputs)
            if output is not None:
                here = output[slice(*np.searchsorted(output, (start, end)))] - start
                counts = np.bincount(here, minlength=end - start)
            else:
                assert isinstance(self.rule, Runs)
                j = np.arange(start, end)
                counts = self.rule.high(j) - self.rule.low(j)
            found += (start + np.flatnonzero(counts == 0)[:6]).tolist()
            if len(found) > 5:
                break
        return tuple(found[:6])

    @cached_property
    def weight_fan_ins(self) -> Ints:
        """For each weight the connections of the output that it feeds (the first, where it is shared)."""
        import numpy as np

        result = np.zeros(self.weights, dtype=np.int64)
        trained = np.flatnonzero(self.cells.weight >= 0)[::-1]  # of equal places the last that is written stays
        result[self.cells.weight[trained]] = self.fan_ins[self.cells.output[trained]]
        return result

    @property
    def fixed(self) -> bool:
        """Whether it holds only ``=`` and numbers, nothing to train."""
        return self.weights == 0


def make(
    name: str,
    kind: str,
    inputs: int,
    outputs: int,
    cells: Sequence[tuple[Ints, ...]],
    names: Sequence[tuple[int, str]] = (),
) -> Table:
    """A table from (output, input, weight, value) arrays in any order; weights are numbered anew, in cell order."""
    import numpy as np

    output, input_, weight, value = (np.asarray(column) for column in cells)
    order = np.lexsort((input_, output))
    output, input_, weight, value = output[order], input_[order], weight[order], value[order]
    known, first, inverse = np.unique(weight, return_index=True, return_inverse=True)
    rank = np.empty(len(known), dtype=np.int64)
    trained = known >= 0
    rank[~trained] = -1
    rank[np.flatnonzero(trained)[np.argsort(first[trained], kind="stable")]] = np.arange(trained.sum())
    renamed = dict(zip(known.tolist(), rank.tolist(), strict=True))
    kept = tuple(sorted((renamed[old], word) for old, word in names if old in renamed))
    given = Cells(output.astype(np.int64), input_.astype(np.int64), rank[inverse.reshape(-1)], value.astype(np.float64))
    return Table(name, kind, inputs, outputs, given, kept)


def ruled(kind: str, rule: Rule) -> Table:
    """The table of a rule."""
    return Table("", kind, rule.inputs, rule.outputs, rule=rule)


def listed(kind: str, inputs: int, outputs: int, output: Ints, input_: Ints) -> Table:
    """A table of ``X`` at places in the order of outputs, then inputs, or in any other."""
    import numpy as np

    count = len(output)
    return make("", kind, inputs, outputs, (output, input_, np.arange(count), np.full(count, np.nan)))  # type: ignore[arg-type]


def laid_out(join: str, *tables: Table) -> tuple[int, int]:
    """How many cells have to be made to transpose or join tables, and what that takes, in cells; 0 where arithmetic does."""
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
        return replace(table, inputs=table.outputs, outputs=table.inputs, rule=places(table.outputs, table.inputs, keys))
    cells = table.cells
    return make(
        table.name,
        table.kind,
        table.outputs,
        table.inputs,
        (cells.input, cells.output, cells.weight, cells.value),  # type: ignore[arg-type]
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
    return make(a.name, a.kind, a.inputs, a.outputs, columns, names)  # type: ignore[arg-type]


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
    return make(a.name, a.kind, a.inputs, a.outputs, columns, a.names)  # type: ignore[arg-type]


def _keys(table: Table) -> Ints:
    if isinstance(table.rule, Places):
        return table.rule.keys  # type: ignore[no-any-return]
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
            f"tables of {a.inputs} -> {a.outputs} and of {b.inputs} -> {b.outputs} do not combine",
            help="both sides of `|` and `&` need the same inputs and outputs",
        )
