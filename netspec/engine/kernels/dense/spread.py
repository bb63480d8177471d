"""A layer of units with a table: its compact weights are spread over a dense kernel once a step."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from netspec.engine.kernel import Array, Memory, Run, Sizes
from netspec.engine.kernels.dense.plain import Product
from netspec.engine.kernels.table_index import Index
from netspec.tables.spread import add_fixed, spread_cells


class Spread(Product):
    """One product with the dense kernel; its gradient is collected once for all chunks."""

    method = "one product, its weights spread"

    def setup(self) -> None:
        super().setup()
        assert self.table is not None
        constants = np.zeros((self.units, self.inputs))
        add_fixed(self.table, constants, ())
        self.index = Index.of(spread_cells(self.table, np.arange(1, self.table.weights + 1)), constants)

    def prepared(self) -> Sizes:
        return {"dense": (self.units, self.inputs)}

    def prepare(self, w: Mapping[str, Array], ready: Mapping[str, Array]) -> Run | None:
        return self.index.spread(w["weight"], ready["dense"])

    def extras(self) -> Sizes:
        return {"weight": (self.units, self.inputs)}

    def collect(self, name: str, total: Array, gradient: Array, ready: Mapping[str, Array]) -> Run | None:
        return self.index.collect(total, gradient)

    def kernel(self, m: Memory) -> Array:
        return m.w["dense"]
