"""The masks of a net's dropouts for whole batches, as the engine draws them chunk by chunk."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from netspec.engine.kernel import Array, Clock, key_of, last
from netspec.engine.kernels.training import draw_mask
from netspec.engine.planning.make import Outline
from netspec.engine.planning.plan import Call
from netspec.engine.planning.ways import Ways
from netspec.graph import Graph
from netspec.ops.training import Dropout
from netspec.shape import numbers


class Masks:
    """Draws what the engine would in the step that ``clock`` counts: its chunks decide where each draw begins."""

    def __init__(self, graph: Graph, losses: Mapping[str, str], clock: Clock, ways: Ways | None = None) -> None:
        self.clock = clock
        self.nodes = [(node, node.op) for node in graph.nodes if isinstance(node.op, Dropout)]
        self.outline = Outline(graph, True, losses, ways=ways) if self.nodes else None
        self.chunks: dict[int, dict[str, tuple[tuple[int, int], ...]]] = {}

    def of(self, batch: int) -> dict[str, Array]:
        """By node the mask for so many images, channels last, float32."""
        found = {}
        for node, op in self.nodes:
            mask = np.empty((batch, *last(numbers(node.shape))), np.float32)
            draw = np.empty(mask.size, np.float32)
            for first, end in self._chunks(batch)[node.name]:
                part = mask[first:end]
                draw_mask(part, draw[: part.size], op.share, self.clock, key_of(node), first)
            found[node.name] = mask
        return found

    def _chunks(self, batch: int) -> dict[str, tuple[tuple[int, int], ...]]:
        """The chunks that each node's forward runs on."""
        if batch not in self.chunks and self.outline is not None:
            plan = self.outline.plan(batch)
            self.chunks[batch] = {
                node.name: plan.chunks[phase]
                for node, _ in self.nodes
                for phase, calls in enumerate(plan.phases)
                if Call("forward", node.name) in calls
            }
        return self.chunks[batch]
