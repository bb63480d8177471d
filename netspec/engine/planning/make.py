"""Makes plans: kernels, phases, chunks, buffers, in that order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np

from netspec.engine.kernel import sizes_of
from netspec.engine.kernels import kernel_for
from netspec.engine.planning import buffers, chunks, phases
from netspec.engine.planning.plan import Course, Given, Plan
from netspec.engine.planning.ways import Ways
from netspec.graph import Graph
from netspec.ops.operator import fixed


def plan(
    graph: Graph,
    batch: int,
    train: bool,
    losses: Mapping[str, str] | None = None,
    dtype: type[np.floating] | np.dtype[np.floating] = np.float32,
    ways: Ways | None = None,
    recompute: bool = False,
) -> Plan:
    """The plan of one step; without ``train`` only forward, with running statistics.

    With ``recompute`` the results of norms and of functions behind them are not kept for backward but recomputed there,
    from what the norm read (Chen et al. 2016, section 4.2: drop the results of low cost operations).
    Fault N212 where an input has a free size.
    """
    return Outline(graph, train, losses, dtype, ways, recompute).plan(batch)


class Outline:
    """Makes plans of one net for any batch; what they have in common is worked out once."""

    def __init__(
        self,
        graph: Graph,
        train: bool,
        losses: Mapping[str, str] | None = None,
        dtype: type[np.floating] | np.dtype[np.floating] = np.float32,
        ways: Ways | None = None,
        recompute: bool = False,
    ) -> None:
        ways = ways or Ways.here()
        self.given = _given(graph, train, losses or {}, np.dtype(dtype), ways.methods, recompute)
        kernels = self.given.kernels
        self.images = {node.name: chunks.images_of(graph, kernels[node.name], node, ways.chunk) for node in graph.nodes}
        self.laid: dict[
            tuple[int, ...], phases.Laid
        ] = {}  # batches whose layers want the same chunks have the same phases

    def plan(self, batch: int) -> Plan:
        """The plan of a step on so many images."""
        levels = chunks.levels_of(self.given.graph, self.images, batch)
        key = tuple(levels.values())
        if key not in self.laid:
            self.laid[key] = phases.lay_out(self.given, levels)
        laid = self.laid[key]
        cut, parts = chunks.cut(self.given.graph, laid.phases, self.images, batch)
        course = Course(
            **vars(self.given), batch=batch, phases=laid.phases, adding=laid.adding, chunks=cut, parts=parts
        )
        placed = buffers.place(course)
        return Plan(**vars(course), buffers=placed.buffers, local_bytes=placed.local, batch_bytes=placed.batch)


def _given(
    graph: Graph,
    train: bool,
    losses: Mapping[str, str],
    dtype: np.dtype[np.floating],
    methods: Mapping[str, str],
    recompute: bool,
) -> Given:
    for shape in graph.inputs.values():
        fixed(shape, f"running net {graph.name}")
    uses = Counter(node.path for node in graph.nodes)
    kernels = {
        node.name: kernel_for(node.op, *sizes_of(graph, node), uses[node.path] > 1, methods) for node in graph.nodes
    }
    needs_gradient = phases.needing_gradient(graph) if train else frozenset()
    return Given(
        graph=graph,
        train=train,
        losses=dict(losses),
        dtype=dtype,
        kernels=kernels,
        uses=uses,
        needs_gradient=needs_gradient,
        remakers=phases.remakers(graph, kernels, needs_gradient) if train and recompute else {},
        fused=phases.fused(graph, losses),
    )
