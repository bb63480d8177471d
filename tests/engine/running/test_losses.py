"""Losses and their gradients by hand, against finite differences, and in single precision against the formulas in
float64."""

from __future__ import annotations

from collections.abc import Sequence
from math import log
from typing import Any

import numpy as np
import pytest

from netspec.engine.running import losses
from tests.engine.running.bound_loss import bound

Array = np.ndarray[Any, np.dtype[Any]]
SCALES = [1e-3, 1.0, 20.0, 300.0, 1e4]
N, CLASSES = 40, 5


#: Loss, smoothing, z, target; then by hand: the loss, its gradient, right answers, answers.
BY_HAND: list[tuple[str, float, Any, Any, float, Any, int, int]] = [
    # softmax of (log 1, log 2, log 5) is (1, 2, 5) / 8
    ("cross_entropy", 0.0, [[0.0, log(2), log(5)]], [2], log(8 / 5), [[1 / 8, 2 / 8, -3 / 8]], 1, 1),
    ("cross_entropy", 0.0, [[0.0, log(2), log(5)]], [1], log(4), [[1 / 8, -6 / 8, 5 / 8]], 0, 1),
    # q = (0.1, 0.1, 0.8) for a smoothing of 0.3
    ("cross_entropy", 0.3, [[0.0, log(2), log(5)]], [2], 0.1 * log(8) + 0.1 * log(4) + 0.8 * log(1.6),
     [[1 / 8 - 0.1, 2 / 8 - 0.1, 5 / 8 - 0.8]], 1, 1),
    # two positions of one image: the mean over both
    ("cross_entropy", 0.0, [[[0.0, log(3)], [0.0, 0.0]]], [[0, 1]], (log(4) + log(2)) / 2,
     [[[-3 / 8, 3 / 8], [1 / 4, -1 / 4]]], 0, 2),
    # margins 1 + 0 - 2 < 0 and 1 + 1.5 - 2 = 0.5, over 3 classes; then 3 and 1 + 1 with the label 0 far below
    ("hinge", 0.0, [[0.0, 2.0, 1.5]], [1], 0.5 / 3, [[0, -1 / 3, 1 / 3]], 1, 1),
    ("hinge", 0.0, [[-1.0, 1.0, 0.0]], [0], 5 / 3, [[-2 / 3, 1 / 3, 1 / 3]], 0, 1),
    ("hinge", 0.0, [[1.0, 0.0]], [0], 0.0, [[0, 0]], 1, 1),  # exactly at the margin: nothing pulls
    ("hinge", 0.0, [[3.0, 0.0], [9.0, 8.5]], [0, 1], 1.5 / 4, [[0, 0], [1 / 4, -1 / 4]], 1, 2),
    # sigmoid(log 3) is 3/4: the losses are log 4/3 and log 4
    ("binary_cross_entropy", 0.0, [[log(3), log(3)]], [[1.0, 0.0]], log(16 / 3) / 2, [[-1 / 8, 3 / 8]], 1, 2),
    ("binary_cross_entropy", 0.0, [[-log(3), 0.0]], [[0.25, 0.5]], (0.25 * log(4) + 0.75 * log(4 / 3) + log(2)) / 2,
     [[0.0, 0.0]], 2, 2),
    ("mse", 0.0, [[1.0, 2.0], [3.0, -1.0]], [[0.0, 2.0], [1.0, 1.0]], (1 + 0 + 4 + 4) / 4, [[0.5, 0.0], [1.0, -1.0]], 0,
        0),
    ("mae", 0.0, [[1.0, 2.0], [3.0, -1.0]], [[0.0, 2.0], [1.0, 1.0]], (1 + 0 + 2 + 2) / 4, [[0.25, 0.0], [0.25, -0.25]],
        0, 0),
    # one-hot targets: the larger of two is the answer
    ("mae", 0.0, [[1.0, 2.0], [3.0, -1.0], [0.0, 1.0]], [[0.0, 1.0], [0.0, 1.0], [0.0, 1.0]], (2 + 5 + 0) / 6,
     [[1 / 6, 1 / 6], [1 / 6, -1 / 6], [0, 0]], 2, 3),
    ("mse", 0.0, [[1.0, 2.0], [3.0, -1.0]], [[0.0, 1.0], [0.0, 1.0]], (1 + 1 + 9 + 4) / 4, [[0.5, 0.5], [1.5, -1.0]], 1,
        2),
]  # fmt: skip


@pytest.mark.parametrize("weight", [1.0, 0.3])
@pytest.mark.parametrize(("loss", "smoothing", "z", "target", "value", "gradient", "right", "answers"), BY_HAND)
def test_by_hand(
    loss: str,
    smoothing: float,
    z: Any,
    target: Any,
    value: float,
    gradient: Any,
    right: int,
    answers: int,
    weight: float,
) -> None:
    found, dz, sums = bound(loss, np.array(z), np.array(target), smoothing, weight=weight)
    assert found == pytest.approx(weight * value, abs=1e-15)
    assert dz == pytest.approx(weight * np.array(gradient), abs=1e-15)
    assert (sums[losses.RIGHT], sums[losses.COUNT]) == (right, answers)


def example(loss: str, shape: Sequence[int]) -> tuple[Array, Array]:
    """Logits and targets in float64, no two of which lie near a corner."""
    rng = np.random.default_rng(3)
    z = rng.permutation(np.arange(np.prod(shape)) * 0.37 - 1.5).reshape(shape)
    labels = loss in ("cross_entropy", "hinge")
    return z, rng.integers(0, shape[-1], shape[:-1]) if labels else rng.random(shape).round(3)


@pytest.mark.parametrize("shape", [(3, 4), (2, 3, 3), (1, 2, 2, 5)], ids=["units", "line", "picture"])
@pytest.mark.parametrize(("loss", "smoothing"), [("cross_entropy", 0.0), ("cross_entropy", 0.2), ("hinge", 0.0),
                                                 ("binary_cross_entropy", 0.0), ("mse", 0.0),
                                                 ("mae", 0.0)])  # fmt: skip
def test_the_gradient_is_the_slope_of_the_loss(loss: str, smoothing: float, shape: tuple[int, ...]) -> None:
    z, target = example(loss, shape)
    _, dz, _ = bound(loss, z, target, smoothing, weight=0.7)
    direction, eps = np.random.default_rng(4).standard_normal(shape), 1e-6
    ahead, behind = (bound(loss, z + sign * eps * direction, target, smoothing, weight=0.7)[0] for sign in (1, -1))
    assert (dz * direction).sum() == pytest.approx((ahead - behind) / (2 * eps), rel=1e-7)


@pytest.mark.parametrize("loss", ["cross_entropy", "hinge", "binary_cross_entropy", "mse", "mae"])
def test_chunks_of_a_batch_add_up_to_it(loss: str) -> None:
    z, target = example(loss, (6, 2, 3))
    _, dz, sums = bound(loss, z, target)
    together, work = np.zeros(3), np.full_like(z, np.nan)
    parts = np.full_like(z, np.nan)
    for start, end in ((0, 1), (1, 4), (4, 6)):
        chunk = slice(start, end)
        losses.bind(loss, z[chunk], parts[chunk], target[chunk], work[chunk], together, 6, 1.0, 0.0)()
    assert together == pytest.approx(sums, rel=1e-14)
    assert parts == pytest.approx(dz, rel=1e-14)


@pytest.mark.parametrize(
    ("shape", "hot", "answers"),
    [
        ((2, 1000), 1.0, 2),
        ((2, 1001), 1.0, 0),
        ((2, 1), 1.0, 0),
        ((2, 2), 1.0, 2),
        ((2, 2), 0.5, 0),
        ((2, 3, 2), 1.0, 0),
    ],
    ids=["1000 classes", "1001 units", "one unit", "two classes", "not one-hot", "positions"],
)
def test_distances_count_answers_where_targets_are_one_hot(shape: tuple[int, ...], hot: float, answers: int) -> None:
    z, target = np.zeros(shape), np.zeros(shape)
    z[0, ..., 0], target[..., 0] = 1.0, hot
    z[1, ..., -1] = 1.0
    for loss in ("mse", "mae"):
        _, _, sums = bound(loss, z, target)
        assert (sums[losses.RIGHT], sums[losses.COUNT]) == (answers / 2, answers)


def test_right_answers_of_chunks_add_up() -> None:
    z, target = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]), np.array([[1.0, 0.0], [1.0, 0.0], [1.0, 0.0]])
    sums = np.zeros(3)
    for i in range(3):
        z1, t1 = z[i : i + 1], target[i : i + 1]
        losses.bind("mse", z1, np.empty_like(z1), t1, np.empty_like(z1), sums, 3, 1.0, 0.0)()
    assert (sums[losses.RIGHT], sums[losses.COUNT]) == (2, 3)


def test_one_target_that_is_not_one_hot_makes_all_of_them_numbers() -> None:
    _, _, sums = bound("mse", np.array([[1.0, 0.0], [1.0, 0.0]]), np.array([[1.0, 0.0], [0.5, 0.0]]))
    assert sums[losses.COUNT] == 0


def test_a_tie_is_the_first_class() -> None:
    for loss in ("cross_entropy", "hinge"):
        _, _, sums = bound(loss, np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([0, 1]))
        assert sums[losses.RIGHT] == 1


def cross_entropy(z: Array, labels: Array, smoothing: float) -> tuple[float, Array]:
    """−Σ q log softmax z, q = (1 − s)·[label] + s / classes (Szegedy et al. 2016, section 7); its gradient p − q
    without a difference of near numbers at the label."""
    z = z.astype(np.float64)
    top = z - z.max(axis=1, keepdims=True)
    e = np.exp(top)
    where, p = np.arange(len(z)), e / e.sum(axis=1, keepdims=True)
    others = e.copy()
    others[where, labels] = 0
    best = top[where, labels] == 0
    log_sum = np.where(best, np.log1p(others.sum(axis=1)), np.log(e.sum(axis=1)))
    log_p = top - log_sum[:, None]
    q = np.full(z.shape, smoothing / z.shape[1])
    q[where, labels] += 1 - smoothing
    dz = p - smoothing / z.shape[1]
    dz[where, labels] = -others.sum(axis=1) / e.sum(axis=1) + smoothing - smoothing / z.shape[1]
    return float(-(q * log_p).sum() / len(z)), dz / len(z)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("sure", [False, True])
@pytest.mark.parametrize("scale", SCALES)
def test_cross_entropy(scale: float, sure: bool, smoothing: float) -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, CLASSES, N)
    z = (scale * rng.uniform(-1, 1, (N, CLASSES))).astype(np.float32)
    if sure:  # the label's logit is the largest: all that is left are small numbers
        z[np.arange(N), labels] = z.max(axis=1) + np.float32(0.5 * scale)
    loss, dz, sums = bound("cross_entropy", z, labels, smoothing)
    wanted, slope = cross_entropy(z, labels, smoothing)
    assert loss == pytest.approx(wanted, rel=1e-6, abs=1e-37)
    np.testing.assert_allclose(dz, slope, rtol=2e-6, atol=2e-8 * (smoothing > 0) + 1e-37)
    assert sums[losses.RIGHT] == np.count_nonzero(z.argmax(axis=1) == labels)
    assert sums[losses.COUNT] == N


@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize("scale", SCALES)
def test_binary_cross_entropy(scale: float, soft: bool) -> None:
    """−t log sigmoid z − (1 − t) log(1 − sigmoid z) = t·log(1 + e^−z) + (1 − t)·log(1 + e^z)."""
    rng = np.random.default_rng(0)
    z = (scale * rng.uniform(-1, 1, (N, CLASSES))).astype(np.float32)
    z[0, 0] = 0
    t = rng.random(z.shape).astype(np.float32) if soft else (rng.random(z.shape) < 0.5).astype(np.float32)
    if not soft:  # as many sure and right answers as wrong ones
        t[: N // 2] = z[: N // 2] > 0
    loss, dz, _ = bound("binary_cross_entropy", z, t)
    z, t = z.astype(np.float64), t.astype(np.float64)
    wanted = t * np.logaddexp(0, -z) + (1 - t) * np.logaddexp(0, z)
    # sigmoid z − t = (1 − t)·sigmoid z − t·sigmoid −z
    with np.errstate(over="ignore"):
        slope = (1 - t) / (1 + np.exp(-z)) - t / (1 + np.exp(z))
    assert loss == pytest.approx(wanted.mean(), rel=1e-6)
    np.testing.assert_allclose(dz, slope / z.size, rtol=2e-6, atol=1e-7 / z.size if soft else 1e-37)


def test_binary_cross_entropy_of_sure_answers_keeps_its_digits() -> None:
    z, t = np.array([[20.0, -20.0, 90.0, 5.0]], np.float32), np.array([[1.0, 0.0, 1.0, 1.0]], np.float32)
    loss, dz, _ = bound("binary_cross_entropy", z, t)
    assert loss == pytest.approx(np.log1p(np.exp([-20.0, -20.0, -90.0, -5.0])).mean(), rel=1e-6)
    np.testing.assert_allclose(
        dz[0] * 4, [-2.0611536e-9, 2.0611536e-9, -8.194013e-40, -6.692851e-3], rtol=1e-6, atol=1e-38
    )


def test_a_sigmoid_that_is_wrong_by_a_logit_of_20_costs_20() -> None:
    loss, dz, _ = bound("binary_cross_entropy", np.array([[20.0]], np.float32), np.array([[0.0]], np.float32))
    assert loss == pytest.approx(20 + np.log1p(np.exp(-20.0)), rel=1e-7)
    assert dz[0, 0] == pytest.approx(1, rel=1e-6)


@pytest.mark.parametrize("scale", SCALES)
def test_hinge(scale: float) -> None:
    """Σ max(0, 1 + z_j − z_right) / classes; logits of 10,000 that lie near each other keep their margin."""
    rng = np.random.default_rng(0)
    z = (scale + rng.uniform(-2, 2, (N, CLASSES))).astype(np.float32)
    labels, where = rng.integers(0, CLASSES, N), np.arange(N)
    loss, dz, _ = bound("hinge", z, labels)
    margins = 1 + z.astype(np.float64) - z[where, labels][:, None]
    margins[where, labels] = 0
    slope = (margins > 0).astype(np.float64)
    slope[where, labels] = -slope.sum(axis=1)
    assert loss == pytest.approx(np.maximum(margins, 0).sum() / CLASSES / N, rel=1e-6)
    np.testing.assert_allclose(dz, slope / CLASSES / N, rtol=1e-6)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("loss", ["mse", "mae"])
def test_distances(loss: str, scale: float) -> None:
    rng = np.random.default_rng(0)
    z, t = ((scale * rng.standard_normal((64, 4000))).astype(np.float32) for _ in range(2))
    found, dz, _ = bound(loss, z, t)
    away = z.astype(np.float64) - t
    assert found == pytest.approx((away**2 if loss == "mse" else np.abs(away)).mean(), rel=1e-6)
    np.testing.assert_allclose(
        dz, (2 * away if loss == "mse" else np.sign(away)) / z.size, rtol=1e-5, atol=1e-6 * scale / z.size
    )


@pytest.mark.parametrize("loss", ["cross_entropy", "hinge", "binary_cross_entropy", "mse", "mae"])
@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_what_is_not_finite_is_not_hidden(loss: str, number: float) -> None:
    z = np.ones((2, 3), np.float32)
    z[1, 1] = number
    with np.errstate(invalid="ignore"):
        found, *_ = bound(
            loss, z, np.array([0, 2]) if loss in ("cross_entropy", "hinge") else np.zeros((2, 3), np.float32)
        )
    assert not np.isfinite(found)
