"""Losses on a tape: the mean over a batch, its gradient, and the right answers, as the engine has them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from onnx import TensorProto

from netspec.interop.gradients.tape import Tape
from netspec.settings.losses import BinaryCrossEntropy, CrossEntropy, Hinge, Loss, Mae, Mse, has_void

#: The largest number of units of which a target may be one-hot, as in the engine.
_ONE_HOT = 1000


@dataclass(frozen=True)
class Head:
    """What a loss reads: ``z`` (N, classes, …), its target, its share of the whole loss; ``weights`` a class, or none.

    ``z`` is the value before a last layer that belongs to the loss. ``classes`` is how many, ``axes`` those of ``z``.
    """

    z: str
    target: str
    weight: float
    classes: int
    axes: int
    smoothing: float = 0.0
    weights: str | None = None

    def column(self, tape: Tape, value: str) -> str:
        """(classes,) along the classes of ``z``."""
        return tape("Reshape", value, tape.ints([1, self.classes, *(1,) * (self.axes - 2)]))

    def labels(self, tape: Tape) -> str:
        """1 at the label of each answer and 0 elsewhere, in the shape of ``z``; zeros alone at a void place."""
        numbers = self.column(tape, tape.ints(range(self.classes)))
        return _number(tape, tape("Equal", tape("Unsqueeze", self.target, tape.ints([1])), numbers))

    def right(self, tape: Tape) -> str:
        """How often the largest value stands at the label."""
        best = tape("ArgMax", self.z, axis=1, keepdims=0)
        return _count(tape, tape("Equal", best, self.target))

    def share(self, tape: Tape, of: str) -> str:
        """The head's weight over how many numbers a value has."""
        return tape("Div", tape.floats(self.weight), _number(tape, tape("Size", of)))


@dataclass(frozen=True)
class Lost:
    """The loss, a number; its gradient at ``z``; the right answers, a whole number, or none."""

    loss: str
    gradient: str
    right: str | None = None


def _number(tape: Tape, value: str) -> str:
    return tape("Cast", value, to=TensorProto.FLOAT)


def _count(tape: Tape, truth: str) -> str:
    return tape("ReduceSum", tape("Cast", truth, to=TensorProto.INT64), keepdims=0)


def _sum(tape: Tape, value: str) -> str:
    return tape("ReduceSum", value, keepdims=0)


def _cross_entropy(tape: Tape, head: Head) -> Lost:
    """−Σ q log softmax(z), q the target with the smoothing spread over all classes; each answer counts its weight."""
    over, spread = tape.ints([1]), head.smoothing / head.classes
    logs, hot = tape("LogSoftmax", head.z, axis=1), head.labels(tape)
    others = tape("Mul", tape("Softmax", head.z, axis=1), tape("Sub", tape.floats(1.0), hot))
    # p − 1 at the label as the sum of the others, which keeps the digits of a sure answer
    apart = tape("Sub", others, tape("Mul", hot, tape("ReduceSum", others, over)))
    told = tape("Mul", hot, logs)
    if head.weights is None and not has_void(head.axes - 1, head.classes):
        scale = head.share(tape, head.target)
        loss = tape("Mul", _sum(tape, told), tape.floats(head.smoothing - 1))
        if head.smoothing:
            apart = tape("Add", apart, tape("Mul", tape("Sub", hot, tape.floats(1 / head.classes)),
                                            tape.floats(head.smoothing)))  # fmt: skip
            loss = tape("Sub", loss, tape("Mul", _sum(tape, logs), tape.floats(spread)))
    else:
        each, weights, scale = _weighed(tape, head, hot)
        loss = tape("Mul", _sum(tape, tape("Mul", each, told)), tape.floats(head.smoothing - 1))
        apart = tape("Mul", tape("Mul", apart, each), tape.floats(1 - head.smoothing))
        if head.smoothing:
            known = tape("ReduceSum", hot, over)
            counted = tape("Mul", tape("Mul", logs, weights), known)
            loss = tape("Sub", loss, tape("Mul", _sum(tape, counted), tape.floats(spread)))
            every = tape("Mul", tape("Softmax", head.z, axis=1), _sum(tape, weights))
            more = tape("Mul", tape("Mul", tape("Sub", every, weights), known), tape.floats(spread))
            apart = tape("Add", apart, more)
    return Lost(tape("Mul", loss, scale), tape("Mul", apart, scale), head.right(tape))


def _weighed(tape: Tape, head: Head, hot: str) -> tuple[str, str, str]:
    """What each answer counts, the classes' weights, and what sums are multiplied by; 0 where nothing counts."""
    given = head.weights or tape.floats([1.0] * head.classes)
    weights = head.column(tape, given)
    each = tape("ReduceSum", tape("Mul", hot, weights), tape.ints([1]))
    total, none = _sum(tape, each), tape.floats(0.0)
    scale = tape("Where", tape("Greater", total, none), tape("Div", tape.floats(head.weight), total), none)
    return each, weights, scale


def _hinge(tape: Tape, head: Head) -> Lost:
    """Σ max(0, 1 + z_j − z_right) / classes (Crammer, Singer 2001)."""
    over, hot = tape.ints([1]), head.labels(tape)
    right = tape("ReduceSum", tape("Mul", head.z, hot), over)
    margins = tape("Add", tape("Sub", head.z, right), tape.floats(1.0))
    pulled = tape("Mul", tape("Relu", margins), tape("Sub", tape.floats(1.0), hot))
    signs = tape("Sign", pulled)
    apart = tape("Sub", signs, tape("Mul", hot, tape("ReduceSum", signs, over)))
    scale = tape("Div", head.share(tape, head.target), tape.floats(float(head.classes)))
    return Lost(tape("Mul", _sum(tape, pulled), scale), tape("Mul", apart, scale), head.right(tape))


def _binary(tape: Tape, head: Head) -> Lost:
    """max(z, 0) − t·z + log(1 + exp −|z|) for each unit; its gradient keeps the digits of a sure answer."""
    z, t, scale = head.z, head.target, head.share(tape, head.z)
    far = tape("Neg", tape("Abs", z))
    parts = tape("Add", tape("Sub", tape("Relu", z), tape("Mul", z, t)), tape("Softplus", far))
    above = tape("Greater", z, tape.floats(0.0))
    rest = tape("Sigmoid", far)
    signed = tape("Where", above, tape("Neg", rest), rest)
    apart = tape("Add", signed, tape("Sub", _number(tape, above), t))
    right = _count(tape, tape("Equal", above, tape("Greater", t, tape.floats(0.5))))
    return Lost(tape("Mul", _sum(tape, parts), scale), tape("Mul", apart, scale), right)


def _mse(tape: Tape, head: Head) -> Lost:
    """(z − t)², the mean over all numbers."""
    apart, scale = tape("Sub", head.z, head.target), head.share(tape, head.z)
    loss = _sum(tape, tape("Mul", apart, apart))
    gradient = tape("Mul", tape("Mul", apart, tape.floats(2.0)), scale)
    return Lost(tape("Mul", loss, scale), gradient, _one_hot(tape, head))


def _mae(tape: Tape, head: Head) -> Lost:
    """|z − t|, the mean over all numbers."""
    apart, scale = tape("Sub", head.z, head.target), head.share(tape, head.z)
    loss = _sum(tape, tape("Abs", apart))
    return Lost(tape("Mul", loss, scale), tape("Mul", tape("Sign", apart), scale), _one_hot(tape, head))


def _one_hot(tape: Tape, head: Head) -> str | None:
    """Right answers where the targets are classes after all: units of which each row adds up to 1."""
    if head.axes != 2 or not 1 < head.classes <= _ONE_HOT:
        return None
    best = [tape("ArgMax", value, axis=1, keepdims=0) for value in (head.z, head.target)]
    sums = tape("Equal", tape("ReduceSum", head.target, tape.ints([1]), keepdims=0), tape.floats(1.0))
    every = tape("ReduceMin", tape("Cast", sums, to=TensorProto.INT64), keepdims=0)
    return tape("Mul", _count(tape, tape("Equal", *best)), every)


#: What each loss writes, by its class.
RULES: dict[type[Loss], Callable[[Tape, Head], Lost]] = {
    CrossEntropy: _cross_entropy,
    Hinge: _hinge,
    BinaryCrossEntropy: _binary,
    Mse: _mse,
    Mae: _mae,
}
