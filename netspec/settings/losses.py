"""What a net can be trained to make small: what each loss reads, the last layers that belong to it, and its value."""

from __future__ import annotations

from typing import Any, ClassVar, Protocol


class Answers(Protocol):
    """What a net answered, as scores have it: arrays whose last axis are classes or units."""

    @property
    def values(self) -> Any:
        """As the net gives them."""

    def log(self) -> Any:
        """The logarithms of probabilities."""

    def log_opposite(self) -> Any:
        """The logarithms of what is left to 1."""

    def at(self, array: Any, labels: Any) -> Any:
        """Of an array like ``values``, the number at each answer's label, with an axis of 1 in place of the classes."""


class Loss:
    """``labels`` says that targets are numbers of classes, else they are arrays of the output's shape.

    ``ends`` are the last layers that it belongs to, and is worked out together with; none where it takes any.
    """

    name: ClassVar[str]
    labels: ClassVar[bool] = False
    ends: ClassVar[tuple[str, ...]] = ()

    def value(self, answers: Answers, target: Any) -> Any:
        """The losses whose mean is reported, in the precision of the answers."""
        raise NotImplementedError

    def right(self, answers: Answers, target: Any) -> Any:
        """Which answers are right; None where there is no right and wrong."""
        return None


class OfLabels(Loss):
    """A loss whose targets are numbers of classes: the largest value is the answer."""

    labels: ClassVar[bool] = True

    def right(self, answers: Answers, target: Any) -> Any:
        """Where the largest value stands at the label."""
        return answers.values.argmax(axis=-1) == target


class CrossEntropy(OfLabels):
    """−log of the probability of the right class."""

    name: ClassVar[str] = "cross_entropy"
    ends: ClassVar[tuple[str, ...]] = ("softmax", "log_softmax")

    def value(self, answers: Answers, target: Any) -> Any:
        """One number for each answer."""
        return -answers.at(answers.log(), target)


class Hinge(OfLabels):
    """Σ max(0, 1 + y − y of the right class) over the others / classes (Crammer, Singer 2001)."""

    name: ClassVar[str] = "hinge"

    def value(self, answers: Answers, target: Any) -> Any:
        """One number for each answer; the right class gives 1 of the sum, which is taken off."""
        y = answers.values
        return ((1 + y - answers.at(y, target)).clip(0).sum(axis=-1) - 1) / y.shape[-1]


class BinaryCrossEntropy(Loss):
    """−t·log p − (1 − t)·log(1 − p) for each unit."""

    name: ClassVar[str] = "binary_cross_entropy"
    ends: ClassVar[tuple[str, ...]] = ("sigmoid",)

    def value(self, answers: Answers, target: Any) -> Any:
        """One number for each unit."""
        return -(target * answers.log() + (1 - target) * answers.log_opposite())

    def right(self, answers: Answers, target: Any) -> Any:
        """Where the likelier of yes and no is the target's."""
        return (answers.log() > answers.log_opposite()) == (target > 0.5)


class Mse(Loss):
    """(y − t)² for each number."""

    name: ClassVar[str] = "mse"

    def value(self, answers: Answers, target: Any) -> Any:
        """One number for each number."""
        apart = answers.values - target
        return apart * apart


class Mae(Loss):
    """|y − t| for each number."""

    name: ClassVar[str] = "mae"

    def value(self, answers: Answers, target: Any) -> Any:
        """One number for each number."""
        return abs(answers.values - target)


#: The losses by name.
LOSSES: dict[str, Loss] = {loss.name: loss for loss in (CrossEntropy(), Mse(), Mae(), Hinge(), BinaryCrossEntropy())}


#: The number of a place that counts nothing, in labels of places: the void of PASCAL VOC (Everingham et al. 2010).
VOID = 255


def has_void(axes: int, classes: int) -> bool:
    """Whether labels of so many axes may be void: those of places, where no class has that number."""
    return axes > 1 and classes <= VOID


def takes_labels(loss: str) -> bool:
    """Whether targets are numbers of classes; else they are arrays of the output's shape."""
    return LOSSES[loss].labels
