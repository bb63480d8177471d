"""What ``train { … }`` means: loss, optimiser, schedule, and when to stop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field, SerializeAsAny

from netspec.settings.arguments import Arguments, Count, Flag, NotNegative, Positive, Share, Wanted, Whole

LOSSES = ("cross_entropy", "mse", "mae", "hinge", "binary_cross_entropy")


def takes_labels(loss: str) -> bool:
    """Whether targets are numbers of classes; else they are arrays of the output's shape."""
    return loss in ("cross_entropy", "hinge")


class Optimizer(Arguments):
    """A rule that turns gradients into steps."""

    rate: Positive


class Sgd(Optimizer):
    """v ← momentum·v + g + decay·w;  w ← w − rate·v (with nesterov: w − rate·(g + momentum·v))."""

    name: ClassVar[str] = "sgd"
    rate: Positive = 0.01
    momentum: Share = 0.0
    nesterov: Flag = False
    decay: NotNegative = 0.0


class Adam(Optimizer):
    """Kingma, Ba 2015, algorithm 1; the decay is added to the gradient."""

    name: ClassVar[str] = "adam"
    rate: Positive = 0.001
    beta1: Share = 0.9
    beta2: Share = 0.999
    epsilon: Positive = 1e-8
    decay: NotNegative = 0.0


class AdamW(Adam):
    """Loshchilov, Hutter 2019, algorithm 2; the decay acts on the weights themselves."""

    name: ClassVar[str] = "adamw"
    decay: NotNegative = 0.01


class RmsProp(Optimizer):
    """Hinton 2012, lecture 6: s ← smoothing·s + (1 − smoothing)·g²;  w ← w − rate·g/(√s + epsilon)."""

    name: ClassVar[str] = "rmsprop"
    rate: Positive = 0.01
    smoothing: Share = 0.99
    epsilon: Positive = 1e-8
    momentum: Share = 0.0
    decay: NotNegative = 0.0


class Constant(Arguments):
    """The rate stays."""

    name: ClassVar[str] = "constant"


class Step(Arguments):
    """The rate times ``factor`` every so many epochs, or at given ones."""

    name: ClassVar[str] = "step"
    every: Annotated[Count | None, Wanted("a whole number of epochs, at least 1")] = None
    factor: Positive = 0.1
    at: Annotated[list[Annotated[int, Field(ge=0)]] | None, Wanted("a list of epochs")] = None


class Plateau(Arguments):
    """The rate times ``factor`` when the loss has not fallen for ``patience`` epochs."""

    name: ClassVar[str] = "plateau"
    patience: Count = 10
    factor: Positive = 0.1


class Cosine(Arguments):
    """Down to 0 by half a cosine (Loshchilov, Hutter 2017, eq. 5, no restarts)."""

    name: ClassVar[str] = "cosine"


class Warmup(Arguments):
    """Up in a straight line over the first epochs: step i of n, from 1, has i/n of the rate (Goyal et al. 2017)."""

    name: ClassVar[str] = "warmup"
    epochs: Positive


class Poly(Arguments):
    """rate · (1 − t)^power, t from 0 to 1."""

    name: ClassVar[str] = "poly"
    power: Positive = 1.0


class Patience(Arguments):
    """Stop when the loss has not fallen for so many epochs."""

    name: ClassVar[str] = "patience"
    epochs: Count


OPTIMIZERS: dict[str, type[Arguments]] = {c.name: c for c in (Sgd, Adam, AdamW, RmsProp)}
SCHEDULES: dict[str, type[Arguments]] = {c.name: c for c in (Constant, Step, Plateau, Cosine, Warmup, Poly)}
STOPS: dict[str, type[Arguments]] = {Patience.name: Patience}


class Train(Arguments):
    """How a net is trained. ``loss`` maps outputs to losses; "" stands for every output."""

    name: ClassVar[str] = "train"
    loss: Annotated[dict[str, str], Wanted(" | ".join(LOSSES), LOSSES)] = {}
    optimizer: Annotated[SerializeAsAny[Arguments], Wanted(" | ".join(OPTIMIZERS), tuple(OPTIMIZERS))] = Sgd()
    schedule: Annotated[tuple[SerializeAsAny[Arguments], ...], Wanted(" | ".join(SCHEDULES), tuple(SCHEDULES))] = (
        Constant(),
    )
    batch: Count = 32
    epochs: Count = 10
    seed: Whole = 0
    clip: Annotated[Positive | None, Wanted("a number above 0")] = None
    label_smoothing: Share = 0.0
    average: Annotated[Share | None, Wanted("a number from 0 to below 1")] = None
    stop: Annotated[SerializeAsAny[Arguments] | None, Wanted("patience(epochs)", tuple(STOPS))] = None

    def to_json(self) -> dict[str, Any]:
        """As plain values, words written as a file would."""
        told: Mapping[str, Any] = self.arguments()
        return {
            key: " -> ".join(map(str, value)) if key == "schedule" else str(value) if isinstance(value, Arguments) else value
            for key, value in told.items()
        }
