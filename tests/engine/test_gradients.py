"""Every kernel's backward is the gradient of its forward: one directional difference in float64 (cases.py)."""

from __future__ import annotations

import numpy as np
import pytest
from cases import CASES, Case, random_weights

from netspec.engine.kernel import Barrier, Clock, Memory, last
from netspec.engine.kernels import KERNELS
from netspec.ops import OPERATORS
from netspec.shape import numbers

N, EPS = 2, 1e-6


class Harness:
    """One kernel bound to memory of its own."""

    def __init__(self, case: Case) -> None:
        graph = case.graph()
        self.node = graph.nodes[0]
        self.weights = graph.local_weights(self.node)
        self.xs = [last(numbers(shape)) for shape in case.shapes]
        self.y = last(numbers(self.node.shape))
        self.kernel = KERNELS[type(case.op)](case.op, self.xs, self.y, self.weights)
        rng = np.random.default_rng(1)
        start = random_weights(graph)
        self.point = {f"x{i}": rng.standard_normal((N, *x)) for i, x in enumerate(self.xs)}
        self.point |= {k: self.kernel.pack(k, start[self.node.key(k)]) for k in self.weights}
        self.trained = [k for k, w in self.weights.items() if w.trained]

    def memory(self, at: dict[str, np.ndarray]) -> Memory:
        kernel = self.kernel
        ready = {k: np.zeros(shape) for k, shape in kernel.prepared().items()}
        w = {k: at[k] for k in self.weights} | ready
        call = kernel.prepare(w, ready)
        if call is not None:
            call()
        extras = kernel.extras()
        return Memory(
            [at[f"x{i}"] for i in range(len(self.xs))], np.full((N, *self.y), np.nan), w,
            {k: np.full(shape, np.nan) for k, shape in [*kernel.scratch(N).items(), *((f"adding:{k}", s) for k, s in kernel.adding().items())]},
            {k: np.full(shape, np.nan) for k, shape in kernel.saved(N).items()},
            dxs=[np.full((N, *x), np.nan) for x in self.xs],
            dw={k: np.zeros(extras.get(k, at[k].shape)) for k in self.trained}, clock=Clock(3, 7),
        )  # fmt: skip

    def forward(self, m: Memory) -> np.ndarray:
        if isinstance(self.kernel, Barrier):
            totals = np.zeros(self.kernel.totals()["forward"])
            self.kernel.forward_sums(m, totals)()
            self.kernel.forward_ready([totals], N, m, m.w, False)()
        self.kernel.forward(m)()
        return m.y

    def gradients(self, m: Memory, dy: np.ndarray) -> dict[str, np.ndarray]:
        m.dy = dy
        if isinstance(self.kernel, Barrier):
            totals = np.zeros(self.kernel.totals()["backward"])
            self.kernel.backward_sums(m, totals)()
            self.kernel.backward_ready([totals], N, m, m.w)()
        self.kernel.backward(m)()
        found = {f"x{i}": dx for i, dx in enumerate(m.dxs)}
        for k, total in m.dw.items():
            found[k] = total
            if k in self.kernel.extras():
                found[k] = np.zeros(self.point[k].shape)
                self.kernel.collect(k, total, found[k], m.w)()
        return found


@pytest.mark.parametrize("case", CASES, ids=str)
def test_backward_is_the_gradient_of_forward(case: Case) -> None:
    harness = Harness(case)
    rng = np.random.default_rng(2)
    moved = [*(f"x{i}" for i in range(len(harness.xs))), *harness.trained]
    step = {k: rng.standard_normal(harness.point[k].shape) for k in moved}
    dy = rng.standard_normal((N, *harness.y))

    def value(t: float) -> float:
        at = {k: v + t * step[k] if k in step else v for k, v in harness.point.items()}
        return float(np.vdot(dy, harness.forward(harness.memory(at))))

    numeric = (value(EPS) - value(-EPS)) / (2 * EPS)
    m = harness.memory({k: v.copy() for k, v in harness.point.items()})
    harness.forward(m)
    found = harness.gradients(m, dy)
    analytic = sum(float(np.vdot(found[k], step[k])) for k in moved)
    assert analytic == pytest.approx(numeric, rel=1e-6, abs=1e-7)


def test_weights_pack_and_unpack() -> None:
    for case in CASES:
        harness = Harness(case)
        start = random_weights(case.graph())
        for local in harness.weights:
            original = start[harness.node.key(local)]
            np.testing.assert_array_equal(harness.kernel.unpack(local, harness.point[local]), original)


def test_declaration_kernel_and_cases_are_the_same_set() -> None:
    assert set(OPERATORS.values()) == set(KERNELS) == {type(case.op) for case in CASES}
