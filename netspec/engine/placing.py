"""Where the buffers of a plan lie: each lives while some step touches it, for a chunk in a phase or for the batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, NamedTuple

from netspec.engine.kernel import last
from netspec.engine.memory import Interval, arrange
from netspec.graph import Node
from netspec.shape import numbers

if TYPE_CHECKING:
    from netspec.engine.plan import Plan


class Buffer(NamedTuple):
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
class _Life:
    image: tuple[int, ...]
    scaled: bool
    first: int
    last: int
    phases: set[int]
    forced: bool = False


def place(plan: Plan) -> None:
    """Give every buffer its life from the steps that touch it, then its place."""
    lives: dict[str, _Life] = {}

    def touch(name: str, image: tuple[int, ...], scaled: bool, time: int, phase: int, forced: bool = False) -> None:
        life = lives.get(name)
        if life is None:
            lives[name] = _Life(image, scaled, time, time, {phase}, forced)
            return
        life.forced = life.forced or forced
        life.last = time
        life.phases.add(phase)

    shapes = {name: (1, *last(numbers(shape))) for name, shape in plan.graph.shapes.items()}
    for name in plan.graph.inputs:
        touch(name, shapes[name], True, 0, 0, forced=True)
    nodes = {node.name: node for node in plan.graph.nodes}
    outputs = {output.name: output for output in plan.graph.outputs}
    fused = plan.fused()
    time = 0
    largest = [plan.largest(phase) for phase in range(len(plan.chunks))]
    for phase, steps in enumerate(plan.phases):
        for step in steps:
            time += 1
            if step.kind == "loss":
                value = fused.get(step.node, outputs[step.node].value)
                for name in (value, f"d:{value}"):
                    touch(name, shapes[value], True, time, phase)
                touch(f"loss:{step.node}", shapes[value], True, time, phase)
                continue
            _touch_node(plan, nodes[step.node], step.kind, shapes, time, phase, largest[phase], touch)
        time += 1
    if not plan.train:
        for output in plan.graph.outputs:
            touch(output.value, shapes[output.value], True, time, len(plan.phases), forced=True)
    _arrange(plan, lives)


def _touch_node(
    plan: Plan, node: Node, kind: str, shapes: Mapping[str, tuple[int, ...]], time: int, phase: int, images: int, touch: Callable[..., None]
) -> None:
    inputs, kernel = plan.remakers[node.name] if kind == "again" else (list(node.inputs), plan.kernels[node.name])
    forward, backward = kind in ("forward", "again"), kind in ("backward", "backward_sums")
    for value in inputs if not backward else plan.reads(node):
        touch(plan.buffer_of(value, kind, phase), shapes[value], True, time, phase)
    if forward:
        touch(plan.buffer_of(node.name, kind, phase), shapes[node.name], True, time, phase)
    if backward:
        touch(f"d:{node.name}", shapes[node.name], True, time, phase)
    for name, whole in kernel.workspace(images, backward).items():
        touch(f"{kind}:{node.name}:{name}", whole, False, time, phase)
    if kind == "backward":
        for name, whole in plan.adds(node, phase).items():
            touch(f"{kind}:{node.name}:{name}", whole, False, time, phase)
        for value in node.inputs:
            if value in plan.wanted:
                touch(f"d:{value}", shapes[value], True, time, phase)
        for index in plan.added(node):
            touch(f"more:{node.name}:{index}", shapes[node.inputs[index]], True, time, phase)
    if kind == "forward" or backward:
        for name, shape in kernel.saved(1).items():
            touch(f"saved:{node.name}:{name}", shape, True, time, phase)


def _arrange(plan: Plan, lives: dict[str, _Life]) -> None:
    size = plan.dtype.itemsize
    largest = [plan.largest(phase) for phase in range(len(plan.chunks))]
    local: list[Interval] = []
    whole: list[Interval] = []
    for name, life in lives.items():
        is_local = len(life.phases) == 1 and not life.forced
        images = (largest[min(life.phases)] if is_local else plan.batch) if life.scaled else 1
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
