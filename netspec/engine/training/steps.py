"""What takes the steps of a training: forward, backward, update, and what they keep from one to the next."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from netspec.engine.kernel import Array, Clock
from netspec.engine.planning import make
from netspec.engine.planning.needs import training_bytes
from netspec.engine.planning.plan import Plan
from netspec.engine.planning.ways import Ways
from netspec.engine.running.parameters import Parameters
from netspec.engine.running.runner import Runner
from netspec.engine.running.threads import Pool, pool
from netspec.engine.training.optimiser import Optimiser
from netspec.graph import Graph
from netspec.settings import Train

Arrays = Mapping[str, Array]


@dataclass(frozen=True)
class Beginning:
    """What steps begin with: the net, its settings, all weights, and what an earlier run ``kept`` by name and path.

    ``clock`` counts the steps; who has them adds one after each. ``class_weights`` say, by output, what an answer of
    each class counts in the loss.
    """

    graph: Graph
    settings: Train
    weights: Arrays
    kept: Mapping[str, Arrays]
    clock: Clock
    workers: int | None = None
    ways: Ways | None = None
    recompute: bool = False
    class_weights: Arrays | None = None


@dataclass(frozen=True)
class Taken:
    """The figures of a step: the whole loss, right answers and answers of the first output, and these of ``heads``."""

    loss: float
    right: int
    count: int
    heads: Mapping[str, tuple[float, int, int]]


class Steps(Protocol):
    """Takes steps; ``chunk`` images go at a time through a worker, ``bytes`` is the memory that a step needs."""

    chunk: int
    workers: int
    bytes: int

    def take(self, inputs: Arrays, targets: Arrays, multiple: float) -> Taken | None:
        """One step with a multiple of the rate, on inputs channels last; None where loss or gradient is not finite.

        The weights then stay as they were.
        """

    def first_not_finite(self) -> str | None:
        """The layer whose result or gradient is the first that is not finite in the step that was not taken."""

    def weights(self, averaged: bool) -> dict[str, Array]:
        """A copy of all weights as files have them, float32; trained ones averaged where the training does so."""

    def kept(self) -> dict[str, dict[str, Array]]:
        """A copy of what the optimiser and the averaging remember of each trained weight, by name and path."""


#: Makes what takes the steps, for batches of so many examples at most, while it is in use.
Stepping = Callable[[Beginning, int], AbstractContextManager[Steps]]


@contextmanager
def by_engine(begin: Beginning, batch: int) -> Iterator[Steps]:
    """Steps by this engine, with workers that end with them."""
    with pool(begin.workers) as workers, ExitStack() as stack:
        steps = EngineSteps(begin, batch, workers)
        del begin  # the store has the weights
        stack.enter_context(closing(steps.runners[batch]))
        yield steps


class EngineSteps:
    """Runs a plan for each size of batch, on one set of weights."""

    def __init__(self, begin: Beginning, batch: int, workers: Pool) -> None:
        self.graph, self.settings, self.clock, self.pool = begin.graph, begin.settings, begin.clock, workers
        self.ways, self.recompute, self.by_class = begin.ways, begin.recompute, begin.class_weights
        plan = self._plan(batch)
        self.store = Parameters(begin.graph, plan.kernels, begin.weights, np.float32)
        self.optimiser = Optimiser(begin.settings.optimizer, self.store, begin.settings.clip)
        self.average: Array | None = None
        self._restore(begin.kept)
        self.runners = {batch: self._made(plan, True)}
        self.last = self.runners[batch]
        self.chunk, self.workers = len(plan.chunks[0]), self.last.workers
        kept = len(self.optimiser.state) + (self.settings.average is not None)
        self.bytes = training_bytes(plan, kept, self.workers)

    def _plan(self, batch: int) -> Plan:
        return make.plan(self.graph, batch, True, self.settings.loss, ways=self.ways, recompute=self.recompute)

    def _made(self, plan: Plan, processes: bool) -> Runner:
        return Runner(
            plan, self.store, self.pool, self.clock, self.settings.label_smoothing, self.optimiser, processes,
            self.by_class,
        )  # fmt: skip

    def _restore(self, kept: Mapping[str, Arrays]) -> None:
        if not kept:
            return
        self.optimiser.steps = self.clock.step
        for name, flat in self.optimiser.state.items():
            self.store.fill(flat, kept[name])
        if "average" in kept:
            self.average = np.zeros_like(self.store.flat)
            self.store.fill(self.average, kept["average"])

    def take(self, inputs: Arrays, targets: Arrays, multiple: float) -> Taken | None:
        """One step; the rest of an epoch has a plan of its own."""
        n = len(next(iter(inputs.values())))
        if n not in self.runners:
            self.runners[n] = self._made(self._plan(n), False)
        self.last = runner = self.runners[n]
        for name, array in inputs.items():
            np.copyto(runner.value(name), array)
        for name, array in targets.items():
            np.copyto(runner.targets[name], array)
        self.optimiser.multiple = multiple
        loss, right, count = runner.step()
        if not self.optimiser.finite(loss):
            return None
        self._averaged()
        return Taken(loss, right, count, runner.figures())

    def _averaged(self) -> None:
        keep = self.settings.average
        if keep is None:
            return
        if self.average is None:
            self.average = self.store.flat.copy()
            return
        with np.errstate(all="ignore"):
            np.multiply(self.average, keep, out=self.average)
            np.add(self.average, self.store.flat * np.float32(1 - keep), out=self.average)

    def first_not_finite(self) -> str | None:
        """Runs the step again."""
        return self.last.first_not_finite()

    def weights(self, averaged: bool) -> dict[str, Array]:
        """From the store."""
        return self.store.weights(self.average if averaged else None)

    def kept(self) -> dict[str, dict[str, Array]]:
        """From the optimiser's flat arrays."""
        found = {name: self.store.trained(flat) for name, flat in self.optimiser.state.items()}
        if self.average is not None:
            found["average"] = self.store.trained(self.average)
        return found
