"""Every net of the zoo, small, whole: its gradient along a random direction against the numerical difference,
float64."""

from __future__ import annotations

import numpy as np
import pytest

from netspec.engine.planning import make
from netspec.engine.running.parameters import Parameters
from netspec.engine.running.runner import Runner
from netspec.engine.running.threads import pool
from tests.zoo import SMALL, SPECS, small

pytestmark = pytest.mark.slow


def test_every_spec_has_a_small_variant() -> None:
    assert set(SMALL) == {path.stem for path in SPECS.glob("*.net")}


@pytest.mark.parametrize("name", SMALL)
def test_gradient(name: str) -> None:
    net = small(name)
    graph, rng, eps = net.graph, np.random.default_rng(1), 1e-9  # so small that hardly a ReLU changes sides
    with pool(1) as workers:
        plan = make.plan(graph, 2, True, net.train_settings.loss, np.float64)
        store = Parameters(graph, plan.kernels, net.initial(), np.float64)
        bound = Runner(plan, store, workers)
        for value in graph.inputs:
            bound.value(value)[...] = rng.standard_normal(bound.value(value).shape)
        for target in bound.targets.values():
            target[...] = rng.integers(0, 2, target.shape) if target.dtype.kind == "i" else rng.random(target.shape)
        bound.step()
        gradient, start = bound.gradient.copy(), store.flat.copy()
        step = np.concatenate(
            [rng.standard_normal(np.prod(s.shape)) * (store.flat[s.stretch].std() + 0.01) for s in store.slots.values()]
        )
        values = []
        for sign in (1, -1):
            store.flat[:] = start + sign * eps * step
            values.append(bound.step()[0])
    assert gradient @ step == pytest.approx((values[0] - values[1]) / (2 * eps), rel=1e-3, abs=2e-5)
