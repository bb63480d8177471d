"""Where weights and gradients lie: one flat array each, with a view for every path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import DTypeLike

from netspec.engine.kernel import Array, Kernel
from netspec.engine.running.shared_memory import shared
from netspec.graph import Graph, Node


@dataclass(frozen=True)
class Slot:
    """One trained weight: its stretch of the flat array, its shape as it runs, its rate and decay multiples."""

    path: str
    start: int
    shape: tuple[int, ...]
    rate: float
    decay: float

    @property
    def stretch(self) -> slice:
        """Its numbers in the flat array."""
        return slice(self.start, self.start + prod(self.shape))


class Parameters:
    """Weights as they run. Those whose gradient is collected in another shape come last."""

    def __init__(
        self, graph: Graph, kernels: Mapping[str, Kernel], weights: Mapping[str, Array], dtype: DTypeLike
    ) -> None:
        self.graph, self.dtype = graph, np.dtype(dtype)
        self.owner: dict[str, tuple[Node, str]] = {}
        for node in graph.nodes:
            for local in graph.local_weights(node):
                self.owner.setdefault(node.key(local), (node, local))
        self.kernels = kernels
        trained = [path for path in self.owner if self._is_trained(path)]
        direct = [path for path in trained if not self._extra(path)]
        self.size = sum(np.size(weights[path]) for path in trained)
        self.direct = sum(np.size(weights[path]) for path in direct)
        self.flat = shared(self.size, self.dtype)
        self.slots: dict[str, Slot] = {}
        views: dict[str, Array] = {}
        start = 0
        for path in [*direct, *(path for path in trained if self._extra(path))]:
            packed = self._pack(path, weights[path])  # one start a time: a large net has no room for a second copy
            slot = self.slots[path] = Slot(path, start, packed.shape, *graph.multiples(*self.owner[path]))
            views[path] = self.flat[slot.stretch].reshape(slot.shape)
            views[path][...] = packed
            start += packed.size
        self.extras: dict[str, tuple[int, tuple[int, ...]]] = {}
        for path in trained:
            if self._extra(path):
                shape = self._extra(path)
                self.extras[path] = (start, shape)
                start += prod(shape)
        self.gradient_size = start
        fixed = {
            path: np.array(self._pack(path, weights[path]), dtype=self.dtype)
            for path in self.owner
            if path not in views
        }
        self.views = {path: views[path] if path in views else fixed[path] for path in self.owner}

    def _pack(self, path: str, array: Array) -> Array:
        node, local = self.owner[path]
        return self.kernels[node.name].pack(local, np.asarray(array))

    def _is_trained(self, path: str) -> bool:
        node, local = self.owner[path]
        return self.graph.local_weights(node)[local].trained and not getattr(node.op, "frozen", False)

    def _extra(self, path: str) -> tuple[int, ...]:
        node, local = self.owner[path]
        return self.kernels[node.name].extras().get(local, ())

    def weights(self, flat: Array | None = None) -> dict[str, Array]:
        """A copy of all weights as files have them, float32; trained ones from ``flat`` where it is given."""
        fixed = {path: self._file_form(path, view) for path, view in self.views.items() if path not in self.slots}
        trained = self.trained(self.flat if flat is None else flat)
        return {path: trained[path] if path in trained else fixed[path] for path in self.views}

    def trained(self, flat: Array) -> dict[str, Array]:
        """A copy of a flat array with a number for each trained weight, by path, in the shapes that files have."""
        return {
            path: self._file_form(path, flat[slot.stretch].reshape(slot.shape)) for path, slot in self.slots.items()
        }

    def fill(self, flat: Array, arrays: Mapping[str, Array]) -> None:
        """The inverse of ``trained``; raises KeyError or ValueError where a weight is missing or has another shape."""
        for path, slot in self.slots.items():
            flat[slot.stretch] = self._pack(path, arrays[path]).reshape(-1)

    def _file_form(self, path: str, array: Array) -> Array:
        node, local = self.owner[path]
        return np.array(self.kernels[node.name].unpack(local, array), dtype=np.float32)

    def gradient_views(self, flat: Array, node: Node) -> dict[str, Array]:
        """Where a node adds its gradients within one flat partial sum, by local name."""
        return {local: flat[stretch].reshape(shape) for local, (stretch, shape) in self.gradient_places(node).items()}

    def gradient_places(self, node: Node) -> dict[str, tuple[slice, tuple[int, ...]]]:
        """The stretch of a flat partial sum where a node adds its gradients, and their shape there, by local name."""
        found = {}
        for local in self.graph.local_weights(node):
            path = node.key(local)
            if path in self.extras:
                start, shape = self.extras[path]
                found[local] = slice(start, start + prod(shape)), shape
            elif path in self.slots:
                found[local] = self.slots[path].stretch, self.slots[path].shape
        return found
