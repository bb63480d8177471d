"""Which steps a phase has: levels of chunks, barriers, backward in reverse, what is dropped and made again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

from netspec.engine.kernel import last
from netspec.graph import Node
from netspec.shape import numbers

if TYPE_CHECKING:
    from netspec.engine.plan import Plan

#: A layer with so many weights runs on chunks of its own size: reading them again and again would cost more than the cache saves.
HEAVY, APART = 2**18, 4


@dataclass(frozen=True)
class Step:
    """One kernel's call in a phase: forward, backward, sums for either, forward again for backward, or the loss of an output."""

    kind: str
    node: str


def wanted(plan: Plan) -> set[str]:
    """Values whose gradient something trained needs."""
    found: set[str] = set()
    for node in plan.graph.nodes:
        if plan.graph.node_parameters(node) or any(value in found for value in node.inputs):
            found.add(node.name)
    return found


def drop(plan: Plan) -> None:
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


def _is_copy(plan: Plan, value: str) -> bool:
    return value in plan.remakers and plan.kernels[value].copies


def lay_out(plan: Plan, levels: Mapping[str, int]) -> None:
    """Fill ``plan.phases``: every step as early as its barriers and levels let it, in the order of computation."""
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
        if value in plan.remakers and (phase, value) not in made:
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


def weight_numbers(plan: Plan, node: Node) -> int:
    """Numbers of a layer's weights."""
    return sum(prod(weight.shape) for weight in plan.graph.local_weights(node).values())


def levels_of(plan: Plan, images: Mapping[str, int]) -> dict[str, int]:
    """Values by the chunk they want: a heavy layer that wants chunks far from those before it begins another level."""
    levels, sizes = dict.fromkeys(plan.graph.inputs, 0), dict.fromkeys(plan.graph.inputs, 0)
    for node in plan.graph.nodes:
        before = max(node.inputs, key=lambda value: levels[value])
        level, size = levels[before], sizes[before]
        if weight_numbers(plan, node) >= HEAVY:
            wanted = min(images[node.name], plan.batch)
            if size and not size / APART < wanted < size * APART:
                level += 1
            size = wanted if size == 0 or level > levels[before] else size
        elif not size:
            size = min(images[node.name], plan.batch) if plan.graph.local_weights(node) else 0
        levels[node.name], sizes[node.name] = level, size
    return levels
