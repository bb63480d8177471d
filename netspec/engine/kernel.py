"""What a kernel is: how one operator runs on a chunk of images, forward and backward, in memory it is given.

Arrays are channels last: ``(images, height, width, maps)``, units ``(images, units)``. A kernel makes all its
views when it is bound to memory, once before the first step, and gives back a call without arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import prod
from typing import Any, ClassVar
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from netspec.graph import Graph, Node
from netspec.ops import Operator, Weight
from netspec.shape import numbers

Array = NDArray[Any]
Run = Callable[[], object]
Sizes = Mapping[str, tuple[int, ...]]


@dataclass
class Clock:
    """What changes from step to step: the seed and number of the step, for random choices."""

    seed: int = 0
    step: int = 0


@dataclass
class Memory:
    """One chunk's arrays for one node. ``dxs`` has None where no gradient is needed."""

    xs: list[Array]
    y: Array
    w: Mapping[str, Array]
    scratch: Mapping[str, Array] = field(default_factory=dict)
    saved: Mapping[str, Array] = field(default_factory=dict)
    dy: Array | None = None
    dxs: Sequence[Array | None] = ()
    dw: Mapping[str, Array] = field(default_factory=dict)
    clock: Clock = field(default_factory=Clock)
    first: int = 0
    fresh: bool = False  # whether this call is the step's first to write ``dw``: zeros, or what it ``overwrites``
    key: int = 0


class Kernel:
    """One node's arithmetic; shapes are channels last and without images.

    ``keeps`` names what backward reads of forward, "x" and "y"; ``elementwise`` kernels make each number of their
    result from one of their input, ``copies`` put their inputs side by side: both are cheap to run again.
    """

    op_type: ClassVar[type[Operator]]
    keeps: ClassVar[tuple[str, ...]] = ()
    method: ClassVar[str] = ""
    elementwise: ClassVar[bool] = False
    copies: ClassVar[bool] = False
    barrier: ClassVar[bool] = False
    #: Weights whose gradient the first call to write it overwrites; the others are added to, and begin as zeros.
    overwrites: ClassVar[tuple[str, ...]] = ()
    #: Names of workspace that forward has no use for.
    backwards: ClassVar[tuple[str, ...]] = ("db",)

    def __init__(
        self, op: Any, xs: Sequence[tuple[int, ...]], y: tuple[int, ...], weights: Mapping[str, Weight]
    ) -> None:
        self.op, self.xs, self.y, self.weights = op, list(xs), y, weights
        self.setup()

    def setup(self) -> None:
        """Work out what depends on shapes alone."""

    # ---- weights

    def pack(self, name: str, weight: Array) -> Array:
        """A weight as the kernel runs it; training keeps it so from the first step to the last."""
        return weight

    def unpack(self, name: str, weight: Array) -> Array:
        """The inverse of ``pack``."""
        return weight

    def prepared(self) -> Sizes:
        """Arrays made of the weights once a step, for all chunks (scattered kernels, transforms)."""
        return {}

    def prepare(self, w: Mapping[str, Array], ready: Mapping[str, Array]) -> Run | None:
        """The call that fills ``ready`` from the weights; it stands before the first chunk."""
        return None

    def extras(self) -> Sizes:
        """Gradients that are collected in another shape than the weight's, by weight."""
        return {}

    def collect(self, name: str, total: Array, gradient: Array, ready: Mapping[str, Array]) -> Run | None:
        """The call that turns an extra gradient, summed over chunks, into the weight's; ``ready`` may be workspace."""
        return None

    # ---- memory

    def scratch(self, n: int) -> Sizes:
        """Workspace of one call for ``n`` images."""
        return {}

    def workspace(self, n: int, backward: bool) -> Sizes:
        """Workspace of a call in one direction."""
        return {name: shape for name, shape in self.scratch(n).items() if backward or name not in self.backwards}

    def stretches(self, n: int) -> int:
        """Stretches that a call runs one after the other: each has views of its own."""
        return 1

    def adding(self) -> Sizes:
        """Workspace of a backward call that adds to a weight's gradient and is not the first to write it, by weight."""
        return {}

    def saved(self, n: int) -> Sizes:
        """What forward leaves for backward, besides ``keeps``."""
        return {}

    # ---- arithmetic

    def forward(self, m: Memory) -> Run:
        """The call that computes ``m.y``."""
        raise NotImplementedError

    def backward(self, m: Memory) -> Run:
        """The call that fills ``m.dxs`` and adds to ``m.dw``; what it ``overwrites`` is put there where ``m.fresh``."""
        raise NotImplementedError


class Barrier(Kernel):
    """A kernel that needs sums over the whole batch before it can go on (batch normalisation)."""

    barrier: ClassVar[bool] = True

    def totals(self) -> Sizes:
        """The sums, float64, ``forward`` and ``backward``; one set a partial sum."""
        raise NotImplementedError

    def forward_sums(self, m: Memory, totals: Array) -> Run:
        """Adds a chunk's sums of its input."""
        raise NotImplementedError

    def forward_ready(
        self, parts: Sequence[Array], batch: int, m: Memory, ready: Mapping[str, Array], train: bool
    ) -> Run:
        """Once a step: what all chunks need of the sums."""
        raise NotImplementedError

    def from_running(self, w: Mapping[str, Array], ready: Mapping[str, Array]) -> Run:
        """Once, when the net is used and not trained: what all chunks need of the running statistics."""
        raise NotImplementedError

    def backward_sums(self, m: Memory, totals: Array) -> Run:
        """Adds a chunk's sums of its output's gradient."""
        raise NotImplementedError

    def backward_ready(self, parts: Sequence[Array], batch: int, m: Memory, ready: Mapping[str, Array]) -> Run:
        """Once a step: what all chunks need, and the gradients of the weights."""
        raise NotImplementedError


def in_turn(calls: Sequence[Run]) -> Run:
    """One call that makes them all, in their order."""

    def run() -> None:
        for call in calls:
            call()

    return run


def key_of(node: Node) -> int:
    """A number for a node's random choices, which its name decides."""
    return crc32(node.name.encode())


def nothing() -> None:
    """Nothing to do: the call of a step that has no work."""


def last(shape: Sequence[int]) -> tuple[int, ...]:
    """Maps behind: (maps, height, width) to (height, width, maps)."""
    return (*shape[1:], shape[0])


def rows(array: Array) -> Array:
    """All but the last axis as one: a view of a contiguous array."""
    return array.reshape(-1, array.shape[-1])


def sizes_of(graph: Graph, node: Node) -> tuple[list[tuple[int, ...]], tuple[int, ...], Mapping[str, Weight]]:
    """What a node's kernel is made from: shapes of what enters and leaves, channels last, and its weights."""
    return (
        [last(numbers(shape)) for shape in graph.input_shapes(node)],
        last(numbers(node.shape)),
        graph.local_weights(node),
    )


def bias_gradient(m: Memory) -> Run:
    """The call that adds the sums over all positions to the bias' gradient; ``db`` is its workspace."""
    db = m.dw.get("bias")
    if db is None:
        return nothing
    assert m.dy is not None
    flat = rows(m.dy)
    one, tmp = ones(flat.shape[0], flat), m.scratch["db"]

    def run() -> None:
        np.matmul(one, flat, out=tmp)
        np.add(db, tmp, out=db)

    return run


def ones(n: int, like: Array) -> Array:
    """A row of ones, to be read only: ``ones @ a`` is the fastest sum over rows."""
    return _ones(n, like.dtype)


@lru_cache(256)
def _ones(n: int, dtype: np.dtype[Any]) -> Array:
    return np.ones(n, dtype=dtype)  # one for all calls of a size


def each(array: Array) -> int:
    """Numbers of one image."""
    return prod(array.shape[1:])
