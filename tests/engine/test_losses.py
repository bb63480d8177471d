"""Losses and their gradients in single precision against the formulas in float64, for logits up to 10,000."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from netspec.engine import losses

Array = np.ndarray[Any, np.dtype[Any]]
SCALES = [1e-3, 1.0, 20.0, 300.0, 1e4]
N, CLASSES = 40, 5


def bound(loss: str, z: Array, target: Array, smoothing: float = 0.0) -> tuple[float, Array, Array]:
    """The engine's loss, gradient and sums; workspace is full of NaN."""
    dz, work, sums = np.full_like(z, np.nan), np.full_like(z, np.nan), np.zeros(3)
    losses.bind(loss, "", z, dz, target, work, sums, len(z), 1.0, smoothing)()
    return float(sums[losses.LOSS]), dz, sums


def cross_entropy(z: Array, labels: Array, smoothing: float) -> tuple[float, Array]:
    """−Σ q log softmax z, q = (1 − s)·[label] + s / classes (Szegedy et al. 2016, section 7); its gradient p − q without a
    difference of near numbers at the label."""
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
    np.testing.assert_allclose(dz[0] * 4, [-2.0611536e-9, 2.0611536e-9, -8.194013e-40, -6.692851e-3], rtol=1e-6, atol=1e-38)


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
    np.testing.assert_allclose(dz, (2 * away if loss == "mse" else np.sign(away)) / z.size, rtol=1e-5, atol=1e-6 * scale / z.size)


@pytest.mark.parametrize("loss", ["cross_entropy", "hinge", "binary_cross_entropy", "mse", "mae"])
@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_what_is_not_finite_is_not_hidden(loss: str, number: float) -> None:
    z = np.ones((2, 3), np.float32)
    z[1, 1] = number
    with np.errstate(invalid="ignore"):
        found, *_ = bound(loss, z, np.array([0, 2]) if loss in ("cross_entropy", "hinge") else np.zeros((2, 3), np.float32))
    assert not np.isfinite(found)
