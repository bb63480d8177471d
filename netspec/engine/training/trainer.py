"""Training as a stream of events: the caller draws, saves and decides when to stop; nothing is printed here."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import replace
from typing import Protocol

import numpy as np

from netspec.data.scores import Score
from netspec.diagnostics import Fault
from netspec.engine.kernel import Array, Clock
from netspec.engine.planning import make
from netspec.engine.planning.needs import training_bytes
from netspec.engine.planning.plan import Plan
from netspec.engine.planning.ways import Ways
from netspec.engine.running.parameters import Parameters
from netspec.engine.running.runner import Runner
from netspec.engine.running.threads import pool
from netspec.engine.training.checkpoint import Place, State
from netspec.engine.training.events import Epoch, Event, Figures, Judge, Progress, Started
from netspec.engine.training.optimiser import Optimiser
from netspec.engine.training.schedule import Schedule
from netspec.graph import Graph
from netspec.settings import Train


class Batches(Protocol):
    """Where examples come from: inputs channels last, targets by output as their losses read them."""

    def __len__(self) -> int: ...

    def epoch(
        self, number: int, batch: int, first: int = 0
    ) -> Generator[tuple[Mapping[str, Array], Mapping[str, Array]], None, None]:
        """The batches of an epoch from the ``first`` on, in an order that its number decides."""


class Trainer:
    """Runs the epochs of one training. ``stop`` is asked after each step; ``state`` is where an earlier run ended.

    ``over`` is asked too, whether the time is: an epoch whose steps are done is then judged before training ends.
    ``judge`` scores the weights after each epoch: its loss, else that of training, decides for a plateau and ``stop``.
    ``class_weights`` say, by output, what an answer of each class counts in the loss of training.
    """

    def __init__(
        self,
        graph: Graph,
        weights: Mapping[str, Array],
        settings: Train,
        batches: Batches,
        seed: int,
        stop: Callable[[], bool],
        workers: int | None = None,
        state: State | None = None,
        ways: Ways | None = None,
        recompute: bool = False,
        judge: Judge | None = None,
        over: Callable[[], bool] = lambda: False,
        class_weights: Mapping[str, Array] | None = None,
    ) -> None:
        self.graph, self.settings, self.batches, self.stop, self.workers = graph, settings, batches, stop, workers
        self.over, self.by_class = over, class_weights
        self.weights: Mapping[str, Array] = weights if state is None else state.weights
        self.left = state
        self.place = Place() if state is None else state.place
        self.clock = Clock(seed, self.place.steps)
        self.schedule = Schedule(settings.schedule, settings.epochs, *self.place.schedule)
        self.ways, self.recompute, self.judge = ways, recompute, judge
        self.average: Array | None = None
        self.stopped = False

    def run(self) -> Iterator[Event]:
        """Every event, to the last epoch or until ``stop`` says so.

        Raises Fault N704 where a loss or gradient is not finite, before it reaches the weights.
        """
        batch = min(self.settings.batch, len(self.batches))
        with pool(self.workers) as workers, ExitStack() as stack:
            plan = self._plan(batch)
            store = Parameters(self.graph, plan.kernels, self.weights, np.float32)
            optimiser = Optimiser(self.settings.optimizer, store, self.settings.clip)
            self._restore(store, optimiser)
            self.weights, self.left = {}, None  # the store has its own
            runner = stack.enter_context(
                closing(
                    Runner(
                        plan, store, workers, self.clock, self.settings.label_smoothing, optimiser, True, self.by_class
                    )
                )
            )
            self.runners, self.store, self.optimiser, self.pool = {batch: runner}, store, optimiser, workers
            steps = -(-len(self.batches) // batch)
            used = training_bytes(plan, len(optimiser.state) + (self.settings.average is not None), runner.workers)
            left = max(self.settings.epochs - self.place.epoch - self.place.step / steps, 0.0)
            yield Started(batch, len(plan.chunks[0]), runner.workers, used, steps, self.recompute, left)
            while not self._ends():
                yield from self._epoch(batch, steps)
                if self.stopped:
                    return

    def _ends(self) -> bool:
        """Whether all is done."""
        stop = self.settings.stop
        return self.place.epoch >= self.settings.epochs or (stop is not None and stop.ends(self.place.waited))

    def _plan(self, batch: int) -> Plan:
        return make.plan(self.graph, batch, True, self.settings.loss, ways=self.ways, recompute=self.recompute)

    def _runner(self, n: int) -> Runner:
        """What runs batches of so many: the rest of an epoch has a plan of its own."""
        if n not in self.runners:
            self.runners[n] = Runner(
                self._plan(n), self.store, self.pool, self.clock, self.settings.label_smoothing, self.optimiser,
                class_weights=self.by_class,
            )  # fmt: skip
        return self.runners[n]

    def _epoch(self, batch: int, steps: int) -> Iterator[Event]:
        began, waiting, number = time.perf_counter(), 0.0, self.place.epoch
        # closed by name: a generator that is only forgotten joins its thread where Ctrl-C is lost
        with closing(self.batches.epoch(number, batch, self.place.step)) as source:
            for step in range(self.place.step, steps):
                asked = time.perf_counter()
                inputs, targets = next(source)
                waiting += time.perf_counter() - asked
                self._step(self.schedule.at(number + step / steps, 1 / steps), inputs, targets)
                self.place = replace(self.place, step=step + 1, steps=self.clock.step)
                self.stopped = self.stop() or (step + 1 < steps and self.over())
                loss = self.place.loss / self.place.seen
                yield Progress(number + 1, step + 1, steps, loss, self.stopped, self._state())
                if self.stopped:
                    return
        took, done = time.perf_counter() - began, self.place
        loss = done.loss / done.seen
        scores = {} if self.judge is None else self.judge(self.store.weights(self.average))
        if scores is None:  # the epoch ends when it is judged, by who goes on
            self.stopped = True
            yield Progress(number + 1, steps, steps, loss, True, self._state())
            return
        judged = self._judged(scores) if scores else loss
        rate = self.settings.optimizer.rate * self.schedule.at(number + 1 - 1 / steps, 1 / steps)
        self.schedule.seen(judged)
        best, waited = (judged, 0) if judged < done.best else (done.best, done.waited + 1)
        self.place = Place(number + 1, steps=self.clock.step, best=best, waited=waited, schedule=self.schedule.memory())
        ends = self._ends()
        self.stopped = not ends and self.over()
        yield Epoch(
            number + 1,
            loss,
            done.right / done.count if done.count else None,
            rate,
            took,
            waiting / took,
            lambda: self.store.weights(self.average),
            self._state(),
            ends or self.stopped,
            judged if scores else None,
            next(iter(scores.values())).accuracy if scores else None,
            outputs=_figures(done, scores),
        )

    def _judged(self, scores: Mapping[str, Score]) -> float:
        """The loss by which an epoch is judged: the sum over the outputs, each times its weight."""
        return sum(out.weight * scores[out.name].loss for out in self.graph.outputs if out.name in scores)

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
                "N704",
                f"training diverged in epoch {self.place.epoch + 1}, step {self.place.step + 1}: "
                f"{layer} is the first value that is not finite",
                help=f"try a smaller rate, `clip: 1` or a warm-up{none}",
            )
        self._averaged()
        self.clock.step += 1
        place = self.place
        self.place = replace(
            place,
            loss=place.loss + loss * n,
            right=place.right + right,
            count=place.count + count,
            seen=place.seen + n,
            heads=_added(place.heads, runner, n),
        )

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

    def _restore(self, store: Parameters, optimiser: Optimiser) -> None:
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
    added = {}
    for name, (loss, right, count) in runner.figures().items():
        before = heads.get(name, (0.0, 0, 0))
        added[name] = (before[0] + loss * n, before[1] + right, before[2] + count)
    return added


def _figures(place: Place, scores: Mapping[str, Score]) -> dict[str, Figures]:
    found = {}
    for name, (loss, right, count) in place.heads.items():
        val = scores.get(name)
        found[name] = Figures(
            loss / place.seen,
            right / count if count else None,
            None if val is None else val.loss,
            None if val is None else val.accuracy,
            val_mean_iou=None if val is None else val.mean_iou,
        )
    return found
