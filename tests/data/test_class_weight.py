"""Class weights reach a training: its steps are those of the weighted mean, worked out beside it in float64."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netspec.data.weighting import balanced
from netspec.net import load

RNG = np.random.default_rng(3)
X = RNG.standard_normal((11, 4)).astype(np.float32)
Y = np.array([0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 2])
SPEC = """netspec 1
net T { input x: 4
 output y = x -> dense(3) -> softmax }
train { class_weight: CW
 optimizer: sgd(0.5)
 batch: 11
 epochs: 1 }
"""


def test_balanced_by_hand() -> None:
    assert balanced(np.array([0, 0, 0, 2]), 3) == pytest.approx(
        [4 / 9, 0, 4 / 3]
    )  # n / (k n_c): 4/(3·3), none, 4/(3·1)
    assert balanced(np.array([[0, 1], [1, 1]]), 2) == pytest.approx([2, 2 / 3])  # positions count
    assert balanced(np.array([[0, 255], [1, 1]]), 2, True) == pytest.approx([3 / 2, 3 / 4])  # but void ones


def after(where: Path, written: str, workers: int) -> tuple[Any, float]:
    (where / "t.net").write_text(SPEC.replace("CW", written))
    np.savez(where / "train.npz", x=X, y=Y)
    np.savez(where / "test.npz", x=X, y=Y)
    event = list(load(where / "t.net").train(where, workers=workers))[-1]
    return event.weights(), event.loss  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("written", "weights"), [("balanced", [11 / 21, 11 / 9, 11 / 3]), ("[1, 2.5, 0]", [1, 2.5, 0])]
)
def test_a_step_follows_the_weighted_mean(written: str, weights: list[float], tmp_path: Path) -> None:
    found, loss = after(tmp_path, written, 1)
    before = load(tmp_path / "t.net").initial()
    kernel, bias = (np.asarray(before[f"y/dense.{name}"], np.float64) for name in ("weight", "bias"))
    z = X @ kernel.T + bias
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    counts = np.array(weights)[Y] / np.array(weights)[Y].sum()
    assert loss == pytest.approx(-(counts * np.log(p[np.arange(11), Y])).sum(), rel=1e-5)
    slope = (p - np.eye(3)[Y]) * counts[:, None]
    np.testing.assert_allclose(found["y/dense.weight"], kernel - 0.5 * slope.T @ X, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found["y/dense.bias"], bias - 0.5 * slope.sum(axis=0), rtol=1e-5, atol=1e-6)


def test_workers_come_to_the_same_bits(tmp_path: Path) -> None:
    (one, loss), (two, other) = (after(tmp_path, "balanced", workers) for workers in (1, 2))
    assert loss == other and all(np.array_equal(one[path], two[path]) for path in one)
