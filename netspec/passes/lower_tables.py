"""Turn tables into what a runtime knows: plain, grouped or gathered layers, kernels spread out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod

from netspec.graph import Graph, Node
from netspec.ops.conv import Convolution, Local
from netspec.ops.dense import Dense
from netspec.ops.rearrange import Slice
from netspec.ops.wiring import Connect
from netspec.tables import KernelTable, Table
from netspec.tables.pattern import Pattern, recognise
from netspec.tables.spread import add_fixed, spread_cells, spread_taps
from netspec.weights import Array, Model


@dataclass(frozen=True)
class Choice:
    """How one layer with a table runs, and why."""

    layer: str
    table: str
    pattern: Pattern


def choices(graph: Graph) -> list[Choice]:
    """The choice for each layer with a table, in order (`netspec compile --explain`)."""
    found = []
    for node in graph.nodes:
        table, kernel = getattr(node.op, "table", None), getattr(node.op, "kernel", None)
        if isinstance(table, Table):
            found.append(Choice(node.name, table.name, recognise(table, isinstance(node.op, Dense))))
        if isinstance(kernel, KernelTable):
            told = f"{kernel.count} of {prod(kernel.size)} taps: its weights are spread over a whole kernel"
            found.append(Choice(node.name, kernel.name, Pattern("taps", told)))
    return found


def lower_tables(model: Model) -> Model:
    """Rules: a kernel table's taps are spread; a full table becomes a plain layer; equal blocks become groups;
    few inputs an output become a gather and groups; a large, thin table of units stays; else the compact
    weights are spread over a dense kernel, zeros where there is no connection."""
    weights = dict(model.weights)
    done: dict[str, Node] = {}
    nodes: list[Node] = []
    for node in model.graph.nodes:
        if isinstance(node.op, Convolution | Dense) and not isinstance(node.op, Connect):
            before = done.get(node.path)
            lowered = _lowered(node, model.graph, weights, before)
            done.setdefault(node.path, lowered[-1])
            nodes += lowered
        else:
            nodes.append(node)
    return Model(replace(model.graph, nodes=tuple(nodes)), weights)


def _lowered(node: Node, graph: Graph, weights: dict[str, Array], before: Node | None) -> list[Node]:
    """The nodes that stand for one; ``before`` is another use of the same weights, already lowered."""
    op, key = node.op, node.key("weight")
    assert isinstance(op, Convolution | Dense)
    positions = len(node.shape) - 1 if isinstance(op, Local) else 0
    kernel = getattr(op, "kernel", None)
    if isinstance(kernel, KernelTable):
        if before is None:
            weights[key] = spread_taps(kernel, weights[key])
        op = op.model_copy(update={"kernel": kernel.size})
    table = op.table
    if table is None:
        return [replace(node, op=op)]
    pattern = recognise(table, isinstance(op, Dense))
    if pattern.kind == "sparse":
        return [node]
    fan_in = table.fan_in
    if pattern.kind in ("full", "grouped", "depthwise") and not isinstance(op, Dense):
        if before is None:
            weights[key] = _blocks(table, weights[key], table.inputs // pattern.groups, positions)
        return [replace(node, op=op.model_copy(update={"table": None, "groups": pattern.groups}))]
    if pattern.kind == "even" and not isinstance(op, Local):
        if before is None:
            weights[key] = _blocks(table, weights[key], fan_in, positions)
        gather = Slice(maps=table.cells.input.tolist())
        shape = (len(table.cells.input), *graph.shapes[node.inputs[0]][1:])
        gathered = Node(f"{node.name}/gather", f"{node.name}/gather", gather, node.inputs, shape, node.line)
        grouped = op.model_copy(update={"table": None, "groups": table.outputs})
        return [gathered, replace(node, op=grouped, inputs=(gathered.name,))]
    if before is None:
        dense = spread_cells(table, weights[key], positions)
        add_fixed(table, dense, dense.shape[positions + 2 :], positions)
        weights[key] = dense
    return [replace(node, op=op.model_copy(update={"table": None}))]


def _blocks(table: Table, weights: Array, fan_in: int, positions: int) -> Array:
    """Compact weights in cell order are already those of groups: (kernels, …) to (outputs, fan-in, …).

    A table without cells of its own has plain weights. Shapes would not tell: a kernel of one row has (outputs, 1, …) too.
    """
    if table.is_full:
        return weights
    at, taps = weights.shape[:positions], weights.shape[positions + 1 :]
    return weights.reshape(*at, table.outputs, fan_in, *taps)
