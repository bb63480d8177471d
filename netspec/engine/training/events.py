"""What a training tells while it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from netspec.data.scores import Score
from netspec.diagnostics.html import Told
from netspec.engine.kernel import Array
from netspec.engine.training.checkpoint import State


@dataclass(frozen=True)
class Started(Told):
    """The first event: what is about to run. ``left`` are the epochs that are still to come, from where it stands."""

    batch: int
    chunks: int
    workers: int
    training_bytes: int
    steps: int
    recompute: bool
    left: float = 0.0


@dataclass(frozen=True)
class Progress(Told):
    """A step is done, the ``last`` where training was asked to stop; ``state`` copies what a later run goes on from."""

    epoch: int
    step: int
    steps: int
    loss: float
    last: bool
    state: Callable[[], State]


@dataclass(frozen=True)
class Figures(Told):
    """What an epoch gave of one output: its own loss and share of right answers, in training, validation and test.

    An output that answers at each place has mean intersections over unions too.
    """

    loss: float
    accuracy: float | None
    val_loss: float | None = None
    val_accuracy: float | None = None
    test_loss: float | None = None
    test_accuracy: float | None = None
    val_mean_iou: float | None = None
    test_mean_iou: float | None = None


@dataclass(frozen=True)
class Epoch(Told):
    """An epoch is done; ``weights`` makes a copy of them, float32, as files have them.

    ``loss`` is what training makes small: the sum over the outputs, each times its weight, and ``val_loss`` the same of
    the part that judges. ``accuracy``, ``val_accuracy`` and the test's figures are those of the first output,
    ``outputs`` has each one's own. Only the ``last`` epoch has a test.
    """

    number: int
    loss: float
    accuracy: float | None
    rate: float
    seconds: float
    waited: float
    weights: Callable[[], dict[str, Array]]
    state: Callable[[], State]
    last: bool = False
    val_loss: float | None = None
    val_accuracy: float | None = None
    test_right: int = 0
    test_count: int = 0
    test_loss: float | None = None
    outputs: Mapping[str, Figures] = field(default_factory=dict)


Event = Started | Progress | Epoch
#: Scores weights, by output; None where training was asked to stop meanwhile.
Judge = Callable[[dict[str, Array]], Mapping[str, Score] | None]
