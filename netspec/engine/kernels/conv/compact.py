"""What layers with windows and tables share: compact weights, and the dense kernel that each step makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from math import prod
from typing import ClassVar

import numpy as np

from netspec.engine.kernel import Array, Kernel, Memory, Run, Sizes, nothing
from netspec.engine.kernels.table_index import Index
from netspec.tables import KernelTable, Table
from netspec.tables.spread import add_fixed, spread_cells, spread_taps


class Compact(Kernel):
    """Kernels in the order that products want; of a table only the weights that exist, as the file has them."""

    #: Whether each position has kernels of its own.
    positions: ClassVar[bool] = False

    def setup(self) -> None:
        op = self.op
        self.inputs, self.outputs = self.xs[0][-1], self.y[-1]
        self.window = op.window((self.inputs, *self.xs[0][:-1]))
        self.taps = self.window.kernel
        self.groups = op.groups
        self.table = op.table if isinstance(op.table, Table) and not op.table.is_full else None
        self.compact = self.table is not None or isinstance(op.kernel, KernelTable)
        self.geometry()

    def geometry(self) -> None:
        """Sizes of what the method works on."""
        raise NotImplementedError

    def run_form(self, weight: Array) -> Array:
        """(maps, inputs/groups, …taps) to (groups, taps · inputs/groups, maps/groups)."""
        g, rank = self.groups, len(self.taps)
        parted = weight.reshape(g, self.outputs // g, self.inputs // g, *self.taps)
        turned = parted.transpose(0, *range(3, 3 + rank), 2, 1)
        return np.ascontiguousarray(turned).reshape(g, -1, self.outputs // g)

    def file_form(self, weight: Array) -> Array:
        """The inverse of ``run_form``."""
        g, rank = self.groups, len(self.taps)
        parted = weight.reshape(g, *self.taps, self.inputs // g, self.outputs // g)
        turned = parted.transpose(0, rank + 2, rank + 1, *range(1, rank + 1))
        return np.ascontiguousarray(turned).reshape(self.weights["weight"].shape)

    def pack(self, name: str, weight: Array) -> Array:
        return self.run_form(weight) if name == "weight" and not self.compact else weight

    def unpack(self, name: str, weight: Array) -> Array:
        return self.file_form(weight) if name == "weight" and not self.compact else weight

    def dense_shape(self) -> tuple[int, ...]:
        """Shape of the dense kernel as it runs."""
        g = self.groups
        return (g, prod(self.taps) * self.inputs // g, self.outputs // g)


class Spread(Compact):
    """Compact weights are spread over a dense kernel once a step, and its gradient is collected once for all chunks."""

    @cached_property
    def index(self) -> Index:
        """Where each number of the dense kernel comes from; of the dense kernel's size, so made only where that is."""
        table, shape = self.table, self.weights["weight"].shape
        axes = len(self.window.kernel) if self.positions else 0
        ids = np.arange(1, prod(shape) + 1).reshape(shape)
        if isinstance(self.op.kernel, KernelTable):
            ids = spread_taps(self.op.kernel, ids)
        if table is None:
            return Index.of(self.run_form(ids), None)
        ids = spread_cells(table, ids, axes)
        if table.trained == table.connections:
            return Index.of(self.run_form(ids), None)
        constants = np.zeros(ids.shape)
        add_fixed(table, constants, self.taps, axes)
        return Index.of(self.run_form(ids), self.run_form(constants))

    def prepared(self) -> Sizes:
        return {"dense": self.dense_shape()} if self.compact else {}

    def prepare(self, w: Mapping[str, Array], ready: Mapping[str, Array]) -> Run | None:
        return self.index.spread(w["weight"], ready["dense"]) if self.compact else None

    def spread_out(self, w: Mapping[str, Array], ready: Mapping[str, Array]) -> tuple[Array, Run]:
        """The weights as they run, and the call that makes them: what else is made of them once a step follows it."""
        if not self.compact:
            return w["weight"], nothing
        return ready["dense"], self.index.spread(w["weight"], ready["dense"])

    def extras(self) -> Sizes:
        return {"weight": self.dense_shape()} if self.compact else {}

    def collect(self, name: str, total: Array, gradient: Array, ready: Mapping[str, Array]) -> Run | None:
        return self.index.collect(total, gradient)

    def kernel(self, m: Memory) -> Array:
        """The weights as they run."""
        return m.w["dense"] if self.compact else m.w["weight"]
