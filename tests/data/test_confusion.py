"""What was taken for what, against counts by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from netspec.data.confusion import MOST_CLASSES, ClassFigures, Confusion, count
from netspec.data.scores import answers
from netspec.data.targets import Target


def target(loss: str, units: int) -> Target:
    return Target("y", loss, {"cross_entropy": "softmax", "binary_cross_entropy": "sigmoid"}.get(loss, ""), (units,))


def counted(loss: str, *parts: tuple[Any, Any], sound: Any = None) -> Confusion:
    found: dict[str, Confusion] = {}
    for values, labels in parts:
        y = np.array(values, float)
        end = target(loss, y.shape[-1])
        count(found, end, answers(y, len(y), end.end, True), np.array(labels), sound)
    return found["y"]


# label 0: answered 0, 0, 1; label 1: answered 1; label 2: answered 0, 1
LOGITS = [[3, 0, 0], [2, 1, 0], [0, 1, -1], [0, 5, 0], [1, 0, 0], [0, 2, 1]]
LABELS = [0, 0, 0, 1, 2, 2]


def test_a_row_for_each_class_and_a_column_for_each_answer() -> None:
    found = counted("cross_entropy", (LOGITS, LABELS))
    assert found.matrix is not None
    assert found.matrix.tolist() == [[2, 1, 0], [0, 1, 0], [1, 1, 0]]


def test_precision_recall_and_f1() -> None:
    # class 0: 2 of 3 called so, 2 of 3 that are; class 1: 1 of 3, 1 of 1, 2 * 1 / (1 + 3); class 2 was never called
    assert list(counted("cross_entropy", (LOGITS, LABELS)).figures()) == [
        ClassFigures(3, 2 / 3, 2 / 3, 2 / 3),
        ClassFigures(1, 1 / 3, 1.0, 1 / 2),
        ClassFigures(2, 0.0, 0.0, 0.0),
    ]


def test_slices_add_up() -> None:
    whole = counted("hinge", (LOGITS, LABELS))
    parted = counted("hinge", (LOGITS[:2], LABELS[:2]), (LOGITS[2:], LABELS[2:]))
    assert list(parted.figures()) == list(whole.figures())
    assert parted.mistakes() == whole.mistakes()
    assert [mistake.example for mistake in parted.mistakes()] == [2, 4, 5]  # by how little was said of the label


def test_the_worst_mistake_has_the_least_probability_of_the_right_class() -> None:
    found = counted("cross_entropy", (LOGITS, LABELS)).mistakes()
    # softmax of the label: example 2 has e^0 / (e^0 + e^1 + e^-1), example 4 e^0 / (e + 2), example 5 e / (1 + e^2 + e)
    e = np.e
    assert [(m.example, m.label, m.answer) for m in found] == [(4, 2, 0), (2, 0, 1), (5, 2, 1)]
    assert [m.label_prob for m in found] == pytest.approx([1 / (e + 2), 1 / (1 + e + 1 / e), e / (1 + e**2 + e)])
    assert found[0].prob == pytest.approx(e / (e + 2))


def test_top_5_where_there_are_more_than_5_classes() -> None:
    assert counted("hinge", ([[0.0] * 5], [0])).top5 is None
    values = np.zeros((4, 7))
    values[:, :5] = 1, 2, 3, 4, 5
    # the five best are 4, 3, 2, 1, 0; of equal zeros none is among them; with 5 equal values the lower number is first
    assert counted("hinge", (values, [0, 4, 5, 6])).top5 == 1 / 2
    assert counted("hinge", (np.zeros((2, 6)), [4, 5])).top5 == 1 / 2


def test_an_answer_that_is_no_number_is_none() -> None:
    found = counted("hinge", ([[1.0, np.nan], [0.0, 2.0]], [0, 1]))
    assert found.matrix is not None
    assert found.matrix.tolist() == [[0, 0], [0, 1]]
    assert [figures.examples for figures in found.figures()] == [1, 1]
    assert [mistake.example for mistake in found.mistakes()] == [0]


def test_an_example_that_was_not_sound_has_no_answer() -> None:
    found = counted("hinge", ([[1.0, 0.0], [0.0, 2.0]], [0, 1]), sound=np.array([False, True]))
    assert found.answered.tolist() == [0, 1]


def test_a_single_unit_says_yes_or_no() -> None:
    # yes above 0, no below; at 0 it is no
    found = counted("binary_cross_entropy", ([[2.0], [-1.0], [0.0], [-3.0]], [[1.0], [1.0], [0.0], [0.0]]))
    assert found.matrix is not None
    assert found.matrix.tolist() == [[2, 0], [1, 1]]
    assert [(m.example, m.label, m.answer) for m in found.mistakes()] == [(1, 1, 0)]
    assert found.mistakes()[0].prob == pytest.approx(1 / (1 + np.exp(-1)))


@pytest.mark.parametrize(("loss", "units"), [("mse", 3), ("mae", 1), ("binary_cross_entropy", 2)])
def test_what_has_no_right_class_is_not_counted(loss: str, units: int) -> None:
    found: dict[str, Confusion] = {}
    y = np.zeros((2, units))
    count(found, target(loss, units), answers(y, 2, "", False), y)
    assert not found


def test_places_of_a_map_are_counted_one_by_one() -> None:
    values = np.zeros((1, 2, 2, 2))
    values[0, ..., 1] = [[1, -1], [1, -1]]
    found = counted("hinge", (values, [[[1, 0], [0, 0]]]))
    assert found.matrix is not None
    assert found.matrix.tolist() == [[2, 1], [0, 1]]
    assert (found.single, found.mistakes()) == (False, [])


def test_void_places_are_in_no_cell() -> None:
    values = np.zeros((1, 2, 2, 2))
    values[0, ..., 1] = [[1, -1], [1, -1]]
    found = counted("hinge", (values, [[[1, 255], [0, 255]]]))
    assert found.matrix is not None
    assert (found.matrix.tolist(), found.examples.tolist(), found.total) == ([[0, 1], [0, 1]], [1, 1], 2)


def test_of_very_many_classes_there_is_no_matrix() -> None:
    values = np.zeros((1, MOST_CLASSES + 1))
    found = counted("hinge", (values, [0]))
    assert found.matrix is None
    assert (found.right[0], found.answered.sum()) == (1, 1)
