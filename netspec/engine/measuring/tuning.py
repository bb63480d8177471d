"""How a convolution is run: by patches, by tiles or by Winograd's transform, as a measured table says for its shape."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from netspec.diagnostics.html import Told
from netspec.engine.kernel import Array, Kernel, Memory, nothing, sizes_of
from netspec.engine.kernels import METHODS, convolution, possible, shape_key
from netspec.graph import Graph

#: Images that a method is tried on, and seconds that its best of several runs may take.
IMAGES, PATIENCE = 8, 0.3


@dataclass(frozen=True)
class Trial(Told):
    """Seconds of a convolution, forward and backward, by each method that can run it; ``usual`` is the rules' own."""

    layer: str
    key: str
    usual: str
    seconds: Mapping[str, float]

    @property
    def best(self) -> str:
        """The fastest; the usual one where nothing is faster by a twentieth."""
        first = min(self.seconds, key=lambda name: self.seconds[name])
        return first if self.seconds[first] < 0.95 * self.seconds[self.usual] else self.usual


def trials(graph: Graph) -> Iterator[Trial]:
    """Each shape of the net's convolutions that more than one method can run, timed on this machine, one thread."""
    seen: set[str] = set()
    for node in graph.nodes:
        plain = convolution(node.op, *sizes_of(graph, node))
        if plain is None:
            continue
        key, names = shape_key(plain), possible(plain)
        if key in seen or len(names) < 2:
            continue
        seen.add(key)
        passes_on = any(value not in graph.inputs for value in node.inputs)
        seconds = {name: _timed(METHODS[name](node.op, *sizes_of(graph, node)), passes_on) for name in names}
        yield Trial(node.name, key, names[0], seconds)


def _timed(kernel: Kernel, passes_on: bool) -> float:
    """The least seconds of preparing, forward and backward on a few images of random numbers."""
    rng = np.random.default_rng(0)

    def array(*shape: int) -> Array:
        return rng.standard_normal(shape, dtype=np.float32)

    weights = {name: kernel.pack(name, array(*weight.shape)) for name, weight in kernel.weights.items()}
    ready = {name: np.zeros(shape, np.float32) for name, shape in kernel.prepared().items()}
    extras = kernel.extras()
    memory = Memory(
        [array(IMAGES, *shape) for shape in kernel.xs], array(IMAGES, *kernel.y), {**weights, **ready},
        {name: np.zeros(shape, np.float32) for name, shape in kernel.scratch(IMAGES).items()},
        {name: np.zeros(shape, np.float32) for name, shape in kernel.saved(IMAGES).items()},
        array(IMAGES, *kernel.y), [array(IMAGES, *shape) if passes_on else None for shape in kernel.xs],
        {name: np.zeros(extras.get(name, weight.shape), np.float32) for name, weight in weights.items()}, fresh=True,
    )  # fmt: skip
    calls = [kernel.prepare(weights, ready) or nothing, kernel.forward(memory), kernel.backward(memory)]
    taken: list[float] = []
    while sum(taken) < PATIENCE or len(taken) < 3:
        began = time.perf_counter()
        for call in calls:
            call()
        taken.append(time.perf_counter() - began)
    return min(taken)
