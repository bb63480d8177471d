"""Cross entropy whose classes count differently, and whose void places count nothing: by hand, and as in PyTorch."""

from __future__ import annotations

from math import log
from typing import Any

import numpy as np
import pytest

from netspec.engine.running import losses
from tests.engine.running.bound_loss import bound


def test_class_weights_by_hand() -> None:
    # softmax (1/4, 3/4) each: the losses are log 4 of class 0, which counts 1, and log 4/3 of class 1, which counts 3
    z, labels = np.array([[0.0, log(3)], [0.0, log(3)]]), np.array([0, 1])
    found, dz, sums = bound("cross_entropy", z, labels, weight=0.5, by_class=[1.0, 3.0])
    assert found == pytest.approx(0.5 * (log(4) + 3 * log(4 / 3)) / (1 + 3), abs=1e-15)
    assert dz == pytest.approx(0.5 * np.array([[-3 / 4, 3 / 4], [3 / 4, -3 / 4]]) / 4, abs=1e-15)
    assert (sums[losses.RIGHT], sums[losses.COUNT]) == (1, 2)


#: Three images of two positions; the value is what `torch.nn.functional.cross_entropy(z.movedim(-1, 1), labels, weight,
#: label_smoothing)` of PyTorch 2.14 says, in float64.
POSITIONS = (np.arange(18).reshape(3, 2, 3) * 0.7 % 2.3, np.array([[0, 2], [1, 1], [2, 0]]))


@pytest.mark.parametrize(("smoothing", "value"), [(0.0, 1.937407477104877), (0.3, 1.7446650586644885)])
def test_class_weights_are_those_of_pytorch(smoothing: float, value: float) -> None:
    assert bound("cross_entropy", *POSITIONS, smoothing, by_class=[1.0, 2.5, 0.0])[0] == pytest.approx(value, rel=1e-14)


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_the_gradient_with_class_weights_is_the_slope_of_the_loss(smoothing: float) -> None:
    z, target = POSITIONS
    given: Any = {"smoothing": smoothing, "weight": 0.7, "by_class": [1.0, 2.5, 0.5]}
    _, dz, _ = bound("cross_entropy", z, target, **given)
    direction, eps = np.random.default_rng(4).standard_normal(z.shape), 1e-6
    ahead, behind = (bound("cross_entropy", z + sign * eps * direction, target, **given)[0] for sign in (1, -1))
    assert (dz * direction).sum() == pytest.approx((ahead - behind) / (2 * eps), rel=1e-7)


#: The same, where 255 is void: `ignore_index=255` of PyTorch 2.14.
VOID = (POSITIONS[0], np.array([[0, 255], [1, 1], [2, 255]]))


@pytest.mark.parametrize(
    ("weights", "smoothing", "value"),
    [
        ([1.0, 1.0, 1.0], 0.0, 2.0590023047329495),
        ([1.0, 1.0, 1.0], 0.3, 1.8290023047329493),
        ([1.0, 2.5, 0.5], 0.0, 2.061074605647497),
        ([1.0, 2.5, 0.5], 0.3, 1.776506637425974),
    ],
)
def test_void_places_count_nothing_as_in_pytorch(weights: list[float], smoothing: float, value: float) -> None:
    z, target = VOID
    given: Any = {"smoothing": smoothing, "by_class": weights}
    found, dz, sums = bound("cross_entropy", z, target, **given)
    assert found == pytest.approx(value, rel=1e-14) and sums[losses.COUNT] == 4
    assert not dz[target == 255].any()
    direction, eps = np.random.default_rng(4).standard_normal(z.shape), 1e-6
    ahead, behind = (bound("cross_entropy", z + sign * eps * direction, target, **given)[0] for sign in (1, -1))
    assert (dz * direction).sum() == pytest.approx((ahead - behind) / (2 * eps), rel=1e-7)


def test_a_batch_of_void_places_moves_nothing() -> None:
    z, target = np.ones((2, 3, 2)), np.full((2, 3), 255)
    found, dz, sums = bound("cross_entropy", z, target, 0.1, by_class=[1.0, 1.0])
    assert (found, dz.any(), sums[losses.RIGHT], sums[losses.COUNT]) == (0, False, 0, 0)


def test_chunks_share_the_weight_of_their_batch() -> None:
    z, target = POSITIONS
    counts = losses.ByClass(np.array([1.0, 2.5, 0.5]), target)
    _, dz, sums = bound("cross_entropy", z, target, by_class=[1.0, 2.5, 0.5])
    together, work, parts = np.zeros(3), np.full_like(z, np.nan), np.full_like(z, np.nan)
    for chunk in (slice(0, 1), slice(1, 3)):
        losses.bind(
            "cross_entropy", z[chunk], parts[chunk], target[chunk], work[chunk], together, 3, 1.0, 0.0, counts
        )()
    assert together == pytest.approx(sums, rel=1e-14)
    assert parts == pytest.approx(dz, rel=1e-14)


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_a_batch_that_counts_nothing_moves_nothing(smoothing: float) -> None:
    found, dz, _ = bound("cross_entropy", np.array([[0.0, 1.0]]), np.array([0]), smoothing, by_class=[0.0, 1.0])
    assert found == 0 and not dz.any()
