"""How far an output's answers are from what a test set says: the losses of training, and the right answers.

A loss that contains a logarithm is worked out from the value before the last softmax or sigmoid, in float64: a
probability in float32 is 0 or 1 long before its logarithm stops mattering.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.settings.losses import LOSSES, VOID, has_void

Array = NDArray[Any]
#: Stands in for a probability of 0 where nothing but the probability is known.
LEAST = 1e-30
#: The last layers whose logarithm a loss takes: the two are worked out together.
BELONGS = {name: loss.ends for name, loss in LOSSES.items() if loss.ends}
#: The last layers that give probabilities, or their logarithms.
PROBABLE = ("softmax", "log_softmax", "sigmoid")


@dataclass(frozen=True)
class Logits:
    """The name of the value before an output's last layer ``end``; its rows are ``views`` crops, one by one."""

    name: str
    end: str
    views: int = 1


@dataclass(frozen=True)
class Score:
    """A test set's figures: the mean loss of an answer; where there are classes the ``right`` answers of ``count``.

    ``broken`` counts the answers that are not numbers. Of an output that answers at each place ``places`` are
    (3, classes): the places of each class, those answered so, and those where both agree.
    """

    loss: float = 0.0
    right: int = 0
    count: int = 0
    examples: int = 0
    broken: int = 0
    places: Array | None = field(default=None, compare=False)

    @property
    def mean_iou(self) -> float | None:
        """The mean over the classes that there are of intersection over union (Everingham et al. 2010, section 4.2)."""
        if self.places is None:
            return None
        union = self.places[0] + self.places[1] - self.places[2]
        found = self.places[2][union > 0] / union[union > 0]
        return float(found.mean()) if found.size else None

    @property
    def accuracy(self) -> float | None:
        """The share of right answers."""
        return self.right / self.count if self.count else None

    def __add__(self, other: Score) -> Score:
        examples = self.examples + other.examples
        loss = (self.loss * self.examples + other.loss * other.examples) / max(examples, 1)
        both = [score.places for score in (self, other) if score.places is not None]
        places = None if not both else np.sum(both, axis=0)
        return Score(
            loss, self.right + other.right, self.count + other.count, examples, self.broken + other.broken, places
        )


@dataclass(frozen=True)
class Answers:
    """An output's values, channels last, with views and positions already averaged.

    ``values`` decide which answer is given; ``logs`` are the logarithms of what they say, ``opposite`` for a sigmoid
    those of the opposite.
    """

    values: Array
    logs: Array | None = None
    opposite: Array | None = None

    def log(self) -> Array:
        """The logarithms of the answers; of values of an unknown end, which are taken for probabilities."""
        return np.log(np.maximum(self.values, LEAST)) if self.logs is None else self.logs

    def log_opposite(self) -> Array:
        """The logarithms of what is left to 1."""
        return np.log(np.maximum(1 - self.values, LEAST)) if self.opposite is None else self.opposite

    def at(self, array: Array, labels: Array) -> Array:
        """What stands at each label, with an axis of 1 in the place of classes."""
        return np.take_along_axis(array, labels[..., None], axis=-1)


def answers(y: Array, count: int, end: str, logits: bool, whole: bool = False) -> Answers:
    """Of ``count`` examples, whose views stand one after the other; ``whole`` averages over the positions of a map too.

    ``logits`` says that ``y`` is the value before the layer ``end``, else it is the value behind it. Averages are those
    of probabilities, where there are such.
    """
    y = y.astype(np.float64)
    with np.errstate(all="ignore"):
        return _answers(y, count, end, logits, whole)


def _answers(y: Array, count: int, end: str, logits: bool, whole: bool) -> Answers:
    y = np.where(np.isposinf(y), np.nan, y)
    if end in ("softmax", "log_softmax"):
        logs = _log_softmax(y) if logits else y if end == "log_softmax" else np.log(np.maximum(y, LEAST))
        logs = _mean(logs, count, whole, True)
        return Answers(logs, logs)
    if end == "sigmoid":
        logs, opposite = (
            (-np.logaddexp(0, -y), -np.logaddexp(0, y))
            if logits
            else (np.log(np.maximum(p, LEAST)) for p in (y, 1 - y))
        )
        logs, opposite = (_mean(log, count, whole, True) for log in (logs, opposite))
        return Answers(logs if logits else _mean(y, count, whole, False), logs, opposite)
    return Answers(_mean(np.where(np.isfinite(y), y, np.nan), count, whole, False))


def score(loss: str, given: Answers, target: Array, sound: Array | None = None) -> Score:
    """Of answers against what they should be. One that is not a number, or to an example not ``sound``, is wrong."""
    with np.errstate(all="ignore"):
        return _score(loss, given, target, sound)


def _score(loss: str, given: Answers, target: Array, sound: Array | None) -> Score:
    rule = LOSSES[loss]
    lost: Array = np.isnan(given.values)
    if sound is not None:
        lost = lost | ~sound.reshape(-1, *[1] * (given.values.ndim - 1))
    if rule.labels:
        lost = np.asarray(lost.any(axis=-1))
    counted = np.ones(lost.shape, bool)
    if rule.labels and has_void(target.ndim, given.values.shape[-1]):
        counted = target != VOID
        target = np.where(counted, target, 0)
    values, right, broken = rule.value(given, target), rule.right(given, target), int((lost & counted).sum())
    if right is None:
        return Score(float(values.mean()), examples=len(given.values), broken=broken)
    count = int(counted.sum())
    value = float(values[counted].mean()) if count else 0.0
    places = _places(given.values, target, counted, lost) if rule.labels and target.ndim > 1 else None
    # of maps whose void differs each place counts alike
    examples = len(given.values) if places is None else count
    return Score(value, int((right & ~lost & counted).sum()), count, examples, broken, places)


def _places(values: Array, target: Array, counted: Array, lost: Array) -> Array:
    """As ``tallied``, of the places that count."""
    return tallied(target[counted], said(values)[counted], lost[counted], values.shape[-1])


def said(values: Array) -> Array:
    """The class that values, in the last axis, say; what is not a number is never said."""
    answer: Array = np.where(np.isnan(values), -np.inf, values).argmax(axis=-1)
    return answer


def tallied(labels: Array, answers: Array, lost: Array, classes: int) -> Array:
    """(3, classes) of some labels and answers: how many are of each class, are answered so, and where both agree.

    What is ``lost`` counts as no answer.
    """
    sound = answers[~lost]
    agreed = sound[sound == labels[~lost]]
    return np.stack([np.bincount(found, minlength=classes) for found in (labels, sound, agreed)])


def probable(y: Array, end: str) -> bool:
    """Whether values, channels last, are what a layer ``end`` gives: from 0 to 1, and of a softmax 1 in all.

    One that is not a number passes.
    """
    y = np.asarray(y, dtype=np.float64)
    if end == "log_softmax":
        y = np.exp(np.minimum(y, 1))
    inside = bool(((y >= -1e-6) & (y <= 1 + 1e-3) | np.isnan(y)).all())
    total = y.sum(axis=-1)
    return inside and (end == "sigmoid" or bool((np.abs(total - 1) < 1e-2).all() or np.isnan(total).any()))


def _log_softmax(z: Array) -> Array:
    shifted = z - z.max(axis=-1, keepdims=True)
    logs: Array = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return logs


def _mean(y: Array, count: int, whole: bool, logs: bool) -> Array:
    """The mean over the views of each of ``count`` examples, with ``whole`` over positions too; logs as their exp."""
    parted = y.reshape(count, -1, *y.shape[1:])
    axes = (1, *range(2, y.ndim)) if whole else (1,)
    axes = tuple(axis for axis in axes if axis < parted.ndim - 1) or (1,)
    if all(parted.shape[axis] == 1 for axis in axes):
        return parted.reshape(count, *(parted.shape[-1:] if whole else parted.shape[2:]))
    if not logs:
        mean: Array = parted.mean(axis=axes)
        return mean
    top = parted.max(axis=axes, keepdims=True)
    log: Array = np.log(np.exp(parted - top).mean(axis=axes, keepdims=True)) + top
    return log.reshape(count, *(parted.shape[-1:] if whole else parted.shape[2:]))
