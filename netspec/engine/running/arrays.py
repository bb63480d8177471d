"""The memory of a bound plan: an array for the batch, one for each worker's chunks, and what is summed over parts."""

from __future__ import annotations

from math import prod

import numpy as np

from netspec.engine.kernel import Array, Barrier, last
from netspec.engine.planning.plan import Plan
from netspec.engine.running.parameters import Parameters
from netspec.engine.running.shared_memory import shared
from netspec.settings.losses import takes_labels
from netspec.shape import numbers


class Arrays:
    """All arrays of a plan, shared but ``local``, which each worker has for itself.

    Threads need as many of those as there are workers, and part ``n`` takes the ``n % workers``-th. Processes need one:
    a fork gives each a copy of its own, and so whichever process runs a part finds memory for it. ``weights`` are by
    node and local name, with what is made of them once a step; ``totals`` are the sums of barriers, a set a part;
    ``sums`` the loss and the right answers of each output in ``heads``, a row a part.
    """

    def __init__(self, plan: Plan, store: Parameters, arenas: int) -> None:
        self.plan, self.store = plan, store
        self.batch = shared(plan.batch_bytes, np.uint8)
        self.local = [np.zeros(plan.local_bytes, dtype=np.uint8) for _ in range(arenas)]
        self.gradients = shared((plan.parts if plan.train else 0, store.gradient_size), plan.dtype)
        self.zeroed = self._zeroed()
        self.heads = [output for output in plan.graph.outputs if output.name in plan.losses]
        self.sums = shared((max(len(self.heads), 1), plan.parts, 3), np.float64)
        self.targets = self._targets()
        self.ready = {
            name: {local: shared(shape, plan.dtype) for local, shape in kernel.prepared().items()}
            for name, kernel in plan.kernels.items()
        }
        self.weights = {
            node.name: {
                **{local: store.views[node.key(local)] for local in plan.graph.local_weights(node)},
                **self.ready[node.name],
            }
            for node in plan.graph.nodes
        }
        self.totals = {
            name: {
                which: [shared(shape, np.float64) for _ in range(plan.parts)]
                for which, shape in kernel.totals().items()
            }
            for name, kernel in plan.kernels.items()
            if plan.train and isinstance(kernel, Barrier)
        }

    def _zeroed(self) -> list[slice]:
        """Stretches of a part's gradients that a step begins with zeros: all but those that its first call overwrites.

        Where a part has no such call, nothing is ever written, and the zeros of the beginning stay.
        """
        overwritten = [
            stretch
            for node in self.plan.graph.nodes
            if self.plan.fresh(node, 0)
            for local, (stretch, _) in self.store.gradient_places(node).items()
            if local in self.plan.kernels[node.name].overwrites
        ]
        found, start = [], 0
        for stretch in sorted(overwritten, key=lambda stretch: stretch.start):
            found.append(slice(start, stretch.start))
            start = stretch.stop
        return [stretch for stretch in [*found, slice(start, self.store.gradient_size)] if stretch.start < stretch.stop]

    def _targets(self) -> dict[str, Array]:
        targets = {}
        for output in self.heads:
            shape = last(numbers(self.plan.graph.shapes[output.value]))
            labels = takes_labels(self.plan.losses[output.name])
            targets[output.name] = shared(
                (self.plan.batch, *(shape[:-1] if labels else shape)), np.int64 if labels else self.plan.dtype
            )
        return targets

    def buffer(self, name: str, chunk: tuple[int, int] | None, part: int = 0) -> Array:
        """A buffer's view for a chunk, which a part has, or for the whole batch."""
        buffer = self.plan.buffers[name]
        start, end = chunk or (0, self.plan.batch)
        arena = self.local[part % len(self.local)] if buffer.local else self.batch
        if not buffer.scaled:
            return self._view(arena, buffer.offset, buffer.shape(1))
        skipped = 0 if buffer.local else start * prod(buffer.image) * self.plan.dtype.itemsize
        return self._view(arena, buffer.offset + skipped, buffer.shape(end - start))

    def _view(self, arena: Array, offset: int, shape: tuple[int, ...]) -> Array:
        count = prod(shape) * self.plan.dtype.itemsize
        return arena[offset : offset + count].view(self.plan.dtype).reshape(shape)

    def zero(self, part: int) -> None:
        """A part's sums and gradients from zero."""
        self.sums[:, part] = 0
        for gradients in self.gradients[part : part + 1]:
            for stretch in self.zeroed:
                gradients[stretch] = 0
        for totals in self.totals.values():
            for parts in totals.values():
                parts[part][:] = 0
