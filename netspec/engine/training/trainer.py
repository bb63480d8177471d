"""Training as a stream of events: the caller draws, saves and decides when to stop; nothing is printed here."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import Protocol

from netspec.data.scores import Score
from netspec.diagnostics import Fault
from netspec.engine.kernel import Array, Clock
from netspec.engine.planning.ways import Ways
from netspec.engine.training.checkpoint import Place, State
from netspec.engine.training.events import Epoch, Event, Figures, Judge, Progress, Started
from netspec.engine.training.schedule import Schedule
from netspec.engine.training.steps import Beginning, Stepping, by_engine
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
    ``class_weights`` say, by output, what an answer of each class counts in the loss of training; ``stepping`` makes
    what takes the steps.
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
        stepping: Stepping = by_engine,
    ) -> None:
        self.graph, self.settings, self.batches, self.stop = graph, settings, batches, stop
        self.over, self.recompute, self.judge, self.stepping = over, recompute, judge, stepping
        self.place = Place() if state is None else state.place
        self.clock = Clock(seed, self.place.steps)
        self.schedule = Schedule(settings.schedule, settings.epochs, *self.place.schedule)
        given, kept = (weights, {}) if state is None else (state.weights, state.kept)
        self.begin: Beginning | None = Beginning(
            graph, settings, given, kept, self.clock, workers, ways, recompute, class_weights
        )
        self.stopped = False

    def run(self) -> Iterator[Event]:
        """Every event, to the last epoch or until ``stop`` says so.

        Raises Fault N704 where a loss or gradient is not finite, before it reaches the weights.
        """
        batch = min(self.settings.batch, len(self.batches))
        assert self.begin is not None
        begun, self.begin = self.stepping(self.begin, batch), None  # what takes the steps has weights of its own
        with begun as self.steps:
            steps = -(-len(self.batches) // batch)
            left = max(self.settings.epochs - self.place.epoch - self.place.step / steps, 0.0)
            taker = self.steps
            yield Started(batch, taker.chunk, taker.workers, taker.bytes, steps, self.recompute, left)
            while not self._ends():
                yield from self._epoch(batch, steps)
                if self.stopped:
                    return

    def _ends(self) -> bool:
        """Whether all is done."""
        stop = self.settings.stop
        return self.place.epoch >= self.settings.epochs or (stop is not None and stop.ends(self.place.waited))

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
        scores = {} if self.judge is None else self.judge(self.steps.weights(True))
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
            partial(self.steps.weights, True),
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
        n, place = len(next(iter(inputs.values()))), self.place
        taken = self.steps.take(inputs, targets, multiple)
        if taken is None:
            layer = self.steps.first_not_finite() or "the weights"
            none = "" if place.epoch else "; no epoch was finished: there are no weights to go back to"
            raise Fault(
                "N704",
                f"training diverged in epoch {place.epoch + 1}, step {place.step + 1}: "
                f"{layer} is the first value that is not finite",
                help=f"try a smaller rate, `clip: 1` or a warm-up{none}",
            )
        self.clock.step += 1
        self.place = replace(
            place,
            loss=place.loss + taken.loss * n,
            right=place.right + taken.right,
            count=place.count + taken.count,
            seen=place.seen + n,
            heads=_added(place.heads, taken.heads, n),
        )

    def _state(self) -> Callable[[], State]:
        """Copies what a later run goes on from."""
        place, steps = self.place, self.steps
        return lambda: State(place, steps.weights(False), steps.kept())


def _added(
    heads: Mapping[str, tuple[float, int, int]], step: Mapping[str, tuple[float, int, int]], n: int
) -> dict[str, tuple[float, int, int]]:  # fmt: skip
    """The sums of an epoch with those of a step on ``n`` examples."""
    added = {}
    for name, (loss, right, count) in step.items():
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
