"""What layers of units share: an input read as a row of numbers."""

from __future__ import annotations

from functools import partial
from math import prod

import numpy as np

from netspec import ops
from netspec.engine.kernel import Array, Kernel, Memory, Run, Sizes, nothing
from netspec.tables import Table


class Units(Kernel):
    """A kernel that reads its input as units, in the order maps, depth, height, width."""

    def setup(self) -> None:
        self.inputs = prod(self.xs[0])
        self.units = self.y[0]
        self.maps_first = len(self.xs[0]) > 1 and prod(self.xs[0][:-1]) > 1

    def scratch(self, n: int) -> Sizes:
        return {"flat": (n, self.inputs), "dflat": (n, self.inputs)} if self.maps_first else {}

    def flat(self, m: Memory) -> tuple[Array, Run]:
        """The input as rows of units, and the call that makes them."""
        x = m.xs[0]
        if not self.maps_first:
            return x.reshape(x.shape[0], -1), nothing
        flat = m.scratch["flat"]
        return flat, partial(np.copyto, flat.reshape(x.shape[0], x.shape[-1], *x.shape[1:-1]), np.moveaxis(x, -1, 1))

    def flat_gradient(self, m: Memory) -> tuple[Array | None, Run]:
        """Where the gradient of the rows goes, and the call that puts it into ``dx``; None where none is asked for."""
        dx = m.dxs[0]
        if dx is None:
            return None, nothing
        if not self.maps_first:
            return dx.reshape(dx.shape[0], -1), nothing
        flat = m.scratch["dflat"]
        shaped = flat.reshape(dx.shape[0], dx.shape[-1], *dx.shape[1:-1])
        return flat, partial(np.copyto, np.moveaxis(dx, -1, 1), shaped)


class Dense(Units):
    """A layer of units, each with a weight an input or a table's cell."""

    op_type, keeps = ops.dense.Dense, ("x",)

    def setup(self) -> None:
        super().setup()
        table = self.op.table
        self.table = table if isinstance(table, Table) and not table.is_full else None

    def scratch(self, n: int) -> Sizes:
        return {**super().scratch(n), "db": (self.units,)}
