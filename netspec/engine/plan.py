"""What a step does, in which order, and in which memory: known before the first number is computed.

A phase is a run of operators that a worker takes one chunk of images through, while it is in cache; phases
are parted only where sums over the whole batch are needed (batch normalisation). What is born and dies in one
phase exists once a worker, for a chunk; the rest for the whole batch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import prod

import numpy as np

from netspec.engine import phases
from netspec.engine.kernel import Kernel, Sizes, sizes_of
from netspec.engine.kernels import kernel_for
from netspec.engine.optimiser import stretch_length
from netspec.engine.phases import Step
from netspec.engine.placing import Buffer, place
from netspec.graph import Graph, Node
from netspec.ops.operator import fixed

#: Numbers that one layer of a chunk should touch: with float32 4 MiB, a little above the cache of a core.
CHUNK_NUMBERS = 2**20
#: Bytes of the interpreter's own, for each call with its views, and at most of a worker's for the copies that BLAS makes of
#: what it multiplies (measured: benchmarks/memory.py).
OWN, CALL, PACKED = 8_000_000, 7_000, 10_000_000
#: Partial sums of gradients: so many for small nets, two from LARGE_NET numbers on.
PARTS, LARGE_NET = 4, 2**20


@dataclass
class Plan:
    """Phases, buffers and sizes of one step on ``batch`` images."""

    graph: Graph
    batch: int
    train: bool
    losses: Mapping[str, str]
    dtype: np.dtype[np.floating]
    chunks: list[list[tuple[int, int]]] = field(default_factory=list)
    parts: int = 1
    kernels: dict[str, Kernel] = field(default_factory=dict)
    phases: list[list[Step]] = field(default_factory=list)
    buffers: dict[str, Buffer] = field(default_factory=dict)
    local_bytes: int = 0
    batch_bytes: int = 0
    wanted: set[str] = field(default_factory=set)
    adding: set[tuple[str, int]] = field(default_factory=set)
    uses: Counter[str] = field(default_factory=Counter)
    remakers: dict[str, tuple[list[str], Kernel]] = field(default_factory=dict)

    def training_bytes(self, state: int, workers: int) -> int:
        """What training takes at its peak: buffers, weights and what is made of them, partial gradients, ``state`` numbers a weight."""
        weights = sum(prod(weight.shape) for weight in self.graph.weights.values())
        trained = self.graph.parameters()
        own = {node.path: self.kernels[node.name] for node in self.graph.nodes}
        extras = sum(prod(shape) for kernel in own.values() for shape in kernel.extras().values())
        ready = sum(prod(shape) for kernel in self.kernels.values() for shape in kernel.prepared().values())
        counted = weights + ready + state * trained + self.parts * (trained + extras)
        workers = min(workers, self.parts)
        calls = sum(
            times * (self.kernels[step.node].stretches(images) if step.node in self.kernels else 1)
            for chunks, steps in zip(self.chunks, self.phases, strict=True)
            for images, times in Counter(b - a for a, b in chunks).items() for step in steps
        )  # fmt: skip
        images = max(self.largest(phase) for phase in range(len(self.chunks)))
        packed = min(PACKED, images * max(prod(kernel.y) for kernel in self.kernels.values()) * self.dtype.itemsize // 2)
        work = 2 * stretch_length(weights) * self.dtype.itemsize
        held = sum(self._touched(worker, workers) + packed + work for worker in range(workers))
        return OWN + CALL * calls + self.batch_bytes + held + counted * self.dtype.itemsize

    def _touched(self, worker: int, workers: int) -> int:
        """Bytes of a worker's own memory that it ever writes: it has no chunk in some phases."""
        size = self.dtype.itemsize
        busy = {p for p, chunks in enumerate(self.chunks) if any(n % self.parts % workers == worker for n in range(len(chunks)))}
        largest = [self.largest(phase) for phase in range(len(self.chunks))]
        spans = sorted({
            (buffer.offset, buffer.offset + prod(buffer.image) * (largest[buffer.phase] if buffer.scaled else 1) * size)
            for buffer in self.buffers.values() if buffer.local and buffer.phase in busy
        })  # fmt: skip
        total = end = 0
        for start, stop in spans:
            total += max(0, stop - max(start, end))
            end = max(end, stop)
        return total

    def fresh(self, node: Node, number: int) -> bool:
        """Whether a chunk's call is the first of its part to write a layer's gradients."""
        return number < self.parts and self.uses[node.path] == 1

    def adds(self, node: Node, phase: int) -> Sizes:
        """Workspace for gradients that are added, where not every chunk of the phase is the first of its part."""
        if self.fresh(node, len(self.chunks[phase]) - 1):
            return {}
        return {f"adding:{name}": shape for name, shape in self.kernels[node.name].adding().items()}

    def largest(self, phase: int) -> int:
        """Images of a phase's largest chunk."""
        return max(b - a for a, b in self.chunks[phase])

    def buffer_of(self, value: str, kind: str, phase: int) -> str:
        """Where a step of a kind finds a value: dropped ones were made again for their phase."""
        return f"again{phase}:{value}" if kind not in ("forward", "forward_sums") and value in self.remakers else value

    def reads(self, node: Node) -> list[str]:
        """Values that a backward step of a node looks at."""
        keeps = self.kernels[node.name].keeps
        return [*(node.inputs if "x" in keeps else ()), *([node.name] if "y" in keeps else ())]

    def added(self, node: Node) -> list[int]:
        """Which inputs' gradients a node adds to what others have put there; the others it may overwrite."""
        return [i for i, value in enumerate(node.inputs) if (node.name, i) in self.adding and value in self.wanted]

    def fused(self) -> dict[str, str]:
        """Outputs whose last layer is worked out together with their loss: output to the value before it."""
        found = {}
        nodes = {node.name: node for node in self.graph.nodes}
        for output in self.graph.outputs:
            loss, node = self.losses.get(output.name), nodes.get(output.value)
            if node is not None and (loss, node.op.name) in _FUSED and not self.graph.users[output.value]:
                found[output.name] = node.inputs[0]
        return found


_FUSED = {("cross_entropy", "softmax"), ("cross_entropy", "log_softmax"), ("binary_cross_entropy", "sigmoid")}


def make(
    graph: Graph, batch: int, train: bool, losses: Mapping[str, str] | None = None, dtype: object = np.float32,
    methods: Mapping[str, str] | None = None, recompute: bool = False,
) -> Plan:  # fmt: skip
    """The plan of one step; without ``train`` only forward, with running statistics. Fault N212 where an input has a free size.

    ``methods`` are those that the machine was found to run fastest (engine.methods). With ``recompute`` what a norm and the
    functions behind it made is not kept for backward but made again there, from what the norm read (Chen et al. 2016,
    section 4.2: drop the results of low cost operations).
    """
    return Outline(graph, train, losses, dtype, methods, recompute).plan(batch)


class Outline:
    """What plans of one net have in common, whatever their batch: kernels, and the steps of a phase where layers want the same chunks."""

    def __init__(
        self, graph: Graph, train: bool, losses: Mapping[str, str] | None = None, dtype: object = np.float32,
        methods: Mapping[str, str] | None = None, recompute: bool = False,
    ) -> None:  # fmt: skip
        for shape in graph.inputs.values():
            fixed(shape, f"running net {graph.name}")
        plan = self.start = Plan(graph, 1, train, dict(losses or {}), np.dtype(dtype))  # type: ignore[call-overload]
        plan.uses = Counter(node.path for node in graph.nodes)
        for node in graph.nodes:
            plan.kernels[node.name] = kernel_for(node.op, *sizes_of(graph, node), plan.uses[node.path] > 1, methods)
        plan.wanted = phases.wanted(plan) if train else set()
        if train and recompute:
            phases.drop(plan)
        self.images = {node.name: _images(plan, node) for node in graph.nodes}
        self.laid: dict[tuple[int, ...], Plan] = {}

    def plan(self, batch: int) -> Plan:
        """The plan of a step on so many images."""
        plan = replace(self.start, batch=batch, chunks=[], phases=[], buffers={}, adding=set())
        levels = phases.levels_of(plan, self.images)
        key = tuple(levels.values())
        if key in self.laid:
            plan.phases, plan.adding = self.laid[key].phases, self.laid[key].adding
        else:
            phases.lay_out(plan, levels)
            self.laid[key] = plan
        _cut(plan, self.images)
        place(plan)
        return plan


def _images(plan: Plan, node: Node) -> int:
    """How many images a layer should run on at a time: what it touches near the cache, or near its weights."""
    kernel = plan.kernels[node.name]
    one, two = kernel.scratch(1), kernel.scratch(2)
    growing = sum(prod(shape) for name, shape in one.items() if two[name] != shape)
    touched = max(1, growing + prod(kernel.y) + sum(map(prod, kernel.xs)))
    return max(1, max(CHUNK_NUMBERS, 2 * phases.weight_numbers(plan, node)) // touched)


def _cut(plan: Plan, images: Mapping[str, int]) -> None:
    """Part the batch into equal chunks, a phase at a time; shapes decide, never threads."""
    parts = PARTS if plan.graph.parameters() < LARGE_NET else 2
    units = not any(len(shape) > 1 for shape in plan.graph.shapes.values())
    for steps in plan.phases:
        least = min((images[step.node] for step in steps if step.node in images), default=plan.batch)
        count = max(-(-plan.batch // least), 2)
        count = min(-(-count // 2) * 2 if count <= 2 else -(-count // parts) * parts, plan.batch)
        if units and plan.batch <= 256:
            count = 1  # units only: one long product beats two short ones
        bounds = [plan.batch * i // count for i in range(count + 1)]
        plan.chunks.append(list(pairwise(bounds)))
    plan.parts = min(max(map(len, plan.chunks)), parts)
