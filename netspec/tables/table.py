"""A connection table: which input feeds which output, and with whose weight, as compact index arrays."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from netspec.tables.rules import Places, Rule, Runs

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


@dataclass(frozen=True, eq=False, repr=False)
class Table:
    """One table ``inputs -> outputs``: full (every cell its own weight), or as a ``rule`` says, or of ``given`` cells.

    Its figures are known without its cells, which are made when they are first asked for.
    ``names`` are the letters of the weights that were given one, by number.
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

    def __repr__(self) -> str:
        from netspec.tables.written import figures

        return figures(self)

    def _repr_html_(self) -> str:
        """For notebooks."""
        from netspec.tables.written import html

        return html(self)

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
        output = (
            self.given.output
            if self.given is not None
            else self.cells.output
            if isinstance(self.rule, Places)
            else None
        )
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
    cells: Sequence[Array],
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
    return make("", kind, inputs, outputs, (output, input_, np.arange(count), np.full(count, np.nan)))
