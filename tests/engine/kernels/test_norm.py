"""Batch normalisation against two lines of NumPy: what is normalised by, and what is remembered."""

from __future__ import annotations

import numpy as np
import pytest

from netspec.engine.running.evaluate import values
from netspec.engine.running.threads import pool
from netspec.weights import Model, initial
from tests.engine.nets import graph, meaning, runner

SPEC = """netspec 1
net A {{
    input x: {size}
    output y = x -> norm({arguments})
}}
train {{ loss: mse }}
"""


@pytest.mark.parametrize("momentum", [0.9, 0.75, 0.0])
@pytest.mark.parametrize(("size", "batch"), [("3", 4), ("3", 2), ("2 x 3 x 5", 7), ("2 x 3", 1)])
@pytest.mark.parametrize("middle", [0.0, 100.0])
def test_running_statistics(size: str, batch: int, momentum: float, middle: float) -> None:
    with pool(1) as workers:
        bound = runner(meaning(SPEC.format(size=size, arguments=f"momentum: {momentum}")), workers, batch)
        x = bound.value("x")
        mean, variance = np.zeros(x.shape[-1]), np.ones(x.shape[-1])
        for seed in (0, 1):
            x[...] = middle + np.random.default_rng(seed).standard_normal(x.shape)
            bound.step()
            rows = x.reshape(-1, x.shape[-1])
            mean = momentum * mean + (1 - momentum) * rows.mean(axis=0)
            variance = momentum * variance + (1 - momentum) * rows.var(axis=0, ddof=1)  # n / (n - 1): the unbiased one
        weights = bound.store.weights()
    assert weights["y/norm.running_mean"] == pytest.approx(mean, rel=1e-6, abs=1e-7)
    assert weights["y/norm.running_var"] == pytest.approx(variance, rel=1e-5)


def test_a_single_number_has_no_variance_to_remember_but_zero() -> None:
    with pool(1) as workers:
        bound = runner(meaning(SPEC.format(size="3", arguments="momentum: 0.5")), workers, 1)
        bound.step()
        assert bound.store.weights()["y/norm.running_var"].tolist() == [0.5] * 3


@pytest.mark.parametrize("epsilon", [1e-5, 0.5])
def test_a_batch_is_normalised_by_its_own_moments(epsilon: float) -> None:
    # of what is normalised the mean square is variance / (variance + epsilon), the biased variance
    with pool(1) as workers:
        bound = runner(meaning(SPEC.format(size="2 x 3 x 5", arguments=f"epsilon: {epsilon}")), workers, 4)
        for target in bound.targets.values():
            target[...] = 0
        loss, *_ = bound.step()
        variance = bound.value("x").reshape(-1, 2).var(axis=0)
    assert loss == pytest.approx((variance / (variance + epsilon)).mean(), rel=1e-12)


def test_a_net_in_use_is_normalised_by_what_was_remembered() -> None:
    net = graph("input x: 2 x 3", "output y = x -> norm(epsilon: 0.25)")
    weights = initial(net, 0) | {
        "y/norm.weight": np.array([2, 3], np.float32), "y/norm.bias": np.array([10, 20], np.float32),
        "y/norm.running_mean": np.array([1, -1], np.float32), "y/norm.running_var": np.array([0.75, 3.75], np.float32),
    }  # fmt: skip
    x = np.arange(6, dtype=np.float32).reshape(1, 3, 2)
    found = values(Model(net, weights), {"x": x}, np.float64)["y"]
    # divided by the roots of 0.75 + 0.25 and 3.75 + 0.25
    assert found == pytest.approx((x - [1, -1]) / [1, 2] * [2, 3] + [10, 20])


def test_without_gains_nothing_is_multiplied_or_added() -> None:
    net = graph("input x: 2", "output y = x -> norm(epsilon: 0.25, affine: false)")
    weights = initial(net, 0) | {"y/norm.running_var": np.array([0.75, 3.75], np.float32)}
    found = values(Model(net, weights), {"x": np.array([[3.0, 8.0]])}, np.float64)["y"]
    assert found.tolist() == [[3.0, 4.0]]
