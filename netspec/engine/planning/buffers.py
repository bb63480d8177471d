"""Where the buffers of a plan lie: each lives while some call touches it, for a chunk in a phase or for the batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod

from netspec.engine.kernel import last
from netspec.engine.planning.arena import Interval, arrange
from netspec.engine.planning.plan import Buffer, Course
from netspec.graph import Node
from netspec.shape import numbers


@dataclass(frozen=True)
class Placed:
    """Buffers by name; the bytes of each worker's own memory and of the batch's."""

    buffers: Mapping[str, Buffer]
    local: int
    batch: int


@dataclass
class _Life:
    """A buffer's first and last moment, a moment for each call, and the phases in which it is touched.

    A ``forced`` one lives for the batch though one phase alone touches it: the caller reads or writes it.
    """

    image: tuple[int, ...]
    scaled: bool
    first: int
    last: int
    phases: set[int]
    forced: bool = False

    @property
    def local(self) -> bool:
        """Whether it exists once a worker, for a chunk."""
        return len(self.phases) == 1 and not self.forced


def place(course: Course) -> Placed:
    """Give every buffer its life from the calls that touch it, then its place."""
    lives = _Lives(course).found
    largest = [course.largest(phase) for phase in range(len(course.chunks))]
    local: list[Interval] = []
    batch: list[Interval] = []
    for name, life in lives.items():
        images = (largest[min(life.phases)] if life.local else course.batch) if life.scaled else 1
        size = prod(life.image) * images * course.dtype.itemsize
        if life.local:
            local.append(Interval(name, size, life.first, life.last))
        else:  # chunks go through a phase one after the other: what lives for the batch lives for whole phases
            batch.append(Interval(name, size, min(life.phases), max(life.phases)))
    (own, own_bytes), (shared, shared_bytes) = arrange(local), arrange(batch)
    offsets = own | shared
    buffers = {
        name: Buffer(name, life.image, life.scaled, life.local, offsets[name], min(life.phases))
        for name, life in lives.items()
    }
    return Placed(buffers, own_bytes, shared_bytes)


class _Lives:
    """Lives of all buffers, found by going through the calls once."""

    def __init__(self, course: Course) -> None:
        self.course = course
        self.found: dict[str, _Life] = {}
        self.time = 0
        self.shapes = {name: (1, *last(numbers(shape))) for name, shape in course.graph.shapes.items()}
        self._all()

    def _all(self) -> None:
        course = self.course
        for name in course.graph.inputs:
            self._value(name, name, 0, forced=True)
        nodes = {node.name: node for node in course.graph.nodes}
        for phase, calls in enumerate(course.phases):
            images = course.largest(phase)
            for call in calls:
                self.time += 1
                if call.kind == "loss":
                    self._loss(call.node, phase)
                else:
                    self._node(nodes[call.node], call.kind, phase, images)
            self.time += 1
        for output in () if course.train else course.graph.outputs:
            self._value(output.value, output.value, len(course.phases), forced=True)

    def _value(self, name: str, value: str, phase: int, forced: bool = False) -> None:
        """A buffer of a value's shape is touched."""
        self._touch(name, self.shapes[value], True, phase, forced)

    def _touch(self, name: str, image: tuple[int, ...], scaled: bool, phase: int, forced: bool = False) -> None:
        life = self.found.get(name)
        if life is None:
            self.found[name] = _Life(image, scaled, self.time, self.time, {phase}, forced)
            return
        life.forced = life.forced or forced
        life.last = self.time
        life.phases.add(phase)

    def _loss(self, output: str, phase: int) -> None:
        outputs = {each.name: each.value for each in self.course.graph.outputs}
        value = self.course.fused.get(output, outputs[output])
        for name in (value, f"d:{value}", f"loss:{output}"):
            self._value(name, value, phase)

    def _node(self, node: Node, kind: str, phase: int, images: int) -> None:
        course, backward = self.course, kind in ("backward", "backward_sums")
        if kind == "again":
            inputs, kernel = course.remakers[node.name]
        else:
            inputs, kernel = node.inputs, course.kernels[node.name]
        for value in course.reads(node) if backward else inputs:
            self._value(course.buffer_of(value, kind, phase), value, phase)
        if kind in ("forward", "again"):
            self._value(course.buffer_of(node.name, kind, phase), node.name, phase)
        if backward:
            self._value(f"d:{node.name}", node.name, phase)
        self._workspace(f"{kind}:{node.name}", kernel.workspace(images, backward).items(), phase)
        if kind == "backward":
            self._gradients(node, phase)
        if kind == "forward" or backward:
            for name, shape in kernel.saved(1).items():
                self._touch(f"saved:{node.name}:{name}", shape, True, phase)

    def _workspace(self, prefix: str, sizes: Iterable[tuple[str, tuple[int, ...]]], phase: int) -> None:
        for name, shape in sizes:
            self._touch(f"{prefix}:{name}", shape, False, phase)

    def _gradients(self, node: Node, phase: int) -> None:
        course = self.course
        self._workspace(f"backward:{node.name}", course.adds(node, phase).items(), phase)
        for value in node.inputs:
            if value in course.needs_gradient:
                self._value(f"d:{value}", value, phase)
        for index in course.added(node):
            self._value(f"more:{node.name}:{index}", node.inputs[index], phase)
