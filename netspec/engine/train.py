"""Training as a stream of events: the caller draws, saves and decides when to stop; nothing is printed here."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from netspec.diagnostics import Fault
from netspec.engine import losses
from netspec.engine import plan as planning
from netspec.engine.kernel import Array, Clock
from netspec.engine.optimiser import Optimiser
from netspec.engine.plan import Plan
from netspec.engine.run import Runner
from netspec.engine.schedule import Schedule
from netspec.engine.store import Store
from netspec.engine.threads import pool
from netspec.graph import Graph
from netspec.settings import Train


class Batches(Protocol):
    """Where examples come from: inputs channels last, targets by output."""

    def __len__(self) -> int: ...

    def epoch(self, number: int, batch: int) -> Iterator[tuple[Mapping[str, Array], Mapping[str, Array]]]:
        """The batches of an epoch, in an order that its number decides."""


@dataclass(frozen=True)
class Started:
    """The first event: what is about to run."""

    batch: int
    chunks: int
    workers: int
    training_bytes: int
    steps: int


@dataclass(frozen=True)
class Progress:
    """A step is done."""

    epoch: int
    step: int
    steps: int
    loss: float


@dataclass(frozen=True)
class Epoch:
    """An epoch is done; ``weights`` makes a copy of them, float32, as files have them."""

    number: int
    loss: float
    accuracy: float | None
    rate: float
    seconds: float
    waited: float
    weights: Callable[[], dict[str, Array]]
    test_right: int = 0
    test_count: int = 0


Event = Started | Progress | Epoch


def reconstructs(graph: Graph, output: str, loss: str) -> bool:
    """Whether an output rebuilds the input: one input, of the same shape, and a loss between numbers (an auto-encoder)."""
    value = next(out.value for out in graph.outputs if out.name == output)
    shapes = list(graph.inputs.values())
    return not losses.takes_labels(loss) and len(shapes) == 1 and graph.shapes[value] == shapes[0]


class Trainer:
    """Runs the epochs of one training. ``stop`` is asked after every step."""

    def __init__(
        self, graph: Graph, weights: Mapping[str, Array], settings: Train, batches: Batches, seed: int,
        stop: Callable[[], bool], workers: int | None = None,
    ) -> None:  # fmt: skip
        self.graph, self.settings, self.batches, self.stop = graph, settings, batches, stop
        self.weights, self.workers = weights, workers
        self.clock = Clock(seed)
        self.schedule = Schedule(settings.schedule, settings.epochs)
        self.average: Array | None = None

    def run(self) -> Iterator[Event]:
        """Every event, to the last epoch or until ``stop`` says so.

        Raises Fault N704 where a loss or gradient is not finite, before it reaches the weights.
        """
        batch = min(self.settings.batch, len(self.batches))
        with pool(self.workers) as workers, ExitStack() as stack:
            plan = self._plan(batch)
            store = Store(self.graph, plan.kernels, self.weights, np.float32)
            runner = stack.enter_context(closing(Runner(plan, store, workers, self.clock, self.settings.label_smoothing, processes=True)))
            runners = {batch: runner}
            optimiser = Optimiser(self.settings.optimizer, store, workers)
            steps = -(-len(self.batches) // batch)
            used = plan.training_bytes(len(optimiser.state), runners[batch].workers)
            yield Started(batch, len(plan.chunks[0]), runners[batch].workers, used, steps)
            best, waited = np.inf, 0
            for number in range(self.settings.epochs):
                done: Epoch | None = None
                for event in self._epoch(number, steps, batch, runners, store, optimiser, workers):
                    yield event
                    done = event if isinstance(event, Epoch) else None
                if done is None:
                    return
                self.schedule.seen(done.loss)
                best, waited = (done.loss, 0) if done.loss < best else (best, waited + 1)
                patience = getattr(self.settings.stop, "epochs", None)
                if patience is not None and waited >= patience:
                    return

    def _plan(self, batch: int) -> Plan:
        return planning.make(self.graph, batch, True, self.settings.loss)

    def _epoch(self, number, steps, batch, runners, store, optimiser, workers) -> Iterator[Event]:  # type: ignore[no-untyped-def]
        began, waiting, loss, right, count, seen = time.perf_counter(), 0.0, 0.0, 0, 0, 0
        source = self.batches.epoch(number, batch)
        for step in range(steps):
            asked = time.perf_counter()
            inputs, targets = next(source)
            waiting += time.perf_counter() - asked
            n = len(next(iter(inputs.values())))
            if n not in runners:
                runners[n] = Runner(self._plan(n), store, workers, self.clock, self.settings.label_smoothing)
            runner: Runner = runners[n]
            for name, array in inputs.items():
                np.copyto(runner.value(name), array)
            for name, array in targets.items():
                np.copyto(runner.targets[name], self._target(name, array, inputs, runner))
            one, hits, answers = runner.step()
            gradient = self._checked(runner, one, number, step)
            rate = self.schedule.at(number + step / steps)
            optimiser.step(gradient, rate)
            self._averaged(store)
            self.clock.step += 1
            loss, right, count, seen = loss + one * n, right + hits, count + answers, seen + n
            yield Progress(number + 1, step + 1, steps, loss / seen)
            if self.stop():
                return
        took = time.perf_counter() - began
        accuracy = right / count if count else None
        optimizer: Any = self.settings.optimizer
        rate = optimizer.rate * self.schedule.at(number + 1 - 1 / steps)
        yield Epoch(number + 1, loss / seen, accuracy, rate, took, waiting / took, lambda: store.weights(self.average))

    def _target(self, name: str, labels: Array, inputs: Mapping[str, Array], runner: Runner) -> Array:
        """What an output is held against: class numbers, the input itself where it is rebuilt, else one-hot."""
        loss, wanted = self.settings.loss[name], runner.targets[name]
        if losses.takes_labels(loss):
            return labels.reshape(wanted.shape)
        if reconstructs(self.graph, name, loss):
            return next(iter(inputs.values())).reshape(wanted.shape)
        return losses.as_array(labels, wanted.shape[1:], wanted.dtype)

    def _checked(self, runner: Runner, loss: float, epoch: int, step: int) -> Array:
        """The gradient, clipped where asked; Fault where loss or gradient is not finite."""
        gradient = runner.gradient
        square = float(np.vdot(gradient, gradient)) if gradient.size else 0.0
        if not np.isfinite(loss) or not np.isfinite(square):
            layer = runner.first_not_finite() or "the weights"
            raise Fault(
                "N704", f"the numbers ran away in epoch {epoch + 1}, step {step + 1}: {layer} is the first that is not finite",
                help="a smaller rate, `clip: 1`, or a warm-up may hold them; the weights of the last epoch are kept",
            )  # fmt: skip
        clip = self.settings.clip
        if clip is not None and square > clip * clip:
            np.multiply(gradient, clip / np.sqrt(square), out=gradient)
        return gradient

    def _averaged(self, store: Store) -> None:
        keep = self.settings.average
        if keep is None:
            return
        if self.average is None:
            self.average = store.flat.copy()
            return
        np.multiply(self.average, keep, out=self.average)
        np.add(self.average, store.flat * np.float32(1 - keep), out=self.average)
