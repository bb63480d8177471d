"""The memory that a training takes, worked out from its plan."""

from __future__ import annotations

from collections import Counter
from math import prod

from netspec.engine.planning.chunks import stretch_length
from netspec.engine.planning.plan import Plan

#: Bytes of the interpreter's own, for each call with its views, and at most of a worker's for the copies that BLAS
#: makes of what it multiplies (measured: benchmarks/memory.py).
OWN, CALL, PACKED = 8_000_000, 7_000, 10_000_000


def training_bytes(plan: Plan, state: int, workers: int) -> int:
    """What training takes at its peak: buffers, weights and what is made of them, partial gradients, ``state`` numbers
    a weight."""
    size, workers = plan.dtype.itemsize, min(workers, plan.parts)
    weights = sum(prod(weight.shape) for weight in plan.graph.weights.values())
    images = max(plan.largest(phase) for phase in range(len(plan.chunks)))
    packed = min(PACKED, images * max(prod(kernel.y) for kernel in plan.kernels.values()) * size // 2)
    work = 2 * stretch_length(weights) * size
    held = sum(_touched(plan, worker, workers) + packed + work for worker in range(workers))
    return OWN + CALL * _calls(plan) + plan.batch_bytes + held + _kept(plan, weights, state) * size


def _kept(plan: Plan, weights: int, state: int) -> int:
    """Numbers that stay from step to step, and partial sums of gradients."""
    own = {node.path: plan.kernels[node.name] for node in plan.graph.nodes}
    extras = sum(prod(shape) for kernel in own.values() for shape in kernel.extras().values())
    ready = sum(prod(shape) for kernel in plan.kernels.values() for shape in kernel.prepared().values())
    trained = plan.graph.parameters()
    return weights + ready + state * trained + plan.parts * (trained + extras)


def _calls(plan: Plan) -> int:
    """Calls of a step, each with views of its own; chunks of equal size are counted together."""
    return sum(
        times * (plan.kernels[call.node].stretches(images) if call.node in plan.kernels else 1)
        for chunks, calls in zip(plan.chunks, plan.phases, strict=True)
        for images, times in Counter(end - start for start, end in chunks).items()
        for call in calls
    )


def _touched(plan: Plan, worker: int, workers: int) -> int:
    """Bytes of a worker's own memory that it ever writes: it has no chunk in some phases.

    Pages that nobody writes take no memory, so what is counted is the union of the stretches that its buffers cover.
    """
    size = plan.dtype.itemsize
    busy = {
        phase
        for phase, chunks in enumerate(plan.chunks)
        if any(n % plan.parts % workers == worker for n in range(len(chunks)))
    }
    largest = [plan.largest(phase) for phase in range(len(plan.chunks))]
    spans = sorted(
        {
            (buffer.offset, buffer.offset + prod(buffer.shape(largest[buffer.phase])) * size)
            for buffer in plan.buffers.values()
            if buffer.local and buffer.phase in busy
        }
    )
    total = end = 0
    for start, stop in spans:
        total += max(0, stop - max(start, end))
        end = max(end, stop)
    return total
