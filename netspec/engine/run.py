"""A plan bound to memory: every view made, every call ready, before the first step."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping
from math import prod
from typing import cast

import numpy as np

from netspec.engine import losses
from netspec.engine.crew import Crew, can_fork, shared
from netspec.engine.kernel import Array, Barrier, Clock, Kernel, Memory, Run, Sizes, last
from netspec.engine.optimiser import Optimiser
from netspec.engine.phases import Step
from netspec.engine.plan import Plan
from netspec.engine.store import Store
from netspec.engine.threads import Pool, together
from netspec.graph import Node
from netspec.settings.train import takes_labels
from netspec.shape import numbers

#: What a step is told: the clock's step, the optimiser's steps, the multiple of its rate.
_TOLD = struct.Struct("qqd")


class Runner:
    """Runs steps of one plan. ``store`` has the weights; plans of other batch sizes may share it and its ``optimiser``."""

    def __init__(
        self, plan: Plan, store: Store, pool: Pool, clock: Clock | None = None, smoothing: float = 0.0,
        optimiser: Optimiser | None = None, processes: bool = False,
    ) -> None:  # fmt: skip
        self.plan, self.store, self.pool, self.optimiser = plan, store, pool, optimiser
        self.clock = clock or Clock()
        self.smoothing = smoothing
        self.nodes = {node.name: node for node in plan.graph.nodes}
        forks = processes and can_fork()
        self.workers = pool.workers if forks and pool.asked else min(pool.workers, plan.parts)
        self.whole = shared(plan.batch_bytes, np.uint8)
        self.local = [np.zeros(plan.local_bytes, dtype=np.uint8) for _ in range(self.workers)]
        self.gradients = shared((plan.parts if plan.train else 0, store.gradient_size), plan.dtype)
        self.heads = [output for output in plan.graph.outputs if output.name in plan.losses]
        self.sums = shared((max(len(self.heads), 1), plan.parts, 3), np.float64)
        self.targets = self._targets()
        self._prepared()
        self._bind()
        self.crew = Crew(self.workers, self._share, self._told, _TOLD.size) if forks and self.workers > 1 else None

    # ---- memory

    def _targets(self) -> dict[str, Array]:
        made = {}
        for output in self.plan.graph.outputs:
            loss = self.plan.losses.get(output.name)
            if loss is not None:
                shape = last(numbers(self.plan.graph.shapes[output.value]))
                labels = takes_labels(loss)
                made[output.name] = shared((self.plan.batch, *(shape[:-1] if labels else shape)), np.int64 if labels else self.plan.dtype)
        return made

    def array(self, name: str, chunk: tuple[int, int] | None, worker: int) -> Array:
        """A buffer's view for a chunk, or for the whole batch."""
        buffer = self.plan.buffers[name]
        a, b = chunk or (0, self.plan.batch)
        size = self.plan.dtype.itemsize
        if not buffer.scaled:
            return self._view(self.local[worker] if buffer.local else self.whole, buffer.offset, buffer.shape(1))
        if buffer.local:
            return self._view(self.local[worker], buffer.offset, buffer.shape(b - a))
        return self._view(self.whole, buffer.offset + a * prod(buffer.image) * size, buffer.shape(b - a))

    def _view(self, arena: Array, offset: int, shape: tuple[int, ...]) -> Array:
        count = prod(shape) * self.plan.dtype.itemsize
        return arena[offset : offset + count].view(self.plan.dtype).reshape(shape)

    def value(self, name: str) -> Array:
        """A value of the whole batch: an input to fill, or a result."""
        return self.array(name, None, 0)

    # ---- binding

    def _prepared(self) -> None:
        """Weights by node and local name, with what is made of them once a step."""
        self.weights: dict[str, dict[str, Array]] = {}
        self.prepare: list[Run] = []
        self.collect: list[Run] = []
        self.totals: dict[str, dict[str, list[Array]]] = {}
        done: set[str] = set()
        for node in self.plan.graph.nodes:
            kernel = self.plan.kernels[node.name]
            own = {local: self.store.views[node.key(local)] for local in self.plan.graph.local_weights(node)}
            ready = {name: shared(shape, self.plan.dtype) for name, shape in kernel.prepared().items()}
            self.weights[node.name] = {**own, **ready}
            call = self._ready_without_batch(kernel, own, ready)
            if call is not None:
                self.prepare.append(call)
            if self.plan.train and isinstance(kernel, Barrier):
                self.totals[node.name] = {
                    which: [shared(shape, np.float64) for _ in range(self.plan.parts)] for which, shape in kernel.totals().items()
                }
            if self.plan.train and node.path not in done:
                done.add(node.path)
                self._collecting(node, kernel)

    def _ready_without_batch(self, kernel: Kernel, own: Mapping[str, Array], ready: Mapping[str, Array]) -> Run | None:
        if isinstance(kernel, Barrier) and not self.plan.train:
            return kernel.from_running(own, ready)
        return kernel.prepare(own, ready)

    def _collecting(self, node: Node, kernel: Kernel) -> None:
        total = self.store.gradient_views(self.gradients[0], node)
        for local in total:
            path = node.key(local)
            if path in self.store.extras:
                slot = self.store.slots[path]
                call = kernel.collect(local, total[local], self.gradients[0, slot.stretch].reshape(slot.shape), self.weights[node.name])
                if call is not None:
                    self.collect.append(call)

    def _bind(self) -> None:
        """For each phase and part, the calls of its chunks in order; and what stands before each phase."""
        self.before: list[list[Run]] = []
        self.calls: list[list[list[Run]]] = []
        for phase, steps in enumerate(self.plan.phases):
            self.before.append(self._readying(phase))
            parts: list[list[Run]] = [[] for _ in range(self.plan.parts)]
            for number, chunk in enumerate(self.plan.chunks[phase]):
                part = number % self.plan.parts
                for step in steps:
                    parts[part] += self._call(step, phase, chunk, part)
            self.calls.append(parts)

    def _memory(self, node: Node, kind: str, phase: int, chunk: tuple[int, int], part: int) -> Memory:
        plan, worker = self.plan, part % self.workers
        inputs, kernel = plan.remakers[node.name] if kind == "again" else (list(node.inputs), plan.kernels[node.name])
        keeps_x = kind not in ("backward", "backward_sums") or "x" in kernel.keeps
        backward = kind in ("backward", "backward_sums")
        first, end = chunk

        def get(name: str) -> Array:
            return self.array(name, chunk, worker)

        def shaped(value: str) -> Array:  # a stand-in: its shape is known, its numbers are not kept
            shape = last(numbers(plan.graph.shapes[value]))
            return np.broadcast_to(plan.dtype.type(0), (end - first, *shape))

        def value(name: str) -> Array:
            return get(plan.buffer_of(name, kind, phase))

        has_y = kind in ("forward", "again") or (backward and "y" in kernel.keeps)
        adds = plan.adds(node, phase) if kind == "backward" else {}
        sizes = {**kernel.workspace(end - first, backward), **adds}
        scratch = {name: get(f"{kind}:{node.name}:{name}") for name in sizes}
        return Memory(
            xs=[value(x) if keeps_x else shaped(x) for x in inputs],
            y=value(node.name) if has_y else shaped(node.name),
            w=self.weights[node.name],
            scratch=_cut(scratch, sizes),
            saved={name: get(f"saved:{node.name}:{name}") for name in (kernel.saved(1) if kind == "forward" or backward else ())},
            dy=get(f"d:{node.name}") if backward else None,
            dxs=self._input_gradients(node, get) if kind == "backward" else [],
            dw=self.store.gradient_views(self.gradients[part], node) if backward else {},
            clock=self.clock,
            first=first,
            fresh=plan.fresh(node, plan.chunks[phase].index(chunk)),
            key=zlib.crc32(node.name.encode()),
        )

    def _input_gradients(self, node: Node, get) -> list[Array | None]:  # type: ignore[no-untyped-def]
        added = self.plan.added(node)
        return [
            None if value not in self.plan.wanted else get(f"more:{node.name}:{i}") if i in added else get(f"d:{value}")
            for i, value in enumerate(node.inputs)
        ]

    def _call(self, step: Step, phase: int, chunk: tuple[int, int], part: int) -> list[Run]:
        if step.kind == "loss":
            return [self._loss(step.node, chunk, part)]
        node = self.nodes[step.node]
        kernel, memory = self.plan.kernels[node.name], self._memory(node, step.kind, phase, chunk, part)
        if step.kind == "again":
            return [self.plan.remakers[node.name][1].forward(memory)]
        if step.kind == "forward":
            return [kernel.forward(memory)]
        if step.kind == "backward":
            calls = [kernel.backward(memory)]
            for i in self.plan.added(node):
                target, more = self.array(f"d:{node.inputs[i]}", chunk, part % self.workers), memory.dxs[i]
                calls.append(_adding(target, cast(Array, more)))
            return calls
        barrier = cast(Barrier, kernel)
        which = "forward" if step.kind == "forward_sums" else "backward"
        totals = self.totals[node.name][which][part]
        return [(barrier.forward_sums if which == "forward" else barrier.backward_sums)(memory, totals)]

    def _loss(self, name: str, chunk: tuple[int, int], part: int) -> Run:
        output = next(out for out in self.plan.graph.outputs if out.name == name)
        value = self.plan.fused().get(name, output.value)
        end = self.nodes[output.value].op.name if value != output.value else ""
        a, b = chunk
        sums = self.sums[self.heads.index(output), part]
        z, dz, work = (self.array(n, chunk, part % self.workers) for n in (value, f"d:{value}", f"loss:{name}"))
        return losses.bind(
            self.plan.losses[name], end, z, dz, self.targets[name][a:b], work, sums, self.plan.batch, output.weight, self.smoothing
        )  # fmt: skip

    def _readying(self, phase: int) -> list[Run]:
        """What the barriers that the phase begins with make of their sums."""
        made: list[Run] = []
        for step in self.plan.phases[phase - 1] if phase else []:
            if step.kind not in ("forward_sums", "backward_sums"):
                continue
            node = self.nodes[step.node]
            barrier = cast(Barrier, self.plan.kernels[node.name])
            memory = self._memory(node, step.kind, phase - 1, self.plan.chunks[phase - 1][0], 0)
            ready, totals = self.weights[node.name], self.totals[node.name]
            if step.kind == "forward_sums":
                made.append(barrier.forward_ready(totals["forward"], self.plan.batch, memory, ready, True))
            else:
                made.append(barrier.backward_ready(totals["backward"], self.plan.batch, memory, ready))
        return made

    # ---- running

    def step(self) -> tuple[float, int, int]:
        """Forward, and where the plan trains backward: the loss of all heads, the right answers and the answers of the first.

        The gradient then stands in ``gradient``, summed over the parts in their order. An optimiser has taken its step
        where loss and gradient are finite.
        """
        if self.optimiser is not None:
            self.optimiser.steps += 1
        with np.errstate(all="ignore"):
            if self.crew is not None:
                steps, multiple = (0, 0.0) if self.optimiser is None else (self.optimiser.steps, self.optimiser.multiple)
                self.crew.step(_TOLD.pack(self.clock.step, steps, multiple))
            else:
                together(self.pool, self.workers, self._share)
            first = next((figures for output, figures in zip(self.heads, self.figures().values(), strict=True) if not output.train), None)
            return (self._loss_of_all(), *(first[1:] if first else (0, 0)))

    def figures(self) -> dict[str, tuple[float, int, int]]:
        """Of the last step, by output: its own loss, before its weight, the right answers, the answers."""
        totals = self.sums.sum(axis=1)
        return {
            output.name: (float(total[losses.LOSS] / (output.weight or 1)), int(total[losses.RIGHT]), int(total[losses.COUNT]))
            for output, total in zip(self.heads, totals, strict=False)
        }

    def _loss_of_all(self) -> float:
        return float(self.sums[:, :, losses.LOSS].sum())

    def _told(self, message: bytes) -> None:
        """What a process of its own must know before a step."""
        self.clock.step, steps, multiple = _TOLD.unpack(message)
        if self.optimiser is not None:
            self.optimiser.steps, self.optimiser.multiple = steps, multiple

    def _share(self, rank: int, wait: Run) -> None:
        """A worker's share of the step; what the barriers make of their sums is rank 0's to work out."""
        self._begin(rank)
        wait()
        for before, phase in zip(self.before, self.calls, strict=True):
            if before:
                for call in before if rank == 0 else ():
                    call()
                wait()
            for part in phase[rank :: self.workers]:
                for call in part:
                    call()
            wait()
        if self.plan.train:
            self._finish(rank, wait)

    def _begin(self, worker: int) -> None:
        """Sums from zero, and what is made of the weights once a step."""
        for part in range(worker, self.plan.parts, self.workers):
            self.sums[:, part] = 0
            self.gradients[part : part + 1] = 0
            for totals in self.totals.values():
                for parts in totals.values():
                    parts[part][:] = 0
        for call in self.prepare[worker :: self.workers]:
            call()

    def _finish(self, worker: int, wait: Run) -> None:
        """The gradient summed over the parts, and with an optimiser its step, stretch by stretch."""
        optimiser, gradient, direct = self.optimiser, self.gradients[0], self.store.direct
        if optimiser is None:
            self._add_up(worker, 0)
        else:
            mine = range(worker, len(optimiser.stretches), self.workers)
            early = [i for i in mine if optimiser.stretches[i].start < direct]
            for i in early:
                self._sum(optimiser.stretches[i].start, optimiser.stretches[i].end)
                optimiser.measure(i, gradient)
            self._add_up(worker, direct)
        wait()
        if self.collect:
            for call in self.collect[worker :: self.workers]:
                call()
            wait()
        if optimiser is None:
            return
        for i in mine[len(early) :]:
            optimiser.measure(i, gradient)
        wait()
        if optimiser.finite(self._loss_of_all()):
            optimiser.apply(gradient, worker, self.workers)
        wait()

    def _add_up(self, worker: int, first: int) -> None:
        """A worker's stretch of the gradient from ``first`` on, summed over the parts."""
        size = self.gradients.shape[1] - first
        self._sum(first + size * worker // self.workers, first + size * (worker + 1) // self.workers)

    def _sum(self, start: int, end: int) -> None:
        total = self.gradients[0, start:end]
        for more in self.gradients[1:, start:end]:
            np.add(total, more, out=total)

    def close(self) -> None:
        """Let the processes go."""
        if self.crew is not None:
            self.crew.close()

    def first_not_finite(self) -> str | None:
        """The first layer, in the order of computation, whose result or gradient is not finite; it runs the step again."""
        with np.errstate(all="ignore"):
            return self._first_not_finite()

    def _first_not_finite(self) -> str | None:
        for step, phase, chunk, part, calls in self.walk():
            for call in calls:
                call()
            if step.kind == "loss":
                continue
            memory = self._memory(self.nodes[step.node], step.kind, phase, chunk, part)
            made = [memory.y] if step.kind == "forward" else [dx for dx in memory.dxs if dx is not None]
            if not all(np.isfinite(array).all() for array in made):
                return step.node
        return None

    def walk(self) -> Iterator[tuple[Step, int, tuple[int, int], int, list[Run]]]:
        """The step one call after the other: each kernel's calls with their phase, chunk and part, for the caller to make."""
        for worker in range(self.workers):
            self._begin(worker)
        for phase, steps in enumerate(self.plan.phases):
            for call in self.before[phase]:
                call()
            for number, chunk in enumerate(self.plan.chunks[phase]):
                part = number % self.plan.parts
                for step in steps:
                    yield step, phase, chunk, part, self._call(step, phase, chunk, part)

    @property
    def gradient(self) -> Array:
        """The gradient of the last step, as the store lays the weights out."""
        return self.gradients[0, : self.store.size]


def _adding(target: Array, more: Array) -> Run:
    return lambda: np.add(target, more, out=target)


def _cut(scratch: Mapping[str, Array], shapes: Sizes) -> dict[str, Array]:
    """Workspace was laid out for the largest chunk; a smaller one takes the front of it."""
    return {name: scratch[name].reshape(-1)[: prod(shape)].reshape(shape) for name, shape in shapes.items()}
