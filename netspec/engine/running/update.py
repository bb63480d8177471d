"""What a runner asks of an optimiser: to measure the gradient, and to take its step where all is finite."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from netspec.engine.kernel import Array


@dataclass(frozen=True)
class Stretch:
    """Weights beside each other with one multiple of the rate and one of the decay."""

    start: int
    end: int
    rate: float
    decay: float


class Update(Protocol):
    """One step of a rule over the flat weights, shared among workers stretch by stretch."""

    steps: int
    multiple: float
    stretches: Sequence[Stretch]

    def measure(self, index: int, gradient: Array) -> None:
        """Note the length of a stretch of the gradient."""

    def finite(self, loss: float) -> bool:
        """Whether the loss and the measured gradient are finite."""
        ...

    def apply(self, gradient: Array, worker: int, workers: int) -> None:
        """A worker's share of the step."""
