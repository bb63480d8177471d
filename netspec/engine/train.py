"""Training as a stream of events: the caller draws, saves and decides when to stop; nothing is printed here."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from netspec.diagnostics import Fault
from netspec.engine import plan as planning
from netspec.engine.kernel import Array, Clock
from netspec.engine.methods import Measured
from netspec.engine.optimiser import Optimiser
from netspec.engine.plan import Plan
from netspec.engine.run import Runner
from netspec.engine.schedule import Schedule
from netspec.engine.state import Place, State
from netspec.engine.store import Store
from netspec.engine.threads import pool
from netspec.graph import Graph
from netspec.settings import Train


class Batches(Protocol):
    """Where examples come from: inputs channels last, targets by output as their losses read them."""

    def __len__(self) -> int: ...

    def epoch(self, number: int, batch: int, first: int = 0) -> Iterator[tuple[Mapping[str, Array], Mapping[str, Array]]]:
        """The batches of an epoch from the ``first`` on, in an order that its number decides."""


@dataclass(frozen=True)
class Started:
    """The first event: what is about to run."""

    batch: int
    chunks: int
    workers: int
    training_bytes: int
    steps: int
    recompute: bool


@dataclass(frozen=True)
class Progress:
    """A step is done, the ``last`` where training was asked to stop. ``state`` copies all that a later run needs to go on from here."""

    epoch: int
    step: int
    steps: int
    loss: float
    last: bool
    state: Callable[[], State]


@dataclass(frozen=True)
class Figures:
    """What an epoch gave of one output: its own loss and share of right answers, in training and on the test set."""

    loss: float
    accuracy: float | None
    test_loss: float | None = None
    test_accuracy: float | None = None


@dataclass(frozen=True)
class Epoch:
    """An epoch is done; ``weights`` makes a copy of them, float32, as files have them.

    ``loss`` is what training makes small: the sum over the outputs, each times its weight; ``accuracy`` and the test's figures are
    those of the first output, ``outputs`` has each one's own.
    """

    number: int
    loss: float
    accuracy: float | None
    rate: float
    seconds: float
    waited: float
    weights: Callable[[], dict[str, Array]]
    state: Callable[[], State]
    test_right: int = 0
    test_count: int = 0
    test_loss: float | None = None
    outputs: Mapping[str, Figures] = field(default_factory=dict)


Event = Started | Progress | Epoch


class Trainer:
    """Runs the epochs of one training. ``stop`` is asked after every step; ``state`` is where an earlier run was left."""

    def __init__(
        self, graph: Graph, weights: Mapping[str, Array], settings: Train, batches: Batches, seed: int,
        stop: Callable[[], bool], workers: int | None = None, state: State | None = None,
        methods: Measured | None = None, recompute: bool = False,
    ) -> None:  # fmt: skip
        self.graph, self.settings, self.batches, self.stop, self.workers = graph, settings, batches, stop, workers
        self.weights: Mapping[str, Array] = weights if state is None else state.weights
        self.left = state
        self.place = Place() if state is None else state.place
        self.clock = Clock(seed, self.place.steps)
        self.schedule = Schedule(settings.schedule, settings.epochs, *self.place.schedule)
        self.methods, self.recompute = methods, recompute
        self.average: Array | None = None
        self.stopped = False

    def run(self) -> Iterator[Event]:
        """Every event, to the last epoch or until ``stop`` says so.

        Raises Fault N704 where a loss or gradient is not finite, before it reaches the weights.
        """
        batch = min(self.settings.batch, len(self.batches))
        with pool(self.workers) as workers, ExitStack() as stack:
            plan = self._plan(batch)
            store = Store(self.graph, plan.kernels, self.weights, np.float32)
            optimiser = Optimiser(self.settings.optimizer, store, self.settings.clip)
            self._restore(store, optimiser)
            self.weights, self.left = {}, None  # the store has its own
            runner = stack.enter_context(
                closing(Runner(plan, store, workers, self.clock, self.settings.label_smoothing, optimiser, processes=True))
            )
            self.runners, self.store, self.optimiser, self.pool = {batch: runner}, store, optimiser, workers
            steps = -(-len(self.batches) // batch)
            used = plan.training_bytes(len(optimiser.state) + (self.settings.average is not None), runner.workers)
            yield Started(batch, len(plan.chunks[0]), runner.workers, used, steps, self.recompute)
            patience = getattr(self.settings.stop, "epochs", None)
            while self.place.epoch < self.settings.epochs and (patience is None or self.place.waited < patience):
                yield from self._epoch(batch, steps)
                if self.stopped:
                    return

    def _plan(self, batch: int) -> Plan:
        return planning.make(self.graph, batch, True, self.settings.loss, methods=self.methods, recompute=self.recompute)

    def _runner(self, n: int) -> Runner:
        """What runs batches of so many: the rest of an epoch has a plan of its own."""
        if n not in self.runners:
            self.runners[n] = Runner(self._plan(n), self.store, self.pool, self.clock, self.settings.label_smoothing, self.optimiser)
        return self.runners[n]

    def _epoch(self, batch: int, steps: int) -> Iterator[Event]:
        began, waiting, number = time.perf_counter(), 0.0, self.place.epoch
        source = self.batches.epoch(number, batch, self.place.step)
        for step in range(self.place.step, steps):
            asked = time.perf_counter()
            inputs, targets = next(source)
            waiting += time.perf_counter() - asked
            self._step(self.schedule.at(number + step / steps, 1 / steps), inputs, targets)
            self.place = replace(self.place, step=step + 1, steps=self.clock.step)
            self.stopped = self.stop()
            yield Progress(number + 1, step + 1, steps, self.place.loss / self.place.seen, self.stopped, self._state())
            if self.stopped:
                return
        took, done = time.perf_counter() - began, self.place
        loss = done.loss / done.seen
        self.schedule.seen(loss)
        best, waited = (loss, 0) if loss < done.best else (done.best, done.waited + 1)
        self.place = Place(number + 1, steps=self.clock.step, best=best, waited=waited, schedule=self.schedule.memory())
        rate = self.settings.optimizer.rate * self.schedule.at(number + 1 - 1 / steps, 1 / steps)  # type: ignore[attr-defined]
        yield Epoch(number + 1, loss, done.right / done.count if done.count else None, rate, took, waiting / took,
                    lambda: self.store.weights(self.average), self._state(), outputs=_figures(done))  # fmt: skip

    def _step(self, multiple: float, inputs: Mapping[str, Array], targets: Mapping[str, Array]) -> None:
        """One step with a multiple of the rate; its figures go to ``place``."""
        n = len(next(iter(inputs.values())))
        runner = self._runner(n)
        for name, array in inputs.items():
            np.copyto(runner.value(name), array)
        for name, array in targets.items():
            np.copyto(runner.targets[name], array)
        self.optimiser.multiple = multiple
        loss, right, count = runner.step()
        if not self.optimiser.finite(loss):
            layer = runner.first_not_finite() or "the weights"
            none = "" if self.place.epoch else "; no epoch was finished: there are no weights to go back to"
            raise Fault(
                "N704", f"the numbers ran away in epoch {self.place.epoch + 1}, step {self.place.step + 1}: {layer} is the first that is not finite",
                help=f"a smaller rate, `clip: 1`, or a warm-up may hold them{none}",
            )  # fmt: skip
        self._averaged()
        self.clock.step += 1
        at = self.place
        self.place = replace(at, loss=at.loss + loss * n, right=at.right + right, count=at.count + count, seen=at.seen + n, heads=_added(at.heads, runner, n))

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

    # ---- going on later

    def _state(self) -> Callable[[], State]:
        place, store, optimiser = self.place, self.store, self.optimiser

        def copy() -> State:
            kept = {name: store.trained(flat) for name, flat in optimiser.state.items()}
            if self.average is not None:
                kept["average"] = store.trained(self.average)
            return State(place, store.weights(), kept)

        return copy

    def _restore(self, store: Store, optimiser: Optimiser) -> None:
        if self.left is None:
            return
        optimiser.steps = self.place.steps
        for name, flat in optimiser.state.items():
            store.fill(flat, self.left.kept[name])
        if "average" in self.left.kept:
            self.average = np.zeros_like(store.flat)
            store.fill(self.average, self.left.kept["average"])


def _added(heads: Mapping[str, tuple[float, int, int]], runner: Runner, n: int) -> dict[str, tuple[float, int, int]]:
    """The sums of an epoch with those of a step on ``n`` examples."""
    made = {}
    for name, (loss, right, count) in runner.figures().items():
        before = heads.get(name, (0.0, 0, 0))
        made[name] = (before[0] + loss * n, before[1] + right, before[2] + count)
    return made


def _figures(place: Place) -> dict[str, Figures]:
    return {name: Figures(loss / place.seen, right / count if count else None) for name, (loss, right, count) in place.heads.items()}
