"""What ``train { … }`` means: loss, optimiser, schedule, and when to stop."""

from __future__ import annotations

from collections.abc import Mapping
from math import cos, nextafter, pi
from typing import Annotated, Any, ClassVar

from netspec.settings.arguments import Arguments, Count, Flag, NotNegative, Positive, Share, Takes, Whole
from netspec.settings.losses import LOSSES
from netspec.settings.readers import (
    either,
    instance,
    list_of,
    named,
    not_all_zero,
    number,
    one_of,
    optional,
    tuple_of,
    whole,
)
from netspec.shape import LEAST, SINGLE

#: Each class counts as much as another: n / (k · n_c) for each of the n_c examples of a class.
BALANCED = "balanced"


class Optimizer(Arguments):
    """A rule that turns gradients into steps."""

    rate: Annotated[Positive, "the learning rate"]


class Sgd(Optimizer):
    """v ← momentum·v + g + decay·w;  w ← w − rate·v, with nesterov w − rate·(g + decay·w + momentum·v)."""

    name: ClassVar[str] = "sgd"
    rate: Positive = 0.01
    momentum: Annotated[Share, "how much a step keeps of the one before it"] = 0.0
    nesterov: Annotated[Flag, "whether the gradient counts once more, ahead of the momentum"] = False
    decay: Annotated[NotNegative, "how strongly weights are drawn to 0"] = 0.0


class Adam(Optimizer):
    """Kingma, Ba 2015, algorithm 1; the decay is added to the gradient."""

    name: ClassVar[str] = "adam"
    rate: Positive = 0.001
    beta1: Annotated[Share, "how much the mean of the gradients keeps at a step"] = 0.9
    beta2: Annotated[Share, "how much the mean of their squares keeps at a step"] = 0.999
    epsilon: Annotated[Positive, "what is added to the root, which may be 0"] = 1e-8
    decay: Annotated[NotNegative, "how strongly weights are drawn to 0"] = 0.0


class AdamW(Adam):
    """Loshchilov, Hutter 2019, algorithm 2; the decay acts on the weights themselves."""

    name: ClassVar[str] = "adamw"
    decay: NotNegative = 0.01


class RmsProp(Optimizer):
    """Hinton 2012, lecture 6: s ← smoothing·s + (1 − smoothing)·g²;  w ← w − rate·g/(√s + epsilon)."""

    name: ClassVar[str] = "rmsprop"
    rate: Positive = 0.01
    smoothing: Annotated[Share, "how much the mean of the squares keeps at a step"] = 0.99
    epsilon: Annotated[Positive, "what is added to the root, which may be 0"] = 1e-8
    momentum: Annotated[Share, "how much a step keeps of the one before it"] = 0.0
    decay: Annotated[NotNegative, "how strongly weights are drawn to 0"] = 0.0


class Schedule(Arguments):
    """The learning rate over time, as a multiple of the optimiser's own.

    ``by_end`` says that it depends on how many epochs there are in all, so that none can be added to a run.
    """

    by_end: ClassVar[bool] = True

    def multiple(self, epoch: float, start: float, end: float) -> float:
        """What holds at a time, counted in epochs from 0, of a schedule that runs from ``start`` to ``end``."""
        raise NotImplementedError


def _done(epoch: float, start: float, end: float) -> float:
    """The share that has passed, from 0 to 1."""
    return min((epoch - start) / max(end - start, 1e-9), 1.0)


class Constant(Schedule):
    """The rate stays."""

    name: ClassVar[str] = "constant"
    by_end: ClassVar[bool] = False

    def multiple(self, epoch: float, start: float, end: float) -> float:
        """1."""
        return 1.0


class Step(Schedule):
    """The rate times ``factor`` every so many epochs, or at given ones."""

    name: ClassVar[str] = "step"
    by_end: ClassVar[bool] = False
    every: Annotated[
        int | None,
        Takes("a whole number of epochs, at least 1", optional(whole(1))),
        "after how many epochs, again and again",
    ] = None
    factor: Annotated[Positive, "what the rate is multiplied by each time"] = 0.1
    at: Annotated[list[int] | None, Takes("a list of epochs", optional(list_of(whole(0)))), "after which epochs"] = None

    def multiple(self, epoch: float, start: float, end: float) -> float:
        """The factor once for each time that has passed; epochs are those of the training, a warm-up's among them."""
        times = sum(epoch >= when for when in self.at) if self.at is not None else int(epoch // (self.every or 1))
        return float(self.factor**times)


class Plateau(Schedule):
    """The rate times ``factor`` when the loss has not fallen for ``patience`` epochs."""

    name: ClassVar[str] = "plateau"
    by_end: ClassVar[bool] = False
    patience: Annotated[Count, "how many epochs the loss may stay before the rate is lowered"] = 10
    factor: Annotated[Positive, "what the rate is multiplied by each time"] = 0.1

    def multiple(self, epoch: float, start: float, end: float) -> float:
        """1: it is losses that lower it, whenever they were."""
        return 1.0


class Cosine(Schedule):
    """Down to 0 by half a cosine (Loshchilov, Hutter 2017, eq. 5, no restarts)."""

    name: ClassVar[str] = "cosine"

    def multiple(self, epoch: float, start: float, end: float) -> float:
        """Half of 1 and a cosine."""
        return 0.5 * (1 + cos(pi * _done(epoch, start, end)))


class Warmup(Schedule):
    """Up in a straight line over the first epochs: step i of n, from 1, has i/n of the rate (Goyal et al. 2017)."""

    name: ClassVar[str] = "warmup"
    by_end: ClassVar[bool] = False
    epochs: Annotated[Positive, "how long the rate rises"]

    def multiple(self, epoch: float, start: float, end: float) -> float:
        """The share that is done at the end of what is asked about."""
        return min((epoch - start) / self.epochs, 1.0)


class Poly(Schedule):
    """rate · (1 − t)^power, t from 0 to 1."""

    name: ClassVar[str] = "poly"
    power: Annotated[Positive, "how it falls: 1 in a line, more steeply at first above"] = 1.0

    def multiple(self, epoch: float, start: float, end: float) -> float:
        """A power of the share that is left."""
        return float((1 - _done(epoch, start, end)) ** self.power)


class Stop(Arguments):
    """When a training ends before its last epoch."""

    def ends(self, waited: int) -> bool:
        """Whether it ends where the loss has not fallen for ``waited`` epochs."""
        raise NotImplementedError


class Patience(Stop):
    """Stop when the loss has not fallen for so many epochs."""

    name: ClassVar[str] = "patience"
    epochs: Annotated[Count, "how many epochs the loss may stay before training ends"]

    def ends(self, waited: int) -> bool:
        """After that many."""
        return waited >= self.epochs


OPTIMIZERS: dict[str, type[Optimizer]] = {c.name: c for c in (Sgd, Adam, AdamW, RmsProp)}
SCHEDULES: dict[str, type[Schedule]] = {c.name: c for c in (Constant, Step, Plateau, Cosine, Warmup, Poly)}
STOPS: dict[str, type[Stop]] = {Patience.name: Patience}


class Train(Arguments):
    """How a net is trained. ``loss`` maps outputs to losses; "" stands for every output."""

    name: ClassVar[str] = "train"
    loss: Annotated[
        dict[str, str],
        Takes(" | ".join(LOSSES), named(instance(str), instance(str)), tuple(LOSSES)),
        "what training makes smaller; `loss NAME:` for one output",
    ] = {}
    optimizer: Annotated[
        Optimizer,
        Takes(" | ".join(OPTIMIZERS), instance(Optimizer), tuple(OPTIMIZERS)),
        "the rule that turns gradients into steps",
    ] = Sgd()
    schedule: Annotated[
        tuple[Schedule, ...],
        Takes(" | ".join(SCHEDULES), tuple_of(instance(Schedule)), tuple(SCHEDULES)),
        "the learning rate over time",
    ] = (Constant(),)
    batch: Annotated[Count, "how many examples a step takes"] = 32
    epochs: Annotated[Count, "how often training goes through all examples"] = 10
    seed: Annotated[Whole, "what all that is drawn at random follows from"] = 0
    clip: Annotated[
        float | None,
        Takes("a number above 0", optional(number(LEAST, SINGLE))),
        "the longest that all gradients together may be",
    ] = None
    label_smoothing: Annotated[Share, "how much of a target is spread over all classes"] = 0.0
    class_weight: Annotated[
        str | list[float] | None,
        Takes(
            "balanced or a list of numbers of at least 0, not all 0",
            optional(either(one_of(BALANCED), not_all_zero(list_of(number(0, SINGLE), 1)))),
            (BALANCED,),
        ),
        "how much each class counts in the loss",
    ] = None
    average: Annotated[
        float | None,
        Takes("a number from 0 to below 1", optional(number(0, nextafter(1, 0)))),
        "how much the mean of the weights keeps at a step; the mean is what is used",
    ] = None
    stop: Annotated[
        Stop | None,
        Takes("patience(epochs)", optional(instance(Stop)), tuple(STOPS)),
        "when training ends before its last epoch",
    ] = None

    def to_json(self) -> dict[str, Any]:
        """As plain values, words written as a file would."""
        values: Mapping[str, Any] = self.arguments()
        return {
            key: " -> ".join(map(str, value))
            if key == "schedule"
            else str(value)
            if isinstance(value, Arguments)
            else value
            for key, value in values.items()
        }
