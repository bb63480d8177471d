"""One kernel bound to memory of its own that is full of NaN: a cell that is never written shows."""

from __future__ import annotations

from typing import Any

import numpy as np

from netspec.engine.kernel import Barrier, Clock, Kernel, Memory, last
from netspec.engine.kernels import KERNELS
from netspec.engine.kernels.norm.still import StillNorm
from netspec.ops.norm import Norm
from netspec.shape import numbers
from tests.engine.kernels.cases import Case, random_weights

Array = np.ndarray[Any, np.dtype[Any]]
#: What gradients are added to where the call is not the first to write them.
BEFORE = 3.0


class Bound:
    """The kernel of an operator on ``n`` images, with a point to be at: inputs and weights, as they run."""

    def __init__(
        self,
        case: Case,
        n: int = 2,
        seed: int = 1,
        method: type[Kernel] | None = None,
        fresh: bool = False,
        dtype: type = np.float64,
    ) -> None:
        graph = case.graph()
        self.n, self.fresh, self.dtype = n, fresh, dtype
        self.node = graph.nodes[0]
        self.weights = graph.local_weights(self.node)
        self.xs = [last(numbers(shape)) for shape in case.shapes]
        self.y = last(numbers(self.node.shape))
        still = isinstance(case.op, Norm) and case.op.frozen  # has a kernel of its own, and trains nothing
        kind = method or (StillNorm if still else KERNELS[type(case.op)])
        self.kernel = kind(case.op, self.xs, self.y, self.weights)
        rng = np.random.default_rng(seed)
        start = random_weights(graph, seed - 1)
        self.point = {f"x{i}": rng.standard_normal((n, *x)) for i, x in enumerate(self.xs)}
        self.point |= {k: self.kernel.pack(k, start[self.node.key(k)]) for k in self.weights}
        self.point = {k: array.astype(dtype) for k, array in self.point.items()}
        self.trained = [k for k, w in self.weights.items() if w.trained and not still]

    def memory(self, at: dict[str, Array]) -> Memory:
        """Memory for one call each way, at a point."""
        kernel, n = self.kernel, self.n
        ready: dict[str, Array] = {
            k: np.zeros(shape, self.dtype) for k, shape in kernel.prepared().items()
        }  # as a runner gives them
        w = {k: at[k] for k in self.weights} | ready
        call = kernel.prepare(w, ready)
        if call is not None:
            call()
        extras, before = kernel.extras(), dict.fromkeys(self.trained, BEFORE)
        if self.fresh:
            before = {k: np.nan if k in kernel.overwrites else 0.0 for k in self.trained}
        adding = [(f"adding:{k}", shape) for k, shape in kernel.adding().items()]
        return Memory(
            [at[f"x{i}"] for i in range(len(self.xs))], np.full((n, *self.y), np.nan, self.dtype), w,
            {k: np.full(shape, np.nan, self.dtype) for k, shape in [*kernel.scratch(n).items(), *adding]},
            {k: np.full(shape, np.nan, self.dtype) for k, shape in kernel.saved(n).items()},
            dxs=[np.full((n, *x), np.nan, self.dtype) for x in self.xs],
            dw={k: np.full(extras.get(k, at[k].shape), before[k], self.dtype) for k in self.trained},
            clock=Clock(3, 7), fresh=self.fresh,
        )  # fmt: skip

    def forward(self, m: Memory) -> Array:
        """The result; workspace is full of NaN again afterwards."""
        if isinstance(self.kernel, Barrier):
            totals = np.zeros(self.kernel.totals()["forward"])
            self.kernel.forward_sums(m, totals)()
            self.kernel.forward_ready([totals], self.n, m, m.w, False)()
        self.kernel.forward(m)()
        for array in m.scratch.values():
            array.fill(np.nan)
        return m.y

    def gradients(self, m: Memory, dy: Array) -> dict[str, Array]:
        """The gradients of inputs and weights, in the shapes of the point."""
        m.dy = dy
        if isinstance(self.kernel, Barrier):
            totals = np.zeros(self.kernel.totals()["backward"])
            self.kernel.backward_sums(m, totals)()
            self.kernel.backward_ready([totals], self.n, m, m.w)()
        self.kernel.backward(m)()
        found: dict[str, Array] = {f"x{i}": dx for i, dx in enumerate(m.dxs) if dx is not None}
        for k, total in m.dw.items():
            found[k] = total = total - (0.0 if self.fresh else BEFORE)
            if k in self.kernel.extras():
                found[k] = np.zeros(self.point[k].shape, self.dtype)
                call = self.kernel.collect(k, total, found[k], m.w)
                assert call is not None
                call()
        return found

    def slopes(self, eps: float = 1e-6) -> tuple[float, float, float]:
        """Along a random direction what a small step changes in a random sum of the result, what the gradients say of
        it, and the size (the root of the sum of squares) of the numbers whose sum that is."""
        rng = np.random.default_rng(2)
        moved = [*(f"x{i}" for i in range(len(self.xs))), *self.trained]
        step = {k: rng.standard_normal(self.point[k].shape) for k in moved}
        dy = rng.standard_normal((self.n, *self.y))

        def value(t: float) -> Array:
            at = {k: v + t * step[k] if k in step else v for k, v in self.point.items()}
            return self.forward(self.memory(at))

        numeric = float(np.vdot(dy, (value(eps) - value(-eps)) / (2 * eps)))
        m = self.memory({k: v.copy() for k, v in self.point.items()})
        self.forward(m)
        found = self.gradients(m, dy)
        analytic = sum(float(np.vdot(found[k], step[k])) for k in moved)
        squares = sum(float(((found[k] * step[k]) ** 2).sum()) for k in moved)
        return numeric, analytic, squares**0.5
