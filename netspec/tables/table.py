"""A connection table: which input feeds which output, and with whose weight, as compact index arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import Fault

if TYPE_CHECKING:  # `netspec check` of a spec without tables must not load NumPy
    import numpy as np
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Array = NDArray[Any]

#: Most connections of one table; the arrays of more would not fit any machine this runs on.
MOST_CONNECTIONS = 2**28


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
    """One table ``inputs -> outputs``. Without ``given`` cells it is full: every cell its own weight.

    ``names`` are the letters of the weights that were given one, by number.
    """

    name: str
    kind: str
    inputs: int
    outputs: int
    given: Cells | None = None
    names: tuple[tuple[int, str], ...] = ()

    def __str__(self) -> str:
        return self.name

    @cached_property
    def cells(self) -> Cells:
        """The cells; those of a full table are made when first asked for."""
        if self.given is not None:
            return self.given
        import numpy as np

        count = self.connections
        output, input_ = np.divmod(np.arange(count), self.inputs)
        return Cells(output, input_, np.arange(count), np.full(count, np.nan))

    @property
    def is_full(self) -> bool:
        """Whether every output takes every input with a weight of its own."""
        return self.given is None

    @property
    def connections(self) -> int:
        """Cells that are not empty."""
        return self.inputs * self.outputs if self.given is None else len(self.given.output)

    @cached_property
    def weights(self) -> int:
        """Different weights: each X and each name."""
        if self.given is None:
            return self.connections
        return int(self.given.weight.max(initial=-1)) + 1

    @cached_property
    def trained(self) -> int:
        """Cells that have a weight, not a fixed value."""
        return self.connections if self.given is None else int((self.given.weight >= 0).sum())

    @cached_property
    def fan_ins(self) -> tuple[int, ...]:
        """Connections of each output."""
        if self.given is None:
            return (self.inputs,) * self.outputs
        import numpy as np

        return tuple(np.bincount(self.given.output, minlength=self.outputs).tolist())

    @property
    def fan_in(self) -> int:
        """The most connections of any output."""
        return max(self.fan_ins, default=0)

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


def one_a_cell(name: str, kind: str, inputs: int, outputs: int, output: Ints, input_: Ints, equal: bool = False) -> Table:
    """A table whose cells are all ``X``, or with ``equal`` all ``=``."""
    import numpy as np

    count = len(output)
    weight = np.full(count, -1) if equal else np.arange(count)
    value = np.ones(count) if equal else np.full(count, np.nan)
    return make(name, kind, inputs, outputs, (output, input_, weight, value))  # type: ignore[arg-type]


def transpose(table: Table) -> Table:
    """Inputs become outputs; cells keep their weights."""
    cells = table.cells
    return make(
        table.name,
        table.kind,
        table.outputs,
        table.inputs,
        (cells.input, cells.output, cells.weight, cells.value),  # type: ignore[arg-type]
        table.names,
    )


def union(a: Table, b: Table) -> Table:
    """The cells of both; ``a``'s where both have one. A name belongs to its table, so names stay apart."""
    import numpy as np

    _same_size(a, b)
    free = ~np.isin(_keys(b), _keys(a))
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
    import numpy as np

    _same_size(a, b)
    kept = np.isin(_keys(a), _keys(b))
    cells = a.cells
    columns = (cells.output[kept], cells.input[kept], cells.weight[kept], cells.value[kept])
    return make(a.name, a.kind, a.inputs, a.outputs, columns, a.names)  # type: ignore[arg-type]


def _keys(table: Table) -> Ints:
    return table.cells.output * table.inputs + table.cells.input


def _same_size(a: Table, b: Table) -> None:
    if (a.inputs, a.outputs) != (b.inputs, b.outputs):
        raise Fault(
            "N208",
            f"tables of {a.inputs} -> {a.outputs} and of {b.inputs} -> {b.outputs} do not combine",
            help="both sides of `|` and `&` need the same inputs and outputs",
        )
