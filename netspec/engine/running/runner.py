"""Runs the steps of a plan, alone or with worker processes."""

from __future__ import annotations

import struct
import time
from collections.abc import Iterator, Mapping
from functools import partial

import numpy as np

from netspec.engine.kernel import Array, Clock, Run, nothing
from netspec.engine.planning.plan import Call, Plan
from netspec.engine.running import losses
from netspec.engine.running.arrays import Arrays
from netspec.engine.running.binding import Binding, collecting, preparing
from netspec.engine.running.pace import Pace
from netspec.engine.running.parameters import Parameters
from netspec.engine.running.processes import Crew
from netspec.engine.running.shared_memory import can_fork
from netspec.engine.running.threads import Pool, together
from netspec.engine.running.update import Update

#: What a worker must know of a step: the clock's step, the optimiser's steps, the multiple of its rate.
_NEWS = struct.Struct("qqd")


class Runner:
    """Runs steps of one plan; plans of other batch sizes may share its weights, in ``store``, and its ``optimiser``.

    ``class_weights`` say, by output, what an answer of each class counts in its loss.
    """

    def __init__(
        self,
        plan: Plan,
        store: Parameters,
        pool: Pool,
        clock: Clock | None = None,
        smoothing: float = 0.0,
        optimiser: Update | None = None,
        processes: bool = False,
        class_weights: Mapping[str, Array] | None = None,
    ) -> None:
        self.plan, self.store, self.pool, self.optimiser = plan, store, pool, optimiser
        self.clock, self.smoothing = clock or Clock(), smoothing
        forks = processes and can_fork()
        self.workers = pool.workers if forks and pool.asked else min(pool.workers, plan.parts)
        self.arrays = Arrays(plan, store, 1 if forks else self.workers)
        self.gradients, self.targets = self.arrays.gradients, self.arrays.targets
        self.prepare, self.collect = preparing(self.arrays), collecting(self.arrays)
        self.binding = Binding(self.arrays, self.clock, smoothing, class_weights)
        self.pace = Pace()
        self.crew = Crew(self.workers, self._share, self._hear, _NEWS.size) if forks and self.workers > 1 else None

    def value(self, name: str) -> Array:
        """A value of the whole batch: an input to fill, or a result."""
        return self.arrays.buffer(name, None)

    # ---- running

    def step(self) -> tuple[float, int, int]:
        """Forward, and in training backward: the loss of all heads, the right answers and the answers of the first.

        The gradient then stands in ``gradient``, summed over the parts in their order. An optimiser has taken its step
        where loss and gradient are finite.
        """
        if self.optimiser is not None:
            self.optimiser.steps += 1
        with np.errstate(all="ignore"):
            if self.crew is None:
                together(self.pool, self.workers, self._share)
            else:
                self._paced(self.crew)
            figures = self.figures()
        first = next((figures[output.name] for output in self.arrays.heads if not output.train), None)
        return (self._loss_of_all(), *(first[1:] if first else (0, 0)))

    def _paced(self, crew: Crew) -> None:
        """A step by all workers or by this one alone, whichever is faster now."""
        began = time.perf_counter()
        if self.pace.alone:
            crew.alone(partial(self._run, 0, 1, nothing))
        else:
            update = self.optimiser
            steps, multiple = (0, 0.0) if update is None else (update.steps, update.multiple)
            crew.step(_NEWS.pack(self.clock.step, steps, multiple))
        self.pace.took(time.perf_counter() - began)

    def figures(self) -> dict[str, tuple[float, int, int]]:
        """Of the last step, by output: its own loss, before its weight, the right answers, the answers."""
        totals = self.arrays.sums.sum(axis=1)
        return {
            output.name: (
                float(total[losses.LOSS] / (output.weight or 1)),
                int(total[losses.RIGHT]),
                int(total[losses.COUNT]),
            )
            for output, total in zip(self.arrays.heads, totals, strict=False)
        }

    def _loss_of_all(self) -> float:
        return float(self.arrays.sums[:, :, losses.LOSS].sum())

    def _hear(self, message: bytes) -> None:
        """What a process of its own must know before a step."""
        self.clock.step, steps, multiple = _NEWS.unpack(message)
        if self.optimiser is not None:
            self.optimiser.steps, self.optimiser.multiple = steps, multiple

    def _share(self, rank: int, wait: Run) -> None:
        """A worker's share of a step that all run."""
        self._run(rank, self.workers, wait)

    def _run(self, rank: int, workers: int, wait: Run) -> None:
        """A share of the step; what the barriers make of their sums is rank 0's to work out."""
        self._begin(rank, workers)
        wait()
        for before, phase in zip(self.binding.before, self.binding.calls, strict=True):
            if before:
                for call in before if rank == 0 else ():
                    call()
                wait()
            for part in phase[rank::workers]:
                for call in part:
                    call()
            wait()
        if self.plan.train:
            self._finish(rank, workers, wait)

    def _begin(self, rank: int, workers: int) -> None:
        """Sums from zero, and what is made of the weights once a step."""
        for part in range(rank, self.plan.parts, workers):
            self.arrays.zero(part)
        for call in self.prepare[rank::workers]:
            call()

    def _finish(self, rank: int, workers: int, wait: Run) -> None:
        """The gradient summed over the parts, and with an optimiser its step, stretch by stretch."""
        optimiser, gradient, direct = self.optimiser, self.gradients[0], self.store.direct
        if optimiser is None:
            self._add_up(rank, workers, 0)
        else:
            mine = range(rank, len(optimiser.stretches), workers)
            early = [i for i in mine if optimiser.stretches[i].start < direct]
            for i in early:
                self._sum(optimiser.stretches[i].start, optimiser.stretches[i].end)
                optimiser.measure(i, gradient)
            self._add_up(rank, workers, direct)
        wait()
        if self.collect:
            for call in self.collect[rank::workers]:
                call()
            wait()
        if optimiser is None:
            return
        for i in mine[len(early) :]:
            optimiser.measure(i, gradient)
        wait()
        if optimiser.finite(self._loss_of_all()):
            optimiser.apply(gradient, rank, workers)
        wait()

    def _add_up(self, rank: int, workers: int, first: int) -> None:
        """A share of the gradient from ``first`` on, summed over the parts."""
        size = self.gradients.shape[1] - first
        self._sum(first + size * rank // workers, first + size * (rank + 1) // workers)

    def _sum(self, start: int, end: int) -> None:
        total = self.gradients[0, start:end]
        for more in self.gradients[1:, start:end]:
            np.add(total, more, out=total)

    def close(self) -> None:
        """Let the processes go."""
        if self.crew is not None:
            self.crew.close()

    def first_not_finite(self) -> str | None:
        """Run the step again: the first layer, as they are computed, whose result or gradient is not finite."""
        with np.errstate(all="ignore"):
            return self._first_not_finite()

    def _first_not_finite(self) -> str | None:
        for call, phase, chunk, part, runs in self.walk():
            for run in runs:
                run()
            if call.kind == "loss":
                continue
            memory = self.binding.memory(self.binding.nodes[call.node], call.kind, phase, chunk, part)
            results = [memory.y] if call.kind == "forward" else [dx for dx in memory.dxs if dx is not None]
            if not all(np.isfinite(array).all() for array in results):
                return call.node
        return None

    def walk(self) -> Iterator[tuple[Call, int, tuple[int, int], int, list[Run]]]:
        """The step one call after the other: what each runs, with its phase, chunk and part, for the caller to run."""
        self._begin(0, 1)
        for phase, calls in enumerate(self.plan.phases):
            for run in self.binding.before[phase]:
                run()
            for number, chunk in enumerate(self.plan.chunks[phase]):
                part = number % self.plan.parts
                for call in calls:
                    yield call, phase, chunk, part, self.binding.bound(call, phase, chunk, part)

    @property
    def gradient(self) -> Array:
        """The gradient of the last step, as the store lays the weights out."""
        return self.gradients[0, : self.store.size]
