"""Which classes were taken for which, counted over a part of the data; and the wrong answers, one by one.

Precision, recall and F1 are those of van Rijsbergen (1979): of what was called a class the share that is one, of what
is one the share that was called so, and the harmonic mean of the two; a share of nothing is 0.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from netspec.data.scores import Answers, said, tallied
from netspec.data.targets import Target
from netspec.settings.losses import LOSSES, VOID, has_void

Array = NDArray[Any]
#: A matrix of more classes than this is not kept.
MOST_CLASSES = 2048
#: The answers that count in the top-5 accuracy.
TOP = 5


class ClassFigures(NamedTuple):
    """How one class was recognised."""

    examples: int
    precision: float
    recall: float
    f1: float


class Mistake(NamedTuple):
    """A wrong answer to the example of that number, with the probability or value of the answer and of the label."""

    example: int
    label: int
    answer: int
    prob: float
    label_prob: float


@dataclass
class Confusion:
    """``matrix`` counts the examples of a class (row) that were answered as another (column).

    An answer that is not a number counts as an ``example`` of its class, and as no answer. ``matrix`` is None where
    there are more than 2,048 classes. ``single`` says that each example has one answer, so that mistakes are known.
    """

    examples: Array
    answered: Array
    right: Array
    matrix: Array | None
    top: int = 0
    total: int = 0
    single: bool = True
    wrong: list[Array] = field(default_factory=list)

    @classmethod
    def of(cls, classes: int) -> Confusion:
        """Nothing counted yet."""
        examples, answered, right = np.zeros((3, classes), np.int64)
        return cls(
            examples, answered, right, np.zeros((classes, classes), np.int64) if classes <= MOST_CLASSES else None
        )

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return len(self.examples)

    @property
    def top5(self) -> float | None:
        """The share of answers with the right class among the five likeliest; None where there are five or fewer."""
        return self.top / self.total if self.classes > TOP and self.total else None

    def add(self, loss: str, given: Answers, target: Array, sound: Array | None = None) -> None:
        """Count some answers, channels last; ``target`` are numbers of classes, or 0 and 1 of a single unit."""
        values, probs = _as_classes(loss, given)
        labels = (np.asarray(target) > 0.5).astype(np.int64).reshape(values.shape[:-1]) if _binary(loss) else target
        lost = np.isnan(values).any(axis=-1)
        if sound is not None:
            lost = lost | ~sound.reshape(-1, *[1] * (lost.ndim - 1))
        self.single = values.ndim == 2
        first, void = self.total, has_void(labels.ndim, self.classes)
        values, probs = values.reshape(-1, self.classes), probs.reshape(-1, self.classes)
        labels, lost = labels.reshape(-1), lost.reshape(-1)
        if void:  # which counts nothing
            values, probs, lost, labels = (each[labels != VOID] for each in (values, probs, lost, labels))
        answers, kept = said(values), labels[~lost]
        examples, answered, right = tallied(labels, answers, lost, self.classes)
        self.examples += examples
        self.answered += answered
        self.right += right
        if self.matrix is not None:
            counts = np.bincount(kept * self.classes + answers[~lost], minlength=self.classes**2)
            self.matrix += counts.reshape(self.matrix.shape)
        self.top += int((_rank(values[~lost], kept) < TOP).sum())
        self.total += labels.size
        if self.single:
            self._note(np.flatnonzero((answers != labels) | lost), first, labels, answers, probs)

    def _note(self, rows: Array, first: int, labels: Array, answers: Array, probs: Array) -> None:
        """The wrong answers among some examples: number, label, answer, and what was said of both."""
        said = probs[rows, answers[rows]], probs[rows, labels[rows]]
        self.wrong.append(np.column_stack((first + rows, labels[rows], answers[rows], *said)).astype(np.float64))

    def figures(self) -> Iterator[ClassFigures]:
        """Of each class, in order."""
        for examples, answered, right in zip(
            self.examples.tolist(), self.answered.tolist(), self.right.tolist(), strict=True
        ):
            f1 = 2 * right / (examples + answered) if examples + answered else 0.0
            yield ClassFigures(
                examples, right / answered if answered else 0.0, right / examples if examples else 0.0, f1
            )

    def mistakes(self) -> list[Mistake]:
        """The wrong answers, the worst first: the right class least probable, then the answer most."""
        rows = np.concatenate(self.wrong) if self.wrong else np.zeros((0, 5))
        order = np.lexsort((rows[:, 0], -rows[:, 3], np.where(np.isnan(rows[:, 4]), -np.inf, rows[:, 4])))
        return [Mistake(int(n), int(label), int(answer), p, q) for n, label, answer, p, q in rows[order].tolist()]


def count(
    found: MutableMapping[str, Confusion], target: Target, given: Answers, held: Array, sound: Array | None = None
) -> None:
    """Count some answers of an output among those ``found`` so far, by output; nothing where it has no classes."""
    classes = _classes(target.loss, given.values.shape[-1])
    if classes:
        found.setdefault(target.output, Confusion.of(classes)).add(target.loss, given, held, sound)


def _classes(loss: str, units: int) -> int:
    """How many classes an output of so many units tells apart; a single unit that says yes or no tells two."""
    if LOSSES[loss].labels:
        return units
    return 2 if _binary(loss) and units == 1 else 0


def _binary(loss: str) -> bool:
    return loss == "binary_cross_entropy"


def _as_classes(loss: str, given: Answers) -> tuple[Array, Array]:
    """What was said of each class, in the last axis: what decides, and probabilities where there are such."""
    with np.errstate(all="ignore"):
        if _binary(loss):
            logs = np.concatenate((given.log_opposite(), given.log()), axis=-1)
            return logs, np.exp(logs)
        return given.values, given.values if given.logs is None else np.exp(given.logs)


def _rank(values: Array, labels: Array) -> Array:
    """How many classes come before the label's; of equals the lower number comes first."""
    own = np.take_along_axis(values, labels[:, None], axis=1)
    before = (values > own) | ((values == own) & (np.arange(values.shape[1]) < labels[:, None]))
    rank: Array = before.sum(axis=1)
    return rank
