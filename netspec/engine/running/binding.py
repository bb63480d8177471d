"""A plan's calls bound to arrays: every view is made before the first step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import cast

import numpy as np

from netspec.engine.kernel import Array, Barrier, Clock, Memory, Run, Sizes, key_of, last
from netspec.engine.planning.plan import Call
from netspec.engine.running import losses
from netspec.engine.running.arrays import Arrays
from netspec.graph import Node
from netspec.shape import numbers


def preparing(arrays: Arrays) -> list[Run]:
    """What is made of the weights once a step, or once for all where the net is not trained."""
    plan, found = arrays.plan, []
    for node in plan.graph.nodes:
        kernel, weights, ready = plan.kernels[node.name], arrays.weights[node.name], arrays.ready[node.name]
        own = {local: array for local, array in weights.items() if local not in ready}
        use_running = isinstance(kernel, Barrier) and not plan.train
        found.append(cast(Barrier, kernel).from_running(own, ready) if use_running else kernel.prepare(own, ready))
    return [call for call in found if call is not None]


def collecting(arrays: Arrays) -> list[Run]:
    """What turns gradients that were summed in another shape into those of the weights, once a path."""
    plan, store, found = arrays.plan, arrays.store, []
    nodes = {node.path: node for node in reversed(plan.graph.nodes)} if plan.train else {}
    for node in plan.graph.nodes:
        if nodes.get(node.path) is not node:  # a shared layer: its first use collects for all
            continue
        kernel, totals = plan.kernels[node.name], store.gradient_views(arrays.gradients[0], node)
        for local, total in totals.items():
            if (path := node.key(local)) in store.extras:
                slot = store.slots[path]
                gradient = arrays.gradients[0, slot.stretch].reshape(slot.shape)
                found.append(kernel.collect(local, total, gradient, arrays.weights[node.name]))
    return [call for call in found if call is not None]


class Binding:
    """For each phase and part, the calls of its chunks in order (``calls``), and what stands ``before`` each phase."""

    def __init__(
        self, arrays: Arrays, clock: Clock, smoothing: float, class_weights: Mapping[str, Array] | None = None
    ) -> None:
        self.arrays, self.plan, self.clock, self.smoothing = arrays, arrays.plan, clock, smoothing
        self.class_weights = class_weights or {}
        self.nodes = {node.name: node for node in self.plan.graph.nodes}
        self.before = [self._readying(phase) for phase in range(len(self.plan.phases))]
        self.calls = [self._phase(phase) for phase in range(len(self.plan.phases))]

    def _phase(self, phase: int) -> list[list[Run]]:
        parts: list[list[Run]] = [[] for _ in range(self.plan.parts)]
        for number, chunk in enumerate(self.plan.chunks[phase]):
            part = number % self.plan.parts
            for call in self.plan.phases[phase]:
                parts[part] += self.bound(call, phase, chunk, part)
        return parts

    def memory(self, node: Node, kind: str, phase: int, chunk: tuple[int, int], part: int) -> Memory:
        """The arrays of one call."""
        plan = self.plan
        inputs, kernel = plan.remakers[node.name] if kind == "again" else (node.inputs, plan.kernels[node.name])
        backward = kind in ("backward", "backward_sums")
        keeps_x = not backward or "x" in kernel.keeps
        first, end = chunk

        def get(name: str) -> Array:
            return self.arrays.buffer(name, chunk, part)

        def shaped(value: str) -> Array:  # a stand-in: its shape is known, its numbers are not kept
            shape = last(numbers(plan.graph.shapes[value]))
            return np.broadcast_to(plan.dtype.type(0), (end - first, *shape))

        def value(name: str) -> Array:
            return get(plan.buffer_of(name, kind, phase))

        has_y = kind in ("forward", "again") or (backward and "y" in kernel.keeps)
        adds = plan.adds(node, phase) if kind == "backward" else {}
        sizes = {**kernel.workspace(end - first, backward), **adds}
        scratch = {name: get(f"{kind}:{node.name}:{name}") for name in sizes}
        saved = kernel.saved(1) if kind == "forward" or backward else ()
        return Memory(
            xs=[value(x) if keeps_x else shaped(x) for x in inputs],
            y=value(node.name) if has_y else shaped(node.name),
            w=self.arrays.weights[node.name],
            scratch=_fronts(scratch, sizes),
            saved={name: get(f"saved:{node.name}:{name}") for name in saved},
            dy=get(f"d:{node.name}") if backward else None,
            dxs=self._input_gradients(node, get) if kind == "backward" else [],
            dw=self.arrays.store.gradient_views(self.arrays.gradients[part], node) if backward else {},
            clock=self.clock,
            first=first,
            fresh=plan.fresh(node, plan.chunks[phase].index(chunk)),
            key=key_of(node),
        )

    def _input_gradients(self, node: Node, get: Callable[[str], Array]) -> list[Array | None]:
        added = self.plan.added(node)
        return [
            None
            if value not in self.plan.needs_gradient
            else get(f"more:{node.name}:{i}")
            if i in added
            else get(f"d:{value}")
            for i, value in enumerate(node.inputs)
        ]

    def bound(self, call: Call, phase: int, chunk: tuple[int, int], part: int) -> list[Run]:
        """What a call of the plan runs on a chunk."""
        if call.kind == "loss":
            return [self._loss(call.node, chunk, part)]
        node = self.nodes[call.node]
        kernel, memory = self.plan.kernels[node.name], self.memory(node, call.kind, phase, chunk, part)
        if call.kind == "again":
            return [self.plan.remakers[node.name].kernel.forward(memory)]
        if call.kind == "forward":
            return [kernel.forward(memory)]
        if call.kind == "backward":
            return [kernel.backward(memory), *self._additions(node, memory, chunk, part)]
        barrier, totals = cast(Barrier, kernel), self.arrays.totals[node.name]
        if call.kind == "forward_sums":
            return [barrier.forward_sums(memory, totals["forward"][part])]
        return [barrier.backward_sums(memory, totals["backward"][part])]

    def _additions(self, node: Node, memory: Memory, chunk: tuple[int, int], part: int) -> list[Run]:
        return [
            _adding(self.arrays.buffer(f"d:{node.inputs[i]}", chunk, part), cast(Array, memory.dxs[i]))
            for i in self.plan.added(node)
        ]

    def _loss(self, name: str, chunk: tuple[int, int], part: int) -> Run:
        plan, arrays = self.plan, self.arrays
        output = next(out for out in plan.graph.outputs if out.name == name)
        value = plan.fused.get(name, output.value)
        start, stop = chunk
        weights = self.class_weights.get(name)
        z, dz, work = (arrays.buffer(n, chunk, part) for n in (value, f"d:{value}", f"loss:{name}"))
        return losses.bind(
            plan.losses[name],
            z,
            dz,
            arrays.targets[name][start:stop],
            work,
            arrays.sums[arrays.heads.index(output), part],
            plan.batch,
            output.weight,
            self.smoothing,
            None if weights is None else losses.ByClass(weights, arrays.targets[name]),
        )

    def _readying(self, phase: int) -> list[Run]:
        """What the barriers that the phase begins with make of their sums."""
        calls: list[Run] = []
        for call in self.plan.phases[phase - 1] if phase else ():
            if call.kind not in ("forward_sums", "backward_sums"):
                continue
            node = self.nodes[call.node]
            barrier = cast(Barrier, self.plan.kernels[node.name])
            memory = self.memory(node, call.kind, phase - 1, self.plan.chunks[phase - 1][0], 0)
            ready, totals = self.arrays.weights[node.name], self.arrays.totals[node.name]
            if call.kind == "forward_sums":
                calls.append(barrier.forward_ready(totals["forward"], self.plan.batch, memory, ready, True))
            else:
                calls.append(barrier.backward_ready(totals["backward"], self.plan.batch, memory, ready))
        return calls


def _adding(target: Array, more: Array) -> Run:
    return lambda: np.add(target, more, out=target)


def _fronts(scratch: Mapping[str, Array], shapes: Sizes) -> dict[str, Array]:
    """Workspace was laid out for the largest chunk; a smaller one takes the front of it."""
    return {name: scratch[name].reshape(-1)[: prod(shape)].reshape(shape) for name, shape in shapes.items()}
