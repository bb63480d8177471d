"""What a step does, in which order, and in which memory: known before the first number is computed.

A phase is a run of operators that a worker takes one chunk of images through, while it is in cache; phases
are parted only where sums over the whole batch are needed (batch normalisation). What is born and dies in one
phase exists once a worker, for a chunk; the rest for the whole batch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from math import prod

import numpy as np

from netspec.engine.kernel import Kernel, Sizes, last
from netspec.engine.kernels import kernel_for
from netspec.engine.memory import Interval, arrange
from netspec.graph import Graph, Node
from netspec.ops.operator import fixed
from netspec.shape import numbers

#: Numbers that one layer of a chunk should touch: with float32 4 MiB, a little above the cache of a core.
CHUNK_NUMBERS = 2**20
#: A layer with so many weights runs on chunks of its own size: reading them again and again would cost more than the cache saves.
HEAVY, APART = 2**18, 4
#: Bytes of the interpreter's own, and for each call with its views (measured: benchmarks/memory.py).
OWN, CALL = 9_000_000, 7_000
#: Partial sums of gradients: so many for small nets, two from LARGE_NET numbers on.
PARTS, LARGE_NET = 4, 2**20


@dataclass(frozen=True)
class Step:
    """One kernel's call in a phase: forward, backward, sums for either, forward again for backward, or the loss of an output."""

    kind: str
    node: str


@dataclass(frozen=True)
class Buffer:
    """An array of the plan. ``image`` is the shape for one image where ``scaled``, else the whole shape; ``phase`` is its first."""

    name: str
    image: tuple[int, ...]
    scaled: bool
    local: bool
    offset: int
    phase: int = 0

    def shape(self, n: int) -> tuple[int, ...]:
        """The shape for ``n`` images."""
        return (self.image[0] * n, *self.image[1:]) if self.scaled else self.image


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
    dropped: set[str] = field(default_factory=set)
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
        calls = sum(len(chunks) * len(steps) for chunks, steps in zip(self.chunks, self.phases, strict=True))
        return OWN + CALL * calls + self.batch_bytes + sum(self._touched(worker, workers) for worker in range(workers)) + counted * self.dtype.itemsize

    def _touched(self, worker: int, workers: int) -> int:
        """Bytes of a worker's own memory that it ever writes: it has no chunk in some phases."""
        size = self.dtype.itemsize
        busy = {p for p, chunks in enumerate(self.chunks) if any(n % self.parts % workers == worker for n in range(len(chunks)))}
        spans = sorted(
            (buffer.offset, buffer.offset + prod(buffer.image) * (self.largest(buffer.phase) if buffer.scaled else 1) * size)
            for buffer in self.buffers.values() if buffer.local and buffer.phase in busy
        )  # fmt: skip
        total = end = 0
        for start, stop in spans:
            total += max(0, stop - max(start, end))
            end = max(end, stop)
        return total

    def fresh(self, node: Node, phase: int, number: int) -> bool:
        """Whether a chunk's call is the first of its part to write a layer's gradients."""
        return number < self.parts and self.uses[node.path] == 1

    def adds(self, node: Node, phase: int) -> Sizes:
        """Workspace for gradients that are added, where not every chunk of the phase is the first of its part."""
        if self.fresh(node, phase, len(self.chunks[phase]) - 1):
            return {}
        return {f"adding:{name}": shape for name, shape in self.kernels[node.name].adding().items()}

    def largest(self, phase: int) -> int:
        """Images of a phase's largest chunk."""
        return max(b - a for a, b in self.chunks[phase])

    def buffer_of(self, value: str, kind: str, phase: int) -> str:
        """Where a step of a kind finds a value: dropped ones were made again for their phase."""
        return f"again{phase}:{value}" if kind not in ("forward", "forward_sums") and value in self.dropped else value

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
    for shape in graph.inputs.values():
        fixed(shape, f"running net {graph.name}")
    plan = Plan(graph, batch, train, dict(losses or {}), np.dtype(dtype))  # type: ignore[call-overload]
    plan.uses = Counter(node.path for node in graph.nodes)
    for node in graph.nodes:
        xs = [last(numbers(shape)) for shape in graph.input_shapes(node)]
        plan.kernels[node.name] = kernel_for(node.op, xs, last(numbers(node.shape)), graph.local_weights(node), plan.uses[node.path] > 1, methods)
    plan.wanted = _wanted(plan) if train else set()
    if train and recompute:
        _drop(plan)
    images = {node.name: _images(plan, node) for node in graph.nodes}
    _phases(plan, _levels(plan, images))
    _cut(plan, images)
    _place(plan)
    return plan


def _images(plan: Plan, node: Node) -> int:
    """How many images a layer should run on at a time: what it touches near the cache, or near its weights."""
    kernel = plan.kernels[node.name]
    one, two = kernel.scratch(1), kernel.scratch(2)
    growing = sum(prod(shape) for name, shape in one.items() if two[name] != shape)
    touched = max(1, growing + prod(kernel.y) + sum(map(prod, kernel.xs)))
    return max(1, max(CHUNK_NUMBERS, 2 * _numbers(plan, node)) // touched)


def _numbers(plan: Plan, node: Node) -> int:
    return sum(prod(weight.shape) for weight in plan.graph.local_weights(node).values())


def _levels(plan: Plan, images: Mapping[str, int]) -> dict[str, int]:
    """Values by the chunk they want: a heavy layer that wants chunks far from those before it begins another level."""
    levels, sizes = dict.fromkeys(plan.graph.inputs, 0), dict.fromkeys(plan.graph.inputs, 0)
    for node in plan.graph.nodes:
        before = max(node.inputs, key=lambda value: levels[value])
        level, size = levels[before], sizes[before]
        if _numbers(plan, node) >= HEAVY:
            wanted = min(images[node.name], plan.batch)
            if size and not size / APART < wanted < size * APART:
                level += 1
            size = wanted if size == 0 or level > levels[before] else size
        elif not size:
            size = min(images[node.name], plan.batch) if plan.graph.local_weights(node) else 0
        levels[node.name], sizes[node.name] = level, size
    return levels


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


def _wanted(plan: Plan) -> set[str]:
    """Values whose gradient something trained needs."""
    wanted: set[str] = set()
    for node in plan.graph.nodes:
        if plan.graph.node_parameters(node) or any(value in wanted for value in node.inputs):
            wanted.add(node.name)
    return wanted


def _drop(plan: Plan) -> None:
    """Find results that need not be kept, and from what each is made again: norms and functions from what they read, where
    that is kept anyway; concatenations from their parts, those of nested ones too, so that no chain of copies is run."""
    outputs = {output.value for output in plan.graph.outputs}
    for node in plan.graph.nodes:
        kernel = plan.kernels[node.name]
        if node.name in outputs or node.name not in plan.wanted:
            continue
        if kernel.copies:
            parts = [part for value in node.inputs for part in (plan.remakers[value][0] if _is_copy(plan, value) else [value])]
            shapes = [last(numbers(plan.graph.shapes[part])) for part in parts]
            plan.remakers[node.name] = parts, type(kernel)(node.op, shapes, kernel.y, {})
        elif kernel.elementwise and (node.inputs[0] in plan.remakers or "x" in kernel.keeps):
            plan.remakers[node.name] = list(node.inputs), kernel
    plan.dropped = set(plan.remakers)


def _is_copy(plan: Plan, value: str) -> bool:
    return value in plan.remakers and plan.kernels[value].copies


def _phases(plan: Plan, levels: Mapping[str, int]) -> None:
    graph = plan.graph
    fused, ready = plan.fused(), dict.fromkeys(graph.inputs, 0)
    skipped = {out.value for out in graph.outputs if out.name in fused}
    steps: dict[int, list[tuple[int, int, Step]]] = {}

    def add(phase: int, rank: int, order: int, kind: str, name: str) -> None:
        steps.setdefault(phase, []).append((rank, order, Step(kind, name)))

    for order, node in enumerate(graph.nodes):
        phase = max(ready[value] + (levels[value] != levels[node.name]) for value in node.inputs)
        if plan.train and plan.kernels[node.name].barrier:
            add(phase, 0, order, "forward_sums", node.name)
            phase += 1
        ready[node.name] = phase
        if node.name not in skipped:
            add(phase, 0, order, "forward", node.name)
    top = max(ready.values())
    if plan.train:
        _backward_phases(plan, top, fused, skipped, add, levels)
    plan.phases = [[step for *_, step in sorted(steps.get(p, []), key=lambda s: s[:2])] for p in range(max(steps, default=0) + 1)]
    _find_additions(plan, fused)


def _find_additions(plan: Plan, fused: dict[str, str]) -> None:
    """The first to write a gradient overwrites it, all later ones add."""
    nodes = {node.name: node for node in plan.graph.nodes}
    outputs = {output.name: output.value for output in plan.graph.outputs}
    written: set[str] = set()
    for step in (step for phase in plan.phases for step in phase):
        if step.kind == "loss":
            written.add(fused.get(step.node, outputs[step.node]))
        elif step.kind == "backward":
            for index, value in enumerate(nodes[step.node].inputs):
                if value in written:
                    plan.adding.add((step.node, index))
                written.add(value)


def _backward_phases(
    plan: Plan, top: int, fused: dict[str, str], skipped: set[str], add: Callable[[int, int, int, str, str], None],
    levels: Mapping[str, int],
) -> None:  # fmt: skip
    """Backward steps in reverse order: a gradient is there once all users of its value are done. Before a step stands what
    makes dropped values again that it reads, once a phase."""
    due: dict[str, int] = {}
    made: set[tuple[int, str]] = set()

    def again(phase: int, order: int, value: str) -> None:
        if value in plan.dropped and (phase, value) not in made:
            made.add((phase, value))
            for source in plan.remakers[value][0]:
                again(phase, order, source)
            add(phase, 2, order, "again", value)

    for order, output in enumerate(plan.graph.outputs):
        if output.name in plan.losses:
            add(top, 1, order, "loss", output.name)
            due[fused.get(output.name, output.value)] = top
    for order, node in enumerate(reversed(plan.graph.nodes)):
        if node.name not in due or node.name in skipped or node.name not in plan.wanted:
            continue
        kinds = ("backward_sums", "backward") if plan.kernels[node.name].barrier else ("backward",)
        phase = due[node.name]
        for at, kind in enumerate(kinds, phase):
            for value in plan.reads(node):
                again(at, order, value)
            add(at, 2, order, kind, node.name)
        phase += len(kinds) - 1
        for value in node.inputs:
            if value in plan.wanted:
                due[value] = max(due.get(value, 0), phase + (levels[value] != levels[node.name]))


@dataclass
class _Life:
    image: tuple[int, ...]
    scaled: bool
    first: int
    last: int
    phases: set[int]
    forced: bool = False


def _place(plan: Plan) -> None:
    """Give every buffer its life from the steps that touch it, then its place."""
    lives: dict[str, _Life] = {}

    def touch(name: str, image: tuple[int, ...], scaled: bool, time: int, phase: int, forced: bool = False) -> None:
        life = lives.setdefault(name, _Life(image, scaled, time, time, set()))
        life.forced = life.forced or forced
        life.last = time
        life.phases.add(phase)

    shapes = {name: last(numbers(shape)) for name, shape in plan.graph.shapes.items()}
    for name in plan.graph.inputs:
        touch(name, (1, *shapes[name]), True, 0, 0, forced=True)
    nodes = {node.name: node for node in plan.graph.nodes}
    outputs = {output.name: output for output in plan.graph.outputs}
    fused = plan.fused()
    time = 0
    for phase, steps in enumerate(plan.phases):
        for step in steps:
            time += 1
            if step.kind == "loss":
                value = fused.get(step.node, outputs[step.node].value)
                for name in (value, f"d:{value}"):
                    touch(name, (1, *shapes[value]), True, time, phase)
                touch(f"loss:{step.node}", (1, *shapes[value]), True, time, phase)
                continue
            _touch_node(plan, nodes[step.node], step.kind, shapes, time, phase, touch)
        time += 1
    if not plan.train:
        for output in plan.graph.outputs:
            touch(output.value, (1, *shapes[output.value]), True, time, len(plan.phases), forced=True)
    _arrange(plan, lives)


def _touch_node(
    plan: Plan, node: Node, kind: str, shapes: Mapping[str, tuple[int, ...]], time: int, phase: int, touch: Callable[..., None]
) -> None:
    inputs, kernel = plan.remakers[node.name] if kind == "again" else (list(node.inputs), plan.kernels[node.name])
    forward, backward = kind in ("forward", "again"), kind in ("backward", "backward_sums")
    for value in inputs if not backward else plan.reads(node):
        touch(plan.buffer_of(value, kind, phase), (1, *shapes[value]), True, time, phase)
    if forward:
        touch(plan.buffer_of(node.name, kind, phase), (1, *shapes[node.name]), True, time, phase)
    if backward:
        touch(f"d:{node.name}", (1, *shapes[node.name]), True, time, phase)
    for name, whole in kernel.scratch(plan.largest(phase)).items():
        touch(f"{kind}:{node.name}:{name}", whole, False, time, phase)
    if kind == "backward":
        for name, whole in plan.adds(node, phase).items():
            touch(f"{kind}:{node.name}:{name}", whole, False, time, phase)
        for value in node.inputs:
            if value in plan.wanted:
                touch(f"d:{value}", (1, *shapes[value]), True, time, phase)
        for index in plan.added(node):
            touch(f"more:{node.name}:{index}", (1, *shapes[node.inputs[index]]), True, time, phase)
    if kind == "forward" or backward:
        for name, shape in kernel.saved(1).items():
            touch(f"saved:{node.name}:{name}", shape, True, time, phase)


def _arrange(plan: Plan, lives: dict[str, _Life]) -> None:
    size = plan.dtype.itemsize
    local: list[Interval] = []
    whole: list[Interval] = []
    for name, life in lives.items():
        is_local = len(life.phases) == 1 and not life.forced
        images = (plan.largest(min(life.phases)) if is_local else plan.batch) if life.scaled else 1
        # chunks go through a phase one after the other: what lives for the batch lives for whole phases
        first, end = (life.first, life.last) if is_local else (min(life.phases), max(life.phases))
        (local if is_local else whole).append(Interval(name, prod(life.image) * images * size, first, end))
    for is_local, intervals in ((True, local), (False, whole)):
        offsets, total = arrange(intervals)
        if is_local:
            plan.local_bytes = total
        else:
            plan.batch_bytes = total
        for interval in intervals:
            life = lives[interval.name]
            plan.buffers[interval.name] = Buffer(interval.name, life.image, life.scaled, is_local, offsets[interval.name], min(life.phases))
