"""Which calls a phase has: barriers, levels, backward in reverse, what is dropped and recomputed.

Each value is ready in some phase, and a layer stands in the first phase in which all that it reads is ready. It must
wait for the next one in two cases: before it stands a barrier, whose sums need every chunk of the batch, or it is of
another level (chunks.levels_of) than what it reads, so that its chunks are other images than the ones just computed.
Backward begins in forward's last phase and goes on behind it by the same two rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from netspec.engine.kernel import Kernel, last
from netspec.engine.planning.plan import Call, Given, Remaker
from netspec.graph import Graph, Node
from netspec.settings.losses import LOSSES
from netspec.shape import numbers

#: Losses and the last layers that they are worked out together with.
_FUSED = {(name, end) for name, loss in LOSSES.items() for end in loss.ends}
#: The order within a phase: forward, losses, backward.
_FORWARD, _LOSS, _BACKWARD = range(3)


@dataclass(frozen=True)
class Laid:
    """Calls by phase in the order in which they run, and the inputs to whose gradients a node adds."""

    phases: tuple[tuple[Call, ...], ...]
    adding: frozenset[tuple[str, int]]


def fused(graph: Graph, losses: Mapping[str, str]) -> dict[str, str]:
    """Outputs whose last layer is worked out together with their loss: output to the value before it."""
    found = {}
    nodes = {node.name: node for node in graph.nodes}
    for output in graph.outputs:
        loss, node = losses.get(output.name), nodes.get(output.value)
        if node is not None and (loss, node.op.name) in _FUSED and not graph.users[output.value]:
            found[output.name] = node.inputs[0]
    return found


def needing_gradient(graph: Graph) -> frozenset[str]:
    """Values whose gradient something trained needs: results of trained layers, and what is computed from such."""
    found: set[str] = set()
    for node in graph.nodes:
        if graph.node_parameters(node) or any(value in found for value in node.inputs):
            found.add(node.name)
    return frozenset(found)


def remakers(graph: Graph, kernels: Mapping[str, Kernel], needs_gradient: frozenset[str]) -> dict[str, Remaker]:
    """Results that need not be kept, and what each is recomputed from.

    Norms and functions are recomputed from what they read, where that is kept anyway; concatenations from their parts,
    those of nested ones too, so that no chain of copies is run.
    """
    outputs = {output.value for output in graph.outputs}
    found: dict[str, Remaker] = {}
    for node in graph.nodes:
        kernel = kernels[node.name]
        if node.name in outputs or node.name not in needs_gradient:
            continue
        if kernel.copies:
            parts = [
                part
                for value in node.inputs
                for part in (found[value].inputs if value in found and kernels[value].copies else [value])
            ]
            shapes = [last(numbers(graph.shapes[part])) for part in parts]
            found[node.name] = Remaker(tuple(parts), type(kernel)(node.op, shapes, kernel.y, {}))
        elif kernel.elementwise and (node.inputs[0] in found or "x" in kernel.keeps):
            found[node.name] = Remaker(node.inputs, kernel)
    return found


def lay_out(given: Given, levels: Mapping[str, int]) -> Laid:
    """Every call in the earliest phase that barriers and levels allow, in the order of computation."""
    calls = _Calls()
    last_phase = _forward(given, levels, calls)
    if given.train:
        _Backward(given, levels, calls).run(last_phase)
    phases = calls.in_order()
    return Laid(phases, _adding(given, phases))


class _Calls:
    """Calls by phase, each with its rank there and its order within the rank."""

    def __init__(self) -> None:
        self.found: dict[int, list[tuple[int, int, Call]]] = {}

    def add(self, phase: int, rank: int, order: int, kind: str, name: str) -> None:
        self.found.setdefault(phase, []).append((rank, order, Call(kind, name)))

    def in_order(self) -> tuple[tuple[Call, ...], ...]:
        """Calls of one rank and order stay as they were added: what is recomputed before the call that reads it."""
        return tuple(
            tuple(call for *_, call in sorted(self.found.get(phase, ()), key=lambda found: found[:2]))
            for phase in range(max(self.found, default=0) + 1)
        )


def _skipped(given: Given) -> set[str]:
    """Values that are never computed, as their layer is fused with the loss."""
    return {output.value for output in given.graph.outputs if output.name in given.fused}


def _forward(given: Given, levels: Mapping[str, int], calls: _Calls) -> int:
    """Forward's calls; the phase in which all is ready."""
    graph, skipped = given.graph, _skipped(given)
    # a value of another level is ready only a phase later: its chunks were other images
    ready = dict.fromkeys(graph.inputs, 0)
    for order, node in enumerate(graph.nodes):
        phase = max(ready[value] + (levels[value] != levels[node.name]) for value in node.inputs)
        if given.train and given.kernels[node.name].barrier:
            calls.add(phase, _FORWARD, order, "forward_sums", node.name)
            phase += 1
        ready[node.name] = phase
        if node.name not in skipped:
            calls.add(phase, _FORWARD, order, "forward", node.name)
    return max(ready.values())


class _Backward:
    """Backward's calls, in reverse order: a gradient is there once all users of its value are done."""

    def __init__(self, given: Given, levels: Mapping[str, int], calls: _Calls) -> None:
        self.given, self.levels, self.calls = given, levels, calls
        self.skipped = _skipped(given)
        self.due: dict[str, int] = {}  # values to the first phase in which their gradient is complete
        self.remade: set[tuple[int, str]] = set()

    def run(self, first: int) -> None:
        """All calls from the losses on, which stand in phase ``first``."""
        given = self.given
        for order, output in enumerate(given.graph.outputs):
            if output.name in given.losses:
                self.calls.add(first, _LOSS, order, "loss", output.name)
                self.due[given.fused.get(output.name, output.value)] = first
        for order, node in enumerate(reversed(given.graph.nodes)):
            if node.name in self.due and node.name not in self.skipped and node.name in given.needs_gradient:
                self._node(order, node)

    def _node(self, order: int, node: Node) -> None:
        """A node's calls: one, or a barrier's two, the second a phase later."""
        # a barrier's own gradient needs sums over every chunk: they are taken in one phase and used in the next
        kinds = ("backward_sums", "backward") if self.given.kernels[node.name].barrier else ("backward",)
        phase = self.due[node.name]
        for at, kind in enumerate(kinds, phase):
            for value in self.given.reads(node):
                self._again(at, order, value)
            self.calls.add(at, _BACKWARD, order, kind, node.name)
        phase += len(kinds) - 1
        for value in node.inputs:
            if value in self.given.needs_gradient:
                later = phase + (self.levels[value] != self.levels[node.name])
                self.due[value] = max(self.due.get(value, 0), later)

    def _again(self, phase: int, order: int, value: str) -> None:
        """Recompute a dropped value, once a phase, and before it the dropped ones that it is computed from."""
        if value in self.given.remakers and (phase, value) not in self.remade:
            self.remade.add((phase, value))
            for source in self.given.remakers[value].inputs:
                self._again(phase, order, source)
            self.calls.add(phase, _BACKWARD, order, "again", value)


def _adding(given: Given, phases: Iterable[Iterable[Call]]) -> frozenset[tuple[str, int]]:
    """The first to write a gradient overwrites it, all later ones add."""
    nodes = {node.name: node for node in given.graph.nodes}
    outputs = {output.name: output.value for output in given.graph.outputs}
    written: set[str] = set()
    adding: set[tuple[str, int]] = set()
    for call in (call for phase in phases for call in phase):
        if call.kind == "loss":
            written.add(given.fused.get(call.node, outputs[call.node]))
        elif call.kind == "backward":
            for index, value in enumerate(nodes[call.node].inputs):
                if value in written:
                    adding.add((call.node, index))
                written.add(value)
    return frozenset(adding)
