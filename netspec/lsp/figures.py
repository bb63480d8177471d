"""What is known of the values and layers of a net, in words: shapes, parameters, products, what a value sees."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.elaborate.trace import Passed
from netspec.graph import Graph, Node
from netspec.language import syntax as s
from netspec.lsp.names import Declared
from netspec.lsp.snapshot import Snapshot
from netspec.shape import Shape, show


def shapes(found: Sequence[Shape]) -> str:
    """The shapes of values side by side."""
    return ", ".join(map(show, found)) or "nothing"


def count(number: int, what: str) -> str:
    """A number of things, in figures that can be read."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def costs(graph: Graph, nodes: Sequence[Node]) -> str:
    """Parameters, connections and products of some layers."""
    cost = graph.costs(nodes)
    parts = [count(graph.parameters(nodes), "parameter")]
    if cost is not None:
        parts += [count(cost.connections, "connection"), f"{cost.macs:,} macs"]
    return ", ".join(parts)


def built(snapshot: Snapshot, stages: Sequence[s.Stage]) -> tuple[Passed, list[Node]] | None:
    """The last of some stages that follow each other, and the layers of all; None where they were not built."""
    passed = [snapshot.trace.passed(stage) for stage in stages]
    graph = snapshot.trace.graph
    if graph is None or not passed or passed[-1] is None or passed[0] is None:
        return None
    return passed[-1], list(graph.nodes[passed[0].first : passed[-1].last])


def pipe_of(declared: Declared) -> s.Pipe | None:
    """The pipeline that a name stands for."""
    node = declared.node
    return node.pipe if isinstance(node, s.Bind | s.Output | s.Share) else None


def seen(snapshot: Snapshot, passed: Passed) -> str:
    """What a value sees of the input: `11 x 11 pixels of the input, every 4 x 4`."""
    graph = snapshot.trace.graph
    if graph is None or len(passed.leaving) != 1:
        return ""
    field = snapshot.fields.get(passed.leaving[0].name)
    if field is None:
        return ""
    size, stride, _ = field.texts()
    if field.everything:
        return "sees all of the input"
    return f"sees {size} of the input, neighbours {stride} apart" if size else ""
