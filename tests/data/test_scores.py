"""Scores of a test set: equal to training's losses to 1e-5 however sure a net is,
and never right where an answer is no number."""

from __future__ import annotations

from math import log, log1p

import numpy as np
import pytest

from netspec.data.scores import Score, answers, probable, score
from netspec.engine.running import losses
from netspec.settings.losses import takes_labels

ENDS = [
    ("cross_entropy", "softmax"),
    ("cross_entropy", "log_softmax"),
    ("hinge", ""),
    ("mse", ""),
    ("mae", ""),
    ("binary_cross_entropy", "sigmoid"),
]


def engine(loss: str, end: str, z: np.ndarray, target: np.ndarray) -> np.ndarray:
    sums = np.zeros(3)
    losses.bind(loss, z, np.empty_like(z), target, np.empty_like(z), sums, len(z), 1.0, 0.0)()
    return sums


@pytest.mark.parametrize("size", [1, 20, 100, 1e4])
@pytest.mark.parametrize(("loss", "end"), ENDS)
def test_the_score_is_the_engines_loss(loss: str, end: str, size: float) -> None:
    rng = np.random.default_rng(1)
    z = (size * rng.standard_normal((6, 4))).clip(-1e4, 1e4)
    target = rng.integers(0, 4, 6) if takes_labels(loss) else rng.random((6, 4)).round()
    sums = engine(loss, end, z, target)
    found = score(loss, answers(z.astype(np.float32), 6, end, logits=bool(end)), target)
    assert found.loss == pytest.approx(sums[losses.LOSS], rel=1e-5)
    if takes_labels(loss) or loss == "binary_cross_entropy":
        assert (found.right, found.count) == (sums[losses.RIGHT], sums[losses.COUNT])
    assert (found + found).loss == pytest.approx(found.loss) and (found + Score()).right == found.right


@pytest.mark.parametrize(
    ("loss", "end", "z", "target", "expected"),
    [
        ("binary_cross_entropy", "sigmoid", [[20.0]], [[0.0]], 20 + log1p(2.061153622438558e-09)),
        ("binary_cross_entropy", "sigmoid", [[-1e4]], [[1.0]], 1e4),
         ("binary_cross_entropy", "sigmoid", [[1e4]], [[1.0]], 0.0),
        ("cross_entropy", "softmax", [[1e4, -1e4]], [1], 2e4),
         ("cross_entropy", "softmax", [[0.0, 0.0, 0.0]], [2], log(3)),
        ("cross_entropy", "log_softmax", [[100.0, 0.0]], [1], 100.0),
    ],
)  # fmt: skip
def test_losses_by_hand(loss: str, end: str, z: list[list[float]], target: list[object], expected: float) -> None:
    found = score(loss, answers(np.array(z, np.float32), 1, end, logits=True), np.array(target))
    assert found.loss == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("end", ["softmax", "log_softmax", "sigmoid"])
def test_views_and_positions_are_averaged_as_probabilities(end: str) -> None:
    z = np.random.default_rng(3).standard_normal((6, 2, 2, 3))  # three examples of two views of four positions
    p = 1 / (1 + np.exp(-z)) if end == "sigmoid" else np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)
    expected = p.reshape(3, 2, 4, 3).mean(axis=(1, 2))
    y = np.log(p) if end == "log_softmax" else p
    for found in (answers(z, 3, end, logits=True, whole=True), answers(y, 3, end, logits=False, whole=True)):
        assert found.logs is not None
        np.testing.assert_allclose(np.exp(found.logs), expected, rtol=1e-6)
    parted = answers(z, 3, end, logits=True).logs
    assert parted is not None
    np.testing.assert_allclose(np.exp(parted), p.reshape(3, 2, 2, 2, 3).mean(axis=1), rtol=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize(("loss", "end"), ENDS)
def test_what_is_no_number_is_never_right(loss: str, end: str, bad: float) -> None:
    z = np.full((4, 3), bad)
    z[3] = [5, -5, -5]
    target = np.zeros(4, np.int64) if takes_labels(loss) else np.tile([1.0, 0, 0], (4, 1))
    for logits in {bool(end), False}:
        found = score(
            loss, answers(z if logits or not end else np.where(np.isinf(z), np.nan, z), 4, end, logits), target
        )
        assert np.isnan(found.loss) and found.broken == (3 if takes_labels(loss) else 9)
        if found.count:
            assert found.right == (1 if takes_labels(loss) else 3)


def test_a_position_with_an_answer_that_is_no_number_is_lost_by_itself() -> None:
    z = np.zeros((1, 2, 2, 3))
    z[..., 0] = 3
    z[0, 1, 0, 2] = np.nan
    found = score("hinge", answers(z, 1, "", logits=False), np.zeros((1, 2, 2), np.int64))
    assert (found.right, found.count, found.broken) == (3, 4, 1)
    assert (found + found).broken == 2 and (found + Score()).broken == 1


def test_an_example_that_is_not_sound_is_never_right() -> None:
    found = score(
        "cross_entropy",
        answers(np.array([[3.0, 0], [3.0, 0]]), 2, "softmax", True),
        np.array([0, 0]),
        np.array([True, False]),
    )
    assert (found.right, found.count, found.broken) == (1, 2, 1)


@pytest.mark.parametrize(
    ("y", "end", "is_so"),
    [
        ([[0.25, 0.75]], "softmax", True), ([[0.5, 0.75]], "softmax", False), ([[-0.1, 1.1]], "softmax", False),
         ([[0.5, 0.75]], "sigmoid", True),
        ([[1.5]], "sigmoid", False), ([[log(0.25), log(0.75)]], "log_softmax", True),
         ([[0.25, 0.75]], "log_softmax", False), ([[3.0, 4.0]], "softmax", False),
    ],
)  # fmt: skip
def test_what_is_a_probability(y: list[list[float]], end: str, is_so: bool) -> None:
    assert probable(np.array(y), end) is is_so


def test_of_a_map_the_union_counts_each_place_once_and_void_ones_never() -> None:
    """Class 0: 2 right of 3 places and 2 answers; class 1: 1 of 1 and 2; class 2 is neither there nor answered."""
    y = np.zeros((1, 2, 3, 3))
    for place, said in {(0, 0): 1, (0, 1): 0, (0, 2): 2, (1, 0): 1, (1, 1): 0, (1, 2): 0}.items():
        y[(0, *place, said)] = 1
    target = np.array([[[1, 0, 255], [0, 0, 255]]])
    found = score("cross_entropy", answers(y, 1, "softmax", False), target)
    assert (found.right, found.count) == (3, 4)
    assert found.mean_iou == pytest.approx((2 / 3 + 1 / 2) / 2)
    again = found + score("cross_entropy", answers(y, 1, "softmax", False), np.full((1, 2, 3), 255))
    assert again.mean_iou == found.mean_iou and again.loss == pytest.approx(found.loss)
    both = found + score("cross_entropy", answers(y[:, :1], 1, "softmax", False), np.array([[[2, 2, 2]]]))
    # class 0 has 3 answers now, class 1 as well, class 2 one right of 3 places
    assert both.mean_iou == pytest.approx((2 / 4 + 1 / 3 + 1 / 3) / 3)


def test_an_answer_for_each_example_has_no_mean_iou() -> None:
    assert score("cross_entropy", answers(np.eye(3), 3, "softmax", False), np.arange(3)).mean_iou is None
