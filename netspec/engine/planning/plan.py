"""What a step does, in which order, and in which memory: values that are known before the first number is computed.

A phase is a run of operators that a worker takes one chunk of images through, while it is in cache; phases
are parted only where sums over the whole batch are needed (batch normalisation) or a heavy layer wants other chunks.
What is born and dies in one phase exists once a worker, for a chunk; the rest for the whole batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from netspec.engine.kernel import Kernel, Sizes
from netspec.graph import Graph, Node


@dataclass(frozen=True)
class Call:
    """A call in a phase: a node's forward, backward, sums for either, or forward again; or the loss of an output."""

    kind: str
    node: str


class Buffer(NamedTuple):
    """An array of the plan; ``image`` is the shape for one image where ``scaled``, else all of it.

    ``phase`` is the first in which it is touched; ``local`` ones exist once a worker, at ``offset`` of its own memory.
    """

    name: str
    image: tuple[int, ...]
    scaled: bool
    local: bool
    offset: int
    phase: int = 0

    def shape(self, n: int) -> tuple[int, ...]:
        """The shape for ``n`` images."""
        return (self.image[0] * n, *self.image[1:]) if self.scaled else self.image


class Remaker(NamedTuple):
    """How a dropped result is recomputed: from these values, by this kernel."""

    inputs: tuple[str, ...]
    kernel: Kernel


@dataclass(frozen=True)
class Given:
    """What plans of one net have in common, whatever their batch.

    ``needs_gradient`` are the values whose gradient is computed, ``uses`` how many nodes a path stands for,
    ``remakers`` what each dropped result is recomputed from. ``fused`` are outputs whose last layer is worked out
    together with their loss: output to the value before it.
    """

    graph: Graph
    train: bool
    losses: Mapping[str, str]
    dtype: np.dtype[np.floating]
    kernels: Mapping[str, Kernel]
    uses: Mapping[str, int]
    needs_gradient: frozenset[str]
    remakers: Mapping[str, Remaker]
    fused: Mapping[str, str]

    def buffer_of(self, value: str, kind: str, phase: int) -> str:
        """Where a call of a kind finds a value: dropped ones were recomputed for their phase."""
        return f"again{phase}:{value}" if kind not in ("forward", "forward_sums") and value in self.remakers else value

    def reads(self, node: Node) -> list[str]:
        """Values that a backward call of a node looks at."""
        keeps = self.kernels[node.name].keeps
        return [*(node.inputs if "x" in keeps else ()), *([node.name] if "y" in keeps else ())]


@dataclass(frozen=True)
class Course(Given):
    """The calls of a step on ``batch`` images, in phases, and each phase's chunks, from and to which image.

    Chunk ``n`` of a phase belongs to part ``n % parts``; each part sums its gradients by itself. ``adding`` are nodes
    and the inputs whose gradients they add to what others have put there; all else is overwritten.
    """

    batch: int
    phases: tuple[tuple[Call, ...], ...]
    adding: frozenset[tuple[str, int]]
    chunks: tuple[tuple[tuple[int, int], ...], ...]
    parts: int

    def fresh(self, node: Node, number: int) -> bool:
        """Whether a chunk's call is the first of its part to write a layer's gradients."""
        return number < self.parts and self.uses[node.path] == 1

    def adds(self, node: Node, phase: int) -> Sizes:
        """Workspace for gradients that are added, where not every chunk of the phase is the first of its part."""
        if self.fresh(node, len(self.chunks[phase]) - 1):
            return {}
        return {f"adding:{name}": shape for name, shape in self.kernels[node.name].adding().items()}

    def largest(self, phase: int) -> int:
        """Images of a phase's largest chunk."""
        return max(end - start for start, end in self.chunks[phase])

    def added(self, node: Node) -> list[int]:
        """Which inputs' gradients a node adds to what others have put there; the others it may overwrite."""
        return [
            i for i, value in enumerate(node.inputs) if (node.name, i) in self.adding and value in self.needs_gradient
        ]


@dataclass(frozen=True)
class Plan(Course):
    """A course and its memory: where each buffer lies, the bytes of each worker's own memory and of the batch's."""

    buffers: Mapping[str, Buffer]
    local_bytes: int
    batch_bytes: int
